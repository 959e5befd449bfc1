// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"mime"
	"net/http"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/filing"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/web/look"
)

// filingList is which other receivers a report serves, and how far each is.
func (s *Server) filingList(v *view) error {
	sheets, err := s.Filings.List(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return v.ok(filingListPage(v, sheets))
}

// filingShow is one receiver's form, ready to copy.
func (s *Server) filingShow(v *view) error {
	x, err := s.Filings.Get(v.Context(), v.Actor, v.PathValue("id"), v.PathValue("pack"))
	if err != nil {
		return err
	}
	return v.ok(filingPage(v, x, v.blank(map[string]string{"at": input(v.Now)}), nil))
}

// filingJSON is the same for programs.
func (s *Server) filingJSON(v *view) error {
	x, err := s.Filings.Get(v.Context(), v.Actor, v.PathValue("id"), v.PathValue("pack"))
	if err != nil {
		return err
	}
	type field struct {
		ID      string `json:"id"`
		LabelZH string `json:"label_zh"`
		LabelEN string `json:"label_en"`
		Need    string `json:"need"`
		State   string `json:"state"`
		Value   string `json:"value,omitempty"`
		Whole   string `json:"whole,omitempty"`
		Limit   int    `json:"limit,omitempty"`
	}
	out := struct {
		Pack   string  `json:"pack"`
		Report string  `json:"report"`
		Stage  int     `json:"stage"`
		Fields []field `json:"fields"`
	}{x.Ref(), x.Report.Number, x.Report.Version, nil}
	for _, f := range x.Fields {
		out.Fields = append(out.Fields, field{f.ID, f.Label.ZH, f.Label.EN, string(f.Need), string(f.State), f.Value, f.Whole, f.Limit})
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": x.Report.Number + "-" + x.ID + ".json"}))
	h.Set("Cache-Control", "private, no-store")
	e := json.NewEncoder(v.w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// filingHandIn records that a form was handed in.
func (s *Server) filingHandIn(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	report, pack := v.PathValue("id"), v.PathValue("pack")
	in := filing.Input{Number: f.Get("number"), Note: f.Get("note")}
	files, err := f.Files("proof")
	if err != nil {
		return err
	}
	if len(files) > 0 {
		in.Proof = filing.File{Name: files[0].Name, Bytes: files[0].Bytes}
	}
	if in.At, err = f.Time("at"); err == nil {
		_, err = s.Filings.HandIn(v.Context(), v.Actor, report, pack, in)
	}
	if err == nil {
		return v.see("/reports/" + pathEscape(report) + "/filings/" + pathEscape(pack))
	}
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	if err := f.refuse(err, ""); err != nil {
		return err
	}
	x, err := s.Filings.Get(v.Context(), v.Actor, report, pack)
	if err != nil {
		return err
	}
	return v.show(http.StatusUnprocessableEntity, filingPage(v, x, f, f.Err))
}

// filingProof is the file that shows that a form was handed in. It is never shown in the browser.
func (s *Server) filingProof(v *view) error {
	p, b, err := s.Filings.ProofOf(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.Name}))
	h.Set("Cache-Control", "private, no-store")
	_, err = v.w.Write(b)
	return err
}

// labels are a field's label as the receiver has it, and in the other language.
func filingLabels(x filing.Sheet, f filing.Filled) (theirs, other string) {
	if x.Lang == "zh" {
		return f.Label.ZH, f.Label.EN
	}
	return f.Label.EN, f.Label.ZH
}

// otherLang is the language of the second label.
func otherLang(x filing.Sheet) string {
	if x.Lang == "zh" {
		return "en"
	}
	return "zh-CN"
}

func theirLang(x filing.Sheet) string {
	if x.Lang == "zh" {
		return "zh-CN"
	}
	return "en"
}

// filingState says how far a form is.
func (v *view) filingState(x filing.Sheet) (tone, word string) {
	missing := x.Count(filing.Missing)
	switch {
	case len(x.Done) > 0:
		last := x.Done[len(x.Done)-1]
		return look.Good, v.T("web.filing.done", v.P.DateTime(last.At))
	case missing > 0:
		return look.Wait, v.T("web.filing.missing-n", missing)
	}
	return look.Plain, v.T("web.filing.ready")
}

// filingWhere is where a missing value is entered.
func (v *view) filingWhere(x filing.Sheet, f filing.Filled) string {
	switch {
	case f.Settings():
		return "/settings"
	case f.Where == "":
		return ""
	}
	return "/reports/" + pathEscape(x.Report.ID) + "/supplement#f-" + f.Where
}

// filingWhereWord names that place.
func (v *view) filingWhereWord(f filing.Filled) string {
	if f.Settings() {
		return v.T("web.filing.in-settings")
	}
	return v.T("web.filing.in-report", v.fieldName(f.Where))
}

// abroad reports whether a form leaves the country while the flaw is not public (RMSV art. 9(7)).
func abroad(x filing.Sheet) bool { return x.Jurisdiction != "CN" && x.Report.Content.Public != "yes" }

// doubtful reports whether a field is known from memory alone.
func doubtful(c lawpack.Confidence) bool { return c == lawpack.Memory }

// filingOrder puts what has to be done before what is done already and what does not suit.
func filingOrder(sheets []filing.Sheet) (here, there []filing.Sheet) {
	for _, x := range sheets {
		if x.Jurisdiction == "CN" {
			here = append(here, x)
		} else {
			there = append(there, x)
		}
	}
	return here, there
}

// filingNumber is the number that the receiver gave last.
func (v *view) filingNumber(x filing.Sheet) string {
	if n := len(x.Done); n > 0 {
		return x.Done[n-1].Number
	}
	return ""
}

func (v *view) filingCrumbs(x filing.Sheet) []look.Link {
	return append(v.reportCrumbs(x.Report.ID), look.Link{Label: v.T("web.filing.title"), Href: "/reports/" + pathEscape(x.Report.ID) + "/filings"})
}

// filingLead says how far the form is.
func (v *view) filingLead(x filing.Sheet) string {
	ready, missing, hand := x.Count(filing.Ready), x.Count(filing.Missing), x.Count(filing.ByHand)
	if missing > 0 {
		return v.T("web.filing.lead-missing", ready, missing, hand)
	}
	return v.T("web.filing.lead-ready", ready, hand)
}

// filingCount says how long a value is, and how long it may be.
func (v *view) filingCount(f filing.Filled) string {
	if f.Limit > 0 {
		return v.T("web.filing.count-of", f.Length(), f.Limit)
	}
	return v.T("web.filing.count", f.Length())
}

// filingMeets says what recording that the form was handed in does.
func (v *view) filingMeets(x filing.Sheet) string {
	for _, d := range x.Duties {
		if d.MetAt.IsZero() && d.VoidAt.IsZero() {
			return v.T("web.filing.meets", duty.Label(v.P, d.Rule))
		}
	}
	return v.T("web.filing.meets-none")
}
