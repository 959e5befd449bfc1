// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Service holds the verbs about duties.
type Service struct{ DB *db.DB }

const columns = `id, rule, force, org_id, report_id, case_id, anchor, anchor_at, due_at, latest_at, met_at, met_event, void_at, void_why, created_at,
	law, article, pack`

func scan(r db.Row) (d Duty, err error) {
	var anchor, due, latest, met, void, created db.Time
	err = r.Scan(&d.ID, &d.Rule, &d.Force, &d.OrgID, &d.ReportID, db.Null(&d.CaseID), &d.Anchor, &anchor, &due, &latest,
		&met, db.Null(&d.MetEvent), &void, db.Null(&d.VoidWhy), &created, &d.Law, &d.Article, &d.Pack)
	d.AnchorAt, d.DueAt, d.LatestAt = anchor.Time, due.Time, latest.Time
	d.MetAt, d.VoidAt, d.CreatedAt = met.Time, void.Time, created.Time
	if x := lawpack.Lookup(d.Rule, d.Pack); x != nil {
		d.Soft = atOnce(x)
	}
	return d, err
}
