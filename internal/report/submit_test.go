// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

func TestSubmitMakesEverythingDurableAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		kicked := 0
		h.Notify = func() { kicked++ }
		c := whole()
		c.Upstream, c.Told = "yes", []report.Told{{Who: "early bird", At: learned.Add(-time.Hour)}, {Who: "maintainers", At: learned.Add(time.Hour)}}
		out := h.submit(h.unit, report.Input{Content: c, Attachments: []report.File{{Name: `C:\poc\..\trace.txt`, MediaType: "text/html", Bytes: []byte("plain words")}}})
		r := out.Report
		if r.Number != "FS-R-2021-000001" || r.Version != 1 || r.Completeness != 100 || r.State != report.Received || r.OrgID != h.unit.OrgID {
			t.Errorf("report is %+v", r)
		}
		same(t, "title, cwe, aliases", []any{r.Content.Title, r.Content.CWE, r.Content.Aliases},
			[]any{"Example Logger 安全漏洞（CWE-502）", "CWE-502", []string{"CVE-2021-00000"}})
		v, err := evidence.Verify(out.Receipt.Encode(), h.Evidence.PublicKey())
		if err != nil || !v.InLog || v.Entry.Subject != r.Number || !v.Entry.At.Equal(h.clock.Now()) {
			t.Errorf("receipt: %+v, %v", v, err)
		}
		if !bytes.Contains(out.Receipt.Content, []byte("a class from afar")) {
			t.Error("the receipt lacks the content")
		}
		met := map[string]time.Time{}
		for _, d := range out.Duties {
			met[d.Rule] = d.MetAt
		}
		same(t, "duties by the time they were met", met, map[string]time.Time{duty.RuleVerify: {}, duty.RuleReport: h.clock.Now(),
			duty.RuleUpstream: learned.Add(time.Hour)})
		channels := map[string]string{}
		for _, d := range h.transfers(r.ID) {
			channels[d.OrgID] = d.Channel + " " + string(d.State)
		}
		same(t, "transfers", channels, map[string]string{h.webhookAuthority: "webhook queued", h.mailAuthority: "email queued"})
		if kicked != 1 {
			t.Errorf("the sender was kicked %d times", kicked)
		}
		as, err := h.Attachments(t.Context(), h.unit, r.ID)
		if err != nil || len(as) != 1 || as[0].Name != "trace.txt" || as[0].MediaType != "text/plain; charset=utf-8" {
			t.Errorf("attachments: %+v, %v", as, err)
		}
		if _, b, err := h.Attachment(t.Context(), h.unit, as[0].ID); err != nil || string(b) != "plain words" {
			t.Errorf("attachment: %q, %v", b, err)
		}
		if next := h.submit(h.unit, report.Input{Content: whole()}); next.Report.Number != "FS-R-2021-000002" {
			t.Errorf("the second report is %s", next.Report.Number)
		}
	})
}

func TestNumbersFollowTheYearInBeijing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.clock.Set(time.Date(2021, 12, 31, 15, 59, 59, 0, time.UTC))
		old := h.submit(h.unit, report.Input{Content: whole()})
		h.clock.Advance(time.Second)
		young := h.submit(h.unit, report.Input{Content: whole()})
		same(t, "numbers", []string{old.Report.Number, young.Report.Number}, []string{"FS-R-2021-000001", "FS-R-2022-000001"})
	})
}

func TestSubmitRefusesWithAllRulesAndLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		late := h.clock.Now().Add(time.Second)
		before := h.rows()
		for _, c := range []struct {
			name string
			in   func(in *report.Input)
			want map[string]string
		}{
			{"empty", func(in *report.Input) { *in = report.Input{} }, map[string]string{"product": "rule.required", "versions": "rule.required",
				"technical": "rule.required", "harm": "rule.required", "scope": "rule.required", "relation": "rule.required", "learned_at": "rule.required"}},
			{"empty flash", func(in *report.Input) { *in = report.Input{Flash: true} }, map[string]string{"product": "rule.required", "harm": "rule.required",
				"exploited": "rule.required", "learned_at": "rule.required"}},
			{"blanks", func(in *report.Input) { in.Content.Product = " \x00\t\n" }, map[string]string{"product": "rule.required"}},
			{"future", func(in *report.Input) {
				in.Content.LearnedAt, in.Content.Told = late, []report.Told{{Who: "x", At: late}, {At: learned}, {Who: "y"}}
			}, map[string]string{"learned_at": "rule.time", "told[0].at": "rule.time", "told[1].who": "rule.required", "told[2].at": "rule.time"}},
			{"ancient", func(in *report.Input) { in.Content.LearnedAt = time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC) }, map[string]string{"learned_at": "rule.time"}},
			{"no calendar", func(in *report.Input) { in.Content.LearnedAt = time.Date(123456, 1, 1, 0, 0, 0, 0, time.UTC) }, map[string]string{"learned_at": "rule.required"}},
			{"words", func(in *report.Input) {
				in.Content.Exploited, in.Content.Public, in.Content.Upstream, in.Content.Relation = "maybe", "YES", "1", "friend"
			}, map[string]string{"exploited": "rule.one-of", "public": "rule.one-of", "upstream": "rule.one-of", "relation": "rule.one-of"}},
			{"forms", func(in *report.Input) {
				in.Content.CWE, in.Content.CVSS, in.Content.PURL, in.Contact = "502", "CVSS <b>", "maven/x", "Eve <eve@example.org>"
			}, map[string]string{"cwe": "report.rule.cwe", "cvss": "report.rule.cvss", "purl": "report.rule.purl", "contact": "rule.email"}},
			{"long", func(in *report.Input) {
				in.Content.Technical, in.Content.Product, in.Content.Aliases = strings.Repeat("火", 20_001), strings.Repeat("x", 301), many(51)
				in.IdempotencyKey = strings.Repeat("k", 301)
			}, map[string]string{"technical": "rule.too-long", "product": "rule.too-long", "aliases": "report.rule.count", "idempotency_key": "rule.too-long"}},
			{"ranges", func(in *report.Input) {
				in.Content.Affected = []report.Affected{{Fixed: "2.15.0"}, {Product: "P", Fixed: "2", LastAffected: "1"}, {PURL: "no purl"}, {Product: "P", Versions: many(2001)}}
			}, map[string]string{"affected[0].purl": "report.rule.affected", "affected[1].last_affected": "report.rule.one-end",
				"affected[2].purl": "report.rule.purl", "affected[3].versions": "report.rule.count"}},
			{"files", func(in *report.Input) { in.Attachments = make([]report.File, 11) }, map[string]string{"attachments": "report.rule.count", "attachments[0]": "report.rule.file-empty",
				"attachments[1]": "report.rule.file-empty", "attachments[2]": "report.rule.file-empty", "attachments[3]": "report.rule.file-empty", "attachments[4]": "report.rule.file-empty",
				"attachments[5]": "report.rule.file-empty", "attachments[6]": "report.rule.file-empty", "attachments[7]": "report.rule.file-empty", "attachments[8]": "report.rule.file-empty",
				"attachments[9]": "report.rule.file-empty", "attachments[10]": "report.rule.file-empty"}},
		} {
			in := report.Input{Content: whole()}
			c.in(&in)
			_, err := h.Submit(t.Context(), h.unit, in)
			wantKind(t, err, fault.Invalid)
			same(t, c.name, fields(err), c.want)
		}
		big := report.Input{Content: whole(), Attachments: []report.File{{Name: "x", Bytes: make([]byte, 20<<20+1)}}}
		_, err := h.Submit(t.Context(), h.unit, big)
		wantKind(t, err, fault.TooLarge)
		wide := report.Input{Content: whole()}
		for range 200 {
			wide.Content.Affected = append(wide.Content.Affected, report.Affected{Product: "P", Versions: many(1000)})
		}
		_, err = h.Submit(t.Context(), h.unit, wide)
		wantKind(t, err, fault.TooLarge)
		same(t, "rows after refusals", h.rows(), before)
	})
}

func many(n int) (out []string) {
	for i := range n {
		out = append(out, strings.Repeat("v", i%30+1)+string(rune('a'+i%26))+strings.Repeat("w", i/30+1))
	}
	return out
}

func TestErrorsNeverRepeatWhatWasSubmitted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in := report.Input{Content: whole()}
		in.Content.CWE, in.Content.Scope, in.Content.Technical = "topsecret", "", "topsecret"
		_, err := h.Submit(t.Context(), h.unit, in)
		if err == nil || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("error is %v", err)
		}
		// a failure within the transaction
		h.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `DROP TABLE attachment`)
			return err
		})
		in = report.Input{Content: whole(), Attachments: []report.File{{Name: "topsecret", Bytes: []byte("topsecret")}}}
		in.Content.Technical = "topsecret"
		before := h.count(`SELECT count(*) FROM event`)
		_, err = h.Submit(t.Context(), h.unit, in)
		wantKind(t, err, fault.Internal)
		if strings.Contains(err.Error(), "topsecret") || h.count(`SELECT count(*) FROM event`) != before || h.count(`SELECT count(*) FROM report`) != 0 {
			t.Errorf("after a failure half-way: %v", err)
		}
	})
}

func TestWhoMaySubmit(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		suspended := h.unit
		suspended.Suspended = true
		h.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE org SET status = 'suspended', suspended_until = $1 WHERE id = $2`, db.At(tx.Now.Add(time.Hour)), h.unit.OrgID)
			return err
		})
		narrow, scoped := h.unit, h.unit
		narrow.Scopes, scoped.Scopes = []string{member.ScopeProduct}, []string{member.ScopeReport}
		anonymous := member.Anonymous("web")
		for _, c := range []struct {
			name       string
			by         member.Actor
			onBehalfOf string
			want       fault.Kind
			org        string
		}{
			{"suspended", suspended, "", "", h.unit.OrgID},
			{"anonymous", anonymous, "", "", ""},
			{"token with the scope", scoped, "", "", h.unit.OrgID},
			{"token without the scope", narrow, "", fault.Forbidden, ""},
			{"for another organisation", h.unit, h.other.OrgID, fault.Forbidden, ""},
			{"anonymous for an organisation", anonymous, h.other.OrgID, fault.Forbidden, ""},
			{"administrator for another", h.operator, h.other.OrgID, fault.Forbidden, ""},
			{"for its own", h.unit, h.unit.OrgID, "", h.unit.OrgID},
			{"analyst for another", h.analyst, h.other.OrgID, "", h.other.OrgID},
			{"system for another", member.System(), h.other.OrgID, "", h.other.OrgID},
			{"for nobody that exists", h.analyst, "00000000-0000-7000-8000-000000000000", fault.Invalid, ""},
			{"for no id", h.analyst, "x' OR 1=1", fault.Invalid, ""},
		} {
			in := flash()
			in.OnBehalfOf, in.Contact = c.onBehalfOf, "someone@example.org"
			before := h.rows()
			out, err := h.Submit(t.Context(), c.by, in)
			if c.want != "" {
				wantKind(t, err, c.want)
				same(t, c.name+": rows", h.rows(), before)
				continue
			}
			if err != nil || out.Report.OrgID != c.org || len(h.transfers(out.Report.ID)) != 2 {
				t.Errorf("%s: %+v, %v", c.name, out.Report, err)
			}
			if got := h.count(`SELECT count(*) FROM duty WHERE report_id = $1 AND owed_to = ''`, out.Report.ID); (c.org == h.unit.OrgID) != (got > 0) {
				t.Errorf("%s: %d duties", c.name, got) // only the partner unit owes a finder's report
			}
		}
	})
}

func TestSameKeySameAnswer(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in := report.Input{Content: whole(), IdempotencyKey: "k1", Attachments: []report.File{{Name: "a", Bytes: []byte("b")}}}
		first := h.submit(h.unit, in)
		before := h.rows()
		again := h.submit(h.unit, in)
		if !again.Replayed || again.Secret != "" || first.Replayed || !strings.HasPrefix(first.Secret, "fsr_") {
			t.Errorf("first %v %q, again %v %q", first.Replayed, first.Secret, again.Replayed, again.Secret)
		}
		same(t, "report", again.Report, first.Report)
		same(t, "duties", again.Duties, first.Duties)
		same(t, "receipt", again.Receipt.Entry, first.Receipt.Entry)
		for name, change := range map[string]func(in *report.Input){
			"content": func(in *report.Input) { in.Content.Harm += "!" },
			"flash":   func(in *report.Input) { in.Flash = true },
			"file":    func(in *report.Input) { in.Attachments = []report.File{{Name: "a", Bytes: []byte("c")}} },
		} {
			other := in
			change(&other)
			_, err := h.Submit(t.Context(), h.unit, other)
			if wantKind(t, err, fault.Conflict); t.Failed() {
				t.Fatal(name)
			}
		}
		same(t, "rows", h.rows(), before)
		for _, by := range []member.Actor{h.other, member.Anonymous("web"), member.System()} {
			if out := h.submit(by, in); out.Replayed {
				t.Errorf("%+v got somebody else's answer", by)
			}
		}
		colleague := h.person(h.unit.OrgID, member.Engineer)
		if out := h.submit(colleague, in); out.Replayed {
			t.Error("a colleague got somebody else's answer")
		}
	})
}

func TestSameKeyAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const n = 8
		in := report.Input{Content: whole(), IdempotencyKey: "k"}
		var wg sync.WaitGroup
		var mu sync.Mutex
		numbers, secrets := map[string]int{}, 0
		for range n {
			wg.Go(func() {
				out, err := h.Submit(t.Context(), h.unit, in)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				numbers[out.Report.Number]++
				if out.Secret != "" {
					secrets++
				}
			})
		}
		wg.Wait()
		same(t, "answers by number", numbers, map[string]int{"FS-R-2021-000001": n})
		if secrets != 1 || h.count(`SELECT count(*) FROM report`) != 1 || h.count(`SELECT count(*) FROM event`) != 1 {
			t.Errorf("%d secrets, %d reports", secrets, h.count(`SELECT count(*) FROM report`))
		}
		if out := h.submit(h.unit, report.Input{Content: whole()}); out.Report.Number != "FS-R-2021-000002" {
			t.Errorf("the losers left a gap: next is %s", out.Report.Number)
		}
	})
}

func TestNothingUndisclosedLiesInTheClear(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := whole()
		c.Title, c.Vendor, c.Product, c.Technical = "Smaragd", "Smaragd", "Smaragd", "Smaragd"
		out := h.submit(h.unit, report.Input{Content: c})
		if _, err := h.SaveDraft(t.Context(), h.unit, "", c); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Get(t.Context(), h.unit, out.Report.ID); err != nil {
			t.Fatal(err)
		}
		for table, cols := range map[string]string{"report": "number, contact, relation, state, request_hash, idempotency", "report_version": "content_sealed, digest",
			"report_draft": "content_sealed", "event": "payload", "evidence": "leaf", "delivery": "id, subject, destination, last_error"} {
			for _, col := range strings.Split(cols, ", ") {
				h.write(func(ctx context.Context, tx *db.Tx) error {
					rows, err := db.List(ctx, tx, db.Value[[]byte], `SELECT `+col+` FROM `+table)
					for _, b := range rows {
						if bytes.Contains(b, []byte("Smaragd")) {
							t.Errorf("%s.%s holds the product in clear", table, col)
						}
					}
					return err
				})
			}
		}
	})
}

func TestFlashStopsTheClockOfAPartnerUnit(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		out := h.submit(h.unit, flash())
		if !out.Report.Flash || out.Report.Completeness != 37 {
			t.Errorf("report is %+v", out.Report)
		}
		if len(out.Duties) != 1 || out.Duties[0].Rule != duty.RulePartner || out.Duties[0].StateAt(h.clock.Now()) != duty.Met {
			t.Errorf("duties are %+v", out.Duties)
		}
		h.clock.Advance(72 * time.Hour)
		late := h.submit(h.unit, flash())
		if got := late.Duties[0].StateAt(h.clock.Now()); got != duty.MetLate {
			t.Errorf("three days later the duty is %s", got)
		}
	})
}

func TestAcceptWithoutTheIntegrator(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, cancel := context.WithCancel(t.Context())
		h.Notify = cancel // the caller goes away after the commit
		_, err := h.Submit(ctx, h.unit, report.Input{Content: whole(), IdempotencyKey: "k"})
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		h.Notify = nil
		out := h.submit(h.unit, report.Input{Content: whole(), IdempotencyKey: "k"})
		if !out.Replayed || len(h.transfers(out.Report.ID)) != 2 {
			t.Errorf("the accepted report was lost: %+v", out.Report)
		}
		for _, d := range h.transfers(out.Report.ID) {
			if d.State != delivery.Queued {
				t.Errorf("transfer is %s", d.State)
			}
		}
	})
}
