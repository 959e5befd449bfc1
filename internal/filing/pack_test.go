// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package filing_test

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/filing"
)

// The packs that come with the platform are whole, and pass their own tests.
func TestPacks(t *testing.T) {
	ids := map[string]bool{}
	for _, p := range filing.Packs() {
		for _, f := range p.Test() {
			t.Error(f)
		}
		if ids[p.ID] {
			t.Errorf("%s stands twice", p.ID)
		}
		ids[p.ID] = true
	}
	for _, id := range []string{"nvdb", "cnvd", "cnnvd", "eu-srp-24h", "eu-srp-72h", "eu-srp-final"} {
		if !ids[id] {
			t.Errorf("there is no %s", id)
		}
	}
}

// A wrong pack is refused with the reason.
func TestWrongPacksAreRefused(t *testing.T) {
	whole, err := os.ReadFile("packs/eu-srp-24h.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, reason string }{
		"schema":          {"filingpack/v1", "filingpack/v2", "schema"},
		"unknown key":     {"order: 40", "ordre: 40", "ordre"},
		"one language":    {"label: {zh: 标题, en: Title}", "label: {zh: 标题}", "title: the label needs both languages"},
		"no such source":  {"from: [title]", "from: [headline]", `nothing is called "headline"`},
		"no such duty":    {"eu-cra-14/aev_ew", "eu-cra-14/aev_x", "no law pack has a duty"},
		"no such need":    {"need: optional", "need: perhaps", `need "perhaps"`},
		"not looked at":   {", nature: CWE-502", "", "no test of the pack looks at it"},
		"a ghost":         {"missing: [manufacturer", "missing: [ghost, manufacturer", `names the field "ghost"`},
		"twice":           {"{id: euvd,", "{id: cve,", "stands twice"},
		"second document": {"tests:\n", "tests:\n---\n", "second document"},
	} {
		bad := strings.Replace(string(whole), c.old, c.new, 1)
		if bad == string(whole) {
			t.Fatalf("%s: nothing changed", name)
		}
		if _, err := filing.Parse("x.yaml", []byte(bad)); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := filing.Parse("x.yaml", make([]byte, 1<<20)); err == nil {
		t.Error("a large file was read")
	}
}

// Whatever is given as a pack, it is refused or stands.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"nvdb", "cnnvd"} {
		b, err := os.ReadFile("packs/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := filing.Parse("x.yaml", b)
		if err != nil {
			return
		}
		if !utf8.ValidString(p.ID) || len(p.Fields) == 0 {
			t.Fatalf("%+v", p)
		}
		p.Test()
	})
}
