// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

var supervisor = member.Actor{AccountID: "s", Roles: []member.Role{member.Supervisor}, Via: "web"}

func engineerOf(org string) member.Actor {
	return member.Actor{AccountID: "e", OrgID: org, Roles: []member.Role{member.Engineer}, Via: "web"}
}

// The register filters by everything, in every order, page by page, and counts what it does not show.
func TestOverviewPagesAndCounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx, s, own, other := t.Context(), &duty.Service{DB: d}, org(t, d), org(t, d)
		for i := range 7 {
			f := facts([]string{own, other}[i%2])
			f.LearnedAt, f.Partner = learned.Add(time.Duration(i%3)*time.Hour), i == 0
			clock.Set(f.LearnedAt)
			start(t, d, fmt.Sprint("r", i), f)
		}
		at := learned.Add(30 * time.Hour)
		verified(t, d, clock, at, s, "r1")
		all := len(mustRegister(t, s, duty.Filter{Limit: 1000}))
		for _, sort := range append([]duty.Sort{""}, duty.Sorts...) {
			for _, limit := range []int{1, 2, 5, 1000} {
				seen, q := map[string]bool{}, duty.Query{Sort: sort, Limit: limit}
				var last duty.Entry
				for pages := 0; ; pages++ {
					o, err := s.Overview(ctx, supervisor, q)
					if err != nil {
						t.Fatal(err)
					}
					n := 0
					for _, c := range o.Counts {
						n += c.N
					}
					if n != all || o.Past || !o.AsOf.Equal(clock.Now()) {
						t.Fatalf("%d counted of %d, as of %v", n, all, o.AsOf)
					}
					for _, e := range o.Entries {
						if seen[e.ID] {
							t.Fatalf("by %q, %d a page: %s comes twice", sort, limit, e.ID)
						}
						if seen[e.ID] = true; last.ID != "" && disorder(sort, last, e) {
							t.Fatalf("by %q: %v after %v", sort, e, last)
						}
						last = e
					}
					if q.After = o.Next; o.Next == "" {
						break
					}
					if pages > all {
						t.Fatal("the pages do not end")
					}
				}
				if len(seen) != all {
					t.Errorf("by %q, %d a page: %d of %d", sort, limit, len(seen), all)
				}
			}
		}
		for name, c := range map[string]struct {
			q    duty.Query
			want func(duty.Entry) bool
		}{
			"law":          {duty.Query{Law: "RMSV 2021"}, func(e duty.Entry) bool { return e.Law == "RMSV 2021" }},
			"rule":         {duty.Query{Rule: duty.RulePartner}, func(e duty.Entry) bool { return e.Rule == duty.RulePartner }},
			"force":        {duty.Query{Force: duty.Contractual}, func(e duty.Entry) bool { return e.Force == duty.Contractual }},
			"organisation": {duty.Query{OrgID: own}, func(e duty.Entry) bool { return e.OrgID == own }},
			"range": {duty.Query{From: learned.Add(24 * time.Hour), Until: learned.Add(26 * time.Hour)}, func(e duty.Entry) bool {
				return !e.DueAt.Before(learned.Add(24*time.Hour)) && e.DueAt.Before(learned.Add(26*time.Hour))
			}},
			"open":        {duty.Query{State: duty.Open}, func(e duty.Entry) bool { return e.MetAt.IsZero() && e.VoidAt.IsZero() }},
			"met late":    {duty.Query{State: duty.MetLate}, func(e duty.Entry) bool { return e.StateAt(clock.Now()) == duty.MetLate }},
			"name":        {duty.Query{Org: "甲"}, func(duty.Entry) bool { return true }},
			"no name":     {duty.Query{Org: "%"}, func(duty.Entry) bool { return false }},
			"no such law": {duty.Query{Law: "LEX"}, func(duty.Entry) bool { return false }},
		} {
			every, err := s.Overview(ctx, supervisor, duty.Query{Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]bool{}
			for _, e := range every.Entries {
				if c.want(e) {
					want[e.ID] = true
				}
			}
			c.q.Limit = 1000
			got, err := s.Overview(ctx, supervisor, c.q)
			if err != nil {
				t.Fatal(name, err)
			}
			have := map[string]bool{}
			for _, e := range got.Entries {
				have[e.ID] = true
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

func disorder(s duty.Sort, a, b duty.Entry) bool {
	switch s {
	case duty.DueLast:
		return a.DueAt.Before(b.DueAt)
	case duty.AnchorLast:
		return a.AnchorAt.Before(b.AnchorAt)
	case duty.RecordedNew:
		return a.CreatedAt.Before(b.CreatedAt)
	}
	return b.DueAt.Before(a.DueAt)
}

// verified meets the duty to verify of a report at a time.
func verified(t *testing.T, d *db.DB, clock *calendar.Driven, at time.Time, s *duty.Service, report string) {
	t.Helper()
	clock.Set(at)
	if err := d.Tx(t.Context(), func(tx *db.Tx) error { return s.Meet(t.Context(), tx, report, duty.RuleVerify, at, "e") }); err != nil {
		t.Fatal(err)
	}
}

func mustRegister(t *testing.T, s *duty.Service, f duty.Filter) []duty.Duty {
	t.Helper()
	ds, err := s.Register(t.Context(), member.System(), f)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// What the register said at a time stays what it said, whatever happens later: in the list, in the counts, in the export.
func TestTheRegisterOfAPastDayStands(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		s, owner := &duty.Service{DB: d}, org(t, d)
		rapid.Check(t, func(rt *rapid.T) {
			report := uuid.Must(uuid.NewV7()).String()
			clock.Advance(time.Hour)
			f := facts(owner)
			f.LearnedAt = clock.Now()
			write(rt, d, func(ctx context.Context, tx *db.Tx) error { _, err := s.Start(ctx, tx, report, f); return err })
			clock.Advance(time.Duration(rapid.IntRange(1, 90).Draw(rt, "hours")) * time.Hour)
			asOf := clock.Now()
			q := duty.Query{State: rapid.SampledFrom(append([]duty.State{"", duty.Open}, duty.States...)).Draw(rt, "state"), Limit: 1000}
			before, err := s.Overview(rt.Context(), supervisor, q)
			if err != nil {
				rt.Fatal(err)
			}
			clock.Advance(time.Minute)
			write(rt, d, func(ctx context.Context, tx *db.Tx) error {
				if rapid.Bool().Draw(rt, "void") {
					ds, err := s.ForReport(ctx, tx, report)
					if err != nil {
						return err
					}
					return s.Void(ctx, tx, ds[0].ID, "why")
				}
				return s.Meet(ctx, tx, report, duty.RuleReport, tx.Now, "e")
			})
			q.AsOf = asOf
			after, err := s.Overview(rt.Context(), supervisor, q)
			if err != nil {
				rt.Fatal(err)
			}
			if !after.Past || !after.AsOf.Equal(asOf) {
				rt.Fatalf("as of %v, asked for %v", after.AsOf, asOf)
			}
			if diff := cmp.Diff(before.Counts, after.Counts); diff != "" {
				rt.Fatalf("the counts of the past changed: %s", diff)
			}
			if diff := cmp.Diff(lines(before, asOf), lines(after, asOf)); diff != "" {
				rt.Fatalf("the past changed: %s", diff)
			}
		})
	})
}

func lines(o duty.Overview, at time.Time) (out []duty.Line) {
	for _, e := range o.Entries {
		out = append(out, duty.LineOf(i18n.For(i18n.English), e, at))
	}
	return out
}

// Members read their own lines of the register and nobody else's; the export obeys the same rule.
func TestTheRegisterIsReadByWhomItConcerns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx, s, own, other := t.Context(), &duty.Service{DB: d}, org(t, d), org(t, d)
		start(t, d, "r1", facts(own))
		start(t, d, "r2", facts(other))
		suspended := engineerOf(own)
		suspended.Suspended = true
		narrow := engineerOf(own)
		narrow.Scopes = []string{member.ScopeProduct}
		staffToken := supervisor
		staffToken.Scopes = []string{member.ScopeReport}
		for name, c := range map[string]struct {
			by   member.Actor
			q    duty.Query
			want fault.Kind
			orgs int
		}{
			"supervisor":             {supervisor, duty.Query{}, "", 2},
			"own":                    {engineerOf(own), duty.Query{}, "", 1},
			"own, by id":             {engineerOf(own), duty.Query{OrgID: own}, "", 1},
			"own, suspended":         {suspended, duty.Query{}, "", 1},
			"somebody else's":        {engineerOf(own), duty.Query{OrgID: other}, fault.Withheld, 0},
			"somebody else's name":   {engineerOf(own), duty.Query{Org: "A"}, "", 1},
			"nobody":                 {member.Anonymous("web"), duty.Query{}, fault.Unauthenticated, 0},
			"a token of little":      {narrow, duty.Query{}, fault.Forbidden, 0},
			"a staff token of less":  {staffToken, duty.Query{}, fault.Forbidden, 0},
			"auditor without an org": {member.Actor{AccountID: "a", Roles: []member.Role{member.Auditor}}, duty.Query{}, fault.Forbidden, 0},
			"bad state":              {supervisor, duty.Query{State: "late"}, fault.Invalid, 0},
			"bad force":              {supervisor, duty.Query{Force: "brute"}, fault.Invalid, 0},
			"bad sort":               {supervisor, duty.Query{Sort: "name"}, fault.Invalid, 0},
			"bad rule":               {supervisor, duty.Query{Rule: "x"}, fault.Invalid, 0},
			"bad org":                {supervisor, duty.Query{OrgID: "x"}, fault.Invalid, 0},
			"bad name":               {supervisor, duty.Query{Org: "a\x00"}, fault.Invalid, 0},
			"long law":               {supervisor, duty.Query{Law: strings.Repeat("法", 101)}, fault.Invalid, 0},
			"bad range":              {supervisor, duty.Query{From: learned, Until: learned}, fault.Invalid, 0},
			"bad cursor":             {supervisor, duty.Query{After: "x"}, fault.Invalid, 0},
			"bad limit":              {supervisor, duty.Query{Limit: 1001}, fault.Invalid, 0},
		} {
			o, err := s.Overview(ctx, c.by, c.q)
			if fault.KindOf(err) != c.want && (err != nil || c.want != "") {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
			orgs := map[string]bool{}
			for _, e := range o.Entries {
				orgs[e.OrgID] = true
			}
			if len(orgs) != c.orgs {
				t.Errorf("%s: %d organisations, want %d", name, len(orgs), c.orgs)
			}
			var out bytes.Buffer
			begun := false
			err = s.Export(ctx, c.by, c.q, duty.JSONL, i18n.For(i18n.English), &out, func(time.Time) { begun = true })
			if c.q.After != "" || c.q.Limit != 0 {
				continue // an export has no pages
			}
			if (err == nil) != (c.want == "") || begun != (err == nil) || err != nil && out.Len() > 0 {
				t.Errorf("%s: export %v, begun %v, %d bytes", name, err, begun, out.Len())
			}
			if n := bytes.Count(out.Bytes(), []byte("\n")); n != len(o.Entries) {
				t.Errorf("%s: %d lines exported of %d", name, n, len(o.Entries))
			}
		}
		if err := s.Export(ctx, supervisor, duty.Query{}, "xlsx", i18n.For(i18n.English), &bytes.Buffer{}, func(time.Time) {}); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}

// A spreadsheet opens the export as Chinese text, and no cell of it is a formula, whatever an organisation calls itself.
func TestExportOpensInASpreadsheet(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx, s, own := t.Context(), &duty.Service{DB: d}, org(t, d)
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE org SET name_zh = $1, name_en = $1 WHERE id = $2`, "=HYPERLINK(\"https://evil.example\",\"甲, 乙\")", own)
			return err
		})
		start(t, d, "r1", facts(own))
		clock.Set(learned.Add(49 * time.Hour))
		for _, lang := range []string{i18n.Chinese, i18n.English} {
			p := i18n.For(lang)
			var out bytes.Buffer
			if err := s.Export(ctx, supervisor, duty.Query{}, duty.CSV, p, &out, func(at time.Time) {
				if !at.Equal(clock.Now()) {
					t.Error(at)
				}
			}); err != nil {
				t.Fatal(err)
			}
			body, ok := bytes.CutPrefix(out.Bytes(), []byte{0xEF, 0xBB, 0xBF})
			if !ok || !bytes.Contains(body, []byte("\r\n")) {
				t.Errorf("%q", out.Bytes()[:40])
			}
			rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
			if err != nil || len(rows) != 4 {
				t.Fatal(len(rows), err)
			}
			for _, row := range rows[1:] {
				if row[1] != "'=HYPERLINK(\"https://evil.example\",\"甲, 乙\")" {
					t.Errorf("organisation %q", row[1])
				}
				for i, cell := range row {
					if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r\n") {
						t.Errorf("%s is a formula: %q", rows[0][i], cell)
					}
				}
			}
			last := rows[3]
			if last[6] != p.T("duty.state.arguable") || last[8] != "2021-11-26T10:00:00+08:00" || last[9] != "2021-11-27T00:00:00+08:00" || !strings.Contains(last[13], "2021-11-26 24:00") {
				t.Errorf("%q", last)
			}
		}
		var out bytes.Buffer
		if err := s.Export(ctx, supervisor, duty.Query{Rule: duty.RuleReport}, duty.JSONL, i18n.For(i18n.Chinese), &out, func(time.Time) {}); err != nil {
			t.Fatal(err)
		}
		var l duty.Line
		if err := json.Unmarshal(out.Bytes(), &l); err != nil || l.State != "arguable" || l.LatestAt == nil || l.Sentence == "" || l.MetAt != nil || !l.AsOf.Equal(clock.Now()) {
			t.Errorf("%s, %v", out.Bytes(), err)
		}
	})
}
