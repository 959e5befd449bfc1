// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv

import (
	"strings"

	"github.com/fengsui/fengsui/internal/spec/vers"
)

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

// FromIntervals says stretches of versions in ranges of events. exact is false where one begins behind a version: it is
// taken in then.
func FromIntervals(list []vers.Interval) (ranges []Range, exact bool) {
	exact = true
	for _, i := range list {
		open := Event{Introduced: i.From}
		if i.From == "" {
			open.Introduced = "0"
		}
		exact = exact && !i.After
		r := Range{Type: RangeEcosystem, Events: []Event{open}}
		switch {
		case i.To == "":
		case i.Through:
			r.Events = append(r.Events, Event{LastAffected: i.To})
		default:
			r.Events = append(r.Events, Event{Fixed: i.To})
		}
		ranges = append(ranges, r)
	}
	return ranges, exact
}

// FromText reads which versions a text means, a version range specifier ("vers:npm/>=1.0.0|<1.4.0") or people's words
// (vers.ReadSpelled), and says it in ranges. ok is false where it is not understood: the range is then one that nobody can
// read, so that Affects does not know rather than misses.
func FromText(s string) (ranges []Range, exact, ok bool) {
	if len(s) > 5 && strings.EqualFold(s[:5], "vers:") {
		if r, err := vers.ReadRange(s); err == nil {
			ranges, exact = FromRange(r)
			return ranges, exact, true
		}
	} else if list, read := vers.ReadSpelled(s); read {
		ranges, exact = FromIntervals(list)
		return ranges, exact, true
	}
	return []Range{{Type: RangeEcosystem, Events: []Event{{Introduced: "0"}, {LastAffected: "?"}}}}, false, false
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
