// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import "strings"

// debianKey writes a version of dpkg, deb-version(7): [epoch:]upstream[-revision].
func debianKey(key []byte, v string) ([]byte, bool) {
	epoch := ""
	if e, rest, ok := strings.Cut(v, ":"); ok {
		if !isNumber(e) {
			return key, false
		}
		epoch, v = e, rest
	}
	upstream, revision := v, "0"
	if i := strings.LastIndexByte(v, '-'); i >= 0 {
		upstream, revision = v[:i], v[i+1:]
	}
	key = appendNumber(key, 0, epoch)
	return dpkg(dpkg(key, upstream), revision), true
}

// dpkg writes one part: runs of other characters and of digits by turns. A run ends with a byte between the tilde and
// everything else; a part ends where a run would begin.
func dpkg(key []byte, part string) []byte {
	const tilde, over, others = 1, 2, 122
	for first := true; first || part != ""; first = false {
		for part != "" && !digit(part[0]) {
			switch c := part[0]; {
			case c == '~':
				key = append(key, tilde)
			case letter(c):
				key = append(key, c)
			default:
				key = append(key, c+others) // after all letters
			}
			part = part[1:]
		}
		var run string
		run, part = digits(part)
		key = appendNumber(append(key, over), 0, run)
	}
	return append(key, over)
}

// rpmKey writes a version of RPM, rpm-version(7): [epoch:]version[-release].
func rpmKey(key []byte, v string) ([]byte, bool) {
	epoch := ""
	if e, rest, ok := strings.Cut(v, ":"); ok && (e == "" || isNumber(e)) {
		epoch, v = e, rest
	}
	version, rel, ok := strings.Cut(v, "-")
	key = appendNumber(key, 0, epoch)
	key = rpm(key, version != "", version)
	return rpm(key, ok, rel), true
}

// rpm writes one part for rpmvercmp. there is false where it is missing, which is older than an empty one.
func rpm(key []byte, there bool, part string) []byte {
	if !there {
		return append(key, 0)
	}
	const tilde, over, caret, word, number = 1, 2, 3, 4, 5
	for key = append(key, 1); part != ""; {
		switch c := part[0]; {
		case c == '~':
			key, part = append(key, tilde), part[1:]
		case c == '^':
			key, part = append(key, caret), part[1:]
		case digit(c):
			var run string
			run, part = digits(part)
			key = appendNumber(append(key, number), 0, run)
		case letter(c):
			n := 1
			for n < len(part) && letter(part[n]) {
				n++
			}
			key, part = appendText(key, word, part[:n]), part[n:]
		default:
			part = part[1:]
		}
	}
	return append(key, over)
}

// alpineSuffixes are the suffixes of apk from the oldest on; between rc and cvs stands a version without one. The
// longer of two that begin alike goes first.
var alpineSuffixes = []struct {
	text   string
	weight byte
}{{"alpha", 1}, {"beta", 2}, {"pre", 3}, {"rc", 4}, {"cvs", 6}, {"svn", 7}, {"git", 8}, {"hg", 9}, {"p", 10}}

// alpineKey writes a version of apk: number{.number}{letter}{_suffix{number}}{~hash}{-r#}. The hash has no say.
func alpineKey(key []byte, v string) ([]byte, bool) {
	const over, zero, text, more = 0, 1, 2, 2 // a number of n digits is more+n: after all that begin with a zero
	zeros, i := 0, 0
	for ; v != "" && digit(v[0]); i++ {
		var run string
		run, v = digits(v)
		v = strings.TrimPrefix(v, ".")
		switch {
		case i == 0:
			key = appendNumber(key, 0, run)
			continue
		case run == "0":
			zeros++
			continue
		case strings.Trim(run, "0") == "":
			return key, false // 00 is both the same as nothing and newer than 0, which is the same as nothing
		}
		for ; zeros > 0; zeros-- {
			key = append(key, zero)
		}
		if run[0] == '0' {
			key = appendText(key, text, run)
		} else {
			key = appendNumber(key, more, run)
		}
	}
	if i == 0 {
		key = appendNumber(key, 0, "")
	}
	key = append(key, over)
	if v != "" && 'a' <= v[0] && v[0] <= 'z' {
		key, v = append(key, v[0]), v[1:]
	} else {
		key = append(key, 0)
	}
	key, v, ok := alpineSuffix(key, v)
	if !ok {
		return key, false
	}
	if hash, isHash := strings.CutPrefix(v, "~"); isHash {
		rest := strings.TrimLeft(hash, "0123456789abcdef")
		if rest == hash {
			return key, false
		}
		v = rest
	}
	build := ""
	if v != "" {
		if v, ok = strings.CutPrefix(v, "-r"); !ok {
			return key, false
		}
		if build, v = digits(v); v != "" {
			return key, false
		}
	}
	return appendNumber(key, 0, build), true
}

func alpineSuffix(key []byte, v string) (_ []byte, rest string, ok bool) {
	const none = 5 // what is missing counts as this weight and the number 0
next:
	for strings.HasPrefix(v, "_") {
		for _, s := range alpineSuffixes {
			if rest, found := strings.CutPrefix(v[1:], s.text); found {
				var run string
				run, v = digits(rest)
				weight := s.weight
				if s.text == "cvs" {
					if weight = none; strings.Trim(run, "0") == "" {
						return key, v, false // the library takes it for no suffix
					}
				}
				key = appendNumber(append(key, weight), 0, run)
				continue next
			}
		}
		return key, v, false
	}
	return append(key, none, 0), v, true
}
