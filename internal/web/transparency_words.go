// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/transparency"
	"github.com/fengsui/fengsui/internal/web/look"
	"github.com/fengsui/fengsui/internal/web/picture"
)

// minutes writes a duration of minutes.
func (v *view) minutes(n int) string { return v.P.Span(time.Duration(n) * time.Minute) }

// p50 writes a median, or why there is none.
func (v *view) p50(x transparency.Span) string {
	switch {
	case x.N == 0:
		return v.T("web.transparency.none")
	case x.P50 == nil:
		return v.T("web.transparency.half-open")
	}
	return v.minutes(*x.P50)
}

func (v *view) p90(x transparency.Span) string {
	switch {
	case x.N == 0:
		return ""
	case x.P90 == nil:
		return v.T("web.transparency.still-open")
	}
	return v.minutes(*x.P90)
}

func spanNamed(f transparency.Figures, name string) transparency.Span {
	for _, x := range f.Spans {
		if x.Name == name {
			return x
		}
	}
	return transparency.Span{Name: name}
}

// spanPicture draws how long the steps took.
func (v *view) spanPicture(f transparency.Figures) string {
	t := picture.RangeTexts{Title: v.T("web.transparency.spans"), Ticks: map[int]string{1: v.T("web.transparency.tick.minute"), 60: v.T("web.transparency.tick.hour"), 24 * 60: v.T("web.transparency.tick.day"),
		7 * 24 * 60: v.T("web.transparency.tick.week"), 30 * 24 * 60: v.T("web.transparency.tick.month")}}
	var rs []picture.Range
	var words []string
	for _, x := range f.Spans {
		r := picture.Range{Label: v.T("web.transparency.span." + x.Name), Mid: -1, High: -1, Value: v.p50(x)}
		if x.P50 != nil {
			r.Mid = *x.P50
		}
		if x.P90 != nil {
			r.High = *x.P90
		}
		rs = append(rs, r)
		words = append(words, r.Label+" "+r.Value)
	}
	t.Desc = strings.Join(words, v.T("web.transparency.semicolon"))
	return picture.Ranges("spans", rs, t)
}

// spark draws the trend of the i-th span.
func (v *view) spark(f transparency.Figures, i int) string {
	var values []*int
	var words []string
	for _, p := range f.Trend {
		if i >= len(p.Medians) {
			continue
		}
		m := p.Medians[i].P50
		values = append(values, m)
		word := "—"
		if m != nil {
			word = v.minutes(*m)
		}
		words = append(words, v.quarter(p.Quarter)+" "+word)
	}
	return picture.Spark(values, strings.Join(words, v.T("web.comma")))
}

// quarter writes "2021-Q4" for readers.
func (v *view) quarter(name string) string {
	year, q, ok := strings.Cut(name, "-Q")
	if !ok {
		if name == transparency.Rolling {
			return v.T("web.transparency.rolling")
		}
		return v.T("web.transparency.year", year)
	}
	return v.T("web.transparency.quarter", year, q)
}

// lawTitle names a law by how duties cite it.
func (v *view) lawTitle(law string) string {
	for _, p := range lawpack.BuiltinSet().Packs() {
		if p.Law == law {
			return p.Title.In(v.P)
		}
	}
	if law == "" {
		return v.T("web.transparency.other-law")
	}
	return law
}

// rate is a share in per cent, of which one in a hundred is never rounded to nothing.
func rate(n, of int) string {
	switch {
	case of == 0:
		return "—"
	case n > 0 && 200*n < of:
		return "<1%"
	}
	return fmt.Sprintf("%d%%", (200*n+of)/(2*of))
}

// periodTabs are the ways to other periods: the years, and the quarters of the one that is shown.
func (v *view) periodTabs(x figuresView) (years, quarters []look.Tab) {
	year, _, _ := strings.Cut(x.Period, "-")
	if x.Period == transparency.Rolling && len(x.Periods) > 1 {
		year = x.Periods[1].Name
	}
	for _, p := range x.Periods {
		href := "/transparency/" + p.Name
		if p.Name == transparency.Rolling {
			href = "/transparency"
		}
		t := look.Tab{Href: href, Label: v.quarter(p.Name), Current: p.Name == x.Period}
		if y, q, ok := strings.Cut(p.Name, "-Q"); ok {
			if y == year {
				t.Label = v.T("web.transparency.quarter-short", q)
				quarters = append([]look.Tab{t}, quarters...)
			}
			continue
		}
		years = append(years, t)
	}
	return years[:min(len(years), 6)], quarters
}

// place is where the shown figures stand.
func (x figuresView) place() string {
	n := "live"
	if x.Edition != nil && x.Edition.N > 0 {
		n = strconv.Itoa(x.Edition.N)
	}
	return "/transparency/" + pathEscape(x.Period) + "/" + n
}

// draft reports whether what is shown waits for signatures.
func (x figuresView) draft() bool {
	return x.Edition != nil && x.Edition.State == transparency.Draft
}

// path puts the place of a figure into words as far as there are any.
func (v *view) path(p string) string {
	parts := strings.Split(p, ".")
	if len(parts) > 1 && parts[0] == "spans" {
		parts[1] = v.T("web.transparency.span." + parts[1])
	}
	return strings.Join(parts, " › ")
}
