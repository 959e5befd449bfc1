// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import "github.com/fengsui/fengsui/internal/db"

// Service holds the verbs about duties.
type Service struct{ DB *db.DB }

const columns = `id, rule, force, org_id, report_id, case_id, anchor, anchor_at, due_at, latest_at, met_at, met_event, void_at, void_why, created_at`

func scan(r db.Row) (d Duty, err error) {
	var anchor, due, latest, met, void, created db.Time
	var rule string
	var force Force
	err = r.Scan(&d.ID, &rule, &force, &d.OrgID, &d.ReportID, db.Null(&d.CaseID), &d.Anchor, &anchor, &due, &latest,
		&met, db.Null(&d.MetEvent), &void, db.Null(&d.VoidWhy), &created)
	from := d.Anchor
	d.Due = source(rule)
	d.Force, d.Anchor, d.AnchorAt, d.DueAt, d.LatestAt = force, from, anchor.Time, due.Time, latest.Time
	d.MetAt, d.VoidAt, d.CreatedAt = met.Time, void.Time, created.Time
	return d, err
}
