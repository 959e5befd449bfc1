// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"fmt"
	"strings"
)

// pypiKey writes a version of PEP 440, and one that is none before all of them.
func pypiKey(key []byte, v string) ([]byte, bool) {
	const legacy, current = 0, 1
	v = strings.ToLower(v)
	if k, ok := pep440(append(key, current), v); ok {
		return k, true
	}
	return pypiLegacy(append(key, legacy), v), true
}

// The words of PEP 440 with the byte that orders them; of two that begin alike the longer goes first.
var (
	pypiPre  = []pypiWord{{"alpha", 'a'}, {"beta", 'b'}, {"preview", 'r'}, {"pre", 'r'}, {"rc", 'r'}, {"a", 'a'}, {"b", 'b'}, {"c", 'r'}}
	pypiPost = []pypiWord{{"post", 1}, {"rev", 1}, {"r", 1}}
	pypiDev  = []pypiWord{{"dev", 1}}
)

type pypiWord struct {
	text string
	as   byte
}

// pypiSegment reads "[-_.]word[-_.]digits"; as is 0 where v does not begin so.
func pypiSegment(v string, words []pypiWord) (as byte, run, rest string) {
	s := skipSeparator(v)
	for _, w := range words {
		if rest, ok := strings.CutPrefix(s, w.text); ok {
			run, rest = digits(skipSeparator(rest))
			return w.as, run, rest
		}
	}
	return 0, "", v
}

func skipSeparator(v string) string {
	if v != "" && (v[0] == '.' || v[0] == '-' || v[0] == '_') {
		return v[1:]
	}
	return v
}

func pep440(key []byte, v string) ([]byte, bool) {
	v = strings.TrimPrefix(v, "v")
	run, rest := digits(v)
	epoch := ""
	if strings.HasPrefix(rest, "!") {
		epoch = run
		if v = rest[1:]; run == "" {
			return key, false
		}
		run, rest = digits(v)
	}
	if run == "" {
		return key, false
	}
	key = appendNumber(key, 0, epoch)
	zeros := 0
	for { // the release, without the zeros at its end
		if strings.Trim(run, "0") == "" {
			zeros++
		} else {
			for ; zeros > 0; zeros-- {
				key = append(key, 1)
			}
			key = appendNumber(key, 1, run)
		}
		if len(rest) < 2 || rest[0] != '.' || !digit(rest[1]) {
			break
		}
		run, rest = digits(rest[1:])
	}
	key = append(key, 0)

	pre, preRun, rest := pypiSegment(rest, pypiPre)
	post, postRun := byte(0), ""
	if len(rest) > 1 && rest[0] == '-' && digit(rest[1]) {
		post = 1
		postRun, rest = digits(rest[1:])
	} else {
		post, postRun, rest = pypiSegment(rest, pypiPost)
	}
	dev, devRun, rest := pypiSegment(rest, pypiDev)
	const before, none = 1, 0xFF
	switch {
	case pre != 0:
		key = appendNumber(append(key, pre), 0, preRun)
	case post == 0 && dev != 0:
		key = append(key, before) // 1.0.dev1 < 1.0a1
	default:
		key = append(key, none)
	}
	if key = append(key, post); post != 0 {
		key = appendNumber(key, 0, postRun)
	}
	if dev != 0 {
		key = appendNumber(append(key, before), 0, devRun)
	} else {
		key = append(key, none)
	}
	return pypiLocal(key, rest)
}

// pypiLocal writes "+local": a list of parts, of which words are older than numbers and nothing is an empty word.
func pypiLocal(key []byte, v string) ([]byte, bool) {
	const word, number = 1, 2
	if v == "" {
		return append(key, word, 0, 0), true
	}
	if v[0] != '+' {
		return key, false
	}
	for v = v[1:]; ; v = v[1:] {
		n := 0
		for n < len(v) && (digit(v[n]) || 'a' <= v[n] && v[n] <= 'z') {
			n++
		}
		switch {
		case n == 0:
			return key, false
		case isNumber(v[:n]):
			key = appendNumber(append(key, number), 0, v[:n])
		default:
			key = appendText(key, word, v[:n])
		}
		if v = v[n:]; v == "" {
			return append(key, 0), true
		}
		if skipSeparator(v) == v {
			return key, false
		}
	}
}

// pypiLegacy writes a version from before PEP 440 as setuptools did: numbers padded to eight digits, words marked.
func pypiLegacy(key []byte, v string) []byte {
	var parts []string
	for v != "" {
		n := 1
		switch {
		case digit(v[0]):
			for n < len(v) && digit(v[n]) {
				n++
			}
		case letter(v[0]):
			for n < len(v) && letter(v[n]) {
				n++
			}
		case v[0] != '-':
			v = v[1:]
			continue
		}
		parts, v = appendLegacy(parts, v[:n]), v[n:]
	}
	parts = appendLegacy(parts, "final")
	return append(key, strings.Join(parts, "")...)
}

func appendLegacy(parts []string, p string) []string {
	switch p {
	case "pre", "preview", "rc":
		p = "c"
	case "-":
		p = "final-"
	case "dev":
		p = "@"
	}
	if digit(p[0]) {
		return append(parts, fmt.Sprintf("%08s", p))
	}
	p = "*" + p
	drop := func(what string) {
		for len(parts) > 0 && parts[len(parts)-1] == what {
			parts = parts[:len(parts)-1]
		}
	}
	if p < "*final" {
		drop("*final-")
	}
	drop("00000000")
	return append(parts, p)
}
