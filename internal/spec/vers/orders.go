// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"cmp"
	"fmt"
	"strings"
)

// The orders of types that no OSV ecosystem has.

// checked lets f compare what can be versions at all.
func checked(f func(a, b string) int) order {
	return func(a, b string) (int, error) {
		if a == "" || b == "" || len(a) > MaxLength || len(b) > MaxLength {
			return 0, fmt.Errorf("vers: %w", ErrInvalid)
		}
		return f(a, b), nil
	}
}

func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// compareALPM compares versions of Arch Linux, [epoch:]version[-release], as vercmp(8) does: words are older than the
// end, and a release counts only where both have one.
func compareALPM(a, b string) int {
	split := func(s string) (epoch, version, rel string) {
		if e, rest, ok := strings.Cut(s, ":"); ok && isNumber(e) {
			epoch, s = e, rest
		}
		if i := strings.LastIndexByte(s, '-'); i >= 0 {
			return epoch, s[:i], s[i+1:]
		}
		return epoch, s, ""
	}
	epochA, a, releaseA := split(a)
	epochB, b, releaseB := split(b)
	n := cmp.Or(compareNumbers(epochA, epochB), vercmp(a, b))
	if n == 0 && releaseA != "" && releaseB != "" {
		n = vercmp(releaseA, releaseB)
	}
	return n
}

func vercmp(a, b string) int {
	separators := func(s string) int {
		return len(s) - len(strings.TrimLeftFunc(s, func(r rune) bool { return r >= 0x80 || !letter(byte(r)) && !digit(byte(r)) }))
	}
	run := func(s string, of func(byte) bool) int {
		n := 0
		for n < len(s) && of(s[n]) {
			n++
		}
		return n
	}
	for a != "" && b != "" {
		i, j := separators(a), separators(b)
		a, b = a[i:], b[j:]
		switch {
		case a == "" || b == "":
			continue
		case i != j:
			return cmp.Compare(i, j)
		}
		kind := letter
		if digit(a[0]) {
			kind = digit
		}
		i, j = run(a, kind), run(b, kind)
		if j == 0 && digit(a[0]) {
			return 1
		} else if j == 0 {
			return -1
		}
		n := strings.Compare(a[:i], b[:j])
		if digit(a[0]) {
			n = compareNumbers(a[:i], b[:j])
		}
		if n != 0 {
			return n
		}
		a, b = a[i:], b[j:]
	}
	switch {
	case a == "" && b == "":
		return 0
	case a == "" && !letter(b[0]), a != "" && letter(a[0]):
		return -1
	}
	return 1
}

// gentooSuffixes are the suffixes of Gentoo from the oldest on; between rc and p stands a version without one.
var gentooSuffixes = []struct {
	text   string
	weight int
}{{"alpha", 1}, {"beta", 2}, {"pre", 3}, {"rc", 4}, {"p", 6}}

// compareGentoo compares versions of Gentoo by the Package Manager Specification, section 3.3.
func compareGentoo(a, b string) (int, error) {
	x, okA := readGentoo(a)
	y, okB := readGentoo(b)
	if !okA || !okB {
		return 0, fmt.Errorf("vers: %w", ErrInvalid)
	}
	for i := range min(len(x.numbers), len(y.numbers)) {
		p, q := x.numbers[i], y.numbers[i]
		n := compareNumbers(p, q)
		if i > 0 && (p[0] == '0' || q[0] == '0') {
			n = strings.Compare(strings.TrimRight(p, "0"), strings.TrimRight(q, "0"))
		}
		if n != 0 {
			return n, nil
		}
	}
	if n := cmp.Or(cmp.Compare(len(x.numbers), len(y.numbers)), strings.Compare(x.letter, y.letter)); n != 0 {
		return n, nil
	}
	none := gentooSuffix{weight: 5}
	for i := range max(len(x.suffixes), len(y.suffixes)) {
		p, q := none, none
		if i < len(x.suffixes) {
			p = x.suffixes[i]
		}
		if i < len(y.suffixes) {
			q = y.suffixes[i]
		}
		if n := cmp.Or(cmp.Compare(p.weight, q.weight), compareNumbers(p.number, q.number)); n != 0 {
			return n, nil
		}
	}
	return compareNumbers(x.revision, y.revision), nil
}

type gentoo struct {
	numbers          []string
	letter, revision string
	suffixes         []gentooSuffix
}

type gentooSuffix struct {
	weight int
	number string
}

func readGentoo(s string) (v gentoo, ok bool) {
	if len(s) > MaxLength {
		return v, false
	}
	for {
		run, rest := digits(s)
		if run == "" {
			return v, false
		}
		v.numbers = append(v.numbers, run)
		if s = rest; s == "" || s[0] != '.' {
			break
		}
		s = s[1:]
	}
	if s != "" && 'a' <= s[0] && s[0] <= 'z' {
		v.letter, s = s[:1], s[1:]
	}
next:
	for strings.HasPrefix(s, "_") {
		for _, x := range gentooSuffixes {
			if rest, found := strings.CutPrefix(s[1:], x.text); found {
				var run string
				run, s = digits(rest)
				v.suffixes = append(v.suffixes, gentooSuffix{x.weight, run})
				continue next
			}
		}
		return v, false
	}
	if rest, found := strings.CutPrefix(s, "-r"); found {
		v.revision, s = digits(rest)
	}
	return v, s == ""
}

// compareConan compares versions of Conan 2: main[-pre][+build], each a list of numbers and words; zeros that end it do
// not count, and a version with a pre-release is older.
func compareConan(a, b string) int {
	split := func(s string) (main, pre, build string, isPre bool) {
		if i := strings.LastIndexByte(s, '+'); i >= 0 {
			s, build = s[:i], s[i+1:]
		}
		if i := strings.LastIndexByte(s, '-'); i >= 0 {
			return s[:i], s[i+1:], build, true
		}
		return s, "", build, false
	}
	mainA, preA, buildA, isA := split(a)
	mainB, preB, buildB, isB := split(b)
	if n := compareItems(mainA, mainB); n != 0 {
		return n
	}
	switch {
	case isA && !isB:
		return -1
	case isB && !isA:
		return 1
	}
	return cmp.Or(compareItems(preA, preB), compareItems(buildA, buildB))
}

func compareItems(a, b string) int {
	items := func(s string) []string {
		if s == "" {
			return nil
		}
		list := strings.Split(s, ".")
		for len(list) > 0 && isNumber(list[len(list)-1]) && strings.Trim(list[len(list)-1], "0") == "" {
			list = list[:len(list)-1]
		}
		return list
	}
	x, y := items(a), items(b)
	for i := range min(len(x), len(y)) {
		n := strings.Compare(x[i], y[i])
		if isNumber(x[i]) && isNumber(y[i]) {
			n = compareNumbers(x[i], y[i])
		}
		if n != 0 {
			return n
		}
	}
	return cmp.Compare(len(x), len(y))
}
