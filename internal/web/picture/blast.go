// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package picture draws on the server, as SVG, what people would rather look at than read. It knows nothing of the
// platform; every word that stands in a picture is escaped.
package picture

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode"
)

// A Node is a box of the picture: column 0 holds what is flawed, 1 the products, 2 the organisations.
type Node struct {
	ID, Label string
	Column    int
	Check     bool // nothing but findings that a person must look at
}

// BlastTexts are the words around the picture.
type BlastTexts struct {
	Title, Desc string
	Columns     [3]string
}

// Blast draws the blast radius: what is flawed, the products that contain it, the organisations they belong to. id makes
// the ids of its title and description unique on the page.
func Blast(id string, nodes []Node, edges [][2]string, t BlastTexts) string {
	return newBlast(nodes, edges).svg(id, t)
}

// blastGraph is the blast radius, laid out: component → product → organisation.
type blastGraph struct {
	columns [3][]Node
	edges   [2][][2]string // by the column they come from: ids of nodes
	check   map[string]bool
}

// newBlast lays nodes and edges out. Edges that do not lead from one column to the next are left out.
func newBlast(nodes []Node, edges [][2]string) (g blastGraph) {
	column := map[string]int{}
	g.check = map[string]bool{}
	for _, n := range nodes {
		if n.Column < 0 || n.Column > 2 {
			continue
		}
		column[n.ID], g.check[n.ID] = n.Column, n.Check
		g.columns[n.Column] = append(g.columns[n.Column], n)
	}
	for _, e := range edges {
		from, ok := column[e[0]]
		to, ok2 := column[e[1]]
		if ok && ok2 && to == from+1 {
			g.edges[from] = append(g.edges[from], e)
		}
	}
	g.untangle()
	return g
}

// untangle orders each column by the middle of its neighbours, so that lines cross little.
func (g *blastGraph) untangle() {
	for range 4 {
		for _, step := range [][3]int{{0, 1, 0}, {1, 2, 1}, {2, 1, 1}, {1, 0, 0}} { // from column, to column, edges between them
			at := map[string]int{}
			for i, n := range g.columns[step[0]] {
				at[n.ID] = i
			}
			sum, n := map[string]int{}, map[string]int{}
			for _, e := range g.edges[step[2]] {
				from, to := e[0], e[1]
				if step[0] > step[1] {
					from, to = to, from
				}
				sum[to] += at[from]
				n[to]++
			}
			slices.SortStableFunc(g.columns[step[1]], func(a, b Node) int {
				return cmp.Compare(float64(sum[a.ID])/float64(max(n[a.ID], 1)), float64(sum[b.ID])/float64(max(n[b.ID], 1)))
			})
		}
	}
}

// Measures of the picture, in its own units: about a pixel at full size.
const (
	blastWidth  = 720
	blastBox    = 200
	blastHeight = 34
	blastStep   = 42
	blastTop    = 34
)

// svg draws the picture. Everything that stands in it is escaped: names come from members.
func (g blastGraph) svg(id string, t BlastTexts) string {
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
			at[c][n.ID] = top + float64(i*blastStep) + blastHeight/2
		}
	}
	left := func(c int) float64 { return float64(c) * (blastWidth - blastBox) / 2 }
	for i, edges := range g.edges {
		for _, e := range edges {
			from, to := at[i][e[0]], at[i+1][e[1]]
			x1, x2 := left(i)+blastBox, left(i+1)
			fmt.Fprintf(&b, `<path class="%s" d="M%.0f %.1fC%.0f %.1f %.0f %.1f %.0f %.1f"/>`, checkClass("edge", g.check[e[0]] && i > 0 || g.check[e[1]]), x1, from, (x1+x2)/2, from, (x1+x2)/2, to, x2, to)
		}
	}
	for c, column := range g.columns {
		fmt.Fprintf(&b, `<text class="head" x="%.0f" y="18">%s</text>`, left(c)+2, html.EscapeString(t.Columns[c]))
		for _, n := range column {
			y := at[c][n.ID]
			fmt.Fprintf(&b, `<g class="%s column-%d"><title>%s</title><rect x="%.1f" y="%.1f" width="%d" height="%d" rx="4"/><text x="%.0f" y="%.1f">%s</text></g>`, checkClass("node", n.Check), c,
				html.EscapeString(n.Label), left(c)+.5, y-blastHeight/2, blastBox-1, blastHeight, left(c)+12, y+5, html.EscapeString(clip(n.Label, 24)))
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
