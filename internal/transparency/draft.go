// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Draft freezes the figures of a quarter or a year that is over, for two other persons to publish. After an edition has
// been published it makes a correction. A year needs the editions of its quarters. For supervisors.
func (s *Service) Draft(ctx context.Context, by member.Actor, period string) (e Edition, err error) {
	if err := editor(by); err != nil {
		return e, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		p, err := ParsePeriod(period, tx.Now)
		if err != nil {
			return err
		}
		if p.Name == Rolling || !p.Over(tx.Now) {
			return fault.Clash("transparency.not-over")
		}
		if err := begun(ctx, tx, p); err != nil {
			return err
		}
		e, err = s.draft(ctx, tx, by, p)
		return err
	})
	if err != nil {
		return Edition{}, fmt.Errorf("draft edition: %w", err)
	}
	return e, nil
}

func (s *Service) draft(ctx context.Context, tx *db.Tx, by member.Actor, p Period) (Edition, error) {
	f, err := s.measure(ctx, tx, p)
	if err != nil {
		return Edition{}, err
	}
	last, err := newest(ctx, tx, p.Name)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Edition{}, err
	}
	var cs []contribution
	if qs := p.Quarters(); len(qs) == 1 {
		cs, f.Members, err = quarterOf(ctx, tx, qs[0], last)
	} else {
		f.Members, err = yearOf(ctx, tx, qs)
	}
	if err != nil {
		return Edition{}, err
	}
	b, err := json.Marshal(f)
	if err != nil {
		return Edition{}, err
	}
	changes := []Change{}
	if last.ID != "" {
		if changes, err = diff(last.figures, b); err != nil {
			return Edition{}, err
		}
	}
	return s.keep(ctx, tx, by, p, b, changes, cs)
}

// quarterOf is the breakdown of a quarter, and what it rests on. A correction that would show fewer than K organisations in
// the difference repeats what the edition before has said.
func quarterOf(ctx context.Context, tx *db.Tx, q Period, last Edition) ([]contribution, *Members, error) {
	cs, err := contributions(ctx, tx, q)
	if err != nil || last.ID == "" {
		return cs, quarterly(q.Name, cs), err
	}
	before, err := basis(ctx, tx, last.ID)
	if err != nil {
		return nil, nil, err
	}
	if corrects(before, cs) {
		return cs, quarterly(q.Name, cs), nil
	}
	m := *last.Figures.Members
	m.Held = true
	return before, &m, nil
}

// yearOf adds up what the editions of a year's quarters say.
func yearOf(ctx context.Context, tx *db.Tx, qs []Period) (*Members, error) {
	var ms []*Members
	for _, q := range qs {
		if err := begun(ctx, tx, q); fault.Is(err, fault.NotFound) {
			continue // the platform did not exist yet
		} else if err != nil {
			return nil, err
		}
		e, err := newest(ctx, tx, q.Name)
		if fault.Is(err, fault.NotFound) {
			return nil, fault.Clash("transparency.quarter-missing", q.Name)
		}
		if err != nil {
			return nil, err
		}
		ms = append(ms, e.Figures.Members)
	}
	return addUp(ms), nil
}

func (s *Service) keep(ctx context.Context, tx *db.Tx, by member.Actor, p Period, figures []byte, changes []Change, cs []contribution) (e Edition, err error) {
	id, err := newID()
	if err != nil {
		return e, err
	}
	blind := make([]byte, 16)
	rand.Read(blind) //nolint:errcheck // never fails
	text, err := json.Marshal(changes)
	if err != nil {
		return e, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO transparency_edition (id, period, n, state, figures, blind, changes, drafted_by, drafted_at) VALUES ($1,$2,0,'draft',$3,$4,$5,$6,$7)`,
		id, p.Name, string(figures), blind, string(text), by.AccountID, db.At(tx.Now))
	if db.Duplicate(err) {
		return e, fault.Clash("transparency.draft-open")
	}
	if err != nil {
		return e, err
	}
	rows := make([][]any, 0, len(cs))
	for _, c := range cs {
		rows = append(rows, []any{id, c.Org, c.Kind, c.Law, c.N, c.Late})
	}
	if err := db.Bulk(ctx, tx, "transparency_basis (edition_id, org_id, kind, law, n, late)", "", rows); err != nil {
		return e, err
	}
	if _, err := s.Events.Record(ctx, tx, by.By(), Drafted{on{id, p.Name}, evidence.Digest(blind, figures)}); err != nil {
		return e, err
	}
	return byID(ctx, tx, id, "")
}
