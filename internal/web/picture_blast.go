// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"cmp"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// blastHit is one hit of the blast radius, in the reader's words.
type blastHit struct {
	Component string // the flawed package in its version; "" when the product itself is flawed
	Product   string
	Org       string
	Sector    string // of the organisation
	Check     bool   // a person must look
}

// blastTexts are the words around the picture.
type blastTexts struct {
	Title, Desc string
	Columns     [3]string
	More        func(n int) string // "3 products"
	Orgs        func(n int) string // "5 organisations"
	Itself      string             // "the product itself"
}

// blastRows is how many boxes a column holds before it is drawn by groups.
const blastRows = 14

type blastNode struct {
	key, label string
	check      bool // nothing but hits to check
	weight     int
}

// blastGraph is the picture's three columns with what connects them.
type blastGraph struct {
	columns [3][]blastNode
	edges   [2]map[[2]string]bool // edge → every hit on it is only to be checked
}

// newBlast orders hits into component → product → organisation. Components in many versions are drawn by name,
// products of one organisation and organisations of one sector as one box, where there are too many to read.
func newBlast(hits []blastHit, t blastTexts) blastGraph {
	keys := [3]func(blastHit) string{
		func(h blastHit) string { return cmp.Or(h.Component, t.Itself) },
		func(h blastHit) string { return h.Org + "\x00" + h.Product },
		func(h blastHit) string { return h.Org },
	}
	labels := [3]func(key string, members int) string{
		func(key string, _ int) string { return key },
		func(key string, _ int) string { _, product, _ := strings.Cut(key, "\x00"); return product },
		func(key string, _ int) string { return key },
	}
	count := func(key func(blastHit) string) int {
		seen := map[string]bool{}
		for _, h := range hits {
			seen[key(h)] = true
		}
		return len(seen)
	}
	if count(keys[0]) > blastRows {
		keys[0] = func(h blastHit) string { name, _, _ := strings.Cut(cmp.Or(h.Component, t.Itself), "@"); return name }
	}
	if count(keys[2]) > blastRows {
		keys[2] = func(h blastHit) string { return h.Sector }
		labels[2] = func(key string, n int) string { return strings.TrimSpace(key + "  " + t.Orgs(n)) }
	}
	if count(keys[1]) > blastRows {
		keys[1] = keys[2]
		labels[1] = func(_ string, n int) string { return t.More(n) }
	}
	members := [3]func(blastHit) string{keys[0], func(h blastHit) string { return h.Org + "\x00" + h.Product }, func(h blastHit) string { return h.Org }}
	return layBlast(hits, keys, members, labels)
}

func layBlast(hits []blastHit, keys, members [3]func(blastHit) string, labels [3]func(string, int) string) (g blastGraph) {
	g.edges = [2]map[[2]string]bool{{}, {}}
	for c := range g.columns {
		in, check := map[string]map[string]bool{}, map[string]bool{}
		for _, h := range hits {
			k := keys[c](h)
			if in[k] == nil {
				in[k], check[k] = map[string]bool{}, true
			}
			in[k][members[c](h)] = true
			check[k] = check[k] && h.Check
		}
		for _, k := range slices.Sorted(maps.Keys(in)) {
			g.columns[c] = append(g.columns[c], blastNode{key: k, label: labels[c](k, len(in[k])), check: check[k], weight: len(in[k])})
		}
	}
	for _, h := range hits {
		for i := range g.edges {
			e := [2]string{keys[i](h), keys[i+1](h)}
			old, known := g.edges[i][e]
			g.edges[i][e] = h.Check && (old || !known)
		}
	}
	g.untangle()
	for c := range g.columns {
		if len(g.columns[c]) > blastRows { // more sectors or names than a picture can hold: the table has them all
			g.columns[c] = g.columns[c][:blastRows]
		}
	}
	return g
}

// untangle orders each column by the middle of its neighbours, so that lines cross little.
func (g *blastGraph) untangle() {
	for range 4 {
		for _, step := range [][3]int{{0, 1, 0}, {1, 2, 1}, {2, 1, 1}, {1, 0, 0}} { // from column, to column, edges between them
			at := map[string]int{}
			for i, n := range g.columns[step[0]] {
				at[n.key] = i
			}
			sum, n := map[string]int{}, map[string]int{}
			for e := range g.edges[step[2]] {
				from, to := e[0], e[1]
				if step[0] > step[1] {
					from, to = to, from
				}
				sum[to] += at[from]
				n[to]++
			}
			slices.SortStableFunc(g.columns[step[1]], func(a, b blastNode) int {
				return cmp.Compare(float64(sum[a.key])/float64(max(n[a.key], 1)), float64(sum[b.key])/float64(max(n[b.key], 1)))
			})
		}
	}
}

// Measures of the picture, in its own units: about a pixel at full size.
const (
	blastWidth  = 960
	blastBox    = 256
	blastHeight = 34
	blastStep   = 42
	blastTop    = 34
)

// svg draws the picture. Everything that stands in it is escaped: names come from members.
func (g blastGraph) svg(id string, t blastTexts) string {
	rows := 1
	for _, c := range g.columns {
		rows = max(rows, len(c))
	}
	height := blastTop + rows*blastStep
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="picture blast" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		blastWidth, height, id, id, id, html.EscapeString(t.Title), id, html.EscapeString(t.Desc))
	var at [3]map[string]float64
	for c, column := range g.columns {
		at[c] = map[string]float64{}
		top := float64(blastTop) + float64((rows-len(column))*blastStep)/2
		for i, n := range column {
			at[c][n.key] = top + float64(i*blastStep) + blastHeight/2
		}
	}
	left := func(c int) float64 { return float64(c) * (blastWidth - blastBox) / 2 }
	for i, edges := range g.edges {
		for _, e := range slices.SortedFunc(maps.Keys(edges), func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }) {
			from, ok := at[i][e[0]]
			to, ok2 := at[i+1][e[1]]
			if !ok || !ok2 {
				continue
			}
			x1, x2 := left(i)+blastBox, left(i+1)
			fmt.Fprintf(&b, `<path class="%s" d="M%.0f %.1fC%.0f %.1f %.0f %.1f %.0f %.1f"/>`, checkClass("edge", edges[e]), x1, from, (x1+x2)/2, from, (x1+x2)/2, to, x2, to)
		}
	}
	for c, column := range g.columns {
		fmt.Fprintf(&b, `<text class="head" x="%.0f" y="18">%s</text>`, left(c)+2, html.EscapeString(t.Columns[c]))
		for _, n := range column {
			y := at[c][n.key]
			fmt.Fprintf(&b, `<g class="%s column-%d"><title>%s</title><rect x="%.1f" y="%.1f" width="%d" height="%d" rx="4"/><text x="%.0f" y="%.1f">%s</text></g>`, checkClass("node", n.check), c,
				html.EscapeString(n.label), left(c)+.5, y-blastHeight/2, blastBox-1, blastHeight, left(c)+12, y+5, html.EscapeString(clip(n.label, 30)))
		}
	}
	b.WriteString(`</svg>`)
	return b.String()
}

func checkClass(class string, check bool) string {
	if check {
		return class + " check"
	}
	return class
}

// clip shortens s to a width in cells, counting Chinese characters as two; what is cut is the middle, since package
// names differ at their ends.
func clip(s string, cells int) string {
	rs := []rune(s)
	if width(rs) <= cells {
		return s
	}
	tail := len(rs)
	for tail > 0 && width(rs[tail-1:]) <= cells*3/5 {
		tail--
	}
	head := 0
	for head < tail && width(rs[:head+1])+width(rs[tail:]) < cells {
		head++
	}
	return string(rs[:head]) + "…" + string(rs[tail:])
}

func width(rs []rune) (n int) {
	for _, r := range rs {
		n++
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r >= 0xFF01 && r <= 0xFF60 || r >= 0x3000 && r <= 0x303F {
			n++
		}
	}
	return n
}
