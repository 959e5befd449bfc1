// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv

import (
	"strings"

	"github.com/fengsui/fengsui/internal/spec/vers"
)

// FromRange says a version range specifier in ranges of events: each stretch, and each single version, is a range.
//
// exact is false where events cannot say it: that a stretch begins behind a version (">"), or leaves one out ("!="), in a
// scheme that does not tell the next version (vers.After). Then the ranges take in those versions too, so that nothing
// affected is missed. Ranges of types with an order of their own (vers.SchemeOf) are told by the natural order.
func FromRange(r vers.Range) (ranges []Range, exact bool) {
	exact = true
	scheme := vers.SchemeOf(r.Type)
	add := func(events ...Event) { ranges = append(ranges, Range{Type: RangeEcosystem, Events: events}) }
	var open *Event // where the stretch began that is being read
	if beginsInside(r.Constraints) {
		open = &Event{Introduced: "0"}
	}
	for _, c := range r.Constraints {
		switch c.Comparator {
		case vers.Every:
			if r.Type != "none" {
				add(Event{Introduced: "0"})
			}
		case vers.Equal:
			add(Event{Introduced: c.Version}, Event{LastAffected: c.Version})
		case vers.NotEqual:
			next, ok := vers.After(scheme, c.Version)
			switch {
			case open == nil:
			case ok:
				add(*open, Event{Fixed: c.Version})
				open = &Event{Introduced: next}
			default:
				exact = false
			}
		case vers.Greater, vers.GreaterOrEqual:
			if open != nil {
				continue
			}
			open = &Event{Introduced: c.Version}
			if c.Comparator == vers.Greater {
				exact = behind(scheme, &open.Introduced) && exact
			}
		default:
			if open == nil { // a second upper bound: by the specification nothing lies between, but who wrote it did not mean nothing
				exact, open = false, &Event{Introduced: "0"}
			}
			if c.Comparator == vers.Less {
				add(*open, Event{Fixed: c.Version})
			} else {
				add(*open, Event{LastAffected: c.Version})
			}
			open = nil
		}
	}
	if open != nil {
		add(*open)
	}
	if r.Check() != nil { // bounds that meet or cross: what a bound takes in stays in
		exact = false
		for _, c := range r.Constraints {
			if c.Comparator == vers.GreaterOrEqual || c.Comparator == vers.LessOrEqual {
				add(Event{Introduced: c.Version}, Event{LastAffected: c.Version})
			}
		}
	}
	return ranges, exact
}

// behind puts the next version in the place of one, where the scheme tells it.
func behind(scheme string, version *string) bool {
	next, ok := vers.After(scheme, *version)
	if ok {
		*version = next
	}
	return ok
}

// beginsInside reports whether the first bound is an upper one, so that the range begins with the first version.
func beginsInside(list []vers.Constraint) bool {
	for _, c := range list {
		switch c.Comparator {
		case vers.Less, vers.LessOrEqual:
			return true
		case vers.Greater, vers.GreaterOrEqual:
			return false
		}
	}
	return false
}

// FromIntervals says stretches of versions, in the order of a scheme, in ranges of events. exact is false where one begins
// behind a version and the scheme does not tell the next (vers.After): it is taken in then.
func FromIntervals(scheme string, list []vers.Interval) (ranges []Range, exact bool) {
	exact = true
	for _, i := range list {
		open := Event{Introduced: i.From}
		if i.From == "" {
			open.Introduced = "0"
		}
		if i.After && i.From != "" {
			exact = behind(scheme, &open.Introduced) && exact
		}
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

// FromText reads which versions of a scheme a text means, a version range specifier ("vers:npm/>=1.0.0|<1.4.0", which names
// its own) or people's words (vers.ReadSpelled), and says it in ranges. ok is false where it is not understood: the range is then one that nobody can
// read, so that Affects does not know rather than misses.
func FromText(scheme, s string) (ranges []Range, exact, ok bool) {
	if len(s) > 5 && strings.EqualFold(s[:5], "vers:") {
		if r, err := vers.ReadRange(s); err == nil {
			ranges, exact = FromRange(r)
			return ranges, exact, true
		}
	} else if list, read := vers.ReadSpelled(s); read {
		ranges, exact = FromIntervals(scheme, list)
		return ranges, exact, true
	}
	return []Range{{Type: RangeEcosystem, Events: []Event{{Introduced: "0"}, {LastAffected: "?"}}}}, false, false
}
