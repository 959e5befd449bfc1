// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

var long = strings.Repeat("长", 20_001)

func TestTake(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.kase(casework.Triage)
		h.ok(h.Take(h.ctx, h.analyst, c.ID))
		h.ok(h.Take(h.ctx, h.analyst, c.ID)) // changes nothing
		h.ok(h.Take(h.ctx, h.officer, c.ID))
		h.ok(h.StartVerifying(h.ctx, h.analyst, c.ID))
		if now := h.now(c.ID); now.Assignee != h.officer.AccountID || now.State != casework.Verifying {
			t.Errorf("taken: %+v", now)
		}
		if got := strings.Join(h.kinds("case/"+c.ID), " "); got != "case.opened case.taken case.taken case.moved" {
			t.Errorf("time line: %s", got)
		}
		h.ok(h.Reject(h.ctx, h.officer, c.ID, "no flaw"))
		h.ok(h.Take(h.ctx, h.analyst, c.ID))
		if now := h.now(c.ID); now.Assignee != h.analyst.AccountID || now.State != casework.Triage {
			t.Errorf("taken up again: %+v", now)
		}
		for _, st := range []casework.State{casework.Closed, casework.Duplicate} {
			h.put(c, st)
			wantConflict(t, h.Take(h.ctx, h.second, c.ID))
		}
		if x, err := h.Get(h.ctx, h.reporter, c.ID); err != nil || x.Assignee != "" {
			t.Errorf("the reporter learns who works on it: %v, %v", x.Assignee, err)
		}
	})
}

// What the reporter is asked stands on its report's time line, for its eyes and those of staff, and nowhere in clear.
func TestAskAndReject(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, c := h.report(h.reporter, flaw())
		for _, why := range []string{"", "  \n", strings.Repeat("?", 5_001)} {
			wantKind(t, h.AskInfo(h.ctx, h.analyst, c.ID, why), fault.Invalid)
			wantKind(t, h.Reject(h.ctx, h.analyst, c.ID, why), fault.Invalid)
		}
		h.ok(h.AskInfo(h.ctx, h.analyst, c.ID, " does "+secret+" matter? "))
		if n := h.count(`SELECT count(*) FROM event WHERE payload LIKE '%' || $1 || '%'`, secret); n != 0 {
			t.Errorf("%d events hold the question", n)
		}
		asked := func(ls []event.Line) string {
			for _, l := range ls {
				if l.Kind == "case.moved" {
					return payload[casework.Moved](t, l).Why
				}
			}
			return "not there"
		}
		h.party(c.ID, h.upstream.OrgID, casework.Upstream)
		for name, x := range map[string]struct {
			by   member.Actor
			want string
		}{"analyst": {h.analyst, "does " + secret + " matter?"}, "reporter": {h.reporter, "does " + secret + " matter?"}, "upstream": {h.upstream, ""}} {
			ls, err := h.TimeLine(h.ctx, x.by, c.ID)
			if got := asked(ls); err != nil || got != x.want {
				t.Errorf("%s reads %q, %v", name, got, err)
			}
		}
		h.write(func(tx *db.Tx) error { // the report's own page
			ls, err := event.TimeLine(h.ctx, tx, "report/"+r.ID)
			h.ok(err)
			if got := asked(ls); got != "" {
				t.Errorf("stored in clear: %q", got)
			}
			h.ok(h.Reasons(h.ctx, tx, ls))
			if got := asked(ls); got != "does "+secret+" matter?" {
				t.Errorf("the reporter is asked %q", got)
			}
			why, since, err := h.Asked(h.ctx, tx, r.ID)
			if h.ok(err); why != "does "+secret+" matter?" || !since.Equal(h.now(c.ID).StateSince) {
				t.Errorf("open: %q since %s", why, since)
			}
			return nil
		})
		h.ok(h.Reject(h.ctx, h.analyst, c.ID, "no answer"))
		h.write(func(tx *db.Tx) error {
			why, _, err := h.Asked(h.ctx, tx, r.ID)
			if h.ok(err); why != "" {
				t.Errorf("asked after the end: %q", why)
			}
			why, _, err = h.Asked(h.ctx, tx, "no such report")
			if h.ok(err); why != "" {
				t.Errorf("asked for no report: %q", why)
			}
			return nil
		})
	})
}

// A supplement answers the question; a content that nobody edited follows the report, one that was edited does not.
func TestSupplementGoesOn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := flaw()
		first.Technical, first.Affected = "not known yet", nil
		r, c := h.report(h.reporter, first)
		h.ok(h.AskInfo(h.ctx, h.analyst, c.ID, "more?"))
		supplement := func(x report.Content) casework.Case {
			t.Helper()
			_, err := h.Reports.Supplement(h.ctx, h.reporter, r.ID, report.Input{Content: x})
			h.ok(err)
			for range 2 { // a step may run twice
				h.ok(h.OnSupplemented(h.ctx, report.Supplemented{ReportID: r.ID}))
			}
			return h.now(c.ID)
		}
		c = supplement(flaw())
		if c.State != casework.Triage || c.Rev != 2 || c.Content.Description != flaw().Technical || len(c.Content.Affected) != 1 {
			t.Errorf("after the supplement: %+v", c)
		}
		x := c.Content
		x.Title = "ours"
		_, err := h.Edit(h.ctx, h.analyst, c.ID, 2, x)
		h.ok(err)
		late := flaw()
		late.Technical, late.Exploited = "something else", "yes"
		if c = supplement(late); c.Rev != 3 || c.Content.Title != "ours" || c.Content.Description != flaw().Technical || c.Exploited != "yes" {
			t.Errorf("after an edit: %+v", c)
		}
	})
}
