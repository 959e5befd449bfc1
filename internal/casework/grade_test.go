// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
)

const (
	gbt    = "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H"
	cvss31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"
	cvss40 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
)

func TestGrades(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Checked)
		add := func(scheme, vector string) casework.Grade {
			t.Helper()
			h.clock.Advance(time.Minute)
			g, err := h.AddGrade(h.ctx, h.analyst, c.ID, casework.GradeInput{Scheme: scheme, Vector: vector, Rationale: "reason " + secret})
			h.ok(err)
			return g
		}
		if g := add("cvss-3.1", cvss31); g.Value != "critical" || g.Score != "10.0" || g.Vector != cvss31 || g.OrgID != h.platform {
			t.Errorf("CVSS 3.1: %+v", g)
		}
		if g := add("cvss-4.0", cvss40); g.Value != "critical" || g.Score != "9.3" {
			t.Errorf("CVSS 4.0: %+v", g)
		}
		if g := add(casework.GBT30279, "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H"); g.Value != "critical" || g.Score != "9×9" {
			t.Errorf("technical: %+v", g)
		}
		if now := h.now(c.ID); now.State != casework.Checked || now.Composite != "" {
			t.Errorf("opinions graded the case: %+v", now)
		}
		add(casework.GBT30279, gbt)
		if now := h.now(c.ID); now.State != casework.Assessed || now.Technical != "critical" || now.Composite != "critical" {
			t.Errorf("graded: %+v", now)
		}
		gs, err := h.Grades(h.ctx, h.reporter, c.ID)
		h.ok(err)
		if len(gs) != 4 || gs[0].Scheme != "cvss-3.1" || gs[3].Rationale != "reason "+secret || gs[3].AccountID != "" || !casework.Agree(gs) {
			t.Errorf("grades: %+v", gs)
		}
		// another opinion: all are kept, the disagreement shows, and the new composite grade counts
		add(casework.GBT30279, "AV:L/AC:H/PR:H/UI:R/C:L/I:N/A:N/E:H/RL:L/S:L")
		gs, err = h.Grades(h.ctx, h.analyst, c.ID)
		h.ok(err)
		if len(gs) != 5 || casework.Agree(gs) || gs[4].AccountID != h.analyst.AccountID {
			t.Errorf("grades: %+v", gs)
		}
		if now := h.now(c.ID); now.Composite != "low" {
			t.Errorf("regraded: %+v", now)
		}
		h.put(c, casework.Warned)
		add(casework.GBT30279, gbt)
		if now := h.now(c.ID); now.State != casework.Warned || now.Composite != "critical" {
			t.Errorf("regraded after the warning: %+v", now)
		}
		if n := h.count(`SELECT count(*) FROM event WHERE kind = 'case.graded'`); n != 3 {
			t.Errorf("%d times graded", n)
		}
	})
}

func TestGradeRefuses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Checked)
		for in, want := range map[casework.GradeInput]string{
			{Scheme: "cvss-2.0", Vector: cvss31}:                                       "scheme rule.one-of",
			{Scheme: casework.GBT30279}:                                                "vector rule.required",
			{Scheme: casework.GBT30279, Vector: cvss31}:                                "vector case.rule.vector.unknown",
			{Scheme: casework.GBT30279, Vector: "AV:N"}:                                "vector case.rule.vector.missing",
			{Scheme: casework.GBT30279, Vector: "AV:X/AC:L/PR:N/UI:N/C:H/I:H/A:H"}:     "vector case.rule.vector.letter",
			{Scheme: casework.GBT30279, Vector: "AV:N/AV:N"}:                           "vector case.rule.vector.twice",
			{Scheme: casework.GBT30279, Vector: "AV"}:                                  "vector case.rule.vector.form",
			{Scheme: casework.GBT30279, Vector: "AV:N/AC:L/PR:N/UI:N/C:N/I:N/A:N"}:     "vector case.rule.no-impact",
			{Scheme: casework.GBT30279, Vector: gbt[:35]}:                              "vector case.rule.vector.missing",
			{Scheme: "cvss-3.1", Vector: gbt}:                                          "vector case.rule.vector.header",
			{Scheme: "cvss-3.1", Vector: cvss31[:43] + "X"}:                            "vector case.rule.vector.value",
			{Scheme: "cvss-3.0", Vector: cvss31}:                                       "vector case.rule.vector.header",
			{Scheme: "cvss-3.1", Vector: "CVSS:3.1/AV:N"}:                              "vector case.rule.vector.missing",
			{Scheme: "cvss-3.1", Vector: cvss31 + "/AV:N"}:                             "vector case.rule.vector.twice",
			{Scheme: "cvss-4.0", Vector: "CVSS:4.0/AV:N/" + string(make([]byte, 400))}: "vector case.rule.vector.length",
			{Scheme: "cvss-3.1", Vector: cvss31, Rationale: long}:                      "rationale rule.too-long",
		} {
			_, err := h.AddGrade(h.ctx, h.analyst, c.ID, in)
			wantKind(t, err, fault.Invalid)
			for name, rule := range fields(err) {
				if name+" "+rule != want || !i18n.Has(rule) {
					t.Errorf("%s %s: got %s %s, want %s", in.Scheme, in.Vector, name, rule, want)
				}
			}
		}
		for _, st := range []casework.State{casework.Triage, casework.NeedsInfo, casework.Verifying, casework.Duplicate, casework.Rejected, casework.Closed} {
			h.put(c, st)
			_, err := h.AddGrade(h.ctx, h.analyst, c.ID, casework.GradeInput{Scheme: casework.GBT30279, Vector: gbt})
			wantConflict(t, err)
		}
		if n := h.count(`SELECT count(*) FROM grade`); n != 0 {
			t.Errorf("%d grades were left by refusals", n)
		}
	})
}

// Editing what a graded case affects makes the matching run again; other edits do not.
func TestEdit(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Checked)
		graded := func() int { return h.count(`SELECT count(*) FROM event WHERE kind = 'case.graded'`) }
		x := c.Content
		x.TitleEN, x.Aliases = "  A flaw\x00 ", []string{"CVE-2021-00002", "", "CVE-2021-00002"}
		x.Affected[0].Fixed = "2.16.0"
		c, err := h.Edit(h.ctx, h.analyst, c.ID, 1, x)
		h.ok(err)
		if c.Rev != 2 || c.Content.TitleEN != "A flaw" || len(c.Content.Aliases) != 1 || c.Content.Affected[0].Fixed != "2.16.0" || graded() != 0 {
			t.Errorf("edited: %+v", c)
		}
		_, err = h.Edit(h.ctx, h.second, c.ID, 1, c.Content)
		wantConflict(t, err)
		same, err := h.Edit(h.ctx, h.second, c.ID, 2, c.Content)
		if err != nil || same.Rev != 2 {
			t.Errorf("the same again: rev %d, %v", same.Rev, err)
		}
		_, err = h.AddGrade(h.ctx, h.analyst, c.ID, casework.GradeInput{Scheme: casework.GBT30279, Vector: gbt})
		h.ok(err)
		x = c.Content
		x.Fix = "upgrade"
		c, err = h.Edit(h.ctx, h.analyst, c.ID, 2, x)
		if err != nil || graded() != 1 {
			t.Errorf("a text was edited: %d times graded, %v", graded(), err)
		}
		x.Affected[0].Fixed = "2.17.1"
		c, err = h.Edit(h.ctx, h.analyst, c.ID, 3, x)
		if err != nil || graded() != 2 {
			t.Errorf("the affected were edited: %d times graded, %v", graded(), err)
		}
		ls, err := h.TimeLine(h.ctx, h.analyst, c.ID)
		h.ok(err)
		var last event.Line
		for _, l := range ls {
			if l.Kind == "case.graded" {
				last = l
			}
		}
		if e := payload[casework.Graded](t, last); !e.Again || e.Composite != "critical" || e.CaseID != c.ID {
			t.Errorf("graded again: %+v", e)
		}
		// the fingerprints follow the content
		_, twin := h.report(h.other, flaw())
		ps, err := h.Duplicates(h.ctx, h.analyst, twin.ID)
		if err != nil || len(ps) != 1 || ps[0].Case.ID != c.ID || ps[0].Reasons[0] != "purl" {
			t.Errorf("duplicates: %+v, %v", ps, err)
		}
	})
}

func TestEditRefuses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Checked)
		var x casework.Content
		x.CWE, x.Description, x.Fix = "502", long, "ok"
		x.Affected = c.Content.Affected
		x.Affected = append(x.Affected, x.Affected[0], x.Affected[0], x.Affected[0])
		x.Affected[0].PURL = "log4j"
		x.Affected[1].PURL = ""
		x.Affected[2].LastAffected = "2.14.1"
		x.References = []casework.Reference{{Kind: "gossip", URL: "https://example.org"}, {Kind: "web", URL: "javascript:alert(1)"}, {Kind: "fix", URL: "https://user:pass@example.org"}}
		_, err := h.Edit(h.ctx, h.analyst, c.ID, 1, x)
		wantKind(t, err, fault.Invalid)
		want := map[string]string{"content.title": "rule.required", "content.cwe": "report.rule.cwe", "content.description": "rule.too-long",
			"content.affected[0].purl": "report.rule.purl", "content.affected[1].purl": "report.rule.affected", "content.affected[2].last_affected": "report.rule.one-end",
			"content.references[0].kind": "rule.one-of", "content.references[1].url": "rule.url", "content.references[2].url": "rule.url"}
		got := fields(err)
		for name, rule := range want {
			if got[name] != rule || !i18n.Has(rule) {
				t.Errorf("%s: got %q, want %q", name, got[name], rule)
			}
		}
		if len(got) != len(want) || h.now(c.ID).Rev != 1 {
			t.Errorf("refused: %v", got)
		}
		for _, st := range []casework.State{casework.Duplicate, casework.Rejected} {
			h.put(c, st)
			_, err := h.Edit(h.ctx, h.analyst, c.ID, 1, c.Content)
			wantConflict(t, err)
		}
	})
}
