// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An Interval is a stretch of versions.
type Interval struct {
	From    string // "" from the beginning
	After   bool   // From itself is outside
	To      string // "" without an end
	Through bool   // To itself is inside
}

// Only is the interval of one version.
func Only(version string) Interval { return Interval{From: version, To: version, Through: true} }

// Single reports whether i is one version.
func (i Interval) Single() bool { return i.From != "" && i.From == i.To && i.Through && !i.After }

// Limits of what people write.
const (
	maxSpelled   = 4_000 // bytes
	maxIntervals = 400
)

// ReadSpelled reads which versions people mean, in English or Chinese: "1.2", ">= 1.0, < 1.4.2", "1.0 to 1.3",
// "before 3.0", "All versions < V3.10", "2.1 and earlier", ">=8.1.0，<=9.1.0", "3.2 及以下版本", "8.2.*", "1.0、1.1". Bounds that
// follow each other belong together where the first is a lower and the second an upper one, unless "or" parts them.
//
// ok is false where any of it is not understood: it never guesses. A single version is returned as it is written.
func ReadSpelled(s string) (list []Interval, ok bool) {
	if len(s) > maxSpelled || !utf8.ValidString(s) {
		return nil, false
	}
	p := speller{tokens: spellTokens(s)}
	for p.at < len(p.tokens) {
		if p.separator() {
			continue
		}
		one, ok := p.clause()
		if !ok || len(p.list) >= maxIntervals {
			return nil, false
		}
		p.add(one)
		if next := p.low(0); next != "" && !strings.ContainsAny(next, "<>=,;|&") && next != "and" && next != "or" {
			return nil, false
		}
	}
	return p.list, len(p.list) > 0
}

// A spelled token is a word, a comparator or a separator, in small letters beside as it is written.
type spellToken struct{ low, text string }

var spelling = strings.NewReplacer("≤", "<=", "≥", ">=", "⩽", "<=", "⩾", ">=", "≦", "<=", "≧", ">=", "、", ",", "。", " ", "～", " to ", "–", " to ", "—", " to ", "\u00a0", " ", "\u3000", " ", "&&", ",", "||", ";")

func spellTokens(s string) (out []spellToken) {
	s = strings.Map(halfWidth, spelling.Replace(s))
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		n := size
		switch {
		case unicode.IsSpace(r):
			s = s[size:]
			continue
		case strings.ContainsRune("<>=!", r):
			n = len(s) - len(strings.TrimLeft(s, "<>=!"))
		case strings.ContainsRune(",;|&", r):
		case unicode.Is(unicode.Han, r):
			for n < len(s) {
				next, size := utf8.DecodeRuneInString(s[n:])
				if !unicode.Is(unicode.Han, next) {
					break
				}
				n += size
			}
		case r == '(':
			n = closing(s)
		default:
			for n < len(s) {
				next, size := utf8.DecodeRuneInString(s[n:])
				if next == '(' {
					n += closing(s[n:])
					continue
				}
				if unicode.IsSpace(next) || strings.ContainsRune("<>=!,;|&", next) || unicode.Is(unicode.Han, next) {
					break
				}
				n += size
			}
		}
		word := s[:n]
		s = s[n:]
		if unicode.Is(unicode.Han, r) {
			out = append(out, hanTokens(word)...)
			continue
		}
		out = append(out, spellToken{strings.ToLower(word), word})
	}
	return out
}

// closing returns how long the bracket is that s begins with; one that is not closed is one sign.
func closing(s string) int {
	if i := strings.IndexByte(s, ')'); i > 0 && i < 60 && strings.Count(s[:i], "(") == 1 {
		return i + 1
	}
	return 1
}

// han are the Chinese words that are understood, with the English ones that stand for them; the longer of two that begin
// alike goes first.
var han = []struct{ text, as string }{
	{"所有版本", "all"}, {"全部版本", "all"}, {"全版本", "all"}, {"所有", "all"}, {"全部", "all"},
	{"及其以下", "and earlier"}, {"及以下", "and earlier"}, {"及之前", "and earlier"}, {"及以前", "and earlier"}, {"及更早", "and earlier"}, {"及其之前", "and earlier"}, {"和之前", "and earlier"}, {"和更早", "and earlier"}, {"以下", "and earlier"}, {"及更低", "and earlier"},
	{"及其以上", "and later"}, {"及以上", "and later"}, {"及之后", "and later"}, {"及以后", "and later"}, {"及更高", "and later"}, {"以上", "and later"},
	{"之前", "ago"}, {"以前", "ago"}, {"不低于", ">="}, {"不高于", "<="}, {"不大于", "<="}, {"不小于", ">="}, {"低于", "<"}, {"小于", "<"}, {"早于", "<"}, {"高于", ">"}, {"大于", ">"}, {"晚于", ">"},
	{"等于", "="}, {"版本号", "version"}, {"版本", "version"}, {"版", "version"}, {"固件", "firmware"}, {"从", "from"}, {"自", "from"}, {"至", "to"}, {"到", "to"}, {"和", ","}, {"及", ","}, {"或", ";"}, {"的", ""}, {"起", ""},
}

func hanTokens(word string) (out []spellToken) {
next:
	for word != "" {
		for _, h := range han {
			if rest, ok := strings.CutPrefix(word, h.text); ok {
				for f := range strings.FieldsSeq(h.as) {
					out = append(out, spellToken{f, f})
				}
				word = rest
				continue next
			}
		}
		return append(out, spellToken{word, word}) // not understood
	}
	return out
}

type speller struct {
	tokens []spellToken
	at     int
	list   []Interval
	apart  bool // what comes next does not belong to the bound before
}

func (p *speller) low(i int) string {
	if p.at+i >= len(p.tokens) {
		return ""
	}
	return p.tokens[p.at+i].low
}

// take takes words off, if they stand next.
func (p *speller) take(words ...string) bool {
	for i, w := range words {
		if p.low(i) != w {
			return false
		}
	}
	p.at += len(words)
	return true
}

func (p *speller) takeAny(words ...string) bool {
	return slices.Contains(words, p.low(0)) && p.take(p.low(0))
}

func (p *speller) separator() bool {
	switch p.low(0) {
	case ";", "|", "or":
		p.apart = true
	case ",", "&", "and":
	default:
		return false
	}
	p.at++
	return true
}

// add puts what was read to the list: an upper bound ends the lower one before it.
func (p *speller) add(one Interval) {
	if n := len(p.list); n > 0 && one.From == "" && one.To != "" {
		if last := &p.list[n-1]; last.From != "" && last.To == "" && (!p.apart || everything(last.From, one.To)) {
			last.To, last.Through = one.To, one.Through
			return
		}
	}
	p.list, p.apart = append(p.list, one), false
}

// everything reports whether "from one version on, or up to another" is all of them, which nobody means: it is a stretch.
func everything(from, to string) bool {
	n, err := Compare(Natural, from, to)
	return err == nil && n <= 0
}

// filler are words before a version that say nothing.
func (p *speller) filler() {
	for p.takeAny("version", "versions", "ver", "ver.", "release", "releases", "firmware", "bios", "rev.", "v", "v.") {
	}
}

func (p *speller) clause() (i Interval, ok bool) {
	every := p.takeAny("all", "any", "every", "*")
	p.filler()
	if every {
		switch p.low(0) {
		case "", ",", ";":
			return Interval{}, true
		}
	}
	switch op := p.low(0); op {
	case "<", "<=", "=<", ">", ">=", "=>", "=", "==":
		p.at++
		if op == "<" || op == "<=" || op == "=<" {
			p.takeAny("=") // "< ="
		}
		v, ok := p.version()
		switch op {
		case "<":
			return Interval{To: v}, ok
		case "<=", "=<":
			return Interval{To: v, Through: true}, ok
		case ">":
			return Interval{From: v, After: true}, ok
		case ">=", "=>":
			return Interval{From: v}, ok
		}
		return Only(v), ok
	}
	if p.upper(&i) {
		return i, i.To != ""
	}
	switch {
	case p.take("later", "than"), p.take("newer", "than"), p.take("higher", "than"), p.take("greater", "than"), p.take("after"):
		v, ok := p.version()
		return Interval{From: v, After: true}, ok
	case p.take("starting", "from"), p.take("starting", "with"), p.take("from"), p.take("since"):
		v, ok := p.version()
		if !ok {
			return i, false
		}
		i.From = v
		if p.take("to") || p.take("-") || p.take("until") || p.upper(&i) {
			return i, i.To != "" || p.end(&i)
		}
		return i, true
	case every:
		return i, false
	}
	v, ok := p.version()
	if !ok {
		return i, false
	}
	joined := p.take("and") || p.take("or")
	switch {
	case !joined && isSpelledVersion(p.low(1)) && p.upper(&i):
		i.From = v
		return i, i.To != ""
	case p.takeAny("earlier", "below", "prior", "lower", "older", "previous", "before") && (joined || p.low(0) == "" || p.low(0) == "versions"):
		p.filler()
		return Interval{To: v, Through: true}, true
	case p.takeAny("later", "above", "newer", "higher", "greater", "up", "upwards", "onwards"):
		p.filler()
		return Interval{From: v}, true
	case joined:
		p.at-- // a list
		return Only(v), true
	case p.take("ago"): // 之前
		p.filler()
		return Interval{To: v}, true
	case p.take("to"), p.take("-"), p.take("thru"), p.take("~"):
		i.From = v
		if p.upper(&i) {
			return i, i.To != ""
		}
		return i, p.end(&i)
	case p.upper(&i):
		i.From = v
		return i, i.To != ""
	}
	p.filler()
	return Only(v), true
}

// end reads the version that ends a stretch and is inside.
func (p *speller) end(i *Interval) (ok bool) {
	i.To, ok = p.version()
	i.Through = true
	return ok
}

// upper reads an upper bound in words. What follows the words and is no version leaves To empty.
func (p *speller) upper(i *Interval) bool {
	switch {
	case p.take("before"), p.take("prior", "to"), p.take("earlier", "than"), p.take("lower", "than"), p.take("older", "than"), p.take("less", "than"), p.take("below"):
	case p.take("up", "to"), p.take("through"):
		p.take("and", "including")
		p.take("including")
		i.Through = true
	default:
		return false
	}
	i.To, _ = p.version()
	return true
}

// behind are the words that go on with a version: "1.0 SP1", "7.0 build 1234", "3.0 (P2)".
var behind = map[string]bool{"sp": true, "update": true, "patch": true, "hotfix": true, "hf": true, "build": true, "rc": true, "beta": true, "alpha": true, "rev": true, "rev.": true, "revision": true, "cu": true, "fp": true, "upd": true, "qu": true, "ru": true, "su": true, "mr": true, "ga": true, "lts": true, "u": true, "p": true, "pl": true, "ap": true, "service": true, "pack": true, "r": true}

// version reads one version, of several words perhaps.
func (p *speller) version() (v string, ok bool) {
	p.filler()
	first := p.low(0)
	if !isSpelledVersion(first) {
		return "", false
	}
	v = p.tokens[p.at].text
	p.at++
	for more := 0; more < 6; more++ {
		next := p.low(0)
		stem := strings.TrimRight(next, "0123456789.")
		number := stem == "" && next != "" && behind[strings.TrimRight(p.tokens[p.at-1].low, ".")]
		if !number && !behind[stem] && !strings.HasPrefix(next, "(") || next == "(" {
			break
		}
		v += " " + p.tokens[p.at].text
		p.at++
	}
	p.filler() // 3.0 版本
	return v, len(v) <= MaxLength
}

// isSpelledVersion reports whether a word can begin a version: with a digit, "v" and a digit, or letters and digits as
// firmware has them.
func isSpelledVersion(w string) bool {
	if len(w) > 100 || !strings.ContainsAny(w, "0123456789") {
		return false
	}
	for _, r := range w {
		if !(r < utf8.RuneSelf && (letter(byte(r)) || digit(byte(r))) || strings.ContainsRune("._-+~:*()^ ", r)) { // blanks stand in brackets
			return false
		}
	}
	return letter(w[0]) || digit(w[0])
}
