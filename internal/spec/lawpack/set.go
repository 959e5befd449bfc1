// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Set is the packs that are known together, of every regime one version or several. It never changes: whoever holds
// one gets the same answers for as long as it is held.
type Set struct {
	packs  []*Pack
	stored []*Pack
	byKey  map[string][]*Duty // the newest version last
}

// A ClashError says that two packs cannot stand in one set.
type ClashError struct {
	Ref    string // of the pack that came second
	First  string // regime that has it already
	Key    string // the stored name of a duty that both claim, or "" when both are the same version
	Reason string
}

func (e *ClashError) Error() string { return e.Ref + ": " + e.Reason }

// NewSet holds packs together. It refuses two of the same regime and version, and a duty whose stored name belongs to
// another regime, with a ClashError.
func NewSet(packs ...*Pack) (*Set, error) {
	s := &Set{packs: slices.Clone(packs), byKey: map[string][]*Duty{}}
	refs, owner := map[string]bool{}, map[string]string{}
	for _, p := range packs {
		if refs[p.Ref()] {
			return nil, &ClashError{p.Ref(), p.Regime, "", "this version is known already"}
		}
		refs[p.Ref()] = true
		register := false
		for _, d := range p.Duties {
			first, taken := owner[d.Key()]
			if taken && first != p.Regime {
				return nil, &ClashError{p.Ref(), first, d.Key(), fmt.Sprintf("the duty %s belongs to %s already", d.Key(), first)}
			}
			owner[d.Key()] = p.Regime
			s.byKey[d.Key()] = append(s.byKey[d.Key()], d)
			register = register || d.Rule != ""
		}
		if register {
			s.stored = append(s.stored, p)
		}
	}
	for _, ds := range s.byKey {
		slices.SortStableFunc(ds, func(a, b *Duty) int { return compareVersions(a.pack.Version, b.pack.Version) })
	}
	return s, nil
}

// With returns the set and one pack more.
func (s *Set) With(p *Pack) (*Set, error) { return NewSet(append(slices.Clone(s.packs), p)...) }

// Packs lists every version of every regime: what Evaluate takes. It picks the version by the day of each duty's event.
func (s *Set) Packs() []*Pack { return s.packs }

// Stored lists the packs that have duties which the register stores.
func (s *Set) Stored() []*Pack { return s.stored }

// Pack returns a version by its name "regime@version", or nil.
func (s *Set) Pack(ref string) *Pack {
	for _, p := range s.packs {
		if p.Ref() == ref {
			return p
		}
	}
	return nil
}

// Lookup returns the duty with a stored name as the version that ref names has it, or as the newest has it; nil for a
// name that no pack has.
func (s *Set) Lookup(key, ref string) *Duty { return pick(s.byKey[key], ref) }

// InForce returns, of every regime, the version that counts for what happens at t. What is proposed, not yet in force
// or repealed is not among them.
func (s *Set) InForce(t time.Time) []*Pack {
	return s.those(func(p *Pack) bool { return p.Status != Proposed && p.covers(t) && !p.displaced(s.packs, t) })
}

// Upcoming returns what is not in force at t but may come to be: of every regime its newest proposal, and the versions
// that begin later.
func (s *Set) Upcoming(t time.Time) []*Pack {
	return s.those(func(p *Pack) bool {
		return p.Status == Proposed && !p.displaced(s.packs, t) || p.Status == InForce && t.Before(p.day(p.Effective.From))
	})
}

// those returns the packs that are as asked, by name.
func (s *Set) those(is func(*Pack) bool) (out []*Pack) {
	for _, p := range s.packs {
		if is(p) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *Pack) int {
		return cmp.Or(strings.Compare(a.Regime, b.Regime), compareVersions(a.Version, b.Version))
	})
	return out
}

// Newer reports whether version a comes after b.
func Newer(a, b string) bool { return compareVersions(a, b) > 0 }

func pick(ds []*Duty, ref string) *Duty {
	for _, d := range ds {
		if d.pack.Ref() == ref {
			return d
		}
	}
	if len(ds) == 0 {
		return nil
	}
	return ds[len(ds)-1]
}
