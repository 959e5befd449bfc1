// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"html"
	"strings"
)

// A Way is how a flawed component came into a product: what the product depends on, what that depends on, down to it.
type Way struct {
	Steps []string // without the product
	Note  string   // below the last one: "3 findings"
	Quiet bool     // nothing about it needs attention any more
}

// DependsTexts are the words around the picture.
type DependsTexts struct {
	Title, Desc string
	Product     string
	Rest        string // what is not drawn: "212 further components, nothing known"; "" for nothing
}

// maxSteps is how many steps of a way are drawn; of longer ones the middle is left out.
const maxSteps = 4

// Depends draws the ways of a product's flawed components as one tree, from the product at the left. Ways that begin
// alike share what they share. id makes the ids of its title and description unique on the page.
func Depends(id string, ways []Way, t DependsTexts) string {
	root := &twig{label: t.Product}
	for _, w := range ways {
		root.grow(w)
	}
	if t.Rest != "" {
		root.twigs = append(root.twigs, &twig{label: t.Rest, class: "rest"})
	}
	rows := root.place(0, 0)
	columns := root.deep() + 1
	return root.svg(id, rows, columns, t)
}

// A twig is a component as one is led to it, with what it leads on to.
type twig struct {
	label, note, class string
	twigs              []*twig
	column             int
	row                float64
}

func (n *twig) grow(w Way) {
	steps := w.Steps
	if len(steps) > maxSteps {
		steps = append([]string{steps[0], "…"}, steps[len(steps)-maxSteps+2:]...)
	}
	for i, s := range steps {
		var next *twig
		for _, x := range n.twigs {
			if x.label == s {
				next = x
			}
		}
		if next == nil {
			next = &twig{label: s}
			n.twigs = append(n.twigs, next)
		}
		if n = next; i == len(steps)-1 {
			n.note, n.class = w.Note, "flawed"
			if w.Quiet {
				n.class = "quiet"
			}
		}
	}
}

// place gives each twig its column and row; rows counts the leaves before it. It returns how many there are after it.
func (n *twig) place(column, rows int) int {
	n.column = column
	if len(n.twigs) == 0 {
		n.row = float64(rows)
		return rows + 1
	}
	for _, x := range n.twigs {
		rows = x.place(column+1, rows)
	}
	n.row = (n.twigs[0].row + n.twigs[len(n.twigs)-1].row) / 2
	return rows
}

func (n *twig) deep() (d int) {
	for _, x := range n.twigs {
		d = max(d, x.deep()+1)
	}
	return d
}

// Measures of the picture, in its own units: about a pixel at full size.
const (
	dependsWidth  = 720
	dependsBox    = 176
	dependsGap    = 40
	dependsHeight = 36
	dependsStep   = 46
)

func (n *twig) svg(id string, rows, columns int, t DependsTexts) string {
	width := max(dependsWidth, columns*dependsBox+(columns-1)*dependsGap)
	box := min(264, (width-(columns-1)*dependsGap)/columns)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="picture depends" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		width, rows*dependsStep+4, id, id, id, html.EscapeString(t.Title), id, html.EscapeString(t.Desc))
	n.draw(&b, box)
	b.WriteString(`</svg>`)
	return b.String()
}

func (n *twig) draw(b *strings.Builder, box int) {
	x := n.column * (box + dependsGap)
	y := n.row*dependsStep + 2
	for _, next := range n.twigs {
		x1, x2 := x+box, x+box+dependsGap
		y1, y2 := y+dependsHeight/2, next.row*dependsStep+2+dependsHeight/2
		fmt.Fprintf(b, `<path class="edge %s" d="M%d %.1fC%d %.1f %d %.1f %d %.1f"/>`, next.class, x1, y1, (x1+x2)/2, y1, (x1+x2)/2, y2, x2, y2)
		next.draw(b, box)
	}
	class := "node " + n.class
	if n.column == 0 {
		class = "node product"
	}
	full := n.label
	if n.note != "" {
		full += " · " + n.note
	}
	fmt.Fprintf(b, `<g class="%s"><title>%s</title><rect x="%.1f" y="%.1f" width="%d" height="%d" rx="4"/>`, strings.TrimSpace(class), html.EscapeString(full), float64(x)+.5, y+.5, box-1, dependsHeight-1)
	cells := (box - 20) / 7
	if n.note == "" {
		fmt.Fprintf(b, `<text x="%d" y="%.1f">%s</text></g>`, x+10, y+dependsHeight/2+4.5, html.EscapeString(clip(n.label, cells)))
		return
	}
	fmt.Fprintf(b, `<text x="%d" y="%.1f">%s</text><text class="note" x="%d" y="%.1f">%s</text></g>`, x+10, y+15, html.EscapeString(clip(n.label, cells)), x+10, y+29, html.EscapeString(clip(n.note, cells)))
}
