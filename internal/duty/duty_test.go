// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty_test

import (
	"context"
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
	"github.com/fengsui/fengsui/internal/member"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// write runs do in a transaction and fails the test when it fails.
func write(t interface {
	Helper()
	Fatal(...any)
	Context() context.Context
}, d *db.DB, do func(context.Context, *db.Tx) error) {
	t.Helper()
	if err := d.Tx(t.Context(), func(tx *db.Tx) error { return do(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// org adds a bare organisation.
func org(t testing.TB, d *db.DB) string {
	t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	write(t, d, func(ctx context.Context, tx *db.Tx) error {
		return db.Bulk(ctx, tx, `org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status,
			suspension_reason, email, phone, webhook_url, domains, note, created_at)`, "", [][]any{{id, id, "甲", "A", db.ToJSON([]string{"provider"}),
			true, 1, "", "", "CN", "active", "", "", "", "", db.ToJSON([]string{}), "", db.At(tx.Now)}})
	})
	return id
}

func facts(org string) duty.Facts {
	return duty.Facts{OrgID: org, Relation: duty.MakesProduct, Upstream: true, LearnedAt: learned}
}

func start(t *testing.T, d *db.DB, report string, f duty.Facts) (ds []duty.Duty) {
	t.Helper()
	write(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
		ds, err = (&duty.Service{DB: d}).Start(ctx, tx, report, f)
		return err
	})
	return ds
}

func ofReport(t *testing.T, d *db.DB, report string) (ds []duty.Duty) {
	t.Helper()
	write(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
		ds, err = (&duty.Service{DB: d}).ForReport(ctx, tx, report)
		return err
	})
	return ds
}

func rules(ds []duty.Duty) (out []string) {
	for _, d := range ds {
		out = append(out, d.Rule)
	}
	return out
}

func TestStartOncePerRule(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		f := facts(org(t, d))
		first := start(t, d, "r1", f)
		if diff := cmp.Diff([]string{duty.RuleVerify, duty.RuleUpstream, duty.RuleReport}, rules(first)); diff != "" {
			t.Fatal(diff)
		}
		for i, want := range duty.Resolve(f) {
			if diff := cmp.Diff(want, first[i].Due, cmp.Comparer(time.Time.Equal)); diff != "" {
				t.Error(diff)
			}
		}
		clock.Advance(time.Hour)
		f.LearnedAt = learned.Add(24 * time.Hour) // a later claim moves no clock
		if diff := cmp.Diff(first, start(t, d, "r1", f)); diff != "" {
			t.Errorf("the second start changed something:\n%s", diff)
		}
		if got := start(t, d, "r2", duty.Facts{OrgID: f.OrgID, Relation: duty.Found, LearnedAt: learned}); len(got) != 0 {
			t.Errorf("an encouraged duty was stored: %+v", got)
		}
		if got := start(t, d, "r3", duty.Facts{Relation: duty.MakesProduct, LearnedAt: learned}); len(got) != 0 {
			t.Errorf("duties of nobody were stored: %+v", got)
		}
		if got := start(t, d, "r4", duty.Facts{OrgID: f.OrgID, Relation: duty.MakesProduct}); len(got) != 0 {
			t.Errorf("duties without a clock were stored: %+v", got)
		}
	})
}

// Duties of several reports start together, and those that are met from the beginning are stored so; what has started
// before stays as it is.
func TestStartAll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		s, f, at := &duty.Service{DB: d}, facts(org(t, d)), learned.Add(time.Hour)
		before := start(t, d, "r2", f)
		met := []duty.Performed{{Rule: duty.RuleReport, At: at, EventID: "e1"}, {Rule: duty.RulePartner, At: at, EventID: "e1"}}
		var all map[string][]duty.Duty
		write(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
			all, err = s.StartAll(ctx, tx, []duty.Begin{{ReportID: "r1", Facts: f, Performed: met}, {ReportID: "r2", Facts: f, Performed: met},
				{ReportID: "r3", Facts: duty.Facts{OrgID: f.OrgID, Relation: duty.Found, LearnedAt: learned}, Performed: met}})
			return err
		})
		if diff := cmp.Diff(before, all["r2"]); diff != "" {
			t.Error(diff)
		}
		if len(all["r3"]) != 0 {
			t.Errorf("an encouraged duty was stored: %+v", all["r3"])
		}
		if diff := cmp.Diff(rules(before), rules(all["r1"])); diff != "" {
			t.Fatal(diff)
		}
		for _, x := range all["r1"] {
			if reported := x.Rule == duty.RuleReport; reported != x.MetAt.Equal(at) || reported != (x.MetEvent == "e1") || !reported && !x.MetAt.IsZero() {
				t.Errorf("%s is met at %v by %q", x.Rule, x.MetAt, x.MetEvent)
			}
		}
		write(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
			_, err = s.StartAll(ctx, tx, []duty.Begin{{ReportID: "r4", Facts: f, Performed: []duty.Performed{{Rule: duty.RuleReport, At: at}}}})
			if err == nil {
				t.Error("a duty was met without evidence")
			}
			return nil
		})
	})
}

func TestMeetAttachVoid(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		s := &duty.Service{DB: d}
		start(t, d, "r1", facts(org(t, d)))
		at := learned.Add(time.Hour)
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			for _, step := range []error{
				s.Meet(ctx, tx, "r1", duty.RuleReport, at, "e1"),
				s.Meet(ctx, tx, "r1", duty.RuleReport, at.Add(-time.Minute), "e2"), // the first evidence counts
				s.Meet(ctx, tx, "r1", duty.RuleRemedy, at, "e3"),                   // no such duty
				s.Meet(ctx, tx, "nowhere", duty.RuleReport, at, "e4"),
				s.Attach(ctx, tx, "r1", "c1"),
			} {
				if step != nil {
					return step
				}
			}
			if s.Meet(ctx, tx, "r1", duty.RuleVerify, time.Time{}, "e5") == nil || s.Meet(ctx, tx, "r1", duty.RuleVerify, at, "") == nil {
				t.Error("a duty was met without evidence")
			}
			return nil
		})
		ds := ofReport(t, d, "r1")
		verify, report := ds[0], ds[2]
		if !report.MetAt.Equal(at) || report.MetEvent != "e1" || report.CaseID != "c1" || !verify.MetAt.IsZero() {
			t.Errorf("report %+v, verify %+v", report, verify)
		}
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			for _, c := range []struct {
				id, why string
				want    fault.Kind
			}{{verify.ID, " ", fault.Invalid}, {"nothing", "why", fault.NotFound}, {report.ID, "why", fault.Conflict}} {
				if err := s.Void(ctx, tx, c.id, c.why); !fault.Is(err, c.want) {
					t.Errorf("void %s because %q: %v, want %s", c.id, c.why, err, c.want)
				}
			}
			if err := s.Void(ctx, tx, verify.ID, "not our product"); err != nil {
				return err
			}
			if err := s.Void(ctx, tx, verify.ID, "second thoughts"); err != nil {
				return err
			}
			return s.Meet(ctx, tx, "r1", duty.RuleVerify, at, "e6")
		})
		verify = ofReport(t, d, "r1")[0]
		if verify.VoidWhy != "not our product" || !verify.MetAt.IsZero() || verify.StateAt(at.Add(time.Hour)) != duty.Void {
			t.Errorf("a void duty changed: %+v", verify)
		}
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			got, err := s.ForCase(ctx, tx, "c1")
			if len(got) != 3 {
				t.Errorf("the case has %d duties, want 3", len(got))
			}
			return err
		})
	})
}

func TestOwed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx, s, own, other := context.Background(), &duty.Service{DB: d}, org(t, d), org(t, d)
		start(t, d, "r1", facts(own))
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			return s.Meet(ctx, tx, "r1", duty.RuleReport, learned, "e1")
		})
		person := func(org string, roles ...member.Role) member.Actor {
			return member.Actor{AccountID: "a", OrgID: org, Roles: roles, Via: "web"}
		}
		suspended, token := person(own, member.Engineer), person(own, member.Engineer)
		suspended.Suspended, token.Scopes = true, []string{member.ScopeProduct}
		reader := member.Actor{AccountID: "a", OrgID: own, Scopes: []string{member.ScopeReport}}
		for _, c := range []struct {
			name string
			by   member.Actor
			want fault.Kind
		}{
			{"own engineer", person(own, member.Engineer), ""},
			{"suspended", suspended, ""},
			{"token with scope", reader, ""},
			{"analyst", person("", member.Analyst), ""},
			{"system", member.System(), ""},
			{"other organisation", person(other, member.OrgAdmin), fault.Withheld},
			{"auditor", person("", member.Auditor), fault.Withheld},
			{"administrator", person("", member.Administrator), fault.Withheld},
			{"nobody", member.Anonymous("web"), fault.Unauthenticated},
			{"token without scope", token, fault.Forbidden},
		} {
			open, err := s.Owed(ctx, c.by, own, true)
			if c.want != "" {
				if fault.KindOf(err) != c.want {
					t.Errorf("%s: %v, want %s", c.name, err, c.want)
				}
				continue
			}
			all, err2 := s.Owed(ctx, c.by, own, false)
			if err != nil || err2 != nil {
				t.Fatalf("%s: %v, %v", c.name, err, err2)
			}
			if diff := cmp.Diff([]string{duty.RuleVerify, duty.RuleUpstream}, rules(open)); diff != "" || len(all) != 3 {
				t.Errorf("%s: %d in all, open: %s", c.name, len(all), diff)
			}
		}
		if _, err := s.Owed(ctx, person("", member.Engineer), "", true); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody without an organisation owes what nobody owes: %v", err)
		}
	})
}

func TestRegisterIsForStaff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx, s := context.Background(), &duty.Service{DB: d}
		supervisor := member.Actor{AccountID: "a", Roles: []member.Role{member.Supervisor}}
		token := member.Actor{AccountID: "a", Roles: supervisor.Roles, Scopes: []string{member.ScopeReport}}
		for _, c := range []struct {
			by   member.Actor
			f    duty.Filter
			want fault.Kind
		}{
			{supervisor, duty.Filter{State: "late"}, fault.Invalid},
			{supervisor, duty.Filter{Rule: "rmsv-1"}, fault.Invalid},
			{supervisor, duty.Filter{Limit: 1001}, fault.Invalid},
			{supervisor, duty.Filter{Limit: -1}, fault.Invalid},
			{token, duty.Filter{}, fault.Forbidden},
			{member.Actor{AccountID: "a", Roles: []member.Role{member.OrgAdmin}}, duty.Filter{}, fault.Forbidden},
			{member.Actor{AccountID: "a", Roles: []member.Role{member.Auditor}}, duty.Filter{}, fault.Forbidden},
			{member.Anonymous("api"), duty.Filter{}, fault.Unauthenticated},
		} {
			if _, err := s.Register(ctx, c.by, c.f); fault.KindOf(err) != c.want {
				t.Errorf("%v %+v: %v, want %s", c.by.Roles, c.f, err, c.want)
			}
		}
	})
}

// The register's SQL and Duty.StateAt must give the same answer for every duty at every time.
func TestRegisterAgreesWithStateAt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx, s, owner := context.Background(), &duty.Service{DB: d}, org(t, d)
		rapid.Check(t, func(t *rapid.T) {
			hour := func(name string) time.Time {
				return learned.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 4, 24, 48, 62, 63}).Draw(t, name)) * time.Hour)
			}
			report := uuid.Must(uuid.NewV7()).String()
			clock.Set(hour("recorded"))
			f := facts(owner)
			f.LearnedAt = hour("learned")
			write(t, d, func(ctx context.Context, tx *db.Tx) error {
				ds, err := s.Start(ctx, tx, report, f)
				if err != nil {
					return err
				}
				if rapid.Bool().Draw(t, "meet") {
					if err := s.Meet(ctx, tx, report, duty.RuleReport, hour("met"), "e"); err != nil {
						return err
					}
				}
				if rapid.Bool().Draw(t, "void") {
					return s.Void(ctx, tx, ds[0].ID, "why")
				}
				return nil
			})
			var all []duty.Duty
			write(t, d, func(ctx context.Context, tx *db.Tx) (err error) { all, err = s.ForReport(ctx, tx, report); return err })
			asOf, seen := hour("asked"), 0
			for _, state := range duty.States {
				ds, err := s.Register(ctx, member.System(), duty.Filter{State: state, OrgID: owner, AsOf: asOf, Limit: 1000})
				if err != nil {
					t.Fatal(err)
				}
				in := map[string]bool{}
				for _, x := range ds {
					if in[x.ID] = true; x.StateAt(asOf) != state {
						t.Fatalf("the register says %s, the duty %s: %+v", state, x.StateAt(asOf), x)
					}
				}
				for _, x := range all {
					if in[x.ID] {
						seen++
					} else if !x.CreatedAt.After(asOf) && x.StateAt(asOf) == state {
						t.Fatalf("the register leaves out a duty that is %s: %+v", state, x)
					}
				}
			}
			if want := len(all); seen != want && !all[0].CreatedAt.After(asOf) {
				t.Fatalf("%d of %d duties stand in the register", seen, want)
			}
		})
		got, err := s.Register(ctx, member.System(), duty.Filter{Rule: duty.RuleReport, Limit: 2})
		if err != nil || len(got) != 2 || got[0].Rule != duty.RuleReport {
			t.Errorf("by rule, two: %+v, %v", got, err)
		}
	})
}
