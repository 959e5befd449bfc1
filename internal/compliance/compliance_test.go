// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
)

// submit reports a flaw for the member, as it stands.
func (h *house) submit() report.Result {
	h.Helper()
	by := h.engineer
	by.OrgRoles, by.Suspended = []member.OrgRole{member.Provider}, h.standing().SuspendedAt(h.clock.Now())
	out, err := h.reports.Submit(h.ctx, by, report.Input{Content: report.Content{Title: "Flaw", Vendor: "Example", Product: "Logger", Versions: "2.0 – 2.14.1",
		Technical: "a look-up loads a class", Harm: "code of the sender runs", Scope: "whoever logs input", Exploited: "no", Relation: duty.Embeds, LearnedAt: h.clock.Now().Add(-72 * time.Hour)}})
	h.ok(err)
	return out
}

// The case of 2021, with fictional names: found on day 0 and not reported; on day 15 there is a question.
func TestScenario(t *testing.T) {
	each(t, func(h *house) {
		h.set("2021-12-09T10:00:00+08:00")
		late := h.submit()
		row := ""
		h.ok(h.DB.View(h.ctx, func(tx *db.Tx) (err error) {
			row, err = db.Get(h.ctx, tx, db.Value[string], `SELECT id FROM duty WHERE report_id = $1 AND rule = $2`, late.Report.ID, duty.RuleReport)
			return err
		}))
		q := asked(h.cloud)
		q.Evidence = append(q.Evidence, compliance.Evidence{Kind: compliance.EvidenceDuty, Ref: row}, compliance.Evidence{Kind: compliance.EvidenceReport, Ref: late.Report.Number})
		f, err := h.OpenInquiry(h.ctx, h.first, q)
		h.ok(err)
		if f.Number != "FS-Q-2021-000001" || f.State != compliance.Open || !f.Anchor.Equal(dbtest.Start) || h.standing().Status != member.Active {
			h.Errorf("opened: %+v", f)
		}
		f, err = h.Serve(h.ctx, h.first, f.ID, "拟予处理 "+secret, 0)
		h.ok(err)
		if !f.Notice.DueAt.Equal(h.at("2021-12-24T00:00:00+08:00")) || h.kicks != 1 {
			h.Errorf("statement due at %s, %d kicks", f.Notice.DueAt, h.kicks)
		}
		h.mailed(f)
		h.clock.Advance(time.Hour)
		f, err = h.Get(h.ctx, h.head, f.ID)
		h.ok(err)
		if !f.Notice.OpenedAt.Equal(h.clock.Now()) || f.Notice.OpenedBy != h.head.AccountID {
			h.Errorf("read receipt: %+v", f.Notice)
		}
		_, err = h.Propose(h.ctx, h.first, f.ID, sixMonths())
		h.want("unheard", err, fault.Conflict, "compliance.not-heard")
		h.set("2021-12-13T10:00:00+08:00")
		f, err = h.State(h.ctx, h.engineer, f.ID, "我单位于次日才获知 "+secret, dbtest.Start.Add(24*time.Hour))
		h.ok(err)
		h.set("2021-12-21T10:00:00+08:00")
		p := sixMonths()
		p.Duties = []string{row}
		f, err = h.Propose(h.ctx, h.first, f.ID, p)
		h.ok(err)
		if d := f.Decision(); len(d.Duties) != 1 || d.Duties[0].Rule != duty.RuleReport || d.Duties[0].State != duty.MetLate {
			h.Errorf("annex: %+v", d.Duties)
		}
		h.set("2021-12-22T10:00:00+08:00")
		f, err = h.Sign(h.ctx, h.officer, f.ID, f.Decision().ID)
		h.ok(err)
		until := h.at("2022-06-23T00:00:00+08:00") // 24:00 on 22 June
		if o := h.standing(); o.Status != member.Suspended || !o.SuspendedUntil.Equal(until) || o.SuspendedWhy != f.Number {
			h.Errorf("standing: %+v", o)
		}
		if end := f.Decision().AppealUntil(); !end.Equal(h.at("2022-01-07T00:00:00+08:00")) {
			h.Errorf("appeal until %s", end)
		}
		h.promise7()
		// the mirror
		mine, err := h.Get(h.ctx, h.engineer, f.ID)
		h.ok(err)
		theirs, err := h.Get(h.ctx, h.third, f.ID)
		h.ok(err)
		if diff := cmp.Diff(theirs, mine); diff != "" || mine.PublicZH != "" {
			h.Errorf("the mirror differs, or is public before it is final: %s", diff)
		}
		h.set("2022-01-07T00:00:00+08:00")
		_, err = h.Appeal(h.ctx, h.head, f.ID, "申诉")
		h.want("too late", err, fault.Conflict, "compliance.appeal-late")
		h.clock.Set(h.at("2022-01-07T00:00:00+08:00").Add(-time.Microsecond))
		f, err = h.Appeal(h.ctx, h.head, f.ID, "申诉 "+secret)
		h.ok(err)
		if !f.Appeal.DueAt.Equal(h.at("2022-02-23T00:00:00+08:00")) { // 30 working days, the spring festival left out, 29 and 30 January made up
			h.Errorf("answer due at %s", f.Appeal.DueAt)
		}
		_, err = h.Answer(h.ctx, h.first, f.ID, false, "维持")
		h.want("by who proposed it", err, fault.Forbidden, "compliance.third-person")
		h.set("2022-02-10T10:00:00+08:00")
		f, err = h.Answer(h.ctx, h.second, f.ID, false, "维持 "+secret)
		h.ok(err)
		for _, text := range []string{f.PublicZH, f.PublicEN} {
			if !strings.Contains(text, f.Number) || strings.Contains(text, secret) || !strings.Contains(text, "cloud") {
				h.Errorf("for the public: %q", text)
			}
		}
		h.clock.Set(until.Add(-time.Microsecond))
		if n, err := h.Members.ReinstateDue(h.ctx); n != 0 || err != nil || h.standing().Status != member.Suspended || !f.InForce(h.clock.Now()) {
			h.Errorf("before its end: %d, %v", n, err)
		}
		h.clock.Set(until)
		if h.standing().Status != member.Active || f.InForce(until) {
			h.Error("not over at its end")
		}
		if n, err := h.Members.ReinstateDue(h.ctx); n != 1 || err != nil {
			h.Errorf("reinstated: %d, %v", n, err)
		}
		h.ok(h.TakeEffectDue(h.ctx))
		want := []string{"report.submitted", "compliance.opened", "compliance.served", "compliance.reached", "compliance.read", "compliance.statement-made", "compliance.decision-proposed",
			"compliance.decision-made", "member.suspended", "report.submitted", "compliance.appeal-filed", "compliance.appeal-answered", "member.reinstated"}
		if diff := cmp.Diff(want, h.kinds("org/"+h.cloud)); diff != "" {
			h.Error(diff)
		}
		for _, table := range []string{"inquiry", "inquiry_notice", "inquiry_statement", "inquiry_decision", "inquiry_appeal"} {
			if h.count(`SELECT count(*) FROM `+table) != 1 {
				h.Errorf("%s has not one row", table)
			}
		}
	})
}

// mailed sends the notice.
func (h *house) mailed(f compliance.File) {
	h.Helper()
	p := compliance.Messages{Service: h.Service}
	var ds []delivery.Delivery
	h.ok(h.DB.View(h.ctx, func(tx *db.Tx) (err error) {
		ds, err = delivery.Of(h.ctx, tx, compliance.Purpose, f.ID+"/notice")
		return err
	}))
	if len(ds) != 1 {
		h.Fatalf("%d deliveries", len(ds))
	}
	m, err := p.Render(h.ctx, ds[0])
	h.ok(err)
	if m.To.Email != "cloud@member.example" || strings.Contains(m.Subject+m.Text, secret) || !strings.Contains(m.Text, "https://fengsui.example/inquiries/"+f.ID) {
		h.Errorf("mail: %+v", m)
	}
	ds[0].State = delivery.Delivered
	h.ok(h.DB.Tx(h.ctx, func(tx *db.Tx) error { return p.Ended(h.ctx, tx, ds[0]) }))
}

// promise7: a suspended member still reports, and is warned about its own products; others' warnings it does not get.
func (h *house) promise7() {
	h.Helper()
	if out := h.submit(); out.Report.OrgID != h.cloud {
		h.Errorf("a suspended member's report: %+v", out.Report)
	}
	for _, hit := range []bool{true, false} {
		id := newID()
		content, err := seal.SealJSON(h.ring, "casefile/"+id+"/content", casework.Content{Title: "漏洞", TitleEN: "Flaw", Description: "说明", DescriptionEN: "Text", Fix: "升级", FixEN: "Upgrade"})
		h.ok(err)
		now := db.At(h.clock.Now())
		h.exec(`INSERT INTO casefile (id, number, state, state_since, content_sealed, rev, technical, composite, exploited, assignee, duplicate_of, opened_at, updated_at)
			VALUES ($1,$2,'graded',$3,$4,1,'medium','medium','no','','',$5,$6)`, id, "FS-2021-"+id[30:], now, content, now, now)
		if hit {
			h.exec(`INSERT INTO product (id, org_id, vendor, name, name_en, model, kind, cpe, purl, purl_key, vendor_key, name_key, model_key, created_at)
				VALUES ('p',$1,'','console','','','software','','','','','','',$2)`, h.cloud, now)
			sealed, err := seal.SealJSON(h.ring, match.Place(match.Finding{CaseID: id, ProductID: "p", ComponentID: 1, Version: "1.0"}), match.Why{By: "component"})
			h.ok(err)
			h.exec(`INSERT INTO finding (case_id, product_id, component_id, org_id, version, verdict, why_sealed, run, at) VALUES ($1,'p',1,$2,'1.0','affected',$3,'r',$4)`, id, h.cloud, sealed, now)
		}
		w, err := h.warnings.Draft(h.ctx, h.analyst, id)
		h.ok(err)
		x, _, err := h.warnings.Get(h.ctx, h.officer, w.ID)
		h.ok(err)
		if x.Level.TwoPersons() {
			h.ok(h.warnings.Approve(h.ctx, h.second2(), w.ID, x.Rev))
			x, _, err = h.warnings.Get(h.ctx, h.officer, w.ID)
			h.ok(err)
		}
		_, err = h.warnings.Release(h.ctx, h.officer, w.ID, x.Rev)
		h.ok(err)
		n := h.count(`SELECT count(*) FROM warning_recipient WHERE warning_id = $1 AND org_id = $2`, w.ID, h.cloud)
		if (n == 1) != hit {
			h.Errorf("warned %d times when its product contains the flaw: %v", n, hit)
		}
	}
}

// second2 is another duty officer.
func (h *house) second2() member.Actor { return h.person(h.platform, member.DutyOfficer) }

func TestSecondSignature(t *testing.T) {
	each(t, func(h *house) {
		f := h.inquiry(compliance.Proposed, sixMonths())
		id := f.Decision().ID
		_, err := h.Sign(h.ctx, h.first, f.ID, id)
		h.want("who proposed it", err, fault.Forbidden, "compliance.second-person")
		_, err = h.Sign(h.ctx, h.second, f.ID, "another")
		h.want("another decision", err, fault.Conflict, "fault.stale")
		for what, by := range map[string]member.Actor{"analyst": h.analyst, "another member": h.another} {
			_, err = h.Sign(h.ctx, by, f.ID, id)
			h.want(what, err, fault.Withheld, "")
		}
		_, err = h.Sign(h.ctx, h.engineer, f.ID, id)
		h.want("the organisation", err, fault.Forbidden, "fault.role")
		if h.standing().Status != member.Active {
			h.Fatal("suspended by one signature")
		}
		for _, state := range []compliance.State{compliance.Proposed, compliance.Noticed} {
			g := f
			if state != compliance.Proposed {
				g = h.inquiry(state, sixMonths())
			}
			_, err = h.Serve(h.ctx, h.first, g.ID, "再次", 0)
			h.want("a second notice", err, fault.Conflict, "compliance.cannot-move")
		}
		// a statement in between makes the decision fall: the second person must have read it
		_, err = h.State(h.ctx, h.engineer, f.ID, "补充", time.Time{})
		h.ok(err)
		_, err = h.Sign(h.ctx, h.second, f.ID, id)
		h.want("fallen", err, fault.Conflict, "compliance.nothing-to-sign")
		f, err = h.Propose(h.ctx, h.first, f.ID, sixMonths())
		h.ok(err)
		f, err = h.Refuse(h.ctx, h.officer, f.ID, "证据不足 "+secret)
		h.ok(err)
		if f.State != compliance.Stated || f.Decision().FellWhy != "证据不足 "+secret || len(f.Decisions) != 2 || h.standing().Status != member.Active {
			h.Errorf("refused: %+v", f)
		}
		_, err = h.Get(h.ctx, h.officer, f.ID)
		h.want("the officer, when nothing waits for a signature", err, fault.Withheld, "")
		f, err = h.Propose(h.ctx, h.second, f.ID, compliance.Proposal{Outcome: compliance.Dismissed, Reasons: "无"})
		h.ok(err)
		f, err = h.Sign(h.ctx, h.first, f.ID, f.Decision().ID)
		h.ok(err)
		if !f.Final(h.clock.Now()) || f.PublicZH != "" || f.InForce(h.clock.Now()) {
			h.Errorf("dismissed: %+v", f)
		}
		_, err = h.Appeal(h.ctx, h.head, f.ID, "申诉")
		h.want("appeal against a dismissal", err, fault.Conflict, "compliance.nothing-to-appeal")
	})
}

func TestHiddenFiles(t *testing.T) {
	each(t, func(h *house) {
		f := h.inquiry(compliance.Noticed, sixMonths())
		scoped := h.first
		scoped.Scopes = []string{member.ScopeReport}
		for what, c := range map[string]struct {
			by   member.Actor
			kind fault.Kind
		}{"nobody": {member.Anonymous("web"), fault.Unauthenticated}, "another member": {h.another, fault.Withheld}, "analyst": {h.analyst, fault.Withheld},
			"duty officer": {h.officer, fault.Withheld}, "auditor": {h.person(h.platform, member.Auditor), fault.Withheld},
			"administrator": {h.person(h.platform, member.Administrator), fault.Withheld}, "token": {scoped, fault.Forbidden}} {
			_, err := h.Get(h.ctx, c.by, f.ID)
			h.want(what+" reads", err, c.kind, "")
			_, err = h.State(h.ctx, c.by, f.ID, "x", time.Time{})
			h.want(what+" states", err, c.kind, "")
			_, err = h.Propose(h.ctx, c.by, f.ID, sixMonths())
			h.want(what+" proposes", err, c.kind, "")
			_, err = h.OpenInquiry(h.ctx, c.by, asked(h.other))
			h.want(what+" opens", err, c.kind, "")
			fs, _, err := h.List(h.ctx, c.by, compliance.Filter{})
			if len(fs) != 0 || c.kind != fault.Withheld && fault.KindOf(err) != c.kind {
				h.Errorf("%s lists %d, %v", what, len(fs), err)
			}
		}
		for what, by := range map[string]member.Actor{"supervisor": h.third, "organisation": h.engineer} {
			fs, _, err := h.List(h.ctx, by, compliance.Filter{})
			h.ok(err)
			if len(fs) != 1 {
				h.Errorf("%s lists %d", what, len(fs))
			}
		}
		for _, by := range []member.Actor{h.engineer, h.head} {
			_, err := h.Propose(h.ctx, by, f.ID, sixMonths())
			h.want("the organisation proposes", err, fault.Withheld, "")
			_, err = h.Extend(h.ctx, by, f.ID, h.clock.Now().AddDate(0, 1, 0))
			h.want("the organisation extends", err, fault.Withheld, "")
		}
		_, err := h.State(h.ctx, h.first, f.ID, "x", time.Time{})
		h.want("the supervisor states", err, fault.Forbidden, "compliance.not-party")
		for _, id := range []string{"none", "a\x00b", "\xff"} {
			_, err = h.Get(h.ctx, h.first, id)
			h.want("no such file", err, fault.NotFound, "")
		}
		biased := h.person(h.cloud, member.Supervisor)
		_, err = h.Propose(h.ctx, biased, f.ID, sixMonths())
		h.want("a supervisor of the organisation", err, fault.Forbidden, "compliance.own-organisation")
	})
}

func TestPeriods(t *testing.T) {
	each(t, func(h *house) {
		f := h.inquiry(compliance.Noticed, sixMonths())
		due := f.Notice.DueAt
		overdue := func() int {
			fs, _, err := h.List(h.ctx, h.first, compliance.Filter{Overdue: true})
			h.ok(err)
			return len(fs)
		}
		_, err := h.Extend(h.ctx, h.first, f.ID, due)
		h.want("no longer", err, fault.Invalid, "until")
		h.clock.Set(due.Add(-time.Microsecond))
		_, err = h.Propose(h.ctx, h.first, f.ID, sixMonths())
		h.want("period runs", err, fault.Conflict, "compliance.not-heard")
		if overdue() != 0 {
			h.Error("overdue before its time")
		}
		h.clock.Set(due)
		if overdue() != 1 {
			h.Error("not overdue")
		}
		_, err = h.State(h.ctx, h.head, f.ID, "x", time.Time{})
		h.want("late", err, fault.Conflict, "compliance.statement-late")
		_, err = h.Extend(h.ctx, h.first, f.ID, due.Add(48*time.Hour))
		h.ok(err)
		if overdue() != 0 {
			h.Error("overdue in an extended period")
		}
		_, err = h.Propose(h.ctx, h.first, f.ID, sixMonths())
		h.want("extended period runs", err, fault.Conflict, "compliance.not-heard")
		h.clock.Set(due.Add(48 * time.Hour))
		f, err = h.Propose(h.ctx, h.first, f.ID, sixMonths()) // silence is no shield
		h.ok(err)
		g := h.inquiry(compliance.Open, sixMonths())
		_, err = h.Propose(h.ctx, h.first, g.ID, sixMonths())
		h.want("no notice", err, fault.Conflict, "compliance.not-served")
		_, err = h.State(h.ctx, h.head, g.ID, "x", time.Time{})
		h.want("no notice", err, fault.Conflict, "compliance.no-period")
	})
}

func TestDeferredEffect(t *testing.T) {
	each(t, func(h *house) {
		p := sixMonths()
		p.Deferred = true
		f := h.inquiry(compliance.Appealed, p)
		h.clock.Advance(100 * 24 * time.Hour)
		h.ok(h.TakeEffectDue(h.ctx))
		if h.standing().Status != member.Active || f.InForce(h.clock.Now()) {
			h.Error("in force while the appeal waits")
		}
		f, err := h.Answer(h.ctx, h.third, f.ID, true, "撤销")
		h.ok(err)
		h.ok(h.TakeEffectDue(h.ctx))
		if from, _ := f.Effect(); !from.IsZero() || f.PublicZH != "" || h.standing().Status != member.Active {
			h.Error("an annulled decision has effect")
		}
		g := h.inquiry(compliance.Decided, p)
		h.clock.Set(g.Decision().AppealUntil().Add(-time.Microsecond))
		h.ok(h.TakeEffectDue(h.ctx))
		if h.standing().Status != member.Active {
			h.Error("in force before it is final")
		}
		from := g.Decision().AppealUntil()
		h.clock.Set(from.Add(30 * time.Hour)) // the schedule stood still
		h.ok(h.TakeEffectDue(h.ctx))
		h.ok(h.TakeEffectDue(h.ctx))
		if o := h.standing(); !o.SuspendedUntil.Equal(from.AddDate(0, 6, 0)) || h.count(`SELECT count(*) FROM event WHERE kind = 'member.suspended'`) != 1 {
			h.Errorf("deferred until it is final: %+v", o)
		}
	})
}

func TestBackEarly(t *testing.T) {
	each(t, func(h *house) {
		f := h.inquiry(compliance.Decided, sixMonths())
		h.clock.Advance(30 * 24 * time.Hour)
		f, err := h.Reinstate(h.ctx, h.third, f.ID, "整改完成 "+secret)
		h.ok(err)
		if _, until := f.Effect(); !until.Equal(h.clock.Now()) || f.Decision().EndedWhy != "整改完成 "+secret || h.standing().Status != member.Active {
			h.Errorf("ended early: %+v", f)
		}
		_, err = h.Reinstate(h.ctx, h.third, f.ID, "再次")
		h.want("again", err, fault.Conflict, "compliance.not-in-force")
		g := h.inquiry(compliance.Appealed, sixMonths())
		g, err = h.Answer(h.ctx, h.third, g.ID, true, "撤销")
		h.ok(err)
		if h.standing().Status != member.Active || g.InForce(h.clock.Now()) {
			h.Error("an annulled suspension goes on")
		}
		later := sixMonths()
		later.EffectiveFrom = h.clock.Now().Add(48 * time.Hour)
		h.inquiry(compliance.Decided, later)
		if h.standing().Status != member.Active {
			h.Error("suspended before the time")
		}
		h.clock.Advance(49 * time.Hour)
		h.ok(h.TakeEffectDue(h.ctx))
		if o := h.standing(); o.Status != member.Suspended || !o.SuspendedUntil.Equal(calendar.Midnight(later.EffectiveFrom.AddDate(0, 6, 0), 1, calendar.Beijing())) {
			h.Errorf("from its time on: %+v", o)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	each(t, func(h *house) {
		line := func(kind, ref string) compliance.Question {
			q := asked(h.cloud)
			q.Evidence = []compliance.Evidence{{Kind: kind, Ref: ref}}
			return q
		}
		future := asked(h.cloud)
		future.Anchor = h.clock.Now().Add(time.Hour)
		bare := asked(h.cloud)
		bare.Evidence = nil
		for what, c := range map[string]struct {
			q     compliance.Question
			kind  fault.Kind
			about string
		}{
			"no such duty": {line("duty", "none"), fault.Invalid, "evidence[0].ref"}, "no such report": {line("report", "FS-R-2021-000009"), fault.Invalid, "evidence[0].ref"},
			"no such case": {line("case", "FS-2021-000009"), fault.Invalid, "evidence[0].ref"}, "no page": {line("url", "javascript:alert(1)"), fault.Invalid, "evidence[0].ref"},
			"no kind": {line("hearsay", "x"), fault.Invalid, "evidence[0].kind"}, "no evidence": {bare, fault.Invalid, "evidence"}, "future": {future, fault.Invalid, "anchor"},
			"nobody": {asked("none"), fault.NotFound, ""}, "an authority": {asked(h.org("authority", member.Authority)), fault.Conflict, "member.not-suspendable"},
			"the own house": {asked(h.platform), fault.Forbidden, "compliance.own-organisation"},
		} {
			_, err := h.OpenInquiry(h.ctx, h.first, c.q)
			h.want(what, err, c.kind, c.about)
		}
		if n := h.count(`SELECT count(*) FROM inquiry`) + h.count(`SELECT count(*) FROM event WHERE kind LIKE 'compliance.%'`); n != 0 {
			h.Errorf("%d traces of what was refused", n)
		}
	})
}
