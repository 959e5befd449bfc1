// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"cmp"
	"maps"
	"slices"
)

// share is what each organisation contributes to a group, by its id.
type share map[string]Count

func (s share) sum() (c Count) {
	for _, x := range s {
		c.N += x.N
		c.Late += x.Late
	}
	return c
}

// safe reports whether a sum over these organisations says nothing about one of them: there are at least K, none has more
// than three quarters of the duties, and not every one of them was late.
func (s share) safe() bool {
	c, most, clean := s.sum(), 0, false
	for _, x := range s {
		most = max(most, x.N)
		clean = clean || x.Late == 0
	}
	return len(s) >= K && 4*most <= 3*c.N && clean
}

// add puts what another group holds into s.
func (s share) add(other share) {
	for org, x := range other {
		y := s[org]
		s[org] = Count{y.N + x.N, y.Late + x.Late}
	}
}

// breakdown makes the rows of one breakdown of a whole: a partition of the same duties. What is not safe is withheld, and
// so many further groups with it that what is withheld together, the whole less the rest, is safe, too. A whole that is
// not safe withholds everything.
func breakdown(groups map[string]share, whole share) []Group {
	keys := slices.Sorted(maps.Keys(groups))
	hidden := map[string]bool{}
	open := whole.safe()
	for _, k := range keys {
		hidden[k] = !open || !groups[k].safe()
	}
	// The smallest groups go first; by name among equals, so that the outcome depends on the rows alone.
	bySize := slices.Clone(keys)
	slices.SortStableFunc(bySize, func(a, b string) int { return cmp.Compare(len(groups[a]), len(groups[b])) })
	for {
		rest, any := share{}, false
		for _, k := range keys {
			if hidden[k] {
				rest.add(groups[k])
				any = true
			}
		}
		if !any || rest.safe() {
			break
		}
		i := slices.IndexFunc(bySize, func(k string) bool { return !hidden[k] })
		if i < 0 {
			break
		}
		hidden[bySize[i]] = true
	}
	out := make([]Group, 0, len(keys))
	for _, k := range keys {
		g := Group{Key: k, Withheld: hidden[k]}
		if !g.Withheld {
			g.Count = groups[k].sum()
		}
		out = append(out, g)
	}
	return out
}

// A contribution is what one organisation adds to the breakdowns of a quarter.
type contribution struct {
	Org, Kind, Law string
	Count
}

// tables are the shares of a quarter's contributions: in all, by law, by kind.
func tables(cs []contribution) (whole share, byLaw, byKind map[string]share) {
	whole, byLaw, byKind = share{}, map[string]share{}, map[string]share{}
	for _, c := range cs {
		one := share{c.Org: c.Count}
		whole.add(one)
		for m, k := range map[*map[string]share]string{&byLaw: c.Law, &byKind: c.Kind} {
			if (*m)[k] == nil {
				(*m)[k] = share{}
			}
			(*m)[k].add(one)
		}
	}
	return whole, byLaw, byKind
}

// quarterly is what is published of a quarter's contributions.
func quarterly(quarter string, cs []contribution) *Members {
	whole, byLaw, byKind := tables(cs)
	m := &Members{K: K, Quarters: []string{quarter}, Total: Group{Key: "total", Withheld: len(whole) > 0 && !whole.safe()}, ByLaw: breakdown(byLaw, whole), ByKind: breakdown(byKind, whole)}
	if !m.Total.Withheld {
		m.Total.Count = whole.sum()
	}
	return m
}

// corrects reports whether a later edition may show what cs say after an earlier one has shown what before say: in every
// group, and in all, either nothing has changed or what at least K organisations contribute has; and the same groups are
// withheld, since what one edition withholds could else be taken from what the other shows.
func corrects(before, cs []contribution) bool {
	if !slices.Equal(withheld(quarterly("", before)), withheld(quarterly("", cs))) {
		return false
	}
	w1, l1, k1 := tables(before)
	w2, l2, k2 := tables(cs)
	apart := func(a, b map[string]share) bool {
		for k := range union(a, b) {
			if !enough(a[k], b[k]) {
				return false
			}
		}
		return true
	}
	return enough(w1, w2) && apart(l1, l2) && apart(k1, k2)
}

func withheld(m *Members) (out []string) {
	for i, gs := range [][]Group{{m.Total}, m.ByLaw, m.ByKind} {
		for _, g := range gs {
			if g.Withheld {
				out = append(out, string(rune('0'+i))+g.Key)
			}
		}
	}
	return out
}

func union(a, b map[string]share) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

func enough(a, b share) bool {
	n := 0
	for org, x := range a {
		if y, there := b[org]; !there || x != y {
			n++
		}
	}
	for org := range b {
		if _, there := a[org]; !there {
			n++
		}
	}
	return n == 0 || n >= K
}

// addUp is a year out of its quarters' published breakdowns. A figure of the year is the sum of published figures and
// nothing else, so that it says nothing that they do not; a group that one of them withholds is withheld.
func addUp(quarters []*Members) *Members {
	out := &Members{K: K, Quarters: []string{}, Total: Group{Key: "total"}, ByLaw: []Group{}, ByKind: []Group{}}
	for _, m := range quarters {
		out.Quarters = append(out.Quarters, m.Quarters...)
		out.Held = out.Held || m.Held
		out.Total = plus(out.Total, m.Total)
		out.ByLaw, out.ByKind = merge(out.ByLaw, m.ByLaw), merge(out.ByKind, m.ByKind)
	}
	return out
}

func plus(a, b Group) Group {
	if a.Withheld || b.Withheld {
		return Group{Key: a.Key, Withheld: true}
	}
	return Group{Key: a.Key, Count: Count{a.N + b.N, a.Late + b.Late}}
}

func merge(a, b []Group) []Group {
	for _, g := range b {
		if i := slices.IndexFunc(a, func(x Group) bool { return x.Key == g.Key }); i >= 0 {
			a[i] = plus(a[i], g)
		} else {
			a = append(a, g)
		}
	}
	slices.SortFunc(a, func(x, y Group) int { return cmp.Compare(x.Key, y.Key) })
	return a
}
