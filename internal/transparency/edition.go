// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// maxEditions bounds a list.
const maxEditions = 400

// Editions lists what was published, the newest first. It is open to everybody.
func (s *Service) Editions(ctx context.Context) ([]Edition, error) {
	return s.editions(ctx, `state = 'published' ORDER BY published_at DESC, id DESC`)
}

// Drafts lists what waits for signatures. For those who may sign.
func (s *Service) Drafts(ctx context.Context, by member.Actor) ([]Edition, error) {
	if err := person(by, s.publishers()...); err != nil {
		return nil, err
	}
	return s.editions(ctx, `state = 'draft' ORDER BY drafted_at DESC, id DESC`)
}

func (s *Service) editions(ctx context.Context, which string) (es []Edition, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		es, err = db.List(ctx, tx, scan, `SELECT `+columns+` FROM transparency_edition WHERE `+which+` LIMIT $1`, maxEditions)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list editions: %w", err)
	}
	return es, nil
}

// Edition returns the n-th edition of a period, 0 for the newest. It is open to everybody.
func (s *Service) Edition(ctx context.Context, period string, n int) (e Edition, err error) {
	p, err := ParsePeriod(period, s.DB.Clock.Now())
	if err != nil {
		return e, fault.Missing()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if n == 0 {
			e, err = newest(ctx, tx, p.Name)
		} else {
			e, err = db.Get(ctx, tx, scan, `SELECT `+columns+` FROM transparency_edition WHERE period = $1 AND state = 'published' AND n = $2`, p.Name, n)
		}
		return err
	})
	if err != nil {
		return Edition{}, fmt.Errorf("edition of %s: %w", p.Name, err)
	}
	return e, nil
}

// Get returns an edition by its id: a published one to everybody, another to those who may sign.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (e Edition, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if e, err = byID(ctx, tx, id, ""); err == nil && e.State != Published {
			err = person(by, s.publishers()...)
		}
		return err
	})
	if err != nil {
		return Edition{}, fmt.Errorf("edition: %w", err)
	}
	return e, nil
}

// Receipt returns the signed receipt of an edition's publication, which holds its figures: with it anybody can show,
// offline, what was published when. It is open to everybody.
func (s *Service) Receipt(ctx context.Context, period string, n int) (r evidence.Receipt, err error) {
	e, err := s.Edition(ctx, period, n)
	if err != nil {
		return r, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		line, err := event.Get(ctx, tx, e.event)
		if err != nil {
			return err
		}
		r, err = s.Evidence.Receipt(ctx, tx, e.event, []byte(line.Payload), line.Salt, e.figures, e.blind)
		return err
	})
	if err != nil {
		return evidence.Receipt{}, fmt.Errorf("receipt of edition: %w", err)
	}
	return r, nil
}
