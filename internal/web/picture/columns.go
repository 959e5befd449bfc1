// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"html"
	"strings"
)

// A Column is how many fall between From and To. Own marks the one the reader is in.
type Column struct {
	From, To, N int
	Own         bool
}

// ColumnTexts are the words around the picture. Own stands above the marked column; Marks are values of the axis with a
// name, such as thresholds.
type ColumnTexts struct {
	Title, Desc, Own string
	Marks            map[int]string
}

// Columns draws a distribution: the area of a column is its number, so that a wide one does not seem more than it is.
func Columns(id string, cs []Column, t ColumnTexts) string {
	const width, height, left, top, bottom = 760, 220, 12, 46, 34
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="picture columns-chart" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		width, height, id, id, id, html.EscapeString(t.Title), id, html.EscapeString(t.Desc))
	if len(cs) > 0 {
		first, last, dense := cs[0].From, cs[len(cs)-1].To, 0.0
		for _, c := range cs {
			dense = max(dense, float64(c.N)/float64(max(c.To-c.From, 1)))
		}
		x := func(v int) float64 { return left + float64(v-first)*(width-2*left)/float64(max(last-first, 1)) }
		for _, m := range sortedKeys(t.Marks) {
			fmt.Fprintf(&b, `<path class="grid" d="M%.1f %dV%d"/><text class="tick" x="%.1f" y="14" text-anchor="middle">%s</text>`, x(m), 20, height-bottom, x(m), html.EscapeString(t.Marks[m]))
		}
		for i, c := range cs {
			h := 0.0
			if dense > 0 {
				h = float64(c.N) / float64(max(c.To-c.From, 1)) / dense * (height - top - bottom)
			}
			class := "column"
			if c.Own {
				class = "column own"
			}
			mid := (x(c.From) + x(c.To)) / 2
			if c.N > 0 {
				fmt.Fprintf(&b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2"/><text x="%.1f" y="%.1f" text-anchor="middle">%d%s</text>`, class, x(c.From)+2, height-bottom-h, x(c.To)-x(c.From)-4, h, mid, height-bottom-h-8, c.N,
					map[bool]string{true: html.EscapeString(" · " + t.Own), false: ""}[c.Own])
			}
			fmt.Fprintf(&b, `<text class="tick" x="%.1f" y="%d" text-anchor="%s">%d</text>`, x(c.From), height-12, map[bool]string{true: "start", false: "middle"}[i == 0], c.From)
		}
		fmt.Fprintf(&b, `<text class="tick" x="%.1f" y="%d" text-anchor="end">%d</text>`, x(last), height-12, last)
		fmt.Fprintf(&b, `<path class="grid" d="M%d %dH%d"/>`, left, height-bottom, width-left)
	}
	b.WriteString(`</svg>`)
	return b.String()
}
