// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A natural version is a list of numbers and words; what stands between them (dots, dashes, brackets, blanks) does not
// count, nor do letter case, leading zeros, a leading "V", or zeros that end a run of numbers: V3.0 is 3.
//
// Versions compare item by item, the missing items of the shorter one counting as end:
//
//	dev < alpha < beta < milestone < pre < rc < snapshot < end < other words < numbers < wildcard
//
// so that 3.0-rc1 < 3.0 < 3.0b < 3.0.1 < 3.0.1b < 3.0.2 < 3.0.*.
type natural []item

type item struct {
	rank rank
	text string // the digits of a number without leading zeros, or the word
}

type rank int

const (
	end  rank = iota // pre-releases rank below
	word             // 3.0.1b, V100R002, build 7
	number
	wildcard // 8.2.* as an upper bound: whatever 8.2 has
)

var preRelease = map[string]rank{
	"dev": -7, "alpha": -6, "beta": -5, "milestone": -4, "pre": -3, "preview": -3, "rc": -2, "cr": -2, "snapshot": -1,
}

// silent words say nothing about the order.
var silent = map[string]bool{"final": true, "ga": true, "release": true}

// halfWidth maps the full-width forms of ASCII, as Chinese texts use them, to ASCII.
func halfWidth(r rune) rune {
	if r >= '!'+0xFEE0 && r <= '~'+0xFEE0 {
		return r - 0xFEE0
	}
	return r
}

func read(s string) natural {
	s = strings.ToLower(s)
	items := make(natural, 0, 8)
	for rest := s; rest != ""; {
		run := rest[:span(rest)]
		before := s[:len(s)-len(rest)]
		rest = rest[len(run):]
		next := item{number, strings.TrimLeft(run, "0")}
		switch first, _ := utf8.DecodeRuneInString(run); {
		case first == '*', run == "x" && rest == "" && strings.HasSuffix(before, "."):
			return append(items, item{rank: wildcard}) // what follows a wildcard says nothing
		case isDigit(first):
		case !unicode.IsLetter(first), silent[run], len(items) == 0 && (run == "v" || run == "ver" || run == "version"):
			continue
		default:
			items = items.trimZeros()
			next = item{word, run}
			if r, ok := preRelease[run]; ok {
				next = item{rank: r}
			}
		}
		items = append(items, next)
	}
	return items.trimZeros()
}

// span returns the length in bytes of the run of digits or of letters that s begins with, or of one other character.
func span(s string) int {
	first, size := utf8.DecodeRuneInString(s)
	same := unicode.IsLetter
	switch {
	case isDigit(first):
		same = isDigit
	case !unicode.IsLetter(first):
		return size
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return !same(r) }); i >= 0 {
		return i
	}
	return len(s)
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func (n natural) trimZeros() natural {
	for len(n) > 0 && n[len(n)-1] == (item{rank: number}) {
		n = n[:len(n)-1]
	}
	return n
}

func (n natural) compare(m natural) int {
	for i := range max(len(n), len(m)) {
		var a, b item
		if i < len(n) {
			a = n[i]
		}
		if i < len(m) {
			b = m[i]
		}
		c := cmp.Compare(a.rank, b.rank)
		if c == 0 && a.rank == number {
			c = cmp.Compare(len(a.text), len(b.text))
		}
		if c = cmp.Or(c, strings.Compare(a.text, b.text)); c != 0 {
			return c
		}
	}
	return 0
}

// Covers reports whether a listed natural version names version: the same one, or, when it ends in a wildcard
// ("8.2.*", "8.2.x"), any that begins like it. It fails with ErrInvalid.
func Covers(listed, version string) (bool, error) {
	l, err := Parse(Natural, listed)
	if err != nil {
		return false, err
	}
	v, err := Parse(Natural, version)
	if err != nil {
		return false, err
	}
	last := len(l.natural) - 1
	if last < 0 || l.natural[last].rank != wildcard {
		return l.natural.compare(v.natural) == 0, nil
	}
	stem, whole := l.natural[:last], v.natural
	for len(whole) < len(stem) { // zeros that were trimmed: 8.0.* covers 8
		whole = append(whole, item{rank: number})
	}
	return slices.Equal(stem, whole[:len(stem)]), nil
}

// Wild reports whether a listed natural version ends in a wildcard, and so may name several.
func Wild(listed string) bool {
	l, err := Parse(Natural, listed)
	return err == nil && len(l.natural) > 0 && l.natural[len(l.natural)-1].rank == wildcard
}

// Floor returns the least version that a lower bound means: "8.2" for "8.2.*" or "8.2.x", every other text as it is.
func Floor(bound string) string {
	bound = strings.TrimSpace(bound)
	for _, star := range []string{"*", ".x", ".X"} {
		if stem, ok := strings.CutSuffix(bound, star); ok {
			return strings.TrimRight(stem, ".")
		}
	}
	return bound
}
