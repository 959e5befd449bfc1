// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package cnvd reads product lines as the China National Vulnerability Database writes them in its shared XML, vendor, product
// and versions in one text ("Acme Router OS >=8.1.0，<=9.1.0"), and says where a person has to look.
package cnvd

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/spec/vers"
)

// MaxLength is the longest line, in bytes, that is read.
const MaxLength = 1 << 10

// A Doubt says why a person has to look at a line. The names are stable.
type Doubt string

// The doubts; "" is none. What was read stands beside the doubt, as a proposal.
const (
	Long         Doubt = "long"           // longer than MaxLength, or no text at all: nothing was read
	NoName       Doubt = "no-name"        // versions, but of what?
	NoVersion    Doubt = "no-version"     // no version: every one, or whichever?
	NotRead      Doubt = "not-read"       // there are bounds that are not understood
	BareNumber   Doubt = "bare-number"    // the version is one number, which may belong to the name ("Desk 9")
	NumberInName Doubt = "number-in-name" // before the versions stands another one: a release line, or a hardware's revision
)

// A Product is a line taken apart.
type Product struct {
	Raw string // the line as it stands

	Vendor string // "" where the line has one word for vendor and product
	Name   string
	// Guessed: where the vendor ends and the product begins is a guess: behind the first word. It is none where the vendor's
	// name is repeated in the product's, or ends as companies' names do.
	Guessed bool

	Versions []vers.Interval // in natural order; none where the line tells none
	Doubt    Doubt
}

// Parse takes a line apart. The raw line is kept.
func Parse(line string) Product {
	p := Product{Raw: line}
	text := strings.TrimSpace(line)
	if text == "" || len(line) > MaxLength || !utf8.ValidString(line) {
		p.Doubt = Long
		return p
	}
	words := fields(text)
	p.Doubt = p.versions(&words)
	p.name(words)
	if p.Name == "" && p.Doubt == "" {
		p.Doubt = NoName
	}
	return p
}

// Split takes vendor and product apart by a list of known vendors: the longest beginning of their words that known
// recognises is the vendor. Where there is none, p stays as it is.
func (p Product) Split(known func(vendor string) bool) Product {
	words := fields(strings.TrimSpace(p.Vendor + " " + p.Name))
	for n := min(len(words)-1, 6); n > 0; n-- {
		if vendor := strings.Join(words[:n], " "); known(vendor) {
			p.Vendor, p.Name, p.Guessed = vendor, strings.Join(words[n:], " "), false
			return p
		}
	}
	return p
}

func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}

// versions takes the versions off the end of the words.
func (p *Product) versions(words *[]string) Doubt {
	if cut, at := comparator(*words); cut >= 0 {
		tail := append([]string{(*words)[cut][at:]}, (*words)[cut+1:]...)
		head := slices.Clone((*words)[:cut])
		if before := (*words)[cut][:at]; before != "" {
			open := strings.TrimRight(before, "(（")
			if open != before { // "OS 1.x(<1.4)"
				last := len(tail) - 1
				tail[last] = strings.TrimRight(tail[last], ")）")
			}
			if open != "" {
				head = append(head, open) // "OS<=1.0"
			}
		}
		for len(head) > 0 && isFiller(head[len(head)-1]) {
			head = head[:len(head)-1]
		}
		*words = head
		list, ok := vers.ReadSpelled(strings.Join(tail, " "))
		if !ok {
			return NotRead
		}
		p.Versions = list
		return p.line(words)
	}
	for i, w := range *words {
		if !isVersion(w) && !isNumber(w) && !isEvery(w) {
			continue
		}
		list, ok := vers.ReadSpelled(strings.Join((*words)[i:], " "))
		if !ok {
			continue
		}
		last := (*words)[i:]
		head := (*words)[:i]
		for len(head) > 0 && isFiller(head[len(head)-1]) {
			head = head[:len(head)-1]
		}
		p.Versions = list
		*words = head
		switch {
		case len(last) == 1 && isNumber(w):
			return BareNumber
		case len(head) > 1 && isVersion(head[len(head)-1]):
			return NumberInName
		}
		return ""
	}
	return NoVersion
}

// line looks at the last word of the name, before bounds: a release line with a wildcard ("OS 10.*，<10.3") is where the
// stretch begins; another version is a doubt.
func (p *Product) line(words *[]string) Doubt {
	n := len(*words)
	if n < 2 {
		return ""
	}
	last := (*words)[n-1]
	word := strings.TrimRight(last, ",，、")
	upper := len(p.Versions) == 1 && p.Versions[0].From == "" && p.Versions[0].To != ""
	switch {
	case !isVersion(word) && (word == last || !isNumber(word)):
		return ""
	case upper && (vers.Wild(word) || word != last):
		p.Versions[0].From = vers.Floor(word)
		*words = (*words)[:n-1]
		if vers.Wild(word) {
			return ""
		}
	}
	return NumberInName
}

// comparator finds the first comparator: the word and the byte in it where it begins, or -1.
func comparator(words []string) (word, at int) {
	for i, w := range words {
		if at := strings.IndexAny(w, "<>=≤≥＜＞＝⩽⩾≦≧"); at >= 0 {
			return i, at
		}
	}
	return -1, 0
}

func isFiller(w string) bool {
	switch strings.ToLower(strings.Trim(w, ":：")) {
	case "version", "versions", "ver", "ver.", "v", "版本", "版":
		return true
	}
	return false
}

func isEvery(w string) bool {
	return w == "*" || w == "所有版本" || w == "全版本" || w == "全部版本"
}

func isNumber(w string) bool { return strings.Trim(w, "0123456789") == "" && w != "" }

// isVersion reports whether a word is more likely a version than a part of a name: it begins with a digit or "V" and a
// digit, and has a dot or such, or is one of the kind V100R002C00.
func isVersion(w string) bool {
	rest := strings.TrimLeft(w, "vV")
	if len(w)-len(rest) > 1 || rest == "" || rest[0] < '0' || rest[0] > '9' {
		return false
	}
	if len(rest) < len(w) {
		return true // V7
	}
	digits := strings.TrimLeft(rest, "0123456789")
	if digits == "" {
		return false // a bare number
	}
	r, _ := utf8.DecodeRuneInString(digits)
	switch r {
	case '.', '-', '_', '(', '（', '+', '~', '、', ',', '，':
		return true
	case 'u': // Java's 7u80
		return isNumber(digits[1:])
	}
	return unicode.Is(unicode.Han, r) // 3及以下版本
}

// companies are how names of companies end.
var companies = []string{"公司", "集团", "有限责任公司", "研究院", "inc.", "inc", "ltd.", "ltd", "llc", "corp.", "corp", "corporation", "gmbh", "co.", "foundation"}

// name takes vendor and product apart.
func (p *Product) name(words []string) {
	if len(words) == 0 {
		return
	}
	if len(words) == 1 {
		p.Name = words[0]
		return
	}
	for i, w := range words[1:] {
		if strings.EqualFold(w, words[0]) { // SAP SAP 3D Viewer; Dell Technologies Dell OneFS
			p.Vendor, p.Name = strings.Join(words[:i+1], " "), strings.Join(words[i+1:], " ")
			return
		}
	}
	for i, w := range words[:len(words)-1] {
		for _, end := range companies {
			if low := strings.ToLower(w); low == end || end >= "一" && strings.HasSuffix(low, end) {
				p.Vendor, p.Name = strings.Join(words[:i+1], " "), strings.Join(words[i+1:], " ")
				return
			}
		}
	}
	p.Vendor, p.Name, p.Guessed = words[0], strings.Join(words[1:], " "), true
}
