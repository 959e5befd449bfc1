// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// A Range is how long something took: half of it up to Mid, nine in ten up to High, in minutes. High is negative when that
// has not been reached yet, Mid when half has not, and both when there was nothing; Value says it in words.
type Range struct {
	Label     string
	Mid, High int
	Value     string
}

// RangeTexts are the words around the picture. Ticks are the marks of the axis, by minutes.
type RangeTexts struct {
	Title, Desc string
	Ticks       map[int]string
}

// Measures of the picture, in its own units.
const (
	rangeWidth, rangeLeft, rangeRight = 820, 168, 176
	rangeTop, rangeStep               = 30, 40
	rangeMost                         = 60 * 24 * 60 // minutes at the end of the axis
)

// Ranges draws durations one below the other on one axis, whose steps grow: minutes and weeks are both to be seen. A dot is
// the half, a stroke leads to nine in ten; an arrow leads on where that is still open.
func Ranges(id string, rs []Range, t RangeTexts) string {
	height := rangeTop + rangeStep*len(rs) + 8
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="picture ranges" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		rangeWidth, height, id, id, id, html.EscapeString(t.Title), id, html.EscapeString(t.Desc))
	const w = rangeWidth - rangeLeft - rangeRight
	x := func(minutes int) float64 {
		return rangeLeft + w*math.Log(float64(min(max(minutes, 1), rangeMost)))/math.Log(rangeMost)
	}
	for _, m := range sortedKeys(t.Ticks) {
		fmt.Fprintf(&b, `<path class="grid" d="M%.1f %dV%d"/><text class="tick" x="%.1f" y="16" text-anchor="middle">%s</text>`, x(m), rangeTop-6, height-8, x(m), html.EscapeString(t.Ticks[m]))
	}
	for i, r := range rs {
		y := float64(rangeTop + rangeStep*i + rangeStep/2)
		fmt.Fprintf(&b, `<text x="0" y="%.1f">%s</text>`, y+5, html.EscapeString(clip(r.Label, 24)))
		switch {
		case r.Mid >= 0 && r.High >= 0:
			fmt.Fprintf(&b, `<path class="span-line" d="M%.1f %.1fH%.1f"/><path class="span-end" d="M%.1f %.1fv14"/><circle class="span-mid" cx="%.1f" cy="%.1f" r="7"/>`, x(r.Mid), y, x(r.High), x(r.High), y-7, x(r.Mid), y)
		case r.Mid >= 0:
			fmt.Fprintf(&b, `<path class="span-line open" d="M%.1f %.1fH%d"/><path class="span-end" d="M%d %.1fl8 6l-8 6"/><circle class="span-mid" cx="%.1f" cy="%.1f" r="7"/>`, x(r.Mid), y, rangeLeft+w, rangeLeft+w-6, y-6, x(r.Mid), y)
		}
		class := ""
		if r.Mid < 0 {
			class = ` class="tick"`
		}
		fmt.Fprintf(&b, `<text%s x="%d" y="%.1f">%s</text>`, class, rangeLeft+w+16, y+5, html.EscapeString(r.Value))
	}
	b.WriteString(`</svg>`)
	return b.String()
}
