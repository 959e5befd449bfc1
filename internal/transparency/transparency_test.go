// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
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
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// A house is a platform with those who draft and publish.
type house struct {
	*Service
	*testing.T
	ctx   context.Context
	clock *calendar.Driven
	n     int

	platform, authority1, authority2                  string
	drafter, second, officer, deputy, analyst, member member.Actor
}

func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		h := &house{T: t, ctx: t.Context(), clock: clock, Service: &Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, Evidence: log, Second: []member.Role{member.DutyOfficer}}}
		clock.Set(h.at("2021-09-20 10:00"))
		h.platform, h.authority1, h.authority2 = h.org(member.Platform), h.org(member.Authority), h.org(member.Authority)
		for a, r := range map[*member.Actor]member.Role{&h.drafter: member.Supervisor, &h.second: member.Supervisor, &h.officer: member.DutyOfficer, &h.deputy: member.DutyOfficer, &h.analyst: member.Analyst, &h.member: member.Engineer} {
			*a = member.Actor{AccountID: id(), OrgID: h.platform, Roles: []member.Role{r}, Via: "web"}
		}
		h.ok(d.Tx(h.ctx, func(tx *db.Tx) error {
			_, err := h.Events.Record(h.ctx, tx, member.System().By(), Explained{id()}) // the platform has begun
			return err
		}))
		test(h)
	})
}

func id() string { return uuid.Must(uuid.NewV7()).String() }

func (h *house) at(s string) time.Time {
	h.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Beijing())
	h.ok(err)
	return t.UTC()
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) want(what string, err error, kind fault.Kind, about string) {
	h.Helper()
	if err == nil || fault.KindOf(err) != kind || !strings.Contains(err.Error(), about) {
		h.Errorf("%s: got %v, want %s %s", what, err, kind, about)
	}
}

func (h *house) exec(query string, args ...any) {
	h.Helper()
	h.ok(h.DB.Tx(h.ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(h.ctx, query, args...)
		return err
	}))
}

// put inserts a row: columns and values by turns. A text that is a time is one.
func (h *house) put(table string, kv ...any) {
	h.Helper()
	var cols, vals []string
	var a db.Args
	for i := 0; i < len(kv); i += 2 {
		cols = append(cols, kv[i].(string))
		v := kv[i+1]
		if s, ok := v.(string); ok && strings.HasPrefix(s, "20") && len(s) == 16 && !strings.HasPrefix(cols[len(cols)-1], "n") {
			v = db.At(h.at(s))
		}
		vals = append(vals, a.P(v))
	}
	h.exec("INSERT INTO "+table+" ("+strings.Join(cols, ",")+") VALUES ("+strings.Join(vals, ",")+")", a...)
}

func (h *house) org(roles ...member.OrgRole) string {
	o := id()
	h.put("org", "id", o, "slug", o, "name_zh", "x", "name_en", "x", "roles", db.ToJSON(roles), "partner", false, "partner_level", 0, "sector", "", "region", "", "country", "CN", "status", "active",
		"suspension_reason", "", "email", "", "phone", "", "webhook_url", "", "domains", "[]", "note", "", "created_at", db.At(h.clock.Now()))
	return o
}

// report is a report with its case, passed on to both authorities, or to one.
func (h *house) report(received, first, second string) (report, kase string) {
	h.n++
	report, kase = id(), id()
	h.put("report", "id", report, "number", fmt.Sprintf("FS-R-2021-%06d", h.n), "org_id", h.platform, "account_id", "someone", "contact", "", "secret_hash", []byte(report), "relation", "finder", "flash", false,
		"version", 1, "completeness", 100, "state", "accepted", "learned_at", received, "received_at", received, "event_id", "")
	h.put("casefile", "id", kase, "number", fmt.Sprintf("FS-2021-%06d", h.n), "state", "triage", "state_since", received, "content_sealed", []byte{1}, "rev", 1, "technical", "", "composite", "", "exploited", "",
		"assignee", "", "duplicate_of", "", "opened_at", received, "updated_at", received)
	h.put("case_report", "report_id", report, "case_id", kase)
	for org, done := range map[string]string{h.authority1: first, h.authority2: second} {
		state := "queued"
		var at any
		if done != "" {
			state, at = "delivered", db.At(h.at(done))
		}
		h.put("delivery", "id", id(), "purpose", "transfer", "subject", report+"/1", "org_id", org, "channel", "email", "destination", "", "state", state, "attempts", 1, "last_error", "", "created_at", received, "done_at", at)
	}
	return report, kase
}

func (h *house) verified(kase, at string) {
	h.put("verification", "id", id(), "case_id", kase, "result", "reproduced", "content_sealed", []byte{1}, "account_id", "a", "org_id", h.platform, "at", at)
}

// due is a duty of an organisation, met or not.
func (h *house) due(org, law, latest, met string) string {
	d := id()
	var at any
	if met != "" {
		at = db.At(h.at(met))
	}
	h.put("duty", "id", d, "rule", "r"+d, "force", "mandatory", "law", law, "org_id", org, "report_id", d, "anchor", "", "anchor_at", latest, "due_at", latest, "latest_at", latest, "met_at", at, "created_at", latest)
	return d
}

// clock is one of the platform's own.
func (h *house) own(report, latest, met string) string {
	d := h.due(h.platform, "service promise", latest, met)
	h.exec(`UPDATE duty SET owed_to = 'reporter', rule = 'platform-service/verify', report_id = $1 WHERE id = $2`, report, d)
	return d
}

// quarter4 is a fourth quarter that is small enough to be counted by hand.
func (h *house) quarter4() (late string) {
	a, ka := h.report("2021-10-08 09:00", "2021-10-08 09:01", "2021-10-08 09:10")
	h.verified(ka, "2021-10-09 09:00")
	b, kb := h.report("2021-10-20 09:00", "2021-10-20 09:30", "2021-10-20 09:20")
	h.verified(kb, "2021-10-29 09:00")
	_, kc := h.report("2021-11-01 09:00", "2021-11-01 09:02", "")
	h.exec(`UPDATE casefile SET state = 'rejected', state_since = $1 WHERE id = $2`, db.At(h.at("2021-11-01 19:00")), kc)
	h.report("2021-11-15 09:00", "2021-11-15 10:00", "2021-11-15 10:00")
	h.report("2021-09-30 23:59", "2021-10-01 00:00", "2021-10-01 00:00") // the quarter before

	h.put("warning", "id", "w", "number", "FS-W-2021-0001", "case_id", ka, "revision", 1, "rev", 1, "level", "orange", "tlp", "AMBER", "state", "released", "content_sealed", []byte{1}, "drafted_by", "", "approved_by", "", "released_by", "", "created_at", "2021-10-10 09:00")
	h.put("warning_revision", "warning_id", "w", "revision", 1, "level", "orange", "tlp", "AMBER", "content_sealed", []byte{1}, "respond_by", "2021-10-10 21:00", "approved_by", "", "released_by", "", "released_at", "2021-10-10 09:00")
	for i, x := range [][2]any{{db.At(h.at("2021-10-10 12:00")), 1}, {db.At(h.at("2021-10-11 12:00")), 1}, {nil, 0}} {
		h.put("warning_recipient", "warning_id", "w", "revision", 1, "org_id", fmt.Sprint(i), "wave", 1, "products", x[1], "at", "2021-10-10 09:00", "acked_at", x[0], "answer", "", "assets", 0, "answered_by", "", "answered_via", "", "fixed_at", x[0])
	}
	late = h.own(b, "2021-10-28 00:00", "2021-10-29 09:00")
	h.own(a, "2021-10-18 00:00", "2021-10-09 09:00")
	for i, o := range []string{"platform", "member"} {
		h.put("case_read", "id", id(), "case_id", ka, "account_id", o, "org_id", []string{"", "m"}[i], "role", "", "what", "case", "at", "2021-10-08 10:00")
	}
	h.put("inquiry", "id", "q", "number", "FS-Q-2021-000001", "org_id", h.platform, "state", "appealed", "state_since", "2021-11-02 10:00", "content_sealed", []byte{1}, "opened_by", "", "opened_at", "2021-10-20 10:00")
	h.put("inquiry_decision", "id", "d", "inquiry_id", "q", "outcome", "suspension", "months", 6, "effective_from", "2021-11-01 10:00", "deferred", false, "content_sealed", []byte{1}, "proposed_by", "", "proposed_at", "2021-11-01 10:00", "signed_at", "2021-11-01 10:00")
	h.put("inquiry_appeal", "inquiry_id", "q", "grounds_sealed", []byte{1}, "filed_by", "", "filed_at", "2021-11-02 10:00")
	return late
}

// brief writes a span as "n open p50 p90" in minutes.
func brief(s Span) string {
	p := func(x *int) string {
		if x == nil {
			return "-"
		}
		return fmt.Sprint(*x)
	}
	return fmt.Sprintf("%s n%d open%d %s %s", s.Name, s.N, s.Open, p(s.P50), p(s.P90))
}

// The figures are those that were counted by hand, on both engines.
func TestFiguresByHand(t *testing.T) {
	each(t, func(h *house) {
		late := h.quarter4()
		h.clock.Set(h.at("2022-01-05 10:00"))
		h.ok(h.Explain(h.ctx, h.drafter, late, "研判人手不足", "Too few analysts"))
		f, err := h.Live(h.ctx, "2021-Q4")
		h.ok(err)
		var got []string
		for _, s := range f.Spans {
			got = append(got, brief(s))
		}
		want := []string{
			"receipt n4 open0 0 0",       // signed in the transaction
			"transfer n4 open1 30 -",     // 10, 30, 60, and one that has not reached both
			"taken n4 open4 - -",         // nobody put a hand to them
			"verified n4 open1 1440 -",   // 600 (rejected), 1440, 12960, and one open
			"provider n0 open0 - -",      // nobody was told
			"warning n1 open0 2880 2880", // two days
			"advisory n0 open0 - -",      //
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("spans (-by hand +got):\n%s", diff)
		}
		last := f.Trend[len(f.Trend)-1]
		if len(f.Trend) != 8 || f.Trend[0].Quarter != "2020-Q1" || last.Quarter != "2021-Q4" || *last.Medians[3].P50 != 1440 || last.Medians[3].Name != ToVerified {
			t.Errorf("trend: %+v", f.Trend)
		}
		if diff := cmp.Diff([]Warned{{Level: "orange", Warnings: 1, Revisions: 1, Recipients: 3, InTime: 1, Answered: 2, Affected: 2, Fixed: 2}}, f.Warnings); diff != "" {
			t.Error(diff)
		}
		wantBreach := Breach{DutyID: late, Number: "FS-R-2021-000002", Rule: "platform-service/verify", DueAt: h.at("2021-10-28 00:00"), MetAt: h.at("2021-10-29 09:00"), Late: 33 * 60, ReasonZH: "研判人手不足", ReasonEN: "Too few analysts"}
		if diff := cmp.Diff(Breaches{Due: 2, List: []Breach{wantBreach}}, f.Breaches); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(Conduct{Inquiries: 1, Suspensions: 1, Appeals: 1, Waiting: 1}, f.Conduct); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(Readers{Cases: 1, Staff: 1, Members: 1, People: 2}, f.Readers); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(Volume{Reports: 4, Cases: 4}, f.Volume); diff != "" {
			t.Error(diff)
		}
		if f.Members != nil {
			t.Error("figures that nobody signed tell of members")
		}
		for _, p := range []string{"2019", "2030-Q1", "2021-Q2"} {
			_, err := h.Live(h.ctx, p)
			h.want(p, err, fault.NotFound, "")
		}
		_, err = h.Live(h.ctx, "2021-Q5")
		h.want("a fifth quarter", err, fault.Invalid, "period")
		ps, err := h.Periods(h.ctx)
		h.ok(err)
		var names []string
		for _, p := range ps {
			names = append(names, p.Name)
		}
		if !slices.Equal(names, []string{"rolling", "2022", "2022-Q1", "2021", "2021-Q4", "2021-Q3"}) {
			t.Errorf("periods: %v", names)
		}
	})
}

// Drafted by one, published by two others, frozen, with its digest in the evidence log.
func TestEdition(t *testing.T) {
	each(t, func(h *house) {
		h.quarter4()
		_, err := h.Draft(h.ctx, h.drafter, "2021-Q4")
		h.want("a quarter that runs", err, fault.Conflict, "not-over")
		h.clock.Set(h.at("2022-01-05 10:00"))
		for _, by := range []member.Actor{h.officer, h.analyst, h.member} {
			_, err := h.Draft(h.ctx, by, "2021-Q4")
			h.want("drafted by another", err, fault.Withheld, "")
		}
		_, err = h.Draft(h.ctx, h.drafter, "rolling")
		h.want("the last twelve months", err, fault.Conflict, "not-over")
		_, err = h.Draft(h.ctx, h.drafter, "2021")
		h.want("a year without its quarters", err, fault.Conflict, "quarter-missing")
		e, err := h.Draft(h.ctx, h.drafter, "2021-Q4")
		h.ok(err)
		_, err = h.Draft(h.ctx, h.second, "2021-Q4")
		h.want("a second draft", err, fault.Conflict, "draft-open")
		_, err = h.Get(h.ctx, member.Anonymous("web"), e.ID)
		h.want("a draft, to the public", err, fault.Unauthenticated, "")
		_, err = h.Get(h.ctx, h.analyst, e.ID)
		h.want("a draft, to an analyst", err, fault.Withheld, "")
		_, err = h.Edition(h.ctx, "2021-Q4", 0)
		h.want("before it is published", err, fault.NotFound, "")
		_, err = h.Sign(h.ctx, h.drafter, e.ID)
		h.want("signed by the drafter", err, fault.Forbidden, "drafter")
		_, err = h.Sign(h.ctx, h.analyst, e.ID)
		h.want("signed by an analyst", err, fault.Withheld, "")
		e, err = h.Sign(h.ctx, h.officer, e.ID)
		h.ok(err)
		if e.State != Draft {
			t.Fatal("one signature published it")
		}
		_, err = h.Sign(h.ctx, h.officer, e.ID)
		h.want("signed twice by one", err, fault.Forbidden, "second-person")
		e, err = h.Sign(h.ctx, h.second, e.ID)
		h.ok(err)
		if e.State != Published || e.N != 1 {
			t.Fatalf("published: %s %d", e.State, e.N)
		}
		_, err = h.Sign(h.ctx, h.deputy, e.ID)
		h.want("signed again", err, fault.Conflict, "no-draft")
		_, err = h.Drop(h.ctx, h.second, e.ID, "second thoughts")
		h.want("dropped after it was published", err, fault.Conflict, "no-draft")

		_, err = h.Evidence.Integrate(h.ctx)
		h.ok(err)
		r, err := h.Receipt(h.ctx, "2021-Q4", 1)
		h.ok(err)
		v, err := evidence.Verify(r.Encode(), h.Evidence.PublicKey())
		if err != nil || !v.InLog || v.Entry.Kind != "transparency.published" || v.Entry.Subject != "transparency/2021-Q4" {
			t.Errorf("receipt: %+v, %v", v, err)
		}
		forged := bytes.Replace(r.Encode(), []byte(`"reports": 4`), []byte(`"reports": 9`), 1)
		if _, err := evidence.Verify(forged, h.Evidence.PublicKey()); err == nil {
			t.Error("other figures were verified")
		}
		// The figures stay what they were, whatever happens.
		h.report("2021-12-01 09:00", "", "")
		again, err := h.Edition(h.ctx, "2021-Q4", 1)
		h.ok(err)
		if !bytes.Equal(again.Bytes(), e.Bytes()) || again.Figures.Volume.Reports != 4 {
			t.Error("an edition has changed")
		}
		c, err := h.Draft(h.ctx, h.drafter, "2021-Q4")
		h.ok(err)
		i := slices.IndexFunc(c.Changes, func(x Change) bool { return x.Path == "volume.reports" })
		if i < 0 || c.Changes[i] != (Change{"volume.reports", "4", "5"}) {
			t.Errorf("changes: %+v", c.Changes)
		}
		_, err = h.Drop(h.ctx, h.officer, c.ID, " ")
		h.want("dropped without a reason", err, fault.Invalid, "why")
		c, err = h.Drop(h.ctx, h.officer, c.ID, "counted twice")
		if err != nil || c.State != Fell {
			t.Errorf("dropped: %s, %v", c.State, err)
		}
	})
}

// publish drafts and signs.
func (h *house) publish(period string) Edition {
	h.Helper()
	e, err := h.Draft(h.ctx, h.drafter, period)
	h.ok(err)
	_, err = h.Sign(h.ctx, h.officer, e.ID)
	h.ok(err)
	e, err = h.Sign(h.ctx, h.deputy, e.ID)
	h.ok(err)
	return e
}

// Whoever compares editions learns nothing about one member: a correction of few is held back, one of many is shown, and
// a year adds up what its quarters have said.
func TestEditionsBetrayNobody(t *testing.T) {
	each(t, func(h *house) {
		var finders, operators []string
		for range 8 {
			finders, operators = append(finders, h.org(member.Finder)), append(operators, h.org(member.Operator))
		}
		lone := h.org(member.Collector)
		var ds []string
		for i := range 8 {
			ds = append(ds, h.due(finders[i], "partner agreement", "2021-10-10 10:00", []string{"2021-10-09 10:00", ""}[min(i, 1)*(i%2)]))
			h.due(operators[i], "RMSV 2021", "2021-11-10 10:00", "2021-11-10 09:00")
		}
		h.due(lone, "RMSV 2021", "2021-11-10 10:00", "")
		h.due(h.authority1, "RMSV 2021", "2021-11-10 10:00", "") // no member of the breakdown
		h.clock.Set(h.at("2022-01-05 10:00"))
		h.publish("2021-Q3")
		first := h.publish("2021-Q4").Figures.Members
		// The lone collector is withheld, and the smallest other group with it; by law everybody stands among others.
		want := &Members{K: 5, Quarters: []string{"2021-Q4"}, Total: Group{"total", false, Count{17, 5}},
			ByLaw:  []Group{{"RMSV 2021", false, Count{9, 1}}, {"partner agreement", false, Count{8, 4}}},
			ByKind: []Group{{Key: "collector", Withheld: true}, {Key: "finder", Withheld: true}, {"operator", false, Count{8, 0}}}}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Errorf("members (-by hand +got):\n%s", diff)
		}
		b, err := json.Marshal(first)
		h.ok(err)
		for _, o := range append(append(finders, operators...), lone) {
			if bytes.Contains(b, []byte(o)) {
				t.Fatal("an organisation is named")
			}
		}
		h.exec(`UPDATE duty SET void_at = $1, void_why = 'x' WHERE id = $2`, db.At(h.clock.Now()), ds[1]) // one late duty is waived
		second := h.publish("2021-Q4").Figures.Members
		if !second.Held || second.Total.Count != first.Total.Count || !cmp.Equal(second.ByLaw, first.ByLaw) || !cmp.Equal(second.ByKind, first.ByKind) {
			t.Errorf("the correction of one member is shown: %+v", second)
		}
		for _, o := range finders[:6] { // six more turn out to have had another duty each
			h.due(o, "partner agreement", "2021-12-10 10:00", "")
		}
		third := h.publish("2021-Q4").Figures.Members
		if third.Held || third.Total.N != 17-1+6 {
			t.Errorf("the correction of seven members is not shown: %+v", third)
		}
		year := h.publish("2021").Figures.Members
		if year.Total.Count != third.Total.Count || !cmp.Equal(year.ByKind, third.ByKind) {
			t.Errorf("the year says %+v, its quarters %+v", year, third)
		}
	})
}
