// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"html"
	"strings"
	"time"
)

// A HeadStart is one column: how long before (or, negative, after) a fixed moment something was done.
type HeadStart struct {
	Label  string
	Lead   time.Duration
	Chosen bool
}

// HeadStartTexts are the words around the columns.
type HeadStartTexts struct {
	Title, Desc   string
	Before, After string // of the two sides of the line
	Line          string // what the line is
	Axis          string // what the columns count
	Day           string // "%d d"
}

const (
	leadWidth, leadHeight = 760, 300
	leadLeft, leadRight   = 56, 12
	leadTop, leadBottom   = 26, 44
)

// HeadStarts draws columns up from the line for time won and down from it for time lost.
func HeadStarts(id string, hs []HeadStart, t HeadStartTexts) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="picture lead-chart" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		leadWidth, leadHeight, id, id, id, html.EscapeString(t.Title), id, html.EscapeString(t.Desc))
	most, least := 24*time.Hour, -24*time.Hour
	for _, h := range hs {
		most, least = max(most, h.Lead), min(least, h.Lead)
	}
	const h = leadHeight - leadTop - leadBottom
	y := func(d time.Duration) float64 { return leadTop + float64(most-d)/float64(most-least)*h }
	right := leadWidth - leadRight
	for _, d := range leadGrid(most) {
		fmt.Fprintf(&b, `<path class="grid" d="M%d %.1fH%d"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`, leadLeft, y(d), right, leadLeft-8, y(d)+4,
			html.EscapeString(fmt.Sprintf(t.Day, int(d/(24*time.Hour)))))
	}
	step := float64(right-leadLeft) / float64(max(len(hs), 1))
	for i, x := range hs {
		class, top, height := "won", y(x.Lead), y(0)-y(x.Lead)
		if x.Lead < 0 {
			class, top, height = "lost", y(0), y(x.Lead)-y(0)
		}
		if x.Chosen {
			class += " chosen"
		}
		left := leadLeft + step*float64(i)
		fmt.Fprintf(&b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2"/>`, class, left+step*.16, top, step*.68, max(height, 1.5))
		fmt.Fprintf(&b, `<text class="tick%s" x="%.1f" y="%d" text-anchor="middle">%s</text>`, map[bool]string{true: " chosen"}[x.Chosen], left+step/2, leadHeight-leadBottom+18, html.EscapeString(x.Label))
	}
	fmt.Fprintf(&b, `<path class="zero" d="M%d %.1fH%d"/><text class="label" x="%d" y="%d">0 = %s</text>`, leadLeft, y(0), right, leadLeft, leadHeight-6, html.EscapeString(t.Line))
	fmt.Fprintf(&b, `<text class="tick" x="%d" y="%d">%s</text><text class="tick" x="%d" y="%d" text-anchor="end">%s</text></svg>`, leadLeft, leadTop-10, html.EscapeString(t.Before), right, leadHeight-6, html.EscapeString(t.Axis))
	return b.String()
}

// leadGrid is where the lines of the day axis stand.
func leadGrid(most time.Duration) (ds []time.Duration) {
	const day = 24 * time.Hour
	step := day
	for most/step > 5 {
		step *= 2
		if step == 4*day {
			step = 5 * day
		}
	}
	for d := time.Duration(0); d <= most; d += step {
		ds = append(ds, d)
	}
	return ds
}
