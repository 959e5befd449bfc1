// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cve

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/vers"
)

// A line is all versions in their order, cut at every version that an entry names: before the first mark, at it, between
// it and the next, and so on. Each piece has one status.
type line struct {
	scheme  string // in whose order the versions stand
	kind    string // of the ranges: osv.RangeSemVer outside every ecosystem where the entry counts so
	marks   []mark
	pieces  []Status // 2·len(marks)+1: piece 2i is before mark i, piece 2i+1 at it
	commits []osv.Range
	unread  []osv.Range // affected stretches with a bound that cannot be read
	listed  []string    // affected versions that are none of the scheme, as they are written
	guessed bool        // something else could not be read
}

// maxParts is how many stretches of one entry are read.
const maxParts = 8_000

type mark struct {
	text string
	at   vers.Version
}

// line reads an entry's versions.
func (a Affected) line(ecosystem string) line {
	l := line{scheme: ecosystem, kind: osv.RangeEcosystem}
	if ecosystem == vers.Natural && a.semver() {
		l.scheme, l.kind = "npm", osv.RangeSemVer
	}
	type part struct {
		vers.Interval
		status  Status
		changes []Change
	}
	var parts []part
	for _, v := range a.Versions {
		if strings.EqualFold(v.VersionType, "git") {
			l.commit(a.Repo, v)
			continue
		}
		intervals, ok := v.intervals()
		if ok {
			ok = !slices.ContainsFunc(intervals, func(i vers.Interval) bool { return !l.reads(i.From, false) || !l.reads(i.To, i.Through) }) &&
				!slices.ContainsFunc(v.Changes, func(c Change) bool { return !l.reads(c.At, false) || c.At == "" })
		}
		switch {
		case ok && len(parts)+len(intervals) > maxParts:
			l.guessed = true
		case ok:
			for _, i := range intervals {
				parts = append(parts, part{i, v.Status, v.Changes})
			}
		case v.Status != StatusAffected:
			l.guessed = l.guessed || v.LessThan+v.LessThanOrEqual != "" || !isOne(v.Version, nothing)
		case v.LessThan+v.LessThanOrEqual == "" && !isOne(v.Version, nothing) && len(v.Changes) == 0:
			l.listed = append(l.listed, strings.TrimSpace(v.Version))
		default:
			l.unread = append(l.unread, v.asItStands(l.kind))
		}
	}
	var all []mark
	note := func(s string, through bool) {
		if s == "" {
			return
		}
		if m, ok := l.read(s, through); ok {
			all = append(all, m)
		}
	}
	for _, p := range parts {
		note(p.From, false)
		note(p.To, p.Through)
		for _, c := range p.changes {
			if c.At != "0" { // which is before every version
				note(c.At, false)
			}
		}
	}
	slices.SortStableFunc(all, func(x, y mark) int { return compare(x.at, y.at) })
	l.marks = slices.CompactFunc(all, func(x, y mark) bool { return compare(x.at, y.at) == 0 })
	l.pieces = make([]Status, 2*len(l.marks)+1)
	for i := range l.pieces {
		l.pieces[i] = a.rest()
	}
	open := make([]int, len(l.pieces)+1) // for each piece the next that no entry has decided yet
	for i := range open {
		open[i] = i
	}
	next := func(i int) int {
		for open[i] != i {
			open[i] = open[open[i]]
			i = open[i]
		}
		return i
	}
	for _, p := range parts { // the first entry that takes in a version decides
		first, last := 0, len(l.pieces)-1
		if p.From != "" {
			first = l.pieceAt(p.From, false)
			if p.After {
				first++
			}
		}
		if p.To != "" {
			last = l.pieceAt(p.To, p.Through)
			if !p.Through {
				last--
			}
		}
		turns := make([]turn, 0, len(p.changes))
		for _, c := range p.changes {
			t := turn{0, c.Status}
			if c.At != "0" {
				t.from = l.pieceAt(c.At, false)
			}
			turns = append(turns, t)
		}
		slices.SortStableFunc(turns, func(x, y turn) int { return x.from - y.from })
		status := p.status
		for i := next(first); i <= last; i = next(i) {
			for len(turns) > 0 && turns[0].from <= i {
				status, turns = turns[0].status, turns[1:]
			}
			l.pieces[i], open[i] = status, i+1
		}
	}
	return l
}

// A turn is a change of status from a piece on.
type turn struct {
	from   int
	status Status
}

// strict is a version by SemVer 2.0.0.
var strict = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// semver reports whether every version of the entry is said to be counted by SemVer, and is.
func (a Affected) semver() bool {
	for _, v := range a.Versions {
		if !strings.EqualFold(v.VersionType, "semver") {
			return false
		}
		for _, at := range append([]string{v.Version, v.LessThan, v.LessThanOrEqual}, changes(v)...) {
			if at != "" && at != "0" && at != "*" && !strict.MatchString(at) {
				return false
			}
		}
	}
	return len(a.Versions) > 0
}

func changes(v Version) (out []string) {
	for _, c := range v.Changes {
		out = append(out, c.At)
	}
	return out
}

// intervals are the stretches that v means. ok is false where it cannot be told.
func (v Version) intervals() (list []vers.Interval, ok bool) {
	from := strings.TrimSpace(v.Version)
	if isOne(from, nothing) || isOne(from, everything) || from == "0" {
		from = ""
	}
	switch less, orEqual := strings.TrimSpace(v.LessThan), strings.TrimSpace(v.LessThanOrEqual); {
	case less == "*" || less == "" && orEqual == "*":
		return []vers.Interval{{From: from}}, true
	case less != "":
		return []vers.Interval{{From: from, To: less}}, !strings.ContainsAny(less, "<>=")
	case orEqual != "":
		return []vers.Interval{{From: from, To: orEqual, Through: true}}, !strings.ContainsAny(orEqual, "<>=")
	case from == "" && len(v.Changes) > 0:
		return []vers.Interval{{}}, true
	case len(v.Changes) > 0:
		return []vers.Interval{{From: from}}, true // changes are told of nothing but stretches
	case isOne(v.Version, everything):
		return []vers.Interval{{}}, true
	case isOne(v.Version, nothing):
		return nil, false
	case v.Version == "0":
		return []vers.Interval{{To: "0", Through: true}}, true
	}
	return vers.ReadSpelled(from)
}

// asItStands is a stretch in events that cannot be read, so that who asks about it learns that it is not known.
func (v Version) asItStands(kind string) osv.Range {
	r := osv.Range{Type: kind, Events: []osv.Event{{Introduced: orZero(v.Version)}}}
	for _, c := range v.Changes {
		if c.At != "" && c.Status == StatusUnaffected {
			r.Events = append(r.Events, osv.Event{Fixed: c.At})
		}
	}
	switch {
	case v.LessThan != "":
		r.Events = append(r.Events, osv.Event{Fixed: v.LessThan})
	case v.LessThanOrEqual != "":
		r.Events = append(r.Events, osv.Event{LastAffected: v.LessThanOrEqual})
	}
	if len(r.Events) == 1 { // which would be every version
		r.Events = append(r.Events, osv.Event{LastAffected: orQuestion(v.Version)})
	}
	return r
}

func orZero(s string) string {
	if s = strings.TrimSpace(s); isOne(s, nothing) || isOne(s, everything) {
		return "0"
	}
	return s
}

func orQuestion(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return "?"
	}
	return s
}

// commit adds a stretch of commits.
func (l *line) commit(repo string, v Version) {
	if v.Status != StatusAffected {
		return
	}
	from := strings.TrimSpace(v.Version)
	if isOne(from, nothing) || isOne(from, everything) {
		from = "0"
	}
	r := osv.Range{Type: osv.RangeGit, Repo: repo, Events: []osv.Event{{Introduced: from}}}
	for _, c := range v.Changes {
		if c.Status == StatusUnaffected && c.At != "" {
			r.Events = append(r.Events, osv.Event{Fixed: c.At})
		}
	}
	switch {
	case v.LessThan != "" && v.LessThan != "*":
		r.Events = append(r.Events, osv.Event{Fixed: v.LessThan})
	case v.LessThanOrEqual != "" && v.LessThanOrEqual != "*":
		r.Events = append(r.Events, osv.Event{LastAffected: v.LessThanOrEqual})
	}
	l.commits = append(l.commits, r)
}

// read reads a version as a bound. In natural order a wildcard that begins a stretch, or ends it from outside, means the
// least version that it stands for.
func (l *line) read(s string, through bool) (mark, bool) {
	if l.scheme == vers.Natural && !through {
		s = vers.Floor(s)
	}
	if strings.ContainsRune(s, '*') && l.scheme != vers.Natural {
		return mark{}, false
	}
	v, err := vers.Parse(l.scheme, s)
	return mark{s, v}, err == nil
}

func (l *line) reads(s string, through bool) bool {
	if s == "" {
		return true
	}
	_, ok := l.read(s, through)
	return ok
}

// pieceAt returns the piece at a mark, which is there.
func (l *line) pieceAt(s string, through bool) int {
	m, _ := l.read(s, through)
	i, _ := slices.BinarySearchFunc(l.marks, m, func(x, y mark) int { return compare(x.at, y.at) })
	return 2*i + 1
}

// compare compares versions of one scheme that have been read; none fails then.
func compare(a, b vers.Version) int {
	n, _ := a.Compare(b)
	return n
}

// A stretch is a run of pieces with one status.
type stretch struct {
	from, to       string // "" at the ends of the line
	after, through bool   // from is outside; to is inside
}

func (l line) stretches(of Status) (out []stretch) {
	for i := 0; i < len(l.pieces); i++ {
		if l.pieces[i] != of {
			continue
		}
		j := i
		for j+1 < len(l.pieces) && l.pieces[j+1] == of {
			j++
		}
		s := stretch{}
		if i > 0 {
			s.from, s.after = l.marks[(i-1)/2].text, i%2 == 0
		}
		if j < len(l.pieces)-1 {
			s.to, s.through = l.marks[j/2].text, j%2 == 1
		}
		out = append(out, s)
		i = j
	}
	return out
}

// events are a stretch in events. exact is false where it begins behind a version and the scheme does not tell the next:
// it is taken in then.
func (s stretch) events(l line) (r osv.Range, exact bool) {
	e := osv.Event{Introduced: s.from}
	exact = true
	switch next, ok := vers.After(l.scheme, s.from); {
	case s.from == "":
		e.Introduced = "0"
	case s.after && ok:
		e.Introduced = next
	case s.after:
		exact = false
	}
	r = osv.Range{Type: l.kind, Events: []osv.Event{e}}
	switch {
	case s.to == "":
	case s.through:
		r.Events = append(r.Events, osv.Event{LastAffected: s.to})
	default:
		r.Events = append(r.Events, osv.Event{Fixed: s.to})
	}
	return r, exact
}

func (s stretch) criterion(n cpe.Name) cpe.Criterion {
	c := cpe.Criterion{Vulnerable: true, Criteria: n}
	if s.after {
		c.StartExcluding = s.from
	} else {
		c.StartIncluding = s.from
	}
	if s.through {
		c.EndIncluding = s.to
	} else {
		c.EndExcluding = s.to
	}
	return c
}

func (l line) statusOf(version string) Status {
	version = strings.TrimSpace(version)
	for _, v := range l.listed {
		if strings.EqualFold(v, version) {
			return StatusAffected
		}
	}
	at, err := vers.Parse(l.scheme, version)
	if err != nil {
		if !l.guessed && !slices.ContainsFunc(l.pieces, func(s Status) bool { return s != StatusAffected }) {
			return StatusAffected // every version
		}
		return StatusUnknown
	}
	i, found := slices.BinarySearchFunc(l.marks, mark{at: at}, func(x, y mark) int { return compare(x.at, y.at) })
	piece := 2 * i
	if found {
		piece++
	}
	s := l.pieces[piece]
	if s != StatusAffected && (len(l.unread) > 0 || l.guessed || len(l.commits) > 0 && len(l.marks) == 0) {
		return StatusUnknown
	}
	if s == StatusAffected && l.guessed {
		return StatusUnknown // what could not be read might have made an exception of it
	}
	return s
}
