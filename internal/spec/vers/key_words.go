// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import "strings"

// A part is what a version of RubyGems or Packagist is a list of: a number, or a word, which may be empty.
type part struct {
	text   string
	number bool
}

// nextPart takes the first part off v, which is separated from the next by one of the separators, which goes with it,
// or by the change between digits and others. more is false where it was the last.
func nextPart(v, separators string) (p part, rest string, more bool) {
	n := 0
	for n < len(v) && strings.IndexByte(separators, v[n]) < 0 && digit(v[n]) == digit(v[0]) {
		n++
	}
	p = part{v[:n], n > 0 && digit(v[0])}
	switch {
	case n == len(v):
		return p, "", false
	case strings.IndexByte(separators, v[n]) >= 0:
		return p, v[n+1:], true
	}
	return p, v[n:], true
}

// zero reports whether p is the number 0.
func (p part) zero() bool { return p.number && strings.Trim(p.text, "0") == "" }

// rubyKey writes a version of RubyGems: a list that goes on in zeros for ever, in which words are older than numbers.
// So many zeros before a word are newer than fewer, and before a number older.
func rubyKey(key []byte, v string) ([]byte, bool) {
	const beforeWord, over, beforeNumber = 1, 2, 3
	zeros, silent := 0, 0 // zeros that wait, and how many of the last of them go when the first word comes
	words := false
	for more := true; more; {
		var p part
		p, v, more = nextPart(v, ".")
		switch {
		case p.zero():
			zeros++
			if silent++; p.text != "0" {
				silent = 0
			}
			continue
		case p.number:
			key = appendNumber(append(key, beforeNumber, byte(0xFF-zeros)), 0, p.text)
		default:
			if !words {
				zeros -= silent
			}
			words = true
			key = appendText(append(key, beforeWord, byte(zeros)), 0, p.text)
		}
		zeros, silent = 0, 0
	}
	return append(key, over), true
}

// packagistKey writes a version of Composer, by PHP's version_compare: dev and unknown words < alpha < beta < RC < end <
// numbers < patches.
func packagistKey(key []byte, v string) ([]byte, bool) {
	const dev, alpha, beta, rc, over, number, patch = 1, 2, 3, 4, 5, 6, 7
	v = strings.TrimPrefix(strings.TrimPrefix(v, "v"), "V")
	for more := true; more; {
		var p part
		p, v, more = nextPart(v, ".-_+")
		switch {
		case p.number && len(p.text) > 18:
			return key, false // the library reads it in two ways
		case p.number:
			key = appendNumber(append(key, number), 0, p.text)
		case strings.HasPrefix(p.text, "a"):
			key = append(key, alpha)
		case strings.HasPrefix(p.text, "b"):
			key = append(key, beta)
		case strings.HasPrefix(p.text, "rc"), strings.HasPrefix(p.text, "RC"):
			key = append(key, rc)
		case strings.HasPrefix(p.text, "p"):
			key = append(key, patch)
		case strings.HasPrefix(p.text, "#"):
			return key, false
		default:
			key = append(key, dev)
		}
	}
	return append(key, over), true
}
