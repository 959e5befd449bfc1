// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/outbox"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/warning"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// each runs a test with the configuration of a demo on every engine.
func each(t *testing.T, test func(t *testing.T, c app.Config)) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			c := app.Defaults()
			c.Listen, c.MetricsListen, c.Data = "127.0.0.1:0", "", t.TempDir()
			if engine == db.PostgreSQL {
				c.Database = url
			}
			test(t, c)
		})
	}
}

// flawed are the wares that contain a log4j-core before 2.15.0, at any depth, or are it: worked out from what stands
// in wares.go alone, by comparing two numbers.
func flawed() (names []string) {
	bad := func(purl string) bool {
		v, ok := strings.CutPrefix(purl, component+"@2.")
		minor, err := strconv.Atoi(strings.Split(v, ".")[0])
		return ok && err == nil && minor < 15
	}
	var contains func([]part) bool
	contains = func(ps []part) bool {
		return slices.ContainsFunc(ps, func(x part) bool { return bad(x.purl) || contains(x.with) })
	}
	for _, w := range wares() {
		if contains(w.contents) || bad(w.purl+"@"+w.version) {
			names = append(names, w.en)
		}
	}
	slices.Sort(names)
	return names
}

// found are the products that matching says contain the flaw, by English name.
func found(t *testing.T, d *Demo, caseID string) (names []string, fs []match.Finding) {
	t.Helper()
	fs, err := d.s.Matches.Findings(t.Context(), d.as("analyst"), caseID)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fs {
		x, err := d.s.Products.Get(t.Context(), member.System(), f.ProductID)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, x.NameEN)
	}
	slices.Sort(names)
	return slices.Compact(names), fs
}

// TestTheCastIsWhatTheDemoPromises: about thirty organisations of every kind, whose products come in both formats.
func TestTheCastIsWhatTheDemoPromises(t *testing.T) {
	sectors, formats, models, nested, safe := map[string]bool{}, map[string]int{}, 0, 0, 0
	members := 0
	for _, o := range cast() {
		if o.level > 0 || slices.Contains(o.roles, member.Provider) {
			members++
		}
		sectors[o.sector] = true
	}
	for _, s := range []string{"cloud", "telecom", "finance", "energy", "software", "hardware", "education"} {
		if !sectors[s] {
			t.Errorf("nobody is in the sector %q", s)
		}
	}
	for _, w := range wares() {
		formats[w.format]++
		if w.kind == product.Hardware && w.model != "" && w.org == "yilu" {
			models++
		}
		w.walk(func(purl string) {
			if purl == component+"@2.17.1" {
				safe++
			}
		}, func(from, to string) {
			if from != "root" && strings.HasPrefix(to, component+"@") {
				nested++
			}
		})
	}
	if members < 28 || members > 35 || formats["cdx"] < 5 || formats["spdx"] < 5 || models < 2 || nested < 5 || safe < 2 {
		t.Errorf("members %d, formats %v, models of the router maker %d, nested log4j-core %d, with 2.17.1 %d", members, formats, models, nested, safe)
	}
	if n := len(flawed()); n < 10 {
		t.Errorf("%d wares are flawed", n)
	}
}

// TestTheDemoStandsInTheMiddleOfTheCase: on the evening of 9 December 2021 the flaw is graded and matched, exactly the
// flawed products are found, a warning waits for its release, and visitors can be somebody.
func TestTheDemoStandsInTheMiddleOfTheCase(t *testing.T) {
	each(t, func(t *testing.T, c app.Config) {
		d, err := New(t.Context(), c, "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		outside(t, d)
		if err := d.App.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			if err := d.App.Stop(ctx); err != nil {
				t.Error(err)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
		if now := d.clock.Now().In(calendar.Beijing()).Format("2006-01-02 15"); now != "2021-12-09 19" {
			t.Errorf("the demo's clock says %s", now)
		}
		ws, _, err := d.s.Warnings.List(t.Context(), d.as("officer"), warning.Filter{CaseID: d.story.caseID})
		if err != nil || len(ws) != 1 || ws[0].State != warning.Pending || ws[0].Level != warning.Orange {
			t.Fatalf("warnings: %+v, %v", ws, err)
		}
		board, err := d.s.Cases.Board(t.Context(), d.as("analyst"))
		if err != nil {
			t.Fatal(err)
		}
		for state, n := range map[casework.State]int{casework.Triage: 1, casework.NeedsInfo: 1, casework.Verifying: 1, casework.Assessed: 2, casework.Warned: 1, casework.Published: 9} {
			if len(board[state]) != n {
				t.Errorf("%d cases are %s, want %d", len(board[state]), state, n)
			}
		}
		names, _ := found(t, d, ws[0].CaseID)
		if diff := cmp.Diff(flawed(), names); diff != "" {
			t.Errorf("found products (-want +got):\n%s", diff)
		}
		if n := len(d.App.Demo.Personas); n < 8 {
			t.Errorf("%d personas", n)
		}
		for _, x := range d.App.Demo.Personas {
			if x.AccountID == "" || x.NameZH == "" || x.NameEN == "" || x.RoleZH == "" || x.RoleEN == "" {
				t.Errorf("persona %+v", x)
			}
		}
		mails, hooks := d.world.Counts()
		if mails == 0 || hooks < 2 { // the notice; each report's transfer to both authorities
			t.Errorf("%d mails and %d webhooks have left", mails, hooks)
		}
		resp, err := http.Get("http://" + d.App.Addr() + "/demo/outbox")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		page, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 || !bytes.Contains(page, []byte("notification")) || !bytes.Contains(page, []byte("report.transfer")) {
			t.Errorf("outbox %d, %v: %d bytes", resp.StatusCode, err, len(page))
		}
		intact(t, d.s)
	})
}

// outside looks at what becomes of messages to receivers that do not work, and at where public records come from.
func outside(t *testing.T, d *Demo) {
	t.Helper()
	board, err := d.s.Outbox.Board(t.Context(), d.as("officer"))
	if err != nil {
		t.Fatal(err)
	}
	if len(board.Waiting) != 1 || board.Waiting[0].OrgID != d.orgs[broken].ID || board.Waiting[0].Why.Code != delivery.Answered || board.Waiting[0].Why.Status != http.StatusServiceUnavailable {
		t.Errorf("what waits: %+v", board.Waiting)
	}
	failed, _, err := d.s.Outbox.Failed(t.Context(), d.as("officer"), outbox.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var codes []delivery.Code
	for _, x := range failed {
		if x.OrgID != d.orgs[moved].ID || x.Channel != delivery.Webhook {
			t.Errorf("it failed for good: %+v", x)
		}
		codes = append(codes, x.Why.Code)
	}
	if diff := cmp.Diff([]delivery.Code{delivery.GoneBefore, delivery.GoneBefore, delivery.Gone}, codes); diff != "" { // the newest first
		t.Errorf("why it failed (-want +got):\n%s", diff)
	}
	lost, _, err := d.s.Destinations.Unreached(t.Context(), d.as("officer"), "", 0)
	if err != nil || len(lost) != 1 || lost[0].Org.ID != d.orgs[moved].ID || lost[0].Cut {
		t.Errorf("who cannot be reached: %+v, %v", lost, err)
	}
	stands, err := d.s.Vulns.Stands(t.Context(), d.as("administrator"))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, x := range stands {
		if x.Again != (x.Kind != "csaf") || x.Awaited || x.Good.IsZero() || x.Failures > 0 || x.Next.IsZero() != (x.Kind == "csaf") {
			t.Errorf("a place: %+v", x)
		}
		kinds = append(kinds, x.Kind)
	}
	if diff := cmp.Diff([]string{"csaf", "epss", "kev", "osv"}, kinds); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

// TestReplayPlaysTheWholeStory: it ends with the head start that a report on the first day would have given.
func TestReplayPlaysTheWholeStory(t *testing.T) {
	each(t, func(t *testing.T, c app.Config) {
		var b strings.Builder
		if err := Replay(t.Context(), c, &b, true); err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		out := b.String()
		for _, x := range tale() {
			if !strings.Contains(out, x.en) {
				t.Errorf("the replay does not tell %q", x.en)
			}
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if last := lines[len(lines)-1]; last != "With a report on the first day: 14 days before the leak, 15 days before the actual warning." {
			t.Errorf("the last line is %q", last)
		}
		for _, want := range []string{"29 partner units warned", "suspended until 2022-06-22", "duty partner-report: met"} {
			if !strings.Contains(out, want) {
				t.Errorf("the replay does not say %q:\n%s", want, out)
			}
		}
		s, err := app.Assemble(t.Context(), c, calendar.System{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		intact(t, s)
	})
}
