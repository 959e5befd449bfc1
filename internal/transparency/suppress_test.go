// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func min90(vs ...int) *spans {
	s := &spans{}
	now := time.Date(2021, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, v := range vs {
		if v < 0 {
			s.add(now, time.Time{}, now)
			continue
		}
		s.add(now.Add(-100*time.Hour), now.Add(-100*time.Hour+time.Duration(v)*time.Minute), now)
	}
	return s
}

// Percentiles by nearest rank, worked out by hand; what is open counts as longest.
func TestPercentiles(t *testing.T) {
	p := func(n int) *int { return &n }
	for _, c := range []struct {
		in            []int
		p50, p90, max *int
	}{
		{nil, nil, nil, nil},
		{[]int{7}, p(7), p(7), p(7)},
		{[]int{4, 1, 3, 2}, p(2), p(4), p(4)},
		{[]int{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}, p(50), p(90), p(100)},
		{[]int{10, 20, 30, -1}, p(20), nil, nil},
		{[]int{10, -1, -1}, nil, nil, nil},
		{[]int{5, 5, 5, 5, 5, 5, 5, 5, 5, -1}, p(5), p(5), nil},
	} {
		got := min90(c.in...).span("x")
		for what, x := range map[string][2]*int{"p50": {got.P50, c.p50}, "p90": {got.P90, c.p90}, "max": {got.Max, c.max}} {
			if (x[0] == nil) != (x[1] == nil) || x[0] != nil && *x[0] != *x[1] {
				t.Errorf("%v: %s is %v", c.in, what, x[0])
			}
		}
	}
	got := min90(60, 61, 240, 1440, 1441, 100*24*60).span("x")
	if !slices.Equal(got.Bins, []int{1, 2, 1, 1, 0, 0, 0, 0}) || got.N != 6 || got.Open != 1 { // the last one ends in the future
		t.Errorf("bins %v of %d", got.Bins, got.N)
	}
}

// quarterRows draws what organisations contribute to a quarter.
func quarterRows(t *rapid.T) (out []contribution) {
	for i := range rapid.IntRange(0, 25).Draw(t, "organisations") {
		kind := rapid.SampledFrom(Kinds).Draw(t, "kind")
		for _, law := range []string{"RMSV 2021", "partner agreement", "CRA"} {
			if n := rapid.SampledFrom([]int{0, 0, 1, 2, 3, 40}).Draw(t, "duties"); n > 0 {
				out = append(out, contribution{fmt.Sprint("org", i), kind, law, Count{n, rapid.IntRange(0, n).Draw(t, "late")}})
			}
		}
	}
	return out
}

// attack works out what can be worked out of one partition whose whole is known: the sum of what is withheld, and every
// group that is shown, must be safe.
func attack(t *rapid.T, gs []Group, groups map[string]share, whole share, total Group) {
	rest, hidden := share{}, 0
	for _, g := range gs {
		if g.Withheld {
			rest.add(groups[g.Key])
			hidden++
			continue
		}
		if total.Withheld {
			t.Fatalf("a group is shown of a whole that is not")
		}
		if !groups[g.Key].safe() {
			t.Fatalf("%s is shown: %v", g.Key, groups[g.Key])
		}
		if g.Count != groups[g.Key].sum() {
			t.Fatalf("%s: %v, want %v", g.Key, g.Count, groups[g.Key].sum())
		}
	}
	if !total.Withheld && hidden > 0 && !rest.safe() {
		t.Fatalf("the whole less what is shown gives away %v", rest)
	}
}

// No figure of a quarter, and no difference between its figures, rests on fewer than K organisations.
func TestQuarterBetraysNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cs := quarterRows(t)
		m := quarterly("2021-Q4", cs)
		whole, byLaw, byKind := tables(cs)
		attack(t, m.ByLaw, byLaw, whole, m.Total)
		attack(t, m.ByKind, byKind, whole, m.Total)
		mixed := slices.Clone(cs)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if fmt.Sprint(*quarterly("2021-Q4", mixed)) != fmt.Sprint(*m) {
			t.Fatal("another order, another breakdown")
		}
	})
}

// editions shows cs after before was shown, as quarterOf does.
func editions(before, cs []contribution) (first, second *Members, basis []contribution) {
	first = quarterly("q", before)
	if corrects(before, cs) {
		return first, quarterly("q", cs), cs
	}
	return first, first, before
}

// Two editions of a quarter: what an attacker takes from their difference rests on nobody or on at least K organisations,
// group by group, and what one withholds the other does not give away.
func TestTwoEditionsBetrayNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := quarterRows(t)
		after := slices.Clone(before)
		for i := range after { // corrections: some duties were waived, some turn out to be late
			if rapid.IntRange(0, 3).Draw(t, "corrected") == 0 {
				after[i].N = max(1, after[i].N-rapid.IntRange(0, 2).Draw(t, "fewer"))
				after[i].Late = rapid.IntRange(0, after[i].N).Draw(t, "late")
			}
		}
		first, second, basis := editions(before, after)
		w1, l1, k1 := tables(before)
		w2, l2, k2 := tables(basis)
		changed := func(a, b share) (n int) {
			orgs := map[string]bool{}
			for o := range a {
				orgs[o] = true
			}
			for o := range b {
				orgs[o] = true
			}
			for o := range orgs {
				if a[o] != b[o] {
					n++
				}
			}
			return n
		}
		for _, x := range []struct {
			one, two []Group
			a, b     map[string]share
		}{{first.ByLaw, second.ByLaw, l1, l2}, {first.ByKind, second.ByKind, k1, k2}, {[]Group{first.Total}, []Group{second.Total}, map[string]share{"total": w1}, map[string]share{"total": w2}}} {
			rest1, rest2 := share{}, share{}
			for i, g := range x.one {
				h := x.two[i]
				if g.Withheld != h.Withheld {
					t.Fatalf("%s is withheld in one edition and shown in the other", g.Key)
				}
				if g.Withheld {
					rest1.add(x.a[g.Key])
					rest2.add(x.b[g.Key])
					continue
				}
				if n := changed(x.a[g.Key], x.b[g.Key]); g.Count != h.Count && n < K || n > 0 && n < K {
					t.Fatalf("%s: the difference of two editions is that of %d organisations", g.Key, n)
				}
			}
			if n := changed(rest1, rest2); n > 0 && n < K {
				t.Fatalf("what is withheld differs by %d organisations, and the wholes show it", n)
			}
		}
	})
}

// A year says nothing that its quarters do not say.
func TestYearIsTheSumOfWhatWasPublished(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var qs []*Members
		for i := range 4 {
			qs = append(qs, quarterly(fmt.Sprint("q", i), quarterRows(t)))
		}
		year := addUp(qs)
		for i, gs := range [][]Group{{year.Total}, year.ByLaw, year.ByKind} {
			for _, g := range gs {
				var sum Count
				withheld := false
				for _, q := range qs {
					for _, x := range [][]Group{{q.Total}, q.ByLaw, q.ByKind}[i] {
						if x.Key == g.Key {
							withheld = withheld || x.Withheld
							sum.N += x.N
							sum.Late += x.Late
						}
					}
				}
				if withheld != g.Withheld || !withheld && sum != g.Count {
					t.Fatalf("%s: %+v, want %v withheld %v", g.Key, g, sum, withheld)
				}
			}
		}
	})
}
