// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestAfter(t *testing.T) {
	for _, c := range []struct{ scheme, version, want string }{
		{"npm", "1.2.3", "1.2.4-0"}, {"Go", "v1.2.9", "v1.2.10-0"}, {"crates.io", "1.2.3-rc.1", "1.2.3-rc.1.0"},
		{Natural, "3.0", "3.0-a"}, {Natural, "V3.0.1b", "V3.0.1b-a"}, {Natural, "5.6.*", "5.7-dev"}, {Natural, "8.X", "9-dev"}, {"Linux", "5.15.*", "5.16-dev"}, {Natural, "8.0.*", "8.1-dev"},
		{"npm", "1.2", ""}, {"npm", "1.2.3+b", ""}, {"PyPI", "1.2.3", ""}, {"Maven", "1.2.3", ""}, {Natural, "latest", ""}, {Natural, "*", ""}, {Natural, "5.*.6", ""}, {"npm", "x", ""},
	} {
		if got, ok := After(c.scheme, c.version); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: after %s comes %q, %v; want %q", c.scheme, c.version, got, ok, c.want)
		}
	}
}

// What is newer than a version is at least the one after it, and what is not is not.
func TestNothingLiesBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scheme := rapid.SampledFrom([]string{Natural, "npm"}).Draw(t, "scheme")
		v, x := version(scheme).Draw(t, "version"), version(scheme).Draw(t, "other")
		next, ok := After(scheme, v)
		if !ok {
			return
		}
		beside, err := Compare(scheme, x, v)
		if err != nil {
			return
		}
		behind, err := Compare(scheme, x, next)
		if err != nil {
			t.Fatalf("after %q comes %q: %v", v, next, err)
		}
		if scheme == Natural && slices.Contains(read(next), item{rank: word, text: "a"}) && slices.ContainsFunc(read(x), func(i item) bool { return i.rank < 0 }) {
			return // 3.0-a-dev lies between 3.0 and 3.0-a
		}
		if (beside > 0) != (behind >= 0) {
			t.Fatalf("%q lies %d to %q, and %d to %q, which comes after it", x, beside, v, behind, next)
		}
	})
}
