// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Reinstate ends a sanction before its term, after rectification; why is on file. At its term a sanction ends by
// itself. For supervisors. Faults: Conflict when no sanction with a term is in force.
func (s *Service) Reinstate(ctx context.Context, by member.Actor, id, why string) (File, error) {
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.led(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		var f form
		why = f.text("why", why)
		if err := f.Err(); err != nil {
			return "", err
		}
		d := q.Decision()
		if !d.Outcome.Timed() || !q.InForce(tx.Now) {
			return "", fault.Clash("compliance.not-in-force")
		}
		if _, err := tx.Exec(ctx, `UPDATE inquiry_decision SET ended_by = $1, ended_at = $2, ended_sealed = $3 WHERE id = $4`,
			by.AccountID, db.At(tx.Now), s.Seal.Seal(place("ended", d.ID), []byte(why)), d.ID); err != nil {
			return "", err
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), EndedEarly{q.on(), d.ID}); err != nil {
			return "", err
		}
		return q.ID, s.lift(ctx, tx, q)
	})
	if err != nil {
		return File{}, fmt.Errorf("end sanction early: %w", err)
	}
	return file, nil
}

// lift ends the suspension that the file's decision brought, if the directory of members shows it: its recorded reason
// is the file's number.
func (s *Service) lift(ctx context.Context, tx *db.Tx, q File) error {
	o, err := s.Members.OrgTx(ctx, tx, q.OrgID)
	if err != nil || o.Status != member.Suspended || o.SuspendedWhy != q.Number {
		return err
	}
	return s.Members.ReinstateTx(ctx, tx, member.System(), q.OrgID, q.Number)
}

// takeEffect enters a suspension in the directory of members once it is in force. The two that signed stand in the
// decision's event. While another suspension runs, this one waits; what has ended in the meantime is only noted.
func (s *Service) takeEffect(ctx context.Context, tx *db.Tx, id string) error {
	q, err := s.byID(ctx, tx, id)
	if err != nil {
		return err
	}
	d := q.Decision()
	from, until := q.Effect()
	if d.Outcome != Suspension || !d.AppliedAt.IsZero() || from.IsZero() || tx.Now.Before(from) {
		return nil
	}
	if tx.Now.Before(until) {
		err := s.Members.SuspendTx(ctx, tx, member.System(), q.OrgID, until, q.Number)
		if fault.Is(err, fault.Conflict) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE inquiry_decision SET applied_at = $1 WHERE id = $2`, db.At(tx.Now), d.ID)
	return err
}

// TakeEffectDue enters the suspensions whose time has come since: those with a later beginning, and deferred ones that
// have become final. For the schedule. A missed run catches up, a double run finds nothing.
func (s *Service) TakeEffectDue(ctx context.Context) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		ids, err := db.List(ctx, tx, db.Value[string], `SELECT DISTINCT d.inquiry_id FROM inquiry_decision d JOIN inquiry q ON q.id = d.inquiry_id
			WHERE d.outcome = 'suspension' AND d.signed_at IS NOT NULL AND d.applied_at IS NULL AND d.ended_at IS NULL AND q.state IN ('decided','upheld','appealed') ORDER BY d.inquiry_id`)
		if err != nil {
			return fmt.Errorf("find suspensions to enter: %w", err)
		}
		for _, id := range ids {
			if err := lock(ctx, tx, id); err != nil {
				return fmt.Errorf("enter suspension: %w", err)
			}
			if err := s.takeEffect(ctx, tx, id); err != nil {
				return fmt.Errorf("enter suspension: %w", err)
			}
		}
		return nil
	})
}
