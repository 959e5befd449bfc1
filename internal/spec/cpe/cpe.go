// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package cpe reads names of products in the Common Platform Enumeration 2.3 (NISTIR 7695), compares them (NISTIR 7696)
// and decides which products a statement of applicability, as the NVD and CVE records write it, is about.
package cpe

import (
	"strings"
)

// MaxLength is the longest name, in bytes, that is read.
const MaxLength = 1 << 10

// An Attribute is one of the eleven that a name has.
type Attribute int

// The attributes, in the order in which a name writes them.
const (
	Part Attribute = iota
	Vendor
	Product
	Version
	Update
	Edition
	Language
	SWEdition
	TargetSW
	TargetHW
	Other
	attributes int = iota
)

func (a Attribute) String() string {
	return [attributes]string{"part", "vendor", "product", "version", "update", "edition", "language", "sw_edition", "target_sw", "target_hw", "other"}[a]
}

// A Value is what a name says of an attribute, written as in a formatted string: lower case, "*" for anything, "-" for
// not applicable, "\" before every sign that is not "_", "." or "-", and bare "*" and "?" as wildcards at either end.
type Value string

// The values that are no texts.
const (
	Any Value = "*" // anything; nothing is said
	NA  Value = "-" // the attribute does not apply
)

// Text returns a value's text without quoting, and whether it is one: neither Any nor NA, and without wildcards.
func (v Value) Text() (text string, ok bool) {
	if v == Any || v == NA {
		return "", false
	}
	p := v.pattern()
	return p.core, !p.wild()
}

// TextOf returns the value that stands for a text, of which nothing is a wildcard. Its error is a *Refused: a value
// consists of visible ASCII, and is not a lone hyphen.
func TextOf(text string) (Value, error) {
	var b strings.Builder
	for i := range len(text) {
		if err := quote(&b, text[i]); err != nil {
			return "", err
		}
	}
	switch v := Value(b.String()); v {
	case "":
		return Any, nil
	case NA:
		return "", &Refused{Hyphen}
	default:
		return v, nil
	}
}

// A Name is a well-formed name: the values of its attributes. Names are comparable.
type Name [attributes]Value

// A Rule names what a text breaks.
type Rule string

// The rules of a name.
const (
	Length    Rule = "length"    // longer than MaxLength
	Syntax    Rule = "syntax"    // neither cpe:2.3:part:vendor:product:… nor cpe:/part:vendor:product:…
	Encoding  Rule = "encoding"  // something that is not visible ASCII, or a broken escape
	Wildcards Rule = "wildcards" // "*" or "?" elsewhere than at an end, or more than one "*" there
	Hyphen    Rule = "hyphen"    // a quoted hyphen alone
	PartRule  Rule = "part"      // the part is none of a, o and h
)

// Refused says why a text is no name.
type Refused struct{ Rule Rule }

func (r *Refused) Error() string { return "cpe: not a CPE name: " + string(r.Rule) }

// Parse reads a name in either binding: the formatted string of version 2.3 or the URI of version 2.2, also with the
// packed edition of 2.3 (NISTIR 7695, clauses 6.1.3 and 6.2.3). What is left out at the end, or left empty, is Any; signs
// that should be quoted but are not are taken for what they are. Every error is a *Refused.
func Parse(s string) (Name, error) {
	if len(s) > MaxLength {
		return Name{}, &Refused{Length}
	}
	s = strings.TrimSpace(s)
	switch {
	case hasPrefixFold(s, "cpe:2.3:"):
		return parseFormatted(s[len("cpe:2.3:"):])
	case hasPrefixFold(s, "cpe:/"):
		return parseURI(s[len("cpe:/"):])
	}
	return Name{}, &Refused{Syntax}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func anything() (n Name) {
	for i := range n {
		n[i] = Any
	}
	return n
}

func parseFormatted(s string) (Name, error) {
	n := anything()
	var err error
	for i := 0; ; i++ {
		if i == attributes {
			return Name{}, &Refused{Syntax}
		}
		end := colon(s)
		if n[i], err = readFormatted(s[:end]); err != nil {
			return Name{}, err
		}
		if end == len(s) {
			return n.check()
		}
		s = s[end+1:]
	}
}

// colon returns where the first bare colon of s is, or its length.
func colon(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ':':
			return i
		}
	}
	return len(s)
}

func (n Name) check() (Name, error) {
	switch n[Part] {
	case "a", "o", "h", Any, NA:
		return n, nil
	}
	return Name{}, &Refused{PartRule}
}

func readFormatted(s string) (Value, error) {
	switch s {
	case "", "*":
		return Any, nil
	case "-":
		return NA, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 == len(s):
			return "", &Refused{Encoding}
		case c == '\\':
			i++
			if err := quote(&b, s[i]); err != nil {
				return "", err
			}
		case c == '*' || c == '?':
			b.WriteByte(c)
		default:
			if err := quote(&b, c); err != nil {
				return "", err
			}
		}
	}
	return Value(b.String()).check()
}

// quote writes one character that means itself.
func quote(b *strings.Builder, c byte) error {
	switch {
	case c <= ' ' || c >= 0x7F:
		return &Refused{Encoding}
	case 'A' <= c && c <= 'Z':
		b.WriteByte(c + 'a' - 'A')
	case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_', c == '.', c == '-':
		b.WriteByte(c)
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
	return nil
}

// check looks whether v, in which everything but wildcards is quoted, is a value.
func (v Value) check() (Value, error) {
	s := string(v)
	if v == NA {
		return "", &Refused{Hyphen}
	}
	_, s = wildcards(s)
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '*', '?':
			if rest := s[i:]; rest == "*" || strings.Trim(rest, "?") == "" {
				return v, nil
			}
			return "", &Refused{Wildcards}
		}
	}
	return v, nil
}

// wildcards returns how many characters the wildcards at the beginning of s stand for, at most, and what follows.
func wildcards(s string) (most int, rest string) {
	if strings.HasPrefix(s, "*") {
		return unlimited, s[1:]
	}
	rest = strings.TrimLeft(s, "?")
	return len(s) - len(rest), rest
}

const unlimited = -1

// uriOrder are the components of a URI.
var uriOrder = [...]Attribute{Part, Vendor, Product, Version, Update, Edition, Language}

func parseURI(s string) (Name, error) {
	n := anything()
	parts := strings.Split(s, ":")
	if len(parts) > len(uriOrder) {
		return Name{}, &Refused{Syntax}
	}
	for i, p := range parts {
		a := uriOrder[i]
		if a == Edition && strings.HasPrefix(p, "~") {
			packed := strings.Split(p[1:], "~")
			if len(packed) != 5 {
				return Name{}, &Refused{Syntax}
			}
			for j, a := range []Attribute{Edition, SWEdition, TargetSW, TargetHW, Other} {
				v, err := readURI(packed[j])
				if err != nil {
					return Name{}, err
				}
				n[a] = v
			}
			continue
		}
		v, err := readURI(p)
		if err != nil {
			return Name{}, err
		}
		n[a] = v
	}
	return n.check()
}

func readURI(s string) (Value, error) {
	switch s {
	case "":
		return Any, nil
	case "-":
		return NA, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) {
				return "", &Refused{Encoding}
			}
			hi, lo := hex(s[i+1]), hex(s[i+2])
			if hi < 0 || lo < 0 {
				return "", &Refused{Encoding}
			}
			i += 2
			switch c = byte(hi<<4 | lo); c {
			case 1:
				b.WriteByte('?')
				continue
			case 2:
				b.WriteByte('*')
				continue
			}
		}
		if err := quote(&b, c); err != nil {
			return "", err
		}
	}
	if b.String() == string(Any) {
		return Any, nil // a wildcard for everything
	}
	return Value(b.String()).check()
}

func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// String returns the formatted string.
func (n Name) String() string {
	var b strings.Builder
	b.WriteString("cpe:2.3")
	for _, v := range n {
		b.WriteByte(':')
		b.WriteString(string(v))
	}
	return b.String()
}

// MarshalText writes the formatted string.
func (n Name) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads a name as Parse does.
func (n *Name) UnmarshalText(b []byte) (err error) {
	*n, err = Parse(string(b))
	return err
}

// Key returns "part:vendor:product", by which names are looked up: what two names with different keys are about is not
// the same. It is "" for a name that leaves one of the three open or has a wildcard in it, which no look-up finds.
func (n Name) Key() string {
	for _, v := range n[:Version] {
		if v == Any || v == NA || v.pattern().wild() {
			return ""
		}
	}
	return string(n[Part] + ":" + n[Vendor] + ":" + n[Product])
}

// VersionText returns the version and the update as one text, "1.0 rc1" for version 1.0 with update rc1, or "" where the
// name does not say one version.
func (n Name) VersionText() string {
	version, ok := n[Version].Text()
	if !ok {
		return ""
	}
	if update, ok := n[Update].Text(); ok {
		version += " " + update
	}
	return version
}
