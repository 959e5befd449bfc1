// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"testing"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// with changes a copy of an actor.
func with(a member.Actor, change func(*member.Actor)) member.Actor {
	change(&a)
	return a
}

// Who may do what. An empty kind means: not stopped by who it is.
func TestWhoMayDoWhat(t *testing.T) {
	suspend := func(a *member.Actor) { a.Suspended = true }
	actors := map[string]member.Actor{
		"nobody":            member.Anonymous("web"),
		"analyst":           analyst,
		"duty officer":      officer,
		"supervisor":        watch,
		"auditor":           {AccountID: "x", OrgID: "platform", Roles: []member.Role{member.Auditor}},
		"administrator":     {AccountID: "x", OrgID: "platform", Roles: []member.Role{member.Administrator}},
		"recipient":         engineer("a"),
		"other recipient":   engineer("b"),
		"not a recipient":   engineer("outsider"),
		"suspended, hit":    with(engineer("a"), suspend),
		"suspended, other":  with(engineer("b"), suspend),
		"suspended officer": with(officer, suspend),
		"guest of a unit":   with(engineer("a"), func(a *member.Actor) { a.Roles = nil }),
		"report token":      with(engineer("a"), func(a *member.Actor) { a.Scopes = []string{member.ScopeReport} }),
		"warning token":     with(engineer("a"), func(a *member.Actor) { a.Scopes = []string{member.ScopeWarning} }),
		"officer's warning token": with(officer, func(a *member.Actor) {
			a.Scopes = []string{member.ScopeWarning}
		}),
	}
	const ok = fault.Kind("")
	out, deny, hide := fault.Unauthenticated, fault.Forbidden, fault.NotFound
	// columns: draft/edit/revise, approve/release, preview/coverage/matrix/list/revisions/proposal, get/mine, read, acknowledge
	table := map[string][6]fault.Kind{
		"nobody":                  {out, out, out, out, out, out},
		"analyst":                 {ok, deny, ok, ok, hide, deny},
		"duty officer":            {ok, ok, ok, ok, hide, deny},
		"supervisor":              {deny, deny, ok, ok, hide, deny},
		"auditor":                 {hide, hide, hide, hide, hide, deny},
		"administrator":           {hide, hide, hide, hide, hide, deny},
		"recipient":               {hide, hide, hide, ok, ok, ok},
		"other recipient":         {hide, hide, hide, ok, ok, ok},
		"not a recipient":         {hide, hide, hide, hide, hide, hide},
		"suspended, hit":          {hide, hide, hide, ok, ok, ok},
		"suspended, other":        {hide, hide, hide, hide, hide, hide},
		"suspended officer":       {hide, hide, hide, hide, hide, deny},
		"guest of a unit":         {hide, hide, hide, ok, ok, deny},
		"report token":            {deny, deny, deny, deny, deny, deny},
		"warning token":           {deny, deny, deny, ok, ok, ok},
		"officer's warning token": {deny, deny, deny, deny, hide, deny},
	}
	each(t, func(w *world) {
		w.partner("a", "x")
		w.partner("b", "x")
		w.org(member.Org{Slug: "outsider"})
		d := w.draft(map[string]int{"a": 1})
		w.release(d.ID)
		// A verb that passes may still find the warning in another state: that is a conflict, not a question of who.
		judge := func(who, what string, err error, want fault.Kind) {
			switch {
			case want == ok && (err == nil || fault.Is(err, fault.Conflict)):
			case want != ok && fault.Is(err, want):
			default:
				w.Errorf("%s, %s: %v, want %q", who, what, err, want)
			}
		}
		for who, a := range actors {
			want, known := table[who]
			if !known {
				w.Fatalf("no row for %s", who)
			}
			_, err := w.s.Draft(ctx, a, d.CaseID)
			judge(who, "draft", err, want[0])
			_, err = w.s.Edit(ctx, a, d.ID, edit(d))
			judge(who, "edit", err, want[0])
			judge(who, "approve", w.s.Approve(ctx, a, d.ID, w.rev(d.ID)), want[1])
			_, err = w.s.Release(ctx, a, d.ID, w.rev(d.ID))
			judge(who, "release", err, want[1])
			_, err = w.s.Preview(ctx, a, d.ID)
			judge(who, "preview", err, want[2])
			_, err = w.s.Coverage(ctx, a, d.ID)
			judge(who, "coverage", err, want[2])
			_, err = w.matrix(a, d.ID)
			judge(who, "matrix", err, want[2])
			_, _, err = w.s.List(ctx, a, warning.Filter{})
			judge(who, "list", err, want[2])
			_, err = w.s.Revisions(ctx, a, d.ID)
			judge(who, "revisions", err, want[2])
			_, err = w.s.Proposal(ctx, a, d.CaseID)
			judge(who, "proposal", err, want[2])
			_, _, err = w.s.Get(ctx, a, d.ID)
			judge(who, "get", err, want[3])
			_, _, err = w.s.GetByNumber(ctx, a, d.Number)
			judge(who, "get by number", err, want[3])
			judge(who, "read", w.s.Read(ctx, a, d.ID), want[4])
			_, err = w.s.Acknowledge(ctx, a, d.ID, warning.AnswerInput{Answer: warning.Checking})
			judge(who, "acknowledge", err, want[5])
		}
		for who, a := range actors { // last: it changes the state
			if table[who][0] != ok {
				_, err := w.s.Revise(ctx, a, d.ID, warning.Supersede)
				judge(who, "revise", err, table[who][0])
			}
		}
	})
}

// What is not there, what was never sent and what is no id at all look alike.
func TestNoSuchWarning(t *testing.T) {
	each(t, func(w *world) {
		w.partner("a", "x")
		d := w.draft(nil)
		for _, id := range []string{d.ID, "00000000-0000-7000-8000-000000000000", "x", "", "a\x00b", "\xff", "'; DROP TABLE warning; --"} {
			_, _, err := w.s.Get(ctx, engineer("a"), id)
			w.want(err, fault.NotFound)
			_, err = w.s.Acknowledge(ctx, engineer("a"), id, warning.AnswerInput{Answer: warning.Checking})
			w.want(err, fault.NotFound)
			w.want(w.s.Read(ctx, engineer("a"), id), fault.NotFound)
			if id == d.ID {
				continue
			}
			_, _, err = w.s.Get(ctx, officer, id)
			w.want(err, fault.NotFound)
			_, _, err = w.s.GetByNumber(ctx, officer, id)
			w.want(err, fault.NotFound)
			_, err = w.s.Edit(ctx, officer, id, edit(d))
			w.want(err, fault.NotFound)
			w.want(w.s.Approve(ctx, officer, id, w.rev(id)), fault.NotFound)
			_, err = w.s.Release(ctx, officer, id, w.rev(id))
			w.want(err, fault.NotFound)
			_, err = w.s.Revise(ctx, officer, id, warning.Supersede)
			w.want(err, fault.NotFound)
			_, err = w.s.Preview(ctx, officer, id)
			w.want(err, fault.NotFound)
			_, err = w.s.Coverage(ctx, officer, id)
			w.want(err, fault.NotFound)
			_, err = w.matrix(officer, id)
			w.want(err, fault.NotFound)
		}
	})
}

// What was drafted from an undisclosed case holds its details: who reads it stands on the ledger of the case.
func TestReadersOfDraftsStandOnTheLedger(t *testing.T) {
	each(t, func(w *world) {
		d := w.draft(nil)
		_, _, err := w.s.Get(ctx, watch, d.ID)
		w.ok(err)
		_, _, err = w.s.GetByNumber(ctx, second, d.Number)
		w.ok(err)
		if n := w.number(`SELECT count(*) FROM case_read WHERE case_id = $1 AND account_id IN ('watch', 'second')`, d.CaseID); n != 2 {
			w.Errorf("%d of 2 readers stand on the ledger", n)
		}
	})
}
