// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// A Filter asks for a page of cases.
type Filter struct {
	States []State // only these; empty means all
	After  string  // cursor: next of the page before
	Limit  int     // 1 to 200; 0 means 50
}

// Get returns a case with its content to whoever may read it (CanRead). The public gets title, weakness and other numbers
// of a published one: what else may be said of it, its advisory says. Reading an undisclosed case goes into its ledger.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (Case, error) {
	c, err := s.get(ctx, by, func(*db.Tx) (string, error) { return id, nil })
	if err != nil {
		return Case{}, fmt.Errorf("get case: %w", err)
	}
	return c, nil
}

// GetByNumber is Get by the vulnerability's number.
func (s *Service) GetByNumber(ctx context.Context, by member.Actor, number string) (Case, error) {
	c, err := s.get(ctx, by, func(tx *db.Tx) (string, error) {
		if !storable(number) {
			return "", fault.Missing()
		}
		return db.Get(ctx, tx, db.Value[string], `SELECT id FROM casefile WHERE number = $1`, number)
	})
	if err != nil {
		return Case{}, fmt.Errorf("get case by number: %w", err)
	}
	return c, nil
}

// OfReport is Get of the case that a report belongs to. Right after the report there is none yet.
func (s *Service) OfReport(ctx context.Context, by member.Actor, reportID string) (Case, error) {
	c, err := s.get(ctx, by, func(tx *db.Tx) (string, error) {
		if !storable(reportID) {
			return "", fault.Missing()
		}
		return caseOf(ctx, tx, reportID)
	})
	if err != nil {
		return Case{}, fmt.Errorf("get case of report: %w", err)
	}
	return c, nil
}

func (s *Service) get(ctx context.Context, by member.Actor, find func(*db.Tx) (string, error)) (c Case, err error) {
	err = s.reading(ctx, by, func(tx *db.Tx) (view, error) {
		id, err := find(tx)
		if err != nil {
			return view{}, err
		}
		v, err := s.readable(ctx, tx, by, id, "")
		c = v.Case
		if v.insider == "" {
			c = c.headline()
		}
		if !byOffice(by) {
			c.Assignee = ""
		}
		return v, err
	})
	return c, err
}

// headline is a case as lists show it.
func (c Case) headline() Case {
	c.Content = Content{Title: c.Content.Title, TitleEN: c.Content.TitleEN, CWE: c.Content.CWE, Aliases: c.Content.Aliases}
	return c
}

// List returns a page of the cases that the actor may read, newest first, with title, weakness and other numbers of each,
// and the cursor of the next page, "" on the last one.
func (s *Service) List(ctx context.Context, by member.Actor, f Filter) (cs []Case, next string, err error) {
	if by.SignedIn() && !ofReports(by) {
		return nil, "", fault.Deny("fault.scope", member.ScopeCase)
	}
	at, id, ok := position(f.After)
	var k fault.Check
	k.That(ok, "after", "report.rule.cursor", "")
	k.That(f.Limit >= 0 && f.Limit <= 200, "limit", "report.rule.limit", "50", 200)
	for _, st := range f.States {
		k.That(slices.Contains(States, st), "state", "rule.one-of", string(Triage), stateList())
	}
	if err := k.Err(); err != nil {
		return nil, "", err
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	var a db.Args
	where := Scope(by, &a)
	if len(f.States) > 0 {
		where += ` AND c.state IN ` + db.In(&a, f.States)
	}
	if f.After != "" {
		where += ` AND (c.opened_at, c.id) < (` + a.P(db.At(at)) + `, ` + a.P(id) + `)`
	}
	cs, err = s.headlines(ctx, by, `WHERE `+where+` ORDER BY c.opened_at DESC, c.id DESC LIMIT `+a.P(f.Limit+1), a)
	if err != nil {
		return nil, "", fmt.Errorf("list cases: %w", err)
	}
	if len(cs) > f.Limit {
		cs = cs[:f.Limit]
		next = cursor(cs[f.Limit-1])
	}
	return cs, next, nil
}

func stateList() string {
	words := make([]string, len(States))
	for i, st := range States {
		words[i] = string(st)
	}
	return strings.Join(words, ", ")
}

// headlines runs a query on casefile c and returns what lists show of the cases.
func (s *Service) headlines(ctx context.Context, by member.Actor, rest string, args []any) (cs []Case, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		cs, err = db.List(ctx, tx, s.scan, `SELECT `+columns+` FROM casefile c `+rest, args...)
		return err
	})
	for i := range cs {
		if cs[i] = cs[i].headline(); !byOffice(by) {
			cs[i].Assignee = ""
		}
	}
	return cs, err
}

// laneSize is how many cases of one state the board shows.
const laneSize = 100

// Board returns the cases that a signed-in actor may read by state: of those under way the gravest and oldest, of those
// that have ended the last.
func (s *Service) Board(ctx context.Context, by member.Actor) (map[State][]Case, error) {
	switch {
	case !by.SignedIn():
		return nil, fault.SignIn()
	case !ofReports(by):
		return nil, fault.Deny("fault.scope", member.ScopeCase)
	}
	out := map[State][]Case{}
	for _, st := range States {
		order := `CASE c.exploited WHEN 'yes' THEN 0 ELSE 1 END, CASE c.composite WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END, c.state_since, c.id`
		if st == Published || st == Closed || st == Duplicate || st == Rejected {
			order = `c.state_since DESC, c.id DESC`
		}
		var a db.Args
		where := `WHERE ` + Scope(by, &a) + ` AND c.state = ` + a.P(string(st))
		cs, err := s.headlines(ctx, by, where+` ORDER BY `+order+` LIMIT `+a.P(laneSize), a)
		if err != nil {
			return nil, fmt.Errorf("case board: %w", err)
		}
		if len(cs) > 0 {
			out[st] = cs
		}
	}
	return out, nil
}

// ReportsOf returns the reports of a case with their newest contents, oldest first: all to staff, to others their own.
func (s *Service) ReportsOf(ctx context.Context, by member.Actor, id string) (out []report.Report, err error) {
	err = s.inside(ctx, by, id, func(tx *db.Tx, v view) error {
		ids, err := reportIDs(ctx, tx, v.ID)
		for _, id := range ids {
			if err != nil {
				break
			}
			var r report.Report
			if r, err = s.Reports.ContentTx(ctx, tx, id); byOffice(by) || ownReport(by, r.OrgID, r.AccountID) {
				out = append(out, r)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list reports of case: %w", err)
	}
	return out, nil
}

// ownReport reports whether a report is the actor's or its organisation's.
func ownReport(by member.Actor, orgID, accountID string) bool {
	return ofReports(by) && (by.AccountID != "" && accountID == by.AccountID || forOrg(by) && orgID == by.OrgID)
}

// cursor names a case's place in the list.
func cursor(c Case) string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.OpenedAt.UTC().Format(time.RFC3339Nano) + " " + c.ID))
}

// position reads a cursor; "" is the top of the list.
func position(cursor string) (at time.Time, id string, ok bool) {
	if cursor == "" {
		return at, "", true
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return at, "", false
	}
	stamp, id, _ := strings.Cut(string(b), " ")
	at, err = time.Parse(time.RFC3339Nano, stamp)
	return at, id, err == nil && uuid.Validate(id) == nil
}
