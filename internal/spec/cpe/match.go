// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cpe

import "strings"

// A Relation is how the things that one value or name stands for lie to those of another.
type Relation string

// The relations of NISTIR 7696.
const (
	Equal     Relation = "equal"
	Superset  Relation = "superset"  // the source stands for all that the target does, and more
	Subset    Relation = "subset"    // the source stands for some of what the target does
	Disjoint  Relation = "disjoint"  // for nothing in common
	Overlap   Relation = "overlap"   // of names: superset in one attribute, subset in another
	Undefined Relation = "undefined" // the standard says nothing: the target has wildcards
)

// A pattern is a text with wildcards at its ends.
type pattern struct {
	lead, tail int // how many characters more there may be at most
	core       string
}

func (p pattern) wild() bool { return p.lead != 0 || p.tail != 0 }

// mayBeWild reports whether v has a wildcard, or a quoted sign that looks like one.
func (v Value) mayBeWild() bool {
	for i := range len(v) {
		if v[i] == '*' || v[i] == '?' {
			return true
		}
	}
	return false
}

// pattern takes v apart, which is neither Any nor NA.
func (v Value) pattern() pattern {
	var p pattern
	s := string(v)
	p.lead, s = wildcards(s)
	if !strings.ContainsAny(s, `\*?`) {
		p.core = s
		return p
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			b.WriteByte(s[i])
		case '*', '?':
			p.tail, _ = wildcards(s[i:])
			p.core = b.String()
			return p
		default:
			b.WriteByte(s[i])
		}
	}
	p.core = b.String()
	return p
}

// matches reports whether p stands for text.
func (p pattern) matches(text string) bool {
	for at := 0; at+len(p.core) <= len(text); at++ {
		if p.lead != unlimited && at > p.lead {
			return false
		}
		if text[at:at+len(p.core)] == p.core && (p.tail == unlimited || len(text)-at-len(p.core) <= p.tail) {
			return true
		}
	}
	return false
}

// CompareValues compares the values of one attribute (NISTIR 7696, table 6-2).
func CompareValues(source, target Value) Relation {
	switch {
	case source == target && (source == Any || source == NA || !target.mayBeWild()):
		return Equal
	case target.mayBeWild() && target != Any && target.pattern().wild():
		return Undefined
	case source == Any:
		return Superset
	case target == Any:
		return Subset
	case source == NA, target == NA:
		return Disjoint
	}
	if !source.mayBeWild() { // and neither is the target: as they are quoted in one way, they would be the same text
		return Disjoint
	}
	p, text := source.pattern(), target.pattern().core
	switch {
	case !p.wild() && p.core == text:
		return Equal
	case p.wild() && p.matches(text):
		return Superset
	}
	return Disjoint
}

// Compare compares two names (NISTIR 7696, table 6-4): Disjoint where any attribute is, Undefined where any is, else what
// all agree in.
func Compare(source, target Name) Relation {
	overall := Equal
	undefined := false
	for i := range source {
		switch r := CompareValues(source[i], target[i]); {
		case r == Disjoint:
			return Disjoint
		case r == Undefined:
			undefined = true
		case r == Equal, r == overall:
		case overall == Equal:
			overall = r
		default:
			overall = Overlap
		}
	}
	if undefined {
		return Undefined
	}
	return overall
}
