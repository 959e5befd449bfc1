// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"errors"
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
		d := q.Made()
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

// lift ends what the file's decision brought into the directory of members.
func (s *Service) lift(ctx context.Context, tx *db.Tx, q File) error {
	return s.Members.Lift(ctx, tx, q.OrgID, q.Number)
}

// kinds are the standings that outcomes lead to.
var kinds = map[Outcome]member.Status{Warning: member.Warned, Restriction: member.Restricted, Suspension: member.Suspended}

// takeEffect enters a sanction in the directory of members once it is in force. The two that signed stand in the
// decision's event. While another suspension runs, a suspension waits; what has ended in the meantime is only noted.
func (s *Service) takeEffect(ctx context.Context, tx *db.Tx, id string) error {
	q, err := s.byID(ctx, tx, id)
	if err != nil {
		return err
	}
	d := q.Made()
	from, until := q.Effect()
	if kinds[d.Outcome] == "" || !d.AppliedAt.IsZero() || from.IsZero() || tx.Now.Before(from) {
		return nil
	}
	if tx.Now.Before(until) {
		err := s.Members.Enter(ctx, tx, q.OrgID, member.Measure{Number: q.Number, Kind: kinds[d.Outcome], Without: d.Without, From: from, Until: until})
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

// TakeEffectDue enters the sanctions whose time has come since: those with a later beginning, and deferred ones that
// have become final. For the schedule. A missed run catches up, a double run finds nothing, two at once enter one.
func (s *Service) TakeEffectDue(ctx context.Context) error {
	var ids []string
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		ids, err = db.List(ctx, tx, db.Value[string], `SELECT DISTINCT d.inquiry_id FROM inquiry_decision d JOIN inquiry q ON q.id = d.inquiry_id
			WHERE d.outcome <> 'dismissed' AND d.signed_at IS NOT NULL AND d.applied_at IS NULL AND d.ended_at IS NULL AND q.state IN ('decided','appealed','revising','upheld','revised')
			AND NOT EXISTS (SELECT 1 FROM inquiry_decision r WHERE r.revises = d.id AND r.signed_at IS NOT NULL) ORDER BY d.inquiry_id`)
		return err
	})
	if err != nil {
		return fmt.Errorf("find sanctions to enter: %w", err)
	}
	var errs []error
	for _, id := range ids {
		if err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			if err := lock(ctx, tx, id); err != nil {
				return err
			}
			return s.takeEffect(ctx, tx, id)
		}); err != nil {
			errs = append(errs, fmt.Errorf("enter sanction of %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}
