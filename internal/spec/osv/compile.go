// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv

import (
	"bytes"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/purl"
	"github.com/fengsui/fengsui/internal/spec/vers"
)

// Compiled is an Affected prepared for being asked about many versions: the bounds of its ranges are keys (vers.Key),
// its Versions a set. It may be asked from many goroutines at once.
type Compiled struct {
	a               Affected
	ecosystem       string // of the package, without the suffix
	suffix          string // the release, or the address of a registry
	listed          map[string]int
	same            map[string]int // outside every ecosystem: by keys, however they are written
	covers          []int          // outside every ecosystem: those with wildcards, or without a key
	ranges          []compiledRange
	nothing, commit bool // it tells nothing, or only commits
}

type compiledRange struct {
	kind    rangeKind
	semver  bool // keys by SemVer 2.0.0, which the ecosystem itself does not count by
	turns   []keyTurn
	limits  [][]byte
	verdict Verdict // what does not depend on the version
}

type rangeKind uint8

const (
	byKeys  rangeKind = iota
	decided           // the verdict does not depend on the version
	silent            // commits: says nothing of versions
	slow              // a bound has no key
)

type keyTurn struct {
	key   []byte // nil: before every version
	kind  turnKind
	event *Event
}

type turnKind uint8

const (
	introduced turnKind = iota
	fixed
	last
)

// Compile prepares a. It keeps a, which must not be changed afterwards.
func Compile(a Affected) *Compiled {
	c := &Compiled{a: a, nothing: len(a.Ranges) == 0 && len(a.Versions) == 0}
	if a.Package != nil {
		c.ecosystem, c.suffix, _ = strings.Cut(a.Package.Ecosystem, ":")
		if name, ok := purl.Known(c.ecosystem); ok {
			c.ecosystem = name
		}
	}
	c.list()
	commits := 0
	for i, r := range a.Ranges {
		if r.Type == RangeGit {
			commits++
		}
		c.ranges = append(c.ranges, compileRange(r, i, c.ecosystem))
	}
	c.commit = commits > 0 && commits == len(a.Ranges) && len(a.Versions) == 0
	return c
}

// list prepares Versions; where two entries match, the first of them is what a verdict names.
func (c *Compiled) list() {
	note := func(m *map[string]int, key string, i int) {
		if *m == nil {
			*m = make(map[string]int, len(c.a.Versions))
		}
		if _, taken := (*m)[key]; !taken {
			(*m)[key] = i
		}
	}
	for i, v := range c.a.Versions {
		note(&c.listed, strings.TrimPrefix(v, "v"), i)
		if c.ecosystem != vers.Natural {
			continue
		}
		if key, ok := vers.Key(vers.Natural, v); ok && !vers.Wild(v) {
			note(&c.same, string(key), i)
		} else {
			c.covers = append(c.covers, i)
		}
	}
}

func compileRange(r Range, i int, scheme string) compiledRange {
	switch {
	case r.Type == RangeGit:
		return compiledRange{kind: silent}
	case len(r.Events) == 1 && r.Events[0].Introduced == "0":
		return compiledRange{kind: decided, verdict: Verdict{State: Hit, Reason: EveryVersion, Range: i, Opened: &r.Events[0]}}
	}
	c := compiledRange{semver: r.Type == RangeSemVer && !vers.Known(scheme)}
	if c.semver {
		scheme = semver
	}
	floor := !vers.Known(scheme)
	buf := make([]byte, 0, 24*len(r.Events))
	key := func(at string) (k []byte) {
		start := len(buf)
		var ok bool
		if buf, ok = vers.AppendKey(buf, scheme, at); ok {
			return buf[start:len(buf):len(buf)]
		}
		if _, err := vers.Parse(scheme, at); err != nil {
			c.kind, c.verdict = decided, Verdict{State: Unknown, Reason: BadRange, Range: i}
		} else if c.kind != decided {
			c.kind = slow
		}
		return nil
	}
	unlimited := false
	c.turns = make([]keyTurn, 0, len(r.Events))
	for n := range r.Events {
		e := &r.Events[n]
		if e.Limit == "*" {
			unlimited = true
			continue
		}
		at := e.Introduced + e.Fixed + e.LastAffected + e.Limit
		if e.LastAffected == "" && floor {
			at = vers.Floor(at)
		}
		if e.Limit != "" {
			if e.Introduced != "0" { // else it is before every version, and nothing is before it
				c.limits = append(c.limits, key(at))
			} else {
				c.limits = append(c.limits, []byte{})
			}
			continue
		}
		t := keyTurn{event: e}
		switch {
		case e.Introduced != "":
		case e.Fixed != "":
			t.kind = fixed
		default:
			t.kind = last
		}
		if e.Introduced != "0" {
			t.key = key(at)
		}
		c.turns = append(c.turns, t)
	}
	if unlimited {
		c.limits = nil
	}
	if c.kind == byKeys && !slices.IsSortedFunc(c.turns, keyTurn.compare) {
		slices.SortStableFunc(c.turns, keyTurn.compare)
	}
	return c
}

func (t keyTurn) compare(u keyTurn) int {
	switch {
	case t.key == nil && u.key == nil:
		return 0
	case t.key == nil:
		return -1
	case u.key == nil:
		return 1
	}
	return bytes.Compare(t.key, u.key)
}

// decide follows r, which c was compiled from, the i-th range.
func (c *compiledRange) decide(r *Range, i int, ecosystem, version string, key []byte) Verdict {
	switch c.kind {
	case silent:
		return outside
	case decided:
		return c.verdict
	case slow:
		return r.decide(i, ecosystem, version)
	}
	if c.semver {
		var ok bool
		if key, ok = vers.Key(semver, version); !ok {
			return r.decide(i, ecosystem, version)
		}
	}
	return c.follow(i, key)
}

// Affects is Affects(a, ecosystem, version) for the Affected that was compiled, with the key that vers.Key makes of
// ecosystem and version; it is nil where there is none, and then takes as long as that.
func (c *Compiled) Affects(ecosystem, version string, key []byte) Verdict {
	if key == nil {
		return affectsByParsing(c.a, ecosystem, version)
	}
	same, sure := c.speaksOf(ecosystem)
	if !same {
		return Verdict{State: Miss, Reason: OtherEcosystem, Range: -1}
	}
	return c.decide(ecosystem, strings.TrimSpace(version), key).only(sure)
}

func (c *Compiled) speaksOf(ecosystem string) (same, sure bool) {
	if ecosystem == c.ecosystem && c.suffix == "" {
		return true, true
	}
	return sameEcosystem(c.a.Package, ecosystem)
}

func (c *Compiled) decide(ecosystem, version string, key []byte) Verdict {
	if c.listed != nil {
		if i := c.find(ecosystem, version, key); i >= 0 {
			return Verdict{State: Hit, Reason: Listed, Range: -1, Listed: c.a.Versions[i]}
		}
	}
	v := outside
	for i := range c.ranges {
		in := c.ranges[i].decide(&c.a.Ranges[i], i, ecosystem, version, key)
		if in.State == Hit {
			return in
		}
		if in.State == Unknown && v.State != Unknown {
			v = in
		}
	}
	switch {
	case v.State == Unknown:
	case c.nothing:
		v.State, v.Reason = Unknown, NothingSaid
	case c.commit:
		v.State, v.Reason = Unknown, OnlyCommits
	}
	return v
}

// find returns the first entry of Versions that names the version, or -1.
func (c *Compiled) find(ecosystem, version string, key []byte) int {
	found := -1
	first := func(i int) {
		if found < 0 || i < found {
			found = i
		}
	}
	if i, ok := c.listed[strings.TrimPrefix(version, "v")]; ok {
		first(i)
	}
	if ecosystem != vers.Natural {
		return found
	}
	if i, ok := c.same[string(key)]; ok {
		first(i)
	}
	for _, i := range c.covers {
		if covers, err := vers.Covers(c.a.Versions[i], version); err == nil && covers {
			first(i)
		}
	}
	return found
}

// follow is follow by keys.
func (r *compiledRange) follow(i int, at []byte) Verdict {
	if len(r.limits) > 0 && !slices.ContainsFunc(r.limits, func(l []byte) bool { return bytes.Compare(l, at) > 0 }) {
		return outside
	}
	var opened, closes *Event
	for n := range r.turns {
		t := &r.turns[n]
		order := -1
		if t.key != nil {
			order = bytes.Compare(t.key, at)
		}
		switch {
		case t.kind == introduced:
			if order <= 0 && opened == nil {
				opened, closes = t.event, nil
			}
		case order < 0, order == 0 && t.kind == fixed:
			opened = nil
		case opened != nil && closes == nil:
			closes = t.event
		}
	}
	if opened == nil {
		return outside
	}
	return Verdict{State: Hit, Reason: InRange, Range: i, Opened: opened, Closes: closes}
}
