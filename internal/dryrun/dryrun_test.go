// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package dryrun_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/dryrun"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/rulebook"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var supervisor = member.Actor{AccountID: "s", Roles: []member.Role{member.Supervisor}, Via: "web"}

// candidate is a version of the partner agreement as packs write it, with what is to be replaced in it.
func candidate(replace ...string) []byte {
	return []byte(strings.NewReplacer(replace...).Replace(`schema: lawpack/v1
regime: partner-agreement
version: 1.1.0
law: partner agreement
title: {zh: 合作单位协议, en: Partner agreement}
cite: {zh: 合作单位协议, en: Partner agreement}
jurisdiction: CN
zone: Asia/Shanghai
status: in_force
effective: {from: 2021-09-01}
confidence: secondary
source: a test
duties:
  - id: report
    rule: partner-report
    name: {zh: 合作单位报送漏洞, en: Report as a partner unit}
    text: {zh: 在约定时限内向平台报送。, en: Report within the agreed time.}
    roles: [partner]
    force: contractual
    unless: {relation: [provider, embeds]}
    anchor: discovered_or_learned_at
    due: {kind: duration, value: P1D}
    confidence: secondary
tests:
  - name: another role owes nothing
    roles: [partner, finder, operator]
    facts: {relation: finder}
    anchors: {discovered_or_learned_at: 2030-05-06T10:00:00+08:00}
    want:
      report: {state: running, due: 2030-05-07T10:00:00+08:00}
`))
}

type world struct {
	*testing.T
	*dryrun.Service
	d     *db.DB
	clock *calendar.Driven
	n     int
}

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Beijing())
	if err != nil {
		panic(err)
	}
	return t
}

func (w *world) write(do func(context.Context, *db.Tx) error) {
	w.Helper()
	if err := w.d.Tx(w.Context(), func(tx *db.Tx) error { return do(w.Context(), tx) }); err != nil {
		w.Fatal(err)
	}
}

func (w *world) org(id string) {
	w.Helper()
	w.write(func(ctx context.Context, tx *db.Tx) error {
		return db.Bulk(ctx, tx, `org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status,
			suspension_reason, email, phone, webhook_url, domains, note, created_at)`, "", [][]any{{id, id, "甲", "A", db.ToJSON([]string{"provider"}),
			true, 1, "", "", "CN", "active", "", "", "", "", db.ToJSON([]string{}), "", db.At(tx.Now)}})
	})
}

// report stores a report as it is taken: its row, and the duties that follow from its facts.
func (w *world) report(f duty.Facts, received string) string {
	w.Helper()
	w.n++
	id := fmt.Sprintf("report-%05d", w.n)
	w.clock.Set(at(received))
	w.write(func(ctx context.Context, tx *db.Tx) error {
		if err := db.Bulk(ctx, tx, `report (id, number, org_id, contact, secret_hash, relation, flash, version, completeness, state, learned_at, received_at, event_id)`, "",
			[][]any{{id, id, f.OrgID, "", []byte(id), string(f.Relation), false, 1, 100, "accepted", db.At(f.LearnedAt), db.At(tx.Now), "e"}}); err != nil {
			return err
		}
		_, err := (&duty.Service{DB: w.d}).StartAll(ctx, tx, []duty.Begin{{ReportID: id, Facts: f, Performed: []duty.Performed{{Rule: duty.RulePartner, At: tx.Now, EventID: "e"}}}})
		return err
	})
	return id
}

func partner(org string, relation duty.Relation, learned string) duty.Facts {
	return duty.Facts{OrgID: org, Partner: true, Relation: relation, LearnedAt: at(learned)}
}

func each(t *testing.T, test func(w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		w := &world{T: t, Service: &dryrun.Service{DB: d, Book: &rulebook.Book{DB: d}}, d: d, clock: clock}
		for _, o := range []string{"x", "y", "z"} {
			w.org(o)
		}
		test(w)
	})
}

func (w *world) try(pack []byte) dryrun.Result {
	w.Helper()
	r, err := w.Try(w.Context(), supervisor, pack, at("2021-11-01 00:00"), at("2021-12-01 00:00"))
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// story is four reports that count and three that do not; how late each was is known by hand.
func (w *world) story() (corrected string) {
	w.report(partner("x", duty.Found, "2021-11-24 10:00"), "2021-11-25 18:00")                                    // 32 h: in time within 2 days, late within 1
	b := w.report(partner("x", duty.Found, "2021-11-24 10:00"), "2021-11-24 20:00")                               // 10 h: in time
	w.report(partner("y", duty.Operates, "2021-11-20 10:00"), "2021-11-23 10:00")                                 // 72 h: late
	w.report(partner("y", duty.MakesProduct, "2021-11-24 10:00"), "2021-11-28 10:00")                             // its own product: nothing by the agreement; 96 h
	w.report(duty.Facts{OrgID: "z", Relation: duty.Found, LearnedAt: at("2021-11-24 10:00")}, "2021-11-28 10:00") // no partner
	w.report(partner("x", duty.Found, "2021-12-01 00:00"), "2021-12-09 10:00")                                    // after the range
	w.report(partner("x", duty.Found, "2021-10-31 23:59"), "2021-12-09 10:00")                                    // before it
	return b
}

func TestWhatACandidateWouldHaveChangedIsExact(t *testing.T) {
	each(t, func(w *world) {
		corrected := w.story()
		for _, c := range []struct {
			name string
			pack []byte
			want dryrun.Counts
		}{
			{"one day instead of two", candidate(), dryrun.Counts{Earlier: 3, NewlyLate: 1}},
			{"five days", candidate("P1D", "P5D", "2030-05-07", "2030-05-11"), dryrun.Counts{Later: 3, NewlyInTime: 1}},
			{"two days and no other reading", candidate("P1D", "P2D", "2030-05-07", "2030-05-08"), dryrun.Counts{Moved: 3}},
			{"as it is", candidate("P1D}", "P2D, readings: [elapsed, whole_days]}", "2030-05-07T10:00:00+08:00", "2030-05-08T10:00:00+08:00, latest: 2030-05-09T00:00:00+08:00"), dryrun.Counts{Same: 3}},
			{"own products, too", candidate("    unless: {relation: [provider, embeds]}\n", ""), dryrun.Counts{Earlier: 3, NewlyLate: 1, Added: 1, AddedLate: 1}},
			{"for operators alone", candidate("roles: [partner]", "roles: [operator]"), dryrun.Counts{Removed: 2, Earlier: 1}},
			{"not law yet", candidate("2021-09-01", "2021-12-01"), dryrun.Counts{Same: 3}},
			{"a proposal", candidate("in_force", "proposed", "{state: running, due: 2030-05-07T10:00:00+08:00}", "{state: upcoming}"), dryrun.Counts{Same: 3}},
		} {
			r := w.try(c.pack)
			if diff := cmp.Diff(c.want, r.Counts); diff != "" || r.Reports != 5 || r.Reconstructed != 0 || !r.Until.IsZero() {
				w.Errorf("%s: %d reports, (-want +got)\n%s", c.name, r.Reports, diff)
			}
		}
		r := w.try(candidate())
		if diff := cmp.Diff([]dryrun.OrgCounts{{OrgID: "x", Counts: dryrun.Counts{Earlier: 2, NewlyLate: 1}}, {OrgID: "y", Counts: dryrun.Counts{Earlier: 1}}}, r.Orgs); diff != "" {
			w.Error(diff)
		}
		if len(r.Samples) != 3 || r.Samples[0].OrgID != "y" {
			w.Fatalf("samples: %+v", r.Samples)
		}
		before, after := r.Samples[1].Sentences(i18n.For("en"))
		if !strings.Contains(before, "within 2 days of learning at 2021-11-24 10:00 (UTC+8): by 2021-11-26 10:00") || !strings.Contains(after, "within 1 day of learning at 2021-11-24 10:00 (UTC+8): by 2021-11-25 10:00") {
			w.Errorf("%s\n%s", before, after)
		}
		if h := r.Headline(i18n.For("en")); h != "partner-agreement@1.1.0, tried on what was learned of from 2021-11-01 to 2021-12-01: 1 duty would have become late, 0 would have been in time, 0 would have been added, 0 would have fallen away." {
			w.Error(h)
		}
		if h := r.Headline(i18n.For("zh-CN")); !strings.Contains(h, "1 项义务将变为逾期") {
			w.Error(h)
		}
		// An anchor that was corrected counts as corrected: learned a day earlier, 34 h before the report.
		w.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE duty SET anchor_at = $1 WHERE report_id = $2`, db.At(at("2021-11-23 10:00")), corrected)
			return err
		})
		if r := w.try(candidate()); r.NewlyLate != 2 {
			w.Errorf("after the correction: %+v", r.Counts)
		}
		// A duty that turned out not to exist is left out.
		w.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE duty SET void_at = $1, void_why = 'x' WHERE report_id = $2`, db.At(tx.Now), corrected)
			return err
		})
		if r := w.try(candidate()); r.NewlyLate != 1 || r.Void != 1 || r.Earlier != 2 {
			w.Errorf("after it was void: %+v", r)
		}
	})
}

// The answer does not depend on where the pages are cut, and its size not on how much there is.
func TestALargePastIsCountedInBatches(t *testing.T) {
	each(t, func(w *world) {
		const n = 1203
		learned := at("2021-11-10 08:00")
		w.clock.Set(learned.Add(30 * time.Hour))
		w.write(func(ctx context.Context, tx *db.Tx) error {
			var begins []duty.Begin
			for i := range n {
				f := duty.Facts{OrgID: []string{"x", "y", "z"}[i%3], Partner: true, Relation: duty.Found, LearnedAt: learned.Add(time.Duration(i/600) * time.Minute)}
				id := fmt.Sprintf("r-%05d", i)
				begins = append(begins, duty.Begin{ReportID: id, Facts: f, Performed: []duty.Performed{{Rule: duty.RulePartner, At: tx.Now, EventID: "e"}}})
				if i%10 == 0 { // a second stage, from other facts
					f.Upstream = true
					begins = append(begins, duty.Begin{ReportID: id, Facts: f})
				}
			}
			_, err := (&duty.Service{DB: w.d}).StartAll(ctx, tx, begins)
			return err
		})
		r := w.try(candidate())
		if r.Reports != n || r.Counts != (dryrun.Counts{Earlier: n, NewlyLate: n}) || len(r.Samples) > 4 || len(r.Orgs) != 3 || r.Orgs[0].Earlier != n/3 {
			w.Errorf("%d reports, %+v, %d samples, %+v", r.Reports, r.Counts, len(r.Samples), r.Orgs)
		}
	})
}

func TestWhoMayTryWhat(t *testing.T) {
	each(t, func(w *world) {
		from, to := at("2021-11-01 00:00"), at("2021-12-01 00:00")
		narrow := supervisor
		narrow.Scopes = []string{member.ScopeReport}
		for _, x := range []struct {
			by       member.Actor
			pack     []byte
			from, to time.Time
			want     fault.Kind
		}{
			{member.Anonymous("web"), candidate(), from, to, fault.Unauthenticated},
			{member.Actor{AccountID: "e", OrgID: "x", Roles: []member.Role{member.Engineer}}, candidate(), from, to, fault.Withheld},
			{member.Actor{AccountID: "e", Roles: []member.Role{member.Analyst}}, candidate(), from, to, fault.Withheld},
			{narrow, candidate(), from, to, fault.Forbidden},
			{supervisor, []byte("hello"), from, to, fault.Invalid},
			{supervisor, candidate("P1D", "P3D"), from, to, fault.Invalid}, // fails its own test
			{supervisor, candidate(), to, from, fault.Invalid},
			{supervisor, candidate(), time.Time{}, to, fault.Invalid},
			{supervisor, candidate(), from.AddDate(-20, 0, 0), to, fault.Invalid},
		} {
			if _, err := w.Try(w.Context(), x.by, x.pack, x.from, x.to); fault.KindOf(err) != x.want || err == nil {
				w.Errorf("%+v: %v, want %s", x.by, err, x.want)
			}
		}
		if h := w.try(candidate()).Headline(i18n.For("en")); !strings.HasPrefix(h, "Nothing was reported") {
			w.Error(h)
		}
	})
}
