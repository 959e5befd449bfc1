// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/spec/bound"
)

func TestDocumentsKeepLimits(t *testing.T) {
	l := bound.Limits{Bytes: 100, Depth: 3, Values: 10}
	for doc, want := range map[string]error{
		"":                                  nil,
		`{"a":[{"b":1}]}`:                   nil,
		`{"a":"[[[[[[[[[[{{{{,,,,,,,,,,,"}`: nil,
		`{"a":"\"[[[[[[,,,,,,,,,,,"}`:       nil,
		`[[[[1]]]]`:                         bound.ErrDeep,
		`[1,2,3,4,5,6,7,8,9,10]`:            bound.ErrMany,
		`[{},{},{},{},{},{}]`:               bound.ErrMany,
		strings.Repeat(" ", 101):            bound.ErrLarge,
	} {
		if err := l.Check([]byte(doc)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", doc, err, want)
		}
	}
}

// plain is the rule byte by byte.
func plain(l bound.Limits, b string) error {
	depth, values, inside := 0, 1, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inside && c == '\\':
			i++
		case c == '"':
			inside = !inside
		case inside:
		case c == '{' || c == '[':
			depth++
			values++
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		}
		if depth > l.Depth {
			return bound.ErrDeep
		}
		if values > l.Values {
			return bound.ErrMany
		}
	}
	return nil
}

// Strings are skipped as a whole, and nothing else is.
func TestStringsAreSkippedWhole(t *testing.T) {
	l := bound.Limits{Bytes: 100, Depth: 4, Values: 12}
	seen := map[error]int{}
	for range 200_000 {
		var b strings.Builder
		for range rand.IntN(40) {
			b.WriteByte(`"\\"{}[],a `[rand.IntN(11)])
		}
		want := plain(l, b.String())
		seen[want]++
		if err := l.Check([]byte(b.String())); !errors.Is(err, want) {
			t.Fatalf("%q: %v, want %v", b.String(), err, want)
		}
	}
	if len(seen) != 3 {
		t.Error(seen)
	}
}
