// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv

import "github.com/fengsui/fengsui/internal/spec/vers"

// FromRange says a version range specifier in ranges of events: each stretch, and each single version, is a range.
//
// exact is false where events cannot say it: that a stretch begins behind a version (">"), or leaves one out ("!="). Then
// the ranges take in those versions too, so that nothing affected is missed. Ranges of types with an order of their own
// (vers.SchemeOf) are told by the natural order.
func FromRange(r vers.Range) (ranges []Range, exact bool) {
	exact = true
	add := func(events ...Event) { ranges = append(ranges, Range{Type: RangeEcosystem, Events: events}) }
	var open *Event
	for i, c := range r.Constraints {
		switch c.Comparator {
		case vers.Every:
			if r.Type == "none" {
				return nil, true
			}
			add(Event{Introduced: "0"})
		case vers.Equal:
			add(Event{Introduced: c.Version}, Event{LastAffected: c.Version})
		case vers.NotEqual:
			exact = false
		case vers.Greater, vers.GreaterOrEqual:
			exact = exact && c.Comparator == vers.GreaterOrEqual
			if open == nil {
				open = &Event{Introduced: c.Version}
			}
		default:
			end := Event{Fixed: c.Version}
			if c.Comparator == vers.LessOrEqual {
				end = Event{LastAffected: c.Version}
			}
			switch {
			case open != nil:
				add(*open, end)
			case first(r.Constraints[:i]):
				add(Event{Introduced: "0"}, end)
			default: // a second upper bound: the specification leaves what is between them out, but who wrote it did not mean nothing
				exact = false
				add(Event{Introduced: "0"}, end)
			}
			open = nil
		}
	}
	if open != nil {
		add(*open)
	}
	return ranges, exact
}

// first reports whether no bound stands among the constraints.
func first(before []vers.Constraint) bool {
	for _, c := range before {
		if c.Comparator != vers.Equal && c.Comparator != vers.NotEqual {
			return false
		}
	}
	return true
}
