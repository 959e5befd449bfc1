// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Approve is the first of the two decisions that a red or an orange warning needs. The text stands still from here
// on. rev is what the officer has read: when it was changed since, nothing is approved (Conflict).
func (s *Service) Approve(ctx context.Context, by member.Actor, id string, rev int) error {
	if err := officer(by); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		w, limit, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		switch {
		case w.State == Out:
			return fault.Clash("warning.is-released", w.Number)
		case w.State == Pending:
			return fault.Clash("warning.is-approved", w.Number)
		case w.Rev != rev:
			return fault.Clash("fault.stale")
		case !w.Level.TwoPersons():
			return fault.Clash("warning.one-person", w.Number)
		}
		if err := s.releasable(ctx, tx, w, limit); err != nil {
			return err
		}
		w.State, w.ApprovedBy = Pending, by.AccountID
		if !limit {
			w.RespondBy = time.Time{}
		}
		if err := s.update(ctx, tx, w); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Approved{w.on()})
		return err
	})
	if err != nil {
		return fmt.Errorf("approve warning %s: %w", id, err)
	}
	return nil
}

func (s *Service) releasable(ctx context.Context, tx *db.Tx, w Warning, limit bool) error {
	c, err := s.Cases.ContentTx(ctx, tx, w.CaseID)
	if err != nil {
		return err
	}
	return w.complete(tx.Now, limit, c)
}

// Release sends the warning out: in one transaction every recipient has its copy and every delivery stands in the
// queue, the affected first, and what was still on its way of an older revision is superseded. A red or orange one
// must have been approved by another person. rev is what the officer has read: when it was changed since, nothing goes out
// (Conflict). The case moves to warned, unless it is published already.
func (s *Service) Release(ctx context.Context, by member.Actor, id string, rev int) (w Warning, err error) {
	if err := officer(by); err != nil {
		return Warning{}, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		var limit bool
		if w, limit, err = s.lock(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case w.State == Out:
			return fault.Clash("warning.is-released", w.Number)
		case w.Rev != rev:
			return fault.Clash("fault.stale")
		case w.Level.TwoPersons() && w.State != Pending:
			return fault.Clash("warning.needs-approval", w.Number)
		case w.Level.TwoPersons() && w.ApprovedBy == by.AccountID:
			return fault.Deny("warning.same-person")
		}
		if err := s.releasable(ctx, tx, w, limit); err != nil {
			return err
		}
		w.State, w.ReleasedBy, w.ReleasedAt = Out, by.AccountID, tx.Now
		return s.letOut(ctx, tx, by, w)
	})
	if err != nil {
		return Warning{}, fmt.Errorf("release warning %s: %w", id, err)
	}
	return w, nil
}

func (s *Service) letOut(ctx context.Context, tx *db.Tx, by member.Actor, w Warning) error {
	if err := s.update(ctx, tx, w); err != nil {
		return err
	}
	if err := s.keep(ctx, tx, w); err != nil {
		return err
	}
	if err := send(ctx, tx, w, false); err != nil {
		return fmt.Errorf("make the copies: %w", err)
	}
	if err := queue(ctx, tx, w); err != nil {
		return fmt.Errorf("queue the deliveries: %w", err)
	}
	for _, old := range []string{subject(w.ID, w.Revision-1), subject(w.ID, w.Revision-1) + again} {
		if _, err := delivery.Supersede(ctx, tx, purpose, old); err != nil {
			return err
		}
	}
	c, err := s.Cases.ContentTx(ctx, tx, w.CaseID)
	if err != nil {
		return err
	}
	if c.State != casework.Warned && c.State != casework.Published {
		if err := s.Cases.MoveTx(ctx, tx, by, w.CaseID, casework.Warned); err != nil {
			return err
		}
	}
	recipients, affected, err := count(ctx, tx, w.ID, w.Revision)
	if err != nil {
		return err
	}
	if s.Notify != nil {
		tx.OnCommit(s.Notify)
	}
	_, err = s.Events.Record(ctx, tx, by.By(), Released{w.on(), w.Revision, w.Level, recipients, affected})
	return err
}
