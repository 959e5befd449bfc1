// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

func TestVerify(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for result, want := range map[string]casework.State{"reproduced": casework.Checked, "partly": casework.Checked, "not-attempted": casework.Checked, "not-reproduced": casework.Verifying} {
			c := h.kase(casework.Verifying)
			v, err := h.Verify(h.ctx, h.analyst, c.ID, casework.VerifyInput{Result: result, Environment: "lab", Steps: "step " + secret, Remark: "why"})
			h.ok(err)
			if now := h.now(c.ID); now.State != want || now.Assignee != h.analyst.AccountID || v.OrgID != "" || v.CaseID != c.ID {
				t.Errorf("%s: %+v", result, now)
			}
			vs, err := h.Verifications(h.ctx, h.reporter, c.ID)
			if err != nil || len(vs) != 1 || vs[0].Steps != "step "+secret || vs[0].Remark != "why" || vs[0].Environment != "lab" || vs[0].AccountID != "" {
				t.Errorf("%s: %+v, %v", result, vs, err)
			}
		}
		c := h.kase(casework.Assessed) // a later look moves nothing
		_, err := h.Verify(h.ctx, h.officer, c.ID, casework.VerifyInput{Result: "not-reproduced", Steps: "x"})
		if now := h.now(c.ID); err != nil || now.State != casework.Assessed {
			t.Errorf("again: %+v, %v", now, err)
		}
		for _, st := range []casework.State{casework.Triage, casework.NeedsInfo, casework.Closed, casework.Duplicate, casework.Rejected} {
			h.put(c, st)
			_, err := h.Verify(h.ctx, h.analyst, c.ID, casework.VerifyInput{Result: "reproduced", Steps: "x"})
			wantConflict(t, err)
		}
		for in, want := range map[casework.VerifyInput]string{
			{}:                                       "result rule.one-of",
			{Result: "yes"}:                          "result rule.one-of",
			{Result: "reproduced", Steps: " "}:       "steps rule.required",
			{Result: "not-attempted", Steps: "x"}:    "remark rule.required",
			{Result: "reproduced", Steps: long}:      "steps rule.too-long",
			{Result: "not-reproduced", Remark: long}: "remark rule.too-long",
		} {
			_, err := h.Verify(h.ctx, h.analyst, c.ID, in)
			wantKind(t, err, fault.Invalid)
			for name, rule := range fields(err) {
				if name+" "+rule != want || !i18n.Has(rule) {
					t.Errorf("%s: got %s %s, want %s", in.Result, name, rule, want)
				}
			}
		}
	})
}

// A provider that confirms its own flaw meets its duty to verify it, and moves nothing.
func TestConfirmOwn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		own := flaw()
		own.Relation, own.Upstream = duty.MakesProduct, "no"
		r, c := h.report(h.reporter, own)
		if d := h.duty(r.ID, duty.RuleVerify); d.Rule == "" || !d.MetAt.IsZero() {
			t.Fatalf("the duty to verify: %+v", d)
		}
		h.clock.Advance(time.Minute)
		v, err := h.ConfirmOwn(h.ctx, h.reporter, c.ID, casework.VerifyInput{Result: "reproduced", Remark: "seen in " + secret})
		if err != nil || v.OrgID != h.reporter.OrgID {
			t.Fatalf("confirmed: %+v, %v", v, err)
		}
		if d := h.duty(r.ID, duty.RuleVerify); !d.MetAt.Equal(h.clock.Now()) {
			t.Errorf("the duty to verify: %+v", d)
		}
		if now := h.now(c.ID); now.State != casework.Triage {
			t.Errorf("it moved the case to %s", now.State)
		}

		// upstream, suspended or not; one that is no provider, or merely invited, may not
		h.party(c.ID, h.upstream.OrgID, casework.Upstream)
		h.party(c.ID, h.other.OrgID, casework.Upstream)
		suspended := h.upstream
		suspended.Suspended = true
		_, err = h.ConfirmOwn(h.ctx, suspended, c.ID, casework.VerifyInput{Result: "not-reproduced"})
		h.ok(err)
		_, err = h.ConfirmOwn(h.ctx, h.other, c.ID, casework.VerifyInput{Result: "reproduced"})
		wantKind(t, err, fault.Forbidden)
		h.exec(`UPDATE case_party SET relation = 'invited' WHERE org_id = $1`, h.upstream.OrgID)
		_, err = h.ConfirmOwn(h.ctx, h.upstream, c.ID, casework.VerifyInput{Result: "reproduced"})
		wantKind(t, err, fault.Forbidden)
		ps, err := h.Parties(h.ctx, h.analyst, c.ID)
		h.ok(err)
		for _, p := range ps {
			if want := map[string]casework.PartyStatus{h.reporter.OrgID: casework.Affected, h.upstream.OrgID: casework.Investigating, h.other.OrgID: casework.NotContacted}[p.OrgID]; p.Status != want {
				t.Errorf("%s party is %s, want %s", p.Relation, p.Status, want)
			}
		}
		// others do not read what a provider wrote of itself
		for name, x := range map[string]struct {
			by   member.Actor
			want int
		}{"analyst": {h.analyst, 2}, "reporter": {h.reporter, 2}, "upstream": {h.upstream, 1}, "other": {h.other, 0}} {
			vs, err := h.Verifications(h.ctx, x.by, c.ID)
			if err != nil || len(vs) != x.want {
				t.Errorf("%s: %+v, %v", name, vs, err)
			}
		}
		stranger := h.person(h.org("stranger", member.Provider), member.Engineer)
		stranger.OrgRoles = h.upstream.OrgRoles
		_, err = h.ConfirmOwn(h.ctx, stranger, c.ID, casework.VerifyInput{Result: "reproduced"})
		wantKind(t, err, fault.Withheld)
		_, err = h.ConfirmOwn(h.ctx, member.Anonymous("api"), c.ID, casework.VerifyInput{Result: "reproduced"})
		wantKind(t, err, fault.Unauthenticated)
		_, err = h.ConfirmOwn(h.ctx, h.reporter, c.ID, casework.VerifyInput{Result: "not-attempted"})
		wantKind(t, err, fault.Invalid)
		h.put(c, casework.Duplicate)
		_, err = h.ConfirmOwn(h.ctx, h.reporter, c.ID, casework.VerifyInput{Result: "reproduced"})
		wantConflict(t, err)
	})
}
