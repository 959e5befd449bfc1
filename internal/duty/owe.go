// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Owed returns the duties of an organisation, the open ones by urgency, or all with the latest due first. It is open
// to the organisation itself, suspended or not, and to staff.
func (s *Service) Owed(ctx context.Context, by member.Actor, orgID string, onlyOpen bool) ([]Duty, error) {
	if err := mayAsk(by, orgID); err != nil {
		return nil, err
	}
	query := `SELECT ` + columns + ` FROM duty WHERE org_id = $1 ORDER BY due_at DESC, id DESC`
	if onlyOpen {
		query = `SELECT ` + columns + ` FROM duty WHERE org_id = $1 AND met_at IS NULL AND void_at IS NULL ORDER BY due_at, id`
	}
	ds, err := s.list(ctx, query, orgID)
	if err != nil {
		return nil, fmt.Errorf("list duties of %s: %w", orgID, err)
	}
	return ds, nil
}

func mayAsk(by member.Actor, orgID string) error {
	scope, own := member.ScopeCase, orgID != "" && orgID == by.OrgID
	if own {
		scope = member.ScopeReport
	}
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !own && !by.Staff():
		return fault.Hidden()
	case !by.Allows(scope):
		return fault.Deny("fault.scope", scope)
	}
	return nil
}

// A Filter narrows the register; the zero value asks for everything as of now.
type Filter struct {
	Rule  string
	OrgID string
	State State
	AsOf  time.Time // what the register said at that time; zero means now
	Limit int       // 1 to 1000; 0 means 100
}

// Register returns the duties of all organisations as they stood at f.AsOf: what has happened since is left out.
// Open duties come by urgency, others with the latest due first. It is open to staff.
func (s *Service) Register(ctx context.Context, by member.Actor, f Filter) ([]Duty, error) {
	switch {
	case !by.SignedIn():
		return nil, fault.SignIn()
	case !by.Staff():
		return nil, fault.Deny("fault.role")
	case !by.Allows(member.ScopeCase):
		return nil, fault.Deny("fault.scope", member.ScopeCase)
	}
	sort := DueFirst
	if !slices.Contains([]State{Overdue, Arguable, Running}, f.State) {
		sort = DueLast
	}
	o, err := s.page(ctx, by, Query{Rule: f.Rule, OrgID: f.OrgID, State: f.State, AsOf: f.AsOf, Sort: sort, Limit: f.Limit}, false)
	if err != nil {
		return nil, err
	}
	ds := make([]Duty, len(o.Entries))
	for i, e := range o.Entries {
		ds[i] = e.Duty
	}
	return ds, nil
}

// asOf forgets what happened to the duty after t.
func (d Duty) asOf(t time.Time) Duty {
	if d.MetAt.After(t) {
		d.MetAt, d.MetEvent = time.Time{}, ""
	}
	if d.VoidAt.After(t) {
		d.VoidAt, d.VoidWhy = time.Time{}, ""
	}
	return d
}

func (s *Service) list(ctx context.Context, query string, args ...any) (ds []Duty, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		ds, err = db.List(ctx, tx, scan, query, args...)
		return err
	})
	return ds, err
}

// ForReport returns what the reporter owes, as it falls due; what the platform owes to it is told by Clocks. The caller authorises.
func (s *Service) ForReport(ctx context.Context, tx *db.Tx, reportID string) ([]Duty, error) {
	return db.List(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE report_id = $1 AND owed_to = '' ORDER BY due_at, id`, reportID)
}

// ForCase returns the duties of all reports of a case as they fall due. The caller authorises.
func (s *Service) ForCase(ctx context.Context, tx *db.Tx, caseID string) ([]Duty, error) {
	return db.List(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE case_id = $1 AND owed_to = '' ORDER BY due_at, id`, caseID)
}
