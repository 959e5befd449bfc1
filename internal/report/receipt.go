// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// patience is how long an answer waits for its entry to enter the evidence log. Without the entry the receipt holds the
// platform's signed promise; the one with the proof can be had later.
const patience = 2 * time.Second

// receipted adds the receipt of the newest version to a result, after the commit.
func (s *Service) receipted(ctx context.Context, out Result, eventID string) (Result, error) {
	if _, err := s.Evidence.Await(ctx, eventID, patience); err != nil {
		return Result{}, fmt.Errorf("receipt of %s: %w", out.Report.Number, err)
	}
	var err error
	if out.Receipt, err = s.receipt(ctx, out.Report.ID, out.Report.Version); err != nil {
		return Result{}, fmt.Errorf("receipt of %s: %w", out.Report.Number, err)
	}
	return out, nil
}

func (s *Service) receipt(ctx context.Context, reportID string, version int) (out evidence.Receipt, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out, err = s.receiptTx(ctx, tx, reportID, version)
		return err
	})
	return out, err
}

// receiptTx proves the exact bytes that were kept of a version.
func (s *Service) receiptTx(ctx context.Context, tx *db.Tx, reportID string, version int) (evidence.Receipt, error) {
	type proved struct{ sealed, salt, payload, eventSalt []byte }
	var eventID string
	v, err := db.Get(ctx, tx, func(r db.Row) (v proved, err error) {
		return v, r.Scan(&v.sealed, &v.salt, &eventID, &v.payload, &v.eventSalt)
	}, `SELECT v.content_sealed, v.salt, e.id, e.payload, e.salt FROM report_version v JOIN event e ON e.id = v.event_id
		WHERE v.report_id = $1 AND v.version = $2`, reportID, version)
	if err != nil {
		return evidence.Receipt{}, err
	}
	content, err := s.Seal.Open(place(reportID, version), v.sealed)
	if err != nil {
		return evidence.Receipt{}, err
	}
	return s.Evidence.Receipt(ctx, tx, eventID, v.payload, v.eventSalt, content, v.salt)
}

// ReceiptOf returns the receipt of a version, 1 for the first, to whoever may read the report. It holds the content.
func (s *Service) ReceiptOf(ctx context.Context, by member.Actor, id string, version int) (out evidence.Receipt, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err := readable(ctx, tx, by, `id`, id)
		if err != nil {
			return err
		}
		out, err = s.receiptTx(ctx, tx, r.ID, version)
		return err
	})
	if err != nil {
		return evidence.Receipt{}, fmt.Errorf("receipt of report: %w", err)
	}
	return out, nil
}

// Status returns the report of a status link, without its content: the page is for looking how far things are.
func (s *Service) Status(ctx context.Context, secret string) (r Report, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err = bySecret(ctx, tx, secret)
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("report status: %w", err)
	}
	return r, nil
}

// ContentBySecret returns what the report of a status link says now, to the holder of the secret: the reporter.
func (s *Service) ContentBySecret(ctx context.Context, secret string) (c Content, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err := bySecret(ctx, tx, secret)
		if err != nil {
			return err
		}
		r, err = s.whole(ctx, tx, r)
		c = r.Content
		return err
	})
	if err != nil {
		return Content{}, fmt.Errorf("content of report: %w", err)
	}
	return c, nil
}

// ReceiptBySecret returns the receipt of a version to the holder of the status link's secret: the reporter. It holds the
// content.
func (s *Service) ReceiptBySecret(ctx context.Context, secret string, version int) (out evidence.Receipt, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err := bySecret(ctx, tx, secret)
		if err != nil {
			return err
		}
		out, err = s.receiptTx(ctx, tx, r.ID, version)
		return err
	})
	if err != nil {
		return evidence.Receipt{}, fmt.Errorf("receipt of report: %w", err)
	}
	return out, nil
}

// bySecret compares digests of 160 random bits, so the time it takes says nothing.
func bySecret(ctx context.Context, tx *db.Tx, secret string) (Report, error) {
	if !strings.HasPrefix(secret, "fsr_") {
		return Report{}, fault.Missing()
	}
	return db.Get(ctx, tx, scan, `SELECT `+columns+` FROM report WHERE secret_hash = $1`, secretSum(secret))
}
