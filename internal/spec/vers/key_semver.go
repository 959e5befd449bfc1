// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import "strings"

// A like is a version that looks like Semantic Versioning: a "v", numbers with dots, and the rest.
type like struct {
	numbers [8]string // the first ones
	count   int       // how many there are
	rest    string
}

// readLike takes v apart. Dots that stand together count as one.
func readLike(v string) like {
	l := like{}
	v = strings.TrimPrefix(v, "v")
	for v != "" {
		switch {
		case v[0] == '.':
			v = v[1:]
			continue
		case !digit(v[0]):
			l.rest = v
			return l
		}
		run, rest := digits(v)
		if l.count < len(l.numbers) {
			l.numbers[l.count] = run
		}
		l.count++
		v = rest
	}
	return l
}

// semverKey writes a version of Semantic Versioning 2.0.0 (clause 11): three numbers, then the pre-release.
func semverKey(key []byte, v string) ([]byte, bool) { return readLike(v).appendKey(key, 3) }

// nugetKey writes a version of NuGet: four numbers, and pre-releases whose case does not matter.
func nugetKey(key []byte, v string) ([]byte, bool) {
	l := readLike(v)
	l.rest = strings.ToLower(l.rest)
	return l.appendKey(key, 4)
}

// pubKey writes a version of Dart's pub: as semverKey, then the build, which counts as text.
func pubKey(key []byte, v string) ([]byte, bool) {
	l := readLike(v)
	key, ok := l.appendKey(key, 3)
	if _, build, found := strings.Cut(l.rest, "+"); ok && found {
		key = append(key, build...)
		for i := 3; i < l.count; i++ { // numbers beyond the third count as the end of the build
			key = append(append(key, '.'), trimZeros(l.numbers[i])...)
		}
	}
	return key, ok
}

func trimZeros(run string) string {
	if run = strings.TrimLeft(run, "0"); run == "" {
		return "0"
	}
	return run
}

// release sorts after every pre-release of the same numbers.
const release = 0xFF

func (l like) appendKey(key []byte, numbers int) ([]byte, bool) {
	if l.count > len(l.numbers) {
		return key, false
	}
	for i := range numbers {
		key = appendNumber(key, 0, l.numbers[i])
	}
	extra := l.numbers[min(numbers, l.count):l.count]
	pre, _, build := strings.Cut(l.rest, "+")
	pre = strings.TrimPrefix(pre, "-")
	if build {
		extra = nil // they belong to the build, which has no say
	}
	if pre == "" && len(extra) == 0 {
		return append(key, release), true
	}
	for more := true; more; {
		var part string
		part, pre, more = strings.Cut(pre, ".")
		switch {
		case isNumber(part):
			key = appendNumber(append(key, 1), 0, part)
		case len(part) > 1 && part[0] == '-' && isNumber(part[1:]):
			return key, false // the library takes it for a number below zero
		default:
			key = appendText(key, 2, part)
		}
	}
	for _, n := range extra {
		key = appendNumber(append(key, 1), 0, n)
	}
	return append(key, 0), true
}

// hackageKey writes a version of Hackage: numbers, of which a list goes before a longer one.
func hackageKey(key []byte, v string) ([]byte, bool) {
	v = strings.TrimPrefix(v, "v")
	for v != "" {
		if v[0] == '.' {
			v = v[1:]
			continue
		}
		var run string
		if run, v = digits(v); run == "" {
			return key, false
		}
		key = appendNumber(key, 1, run)
	}
	return key, true
}

// cranKey writes a version of CRAN: numbers between dots or dashes, of which a list goes before a longer one.
func cranKey(key []byte, v string) ([]byte, bool) {
	for {
		var run string
		if run, v = digits(v); run == "" {
			return key, false
		}
		key = appendNumber(key, 1, run)
		if v == "" {
			return key, true
		}
		if v[0] != '.' && v[0] != '-' {
			return key, false
		}
		v = v[1:]
	}
}
