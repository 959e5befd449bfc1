// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"
)

// A Curve is how many units had done something by each point of time.
type Curve struct {
	Class string // "read", "answered", "fixed": its stroke in the style sheet
	Label string
	N     []int
}

// CoverageTexts are the words around the chart.
type CoverageTexts struct {
	Title, Desc string
	From, To    string // of the time axis
	All         string // "128 units"
	Due         string // the time limit, "" when it is outside
}

// Measures of the chart, in its own units.
const (
	chartWidth, chartHeight = 760, 250
	chartLeft, chartRight   = 44, 150
	chartTop, chartBottom   = 18, 34
)

// Coverage draws the curves as steps from start to end under the line of all units. due marks the time limit.
func Coverage(id string, at []time.Time, curves []Curve, all int, due time.Time, t CoverageTexts) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="picture coverage" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		chartWidth, chartHeight, id, id, id, html.EscapeString(t.Title), id, html.EscapeString(t.Desc))
	const w, h = chartWidth - chartLeft - chartRight, chartHeight - chartTop - chartBottom
	y := func(n int) float64 { return chartTop + h - float64(n)/float64(max(all, 1))*h }
	for _, q := range grid(all) {
		fmt.Fprintf(&b, `<path class="grid" d="M%d %.1fH%d"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%d</text>`, chartLeft, y(q), chartLeft+w, chartLeft-8, y(q)+4, q)
	}
	fmt.Fprintf(&b, `<text class="tick" x="%d" y="%.1f">%s</text>`, chartLeft+w+8, y(all)+4, html.EscapeString(t.All))
	if len(at) > 0 {
		start, span := at[0], max(at[len(at)-1].Sub(at[0]), time.Second)
		x := func(p time.Time) float64 { return chartLeft + float64(p.Sub(start))/float64(span)*w }
		if !due.IsZero() && due.After(start) && !due.After(at[len(at)-1]) {
			fmt.Fprintf(&b, `<path class="due" d="M%.1f %dV%d"/><text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`, x(due), chartTop, chartTop+h, x(due), chartTop-5, html.EscapeString(t.Due))
		}
		for _, c := range curves {
			fmt.Fprintf(&b, `<path class="curve %s" d="%s"/>`, html.EscapeString(c.Class), steps(at, c.N, x, y))
		}
		endLabels(&b, curves, y, w)
	}
	fmt.Fprintf(&b, `<text class="tick" x="%d" y="%d">%s</text><text class="tick" x="%d" y="%d" text-anchor="end">%s</text></svg>`,
		chartLeft, chartHeight-10, html.EscapeString(t.From), chartLeft+w, chartHeight-10, html.EscapeString(t.To))
	return b.String()
}

// steps is the path of a curve: a count holds until the next point.
func steps(at []time.Time, ns []int, x func(time.Time) float64, y func(int) float64) string {
	var b strings.Builder
	for i, n := range ns[:min(len(ns), len(at))] {
		if i == 0 {
			fmt.Fprintf(&b, "M%.1f %.1f", x(at[i]), y(n))
			continue
		}
		fmt.Fprintf(&b, "H%.1fV%.1f", x(at[i]), y(n))
	}
	return b.String()
}

// endLabels names each curve at its end, spread so that none covers another.
func endLabels(b *strings.Builder, curves []Curve, y func(int) float64, w int) {
	type label struct {
		c  Curve
		at float64
	}
	var ls []label
	for _, c := range curves {
		if len(c.N) > 0 {
			ls = append(ls, label{c, y(c.N[len(c.N)-1])})
		}
	}
	slices.SortStableFunc(ls, func(a, b label) int { return cmp.Compare(a.at, b.at) })
	floor := y(0)
	for i := range ls {
		low := float64(chartTop + 17)
		if i > 0 {
			low = ls[i-1].at + 17
		}
		ls[i].at = max(ls[i].at, low)
	}
	for i := len(ls) - 1; i >= 0; i-- {
		high := floor
		if i < len(ls)-1 {
			high = ls[i+1].at - 17
		}
		ls[i].at = min(ls[i].at, high)
	}
	for _, l := range ls {
		fmt.Fprintf(b, `<path class="curve %s" d="M%d %.1fh18"/><text class="label" x="%d" y="%.1f">%s %d</text>`, html.EscapeString(l.c.Class), chartLeft+w+8, l.at, chartLeft+w+32, l.at+4,
			html.EscapeString(l.c.Label), l.c.N[len(l.c.N)-1])
	}
}

// grid is where the lines of the count axis stand: none, half and all.
func grid(all int) []int {
	if all < 4 {
		return []int{0, all}
	}
	return []int{0, all / 2, all}
}
