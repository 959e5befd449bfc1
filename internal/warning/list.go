// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Get returns a warning: to the platform's staff as it stands, with drafts; to a unit the newest revision it received,
// with its copy.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (w Warning, r *Recipient, err error) {
	if handles(by) {
		return s.getStaff(ctx, by, id)
	}
	if err := reader(by); err != nil {
		return Warning{}, nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		own, err := s.mine(ctx, tx, by, id, "")
		if err != nil {
			return err
		}
		r = &own
		w, err = s.revision(ctx, tx, id, own.Revision)
		w.Known = Snapshot{} // what a unit learns of the case stands in the texts and in its own findings
		w.Content.Leads = w.Content.Leads.only(own.Wave)
		return err
	})
	if err != nil {
		return Warning{}, nil, fmt.Errorf("get warning %s: %w", id, err)
	}
	return w, r, nil
}

// handles: to whom a warning shows as it stands. A draft holds what the case holds: a token reads it as it reads cases.
func handles(by member.Actor) bool { return by.Staff() }

// getStaff notes that its case was read, too, while that is undisclosed.
func (s *Service) getStaff(ctx context.Context, by member.Actor, id string) (w Warning, _ *Recipient, err error) {
	if err := watcher(by); err != nil {
		return Warning{}, nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err = s.load(ctx, tx, id)
		return err
	})
	if err == nil {
		err = s.Cases.NoteReading(ctx, by, w.CaseID)
	}
	if err != nil {
		return Warning{}, nil, fmt.Errorf("get warning %s: %w", id, err)
	}
	return w, nil, nil
}

// GetByNumber is Get by the public number.
func (s *Service) GetByNumber(ctx context.Context, by member.Actor, number string) (w Warning, r *Recipient, err error) {
	allowed := reader
	if handles(by) {
		allowed = watcher
	}
	if err := allowed(by); err != nil {
		return Warning{}, nil, err
	}
	if err := storable(number); err != nil {
		return Warning{}, nil, err
	}
	var id string
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		id, err = db.Get(ctx, tx, db.Value[string], `SELECT id FROM warning WHERE number = $1`, number)
		return err
	})
	if err != nil {
		return Warning{}, nil, fmt.Errorf("get warning %s: %w", number, err)
	}
	return s.Get(ctx, by, id)
}

// An Item is a warning as one unit received it.
type Item struct {
	Warning   Warning
	Recipient Recipient
}

// Filter narrows List and Mine.
type Filter struct {
	States []State // of List: none means all
	Open   bool    // of Mine: only those without an answer
	Part   Part    // of Mine: what is owed, what is done, or "" for both
	Own    bool    // of Mine: only those about the unit's own products
	Level  Level   // of Mine: "" for all
	CaseID string
	After  string // id of the last one seen
	Limit  int    // 0 means 100; at most 500
}

// Part is one side of a unit's warnings.
type Part string

// The parts.
const (
	Owed Part = "owed" // no answer yet, or one that something must follow: checking, affected
	Done Part = "done" // fixed, not affected, lifted, recalled
)

// Mine returns the warnings that the actor's unit received, each in its newest revision: those about its own products
// first, then the newest; and the After of the next page ("" at the end).
func (s *Service) Mine(ctx context.Context, by member.Actor, f Filter) (out []Item, next string, err error) {
	if err := reader(by); err != nil {
		return nil, "", err
	}
	if err := storable(f.CaseID + f.After); err != nil {
		return nil, "", err
	}
	var c fault.Check
	c.That(f.Part == "" || f.Part == Owed || f.Part == Done, "part", "rule.one-of", string(Owed), list([]Part{Owed, Done}))
	c.That(f.Level == "" || slices.Contains(Levels, f.Level), "level", "rule.one-of", string(Yellow), list(Levels))
	if err := c.Err(); err != nil {
		return nil, "", err
	}
	var a db.Args
	org, n := a.P(by.OrgID), limit(f.Limit)
	query := `SELECT ` + releasedColumns + `, ` + recipientColumns + ` FROM warning_recipient r JOIN warning w ON w.id = r.warning_id
		JOIN warning_revision v ON v.warning_id = r.warning_id AND v.revision = r.revision
		WHERE r.org_id = ` + org + ` AND NOT EXISTS (SELECT 1 FROM warning_recipient n
			WHERE n.warning_id = r.warning_id AND n.org_id = r.org_id AND n.revision > r.revision)`
	if f.Open {
		query += ` AND r.answer = '' AND v.kind NOT IN ('lift', 'recall')`
	}
	switch f.Part {
	case Owed:
		query += ` AND r.answer NOT IN ('fixed', 'not-affected') AND v.kind NOT IN ('lift', 'recall')`
	case Done:
		query += ` AND (r.answer IN ('fixed', 'not-affected') OR v.kind IN ('lift', 'recall'))`
	}
	if f.Own {
		query += ` AND r.products > 0`
	}
	if f.Level != "" {
		query += ` AND v.level = ` + a.P(string(f.Level))
	}
	if !by.May(member.ToWarnings) {
		query += ` AND r.wave = 1`
	}
	if f.CaseID != "" {
		query += ` AND w.case_id = ` + a.P(f.CaseID)
	}
	if f.After != "" {
		query += ` AND (` + rank("r") + `, r.at, r.warning_id) < (SELECT ` + rank("x") + `, x.at, x.warning_id FROM warning_recipient x
			WHERE x.org_id = ` + org + ` AND x.warning_id = ` + a.P(f.After) + ` ORDER BY x.revision DESC LIMIT 1)`
	}
	query += ` ORDER BY ` + rank("r") + ` DESC, r.at DESC, r.warning_id DESC LIMIT ` + a.P(n+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out, err = db.List(ctx, tx, s.scanItem, query, a...)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list the warnings of organisation %s: %w", by.OrgID, err)
	}
	if len(out) > n {
		out, next = out[:n], out[n-1].Warning.ID
	}
	return out, next, nil
}

// rank puts what concerns the unit's own products first.
func rank(table string) string { return `CASE WHEN ` + table + `.products > 0 THEN 1 ELSE 0 END` }

func (s *Service) scanItem(r db.Row) (x Item, err error) {
	var w sealedWarning
	if err := r.Scan(append(w.into(), x.Recipient.into(s.Seal)...)...); err != nil {
		return x, err
	}
	x.Warning, err = s.openRevision(w)
	x.Warning.Known = Snapshot{}
	x.Warning.Content.Leads = x.Warning.Content.Leads.only(x.Recipient.Wave)
	return x, err
}

// List returns warnings as they stand, with drafts, newest first, and the After of the next page ("" at the end).
func (s *Service) List(ctx context.Context, by member.Actor, f Filter) (out []Warning, next string, err error) {
	if err := watcher(by); err != nil {
		return nil, "", err
	}
	if err := storable(f.CaseID + f.After); err != nil {
		return nil, "", err
	}
	var a db.Args
	query, n := working+` WHERE w.id <> ''`, limit(f.Limit)
	if len(f.States) > 0 {
		query += ` AND w.state IN ` + db.In(&a, f.States)
	}
	if f.CaseID != "" {
		query += ` AND w.case_id = ` + a.P(f.CaseID)
	}
	if f.After != "" {
		query += ` AND (w.created_at, w.id) < (SELECT x.created_at, x.id FROM warning x WHERE x.id = ` + a.P(f.After) + `)`
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.List(ctx, tx, scanWarning, query+` ORDER BY w.created_at DESC, w.id DESC LIMIT `+a.P(n+1), a...)
		for i, r := range rows {
			if i == n {
				next = out[n-1].ID
				break
			}
			w, err := s.open(tx, r)
			if err != nil {
				return err
			}
			out = append(out, w)
		}
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list warnings: %w", err)
	}
	return out, next, nil
}

// Revisions returns the released revisions of a warning, newest first.
func (s *Service) Revisions(ctx context.Context, by member.Actor, id string) (out []Warning, err error) {
	if err := watcher(by); err != nil {
		return nil, err
	}
	if err := storable(id); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.List(ctx, tx, scanWarning, released+` WHERE v.warning_id = $1 ORDER BY v.revision DESC`, id)
		for _, r := range rows {
			w, err := s.openRevision(r)
			if err != nil {
				return err
			}
			out = append(out, w)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the revisions of warning %s: %w", id, err)
	}
	return out, nil
}

func limit(n int) int {
	if n <= 0 {
		n = 100
	}
	return min(n, 500)
}

// outside is the released revision that the boards show; a warning that never went out has none.
func outside(ctx context.Context, tx *db.Tx, id string) (int, error) {
	if err := storable(id); err != nil {
		return 0, err
	}
	number, err := db.Get(ctx, tx, db.Value[string], `SELECT number FROM warning WHERE id = $1`, id)
	if err != nil {
		return 0, err
	}
	n, err := latest(ctx, tx, id)
	if err == nil && n == 0 {
		return 0, fault.Clash("warning.not-released", number)
	}
	return n, err
}
