// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import "strings"

// A token is a piece of a Maven version with the separator before it, which is 0 for the first.
type token struct {
	prefix byte
	text   string // lower case; a number without leading zeros
	number bool
}

// null tokens are dropped where they end a version, or stand before a hyphen.
func (t token) null() bool { return t.text == "0" || t.text == "" }

// mavenOrder are the words that Maven knows, in order; the empty one is the release itself.
var mavenOrder = [...]string{"alpha", "beta", "milestone", "rc", "snapshot", "", "sp"}

// known returns the place of t in mavenOrder.
func (t token) known() (place byte, ok bool) {
	if t.number {
		return 0, false
	}
	for i, w := range mavenOrder {
		if w == t.text {
			return byte(i), true
		}
	}
	return 0, false
}

const (
	snapshot = 4 // the last place before the release
	released = 5
	special  = 6 // sp
)

// mavenTokens reads a version by the specification of Maven's POM reference, "Version order".
func mavenTokens(tokens []token, v string) []token {
	v = strings.ToLower(v)
	prefix := byte(0)
	for {
		n := 0
		for n < len(v) && v[n] != '.' && v[n] != '-' && digit(v[n]) == digit(v[0]) {
			n++
		}
		t := token{prefix, v[:n], n > 0 && digit(v[0])}
		beforeDigit := n < len(v) && v[n] != '.' && v[n] != '-' && !t.number
		switch {
		case n == 0:
			t.text, t.number = "0", true
		case t.number:
			t.text = trimZeros(t.text)
		case t.text == "cr":
			t.text = "rc"
		case t.text == "ga", t.text == "final", t.text == "release":
			t.text = ""
		case beforeDigit && t.text == "a":
			t.text = "alpha"
		case beforeDigit && t.text == "b":
			t.text = "beta"
		case beforeDigit && t.text == "m":
			t.text = "milestone"
		}
		if prefix == '-' {
			tokens = trimNull(tokens)
		}
		tokens = append(tokens, t)
		if n == len(v) {
			return trimNull(tokens)
		}
		prefix, v = '-', v[n:]
		if v[0] == '.' || v[0] == '-' {
			prefix, v = v[0], v[1:]
		}
	}
}

func trimNull(tokens []token) []token {
	for len(tokens) > 1 && tokens[len(tokens)-1].null() {
		tokens = tokens[:len(tokens)-1]
	}
	return tokens
}

// mavenKey writes a version of Maven. At one place in a version may stand, in order:
//
//	.alpha … .snapshot < -alpha … -snapshot < end < -sp < -other < -number < .number
//
// where the end counts as as many zeros as the other version has. The rest of what Maven allows has no place in one
// order: ".sp" and ".other" are newer than the end but older than "-alpha", and ".0.rc" is older than the end but newer
// than "-1".
func mavenKey(key []byte, v string) ([]byte, bool) {
	const (
		dotWord  = 0x10
		dashWord = 0x20
		over     = 0x30
		dashSP   = 0x40
		dashText = 0x41
		dash     = 0x50
		dot      = 0x60
	)
	var few [12]token
	tokens := mavenTokens(few[:0], v)
	first := tokens[0]
	if place, known := first.known(); known {
		key = append(key, dotWord+place)
	} else if first.number {
		key = appendNumber(append(key, dash), 0, first.text)
	} else {
		key = appendText(key, dashText, first.text)
	}
	zeros := 0
	for _, t := range tokens[1:] {
		place, known := t.known()
		switch {
		case t.prefix == '.' && t.text == "0":
			zeros++
			continue
		case t.prefix == '.' && t.number:
			key = appendNumber(append(key, dot, byte(0xFF-zeros)), 0, t.text)
		case zeros > 0:
			return key, false
		case t.number:
			key = appendNumber(append(key, dash), 0, t.text)
		case t.prefix == '.' && known && place <= released:
			key = append(key, dotWord+place)
		case t.prefix == '.':
			return key, false
		case known && place <= snapshot:
			key = append(key, dashWord+place)
		case known && place == special:
			key = append(key, dashSP)
		case known: // a release that goes on, as the end does
			return key, false
		default:
			key = appendText(key, dashText, t.text)
		}
		zeros = 0
	}
	return append(key, over), true
}

// compareMaven compares two versions of ASCII where no keys can: token by token, the shorter version going on in nothing,
// which is a zero behind a dot and the release behind a hyphen.
func compareMaven(a, b string) int {
	var few [2][12]token
	x, y := mavenTokens(few[0][:0], a), mavenTokens(few[1][:0], b)
	for i := range max(len(x), len(y)) {
		var l, r token
		switch {
		case i >= len(x):
			r = y[i]
			l = r.nothing()
		case i >= len(y):
			l = x[i]
			r = l.nothing()
		default:
			l, r = x[i], y[i]
		}
		if l.prefix == r.prefix && l.text == r.text {
			continue
		}
		if l.before(r, i >= len(x), i >= len(y)) {
			return -1
		}
		return 1
	}
	return 0
}

// nothing is what the end of a version counts as beside t.
func (t token) nothing() token {
	if t.prefix == '.' && t.text != "sp" {
		return token{prefix: '.', text: "0", number: true}
	}
	return token{prefix: t.prefix}
}

// before reports whether t goes before u, another token; either may stand for the end of its version.
func (t token) before(u token, end, endU bool) bool {
	switch {
	case t.prefix != u.prefix:
		return t.class() < u.class()
	case t.number && u.number:
		return compareNumbers(t.text, u.text) < 0
	case t.number && !end:
		return false
	case u.number && !endU:
		return true
	}
	place, known := t.known()
	placeU, knownU := u.known()
	if !known && !knownU {
		return t.text < u.text
	}
	if !known {
		place = byte(len(mavenOrder))
	}
	if !knownU {
		placeU = byte(len(mavenOrder))
	}
	return place < placeU
}

// class orders tokens behind different separators.
func (t token) class() int {
	switch {
	case t.number && t.prefix == '.':
		return 3
	case t.number:
		return 2
	case t.prefix == '.':
		return 0
	}
	return 1
}
