// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
)

// Start stores the duties that follow from the facts for a report and returns all duties of the report. A rule starts
// once per report: its clock is never moved by a later call. Duties without a clock, and those of a reporter
// without an organisation, are not stored.
func (s *Service) Start(ctx context.Context, tx *db.Tx, reportID string, f Facts) ([]Duty, error) {
	var rows [][]any
	for _, d := range Resolve(f) {
		if d.DueAt.IsZero() || f.OrgID == "" {
			continue
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		rows = append(rows, []any{id.String(), d.Rule, string(d.Force), f.OrgID, reportID, d.Anchor, db.At(d.AnchorAt),
			db.At(d.DueAt), db.At(d.LatestAt), db.At(tx.Now)})
	}
	err := db.Bulk(ctx, tx, `duty (id, rule, force, org_id, report_id, anchor, anchor_at, due_at, latest_at, created_at)`,
		`ON CONFLICT (report_id, rule) DO NOTHING`, rows)
	if err != nil {
		return nil, fmt.Errorf("start duties of report %s: %w", reportID, err)
	}
	return s.ForReport(ctx, tx, reportID)
}
