// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// State puts the organisation's statement on file, within its period and as often as it likes; anchor is when it says
// that it learnt of the matter, or zero. A proposed decision falls by it: whoever signs must have read everything. For
// people of the organisation, suspended or not.
func (s *Service) State(ctx context.Context, by member.Actor, id, text string, anchor time.Time) (File, error) {
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.own(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		var f form
		text = f.text("text", text)
		f.That(!anchor.After(tx.Now), "anchor", "rule.time", tx.Now.AddDate(0, 0, -2).Format(time.RFC3339))
		if err := f.Err(); err != nil {
			return "", err
		}
		return q.ID, s.stated(ctx, tx, by, q, words{text, anchor.UTC().Truncate(time.Microsecond)})
	})
	if err != nil {
		return File{}, fmt.Errorf("make statement: %w", err)
	}
	return file, nil
}

func (s *Service) stated(ctx context.Context, tx *db.Tx, by member.Actor, q File, w words) error {
	if q.Notice.SentAt.IsZero() {
		return fault.Clash("compliance.no-period")
	}
	if err := s.moved(ctx, tx, q, Stated); err != nil {
		return err
	}
	if !tx.Now.Before(q.Notice.DueAt) {
		return fault.Clash("compliance.statement-late")
	}
	if q.State == Proposed {
		if err := s.fell(ctx, tx, by, q, ""); err != nil {
			return err
		}
	}
	id, err := s.filed(ctx, tx, by, q, Defence, w)
	if err != nil {
		return err
	}
	if err := s.read(ctx, tx, by, q); err != nil {
		return err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), StatementMade{q.on(), id})
	return err
}

func (s *Service) filed(ctx context.Context, tx *db.Tx, by member.Actor, q File, kind string, w words) (string, error) {
	id, err := newID()
	if err != nil {
		return "", err
	}
	sealed, err := seal.SealJSON(s.Seal, place("statement", id), w)
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO inquiry_statement (id, inquiry_id, kind, text_sealed, by_account, at) VALUES ($1,$2,$3,$4,$5,$6)`,
		id, q.ID, kind, sealed, by.AccountID, db.At(tx.Now))
	return id, err
}

// Rectify puts on file what the organisation has mended, while a sanction with a term has effect: a supervisor may end it
// early then. For people of the organisation, suspended or not.
func (s *Service) Rectify(ctx context.Context, by member.Actor, id, text string) (File, error) {
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.own(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		var f form
		text = f.text("text", text)
		if err := f.Err(); err != nil {
			return "", err
		}
		if !q.Made().Outcome.Timed() || !q.InForce(tx.Now) {
			return "", fault.Clash("compliance.not-in-force")
		}
		x, err := s.filed(ctx, tx, by, q, Rectification, words{Text: text})
		if err != nil {
			return "", err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Rectified{q.on(), x})
		return q.ID, err
	})
	if err != nil {
		return File{}, fmt.Errorf("report rectification: %w", err)
	}
	return file, nil
}
