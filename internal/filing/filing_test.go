// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package filing_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/filing"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const secret = "zebracrossing"

// A house is a platform with a report of one member, another member, and staff.
type house struct {
	*filing.Service
	*testing.T
	clock                                             *calendar.Driven
	own, colleague, other, analyst, auditor, operator member.Actor
	report, caseID                                    string
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
		ctx, cancel := context.WithCancel(context.Background())
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			log.Run(ctx, 20*time.Millisecond, func(err error) { t.Error(err) })
		}()
		t.Cleanup(func() { cancel(); <-stopped })
		events, blobs := &event.Log{DB: d, Evidence: log}, blob.Store{Dir: t.TempDir(), Seal: ring}
		duties := &duty.Service{DB: d, Events: events, Seal: ring}
		members := &member.Service{DB: d, Events: events, Seal: ring}
		reports := &report.Service{DB: d, Events: events, Evidence: log, Seal: ring, Duties: duties, Blobs: blobs, Prefix: "FS"}
		cases := &casework.Service{DB: d, Events: events, Seal: ring, Duties: duties, Reports: reports, Products: &product.Service{DB: d, Events: events, Blobs: blobs}, Prefix: "FS"}
		h := &house{T: t, clock: clock, Service: &filing.Service{DB: d, Events: events, Seal: ring, Blobs: blobs, Members: members, Duties: duties, Reports: reports, Cases: cases}}
		own, platform := h.org("own", member.Provider), h.org("platform", member.Platform)
		h.own, h.colleague, h.other = h.person(own, member.Engineer), h.person(own, member.OrgAdmin), h.person(h.org("other", member.Operator), member.Engineer)
		h.analyst, h.auditor, h.operator = h.person(platform, member.Analyst), h.person(platform, member.Auditor), h.person(platform, member.Administrator)
		res, err := reports.Submit(t.Context(), h.own, report.Input{Content: report.Content{Title: "Example 存在代码执行漏洞", Vendor: "Example", Product: "Example Log4j2", Versions: "2.0 – 2.14.1",
			Technical: "a look-up in a logged message loads a class: " + secret, Harm: strings.Repeat("危", 300), Scope: "whoever logs input", CWE: "CWE-502", Exploited: "yes", Public: "no",
			Upstream: "no", Relation: duty.MakesProduct, LearnedAt: clock.Now().Add(-3 * time.Hour), Aliases: []string{"CVE-2021-44228"}}})
		h.ok(err)
		h.report = res.Report.ID
		h.write(func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO duty (id, rule, force, org_id, report_id, anchor, anchor_at, due_at, latest_at, created_at, law, article, pack, number)
				VALUES ($1, 'eu-cra-14/aev_ew', 'mandatory', $2, $3, 'exploitation_aware_at', $4, $5, $5, $4, 'CRA', '14(2)(a)', 'eu-cra-14@1.0.0', $6)`,
				uuid.NewString(), own, h.report, db.At(clock.Now()), db.At(clock.Now().Add(24*time.Hour)), res.Report.Number)
			return err
		})
		h.ok(cases.Open(t.Context(), report.Submitted{ReportID: h.report, Number: res.Report.Number, Version: 1, OrgID: own, LearnedAt: res.Report.LearnedAt}))
		c, err := cases.OfReport(t.Context(), h.analyst, h.report)
		h.ok(err)
		h.caseID = c.ID
		test(h)
	})
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) write(do func(*db.Tx) error) {
	h.Helper()
	h.ok(h.DB.Tx(h.Context(), do))
}

func (h *house) org(slug string, role member.OrgRole) string {
	id := uuid.NewString()
	h.write(func(tx *db.Tx) error {
		return db.Bulk(h.Context(), tx, `org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status,
			suspension_reason, email, phone, webhook_url, domains, note, created_at)`, "", [][]any{{id, slug, "单位" + slug, slug, db.ToJSON([]string{string(role)}), false, 0, "", "", "CN", "active", "",
			slug + "@example.org", "", "", db.ToJSON([]string{}), "", db.At(tx.Now)}})
	})
	return id
}

func (h *house) person(org string, role member.Role) member.Actor {
	id := uuid.NewString()
	h.write(func(tx *db.Tx) error {
		return db.Bulk(h.Context(), tx, `account (id, org_id, email, name, roles, password_hash, locale, status, created_at)`, "", [][]any{{id, org, id + "@example.org", "李工",
			db.ToJSON([]string{string(role)}), "", "zh-CN", "active", db.At(tx.Now)}})
	})
	return member.Actor{AccountID: id, OrgID: org, Roles: []member.Role{role}, Via: "web", Locale: "zh-CN"}
}

func field(t *testing.T, s filing.Sheet, id string) filing.Filled {
	t.Helper()
	for _, f := range s.Fields {
		if f.ID == id {
			return f
		}
	}
	t.Fatalf("%s has no field %s", s.ID, id)
	return filing.Filled{}
}

// One report fills every receiver's form in: in its words, within its limits, with what is missing named.
func TestOneReportFillsEveryForm(t *testing.T) {
	each(t, func(h *house) {
		sheets, err := h.List(h.Context(), h.own, h.report)
		h.ok(err)
		if len(sheets) != len(filing.Packs()) {
			h.Fatal(len(sheets))
		}
		by := map[string]filing.Sheet{}
		for _, s := range sheets {
			by[s.ID] = s
		}
		if f := field(h.T, by["cnvd"], "weakness"); f.Value != "代码执行" || f.State != filing.Ready {
			h.Errorf("%+v", f)
		}
		if f := field(h.T, by["cnnvd"], "description"); f.Length() != 255 || !strings.HasSuffix(f.Value, "…") || !strings.HasPrefix(f.Whole, f.Value[:30]) {
			h.Errorf("%+v", f)
		}
		if f := field(h.T, by["cnnvd"], "phone"); f.State != filing.Missing || !f.Settings() {
			h.Errorf("%+v", f)
		}
		if f := field(h.T, by["eu-srp-72h"], "measures"); f.State != filing.Missing || f.Where != "fix" {
			h.Errorf("%+v", f)
		}
		if f := field(h.T, by["eu-srp-24h"], "cve"); f.Value != "CVE-2021-44228" {
			h.Errorf("%+v", f)
		}
		if f := field(h.T, by["eu-srp-24h"], "member_states"); f.State != filing.ByHand {
			h.Errorf("%+v", f)
		}
		if d := by["eu-srp-24h"].Duties; len(d) != 1 || d[0].Rule != "eu-cra-14/aev_ew" {
			h.Errorf("%+v", d)
		}
	})
}

// Forms are for whoever may read the report; to others they look like nothing. Each reading is in the case's ledger.
func TestFormsAreForReadersOfTheReport(t *testing.T) {
	each(t, func(h *house) {
		narrow := h.own
		narrow.Scopes = []string{member.ScopeProduct}
		for name, c := range map[string]struct {
			by   member.Actor
			want fault.Kind
			mine bool
		}{
			"reporter": {h.own, "", true}, "colleague": {h.colleague, "", true}, "analyst": {h.analyst, "", false},
			"another member": {h.other, fault.Withheld, false}, "auditor": {h.auditor, fault.Withheld, false}, "administrator": {h.operator, fault.Withheld, false},
			"nobody": {member.Anonymous("web"), fault.Unauthenticated, false}, "a token of little": {narrow, fault.Forbidden, false},
		} {
			sheets, err := h.List(h.Context(), c.by, h.report)
			s, err2 := h.Get(h.Context(), c.by, h.report, "cnvd")
			if (err == nil) != (c.want == "") || err != nil && (fault.KindOf(err) != c.want || fault.KindOf(err2) != c.want) {
				h.Errorf("%s: %v, %v, want %s", name, err, err2, c.want)
			}
			if err != nil && (len(sheets) > 0 || len(s.Fields) > 0) {
				h.Errorf("%s got a form", name)
			}
			if err == nil && s.Mine != c.mine {
				h.Errorf("%s: mine is %v", name, s.Mine)
			}
			_, err = h.HandIn(h.Context(), c.by, h.report, "cnvd", filing.Input{At: h.clock.Now(), Number: "CNVD-C-2021-1"})
			if (err == nil) != c.mine {
				h.Errorf("%s hands in: %v", name, err)
			}
		}
		if _, err := h.Get(h.Context(), h.own, h.report, "nowhere"); !fault.Is(err, fault.NotFound) {
			h.Error(err)
		}
		if _, err := h.Get(h.Context(), h.own, uuid.NewString(), "cnvd"); !fault.Is(err, fault.NotFound) {
			h.Error(err)
		}
		readers, err := h.Cases.Readers(h.Context(), h.analyst, h.caseID)
		h.ok(err)
		seen := map[string]bool{}
		for _, r := range readers {
			seen[r.AccountID] = true
		}
		if !seen[h.own.AccountID] || !seen[h.colleague.AccountID] || !seen[h.analyst.AccountID] || seen[h.other.AccountID] {
			h.Errorf("the ledger: %+v", readers)
		}
	})
}

// Handing in is recorded once, with its proof, in the evidence log, without a word of the details; it meets the duty that the
// pack names and no other, and the first evidence counts.
func TestHandingInMeetsTheDuty(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.Context()
		at := h.clock.Now().Add(-time.Hour)
		proof := filing.File{Name: `C:\desk\..\confirmation.pdf`, Bytes: []byte("%PDF-1.4 confirmed " + secret)}
		in := filing.Input{At: at, Number: " SRP-2026-\u202e0001 ", Note: "handed in by phone first, " + secret, Proof: proof}
		f, err := h.HandIn(ctx, h.colleague, h.report, "eu-srp-24h", in)
		h.ok(err)
		again, err := h.HandIn(ctx, h.colleague, h.report, "eu-srp-24h", in)
		h.ok(err)
		if again.ID != f.ID || f.Number != "SRP-2026-0001" || f.Proof.Name != "confirmation.pdf" || again.Note != in.Note {
			h.Errorf("%+v\n%+v", f, again)
		}
		later := in
		later.At, later.Number = h.clock.Now(), "SRP-2026-0002"
		_, err = h.HandIn(ctx, h.own, h.report, "eu-srp-24h", later)
		h.ok(err)
		s, err := h.Get(ctx, h.own, h.report, "eu-srp-24h")
		h.ok(err)
		if len(s.Done) != 2 || len(s.Duties) != 1 || !s.Duties[0].MetAt.Equal(at) || s.Duties[0].MetEvent != f.EventID || s.Done[0].Note != in.Note {
			h.Errorf("%+v", s)
		}
		other, err := h.Get(ctx, h.own, h.report, "eu-srp-72h")
		h.ok(err)
		if len(other.Done) != 0 {
			h.Errorf("%+v", other.Done)
		}
		for _, by := range []member.Actor{h.own, h.analyst} {
			p, b, err := h.ProofOf(ctx, by, f.ID)
			if err != nil || !bytes.Equal(b, proof.Bytes) || p.Name != "confirmation.pdf" {
				h.Errorf("%+v %q %v", p, b, err)
			}
		}
		for _, by := range []member.Actor{h.other, h.auditor} {
			if _, b, err := h.ProofOf(ctx, by, f.ID); !fault.Is(err, fault.Withheld) || len(b) > 0 {
				h.Errorf("%q %v", b, err)
			}
		}
		h.write(func(tx *db.Tx) error {
			bodies, err := db.List(ctx, tx, db.Value[string], `SELECT payload FROM event`)
			for _, b := range bodies {
				if strings.Contains(b, secret) {
					h.Errorf("an event tells: %s", b)
				}
			}
			if err == nil && !strings.Contains(strings.Join(bodies, "\n"), "SRP-2026-0001") {
				h.Error("no event names the number")
			}
			return err
		})
		if found, err := h.Events.Audit(ctx); err != nil || found.Err() != nil {
			h.Error(found, err)
		}
	})
}

// What does not show that something was handed in is refused, and nothing is left behind.
func TestBadHandIns(t *testing.T) {
	each(t, func(h *house) {
		now := h.clock.Now()
		for name, in := range map[string]filing.Input{
			"nothing":     {},
			"no evidence": {At: now},
			"blank":       {At: now, Number: " \u200b\t"},
			"tomorrow":    {At: now.Add(24 * time.Hour), Number: "1"},
			"long ago":    {At: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), Number: "1"},
			"long number": {At: now, Number: strings.Repeat("1", 101)},
			"long note":   {At: now, Number: "1", Note: strings.Repeat("话", 2001)},
		} {
			if _, err := h.HandIn(h.Context(), h.own, h.report, "eu-srp-24h", in); !fault.Is(err, fault.Invalid) {
				h.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.HandIn(h.Context(), h.own, h.report, "eu-srp-24h", filing.Input{At: now, Proof: filing.File{Bytes: make([]byte, 20<<20+1)}}); !fault.Is(err, fault.TooLarge) {
			h.Error(err)
		}
		if _, err := h.HandIn(h.Context(), h.own, h.report, "no-such", filing.Input{At: now, Number: "1"}); !fault.Is(err, fault.NotFound) {
			h.Error(err)
		}
		s, err := h.Get(h.Context(), h.own, h.report, "eu-srp-24h")
		h.ok(err)
		if len(s.Done) != 0 || !s.Duties[0].MetAt.IsZero() {
			h.Errorf("%+v", s)
		}
	})
}
