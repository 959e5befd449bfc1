// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"fmt"
	"strings"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Redeliver serves a notice again that reached nobody: on the organisation's channels as they stand now, or, with how, as
// it was handed over otherwise (in person, by registered letter). The period for the statement begins anew and is never
// shorter than before. For supervisors. Faults: Conflict when the notice has reached the organisation or is on its way.
func (s *Service) Redeliver(ctx context.Context, by member.Actor, id, how string) (File, error) {
	how = strings.TrimSpace(how)
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.led(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		var f form
		if how != "" {
			how = f.text("how", how)
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		switch {
		case q.State != Noticed:
			return "", fault.Clash("compliance.no-period")
		case !q.Notice.Lost():
			return "", fault.Clash("compliance.not-lost")
		}
		due := later(q.Notice.DueAt, calendar.China().After(tx.Now, StatementDays, nil).UTC())
		if how != "" {
			_, err = tx.Exec(ctx, `UPDATE inquiry_notice SET due_at = $1, handed_at = $2, handed_sealed = $3 WHERE inquiry_id = $4`,
				db.At(due), db.At(tx.Now), s.Seal.Seal(place("handed", q.ID), []byte(how)), q.ID)
		} else if _, err = tx.Exec(ctx, `UPDATE inquiry_notice SET due_at = $1, tries = tries + 1 WHERE inquiry_id = $2`, db.At(due), q.ID); err == nil {
			err = s.tellSubject(ctx, tx, q, noticeSubject(q.ID, q.Notice.Tries+1))
		}
		if err != nil {
			return "", err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Redelivered{q.on(), due, how != ""})
		return q.ID, err
	})
	if err != nil {
		return File{}, fmt.Errorf("serve notice again: %w", err)
	}
	return file, nil
}
