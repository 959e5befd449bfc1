// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Service holds the verbs about duties.
type Service struct {
	DB      *db.DB
	Packs   *rulebook.Book // the laws; nil: those that come with the platform
	Events  *event.Log
	Seal    *seal.Keyring
	BaseURL string // of links in reminders
	Notify  func() // wakes the sender of messages; may be nil
}

const columns = `id, rule, force, org_id, report_id, case_id, anchor, anchor_at, due_at, latest_at, met_at, met_event, void_at, void_why, created_at,
	law, article, pack, owed_to, ended, paused_at, since, number`

func scan(r db.Row) (d Duty, err error) {
	var anchor, due, latest, met, void, created, paused, since db.Time
	var ended string
	err = r.Scan(&d.ID, &d.Rule, &d.Force, &d.OrgID, &d.ReportID, db.Null(&d.CaseID), &d.Anchor, &anchor, &due, &latest,
		&met, db.Null(&d.MetEvent), &void, db.Null(&d.VoidWhy), &created, &d.Law, &d.Article, &d.Pack, &d.OwedTo, &ended, &paused, &since, &d.Number)
	d.AnchorAt, d.DueAt, d.LatestAt = unlessNever(anchor.Time), unlessNever(due.Time), unlessNever(latest.Time)
	d.MetAt, d.VoidAt, d.CreatedAt = met.Time, void.Time, created.Time
	d.Waived, d.PausedAt, d.Since = ended == string(Waived), paused.Time, since.Time
	if !d.VoidAt.IsZero() && !d.MetAt.Before(d.VoidAt) { // what was done after the end does not count while it stands
		d.MetAt, d.MetEvent = time.Time{}, ""
	}
	if x := lawpack.Lookup(d.Rule, d.Pack); x != nil {
		d.Soft = atOnce(x)
	}
	return d, err
}
