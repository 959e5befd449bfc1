// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// attacker knows how many units each sector has (the list of members is no secret), collects everything that any member is
// ever told about one warning, and subtracts.
type attacker struct {
	*testing.T
	k    int
	told []told
}

// told is what members were told at one time.
type told struct {
	revision int
	units    map[string]int // as they are
	all      *warning.Peer
	sectors  map[string]warning.Peer
}

// counts are the published numbers of one cell.
func counts(p warning.Peer) [3]int { return [3]int{p.Units, p.Answered, p.Fixed} }

func (a *attacker) learn(x told) {
	a.Helper()
	a.told = append(a.told, x)
	total := 0
	for _, n := range x.units {
		total += n
	}
	if x.all == nil {
		if len(x.sectors) > 0 {
			a.Fatalf("k=%d: sectors %v are told, everybody is not", a.k, x.sectors)
		}
		return
	}
	// Cells: each sector has k units or more, and so has everybody without any choice of them.
	names := []string{}
	for name := range x.sectors {
		names = append(names, name)
		if x.units[name] < a.k || name == "" {
			a.Fatalf("k=%d: sector %q of %d units is told", a.k, name, x.units[name])
		}
	}
	for set := range 1 << len(names) {
		rest, answered, fixed := total, x.all.Answered+a.k-1, x.all.Fixed+a.k-1
		for i, name := range names {
			if set>>i&1 == 1 {
				rest -= x.units[name]
				answered -= x.sectors[name].Answered
				fixed -= x.sectors[name].Fixed
			}
		}
		if rest < 0 || rest > 0 && rest < a.k {
			a.Fatalf("k=%d: everybody without %v are %d units", a.k, names, rest)
		}
		// The most that can have answered in what remains. Less than k-1 would say of some units fewer than k that one of them
		// has not.
		if rest > 0 && (answered < a.k-1 || fixed < a.k-1) {
			a.Fatalf("k=%d: of %d units that remain at most %d have answered, %d fixed", a.k, rest, answered, fixed)
		}
	}
	for name, p := range x.sectors {
		if counts(p)[1]+a.k-1 < min(a.k-1, x.units[name]) {
			a.Fatalf("sector %s tells of laggards", name)
		}
	}
}

// subtract takes the differences of everything that was told: cells of one time, of two times, of two revisions.
func (a *attacker) subtract(r *rand.Rand) {
	a.Helper()
	var numbers [3][]int
	for _, x := range a.told {
		if x.all == nil {
			continue
		}
		for i, n := range counts(*x.all) {
			numbers[i] = append(numbers[i], n)
		}
		for _, p := range x.sectors {
			for i, n := range counts(p) {
				numbers[i] = append(numbers[i], n)
			}
		}
	}
	for _, ns := range numbers {
		if len(ns) == 0 {
			continue
		}
		for range 300 {
			sum := 0
			for range 1 + r.IntN(6) {
				sum += (r.IntN(3) - 1) * ns[r.IntN(len(ns))]
			}
			if sum < 0 {
				sum = -sum
			}
			if sum > 0 && sum < a.k {
				a.Fatalf("k=%d: a difference of what was told is %d", a.k, sum)
			}
		}
	}
	// Between two revisions: a sector that was told and is not any more, while everybody is, could be subtracted.
	for i, x := range a.told {
		for _, y := range a.told[i+1:] {
			for name := range x.sectors {
				if _, ok := y.sectors[name]; y.revision > x.revision && y.all != nil && !ok && y.units[name] > 0 {
					a.Fatalf("k=%d: sector %s was told of revision %d, and everybody but not the sector of %d", a.k, name, x.revision, y.revision)
				}
			}
		}
	}
}

// Nobody learns anything about fewer than k units from what peers are told, however he subtracts.
func TestPeersCannotBeSubtracted(t *testing.T) {
	r := rand.New(rand.NewPCG(20211124, 5))
	shown := 0
	for range 400 {
		a := &attacker{T: t, k: []int{2, 3, 5, 8}[r.IntN(4)]}
		type unit struct {
			sector          string
			answered, fixed bool
		}
		var units []*unit
		for s := range 1 + r.IntN(6) {
			name := string(rune('a' + s))
			if r.IntN(5) == 0 {
				name = ""
			}
			for range 1 + r.IntN(a.k*3) {
				units = append(units, &unit{sector: name})
			}
		}
		var revisions []warning.Coverage
		for revision := 1; revision <= 1+r.IntN(4); revision++ {
			if revision > 1 {
				for range r.IntN(4) { // somebody joins, or leaves
					if i := r.IntN(len(units)); r.IntN(2) == 0 && len(units) > 1 {
						units = append(units[:i:i], units[i+1:]...)
					} else {
						units = append(units, &unit{sector: units[i].sector})
					}
				}
			}
			revisions = append(revisions, warning.Coverage{})
			for range 1 + r.IntN(12) {
				c := warning.Coverage{Revision: revision, Recipients: len(units)}
				at, n := map[string]int{}, map[string]int{}
				for _, u := range units {
					if _, ok := at[u.sector]; !ok {
						at[u.sector] = len(c.BySector)
						c.BySector = append(c.BySector, warning.Sector{Name: u.sector})
					}
					n[u.sector]++
					x := &c.BySector[at[u.sector]]
					x.Recipients++
					if u.answered {
						x.Answered++
						x.Within[r.IntN(7)]++
					}
					if u.fixed {
						x.Fixed++
					}
				}
				revisions[revision-1] = c
				all, sectors := warning.Blurred(a.k, revisions)
				shown += len(sectors)
				a.learn(told{revision, n, all, sectors})
				for range r.IntN(1 + len(units)/2) {
					u := units[r.IntN(len(units))]
					u.fixed = u.answered && r.IntN(3) > 0
					u.answered = r.IntN(8) > 0
				}
			}
		}
		a.subtract(r)
	}
	if shown < 1000 {
		t.Errorf("only %d sectors were ever told: the attack had nothing to work on", shown)
	}
}

func TestPeers(t *testing.T) {
	each(t, func(w *world) {
		for i := range 11 {
			w.partner(fmt.Sprintf("t%02d", i), "telecom")
		}
		for i := range 7 {
			w.partner(fmt.Sprintf("e%d", i), "energy")
		}
		w.partner("lone", "space")
		w.partner("none", "")
		w.org(member.Org{Slug: "other", Email: "o@member.example"})
		d := w.draft(map[string]int{"t00": 1})
		_, err := w.s.Peers(ctx, engineer("t00"), d.ID)
		w.want(err, fault.NotFound)
		w.release(d.ID)
		see := func(org string) warning.Peers {
			w.Helper()
			p, err := w.s.Peers(ctx, engineer(org), d.ID)
			w.ok(err)
			return p
		}
		// 11 + 7 + 2: the two who remain are fewer than five, so energy is held back.
		if p := see("e0"); p.Own != nil || p.All == nil || p.All.Units != 20 || p.K != 5 {
			w.Errorf("%+v", p)
		}
		if p := see("t00"); p.Own == nil || p.Own.Units != 10 || p.Own.Answered != 0 || p.Own.Median != 0 {
			w.Errorf("%+v", p)
		}
		if p := see("lone"); p.Own != nil {
			w.Errorf("%+v", p)
		}
		var seen []int
		for i := range 9 {
			w.clock.Advance(30 * time.Minute)
			_, err := w.s.Acknowledge(ctx, engineer(fmt.Sprintf("t%02d", i)), d.ID, says(warning.FixedAll))
			w.ok(err)
			if p := see("t10"); p.Own.Answered != p.Own.Fixed || p.Own.Answered != p.All.Answered {
				w.Errorf("%+v %+v", p.Own, p.All)
			} else {
				seen = append(seen, p.Own.Answered)
			}
		}
		if got := fmt.Sprint(seen); got != "[0 0 0 0 5 5 5 5 5]" {
			w.Errorf("the fifth answer is seen, and no other: %s", got)
		}
		if p := see("t10"); p.Own.Median != 4*time.Hour || p.Own.Least(p.Own.Answered, p.K) != 35 {
			w.Errorf("%+v", p.Own) // of the first five answers the third came after an hour and a half
		}
		for _, who := range []member.Actor{engineer("other"), officer, member.Anonymous("web"), {AccountID: "t", OrgID: "t00", Via: "api", Scopes: []string{member.ScopeCase}}} {
			if _, err := w.s.Peers(ctx, who, d.ID); err == nil {
				w.Errorf("%+v is told", who)
			}
		}
	})
}

// The file tells what the page tells: the same cells, the same lower bounds, and nothing about anybody who is held back.
func TestPeersExportTellsNothingMore(t *testing.T) {
	each(t, func(w *world) {
		for i := range 11 {
			w.partner(fmt.Sprintf("t%02d", i), "telecom")
		}
		for i := range 7 {
			w.partner(fmt.Sprintf("e%d", i), "energy")
		}
		w.partner("lone", "space")
		w.partner("none", "")
		d := w.draft(map[string]int{"t00": 1})
		en := i18n.For(i18n.English)
		take := func(org string, f warning.Format) (string, error) {
			var b bytes.Buffer
			name := ""
			err := w.s.ExportPeers(ctx, engineer(org), d.ID, f, en, &b, func(n string) { name = n })
			if err != nil && (b.Len() > 0 || name != "") {
				w.Errorf("%s: a refusal has written %q, %q", org, name, b.String())
			}
			return b.String(), err
		}
		_, err := take("t00", warning.CSV)
		w.want(err, fault.NotFound)
		w.release(d.ID)
		for i := range 9 {
			w.clock.Advance(17 * time.Minute)
			_, err := w.s.Acknowledge(ctx, engineer(fmt.Sprintf("t%02d", i)), d.ID, says(warning.FixedAll))
			w.ok(err)
			for _, org := range []string{"t10", "e0", "lone"} {
				p, err := w.s.Peers(ctx, engineer(org), d.ID)
				w.ok(err)
				var want [][]string
				line := func(name string, x *warning.Peer) {
					if x == nil {
						return
					}
					median := ""
					if x.Median > 0 {
						median = fmt.Sprint(int(x.Median.Hours()))
					}
					want = append(want, []string{name, fmt.Sprint(x.Units), fmt.Sprint(x.Answered), fmt.Sprint(x.Fixed), median, "5", "1", p.AsOf.In(calendar.Beijing()).Format(time.RFC3339)})
				}
				line("Your sector: "+p.Sector, p.Own)
				line("All who were warned", p.All)
				text, err := take(org, warning.CSV)
				w.ok(err)
				rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
				w.ok(err)
				if diff := cmp.Diff(want, rows[1:]); diff != "" {
					w.Errorf("%s (-page +file):\n%s", org, diff)
				}
				text, err = take(org, warning.JSON)
				w.ok(err)
				var doc warning.PeerFigures
				w.ok(json.Unmarshal([]byte(text), &doc))
				if diff := cmp.Diff(p.Figures(d.Number), doc); diff != "" || len(doc.Cells) != len(want) {
					w.Errorf("%s (-page +file):\n%s", org, diff)
				}
			}
		}
		_, err = take("t00", "xlsx")
		w.want(err, fault.Invalid)
		_, err = take("other", warning.JSON)
		w.want(err, fault.NotFound)
	})
}
