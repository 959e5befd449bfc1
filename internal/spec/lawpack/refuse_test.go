// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// A wrong pack is refused with the line and the reason.
func TestWrongPacksAreRefused(t *testing.T) {
	data, err := os.ReadFile("packs/partner-agreement.yaml")
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	for _, c := range []struct{ from, to, reason string }{
		{"schema: lawpack/v1", "schema: lawpack/v9", "schema must be lawpack/v1"},
		{"version: 1.0.0", "version: one", "version must be three numbers"},
		{"zone: Asia/Shanghai", "zone: Asia/Beijing", `"Asia/Beijing" is no time zone`},
		{"status: in_force", "status: law", "status must be"},
		{"effective: {from: 2021-09-01}", "effective: {}", "says from when"},
		{"effective: {from: 2021-09-01}", "effective: {from: 2021-09-31}", "is no day"},
		{"effective: {from: 2021-09-01}", "effective: {from: 2021-09-01, to: 2020-01-01}", "must end after it begins"},
		{"confidence: secondary\nsource", "confidence: sure\nsource", "confidence must be"},
		{"en: Report as a partner unit}", "en: ''}", "the English text is missing"},
		{"roles: [partner]\n    force", "roles: [boss]\n    force", `"boss" is no role`},
		{"force: contractual", "force: strict", "force must be"},
		{"unless: {relation: [provider, embeds]}", "unless: {relation: [owner]}", `relation cannot be "owner"`},
		{"unless: {relation: [provider, embeds]}", "unless: {weather: fine}", `"weather" is no fact`},
		{"anchor: discovered_or_learned_at", "anchor: found_at", `"found_at" is no anchor`},
		{"anchor: discovered_or_learned_at\n    due", "due", "anchor is missing"},
		{"value: P2D,", "value: 2 days,", "is no ISO 8601 period"},
		{"value: P2D,", "", "value is the figure of duration"},
		{"value: P2D,", "value: P2D, soft: PT4H,", "soft is a target where the law gives no figure"},
		{"value: P2D,", "value: P2D, days: 2,", "days are the figure of working_days"},
		{"whole_days]", "civil_days]", "calendar says whose days of rest count"},
		{"whole_days]", "civil_days], calendar: mars", `"mars" is no calendar`},
		{"whole_days]", "lunar_days]", `"lunar_days" is no reading`},
		{"kind: duration", "kind: someday", `"someday" is no kind of due time`},
		{"recipients: [cn.miit.platform]", "recipients: [elsewhere]", `the pack has no recipient "elsewhere"`},
		{"evidence: [platform_receipt]", "evidence: [platform_receipt]\n    evidence: [again]", "already defined"},
		{"evidence: [platform_receipt]", "evidences: [platform_receipt]", "field evidences not found"},
		{"- id: report", "- id: Report It", "id must be a name"},
		{"absent: [report]", "absent: [repotr]", `the pack has no duty "repotr"`},
		{"tests:\n", "tests: []\nx:\n", "field x not found"},
		{good[strings.Index(good, "tests:"):], "tests: []\n", "none of the pack's tests looks at this duty"},
		{good, good + "---\nschema: lawpack/v1\n", "second document"},
		{good, "", "EOF"},
		{good, "a: [", "did not find expected"},
		{good, strings.Repeat("#", lawpack.MaxSize+1), "larger than a pack may be"},
	} {
		if !strings.Contains(good, c.from) {
			t.Errorf("the pack has no %q", c.from)
			continue
		}
		_, err := lawpack.Parse("x.yaml", []byte(strings.Replace(good, c.from, c.to, 1)))
		var ps lawpack.Problems
		if !errors.As(err, &ps) {
			t.Errorf("%q instead of %q: %v", c.to, c.from, err)
			continue
		}
		line := 1
		if len(c.from) < len(good) {
			line += strings.Count(good[:strings.Index(good, c.from)], "\n")
		}
		ok := false
		for _, p := range ps {
			ok = ok || strings.Contains(p.Reason, c.reason) && p.File == "x.yaml" && (c.from == good || p.Line >= line-12 && p.Line <= line+12)
		}
		if !ok {
			t.Errorf("%q instead of %q near line %d: %v", c.to, c.from, line, ps)
		}
	}
}

// The line is the very line of what is wrong.
func TestProblemsNameTheLine(t *testing.T) {
	data, err := os.ReadFile("packs/partner-agreement.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), "whole_days]", "civil_days], calendar: mars", 1)
	_, err = lawpack.Parse("x.yaml", []byte(text))
	want := 1 + strings.Count(text[:strings.Index(text, "mars")], "\n")
	var ps lawpack.Problems
	if !errors.As(err, &ps) || len(ps) != 1 || ps[0].Line != want {
		t.Errorf("%v, want one problem in line %d", err, want)
	}
}

// A pack whose test does not come out says which duty, and what came out instead.
func TestFailingTestsOfAPack(t *testing.T) {
	data, err := os.ReadFile("packs/partner-agreement.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), "value: P2D", "value: P3D", 1)
	text = strings.Replace(text, "unless: {relation: [provider, embeds]}", "", 1)
	p, err := lawpack.Parse("x.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(p.Test(), "\n")
	for _, want := range []string{"the finder of 2021 would have been told on day 0: report: is due 2021-11-27 10:00", "its own products follow the Provisions: report is owed"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
}

// Of two versions the one counts that was in force when the duty's event happened; the newer where both were.
func TestVersionsByTheDayOfTheEvent(t *testing.T) {
	data, err := os.ReadFile("packs/partner-agreement.yaml")
	if err != nil {
		t.Fatal(err)
	}
	version := func(changes ...string) *lawpack.Pack {
		p, err := lawpack.Parse("x.yaml", []byte(strings.NewReplacer(changes...).Replace(string(data))))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	packs := []*lawpack.Pack{
		version("effective: {from: 2021-09-01}", "effective: {from: 2021-09-01, to: 2022-01-01}"),
		version("version: 1.0.0", "version: 1.9.0", "effective: {from: 2021-09-01}", "effective: {from: 2022-01-01}", "P2D", "P3D"),
		version("version: 1.0.0", "version: 1.10.0", "effective: {from: 2021-09-01}", "effective: {from: 2022-01-01}", "P2D", "P5D"),
	}
	for learned, want := range map[string]time.Duration{"2021-12-31 23:59": 48 * time.Hour, "2022-01-01 00:00": 120 * time.Hour} {
		got := lawpack.Evaluate(packs, lawpack.Input{Roles: []lawpack.Role{lawpack.Partner}, Now: at("2022-03-01 00:00"),
			Anchors: []lawpack.Anchor{happened("discovered_or_learned_at", learned)}})
		if len(got) != 1 || got[0].DueAt.Sub(got[0].AnchorAt) != want {
			t.Errorf("learned %s: %+v", learned, got)
		}
	}
}

// Every name on which a pack may hang has words.
func TestEveryNameHasWords(t *testing.T) {
	for _, a := range lawpack.Anchors {
		for _, key := range []string{"law.anchor." + a + ".of", "law.anchor." + a + ".waits"} {
			if !i18n.Has(key) {
				t.Errorf("no text for %s", key)
			}
		}
	}
	for fact := range lawpack.FactValues {
		if !i18n.Has("law.fact." + fact) {
			t.Errorf("no text for the fact %s", fact)
		}
	}
}

func FuzzParse(f *testing.F) {
	data, err := os.ReadFile("packs/partner-agreement.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := lawpack.Parse("x.yaml", data); err == nil {
			p.Test()
		}
	})
}
