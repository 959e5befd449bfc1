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
	if err := w.complete(tx.Now, limit, c); err != nil {
		return err
	}
	from, err := s.issuer(ctx, tx)
	if err != nil {
		return err
	}
	return from.may(w)
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
		return s.letOut(ctx, tx, by, &w)
	})
	if err != nil {
		return Warning{}, fmt.Errorf("release warning %s: %w", id, err)
	}
	return w, nil
}

// settled is a warning as it is released: what is known is noted, and what it changes decides what kind of revision it is.
func (s *Service) settled(ctx context.Context, tx *db.Tx, w Warning) (old, _ Warning, err error) {
	if w, err = s.known(ctx, tx, w); err != nil {
		return old, w, err
	}
	w.Significant = true
	if w.Revision == 1 {
		return old, w, nil
	}
	if old, err = s.revision(ctx, tx, w.ID, w.Revision-1); err != nil {
		return old, w, err
	}
	d := difference(old, w)
	if w.Kind, w.Significant = d.Kind, d.Significant; !w.Significant && !w.Limited {
		w.RespondBy = old.RespondBy // nothing is asked anew
	}
	return old, w, nil
}

func (s *Service) letOut(ctx context.Context, tx *db.Tx, by member.Actor, w *Warning) error {
	old, now, err := s.settled(ctx, tx, *w)
	if err != nil {
		return err
	}
	*w = now
	if err := s.update(ctx, tx, now); err != nil {
		return err
	}
	if err := s.keep(ctx, tx, now); err != nil {
		return err
	}
	sent, err := s.send(ctx, tx, old, now)
	if err != nil {
		return err
	}
	if err := s.warned(ctx, tx, by, now); err != nil {
		return err
	}
	if s.Notify != nil {
		tx.OnCommit(s.Notify)
	}
	_, err = s.Events.Record(ctx, tx, by.By(), Released{now.on(), w.Revision, w.Level, sent.recipients, sent.affected, w.Kind, !w.Significant, w.Exercise, sent.reopened})
	return err
}

// sent counts what sending a revision has come to.
type sent struct{ recipients, affected, reopened int }

// send makes the copies and the deliveries of a revision, in the place of what is still on its way of the one before. An
// editorial one leaves that on its way: who was not warned yet must not wait for the digest.
func (s *Service) send(ctx context.Context, tx *db.Tx, old, w Warning) (n sent, err error) {
	to, affected, err := send(ctx, tx, w)
	if err != nil {
		return n, fmt.Errorf("make the copies: %w", err)
	}
	n.recipients, n.affected = len(to), affected
	if n.reopened, err = s.reopen(ctx, tx, old, w); err != nil {
		return n, fmt.Errorf("reopen answers: %w", err)
	}
	if err := queueSent(ctx, tx, w, to); err != nil {
		return n, fmt.Errorf("queue the deliveries: %w", err)
	}
	if err := queueSame(ctx, tx, w, to); err != nil {
		return n, fmt.Errorf("queue the deliveries: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE warning_revision SET remind_at = NULL WHERE warning_id = $1 AND revision < $2 AND remind_at IS NOT NULL`, w.ID, w.Revision); err != nil || !w.Significant {
		return n, err
	}
	for r := 1; r < w.Revision; r++ { // older ones, where an editorial one came between
		for _, old := range []string{subject(w.ID, r), subject(w.ID, r) + again} {
			if _, err := delivery.Supersede(ctx, tx, purpose, old); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// warned moves the case, which an exercise leaves where it is, and whatever comes after it is published.
func (s *Service) warned(ctx context.Context, tx *db.Tx, by member.Actor, w Warning) error {
	if w.Exercise {
		return nil
	}
	c, err := s.Cases.ContentTx(ctx, tx, w.CaseID)
	if err != nil || c.State != casework.Assessed {
		return err
	}
	return s.Cases.MoveTx(ctx, tx, by, w.CaseID, casework.Warned)
}
