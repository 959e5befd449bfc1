// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Sign signs a draft. The second signature publishes it, as the next edition of its period: its digest stands in the
// evidence log from then on. The two are different persons, and neither drafted it.
func (s *Service) Sign(ctx context.Context, by member.Actor, id string) (e Edition, err error) {
	if err := person(by, s.publishers()...); err != nil {
		return e, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if e, err = byID(ctx, tx, id, tx.ForUpdate()); err != nil {
			return err
		}
		switch {
		case e.State != Draft:
			return fault.Clash("transparency.no-draft")
		case by.AccountID == e.DraftedBy:
			return fault.Deny("transparency.drafter")
		case by.AccountID == e.FirstBy:
			return fault.Deny("transparency.second-person")
		}
		if e.FirstBy == "" {
			if _, err := tx.Exec(ctx, `UPDATE transparency_edition SET first_by = $1, first_at = $2 WHERE id = $3`, by.AccountID, db.At(tx.Now), id); err != nil {
				return err
			}
			_, err = s.Events.Record(ctx, tx, by.By(), Signed{on{e.ID, e.Period}})
		} else {
			err = s.issue(ctx, tx, by, e)
		}
		if err != nil {
			return err
		}
		e, err = byID(ctx, tx, id, "")
		return err
	})
	if err != nil {
		return Edition{}, fmt.Errorf("sign edition: %w", err)
	}
	return e, nil
}

func (s *Service) issue(ctx context.Context, tx *db.Tx, by member.Actor, e Edition) error {
	last, err := newest(ctx, tx, e.Period)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	n := last.N + 1
	eventID, err := s.Events.Record(ctx, tx, by.By(), Issued{on{e.ID, e.Period}, n, evidence.Digest(e.blind, e.figures), e.FirstBy})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE transparency_edition SET n = $1, state = 'published', second_by = $2, published_at = $3, event_id = $4 WHERE id = $5`,
		n, by.AccountID, db.At(tx.Now), eventID, e.ID)
	return err
}

// Drop lets a draft fall, with the reason. For supervisors, and for those who may sign.
func (s *Service) Drop(ctx context.Context, by member.Actor, id, why string) (e Edition, err error) {
	if err := person(by, s.publishers()...); err != nil {
		return e, err
	}
	if why, err = sentence("why", why, true); err != nil {
		return e, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if e, err = byID(ctx, tx, id, tx.ForUpdate()); err != nil {
			return err
		}
		if e.State != Draft {
			return fault.Clash("transparency.no-draft")
		}
		if _, err := tx.Exec(ctx, `UPDATE transparency_edition SET state = 'fell', fell_by = $1, fell_why = $2 WHERE id = $3`, by.AccountID, why, id); err != nil {
			return err
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), Dropped{on{e.ID, e.Period}}); err != nil {
			return err
		}
		e, err = byID(ctx, tx, id, "")
		return err
	})
	if err != nil {
		return Edition{}, fmt.Errorf("drop edition: %w", err)
	}
	return e, nil
}

// maxSentence is how long a reason may be, in characters.
const maxSentence = 500

func sentence(field, v string, must bool) (string, error) {
	v = strings.Join(strings.Fields(v), " ")
	var c fault.Check
	c.That(v != "" || !must, field, "rule.required", "")
	c.That(utf8.ValidString(v) && !strings.ContainsRune(v, 0), field, "member.rule.characters", "")
	c.That(utf8.RuneCountInString(v) <= maxSentence, field, "rule.too-long", "", maxSentence)
	return v, c.Err()
}
