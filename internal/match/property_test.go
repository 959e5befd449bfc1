// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
)

// orders are versions in the order that each ecosystem's own rules give them, so that the oracle needs none.
var orders = map[string][]string{
	"Maven":  {"2.0-alpha1", "2.0-beta9", "2.0-rc1", "2.0", "2.0.1", "2.3.1", "2.12.2", "2.14.1", "2.17.0"},
	"npm":    {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0"},
	"PyPI":   {"1.0.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0.post1", "1.1", "1.10", "1!0.5"},
	"Go":     {"v0.1.0", "v1.0.0-rc.1", "v1.0.0", "v1.2.0", "v1.10.0"},
	"Debian": {"1.0~rc1-1", "1.0-1", "1.0-1+deb11u1", "1.0-2", "1.2-1", "1.10-1", "1:0.5-1"},
}

var kinds = map[string]string{"Maven": "maven/g/", "npm": "npm/", "PyPI": "pypi/", "Go": "golang/example.org/", "Debian": "deb/debian/"}

var names = map[string]string{"Maven": "g:", "npm": "", "PyPI": "", "Go": "example.org/", "Debian": ""}

// A made is a product's component list: a random graph of components, some of which nothing leads to.
type made struct {
	product string
	version string
	roots   map[int64]bool
	all     map[int64]bool
	edges   map[[2]int64]bool
}

// A claim is what a random case says of one package, in places of the package's order.
type claim struct {
	ecosystem, name string
	from, to        int // affected: from ≤ place < to
	only            []int
	affected        report.Affected
}

// verdict on a place. A range that ends before it begins says nothing that could be relied on.
func (c claim) verdict(place int) match.Verdict {
	switch {
	case c.from <= place && place < c.to || slices.Contains(c.only, place):
		return match.Hit
	case c.from > c.to && c.to > 0, c.from > 0 && c.to == 0:
		return match.Check
	}
	return ""
}

func drawClaim(t *rapid.T) (c claim) {
	c.ecosystem = rapid.SampledFrom([]string{"Debian", "Go", "Maven", "PyPI", "npm"}).Draw(t, "ecosystem")
	order := orders[c.ecosystem]
	c.name = rapid.SampledFrom([]string{"p", "q"}).Draw(t, "package")
	c.affected.PURL = "pkg:" + kinds[c.ecosystem] + c.name
	place := rapid.IntRange(0, len(order)-1)
	for _, i := range rapid.SliceOfN(place, 0, 2).Draw(t, "listed") {
		c.only = append(c.only, i)
		c.affected.Versions = append(c.affected.Versions, order[i])
	}
	c.to = len(order)
	shape := rapid.IntRange(0, 4).Draw(t, "shape")
	if shape >= 2 {
		c.from = place.Draw(t, "introduced")
		c.affected.Introduced = order[c.from]
	}
	switch shape {
	case 0: // no range: what is listed, or all
		if len(c.only) > 0 {
			c.to = 0
		}
	case 1, 3:
		c.to = place.Draw(t, "fixed")
		c.affected.Fixed = order[c.to]
	case 4:
		last := rapid.IntRange(c.from, len(order)-1).Draw(t, "last")
		c.to = last + 1
		c.affected.LastAffected = order[last]
	}
	return c
}

func drawList(t *rapid.T, w *world, product, version string) made {
	m := made{product, version, map[int64]bool{}, map[int64]bool{}, map[[2]int64]bool{}}
	var ids []int64
	for i := range rapid.IntRange(1, 8).Draw(t, "components") {
		e := rapid.SampledFrom([]string{"Debian", "Go", "Maven", "PyPI", "npm"}).Draw(t, "of")
		v := rapid.SampledFrom(orders[e]).Draw(t, "version")
		id := w.component(e + "|" + names[e] + rapid.SampledFrom([]string{"p", "q", "r"}).Draw(t, "name") + "|" + v)
		if !m.all[id] {
			m.all[id] = true
			ids = append(ids, id)
			m.roots[id] = i == 0 || rapid.IntRange(0, 3).Draw(t, "direct") == 0
		}
	}
	one := rapid.SampledFrom(ids)
	for range rapid.IntRange(0, 10).Draw(t, "edges") {
		if a, b := one.Draw(t, "parent"), one.Draw(t, "child"); a != b {
			m.edges[[2]int64{a, b}] = true
		}
	}
	return m
}

// depth is how many edges a component lies below the product, 0 when nothing leads there.
func (m made) depth(component int64) int {
	at := map[int64]bool{}
	for r, root := range m.roots {
		if root {
			at[r] = true
		}
	}
	for d := 1; d <= len(m.all)+1; d++ {
		if at[component] {
			return d
		}
		next := map[int64]bool{}
		for id := range at {
			next[id] = true
		}
		for e := range m.edges {
			if at[e[0]] {
				next[e[1]] = true
			}
		}
		at = next
	}
	return 0
}

// oracle says what must be found, naively: every claim against every component of every list.
func oracle(w *world, lists []made, claims []claim) (out []string) {
	type part struct {
		ecosystem, name, version string
	}
	of := map[int64]part{}
	for key, id := range w.ids {
		p := strings.Split(key, "|")
		of[id] = part{p[0], p[1], p[2]}
	}
	for _, m := range lists {
		for id := range m.all {
			c := of[id]
			verdict := match.Verdict("")
			for _, k := range claims {
				if k.ecosystem == c.ecosystem && names[k.ecosystem]+k.name == c.name && verdict != match.Hit {
					verdict = cmp.Or(k.verdict(slices.Index(orders[c.ecosystem], c.version)), verdict)
				}
			}
			if verdict != "" {
				out = append(out, fmt.Sprintf("%s %s %s %d depth %d", verdict, m.product, m.version, id, m.depth(id)))
			}
		}
	}
	slices.Sort(out)
	return out
}

// said puts findings in the oracle's words, and checks each path edge by edge.
func said(w *world, lists []made, fs []match.Finding) (out []string) {
	label := map[int64]string{}
	for key, id := range w.ids {
		p := strings.Split(key, "|")
		label[id] = p[1] + "@" + p[2]
	}
	for _, f := range fs {
		path := f.Why.Path
		d := len(path) - 1
		if path[1] == match.Gap {
			d = 0
		} else {
			i := slices.IndexFunc(lists, func(m made) bool { return m.product == f.ProductID && m.version == f.Version })
			for j := 1; j < len(path); j++ {
				if !lists[i].step(label, path, j) {
					w.Errorf("no such step in the list: %q, %d", path, j)
				}
			}
		}
		if path[len(path)-1] != label[f.ComponentID] {
			w.Errorf("the path ends elsewhere: %q", path)
		}
		out = append(out, fmt.Sprintf("%s %s %s %d depth %d", f.Verdict, f.ProductID, f.Version, f.ComponentID, d))
	}
	slices.Sort(out)
	return out
}

func (m made) step(label map[int64]string, path []string, j int) bool {
	if j == 1 {
		for r, root := range m.roots {
			if root && label[r] == path[1] {
				return true
			}
		}
		return false
	}
	for e := range m.edges {
		if label[e[0]] == path[j-1] && label[e[1]] == path[j] {
			return true
		}
	}
	return false
}

// Whichever comes first, the case or the product, the same is found, and it is what a naive comparison of everything with
// everything finds.
func TestBothWaysFindTheSame(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		w := newWorld(t, d, clock)
		rapid.Check(t, func(t *rapid.T) {
			w.fatal = t
			for _, table := range []string{"finding", "match_target", "match_run", "casefile", "holding", "sbom", "product_version", "product"} {
				w.exec(`DELETE FROM ` + table)
			}
			var cases []string
			var claims [][]claim
			for range rapid.IntRange(1, 2).Draw(t, "cases") {
				cs := rapid.SliceOfN(rapid.Custom(drawClaim), 1, 3).Draw(t, "claims")
				claims = append(claims, cs)
				var affected []report.Affected
				for _, c := range cs {
					affected = append(affected, c.affected)
				}
				cases = append(cases, w.kase(affected...))
			}
			early := rapid.IntRange(0, len(cases)).Draw(t, "cases before the products")
			for _, id := range cases[:early] {
				w.find(id)
			}
			var lists []made
			var products []string
			for i := range rapid.IntRange(1, 3).Draw(t, "products") {
				p := w.product(product.Product{OrgID: []string{"a", "b", "c"}[i], Name: fmt.Sprint("product ", i)})
				products = append(products, p)
				for _, v := range []string{"1", "2", "1"}[:rapid.IntRange(0, 3).Draw(t, "lists")] {
					m := drawList(t, w, p, v)
					w.store(p, v, m.roots, m.all, m.edges)
					lists = slices.DeleteFunc(lists, func(o made) bool { return o.product == p && o.version == v })
					lists = append(lists, m)
				}
				w.changed(p)
			}
			for _, id := range cases[early:] {
				w.find(id)
			}
			for i, id := range cases {
				first := w.findings(id)
				if diff := gocmp.Diff(oracle(w, lists, claims[i]), said(w, lists, first)); diff != "" {
					t.Fatalf("case %d (-oracle +found):\n%s", i, diff)
				}
				w.find(id)
				again := w.findings(id)
				for _, p := range products {
					w.changed(p)
				}
				if diff := gocmp.Diff(first, again); diff != "" {
					t.Fatalf("found again (-first +again):\n%s", diff)
				}
				if diff := gocmp.Diff(first, w.findings(id)); diff != "" {
					t.Fatalf("the other way round (-first +changed):\n%s", diff)
				}
				if !slices.IsSortedFunc(first, func(a, b match.Finding) int {
					return cmp.Or(cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.OrgID, b.OrgID))
				}) {
					t.Fatalf("not sorted: %+v", first)
				}
			}
		})
	})
}
