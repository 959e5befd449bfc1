// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// Asked returns what the reporters of a report's case are asked for now, and since when; "" when nothing is open. The
// caller authorises: the reader must be staff, or the reporter.
func (s *Service) Asked(ctx context.Context, tx *db.Tx, reportID string) (why string, since time.Time, err error) {
	id, err := caseOf(ctx, tx, reportID)
	if fault.Is(err, fault.NotFound) {
		return "", time.Time{}, nil
	}
	if err != nil {
		return "", time.Time{}, err
	}
	c, err := s.byID(ctx, tx, id, "")
	if err != nil || c.State != NeedsInfo {
		return "", time.Time{}, err
	}
	type question struct {
		eventID string
		sealed  []byte
	}
	q, err := db.Get(ctx, tx, func(r db.Row) (q question, err error) {
		err = r.Scan(&q.eventID, &q.sealed)
		return q, err
	}, `SELECT event_id, why_sealed FROM case_reason WHERE case_id = $1 ORDER BY event_id DESC LIMIT 1`, c.ID)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("what the reporter was asked: %w", err)
	}
	b, err := s.Seal.Open(placeWhy(q.eventID), q.sealed)
	return string(b), c.StateSince, err
}
