// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

func TestDuplicates(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, c := h.report(h.reporter, flaw())
		near := flaw()
		near.Aliases, near.CWE, near.PURL = nil, "CWE-79", ""
		near.Affected = []report.Affected{{Vendor: "EXAMPLE  software", Product: "example logger"}, {PURL: "pkg:maven/org.example/logger@2.1"}}
		_, b := h.report(h.other, near)
		far := flaw()
		far.Aliases, far.Product, far.PURL, far.Affected = nil, "Another Thing", "", nil
		_, d := h.report(h.other, far)
		_, twin := h.report(h.upstream, flaw())
		ps, err := h.Duplicates(h.ctx, h.supervisor, c.ID)
		h.ok(err)
		if len(ps) != 2 || ps[0].Case.ID != twin.ID || ps[0].Score != 100 || strings.Join(ps[0].Reasons, " ") != "alias purl" || ps[1].Case.ID != b.ID || ps[1].Score != 30 {
			t.Fatalf("proposals: %+v", ps)
		}
		if ps[0].Why(i18n.For("en")) != "same identifier, same package" || ps[0].Case.Content.Title == "" || ps[0].Case.Content.Description != "" {
			t.Errorf("the first: %+v", ps[0])
		}
		if ps, err := h.Duplicates(h.ctx, h.analyst, d.ID); err != nil || len(ps) != 0 {
			t.Errorf("a stranger resembles %+v, %v", ps, err)
		}
		h.put(twin, casework.Rejected)
		if ps, err := h.Duplicates(h.ctx, h.analyst, c.ID); err != nil || len(ps) != 1 {
			t.Errorf("a rejected case is proposed: %+v, %v", ps, err)
		}
		_, err = h.Duplicates(h.ctx, h.reporter, c.ID)
		wantKind(t, err, fault.Withheld)
		_, err = h.Duplicates(h.ctx, member.Anonymous("web"), c.ID)
		wantKind(t, err, fault.Unauthenticated)
		_, err = h.Duplicates(h.ctx, h.analyst, "x")
		wantKind(t, err, fault.NotFound)
	})
}

func TestJoin(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ra, a := h.report(h.reporter, flaw())
		second := flaw()
		second.Exploited = "yes"
		rb, b := h.report(h.other, second)
		h.party(b.ID, h.upstream.OrgID, casework.Upstream)
		n, err := h.NotifyUpstream(h.ctx, h.analyst, b.ID, casework.NoticeInput{OrgID: h.upstream.OrgID, Text: "look"})
		h.ok(err)
		_, err = h.OpenNotice(h.ctx, h.upstream, n.ID)
		h.ok(err)
		for into, want := range map[string]fault.Kind{"": fault.Invalid, "x": fault.Invalid, b.ID: fault.Invalid, b.Number: fault.Invalid, "\x00": fault.NotFound} {
			wantKind(t, h.Join(h.ctx, h.analyst, b.ID, into), want)
		}
		wantKind(t, h.Join(h.ctx, h.analyst, "00000000-0000-7000-8000-000000000000", a.ID), fault.NotFound)
		h.clock.Advance(time.Minute)
		h.ok(h.Join(h.ctx, h.analyst, b.ID, a.Number))

		b, a = h.now(b.ID), h.now(a.ID)
		if b.State != casework.Duplicate || b.DuplicateOf != a.ID || a.Exploited != "yes" || a.State != casework.Triage {
			t.Errorf("joined: %+v into %+v", b, a)
		}
		if x, err := h.OfReport(h.ctx, h.other, rb.ID); err != nil || x.ID != a.ID {
			t.Errorf("the joined report is of case %s, %v", x.ID, err)
		}
		rs, err := h.ReportsOf(h.ctx, h.analyst, a.ID)
		if err != nil || len(rs) != 2 || rs[0].ID != ra.ID || rs[1].Content.Technical == "" {
			t.Errorf("reports: %d, %v", len(rs), err)
		}
		ps, err := h.Parties(h.ctx, h.analyst, a.ID)
		relations := map[string]casework.Relation{}
		for _, p := range ps {
			relations[p.OrgID] = p.Relation
		}
		if err != nil || len(ps) != 3 || relations[h.other.OrgID] != casework.Reporter || relations[h.upstream.OrgID] != casework.Upstream {
			t.Errorf("parties: %+v, %v", ps, err)
		}
		ns, err := h.Notices(h.ctx, h.analyst, a.ID)
		if err != nil || len(ns) != 1 || ns[0].Number != a.Number {
			t.Errorf("notices: %+v, %v", ns, err)
		}
		for _, r := range []report.Report{ra, rb} {
			if d := h.duty(r.ID, duty.RuleReport); d.OrgID != "" && d.CaseID != a.ID {
				t.Errorf("duty of %s belongs to case %s", r.Number, d.CaseID)
			}
			if d := h.duty(r.ID, duty.RuleUpstream); d.CaseID != a.ID || d.Rule == "" {
				t.Errorf("duty of %s: %+v", r.Number, d)
			}
		}
		if d := h.duty(rb.ID, duty.RuleUpstream); !d.MetAt.Equal(n.SentAt) {
			t.Errorf("met at %v, not when the notice was opened", d.MetAt)
		}
		if got := h.kinds("report/" + rb.ID); got[len(got)-1] != "case.joined" {
			t.Errorf("the report's time line ends with %v", got)
		}
		// a report that comes to a case whose provider knows already owes it no more
		rc, c := h.report(h.upstream, flaw())
		h.ok(h.Join(h.ctx, h.analyst, c.ID, a.ID))
		if d := h.duty(rc.ID, duty.RuleUpstream); d.MetAt.IsZero() {
			t.Errorf("the late report's duty: %+v", d)
		}
		// nothing joins a duplicate, and what was joined stays joined when its case is joined itself
		_, e := h.report(h.other, flaw())
		wantConflict(t, h.Join(h.ctx, h.analyst, e.ID, b.ID))
		h.ok(h.Join(h.ctx, h.analyst, a.ID, e.ID))
		if now := h.now(b.ID); now.DuplicateOf != e.ID {
			t.Errorf("the first duplicate points to %s", now.DuplicateOf)
		}
		wantConflict(t, h.Join(h.ctx, h.analyst, a.ID, e.ID))
	})
}

// A party's reason travels with it: it is sealed in its new place.
func TestJoinCarriesReasons(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, a := h.report(h.reporter, flaw())
		_, b := h.report(h.other, flaw())
		h.party(b.ID, h.upstream.OrgID, casework.Upstream)
		h.ok(h.Answer(h.ctx, h.upstream, b.ID, casework.NotAffected, "not built in "+secret))
		h.ok(h.Join(h.ctx, h.analyst, b.ID, a.ID))
		ps, err := h.Parties(h.ctx, h.upstream, a.ID)
		if err != nil || len(ps) != 1 || ps[0].Why != "not built in "+secret || ps[0].Status != casework.NotAffected {
			t.Errorf("carried: %+v, %v", ps, err)
		}
	})
}
