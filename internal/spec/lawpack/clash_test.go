// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack_test

import (
	"slices"
	"testing"

	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

func TestClashes(t *testing.T) {
	clashes := func(now string, facts lawpack.Facts, roles ...lawpack.Role) (ids []string) {
		in := lawpack.Input{Roles: roles, Facts: facts, Now: at(now), Anchors: []lawpack.Anchor{happened("discovered_or_learned_at", now)}}
		for _, c := range lawpack.Clashes(lawpack.Evaluate(lawpack.Builtin(), in)) {
			ids = append(ids, c.ID)
		}
		return ids
	}
	eu := lawpack.Facts{"eu_market": lawpack.Yes, "publishes": lawpack.Yes}
	for _, c := range []struct {
		name string
		got  []string
		want []string
	}{
		{"a provider on the EU market", clashes("2026-10-12 09:00", eu, lawpack.Provider), []string{"border", "triggers"}},
		{"who means to publish as well", clashes("2026-10-12 09:00", eu, lawpack.Provider, lawpack.Finder), []string{"border", "users", "triggers"}},
		{"before the CRA applied", clashes("2026-09-01 09:00", eu, lawpack.Provider), nil},
		{"at home", clashes("2026-10-12 09:00", nil, lawpack.Provider), nil},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	// A clash names only duties that exist, and speaks both languages.
	for _, c := range lawpack.AllClashes() {
		for _, key := range append(slices.Clone(c.One), c.Two...) {
			if lawpack.Lookup(key, "") == nil {
				t.Errorf("%s: no pack has the duty %s", c.ID, key)
			}
		}
		for _, x := range []lawpack.Text{c.Title, c.Why, c.Question} {
			if x.ZH == "" || x.EN == "" {
				t.Errorf("%s lacks words", c.ID)
			}
		}
	}
}
