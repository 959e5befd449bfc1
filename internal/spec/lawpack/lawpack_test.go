// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Every pack passes its own tests.
func TestPacksHoldTheirOwnTests(t *testing.T) {
	files, err := filepath.Glob("packs/*.yaml")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d packs, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := lawpack.Parse(file, data)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, f := range p.Test() {
			t.Errorf("%s: %s", file, f)
		}
		if p.Regime+".yaml" != filepath.Base(file) {
			t.Errorf("%s holds the regime %s", file, p.Regime)
		}
	}
	if t.Failed() {
		return
	}
	if got := len(lawpack.Builtin()); got != len(files) {
		t.Errorf("%d packs come with the platform, of %d", got, len(files))
	}
}

// A due time that rests on a year nobody has arranged yet says so, and which year; so does one that rests on a calendar
// without the bank holidays of member states. One that rests on known years says nothing of the kind.
func TestAnUnknownYearIsSaid(t *testing.T) {
	learned := func(when string) lawpack.Owed {
		return ask(t, lawpack.Input{Roles: []lawpack.Role{lawpack.Provider}, Anchors: []lawpack.Anchor{happened("discovered_or_learned_at", when)}, Now: at(when)})["rmsv-7-2-report"]
	}
	o := learned("2026-12-31 10:00")
	expect(t, o, lawpack.Running, "2027-01-02 10:00", "2027-01-05 00:00")
	if !o.Provisional {
		t.Error("not marked as provisional")
	}
	says(t, o, "暂定：2027 年的放假调休安排尚不掌握", "provisional: the arrangement of days of rest of 2027 is not known here")
	says(t, learned("2030-05-06 10:00"), "暂定：2030 年", "days of rest of 2030 is")
	if s := learned("2026-09-30 10:00").Sentence(i18n.For(i18n.English)); strings.Contains(s, "provisional") {
		t.Error(s)
	}
	eu := ask(t, lawpack.Input{Facts: lawpack.Facts{"financial_entity": lawpack.Yes}, Anchors: []lawpack.Anchor{happened("initial_submitted_at", "2026-03-31T10:00:00+02:00")}, Now: at("2026-04-01 10:00")})
	says(t, eu["eu-dora-19/intermediate"], "其他银行假日未收录", "further bank holidays of the member state are not known here")
}
