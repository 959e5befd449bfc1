// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// A Promise is what the platform owes to whoever reports: its own clocks, which count like anybody's.
type Promise struct {
	OrgID      string // that runs the platform; "" starts no clock
	AcceptedAt time.Time
	Event      bool // the report is about a flaw in a system in use
	Performed  []Performed
}

// rows adds the platform's clocks for a report to the rows that are stored. The clock of the answer waits for the
// verification.
func (p Promise) rows(rows [][]any, packs *lawpack.Set, b Begin, now time.Time) ([][]any, error) {
	if p.OrgID == "" {
		return rows, nil
	}
	in := lawpack.Input{Roles: []lawpack.Role{lawpack.Platform}, Facts: lawpack.Facts{"report_kind": "generic"}, Now: now,
		Anchors: []lawpack.Anchor{{Name: accepted, At: p.AcceptedAt}}}
	if p.Event {
		in.Facts["report_kind"] = "event"
	}
	for _, o := range lawpack.Evaluate(promising(packs), in) {
		d := o.Duty
		rule := d.Key()
		if !slices.Contains(ServiceRules, rule) || d.Pack().Status != lawpack.InForce {
			continue
		}
		id, err := newID()
		if err != nil {
			return nil, err
		}
		var met Performed
		if i := slices.IndexFunc(p.Performed, func(x Performed) bool { return x.Rule == rule }); i >= 0 {
			if met = p.Performed[i]; met.At.IsZero() || met.EventID == "" {
				return nil, errors.New("start the platform's clocks: a time and an event are needed as evidence")
			}
		}
		x := Duty{Due: Due{Rule: rule, AnchorAt: o.AnchorAt, DueAt: o.DueAt, LatestAt: o.LatestAt}, CreatedAt: now}
		var first time.Time
		if !x.DueAt.IsZero() {
			_, first = x.after(0)
		}
		rows = append(rows, []any{id, rule, string(d.Force), p.OrgID, b.ReportID, o.Anchor, db.At(orNever(o.AnchorAt)), db.At(orNever(o.DueAt)), db.At(orNever(o.LatestAt)),
			db.At(met.At), db.Opt(met.EventID), db.At(now), d.Pack().Law, d.Article, d.Pack().Ref(), db.At(first), "", b.Number, Reporter, lastedOf(now, met.At)})
	}
	return rows, nil
}

// promising are the packs that hold the platform's own clocks, of every version that is known.
func promising(packs *lawpack.Set) []*lawpack.Pack {
	return slices.DeleteFunc(slices.Clone(packs.Packs()), func(p *lawpack.Pack) bool {
		return !slices.ContainsFunc(ServiceRules, func(rule string) bool { return strings.HasPrefix(rule, p.Regime+"/") })
	})
}

// Clocks returns what the platform owes to the reporter of a report, in the order of the report's way. The caller
// authorises: it is for the reporter, with an account or without one, and for staff.
func (s *Service) Clocks(ctx context.Context, tx *db.Tx, reportID string) ([]Duty, error) {
	ds, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE report_id = $1 AND owed_to = $2`, reportID, Reporter)
	if err != nil {
		return nil, fmt.Errorf("list the platform's clocks: %w", err)
	}
	slices.SortFunc(ds, func(a, b Duty) int { return slices.Index(ServiceRules, a.Rule) - slices.Index(ServiceRules, b.Rule) })
	return ds, nil
}

// Served records that the platform did what it owes to the reporters of reports, at a time, which eventID shows. The first
// evidence counts.
func (s *Service) Served(ctx context.Context, tx *db.Tx, reports []string, at time.Time, eventID string, rules ...string) error {
	if at.IsZero() || eventID == "" {
		return errors.New("meet the platform's clocks: a time and an event are needed as evidence")
	}
	a := db.Args{db.At(at), eventID, db.At(tx.Now)}
	_, err := tx.Exec(ctx, `UPDATE duty SET met_at = $1, met_event = $2, met_noted_at = $3, lasted = `+lasted(&a, latest(at, tx.Now))+` WHERE owed_to = 'reporter' AND met_at IS NULL
		AND report_id IN `+db.In(&a, reports)+` AND rule IN `+db.In(&a, rules), a...)
	if err != nil {
		return fmt.Errorf("meet the platform's clocks: %w", err)
	}
	return nil
}

// Verified records that the platform verified reports at a time, which eventID shows: that clock is met, and the clock of
// the answer runs.
func (s *Service) Verified(ctx context.Context, tx *db.Tx, reports []string, at time.Time, eventID string) error {
	if err := s.Served(ctx, tx, reports, at, eventID, RuleServiceVerify, RuleServiceEvent); err != nil {
		return err
	}
	return s.Happened(ctx, tx, reports, verified, at, eventID)
}

// Asked proposes that the platform's clocks for reports stand still from now on, because their reporters were asked for
// more. The question is the reason. It waits for a second signature: nobody stops the own clock alone.
func (s *Service) Asked(ctx context.Context, tx *db.Tx, by member.Actor, reports []string, question string) error {
	ds, err := s.served(ctx, tx, reports)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if d.admits(Pausing, tx.Now, tx.Now) != nil {
			continue
		}
		if _, err := s.proposed(ctx, tx, by, d, Pausing, question, tx.Now); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// GoOn lets the platform's clocks for reports run again: their reporters have answered, or nobody waits for them any more.
// A pause that is not signed yet ends here, too.
func (s *Service) GoOn(ctx context.Context, tx *db.Tx, by member.Actor, reports []string) error {
	ds, err := s.served(ctx, tx, reports)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if _, err := tx.Exec(ctx, `UPDATE duty_act SET to_at = $1, ended_at = $1, ended_by = $2 WHERE duty_id = $3 AND kind = 'pause'
			AND signed_at IS NULL AND fell_at IS NULL AND ended_at IS NULL`, db.At(tx.Now), by.AccountID, d.ID); err != nil {
			return err
		}
		if d.PausedAt.IsZero() {
			continue
		}
		if _, err := s.resumed(ctx, tx, by, d); err != nil {
			return err
		}
	}
	return nil
}

// served are the platform's clocks for reports, locked.
func (s *Service) served(ctx context.Context, tx *db.Tx, reports []string) ([]Duty, error) {
	var a db.Args
	ds, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE owed_to = 'reporter' AND report_id IN `+db.In(&a, reports)+` ORDER BY id`+tx.ForUpdate(), a...)
	if err != nil {
		return nil, fmt.Errorf("lock the platform's clocks: %w", err)
	}
	return ds, nil
}
