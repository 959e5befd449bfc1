// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Two nodes at once, signatures and schedule: one signature, one suspension, one event.
func TestTwoNodesAtOnce(t *testing.T) {
	each(t, func(h *house) {
		p := sixMonths()
		p.EffectiveFrom = h.clock.Now().Add(time.Hour)
		f := h.inquiry(compliance.Proposed, p)
		id := f.Decision().ID
		var mu sync.Mutex
		signed := 0
		var wg sync.WaitGroup
		for _, by := range []member.Actor{h.second, h.third, h.officer, h.second} {
			wg.Go(func() {
				_, err := h.Sign(h.ctx, by, f.ID, id)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					signed++
				} else if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Withheld) {
					h.Error(err)
				}
			})
		}
		wg.Wait()
		h.clock.Advance(48 * time.Hour) // the clock jumps two days
		for range 4 {
			wg.Go(func() {
				if err := h.TakeEffectDue(h.ctx); err != nil {
					h.Error(err)
				}
			})
		}
		wg.Wait()
		if n := h.count(`SELECT count(*) FROM event WHERE kind = 'member.suspended'`); signed != 1 || n != 1 {
			h.Errorf("signed %d times, suspended %d times", signed, n)
		}
		if o := h.standing(); o.Status != member.Suspended || !o.SuspendedUntil.Equal(calendar.Midnight(p.EffectiveFrom.AddDate(0, 6, 0), 1, calendar.Beijing())) {
			h.Errorf("the term must not run from when the schedule woke up: %+v", o)
		}
		h.clock.Set(h.standing().SuspendedUntil.Add(48 * time.Hour))
		for range 4 {
			wg.Go(func() {
				if _, err := h.Members.ReinstateDue(h.ctx); err != nil {
					h.Error(err)
				}
			})
		}
		wg.Wait()
		if n := h.count(`SELECT count(*) FROM event WHERE kind = 'member.reinstated'`); n != 1 {
			h.Errorf("reinstated %d times", n)
		}
	})
}

// A term ends at midnight in Beijing: never before its months are over, never a day later; a month that lacks the day
// ends with its last.
func TestTermsEndAtMidnight(t *testing.T) {
	for _, c := range []struct {
		signed, until string
		months        int
	}{
		{"2021-12-22T10:00:00+08:00", "2022-06-23T00:00:00+08:00", 6},
		{"2021-08-31T10:00:00+08:00", "2022-03-01T00:00:00+08:00", 6},
		{"2023-08-31T10:00:00+08:00", "2024-03-01T00:00:00+08:00", 6}, // a leap year
		{"2022-01-01T00:00:00+08:00", "2022-02-01T00:00:00+08:00", 1},
		{"2021-12-21T20:00:00Z", "2022-01-23T00:00:00+08:00", 1}, // the 22nd in Beijing already
	} {
		at, err := time.Parse(time.RFC3339, c.signed)
		if err != nil {
			t.Fatal(err)
		}
		f := compliance.File{Inquiry: compliance.Inquiry{State: compliance.Decided}, Decisions: []compliance.Decision{{ID: "d", Outcome: compliance.Suspension, Months: c.months, EffectiveFrom: at, SignedAt: at}}}
		if _, until := f.Effect(); until.In(calendar.Beijing()).Format(time.RFC3339) != c.until {
			t.Errorf("%s + %d months: %s, want %s", c.signed, c.months, until.In(calendar.Beijing()), c.until)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(1.6e9, 2.2e9).Draw(t, "at"), 0).UTC()
		months := rapid.IntRange(1, 24).Draw(t, "months")
		f := compliance.File{Inquiry: compliance.Inquiry{State: compliance.Decided}, Decisions: []compliance.Decision{{ID: "d", Outcome: compliance.Restriction, Months: months, EffectiveFrom: at, SignedAt: at}}}
		from, until := f.Effect()
		whole := calendar.Period{Months: months}.SameTime(at, calendar.Beijing())
		local := until.In(calendar.Beijing())
		if !from.Equal(at) || until.Before(whole) || until.Sub(whole) >= 24*time.Hour || local.Hour()+local.Minute()+local.Second() != 0 || !f.InForce(until.Add(-time.Microsecond)) || f.InForce(until) {
			t.Fatalf("%s + %d months: %s", at, months, local)
		}
	})
}

func TestRestriction(t *testing.T) {
	each(t, func(h *house) {
		p := compliance.Proposal{Outcome: compliance.Restriction, Months: 2, Reasons: "r", PublicZH: "公开理由", Without: []member.Capability{member.ToWarnings, member.ToDirectory, member.ToWarnings}}
		g := h.inquiry(compliance.Stated, p)
		for what, c := range map[string]struct {
			change func(*compliance.Proposal)
			about  string
		}{
			"the right to report":       {func(p *compliance.Proposal) { p.Without = []member.Capability{member.ToReport} }, "without"},
			"warnings of own products":  {func(p *compliance.Proposal) { p.Without = []member.Capability{member.ToOwnWarnings} }, "without"},
			"nothing":                   {func(p *compliance.Proposal) { p.Without = nil }, "without"},
			"what does not exist":       {func(p *compliance.Proposal) { p.Without = []member.Capability{"fly"} }, "without"},
			"a suspension with a list":  {func(p *compliance.Proposal) { p.Outcome = compliance.Suspension }, "without"},
			"in secret":                 {func(p *compliance.Proposal) { p.Publish = compliance.PublishNever }, "publish"},
			"published without reasons": {func(p *compliance.Proposal) { p.PublicZH = "" }, "public_zh"},
			"for ever":                  {func(p *compliance.Proposal) { p.Months = 0 }, "months"},
			"in the past":               {func(p *compliance.Proposal) { p.EffectiveFrom = h.clock.Now().Add(-time.Hour) }, "effective_from"},
		} {
			bad := p
			c.change(&bad)
			_, err := h.Propose(h.ctx, h.first, g.ID, bad)
			h.want(what, err, fault.Invalid, c.about)
		}
		f := h.inquiry(compliance.Decided, p)
		if diff := cmp.Diff([]member.Capability{member.ToDirectory, member.ToWarnings}, f.Made().Without); diff != "" {
			h.Error(diff)
		}
		actor := func() member.Actor {
			s, err := h.Members.LoginAs(h.ctx, h.engineer.AccountID, "test")
			h.ok(err)
			a, err := h.Members.ResolveSession(h.ctx, s.Token, "web")
			h.ok(err)
			return a
		}
		if a := actor(); a.Standing() != member.Restricted || a.May(member.ToWarnings) || !a.May(member.ToInvitedCases) || !a.May(member.ToOwnWarnings) {
			h.Errorf("restricted: %+v", a)
		}
		_, until := f.Effect()
		h.clock.Set(until)
		if a := actor(); a.Standing() != member.Active || !a.May(member.ToWarnings) {
			h.Errorf("after its end: %+v", a)
		}
		w := h.inquiry(compliance.Decided, compliance.Proposal{Outcome: compliance.Warning, Reasons: "r"})
		if a := actor(); a.Standing() != member.Warned || w.PublicZH != "" {
			h.Errorf("warned: %+v", a)
		}
		h.clock.Advance(366 * 24 * time.Hour)
		if a := actor(); a.Standing() != member.Active {
			h.Errorf("a warning stands for ever: %+v", a)
		}
	})
}

func TestObjections(t *testing.T) {
	each(t, func(h *house) {
		f := h.inquiry(compliance.Proposed, sixMonths())
		for what, about := range map[string]string{"no such line": "evidence/9", "a padded line": "evidence/00", "no line": "", "another's duty": "duty/none", "a duty of nobody": "duty/", "the moon": "moon", "a broken id": "duty/a\x00"} {
			_, err := h.Object(h.ctx, h.engineer, f.ID, about, "x")
			h.want(what, err, fault.Invalid, "about")
		}
		_, err := h.Object(h.ctx, h.first, f.ID, compliance.AboutAnchor, "x")
		h.want("a supervisor", err, fault.Forbidden, "compliance.not-party")
		_, err = h.Object(h.ctx, h.another, f.ID, compliance.AboutAnchor, "x")
		h.want("another member", err, fault.Withheld, "")
		f, err = h.Object(h.ctx, h.engineer, f.ID, "evidence/0", "不是我单位 "+secret)
		h.ok(err)
		x := f.Objections[0]
		_, err = h.Sign(h.ctx, h.second, f.ID, f.Decision().ID)
		h.want("over an open objection", err, fault.Conflict, "compliance.objection-open")
		_, err = h.AnswerObjection(h.ctx, h.engineer, f.ID, x.ID, true, "x")
		h.want("its own", err, fault.Withheld, "")
		_, err = h.AnswerObjection(h.ctx, h.first, f.ID, "none", true, "x")
		h.want("no such objection", err, fault.NotFound, "")
		f, err = h.AnswerObjection(h.ctx, h.first, f.ID, x.ID, true, "成立")
		h.ok(err)
		if f.State != compliance.Stated || f.Decision().FellAt.IsZero() || !f.Objections[0].Accepted || f.Objections[0].Text != "不是我单位 "+secret {
			h.Errorf("accepted: %+v", f)
		}
		_, err = h.AnswerObjection(h.ctx, h.first, f.ID, x.ID, false, "x")
		h.want("again", err, fault.Conflict, "compliance.objection-answered")
		// what comes after the period must be answered too, but is no way to hold a decision up
		h.clock.Set(f.Notice.DueAt)
		_, err = h.Object(h.ctx, h.engineer, f.ID, compliance.AboutAnchor, "x")
		h.ok(err)
		f, err = h.Propose(h.ctx, h.first, f.ID, sixMonths())
		h.ok(err)
		f, err = h.Sign(h.ctx, h.second, f.ID, f.Decision().ID)
		h.ok(err)
		_, err = h.Object(h.ctx, h.engineer, f.ID, compliance.AboutAnchor, "x")
		h.want("against a decision", err, fault.Conflict, "compliance.too-late-to-object")
		h.kinds("org/" + h.cloud)
	})
}

func TestRevision(t *testing.T) {
	each(t, func(h *house) {
		f := h.inquiry(compliance.Appealed, sixMonths())
		old := h.standing().SuspendedUntil
		milder := compliance.Proposal{Outcome: compliance.Suspension, Months: 2, Reasons: "从轻"}
		_, err := h.Revise(h.ctx, h.first, f.ID, milder, "x")
		h.want("by who proposed it", err, fault.Forbidden, "compliance.third-person")
		for what, p := range map[string]compliance.Proposal{"longer": {Outcome: compliance.Suspension, Months: 7, Reasons: "r"}, "the same": {Outcome: compliance.Suspension, Months: 6, Reasons: "r"},
			"nothing": {Outcome: compliance.Dismissed, Reasons: "r"}, "a longer restriction": {Outcome: compliance.Restriction, Months: 7, Without: []member.Capability{member.ToWarnings}, Reasons: "r"}} {
			_, err = h.Revise(h.ctx, h.third, f.ID, p, "x")
			h.want(what, err, fault.Invalid, "outcome")
		}
		f, err = h.Revise(h.ctx, h.third, f.ID, milder, "部分采纳 "+secret)
		h.ok(err)
		if f.State != compliance.Revising || !h.standing().SuspendedUntil.Equal(old) || !f.InForce(h.clock.Now()) || f.Made().Months != 6 {
			h.Errorf("a revision that nobody signed changes something: %+v", f)
		}
		_, err = h.Answer(h.ctx, h.third, f.ID, true, "x")
		h.want("answered twice", err, fault.Conflict, "compliance.cannot-move")
		_, err = h.Sign(h.ctx, h.third, f.ID, f.Decision().ID)
		h.want("signed by who proposed it", err, fault.Forbidden, "compliance.second-person")
		_, err = h.Sign(h.ctx, h.officer, f.ID, f.Decisions[0].ID)
		h.want("the first decision again", err, fault.Conflict, "fault.stale")
		f, err = h.Refuse(h.ctx, h.officer, f.ID, "理由不足")
		h.ok(err)
		if f.State != compliance.Appealed || !f.Appeal.AnsweredAt.IsZero() {
			h.Errorf("refused: %+v", f)
		}
		f, err = h.Revise(h.ctx, h.third, f.ID, milder, "部分采纳")
		h.ok(err)
		h.clock.Advance(time.Hour)
		f, err = h.Sign(h.ctx, h.officer, f.ID, f.Decision().ID)
		h.ok(err)
		from, until := f.Effect()
		if o := h.standing(); f.State != compliance.Revised || !o.SuspendedUntil.Equal(until) || !until.Before(old) || !from.Equal(f.Decisions[0].SignedAt) || !f.Final(h.clock.Now()) {
			h.Errorf("revised: %+v, %s until %s", o, from, until)
		}
		_, err = h.Appeal(h.ctx, h.head, f.ID, "x")
		h.want("a second appeal", err, fault.Conflict, "compliance.nothing-to-appeal")
		h.clock.Set(until)
		if h.standing().Status != member.Active {
			h.Error("it does not end")
		}
		_, err = h.Members.ReinstateDue(h.ctx)
		h.ok(err)
		// from a suspension to a warning: the standing is back at once
		g := h.inquiry(compliance.Appealed, sixMonths())
		g, err = h.Revise(h.ctx, h.third, g.ID, compliance.Proposal{Outcome: compliance.Warning, Reasons: "从轻", Publish: compliance.PublishNever}, "采纳")
		h.ok(err)
		g, err = h.Sign(h.ctx, h.officer, g.ID, g.Decision().ID)
		h.ok(err)
		h.ok(h.TakeEffectDue(h.ctx))
		if o := h.standing(); o.Status != member.Active || len(o.Measures) != 1 || o.Measures[0].Kind != member.Warned || g.PublicZH != "" {
			h.Errorf("revised to a warning: %+v", o)
		}
	})
}

// What is public holds no sealed word, is there for everybody from its time on, and is marked when it falls.
func TestPublicRegister(t *testing.T) {
	each(t, func(h *house) {
		count := func() int {
			ps, _, err := h.Register(h.ctx, "", 0)
			h.ok(err)
			return len(ps)
		}
		p := sixMonths()
		p.Publish = compliance.PublishEffect
		f := h.inquiry(compliance.Decided, p)
		h.inquiry(compliance.Proposed, p)
		x, err := h.Decided(h.ctx, f.Number)
		h.ok(err)
		if x.Standing != compliance.Appealable || count() != 1 || strings.Contains(f.PublicZH, secret) || !strings.Contains(f.PublicZH, "24时") {
			h.Errorf("in effect: %+v, %q", x, f.PublicZH)
		}
		f, err = h.Appeal(h.ctx, h.head, f.ID, "申诉")
		h.ok(err)
		if x, _ = h.Decided(h.ctx, f.Number); x.Standing != compliance.Contested {
			h.Errorf("appealed: %+v", x)
		}
		f, err = h.Answer(h.ctx, h.third, f.ID, true, "撤销")
		h.ok(err)
		if x, err = h.Decided(h.ctx, f.Number); err != nil || x.Standing != compliance.Overturned || x.ReasonsZH != "" || strings.Contains(f.PublicZH, "未按期") {
			h.Errorf("annulled: %+v, %v, %q", x, err, f.PublicZH)
		}
		g := h.inquiry(compliance.Decided, sixMonths()) // public once it is final
		for what, number := range map[string]string{"not final": g.Number, "none": "FS-Q-2021-999999", "broken": "a\x00"} {
			_, err = h.Decided(h.ctx, number)
			h.want(what, err, fault.NotFound, "")
		}
		h.clock.Set(g.Made().AppealUntil())
		if x, err = h.Decided(h.ctx, g.Number); err != nil || x.Standing != compliance.InEffect || count() != 2 {
			h.Errorf("final: %+v, %v", x, err)
		}
		ps, next, err := h.Register(h.ctx, "", 1)
		h.ok(err)
		if len(ps) != 1 || next != ps[0].Number {
			h.Fatalf("first page: %d, %q", len(ps), next)
		}
		more, next, err := h.Register(h.ctx, next, 1)
		h.ok(err)
		if len(more) != 1 || next != "" || more[0].Number >= ps[0].Number {
			h.Errorf("second page: %+v, %q", more, next)
		}
		_, err = h.Reinstate(h.ctx, h.third, g.ID, "整改完成")
		h.ok(err)
		if x, _ = h.Decided(h.ctx, g.Number); x.Standing != compliance.LiftedSoon {
			h.Errorf("lifted: %+v", x)
		}
	})
}

// A notice that reached nobody is no notice: its period cannot run out.
func TestLostNotice(t *testing.T) {
	each(t, func(h *house) {
		f := h.inquiry(compliance.Noticed, sixMonths())
		_, err := h.Redeliver(h.ctx, h.first, f.ID, "")
		h.want("on its way", err, fault.Conflict, "compliance.not-lost")
		lose := func(subject string) {
			h.exec(`UPDATE delivery SET state = 'failed', done_at = $1 WHERE purpose = 'inquiry' AND subject = $2`, db.At(h.clock.Now()), subject)
		}
		lose(f.ID + "/notice")
		h.clock.Set(f.Notice.DueAt.Add(time.Hour))
		_, err = h.Propose(h.ctx, h.first, f.ID, sixMonths())
		h.want("unreached", err, fault.Conflict, "compliance.not-reached")
		_, err = h.Redeliver(h.ctx, h.engineer, f.ID, "")
		h.want("by the organisation", err, fault.Withheld, "")
		f, err = h.Redeliver(h.ctx, h.first, f.ID, "")
		h.ok(err)
		if f.Notice.Tries != 2 || f.Notice.Lost() || !f.Notice.DueAt.After(h.clock.Now()) {
			h.Errorf("sent again: %+v", f.Notice)
		}
		lose(f.ID + "/notice+2")
		f, err = h.Redeliver(h.ctx, h.first, f.ID, "挂号信 "+secret)
		h.ok(err)
		if f.Notice.Lost() || !f.Notice.Reached().Equal(h.clock.Now()) || f.Notice.Handed != "挂号信 "+secret {
			h.Errorf("handed over: %+v", f.Notice)
		}
		p := compliance.Messages{Service: h.Service}
		h.ok(h.DB.Tx(h.ctx, func(tx *db.Tx) error { // the second mail arrives after all
			return p.Ended(h.ctx, tx, delivery.Delivery{Purpose: compliance.Purpose, Subject: f.ID + "/notice+2", OrgID: h.cloud, Channel: delivery.Email, State: delivery.Delivered})
		}))
		h.kinds("inquiry/" + f.ID)
	})
}

func TestRectify(t *testing.T) {
	each(t, func(h *house) {
		f := h.inquiry(compliance.Stated, sixMonths())
		_, err := h.Rectify(h.ctx, h.engineer, f.ID, "x")
		h.want("before a decision", err, fault.Conflict, "compliance.not-in-force")
		g := h.inquiry(compliance.Decided, sixMonths())
		_, err = h.Rectify(h.ctx, h.another, g.ID, "x")
		h.want("another member", err, fault.Withheld, "")
		g, err = h.Rectify(h.ctx, h.engineer, g.ID, "已整改 "+secret)
		h.ok(err)
		if n := len(g.Statements); g.Statements[n-1].Kind != compliance.Rectification || g.State != compliance.Decided {
			h.Errorf("rectified: %+v", g.Statements)
		}
		_, err = h.Get(h.ctx, h.third, g.ID)
		h.ok(err)
	})
}

// Pages of the list hold every file once.
func TestListPages(t *testing.T) {
	each(t, func(h *house) {
		for range 5 {
			h.inquiry(compliance.Open, sixMonths())
		}
		seen := map[string]bool{}
		for after := ""; ; {
			fs, next, err := h.List(h.ctx, h.engineer, compliance.Filter{Limit: 2, After: after})
			h.ok(err)
			for _, f := range fs {
				if seen[f.ID] {
					h.Errorf("%s stands on two pages", f.Number)
				}
				seen[f.ID] = true
			}
			if after = next; after == "" {
				break
			}
		}
		if len(seen) != 5 {
			h.Errorf("%d files on all pages", len(seen))
		}
	})
}
