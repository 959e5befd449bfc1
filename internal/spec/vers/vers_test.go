// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNaturalOrder(t *testing.T) {
	// Versions that stand in one line are the same; every line is newer than the one above.
	lines := [][]string{
		{"0", "V0.0"},
		{"0.9.9"},
		{"1.0-dev"},
		{"1.0-alpha.1"},
		{"1.0-beta"},
		{"1.0-beta2"},
		{"1.0-rc1", "1.0 RC 1", "1.0.0-rc.01"},
		{"1.0-SNAPSHOT"},
		{"1", "1.0", "v1.0.0", "V1.0", "Ver 1.0", "1.0.Final", "１．０"},
		{"1.0b", "1.0.b"},
		{"1.0 (build 7)", "V1.0（build 7）"},
		{"1.0 (build 20)"},
		{"1.0.0.1"},
		{"1.0.1"},
		{"1.0.1b", "V1.0.1B"},
		{"1.0.2"},
		{"1.0.10"},
		{"1.0.*", "1.0.x", "1.0.*.3"},
		{"1.1"},
		{"8.2.99999999999999999999999999"},
		{"8.2.*"},
		{"8.3"},
		{"100R002C00"},
		{"V100R002C00SPC100"},
		{"V100R002C00SPC300"},
		{"V100R002C10"},
		{"V100R003"},
		{"20211210"},
	}
	for i, line := range lines {
		for _, a := range line {
			for j, other := range lines {
				for _, b := range other {
					got, err := Compare(Natural, a, b)
					if want := sign(i - j); err != nil || got != want {
						t.Errorf("Compare(%q, %q) = %d, %v; want %d", a, b, got, err, want)
					}
				}
			}
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestEcosystems(t *testing.T) {
	for _, e := range []struct{ scheme, older, newer string }{
		{"Maven", "2.15.0-rc1", "2.15.0"}, {"Maven", "2.0-beta9", "2.0"}, {"Maven", "1.0", "1.0-1"},
		{"npm", "4.17.20", "4.17.21"}, {"npm", "1.0.0-alpha.2", "1.0.0-alpha.10"},
		{"Go", "v1.2.3", "1.2.4"}, {"Go", "0.0.0-20200101000000-abcdefabcdef", "0.0.1"},
		{"PyPI", "1.0.dev1", "1.0a1"}, {"PyPI", "2.0rc1", "2.0"}, {"PyPI", "1!0.1", "1!0.2"}, {"PyPI", "9", "1!1"},
		{"Debian:12", "1:1.0~rc1-1", "1:1.0-1"}, {"Debian", "2.31-13+deb11u3", "2.31-13+deb11u10"}, {"Ubuntu:22.04:LTS", "1.0-1ubuntu1", "1.0-1ubuntu1.1"},
		{"Alpine:v3.18", "1.2.3_rc1-r0", "1.2.3-r0"}, {"Alpine", "1.2.3-r9", "1.2.3-r10"},
		{"Red Hat", "1.0~beta-1.el8", "1.0-1.el8"}, {"AlmaLinux:9", "0:1.0-1", "1:0.1-1"}, {"openEuler:22.03-LTS", "1.0-1.oe2203", "1.0-2.oe2203"},
		{"RubyGems", "5.2.0.beta1", "5.2.0"}, {"NuGet", "1.0.0-beta", "1.0.0"}, {"Packagist", "1.0-RC1", "1.0"}, {"crates.io", "0.9.9", "0.10.0"},
		{"Linux", "6.1-rc3", "6.1"}, {"No Such Ecosystem", "V3.0.1", "V3.0.1b"},
	} {
		if got, err := Compare(e.scheme, e.older, e.newer); got != -1 || err != nil {
			t.Errorf("%s: Compare(%q, %q) = %d, %v; want -1", e.scheme, e.older, e.newer, got, err)
		}
		if got, err := Compare(e.scheme, e.newer, e.older); got != 1 || err != nil {
			t.Errorf("%s: Compare(%q, %q) = %d, %v; want 1", e.scheme, e.newer, e.older, got, err)
		}
		if got, err := Compare(e.scheme, e.newer, e.newer); got != 0 || err != nil {
			t.Errorf("%s: %q is not itself: %d, %v", e.scheme, e.newer, got, err)
		}
	}
}

func TestKnown(t *testing.T) {
	for scheme, want := range map[string]bool{"Maven": true, "Debian:12": true, "PyPI": true, "Hackage": true, "CRAN": true, "": false, "Linux": false, "maven": false} {
		if got := Known(scheme); got != want {
			t.Errorf("Known(%q) = %v", scheme, got)
		}
	}
}

func TestRefuses(t *testing.T) {
	for _, e := range []struct {
		scheme, a, b string
		want         error
	}{
		{Natural, "", "1", ErrInvalid},
		{"Maven", "1", " ", ErrInvalid},
		{"npm", "latest", "1.0.0", ErrInvalid},
		{Natural, "NOASSERTION", "1", ErrInvalid},
		{"Debian", "a:1", "1", ErrInvalid},
		{"Natural", "1", "n/a", ErrInvalid},
		{Natural, "1", strings.Repeat("1", MaxLength+1), ErrInvalid},
	} {
		if _, err := Compare(e.scheme, e.a, e.b); !errors.Is(err, e.want) {
			t.Errorf("%s: Compare(%.9q, %.9q): %v, want %v", e.scheme, e.a, e.b, err, e.want)
		}
	}
	if _, err := Compare(Natural, strings.Repeat("1", MaxLength), "1"); err != nil {
		t.Errorf("a version of the greatest length: %v", err)
	}
	maven, npm, firmware := parse(t, "Maven", "1"), parse(t, "npm", "1"), parse(t, Natural, "1")
	for _, pair := range [][2]Version{{maven, npm}, {maven, firmware}, {firmware, maven}, {firmware, {}}, {{}, {}}} {
		if n, err := pair[0].Compare(pair[1]); !errors.Is(err, ErrScheme) {
			t.Errorf("%v compares with %v: %d, %v", pair[0], pair[1], n, err)
		}
	}
}

func parse(t *testing.T, scheme, version string) Version {
	t.Helper()
	v, err := Parse(scheme, version)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCoversAndFloor(t *testing.T) {
	for _, e := range []struct {
		listed, version string
		want            bool
	}{
		{"V3.0.1b", "3.0.1B", true}, {"3.0", "3.0.0", true}, {"3.0", "3.0.1", false},
		{"8.2.*", "8.2.7", true}, {"8.2.*", "8.2", true}, {"8.2.x", "V8.2.7.1", true}, {"8.2.*", "8.20", false}, {"8.2.*", "8.3", false},
		{"8.0.*", "8", true}, {"8.0.*", "8.1", false}, {"8.*", "8.2-rc1", true}, {"8.2.*", "8", false},
	} {
		if got, err := Covers(e.listed, e.version); got != e.want || err != nil {
			t.Errorf("Covers(%q, %q) = %v, %v", e.listed, e.version, got, err)
		}
	}
	for _, pair := range [][2]string{{"*", "1"}, {"1", "none"}} {
		if _, err := Covers(pair[0], pair[1]); !errors.Is(err, ErrInvalid) {
			t.Errorf("Covers(%q, %q): %v", pair[0], pair[1], err)
		}
	}
	for bound, want := range map[string]string{"8.2.*": "8.2", "8.2.x ": "8.2", "8.X": "8", "8.2": "8.2", "*": "", "max": "max"} {
		if got := Floor(bound); got != want {
			t.Errorf("Floor(%q) = %q, want %q", bound, got, want)
		}
	}
}

// The natural order is an order: opposite both ways, and transitive.
func TestNaturalIsAnOrder(t *testing.T) {
	part := rapid.SampledFrom([]string{"0", "1", "2", "10", "00", "b", "rc", "beta", "final", "x", "*", "v", "-", ".", ".", " ", "修订", "（", "SP"})
	text := rapid.Custom(func(t *rapid.T) string {
		return "1" + strings.Join(rapid.SliceOfN(part, 0, 7).Draw(t, "parts"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := text.Draw(t, "a"), text.Draw(t, "b"), text.Draw(t, "c")
		order := func(x, y string) int {
			n, err := Compare(Natural, x, y)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if order(a, a) != 0 || order(a, b) != -order(b, a) {
			t.Fatalf("%q and %q: %d and %d", a, b, order(a, b), order(b, a))
		}
		if order(a, b) <= 0 && order(b, c) <= 0 && order(a, c) > 0 {
			t.Fatalf("%q ≤ %q ≤ %q, but not the first ≤ the last", a, b, c)
		}
	})
}

func FuzzCompare(f *testing.F) {
	for _, scheme := range []string{"Maven", "npm", "PyPI", "Debian", "Alpine", "Red Hat", "RubyGems", "NuGet", "Packagist", "CRAN", "Hackage", "Pub", ""} {
		f.Add(scheme, "1.0-rc1", "1.0.0+build.5")
		f.Add(scheme, "1:2.3~a-4_p1", "１.*（x")
	}
	f.Fuzz(func(t *testing.T, scheme, a, b string) {
		n, err := Compare(scheme, a, b)
		if err != nil && !errors.Is(err, ErrInvalid) {
			t.Fatalf("%s: Compare(%q, %q): %v", scheme, a, b, err)
		}
		if n < -1 || n > 1 {
			t.Fatalf("%s: Compare(%q, %q) = %d", scheme, a, b, n)
		}
	})
}
