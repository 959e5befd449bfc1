// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// Meet records that a report's duty was met at a time, which eventID shows. The first evidence counts: a duty that is
// met stays as it is, and it is no error when the report has no such duty. A duty that is waived or void stays that; the
// evidence counts again should it turn out to be owed.
func (s *Service) Meet(ctx context.Context, tx *db.Tx, reportID, rule string, at time.Time, eventID string) error {
	if at.IsZero() || eventID == "" {
		return errors.New("meet duty: a time and an event are needed as evidence")
	}
	a := db.Args{db.At(at), eventID, db.At(tx.Now), reportID, rule}
	n, err := tx.Exec(ctx, `UPDATE duty SET met_at = $1, met_event = $2, met_noted_at = $3, lasted = `+lasted(&a, latest(at, tx.Now))+`
		WHERE report_id = $4 AND rule = $5 AND met_at IS NULL`, a...)
	if err == nil && n > 0 {
		err = s.moot(ctx, tx, reportID, rule, at, eventID)
	}
	if err != nil {
		return fmt.Errorf("meet duty %s of report %s: %w", rule, reportID, err)
	}
	return nil
}

// moot takes back that a duty was waived or void when it turns out that it had been met before.
func (s *Service) moot(ctx context.Context, tx *db.Tx, reportID, rule string, at time.Time, eventID string) error {
	ds, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE report_id = $1 AND rule = $2 AND void_at >= $3`, reportID, rule, db.At(at))
	if err != nil || len(ds) == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE duty_act SET ended_by = '', ended_at = $1 WHERE duty_id = $2 AND kind IN ('waive', 'void') AND signed_at IS NOT NULL AND ended_at IS NULL`,
		db.At(tx.Now), ds[0].ID); err != nil {
		return err
	}
	is := ds[0]
	is.VoidAt, is.VoidWhy, is.Waived = time.Time{}, "", false
	return s.settle(ctx, tx, ds[0], is, eventID)
}

// Attach says which case a report's duties belong to.
func (s *Service) Attach(ctx context.Context, tx *db.Tx, reportID, caseID string) error {
	if _, err := tx.Exec(ctx, `UPDATE duty SET case_id = $1 WHERE report_id = $2`, caseID, reportID); err != nil {
		return fmt.Errorf("attach duties of report %s: %w", reportID, err)
	}
	return nil
}

// Void ends a duty that turned out not to exist; why is kept. A duty that was met stays met (fault Conflict); one that
// is void already keeps its first reason. The caller authorises and records.
func (s *Service) Void(ctx context.Context, tx *db.Tx, id, why string) error {
	if strings.TrimSpace(why) == "" {
		return fault.FieldError("why", "rule.required", "")
	}
	d, err := db.Get(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE id = $1`+tx.ForUpdate(), id)
	switch {
	case err != nil:
		return fmt.Errorf("void duty %s: %w", id, err)
	case !d.MetAt.IsZero():
		return fault.Clash("duty.already-met")
	case !d.VoidAt.IsZero():
		return nil
	}
	a := db.Args{db.At(tx.Now), why, id}
	if _, err := tx.Exec(ctx, `UPDATE duty SET void_at = $1, void_why = $2, lasted = `+lasted(&a, tx.Now)+` WHERE id = $3`, a...); err != nil {
		return fmt.Errorf("void duty %s: %w", id, err)
	}
	return nil
}
