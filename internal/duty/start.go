// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
)

// A Begin says what starts the duties of a report, and which of them are met from the beginning.
type Begin struct {
	ReportID  string
	Number    string // of the report: reminders name it
	AccountID string // who sent the report and is reminded first; "" for nobody in particular
	Facts     Facts
	Performed []Performed
	By        event.By // who asserts the facts
	EventID   string   // of the stage that asserts them
	Service   Promise  // of the platform to the reporter; the zero value starts no clock
}

// Performed says that a rule's duty was met at a time, which an event shows.
type Performed struct {
	Rule    string
	At      time.Time
	EventID string
}

// Start stores the duties that follow from the facts for a report and returns all duties of the report. A rule starts
// once per report: its clock is never moved by a later call. Duties without a clock, and those of a reporter
// without an organisation, are not stored.
func (s *Service) Start(ctx context.Context, tx *db.Tx, reportID string, f Facts) ([]Duty, error) {
	all, err := s.StartAll(ctx, tx, []Begin{{ReportID: reportID, Facts: f}})
	return all[reportID], err
}

// StartAll starts the duties of several reports, as Start does, and returns what the reporters owe, by report. What a Begin says
// is met is the state in which a new duty is stored; of one that has started before, Meet must be told.
func (s *Service) StartAll(ctx context.Context, tx *db.Tx, begins []Begin) (map[string][]Duty, error) {
	packs, err := s.Packs.In(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := noteFacts(ctx, tx, begins); err != nil {
		return nil, err
	}
	var rows [][]any
	var anchors []Anchor
	for _, b := range begins {
		for _, d := range ResolveBy(packs, b.Facts) {
			if d.DueAt.IsZero() || b.Facts.OrgID == "" {
				continue
			}
			id, err := uuid.NewV7()
			if err != nil {
				return nil, err
			}
			var met Performed
			if i := slices.IndexFunc(b.Performed, func(p Performed) bool { return p.Rule == d.Rule }); i >= 0 {
				if met = b.Performed[i]; met.At.IsZero() || met.EventID == "" {
					return nil, errors.New("start duties: a time and an event are needed as evidence")
				}
			}
			_, first := Duty{Due: d, CreatedAt: tx.Now}.after(0)
			rows = append(rows, []any{id.String(), d.Rule, string(d.Force), b.Facts.OrgID, b.ReportID, d.Anchor, db.At(d.AnchorAt),
				db.At(d.DueAt), db.At(d.LatestAt), db.At(met.At), db.Opt(met.EventID), db.At(tx.Now), d.Law, d.Article, d.Pack, db.At(first), b.AccountID, b.Number, "",
				lastedOf(tx.Now, met.At)})
		}
	}
	for _, b := range begins {
		if rows, err = b.Service.rows(rows, packs, b, tx.Now); err != nil {
			return nil, err
		}
		anchors = append(anchors, b.startOf(tx.Now)...)
	}
	if err := s.insertAnchors(ctx, tx, anchors, `ON CONFLICT (report_id, name, n) DO NOTHING`); err != nil {
		return nil, fmt.Errorf("keep the anchors of duties: %w", err)
	}
	err = db.Bulk(ctx, tx, `duty (id, rule, force, org_id, report_id, anchor, anchor_at, due_at, latest_at, met_at, met_event, created_at,
		law, article, pack, remind_at, account_id, number, owed_to, lasted)`,
		`ON CONFLICT (report_id, rule) DO NOTHING`, rows)
	if err != nil {
		return nil, fmt.Errorf("start duties: %w", err)
	}
	return s.forReports(ctx, tx, begins)
}

func (s *Service) forReports(ctx context.Context, tx *db.Tx, begins []Begin) (map[string][]Duty, error) {
	var ids []string
	for _, b := range begins {
		ids = append(ids, b.ReportID)
	}
	var a db.Args
	ds, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE report_id IN `+db.In(&a, ids)+` AND owed_to = '' ORDER BY due_at, id`, a...)
	by := map[string][]Duty{}
	for _, d := range ds {
		by[d.ReportID] = append(by[d.ReportID], d)
	}
	return by, err
}
