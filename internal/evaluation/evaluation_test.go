// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// secret is a word of what is sealed: it must not turn up elsewhere.
const secret = "zebracrossing"

// A house is a platform with two supervisors, a duty officer and partner units.
type house struct {
	*Service
	*testing.T
	ctx   context.Context
	clock *calendar.Driven

	platform, unit, other                            string
	first, second, officer, analyst, engineer, rival member.Actor
}

func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		ring, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		events := &event.Log{DB: d, Evidence: log}
		members := &member.Service{DB: d, Events: events, Seal: ring}
		h := &house{T: t, ctx: t.Context(), clock: clock,
			Service: &Service{DB: d, Events: events, Seal: ring, Members: members, Second: []member.Role{member.DutyOfficer}, Prefix: "FS"}}
		clock.Set(h.at("2020-01-02"))
		h.platform, h.unit, h.other = h.org("platform", 0, member.Platform), h.org("unit", 2, member.Provider, member.Finder), h.org("other", 3, member.Operator)
		h.first, h.second = h.person(h.platform, member.Supervisor), h.person(h.platform, member.Supervisor)
		h.officer, h.analyst = h.person(h.platform, member.DutyOfficer), h.person(h.platform, member.Analyst)
		h.engineer, h.rival = h.person(h.unit, member.Engineer), h.person(h.other, member.Engineer)
		test(h)
	})
}

func id() string { return uuid.Must(uuid.NewV7()).String() }

// at is noon in Beijing on a day, or the time that is given.
func (h *house) at(s string) time.Time {
	h.Helper()
	layout := "2006-01-02"
	if strings.Contains(s, " ") {
		layout = "2006-01-02 15:04"
	} else {
		s, layout = s+" 12:00", "2006-01-02 15:04"
	}
	t, err := time.ParseInLocation(layout, s, calendar.Beijing())
	h.ok(err)
	return t.UTC()
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// want holds an error to a kind and the key it must name.
func (h *house) want(what string, err error, kind fault.Kind, about string) {
	h.Helper()
	if err == nil || fault.KindOf(err) != kind || !strings.Contains(err.Error(), about) {
		h.Errorf("%s: got %v, want %s %s", what, err, kind, about)
	}
}

// put inserts a row: columns and values by turns. Times are days, nil is NULL.
func (h *house) put(table string, kv ...any) {
	h.Helper()
	var cols, vals []string
	var a db.Args
	for i := 0; i < len(kv); i += 2 {
		cols = append(cols, kv[i].(string))
		switch v := kv[i+1].(type) {
		case time.Time:
			vals = append(vals, a.P(db.At(v)))
		default:
			vals = append(vals, a.P(v))
		}
	}
	h.ok(h.DB.Tx(h.ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(h.ctx, "INSERT INTO "+table+" ("+strings.Join(cols, ",")+") VALUES ("+strings.Join(vals, ",")+")", a...)
		return err
	}))
}

func (h *house) org(slug string, level int, roles ...member.OrgRole) string {
	o := id()
	h.put("org", "id", o, "slug", slug, "name_zh", "单位"+slug, "name_en", slug, "roles", db.ToJSON(roles), "partner", level > 0, "partner_level", level, "sector", "", "region", "", "country", "CN",
		"status", "active", "suspension_reason", "", "email", slug+"@member.example", "phone", "", "webhook_url", "", "domains", "[]", "note", "", "created_at", h.clock.Now())
	return o
}

func (h *house) person(org string, role member.Role) member.Actor {
	a := id()
	h.put("account", "id", a, "org_id", org, "email", a+"@example.org", "name", "", "roles", db.ToJSON([]string{string(role)}), "password_hash", "", "locale", "zh-CN", "status", "active", "created_at", h.clock.Now())
	return member.Actor{AccountID: a, OrgID: org, Roles: []member.Role{role}, Via: "web"}
}

func (h *house) duty(org, report, rule, latest string, met string) string {
	d := id()
	due := h.at(latest)
	var done time.Time
	if met != "" {
		done = h.at(met)
	}
	h.put("duty", "id", d, "rule", rule, "force", "mandatory", "org_id", org, "report_id", report, "anchor", "learned", "anchor_at", due.AddDate(0, 0, -2), "due_at", due, "latest_at", due,
		"met_at", done, "created_at", due.AddDate(0, 0, -2))
	return d
}

var numbers int

// report is a report with its case; verified, when given, is when it was reproduced.
func (h *house) report(org, received, kase, verified string) (report, casefile string) {
	numbers++
	report = id()
	h.put("report", "id", report, "number", fmt.Sprintf("FS-R-2020-%06d", numbers), "org_id", org, "contact", "", "secret_hash", []byte(report), "relation", "finder", "flash", false, "version", 1,
		"completeness", 100, "state", "accepted", "learned_at", h.at(received), "received_at", h.at(received), "event_id", "")
	if kase == "" {
		kase = id()
		h.put("casefile", "id", kase, "number", fmt.Sprintf("FS-2020-%06d", numbers), "state", "verified", "state_since", h.at(received), "content_sealed", []byte{1}, "rev", 1, "technical", "", "composite", "",
			"exploited", "", "assignee", "", "duplicate_of", "", "opened_at", h.at(received), "updated_at", h.at(received))
	}
	h.put("case_report", "report_id", report, "case_id", kase)
	if verified != "" {
		h.put("verification", "id", id(), "case_id", kase, "result", "reproduced", "content_sealed", []byte{1}, "account_id", h.analyst.AccountID, "org_id", h.platform, "at", h.at(verified))
	}
	return report, kase
}

// warn is a warning to units; answers say when and how each of them answered: "2020-05-02 12:00 fixed".
func (h *house) warn(released, respond string, products int, kase string, answers map[string]string) string {
	numbers++
	w := id()
	h.put("warning", "id", w, "number", fmt.Sprintf("FS-W-2020-%04d", numbers), "case_id", kase, "revision", 1, "rev", 1, "level", "yellow", "tlp", "AMBER", "state", "released", "content_sealed", []byte{1},
		"drafted_by", "", "approved_by", "", "released_by", "", "created_at", h.at(released))
	h.put("warning_revision", "warning_id", w, "revision", 1, "level", "yellow", "tlp", "AMBER", "content_sealed", []byte{1}, "respond_by", h.at(respond), "approved_by", "", "released_by", "", "released_at", h.at(released))
	for org, a := range answers {
		var acked, fixed time.Time
		answer := ""
		if a != "" {
			when, how, _ := strings.Cut(a, " ")
			acked, answer = h.at(when), how
			if how == "fixed" {
				fixed = acked
			}
		}
		h.put("warning_recipient", "warning_id", w, "revision", 1, "org_id", org, "wave", 1, "products", products, "at", h.at(released), "acked_at", acked, "answer", answer, "assets", 0,
			"answered_by", "", "answered_via", "", "fixed_at", fixed)
	}
	return w
}

// year2020 is a year of the unit that is small enough to be summed up by hand.
func (h *house) year2020() {
	a, kase := h.report(h.unit, "2020-03-02", "", "2020-03-04")
	h.duty(h.unit, a, "rmsv-7-2-report", "2020-03-03", "2020-03-02") // in time: 1
	b, _ := h.report(h.unit, "2020-04-10", kase, "")                 // second report of a case that was verified
	h.duty(h.unit, b, "partner-report", "2020-04-05", "2020-04-10")  // late: 0.25
	c, _ := h.report(h.unit, "2020-06-01", "", "")                   // the platform has not verified it to this day
	h.duty(h.unit, c, "rmsv-7-2-report", "2020-06-02", "2020-06-01")
	h.duty(h.unit, c, "partner-report", "2020-06-02", "2020-06-01") // the same report: no second row
	h.report(h.unit, "2020-12-30", "", "2021-01-05")                // counts next year, where the promise ends
	_, others := h.report(h.other, "2020-05-01", "", "2020-05-02")
	h.put("grade", "id", id(), "case_id", others, "scheme", "cvss-3.1", "vector", "", "value", "", "score", "", "rationale_sealed", []byte{1}, "account_id", h.engineer.AccountID, "org_id", h.unit, "at", h.at("2020-05-03"))

	h.warn("2020-05-04", "2020-05-05", 1, others, map[string]string{h.unit: "2020-05-04 fixed", h.other: ""})
	_, k2 := h.report(h.other, "2020-07-01", "", "2020-07-02")
	h.warn("2020-07-04", "2020-07-05", 0, k2, map[string]string{h.unit: "2020-07-08 checking", h.other: "2020-07-04 not-affected"})
	_, k3 := h.report(h.other, "2020-08-01", "", "2020-08-02")
	late := h.warn("2020-08-04", "2020-08-05", 2, k3, map[string]string{h.unit: "2020-08-06 affected"})
	// The platform reached the unit two days late: its answer is in time.
	h.put("delivery", "id", id(), "purpose", "warning", "subject", late+":1", "org_id", h.unit, "channel", "email", "destination", "", "state", "delivered", "attempts", 3, "last_error", "", "created_at", h.at("2020-08-04"), "done_at", h.at("2020-08-06"))
	h.put("delivery", "id", id(), "purpose", "notice", "subject", "x", "org_id", h.unit, "channel", "email", "destination", "", "state", "failed", "attempts", 9, "last_error", "", "created_at", h.at("2020-09-04"), "done_at", h.at("2020-09-06"))

	h.duty(h.unit, c, "rmsv-7-1-upstream", "2020-06-02", "")           // overdue: a quarter
	h.duty(h.unit, a, "rmsv-7-1-upstream", "2020-03-03", "2020-03-04") // late: a tenth
	h.duty(h.unit, a, "rmsv-7-1-verify", "2020-03-03", "2020-03-02")
	h.put("duty", "id", id(), "rule", "platform-service/verify", "force", "policy", "org_id", h.unit, "report_id", c, "owed_to", "reporter", "anchor", "", "anchor_at", h.at("2020-06-01"), "due_at", h.at("2020-06-08"),
		"latest_at", h.at("2020-06-08"), "created_at", h.at("2020-06-01")) // the platform's own breach is nobody else's

	for i, pushed := range []string{"2020-11-01", "2020-02-01", ""} {
		p := id()
		h.put("product", "id", p, "org_id", h.unit, "vendor", "v", "name", fmt.Sprint("产品", i), "name_en", "", "model", "", "kind", "software", "cpe", "", "purl", "", "purl_key", "", "vendor_key", "", "name_key", "", "model_key", "", "created_at", h.at("2020-01-10"))
		if pushed != "" {
			h.put("sbom", "id", id(), "product_id", p, "version", "1", "format", "cyclonedx", "spec_version", "1.4", "sha256", "", "blob", "", "components", 1, "edges", 0, "is_current", true, "account_id", "", "at", h.at(pushed))
		}
	}
	q := id()
	h.put("inquiry", "id", q, "number", "FS-Q-2020-000001", "org_id", h.unit, "state", "decided", "state_since", h.at("2020-10-01"), "content_sealed", []byte{1}, "opened_by", "", "opened_at", h.at("2020-09-01"))
	h.put("inquiry_decision", "id", id(), "inquiry_id", q, "outcome", "warning", "months", 0, "effective_from", h.at("2020-10-01"), "deferred", false, "content_sealed", []byte{1}, "proposed_by", "", "proposed_at", h.at("2020-10-01"), "signed_at", h.at("2020-10-02"))
}

// drafted is the unit's evaluation of 2020, as drafted in January.
func (h *house) drafted() Evaluation {
	h.Helper()
	h.year2020()
	h.clock.Set(h.at("2021-01-11"))
	_, err := h.Draft(h.ctx, h.first, 2020)
	h.ok(err)
	es, err := h.List(h.ctx, h.engineer, Filter{})
	h.ok(err)
	if len(es) != 1 || es[0].OrgID != h.unit {
		h.Fatalf("the unit sees %d evaluations, want its own", len(es))
	}
	e, err := h.Get(h.ctx, h.engineer, es[0].ID)
	h.ok(err)
	return e
}

// The figures are those that were worked out by hand, on both engines.
func TestScoreByHand(t *testing.T) {
	each(t, func(h *house) {
		e := h.drafted()
		got := map[string]string{}
		for _, l := range e.Result.Lines {
			got[l.Criterion] = fmt.Sprintf("%s/%s", l.Earned, l.Points)
			if !l.Applies {
				got[l.Criterion] = "-"
			}
			for _, r := range l.Rows {
				got[l.Criterion] += " " + r.Outcome
			}
		}
		want := map[string]string{
			"timely-reports":   "10.125/18 in-time late in-time",         // 2.25 of 4
			"verified-reports": "7.5/10 verified verified platform-late", // 3 of 4
			"original-finds":   "3.333/10 first",                         // one of 3; the case without a verification is none yet
			"help":             "1/4 grade",                              // 0.5 of 2
			"acknowledgement":  "13.333/16 in-time late in-time",         // 2.5 of 3: the limit moved on with the platform's delay
			"answers":          "6.666/10 answered silent answered",
			"fixes":            "6/12 fixed open",
			"duties":           "6.5/10 late met overdue",
			"inventory":        "2.5/5 current stale missing",
			"reachability":     "2.5/5 reached failed",
			"decisions":        "5/30 warning",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lines (-by hand +got):\n%s", diff)
		}
		// 10.125+7.5+3.333+1+13.333+6.666+6+6.5+2.5+2.5 = 59.457 of 100, less 5.
		if e.Result.Score != 54_457 || e.Result.Level != 3 || e.Before != 2 {
			t.Errorf("score %s, level %d, before %d; want 54.457, 3, 2", e.Result.Score, e.Result.Level, e.Before)
		}
		r, err := h.Recompute(h.ctx, h.engineer, e.ID)
		h.ok(err)
		if diff := cmp.Diff(e.Result, r); diff != "" {
			t.Errorf("computed anew:\n%s", diff)
		}
		// What happens after the year changes nothing of it.
		h.duty(h.unit, id(), "rmsv-7-1-upstream", "2021-01-10", "")
		h.ok(h.DB.Tx(h.ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(h.ctx, `UPDATE duty SET met_at = $1 WHERE met_at IS NULL AND owed_to = ''`, db.At(h.clock.Now()))
			return err
		}))
		if r, err = h.Recompute(h.ctx, h.engineer, e.ID); err != nil || r.Score != e.Result.Score {
			t.Errorf("after the year: %s, %v", r.Score, err)
		}
	})
}

// A suspended unit is evaluated like another, with what it was sent; its level waits for the end of the suspension.
func TestSuspendedUnit(t *testing.T) {
	each(t, func(h *house) {
		h.year2020()
		until := h.at("2021-06-01")
		suspend := func(status string, until time.Time) {
			h.ok(h.DB.Tx(h.ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(h.ctx, `UPDATE org SET status = $1, suspended_until = $2, suspension_reason = 'FS-Q-2020-000001' WHERE id = $3`, status, db.At(until), h.unit)
				return err
			}))
		}
		suspend("suspended", until)
		h.clock.Set(h.at("2021-01-11"))
		_, err := h.Draft(h.ctx, h.first, 2020)
		h.ok(err)
		es, err := h.List(h.ctx, h.engineer, Filter{})
		h.ok(err)
		e := es[0]
		if e.Result.Score != 54_457 {
			t.Errorf("the suspension changed the score to %s", e.Result.Score)
		}
		if e, err = h.Object(h.ctx, h.engineer, e.ID, "duties", "", "我单位有异议"); err != nil {
			t.Fatalf("a suspended unit may not object: %v", err)
		}
		e, err = h.Service.Answer(h.ctx, h.first, e.ID, e.Objections[0].ID, Answer{Text: "维持"})
		h.ok(err)
		h.clock.Set(h.at("2021-02-10"))
		e, err = h.Propose(h.ctx, h.first, e.ID, Proposal{Rev: e.Rev, Level: 3})
		h.ok(err)
		_, err = h.Sign(h.ctx, h.second, e.ID, e.Rev)
		h.ok(err)
		h.ok(h.TakeEffectDue(h.ctx))
		if h.level(h.unit) != 2 {
			t.Error("a suspended unit got its level")
		}
		suspend("active", time.Time{})
		h.clock.Set(until.Add(time.Hour))
		h.ok(h.TakeEffectDue(h.ctx))
		h.ok(h.TakeEffectDue(h.ctx))
		if h.level(h.unit) != 3 || h.count(`SELECT COUNT(*) FROM event WHERE kind = 'member.level-set'`) != 1 {
			t.Errorf("after the suspension: level %d", h.level(h.unit))
		}
	})
}

func (h *house) level(org string) int {
	return h.count(`SELECT partner_level FROM org WHERE id = $1`, org)
}

func (h *house) count(query string, args ...any) (n int) {
	h.Helper()
	h.ok(h.DB.View(h.ctx, func(tx *db.Tx) (err error) {
		n, err = db.Get(h.ctx, tx, db.Value[int], query, args...)
		return err
	}))
	return n
}

// From draft to level: objection, answer, two signatures, the day.
func TestDueProcess(t *testing.T) {
	each(t, func(h *house) {
		e := h.drafted()
		_, err := h.Draft(h.ctx, h.first, 2020)
		h.want("a second draft", err, fault.Conflict, "evaluation.drafted-already")
		_, err = h.Draft(h.ctx, h.first, 2021)
		h.want("a year that runs", err, fault.Conflict, "evaluation.not-over")
		_, err = h.Draft(h.ctx, h.first, 1990)
		h.want("a year without a scheme", err, fault.Invalid, "year")
		_, err = h.Draft(h.ctx, h.engineer, 2020)
		h.want("drafted by a member", err, fault.Withheld, "")

		overdue := e.Result.Line("duties").Rows[2]
		_, err = h.Object(h.ctx, h.rival, e.ID, "duties", "", "x")
		h.want("objected by another unit", err, fault.Withheld, "")
		_, err = h.Object(h.ctx, h.first, e.ID, "duties", "", "x")
		h.want("objected by a supervisor", err, fault.Forbidden, "not-party")
		_, err = h.Object(h.ctx, h.engineer, e.ID, "luck", "", "x")
		h.want("a criterion that does not exist", err, fault.Invalid, "criterion")
		_, err = h.Object(h.ctx, h.engineer, e.ID, "duties", "duty/none", "x")
		h.want("a row that does not exist", err, fault.Invalid, "ref")
		_, err = h.Object(h.ctx, h.engineer, e.ID, "duties", "", " ")
		h.want("without a reason", err, fault.Invalid, "text")
		e, err = h.Object(h.ctx, h.engineer, e.ID, "duties", overdue.Ref(), "上游当日已收到通知 "+secret)
		h.ok(err)
		_, err = h.Object(h.ctx, h.engineer, e.ID, "duties", overdue.Ref(), "again")
		h.want("the same objection", err, fault.Conflict, "objected-already")
		_, err = h.Propose(h.ctx, h.first, e.ID, Proposal{Rev: e.Rev, Level: 3})
		h.want("proposed over an open objection", err, fault.Conflict, "not-yet.answer")

		o := e.Objections[0]
		_, err = h.Service.Answer(h.ctx, h.first, e.ID, o.ID, Answer{Accept: true, Outcome: "in-time", Text: "x"})
		h.want("an outcome of another measure", err, fault.Invalid, "outcome")
		_, err = h.Service.Answer(h.ctx, h.analyst, e.ID, o.ID, Answer{Text: "x"})
		h.want("answered by an analyst", err, fault.Withheld, "")
		e, err = h.Service.Answer(h.ctx, h.first, e.ID, o.ID, Answer{Accept: true, Outcome: "met", Text: "采纳 " + secret})
		h.ok(err)
		// The quarter comes back: 2.5 points of 100.
		if e.State != Answered || e.Result.Score != 56_957 || e.Result.Line("duties").Rows[2].Was != "overdue" {
			t.Errorf("after the answer: %s, %s, %+v", e.State, e.Result.Score, e.Result.Line("duties"))
		}
		r, err := h.Recompute(h.ctx, h.first, e.ID)
		h.ok(err)
		if diff := cmp.Diff(e.Result, r); diff != "" {
			t.Errorf("computed anew after the answer:\n%s", diff)
		}
		_, err = h.Propose(h.ctx, h.first, e.ID, Proposal{Rev: e.Rev, Level: 3})
		h.want("proposed within the term", err, fault.Conflict, "not-yet.objections")

		h.clock.Set(e.Round.ObjectUntil)
		_, err = h.Object(h.ctx, h.engineer, e.ID, "answers", "", "x")
		h.want("objected after the term", err, fault.Conflict, "term-over")
		_, err = h.Propose(h.ctx, h.first, e.ID, Proposal{Rev: e.Rev, Level: 2})
		h.want("another level without reasons", err, fault.Invalid, "reasons")
		_, err = h.Propose(h.ctx, h.first, e.ID, Proposal{Rev: e.Rev - 1, Level: 3})
		h.want("proposed on what was read before", err, fault.Conflict, "stale")
		day := h.clock.Now().AddDate(0, 1, 0)
		e, err = h.Propose(h.ctx, h.first, e.ID, Proposal{Rev: e.Rev, Level: 3, EffectiveFrom: day})
		h.ok(err)
		_, err = h.Sign(h.ctx, h.first, e.ID, e.Rev)
		h.want("signed by the one that proposed", err, fault.Forbidden, "second-person")
		_, err = h.Sign(h.ctx, h.engineer, e.ID, e.Rev)
		h.want("signed by the unit", err, fault.Forbidden, "fault.role")
		_, err = h.Sign(h.ctx, h.analyst, e.ID, e.Rev)
		h.want("signed by an analyst", err, fault.Withheld, "")
		e, err = h.Refuse(h.ctx, h.officer, e.ID)
		h.ok(err)
		if e.State != Answered || e.ProposedBy != "" {
			t.Errorf("refused: %s by %q", e.State, e.ProposedBy)
		}
		e, err = h.Propose(h.ctx, h.first, e.ID, Proposal{Rev: e.Rev, Level: 3, EffectiveFrom: day})
		h.ok(err)
		e, err = h.Sign(h.ctx, h.officer, e.ID, e.Rev)
		h.ok(err)
		h.ok(h.TakeEffectDue(h.ctx))
		if e.State != Final || h.level(h.unit) != 2 {
			t.Errorf("%s, level %d before its day", e.State, h.level(h.unit))
		}
		h.clock.Set(day)
		h.ok(h.TakeEffectDue(h.ctx))
		if h.level(h.unit) != 3 {
			t.Errorf("level %d on its day, want 3", h.level(h.unit))
		}
		if n := h.count(`SELECT COUNT(*) FROM event WHERE payload LIKE '%` + secret + `%'`); n != 0 {
			t.Errorf("%d events hold what is sealed", n)
		}
		if n := h.count(`SELECT COUNT(*) FROM evaluation WHERE CAST(result AS TEXT) LIKE '%` + secret + `%'`); n != 0 {
			t.Error("a result holds what is sealed")
		}
	})
}

// A unit sees nothing of another: not its evaluation, not its number, not whether there is one.
func TestNobodySeesOthers(t *testing.T) {
	each(t, func(h *house) {
		for i := range 6 {
			h.org(fmt.Sprint("more", i), 3, member.Operator)
		}
		e := h.drafted()
		_, err := h.Get(h.ctx, h.rival, e.ID)
		h.want("read by another unit", err, fault.Withheld, "")
		_, err = h.Recompute(h.ctx, h.rival, e.ID)
		h.want("computed by another unit", err, fault.Withheld, "")
		_, err = h.Get(h.ctx, h.rival, id())
		h.want("what does not exist", err, fault.NotFound, "")
		_, err = h.Get(h.ctx, h.officer, e.ID)
		h.want("read by an officer before there is something to sign", err, fault.Withheld, "")
		_, err = h.List(h.ctx, member.Anonymous("web"), Filter{})
		h.want("listed by nobody", err, fault.Unauthenticated, "")
		es, err := h.List(h.ctx, h.rival, Filter{OrgID: h.unit})
		if err != nil || len(es) != 0 {
			t.Errorf("another unit lists %d, %v", len(es), err)
		}
		os, err := h.Rounds(h.ctx, h.rival)
		h.ok(err)
		b, err := json.Marshal(os)
		h.ok(err)
		if strings.Contains(string(b), h.unit) {
			t.Error("the distribution names a unit")
		}
		for _, x := range os[0].Spread {
			if x.N > 0 && x.N < K {
				t.Errorf("a bin of %d", x.N)
			}
		}
	})
}
