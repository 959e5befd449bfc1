// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv

import (
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/vers"
)

// A State is what Affects decides.
type State string

// The states. Unknown is never to be read as safe: a person must look.
const (
	Hit     State = "affected"
	Miss    State = "not-affected"
	Unknown State = "unknown"
)

// A Reason says why. The names are stable: they are stored with a match.
type Reason string

// The reasons.
const (
	Listed         Reason = "listed"          // Hit: Versions names the version
	InRange        Reason = "in-range"        // Hit: the version lies in a range
	EveryVersion   Reason = "every-version"   // Hit: a range takes in every version, whatever this one is
	Outside        Reason = "outside"         // Miss: neither listed nor in a range
	OtherEcosystem Reason = "other-ecosystem" // Miss: the package is another ecosystem's or another release's
	NoVersion      Reason = "no-version"      // Unknown: the version is missing or cannot be read
	NoRelease      Reason = "no-release"      // Unknown: it would be a hit, but for one release, and the component's is not known
	BadRange       Reason = "bad-range"       // Unknown: a range cannot be read
	OnlyCommits    Reason = "only-commits"    // Unknown: the record tells commits, not versions
	NothingSaid    Reason = "nothing-said"    // Unknown: the record tells neither versions nor ranges
)

// A Verdict is the answer of Affects with what it rests on.
type Verdict struct {
	State  State
	Reason Reason
	Range  int    // index in Ranges of what decided (InRange, EveryVersion, BadRange), else -1
	Opened *Event // InRange, EveryVersion: the event from which the version is affected
	Closes *Event // InRange: the event that ends the stretch it lies in, nil where nothing does yet
	Listed string // Listed: the entry of Versions
}

var outside = Verdict{State: Miss, Reason: Outside, Range: -1}

// Affects decides whether a version of the package that a describes is affected, by the evaluation of OSV schema 1.7
// ("affected if listed or in any range"). That it is the same package is the caller's business (purl.Key).
//
// Ecosystem is the component's, with its release where that is known ("Debian:12"), or "" for things outside every
// ecosystem, whose versions are taken in natural order and may be listed with a wildcard ("8.2.*").
func Affects(a Affected, ecosystem, version string) Verdict {
	key, ok := vers.Key(ecosystem, version)
	if !ok {
		return affectsByParsing(a, ecosystem, version)
	}
	same, sure := sameEcosystem(a.Package, ecosystem)
	if !same {
		return Verdict{State: Miss, Reason: OtherEcosystem, Range: -1}
	}
	version = strings.TrimSpace(version)
	if listed, ok := a.lists(ecosystem, version); ok {
		return Verdict{State: Hit, Reason: Listed, Range: -1, Listed: listed}.only(sure)
	}
	scheme, _, _ := strings.Cut(ecosystem, ":")
	v := outside
	for i, r := range a.Ranges {
		c := compileRange(r, i, scheme)
		switch in := c.decide(&a.Ranges[i], i, ecosystem, version, key); {
		case in.State == Hit:
			return in.only(sure)
		case in.State == Unknown && v.State != Unknown:
			v = in
		}
	}
	if v.State != Unknown && len(a.Versions) == 0 {
		switch {
		case len(a.Ranges) == 0:
			v.State, v.Reason = Unknown, NothingSaid
		case !slices.ContainsFunc(a.Ranges, func(r Range) bool { return r.Type != RangeGit }):
			v.State, v.Reason = Unknown, OnlyCommits
		}
	}
	return v
}

// only is v where it is sure that the record speaks of the component's release.
func (v Verdict) only(sure bool) Verdict {
	if !sure && v.State == Hit {
		return Verdict{State: Unknown, Reason: NoRelease, Range: -1}
	}
	return v
}

// affectsByParsing is Affects where the version has no key. It decides every other version in the same way, and slowly.
func affectsByParsing(a Affected, ecosystem, version string) Verdict {
	same, sure := sameEcosystem(a.Package, ecosystem)
	if !same {
		return Verdict{State: Miss, Reason: OtherEcosystem, Range: -1}
	}
	return a.decide(ecosystem, strings.TrimSpace(version)).only(sure)
}

// sameEcosystem compares ecosystems including the suffix. A record without a suffix speaks of every release. sure is
// false where the record speaks of one release of a distribution and the component does not say which it has.
func sameEcosystem(p *Package, ecosystem string) (same, sure bool) {
	if p == nil || p.Ecosystem == "" {
		return ecosystem == "", true
	}
	of, suffix, _ := strings.Cut(p.Ecosystem, ":")
	base, release, _ := strings.Cut(ecosystem, ":")
	switch {
	case of != base:
		return false, true
	case suffix == "" || suffix == release:
		return true, true
	}
	return release == "" && !strings.Contains(suffix, "//"), false // a URL is another registry, not a release
}

func (a Affected) decide(ecosystem, version string) Verdict {
	if listed, ok := a.lists(ecosystem, version); ok {
		return Verdict{State: Hit, Reason: Listed, Range: -1, Listed: listed}
	}
	v := outside
	commits := 0
	for i, r := range a.Ranges {
		if r.Type == RangeGit {
			commits++
			continue
		}
		in := r.decide(i, ecosystem, version)
		if in.State == Hit {
			return in
		}
		if in.State == Unknown && v.State != Unknown {
			v = in
		}
	}
	_, unreadable := vers.Parse(ecosystem, version)
	switch {
	case v.State == Unknown, len(a.Versions) > 0 && unreadable == nil:
	case len(a.Versions) > 0:
		v.State, v.Reason = Unknown, NoVersion
	case len(a.Ranges) == 0:
		v.State, v.Reason = Unknown, NothingSaid
	case commits == len(a.Ranges):
		v.State, v.Reason = Unknown, OnlyCommits
	}
	return v
}

// lists looks the version up in Versions as it is written, but for a leading "v"; outside every ecosystem wildcards and
// other ways of writing the same version count too.
func (a Affected) lists(ecosystem, version string) (string, bool) {
	if version == "" {
		return "", false
	}
	for _, listed := range a.Versions {
		if strings.TrimPrefix(listed, "v") == strings.TrimPrefix(version, "v") {
			return listed, true
		}
		if ecosystem == "" {
			if covers, err := vers.Covers(listed, version); err == nil && covers {
				return listed, true
			}
		}
	}
	return "", false
}

// A turn is an event with its version read.
type turn struct {
	text  string
	at    vers.Version
	first bool // before every version
	event *Event
}

func (t turn) compare(u turn) (int, error) {
	switch {
	case t.first && u.first:
		return 0, nil
	case t.first:
		return -1, nil
	case u.first:
		return 1, nil
	}
	return t.at.Compare(u.at)
}

// decide follows one range of versions, the i-th.
func (r Range) decide(i int, ecosystem, version string) Verdict {
	if len(r.Events) == 1 && r.Events[0].Introduced == "0" {
		return Verdict{State: Hit, Reason: EveryVersion, Range: i, Opened: &r.Events[0]}
	}
	scheme := ecosystem
	if r.Type == RangeSemVer && !vers.Known(scheme) {
		scheme = semver
	}
	at, err := vers.Parse(scheme, version)
	if err != nil {
		return Verdict{State: Unknown, Reason: NoVersion, Range: -1}
	}
	turns, limits, err := r.turns(scheme)
	if err != nil {
		return Verdict{State: Unknown, Reason: BadRange, Range: i}
	}
	in, err := follow(turns, limits, turn{at: at})
	switch {
	case err != nil:
		return Verdict{State: Unknown, Reason: BadRange, Range: i}
	case in.State == Hit:
		in.Range = i
	}
	return in
}

// semver is any ecosystem that counts by SemVer 2.0.0.
const semver = "npm"

// turns reads the events: those that open and close stretches in order, events of one version as they stand, and
// the limits.
func (r Range) turns(scheme string) (turns, limits []turn, err error) {
	for i := range r.Events {
		e := &r.Events[i]
		if e.Limit == "*" {
			continue
		}
		t := turn{event: e, first: e.Introduced == "0"}
		at := e.Introduced + e.Fixed + e.LastAffected + e.Limit
		if e.LastAffected == "" && !vers.Known(scheme) {
			at = vers.Floor(at)
		}
		if t.text = at; !t.first {
			if t.at, err = vers.Parse(scheme, at); err != nil {
				return nil, nil, err
			}
		}
		if e.Limit != "" {
			limits = append(limits, t)
		} else {
			turns = append(turns, t)
		}
	}
	if slices.ContainsFunc(r.Events, func(e Event) bool { return e.Limit == "*" }) {
		limits = nil
	}
	slices.SortStableFunc(turns, func(a, b turn) int {
		order, e := a.compare(b)
		if e != nil {
			err = e
		}
		return order
	})
	return turns, limits, err
}

// follow goes through the turns up to v. Limits count together: v need only be before one of them.
func follow(turns, limits []turn, v turn) (Verdict, error) {
	within := len(limits) == 0
	for _, l := range limits {
		order, err := l.compare(v)
		if err != nil {
			return outside, err
		}
		within = within || order > 0
	}
	in := outside
	for _, t := range turns {
		order, err := t.compare(v)
		if err != nil {
			return outside, err
		}
		switch {
		case t.event.Introduced != "":
			if order <= 0 && in.State != Hit {
				in = Verdict{State: Hit, Reason: InRange, Opened: t.event}
			}
		case order < 0, order == 0 && t.event.Fixed != "":
			in = outside
		case in.State == Hit && in.Closes == nil:
			in.Closes = t.event
		}
	}
	if !within {
		return outside, nil
	}
	return in, nil
}
