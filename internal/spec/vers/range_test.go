// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseRange(t *testing.T) {
	for _, s := range []string{"vers:npm/1.2.3|>=2.0.0|<5.0.0", "vers:deb/*", "vers:all/*", "vers:none/*", "vers:pypi/!=1.0", "vers:maven/>=1.0-beta1|<=1.7.5|>=7.0.0-M1|<=7.0.7", "vers:gem/>=2.2.0|!=2.2.1|<2.3.0", "vers:generic/>=1.0%2520x",
		"vers:generic/1%7C2", "vers:rpm/<1:2.0-1.el8", "vers:generic/%E4%BF%AE1", "vers:x-y.z1/<2", "vers:datetime/>=2024-01-01T00:00:00Z|<2025-01-01T00:00:00+02:00", "vers:intdot/1.10|1.20", "vers:pypi/1.0|1.1|>=2|!=2.1|3.0", "vers:npm/<1.0.0|1.2.0|>2.0.0"} {
		r, err := ParseRange(s)
		if s == "vers:pypi/1.0|1.1|>=2|!=2.1|3.0" { // 3.0 is in the stretch already
			if err == nil {
				t.Errorf("%s passes", s)
			}
			continue
		}
		if err != nil || r.String() != s {
			t.Errorf("%s reads as %s, %v", s, r, err)
		}
	}
	for s, want := range map[string]RangeRule{
		"": RangeSyntax, "1.2.3": RangeSyntax, "vers:npm": RangeSyntax, "VERS:npm/1": RangeSyntax, "vers:NPM/1": RangeSyntax, "vers:/1": RangeSyntax, "vers:1a/1": RangeSyntax, "vers:a_b/1": RangeSyntax,
		"vers:npm/": RangePipes, "vers:npm/|1.0.0": RangePipes, "vers:npm/1.0.0||2.0.0": RangePipes, "vers:npm/1.0.0|": RangePipes,
		"vers:npm/ 1.0.0": RangeEncoding, "vers:npm/1.0.0\n": RangeEncoding, "vers:npm/１": RangeEncoding, "vers:npm/1%2": RangeEncoding, "vers:npm/1%zz": RangeEncoding, "vers:npm/1%2e0": RangeEncoding, "vers:npm/1%7c": RangeEncoding, "vers:npm/1=2": RangeEncoding,
		"vers:npm/>=": RangeComparator, "vers:npm/=1.0.0": RangeComparator, "vers:npm/*|1.0.0": RangeComparator, "vers:npm/>*": RangeComparator, "vers:all/1": RangeComparator, "vers:none/>1": RangeComparator,
		"vers:npm/latest": RangeVersion, "vers:deb/x:1": RangeVersion, "vers:datetime/nope": RangeVersion, "vers:intdot/x": RangeVersion, "vers:gentoo/1-x": RangeVersion, "vers:datetime/2024-01-01t00:00:00Z": RangeEncoding,
		"vers:npm/2.0.0|1.0.0": RangeOrder, "vers:npm/1.0.0|>=1.0.0": RangeTwice, "vers:pypi/1.0|1.0.0": RangeTwice,
		"vers:npm/1.0.0|<2.0.0": RangeSequence, "vers:npm/>1.0.0|>2.0.0": RangeSequence, "vers:npm/<1.0.0|<2.0.0": RangeSequence, "vers:npm/>1.0.0|2.0.0": RangeSequence, "vers:npm/<1.0.0|!=1.1.0|<=2.0.0": RangeSequence,
		"vers:npm/" + strings.Repeat("1|", MaxConstraints) + "1": RangeLength, "vers:npm/" + strings.Repeat("1", MaxRange): RangeLength,
	} {
		_, err := ParseRange(s)
		var got *RefusedRange
		if !errors.As(err, &got) || got.Rule != want {
			t.Errorf("ParseRange(%.50q): %v, want %s", s, err, want)
		}
	}
	if got := (&RefusedRange{RangeOrder}).Error(); got != "vers: not a version range specifier: order" {
		t.Error(got)
	}
}

func TestReadRange(t *testing.T) {
	for in, want := range map[string]string{
		"vers:npm/1.2.3 | >= 2.0.0 | < 5.0.0": "vers:npm/1.2.3|>=2.0.0|<5.0.0",
		"VERS:NPM/<5.0.0|>=2.0.0||=1.2.3|":    "vers:npm/1.2.3|>=2.0.0|<5.0.0",
		"vers:generic/==1%2e0|2%":             "vers:generic/1.0|2%25",
		"vers:pypi/2|2|>1":                    "vers:pypi/>1|2|2",
		"vers: npm / *":                       "vers:npm/*",
		"vers:all/<V2.9.2":                    "vers:all/<V2.9.2",
		"vers:all/>=V4.5.0<V4.5.2":            "vers:all/>=V4.5.0|<V4.5.2",
	} {
		if r, err := ReadRange(in); err != nil || r.String() != want {
			t.Errorf("ReadRange(%q) = %s, %v; want %s", in, r, err, want)
		}
	}
	for _, s := range []string{"", "npm/1", "vers:npm/", "vers:npm/||", "vers:npm/>=", "vers:npm/1|*", "vers:npm/latest", "vers:npm/1|none", "vers:none/1"} {
		if r, err := ReadRange(s); err == nil {
			t.Errorf("ReadRange(%q) = %s", s, r)
		}
	}
}

func TestContains(t *testing.T) {
	for _, c := range []struct {
		in      string
		yes, no string
	}{
		{"vers:npm/1.2.3|>=2.0.0|<5.0.0", "1.2.3 2.0.0 4.9.9", "1.2.2 1.2.4 2.0.0-rc1 5.0.0"},
		{"vers:pypi/>=1.0|!=1.5|<2.0", "1.0 1.4 1.5.1", "0.9 1.5 1.5.0 2.0"},
		{"vers:pypi/!=1.5", "", "1.5 1"}, // nothing is opened
		{"vers:maven/>=1.0.0-beta1|<=1.7.5|>=7.0.0-M1|<=7.0.7", "1.0.0-beta1 1.7.5 7.0.0 7.0.7", "1.0.0-alpha1 1.7.6 6 7.0.8"},
		{"vers:deb/<=1.0|>2.0", "1.0 0.9 2.1", "1.1 2.0"},
		{"vers:generic/>V1.0|<=V3.0b", "1.0.1 3.0 3.0B", "1.0 3.0.1"},
		{"vers:all/*", "1 anything", ""}, {"vers:none/*", "", "1"},
		{"vers:datetime/>=2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z 2024-01-01T00:00:01+00:00", "2024-01-01T00:00:00+01:00"},
		{"vers:intdot/>1.10|<1.20", "1.11 1.10.1 1.19.9-rc", "1.10.0 1.9 1.020"},
		{"vers:lexicographic/>=a|<c", "a b", "A c"},
		{"vers:alpm/>=1.5", "1.5-1 1.5 1:0.1", "1.5rc1-2"},
		{"vers:gentoo/<1.0_p1", "1.0 1.0_rc1 1.0-r3", "1.0_p1 1.0a"},
		{"vers:conan/<=1.1", "1.1 1.1.0 1.1-pre", "1.1+b1 1.2"},
	} {
		r, err := ReadRange(c.in)
		if err != nil {
			t.Fatal(c.in, err)
		}
		for want, list := range map[bool]string{true: c.yes, false: c.no} {
			for _, v := range strings.Fields(list) {
				if got, err := r.Contains(v); got != want || err != nil {
					t.Errorf("%s contains %s: %v, %v", c.in, v, got, err)
				}
			}
		}
	}
	r, _ := ReadRange("vers:npm/>1.0.0")
	if _, err := r.Contains("latest"); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

var rangeTypes = rapid.SampledFrom([]string{"npm", "pypi", "maven", "gem", "deb", "rpm", "apk", "nuget", "composer", "generic", "alpm", "conan", "intdot"})

// A canonical range is its own reading, and holds what its signposts say: a stretch from one to the next, seen from every
// side.
func TestRangesHoldTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Range{Type: rangeTypes.Draw(t, "type")}
		for range rapid.IntRange(1, 5).Draw(t, "n") {
			r.Constraints = append(r.Constraints, Constraint{rapid.SampledFrom([]Comparator{Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual}).Draw(t, "comparator"),
				rapid.SampledFrom([]string{"1", "1.1", "1.2", "1.10", "2", "3.0.1"}).Draw(t, "version")})
		}
		lenient, err := ReadRange(r.String())
		if err != nil {
			t.Fatalf("%s: %v", r, err)
		}
		strict, err := ParseRange(lenient.String())
		if (err == nil) != (lenient.Check() == nil) || err == nil && strict.String() != lenient.String() {
			t.Fatalf("%s: %v, checks as %v", lenient, err, lenient.Check())
		}
		if err != nil {
			return
		}
		version := rapid.SampledFrom([]string{"0.1", "1", "1.0.5", "1.1", "1.1.1", "1.2", "1.9", "1.10", "1.11", "2", "2.5", "3.0.1", "4"}).Draw(t, "asked")
		got, err := strict.Contains(version)
		if err != nil {
			t.Fatal(err)
		}
		if want := bySignposts(t, strict, version); got != want {
			t.Fatalf("%s contains %s: %v, its signposts say %v", strict, version, got, want)
		}
	})
}

// bySignposts walks along the sorted constraints: after a lower bound one is inside, after an upper one outside; before
// the first bound one is inside if that is an upper one.
func bySignposts(t *rapid.T, r Range, version string) bool {
	order := ordersOf(r.Type)
	inside := false
	for _, c := range r.Constraints {
		if c.Comparator != Equal && c.Comparator != NotEqual {
			inside = c.Comparator.upper()
			break
		}
	}
	for _, c := range r.Constraints {
		n, err := order(version, c.Version)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case n == 0:
			return c.Comparator == Equal || c.Comparator == LessOrEqual || c.Comparator == GreaterOrEqual
		case n < 0:
			return inside
		case c.Comparator.lower():
			inside = true
		case c.Comparator.upper():
			inside = false
		}
	}
	return inside
}

func FuzzRange(f *testing.F) {
	for _, s := range []string{"vers:npm/1.2.3|>=2.0.0|<5.0.0", "vers:maven/>=1.0-beta1|!=1.2|<=1.7.5", "vers:generic/1%7C2|*", "vers:datetime/>=2024-01-01T00:00:00Z", "vers:gentoo/<1.0_p1-r2", "vers:alpm/1:1.0.a-1|2", "vers:conan/1-pre+b.1", "vers:intdot/1.002.x"} {
		f.Add(s, "1.0")
	}
	f.Fuzz(func(t *testing.T, s, version string) {
		if r, err := ParseRange(s); err == nil && r.String() != s {
			t.Fatalf("%q is canonical but writes as %q", s, r)
		}
		r, err := ReadRange(s)
		if err != nil {
			return
		}
		again, err := ReadRange(r.String())
		if err != nil {
			if len(r.String()) > MaxRange {
				return
			}
			t.Fatalf("%q reads as %q, that as %v", s, r, err)
		}
		was, errWas := r.Contains(version)
		if is, err := again.Contains(version); is != was || (err == nil) != (errWas == nil) {
			t.Fatalf("%q: contains %q %v, %v; %q: %v, %v", s, version, was, errWas, again, is, err)
		}
	})
}
