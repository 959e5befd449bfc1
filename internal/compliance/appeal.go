// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Appeal files an appeal: the organisation asks, within AppealDays of the second signature, for the sanction to be annulled.
// What was decided to be deferred waits for the answer. For people of the organisation, suspended or not.
func (s *Service) Appeal(ctx context.Context, by member.Actor, id, grounds string) (File, error) {
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.own(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		var f form
		grounds = f.text("grounds", grounds)
		if err := f.Err(); err != nil {
			return "", err
		}
		end := q.Made().AppealUntil()
		switch {
		case q.State != Decided || end.IsZero():
			return "", fault.Clash("compliance.nothing-to-appeal")
		case !tx.Now.Before(end):
			return "", fault.Clash("compliance.appeal-late")
		}
		if err := s.moved(ctx, tx, q, Appealed); err != nil {
			return "", err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO inquiry_appeal (inquiry_id, grounds_sealed, filed_by, filed_at) VALUES ($1,$2,$3,$4)`,
			q.ID, s.Seal.Seal(place("grounds", q.ID), []byte(grounds)), by.AccountID, db.At(tx.Now)); err != nil {
			return "", err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), AppealFiled{q.on()})
		return q.ID, err
	})
	if err != nil {
		return File{}, fmt.Errorf("appeal: %w", err)
	}
	return file, nil
}

// Answer answers an appeal: the decision stands, or is annulled and its effect ends. For supervisors that signed
// nothing of the decision.
func (s *Service) Answer(ctx context.Context, by member.Actor, id string, annul bool, text string) (File, error) {
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.led(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		var f form
		text = f.text("text", text)
		if err := f.Err(); err != nil {
			return "", err
		}
		if err := third(by, q); err != nil {
			return "", err
		}
		to := Upheld
		if annul {
			to = Annulled
		}
		if err := s.moved(ctx, tx, q, to); err != nil {
			return "", err
		}
		if _, err := tx.Exec(ctx, `UPDATE inquiry_appeal SET answer_sealed = $1, answered_by = $2, answered_at = $3 WHERE inquiry_id = $4`,
			s.Seal.Seal(place("answer", q.ID), []byte(text)), by.AccountID, db.At(tx.Now), q.ID); err != nil {
			return "", err
		}
		if err := s.tell(ctx, tx, q, aboutAnswer); err != nil {
			return "", err
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), AppealAnswered{q.on(), annul}); err != nil {
			return "", err
		}
		if annul {
			return q.ID, s.lift(ctx, tx, q)
		}
		return q.ID, s.takeEffect(ctx, tx, q.ID)
	})
	if err != nil {
		return File{}, fmt.Errorf("answer appeal: %w", err)
	}
	return file, nil
}

// third: an appeal is answered by somebody who signed nothing of the decision.
func third(by member.Actor, f File) error {
	if d := f.Made(); by.AccountID == d.ProposedBy || by.AccountID == d.SignedBy {
		return fault.Deny("compliance.third-person")
	}
	return nil
}

// Revise answers an appeal with a milder decision: a milder outcome, fewer months, or less taken away. It comes in the
// place of the first one, from the same beginning, when a second person signs it; until then nothing changes. What it
// leaves open is taken from the first. For supervisors that signed nothing of the first decision.
func (s *Service) Revise(ctx context.Context, by member.Actor, id string, in Proposal, text string) (File, error) {
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.led(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		if err := third(by, q); err != nil {
			return "", err
		}
		old := q.Made()
		in.EffectiveFrom, in.Deferred, in.Publish = time.Time{}, old.Deferred, cmp.Or(in.Publish, old.Publish)
		if in.PublicZH == "" {
			in.PublicZH, in.PublicEN = old.PublicZH, old.PublicEN
		}
		p, err := in.check(tx.Now)
		if err != nil {
			return "", err
		}
		var f form
		text = f.text("text", text)
		f.That(milder(p, old), "outcome", "compliance.rule.milder", string(Warning))
		if err := f.Err(); err != nil {
			return "", err
		}
		if err := s.moved(ctx, tx, q, Revising); err != nil {
			return "", err
		}
		if _, err := tx.Exec(ctx, `UPDATE inquiry_appeal SET answer_sealed = $1, answered_by = $2 WHERE inquiry_id = $3`,
			s.Seal.Seal(place("answer", q.ID), []byte(text)), by.AccountID, q.ID); err != nil {
			return "", err
		}
		d, err := s.proposed(ctx, tx, by, q, p, old.Duties, old.ID)
		if err != nil {
			return "", err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), RevisionProposed{q.on(), d})
		return q.ID, err
	})
	if err != nil {
		return File{}, fmt.Errorf("revise decision: %w", err)
	}
	return file, nil
}

// milder reports whether a proposal asks less of the organisation than a decision did. Nobody fares worse for having
// appealed.
func milder(p Proposal, old Decision) bool {
	rank := slices.Index(Outcomes, p.Outcome) - slices.Index(Outcomes, old.Outcome)
	if p.Outcome == Dismissed || rank > 0 || p.Publish == PublishEffect && old.Publish != PublishEffect || p.Publish == PublishFinal && old.Publish == PublishNever {
		return false
	}
	if rank < 0 {
		return !p.Outcome.Timed() || !old.Outcome.Timed() || p.Months <= old.Months
	}
	subset := !slices.ContainsFunc(p.Without, func(c member.Capability) bool { return !slices.Contains(old.Without, c) })
	return p.Months <= old.Months && subset && (p.Months < old.Months || len(p.Without) < len(old.Without))
}

// revised puts a milder decision in the place of the first one, once it is signed.
func (s *Service) revised(ctx context.Context, tx *db.Tx, by member.Actor, q File, d Decision) error {
	if _, err := tx.Exec(ctx, `UPDATE inquiry_appeal SET answered_at = $1 WHERE inquiry_id = $2`, db.At(tx.Now), q.ID); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, q, aboutAnswer); err != nil {
		return err
	}
	if _, err := s.Events.Record(ctx, tx, by.By(), AppealAnswered{q.on(), false}); err != nil {
		return err
	}
	now, err := s.byID(ctx, tx, q.ID)
	if err != nil {
		return err
	}
	if _, until := now.Effect(); d.Outcome != Suspension || q.Made().Outcome != Suspension || !tx.Now.Before(until) {
		if err := s.lift(ctx, tx, q); err != nil {
			return err
		}
	}
	return s.takeEffect(ctx, tx, q.ID)
}
