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
		end := q.Decision().AppealUntil()
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
		d := q.Decision()
		if by.AccountID == d.ProposedBy || by.AccountID == d.SignedBy {
			return "", fault.Deny("compliance.third-person")
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
