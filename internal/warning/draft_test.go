// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/warning"
)

func TestDraftIsFilledFromTheCase(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "telecom")
		got := w.draft(map[string]int{"a": 2})
		again, _, err := w.s.Get(ctx, analyst, got.ID)
		w.ok(err)
		if diff := cmp.Diff(got, again); diff != "" {
			w.Errorf("drafted and read differ:\n%s", diff)
		}
		want := warning.Warning{
			ID: got.ID, Number: "FS-W-2021-0001", CaseID: got.CaseID, Revision: 1, Rev: 1, Kind: warning.Original, Significant: true, Level: warning.Orange, TLP: "AMBER", State: warning.Draft,
			RespondBy: w.clock.Now().Add(12 * time.Hour), DraftedBy: "analyst", CreatedAt: w.clock.Now(),
			Content: warning.Content{
				Title: "组件远程代码执行 " + secret, TitleEN: "Remote code execution " + secret, Summary: "说明 " + secret, SummaryEN: "Text " + secret,
				Scope:    "经与产品清单比对，1 家单位的 2 个产品含有或可能含有该漏洞。",
				ScopeEN:  "By comparison with the product directory, 2 products of 1 member contain the vulnerability or may contain it.",
				Measures: "升级 " + secret + "\n关闭查找", MeasuresEN: "Upgrade " + secret, Issuer: "烽燧值班室", Phone: "010-00000000",
			},
			Products: 2, Orgs: 1,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			w.Error(diff)
		}
		if open := w.kase(casework.Published, "medium", "no"); true {
			x, err := w.s.Draft(ctx, officer, open)
			w.ok(err)
			if x.TLP != "CLEAR" || x.Level != warning.Risk || x.Number != "FS-W-2021-0002" || !strings.Contains(x.Content.ScopeEN, "No product") {
				w.Errorf("of a published case: %+v", x)
			}
		}
	})
}

func TestDraftNeedsAVerifiedCaseWithoutAWarning(t *testing.T) {
	each(t, func(w *world) {
		for _, st := range casework.States {
			_, err := w.s.Draft(ctx, analyst, w.kase(st, "high", "no"))
			switch st {
			case casework.Checked, casework.Assessed, casework.Warned, casework.Published:
				w.ok(err)
			default:
				w.want(err, fault.Conflict)
			}
		}
		d := w.draft(nil)
		_, err := w.s.Draft(ctx, analyst, d.CaseID)
		w.want(err, fault.Conflict)
		_, err = w.s.Draft(ctx, analyst, "no-such-case")
		w.want(err, fault.NotFound)
	})
}

// A warning is prepared while its case is being verified, and goes out when that is graded; the composer says so before.
func TestReleaseNeedsAGradedCase(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		id := w.kase(casework.Checked, "high", "no")
		d, err := w.s.Draft(ctx, analyst, id)
		w.ok(err)
		o, err := w.s.Outlook(ctx, watch, d.ID)
		w.ok(err)
		if len(o.Missing) != 1 || o.Missing[0].Name != "case" {
			t.Errorf("missing: %+v", o.Missing)
		}
		_, err = w.s.Release(ctx, second, d.ID, d.Rev)
		w.want(err, fault.Invalid)
		w.exec(`UPDATE casefile SET state = 'graded' WHERE id = $1`, id)
		w.release(d.ID)
		// whoever was warned hears of it when the case is closed, too
		w.exec(`UPDATE casefile SET state = 'closed' WHERE id = $1`, id)
		_, err = w.s.Revise(ctx, analyst, d.ID, warning.Lift)
		w.ok(err)
		if out := w.release(d.ID); out.Kind != warning.Lift || len(w.waves(d.ID, 2)) != 1 {
			t.Errorf("lifted: %+v", out)
		}
		if n := w.number(`SELECT count(*) FROM casefile WHERE state = 'closed'`); n != 1 {
			t.Error("the lift has opened the case again")
		}
	})
}

// Two people and the flow draft at the same moment: one warning comes of it, and nobody sees an internal error.
func TestOneDraftPerCase(t *testing.T) {
	each(t, func(w *world) {
		id := w.kase(casework.Assessed, "critical", "no")
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := w.s.Draft(ctx, analyst, id); err != nil && !fault.Is(err, fault.Conflict) {
					w.Error(err)
				}
			})
			wg.Go(func() {
				if err := w.s.OnFound(ctx, match.Found{CaseID: id}); err != nil {
					w.Error(err)
				}
			})
		}
		wg.Wait()
		if n := w.number(`SELECT count(*) FROM warning WHERE case_id = $1`, id); n != 1 {
			w.Errorf("%d warnings", n)
		}
		if n := w.number(`SELECT count(*) FROM event WHERE kind = 'warning.drafted'`); n != 1 {
			w.Errorf("%d events", n)
		}
	})
}

func TestOnFoundDraftsWhatIsGrave(t *testing.T) {
	each(t, func(w *world) {
		for _, c := range []struct {
			state casework.State
			grade string
			want  int
		}{
			{casework.Assessed, "critical", 1}, {casework.Assessed, "high", 1}, {casework.Assessed, "medium", 0}, {casework.Assessed, "", 0},
			{casework.Duplicate, "critical", 0}, {casework.Triage, "critical", 0},
		} {
			id := w.kase(c.state, c.grade, "no")
			for range 2 { // at least once
				w.ok(w.s.OnFound(ctx, match.Found{CaseID: id}))
			}
			if n := w.number(`SELECT count(*) FROM warning WHERE case_id = $1 AND state = 'draft' AND drafted_by = ''`, id); n != c.want {
				w.Errorf("%s, %s: %d drafts, want %d", c.state, c.grade, n, c.want)
			}
		}
	})
}

func TestOnFoundBringsNumbersUpToDateAndKeepsWhatPeopleWrote(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "")
		d := w.draft(map[string]int{"a": 1})
		in := warning.EditInput{Rev: w.rev(d.ID), Level: warning.Blue, TLP: "GREEN", Content: d.Content, RespondBy: w.clock.Now().Add(time.Hour)}
		in.Content.Scope = "国内广泛使用。" + in.Content.Scope
		in.Content.ScopeEN = "My own words."
		_, err := w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		w.partner("b", "")
		w.hit(d.CaseID, "b", 2)
		for range 2 {
			w.ok(w.s.OnFound(ctx, match.Found{CaseID: d.CaseID}))
		}
		got, _, err := w.s.Get(ctx, analyst, d.ID)
		w.ok(err)
		if got.Content.Scope != "国内广泛使用。经与产品清单比对，2 家单位的 3 个产品含有或可能含有该漏洞。" || got.Content.ScopeEN != "My own words." {
			w.Errorf("scope %q, %q", got.Content.Scope, got.Content.ScopeEN)
		}
		if got.Level != warning.Blue || got.TLP != "GREEN" || !got.RespondBy.Equal(in.RespondBy) {
			w.Errorf("a person's decisions changed: %+v", got)
		}
	})
}
