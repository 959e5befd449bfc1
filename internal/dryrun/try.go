// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package dryrun

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Try tries a pack, signed or not, on the duties of reports whose time of learning lies from from to before to. Anchors
// that were corrected count as corrected; pauses do not count. The work is one pass in batches: memory does not
// grow with the number of reports. For supervisors and administrators. Faults: Invalid as of rulebook.Lint.
func (s *Service) Try(ctx context.Context, by member.Actor, file []byte, from, to time.Time) (Result, error) {
	if err := mayTry(by); err != nil {
		return Result{}, fmt.Errorf("dry run: %w", err)
	}
	var c fault.Check
	c.That(!from.IsZero() && !to.IsZero() && from.Before(to), "to", "dryrun.range", "2026-01-01")
	c.That(to.Sub(from) <= maxSpan, "from", "dryrun.span", "2026-01-01")
	if err := c.Err(); err != nil {
		return Result{}, fmt.Errorf("dry run: %w", err)
	}
	p, err := rulebook.Lint(file)
	if err != nil {
		return Result{}, fmt.Errorf("dry run: %w", err)
	}
	var r *run
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		set, err := s.Book.In(ctx, tx)
		if err != nil {
			return err
		}
		r = newRun(set, p, from, to, tx.Now)
		return r.all(ctx, tx)
	})
	if err != nil {
		return Result{}, fmt.Errorf("dry run: %w", err)
	}
	return r.result(), nil
}

// run is a dry run on its way.
type run struct {
	Result
	before, after []*lawpack.Pack // of the candidate's regime: the others change nothing
	orgs          map[string]*OrgCounts
	shown         map[Effect]int
}

func newRun(set *lawpack.Set, candidate *lawpack.Pack, from, to, now time.Time) *run {
	r := &run{Result: Result{Pack: candidate.Ref(), From: from, To: to, AsOf: now}, orgs: map[string]*OrgCounts{}, shown: map[Effect]int{}}
	for _, p := range set.Packs() {
		if p.Regime == candidate.Regime && p.Ref() != candidate.Ref() {
			r.before = append(r.before, p)
		}
	}
	r.after = append(slices.Clone(r.before), candidate)
	return r
}

// derived is what the duties of a report were derived from, once.
type derived struct {
	reportID, facts, orgID string
	learned, received      time.Time
	reconstructed          bool
}

func scanDerived(row db.Row) (d derived, err error) {
	var learned, received db.Time
	err = row.Scan(&d.reportID, &d.facts, &d.orgID, &learned, &d.reconstructed, &received)
	d.learned, d.received = learned.Time, received.Time
	return d, err
}

// stored is what the register holds of one duty.
type stored struct {
	reportID, rule, anchor string
	anchorAt, met, void    time.Time
}

func scanStored(row db.Row) (d stored, err error) {
	var at, met, void db.Time
	err = row.Scan(&d.reportID, &d.rule, &d.anchor, &at, &met, &void)
	d.anchorAt, d.met, d.void = at.Time, met.Time, void.Time
	return d, err
}

// all goes through the reports as they were learned of.
func (r *run) all(ctx context.Context, tx *db.Tx) error {
	after, afterID := r.From, ""
	for {
		// The cursor stands on a report, so that a report is never cut in two: a page ends before its last one.
		ds, err := db.List(ctx, tx, scanDerived, `SELECT d.report_id, d.facts, d.org_id, d.learned_at, d.reconstructed, r.received_at
			FROM duty_derivation d LEFT JOIN report r ON r.id = d.report_id
			WHERE (d.learned_at > $1 OR d.learned_at = $1 AND d.report_id > $2) AND d.learned_at < $3
			ORDER BY d.learned_at, d.report_id, d.derived_at, d.facts LIMIT $4`, db.At(after), afterID, db.At(r.To), batch)
		if err != nil || len(ds) == 0 {
			return err
		}
		groups := grouped(ds)
		last := len(ds) < batch
		if !last && len(groups) > 1 {
			groups = groups[:len(groups)-1]
		}
		if err := r.batch(ctx, tx, groups); err != nil {
			return err
		}
		end := groups[len(groups)-1][0]
		after, afterID = end.learned, end.reportID
		switch {
		case last:
			return nil
		case r.Reports >= maxReports:
			r.Until = after
			return nil
		}
	}
}

// grouped joins the rows of one report.
func grouped(ds []derived) (out [][]derived) {
	for i, d := range ds {
		if i == 0 || d.reportID != ds[i-1].reportID {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], d)
	}
	return out
}

func (r *run) batch(ctx context.Context, tx *db.Tx, groups [][]derived) error {
	ids := make([]string, len(groups))
	for i, g := range groups {
		ids[i] = g[0].reportID
	}
	var a db.Args
	rows, err := db.List(ctx, tx, scanStored, `SELECT report_id, rule, anchor, anchor_at, met_at, void_at FROM duty WHERE report_id IN `+db.In(&a, ids), a...)
	if err != nil {
		return err
	}
	kept := map[string]map[string]stored{}
	for _, d := range rows {
		if kept[d.reportID] == nil {
			kept[d.reportID] = map[string]stored{}
		}
		kept[d.reportID][d.rule] = d
	}
	for _, g := range groups {
		if err := r.report(g, kept[g[0].reportID]); err != nil {
			return err
		}
	}
	return nil
}

// report compares the duties of one report.
func (r *run) report(g []derived, kept map[string]stored) error {
	learned := g[0].learned
	for _, d := range kept { // as it was corrected
		if d.anchor == duty.Learned {
			learned = d.anchorAt
		}
	}
	before, after := map[string]lawpack.Owed{}, map[string]lawpack.Owed{}
	for _, d := range g {
		f, err := duty.ReadFacts(d.facts, d.orgID, learned)
		if err != nil {
			return fmt.Errorf("report %s: %w", d.reportID, err)
		}
		first(before, duty.Follows(r.before, f))
		first(after, duty.Follows(r.after, f))
	}
	r.Reports++
	if g[0].reconstructed {
		r.Reconstructed++
	}
	var rules []string
	for rule := range before {
		rules = append(rules, rule)
	}
	for rule := range after {
		if _, both := before[rule]; !both {
			rules = append(rules, rule)
		}
	}
	slices.Sort(rules)
	for _, rule := range rules {
		k := kept[rule]
		if !k.void.IsZero() {
			r.Void++
			continue
		}
		if k.met.IsZero() && (rule == duty.RuleReport || rule == duty.RulePartner) {
			k.met = g[0].received // these are met by the report itself
		}
		b, wasOwed := before[rule]
		a, isOwed := after[rule]
		r.count(Sample{Effect: effect(wasOwed, isOwed, b, a), OrgID: g[0].orgID, ReportID: g[0].reportID, Rule: rule, Before: b, After: a, MetAt: k.met,
			WasLate: wasOwed && late(b, k.met, r.AsOf), IsLate: isOwed && late(a, k.met, r.AsOf)})
	}
	return nil
}

// first keeps of every duty what came first: a duty starts once a report.
func first(into map[string]lawpack.Owed, owed []lawpack.Owed) {
	for _, o := range owed {
		if _, there := into[o.Duty.Rule]; !there {
			into[o.Duty.Rule] = o
		}
	}
}

func effect(was, is bool, b, a lawpack.Owed) Effect {
	switch {
	case !was:
		return Added
	case !is:
		return Removed
	case a.DueAt.Before(b.DueAt):
		return Earlier
	case a.DueAt.After(b.DueAt):
		return Later
	case !a.LatestAt.Equal(b.LatestAt):
		return Moved
	}
	return Same
}

// late is what the register calls met late or overdue.
func late(o lawpack.Owed, met, now time.Time) bool {
	if met.IsZero() || met.After(now) {
		return now.After(o.LatestAt)
	}
	return met.After(o.DueAt)
}

func (r *run) count(x Sample) {
	r.Counts.add(x)
	if x.Effect == Same {
		return
	}
	if r.orgs[x.OrgID] == nil {
		r.orgs[x.OrgID] = &OrgCounts{OrgID: x.OrgID}
	}
	r.orgs[x.OrgID].add(x)
	if r.shown[x.Effect] < perEffect {
		r.shown[x.Effect]++
		r.Samples = append(r.Samples, x)
	}
}

func (c *Counts) add(x Sample) {
	n := map[Effect]*int{Added: &c.Added, Removed: &c.Removed, Earlier: &c.Earlier, Later: &c.Later, Moved: &c.Moved, Same: &c.Same}[x.Effect]
	*n++
	switch {
	case x.Effect == Added && x.IsLate:
		c.AddedLate++
	case x.Effect == Added:
	case x.IsLate && !x.WasLate:
		c.NewlyLate++
	case x.WasLate && !x.IsLate:
		c.NewlyInTime++
	}
}

func (r *run) result() Result {
	for _, o := range r.orgs {
		r.Orgs = append(r.Orgs, *o)
	}
	r.AllOrgs = len(r.Orgs)
	slices.SortFunc(r.Orgs, func(a, b OrgCounts) int {
		return cmp.Or(cmp.Compare(b.Changed(), a.Changed()), cmp.Compare(a.OrgID, b.OrgID))
	})
	r.Orgs = r.Orgs[:min(len(r.Orgs), maxOrgs)]
	slices.SortStableFunc(r.Samples, func(a, b Sample) int {
		return cmp.Compare(slices.Index(Effects, a.Effect), slices.Index(Effects, b.Effect))
	})
	return r.Result
}
