// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Serve serves the formal notice: it stands in the organisation's file at once and is announced on its channels. The
// organisation has so many working days for its statement; 0 means StatementDays. For supervisors.
func (s *Service) Serve(ctx context.Context, by member.Actor, id, text string, days int) (File, error) {
	if err := supervisor(by); err != nil {
		return File{}, err
	}
	if days == 0 {
		days = StatementDays
	}
	var f form
	text = f.text("text", text)
	f.That(days >= StatementDays && days <= maxDays, "days", "compliance.rule.days", "10", StatementDays, maxDays)
	if err := f.Err(); err != nil {
		return File{}, err
	}
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.led(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		if q.State != Open { // a decision that falls leads back to Noticed, a second notice does not
			return "", fault.Clash("compliance.cannot-move", string(q.State), string(Noticed))
		}
		if err := s.moved(ctx, tx, q, Noticed); err != nil {
			return "", err
		}
		due := calendar.China().After(tx.Now, days, nil).UTC()
		if _, err := tx.Exec(ctx, `INSERT INTO inquiry_notice (inquiry_id, text_sealed, by_account, sent_at, due_at) VALUES ($1,$2,$3,$4,$5)`,
			q.ID, s.Seal.Seal(place("notice", q.ID), []byte(text)), by.AccountID, db.At(tx.Now), db.At(due)); err != nil {
			return "", err
		}
		if err := s.tell(ctx, tx, q, aboutNotice); err != nil {
			return "", err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Served{q.on(), due})
		return q.ID, err
	})
	if err != nil {
		return File{}, fmt.Errorf("serve notice: %w", err)
	}
	return file, nil
}

// Extend gives the organisation longer for its statement, even after the period has passed, as long as nothing is
// decided. It is never shortened. For supervisors.
func (s *Service) Extend(ctx context.Context, by member.Actor, id string, until time.Time) (File, error) {
	until = until.UTC().Truncate(time.Microsecond)
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.led(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		if q.State != Noticed && q.State != Stated {
			return "", fault.Clash("compliance.no-period")
		}
		if !until.After(q.Notice.DueAt) || !until.After(tx.Now) || until.After(tx.Now.AddDate(1, 0, 0)) {
			return "", fault.FieldError("until", "compliance.rule.later", q.Notice.DueAt.AddDate(0, 0, 14).Format(time.RFC3339))
		}
		if _, err := tx.Exec(ctx, `UPDATE inquiry_notice SET due_at = $1 WHERE inquiry_id = $2`, db.At(until), q.ID); err != nil {
			return "", err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Extended{q.on(), until})
		return q.ID, err
	})
	if err != nil {
		return File{}, fmt.Errorf("extend period for statement: %w", err)
	}
	return file, nil
}
