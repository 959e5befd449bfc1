// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/transparency"
	"github.com/fengsui/fengsui/internal/web/look"
	"github.com/fengsui/fengsui/internal/web/picture"
)

// figuresView is a page of figures: an edition, a draft, or what stands now.
type figuresView struct {
	transparency.Figures
	Edition  *transparency.Edition // nil for live figures
	Periods  []transparency.Period
	Editions []transparency.Edition // of this period, and for its breakdown the newest one of a quarter
	Latest   *transparency.Edition  // of the newest quarter: whose breakdown live figures point to
	Drafts   []transparency.Edition
	People   map[string]string
}

func (s *Server) transparencyHome(v *view) error {
	return s.transparencyLive(v, transparency.Rolling, v.blank(nil), http.StatusOK)
}

// transparencyPeriod shows the newest edition of a period, or without one how it stands.
func (s *Server) transparencyPeriod(v *view) error {
	e, err := s.Transparency.Edition(v.Context(), v.PathValue("period"), 0)
	if fault.Is(err, fault.NotFound) {
		return s.transparencyLive(v, v.PathValue("period"), v.blank(nil), http.StatusOK)
	}
	if err != nil {
		return err
	}
	return s.transparencyShow(v, &e, e.Figures, v.blank(nil), http.StatusOK)
}

func (s *Server) transparencyLive(v *view, period string, f *form, status int) error {
	x, err := s.liveFigures(v, period)
	if err != nil {
		return err
	}
	return s.transparencyShow(v, nil, x, f, status)
}

// liveFigures are figures by a period in a path: one that is none does not exist.
func (s *Server) liveFigures(v *view, period string) (transparency.Figures, error) {
	x, err := s.Transparency.Live(v.Context(), period)
	if fault.Is(err, fault.Invalid) {
		err = fault.Missing()
	}
	return x, err
}

// edition reads which edition a path means.
func (s *Server) edition(v *view) (transparency.Edition, error) {
	n, err := strconv.Atoi(v.PathValue("edition"))
	if err != nil || n < 1 {
		return transparency.Edition{}, fault.Missing()
	}
	return s.Transparency.Edition(v.Context(), v.PathValue("period"), n)
}

func (s *Server) transparencyEdition(v *view) error {
	if v.PathValue("edition") == "live" {
		return s.transparencyLive(v, v.PathValue("period"), v.blank(nil), http.StatusOK)
	}
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	return s.transparencyShow(v, &e, e.Figures, v.blank(nil), http.StatusOK)
}

func (s *Server) transparencyShow(v *view, e *transparency.Edition, f transparency.Figures, form *form, status int) (err error) {
	x := figuresView{Figures: f, Edition: e}
	if x.Periods, err = s.Transparency.Periods(v.Context()); err != nil {
		return err
	}
	all, err := s.Transparency.Editions(v.Context())
	if err != nil {
		return err
	}
	for _, y := range all {
		if y.Period == f.Period {
			x.Editions = append(x.Editions, y)
		}
		if x.Latest == nil && strings.Contains(y.Period, "-Q") || x.Latest != nil && strings.Contains(y.Period, "-Q") && y.Period > x.Latest.Period {
			x.Latest = &y
		}
	}
	if s.publishes(v.Actor) {
		if x.Drafts, err = s.Transparency.Drafts(v.Context(), v.Actor); err != nil {
			return err
		}
		var ids []string
		for _, y := range append(x.Drafts, all...) {
			ids = append(ids, y.DraftedBy, y.FirstBy, y.SecondBy)
		}
		if x.People, err = s.people(v, ids); err != nil {
			return err
		}
	}
	return v.show(status, transparencyPage(v, x, form))
}

// publishes reports whether the reader may sign editions.
func (s *Server) publishes(by member.Actor) bool {
	return by.SignedIn() && by.Is(append(slices.Clone(s.Transparency.Second), member.Supervisor)...)
}

// transparencyFile is an edition's figures for machines, its receipt, or how a period stands.
func (s *Server) transparencyFile(v *view) error {
	var f transparency.Figures
	var b []byte
	if v.PathValue("edition") == "live" {
		var err error
		if f, err = s.liveFigures(v, v.PathValue("period")); err != nil {
			return err
		}
		if b, err = json.Marshal(f); err != nil {
			return err
		}
	} else {
		e, err := s.edition(v)
		if err != nil {
			return err
		}
		if v.PathValue("file") == "receipt.json" {
			r, err := s.Transparency.Receipt(v.Context(), e.Period, e.N)
			if err != nil {
				return err
			}
			return v.file("application/json", "transparency-"+e.Period+"-"+strconv.Itoa(e.N)+"-receipt.json", r.Encode())
		}
		f, b = e.Figures, e.Bytes()
	}
	name := "transparency-" + f.Period
	switch v.PathValue("file") {
	case "figures.json":
		return v.file("application/json", name+".json", b)
	case "figures.csv":
		b, err := transparency.CSV(f)
		if err != nil {
			return err
		}
		return v.file("text/csv; charset=utf-8", name+".csv", b)
	}
	return fault.Missing()
}

// file answers with a file.
func (v *view) file(media, name string, b []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "private, no-store")
	_, err := bytes.NewReader(b).WriteTo(v.w)
	if err != nil && v.Context().Err() != nil {
		return nil // the reader has gone
	}
	return err
}

func (s *Server) transparencyDraft(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	e, err := s.Transparency.Draft(v.Context(), v.Actor, f.Get("period"))
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.transparencyLive(v, transparency.Rolling, f, http.StatusUnprocessableEntity)
	}
	return v.see("/transparency-drafts/" + pathEscape(e.ID))
}

func (s *Server) transparencyDraftShow(v *view) error {
	return s.transparencyDraftAgain(v, v.blank(nil), http.StatusOK)
}

func (s *Server) transparencyDraftAgain(v *view, f *form, status int) error {
	e, err := s.Transparency.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return s.transparencyShow(v, &e, e.Figures, f, status)
}

func (s *Server) transparencyDraftDo(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	var e transparency.Edition
	switch f.Get("do") {
	case "sign":
		e, err = s.Transparency.Sign(v.Context(), v.Actor, id)
	case "drop":
		e, err = s.Transparency.Drop(v.Context(), v.Actor, id, f.Get("why"))
	default:
		if e, err = s.Transparency.Get(v.Context(), v.Actor, id); err == nil {
			err = fault.FieldError("do", "member.rule.unknown", "")
		}
	}
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.transparencyDraftAgain(v, f, http.StatusUnprocessableEntity)
	}
	switch e.State {
	case transparency.Published:
		return v.see("/transparency/" + pathEscape(e.Period) + "/" + strconv.Itoa(e.N))
	case transparency.Fell:
		return v.see("/transparency")
	}
	return v.see("/transparency-drafts/" + pathEscape(e.ID))
}

func (s *Server) transparencyExplain(v *view) error {
	f, err := v.parse()
	if err == nil {
		err = s.Transparency.Explain(v.Context(), v.Actor, v.PathValue("duty"), f.Get("reason_zh"), f.Get("reason_en"))
	}
	if err != nil {
		return err
	}
	return v.see("/transparency/" + pathEscape(f.Get("period")) + "/live")
}

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
