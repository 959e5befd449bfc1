// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/cvss"
	"github.com/fengsui/fengsui/internal/spec/gbt30279"
)

// affectedRows is how many ranges the form offers at least.
const affectedRows = 3

func (s *Server) caseEdit(v *view) error {
	c, err := s.Cases.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	f := caseForm(v, c.Content)
	f.values["rev"] = []string{strconv.Itoa(c.Rev)}
	return v.ok(caseEditPage(v, c, f))
}

// caseForm fills the form of a vulnerability's content: cases and advisories share it.
func caseForm(v *view, c casework.Content) *form {
	f := v.blank(map[string]string{"title": c.Title, "title_en": c.TitleEN, "description": c.Description, "description_en": c.DescriptionEN, "cwe": c.CWE,
		"aliases": strings.Join(c.Aliases, ", "), "fix": c.Fix, "fix_en": c.FixEN, "workaround": c.Workaround, "workaround_en": c.WorkaroundEN, "credits": strings.Join(c.Credits, "\n")})
	var refs []string
	for _, r := range c.References {
		refs = append(refs, r.Kind+" "+r.URL)
	}
	f.values["references"] = []string{strings.Join(refs, "\n")}
	for i := range max(affectedRows, len(c.Affected)+1) {
		var a report.Affected
		if i < len(c.Affected) {
			a = c.Affected[i]
		}
		for name, value := range map[string]string{"purl": a.PURL, "vendor": a.Vendor, "product": a.Product, "model": a.Model, "introduced": a.Introduced, "fixed": a.Fixed,
			"last_affected": a.LastAffected, "versions": strings.Join(a.Versions, ", ")} {
			f.values["affected_"+name] = append(f.values["affected_"+name], value)
		}
	}
	return f
}

// caseContent reads the form of a vulnerability's content.
func caseContent(f *form) casework.Content {
	c := casework.Content{Title: f.Get("title"), TitleEN: f.Get("title_en"), Description: f.Get("description"), DescriptionEN: f.Get("description_en"), CWE: f.Get("cwe"),
		Aliases: f.Lines("aliases"), Fix: f.Get("fix"), FixEN: f.Get("fix_en"), Workaround: f.Get("workaround"), WorkaroundEN: f.Get("workaround_en")}
	for _, l := range strings.Split(f.Get("credits"), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			c.Credits = append(c.Credits, l)
		}
	}
	for _, l := range strings.Split(f.Get("references"), "\n") {
		kind, link, ok := strings.Cut(strings.TrimSpace(l), " ")
		if !ok {
			kind, link = "web", kind
		}
		if link = strings.TrimSpace(link); link != "" {
			c.References = append(c.References, casework.Reference{Kind: strings.ToLower(kind), URL: link})
		}
	}
	at := func(name string, i int) string {
		if vs := f.All("affected_" + name); i < len(vs) {
			return strings.TrimSpace(vs[i])
		}
		return ""
	}
	for i := range f.All("affected_purl") {
		a := report.Affected{PURL: at("purl", i), Vendor: at("vendor", i), Product: at("product", i), Model: at("model", i), Introduced: at("introduced", i), Fixed: at("fixed", i), LastAffected: at("last_affected", i)}
		for _, x := range strings.Split(at("versions", i), ",") {
			if x = strings.TrimSpace(x); x != "" {
				a.Versions = append(a.Versions, x)
			}
		}
		if a.PURL+a.Product != "" {
			c.Affected = append(c.Affected, a)
		}
	}
	return c
}

func (s *Server) caseEditPost(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	rev, err := f.Int("rev")
	if err != nil {
		return err
	}
	if _, err := s.Cases.Edit(v.Context(), v.Actor, id, rev, caseContent(f)); err != nil {
		if err := f.refuse(err, "content."); err != nil {
			return err
		}
		c, err := s.Cases.Get(v.Context(), v.Actor, id)
		if err != nil {
			return err
		}
		return v.show(http.StatusUnprocessableEntity, caseEditPage(v, c, f))
	}
	return v.see("/cases/" + pathEscape(id))
}

// gradeView is the grading calculator: it explains itself without JavaScript, by asking again.
type gradeView struct {
	Case      casework.Case
	Form      *form
	Technical *gbt30279.Technical
	Composite *gbt30279.Composite
	NoImpact  bool         // there is nothing to grade
	CVSS      *cvss.Vector // what the form's vector says
}

// indicators of the calculator with their values, the gravest first.
var indicators = []struct {
	Key    string
	Values []string
}{{"AV", []string{"N", "A", "L", "P"}}, {"AC", []string{"L", "H"}}, {"PR", []string{"N", "L", "H"}}, {"UI", []string{"N", "R"}}, {"C", []string{"H", "L", "N"}},
	{"I", []string{"H", "L", "N"}}, {"A", []string{"H", "L", "N"}}, {"E", []string{"L", "M", "H"}}, {"RL", []string{"H", "M", "L"}}, {"S", []string{"H", "M", "L"}}}

func (s *Server) caseGrade(v *view) error {
	c, err := s.Cases.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	f := &form{v: v, values: v.URL.Query()}
	if len(f.values) == 0 {
		if err := s.lastGrade(v, c.ID, f); err != nil {
			return err
		}
	}
	return v.ok(caseGradePage(v, calculate(c, f)))
}

// lastGrade fills the calculator with the newest national grade, so that a review starts from it.
func (s *Server) lastGrade(v *view, caseID string, f *form) error {
	gs, err := s.Cases.Grades(v.Context(), v.Actor, caseID)
	if err != nil {
		return err
	}
	for _, g := range byTime(gs) {
		if g.Scheme != "gbt30279-2020" {
			continue
		}
		for _, part := range strings.Split(strings.TrimPrefix(g.Vector, gbt30279.Prefix), "/") {
			key, value, _ := strings.Cut(part, ":")
			f.values[key] = []string{value}
		}
	}
	return nil
}

// calculate grades what the form holds so far.
func calculate(c casework.Case, f *form) gradeView {
	x := gradeView{Case: c, Form: f}
	if text := f.Get("vector"); text != "" {
		if read, err := cvss.Parse(text); err == nil {
			x.CVSS = &read
		}
	}
	vector, err := gbt30279.Parse(gbtVector(f))
	if err != nil {
		return x
	}
	if t, err := vector.Technical(); err == nil {
		x.Technical = &t
	} else if errors.Is(err, gbt30279.ErrNoImpact) {
		x.NoImpact = true
	}
	if t, err := vector.Composite(); err == nil {
		x.Composite = &t
	}
	return x
}

func gbtVector(f *form) string {
	var parts []string
	for _, i := range indicators {
		if value := f.Get(i.Key); value != "" {
			parts = append(parts, i.Key+":"+value)
		}
	}
	return strings.Join(parts, "/")
}

func (s *Server) caseGradePost(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	in := casework.GradeInput{Scheme: f.Get("scheme"), Vector: f.Get("vector"), Rationale: f.Get("rationale")}
	if in.Scheme == "gbt30279-2020" {
		in.Vector = gbtVector(f)
	}
	if _, err := s.Cases.AddGrade(v.Context(), v.Actor, id, in); err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		c, err := s.Cases.Get(v.Context(), v.Actor, id)
		if err != nil {
			return err
		}
		return v.show(http.StatusUnprocessableEntity, caseGradePage(v, calculate(c, f)))
	}
	return v.see("/cases/" + pathEscape(id))
}
