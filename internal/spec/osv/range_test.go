// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/spec/vers"
)

func TestFromRange(t *testing.T) {
	span := func(events ...Event) Range { return Range{Type: RangeEcosystem, Events: events} }
	for s, want := range map[string]struct {
		ranges []Range
		exact  bool
	}{
		"vers:npm/1.2.3|>=2.0.0|<5.0.0":   {[]Range{span(Event{Introduced: "1.2.3"}, Event{LastAffected: "1.2.3"}), span(Event{Introduced: "2.0.0"}, Event{Fixed: "5.0.0"})}, true},
		"vers:pypi/<=1.0|>=2.0":           {[]Range{span(Event{Introduced: "0"}, Event{LastAffected: "1.0"}), span(Event{Introduced: "2.0"})}, true},
		"vers:gem/>=2.2.0|!=2.2.1|<2.3.0": {[]Range{span(Event{Introduced: "2.2.0"}, Event{Fixed: "2.3.0"})}, false},
		"vers:npm/>2.2.0|!=2.2.3|<2.3.0":  {[]Range{span(Event{Introduced: "2.2.1-0"}, Event{Fixed: "2.2.3"}), span(Event{Introduced: "2.2.4-0"}, Event{Fixed: "2.3.0"})}, true},
		"vers:generic/<2.0|>3.0":          {[]Range{span(Event{Introduced: "0"}, Event{Fixed: "2.0"}), span(Event{Introduced: "3.0-a"})}, true},
		"vers:deb/>1.0":                   {[]Range{span(Event{Introduced: "1.0"})}, false},
		"vers:npm/*":                      {[]Range{span(Event{Introduced: "0"})}, true},
		"vers:none/*":                     {nil, true},
	} {
		r, err := vers.ReadRange(s)
		if err != nil {
			t.Fatal(s, err)
		}
		ranges, exact := FromRange(r)
		if diff := cmp.Diff(want.ranges, ranges); diff != "" || exact != want.exact {
			t.Errorf("%s: exact %v\n%s", s, exact, diff)
		}
	}
}

func TestFromText(t *testing.T) {
	span := func(events ...Event) []Range { return []Range{{Type: RangeEcosystem, Events: events}} }
	for s, want := range map[string]struct {
		ranges    []Range
		exact, ok bool
	}{
		"vers:npm/<1.4.0":   {span(Event{Introduced: "0"}, Event{Fixed: "1.4.0"}), true, true},
		">= 8.1.0，<= 9.1.0": {span(Event{Introduced: "8.1.0"}, Event{LastAffected: "9.1.0"}), true, true},
		"> 1.0":             {span(Event{Introduced: "1.0-a"}), true, true},
		"3.2 及以下版本":         {span(Event{Introduced: "0"}, Event{LastAffected: "3.2"}), true, true},
		"all versions":      {span(Event{Introduced: "0"}), true, true},
		"vers:npm/>=":       {span(Event{Introduced: "0"}, Event{LastAffected: "?"}), false, false},
		"before the flood":  {span(Event{Introduced: "0"}, Event{LastAffected: "?"}), false, false},
		"":                  {span(Event{Introduced: "0"}, Event{LastAffected: "?"}), false, false},
	} {
		ranges, exact, ok := FromText(vers.Natural, s)
		if diff := cmp.Diff(want.ranges, ranges); diff != "" || exact != want.exact || ok != want.ok {
			t.Errorf("%q: exact %v, read %v\n%s", s, exact, ok, diff)
		}
		if v := Affects(Affected{Ranges: ranges}, "", "1.0"); !ok && v.State != Unknown {
			t.Errorf("%q, which is not understood, decides: %+v", s, v)
		}
	}
}

// What a specifier contains is affected; where the ranges say it exactly, nothing else is.
func TestFromRangeMissesNothing(t *testing.T) {
	versions := rapid.SampledFrom([]string{"1", "1.1", "1.2", "1.10", "2", "2.0.1", "3"})
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"npm", "pypi", "deb", "generic", "apk", "maven"}).Draw(t, "type")
		r := vers.Range{Type: kind}
		for range rapid.IntRange(1, 5).Draw(t, "n") {
			r.Constraints = append(r.Constraints, vers.Constraint{Comparator: rapid.SampledFrom([]vers.Comparator{"=", "!=", "<", "<=", ">", ">="}).Draw(t, "comparator"), Version: versions.Draw(t, "version")})
		}
		r, err := vers.ReadRange(r.String())
		if err != nil {
			t.Fatal(err)
		}
		a := Affected{}
		scheme := vers.SchemeOf(kind)
		if scheme != vers.Natural {
			a.Package = &Package{Ecosystem: scheme, Name: "x"}
		}
		var exact bool
		a.Ranges, exact = FromRange(r)
		version := rapid.OneOf(versions, rapid.SampledFrom([]string{"0.9", "1.0.5", "1.11", "2.5", "4"})).Draw(t, "asked")
		in, err := r.Contains(version)
		if err != nil {
			t.Fatal(err)
		}
		hit := Affects(a, scheme, version).State == Hit
		if in && !hit || exact && r.Check() == nil && in != hit {
			t.Fatalf("%s contains %s: %v, its ranges %+v (exact %v): %v", r, version, in, a.Ranges, exact, hit)
		}
	})
}
