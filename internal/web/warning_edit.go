// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/warning"
)

// composed is a draft as the fields of its composer.
func composed(w warning.Warning) map[string]string {
	c := w.Content
	return map[string]string{"level": string(w.Level), "tlp": w.TLP, "respond_by": limitInput(w), "title": c.Title, "title_en": c.TitleEN, "summary": c.Summary,
		"summary_en": c.SummaryEN, "scope": c.Scope, "scope_en": c.ScopeEN, "measures": c.Measures, "measures_en": c.MeasuresEN, "issuer": c.Issuer, "phone": c.Phone,
		"territory": w.Territory, "basis": c.Basis, "label_summary": c.Labels.Summary, "label_measures": c.Labels.Measures, "label_pack": c.Labels.Pack,
		"indicators": warning.WriteIndicators(c.Pack.Indicators), "sigma": c.Pack.Sigma, "yara": c.Pack.YARA, "suricata": c.Pack.Suricata, "links": strings.Join(c.Pack.Links, "\n"),
		"lead_affected": c.Leads.Affected, "lead_affected_en": c.Leads.AffectedEN, "lead_sector": c.Leads.Sector, "lead_sector_en": c.Leads.SectorEN, "lead_all": c.Leads.All, "lead_all_en": c.Leads.AllEN}
}

// compose fills in what the form does not hold from the draft.
func (f *form) compose(w warning.Warning) {
	values := composed(w)
	values["rev"] = strconv.Itoa(w.Rev)
	for name, value := range values {
		if _, ok := f.values[name]; !ok {
			f.values[name] = []string{value}
		}
	}
}

// composes reports whether the form says something else than the draft does. A field that it does not hold says nothing.
func (f *form) composes(w warning.Warning) bool {
	for name, value := range composed(w) {
		if _, ok := f.values[name]; ok && f.Get(name) != strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n")) {
			return true
		}
	}
	return false
}

// limitInput is a time limit that was set by hand; without one it follows from the level.
func limitInput(w warning.Warning) string {
	if !w.Limited {
		return ""
	}
	return input(w.RespondBy)
}

// warningEdit is the composer of a draft, of one that is approved as well.
func (s *Server) warningEdit(v *view) error {
	w, _, err := s.Warnings.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	if w.State == warning.Out {
		return v.see("/warnings/" + pathEscape(w.ID))
	}
	return s.warningView(v, v.blank(nil), http.StatusOK, true)
}

// warningEditPost saves the draft if it was changed, and goes on with what was asked for. What leaves must have been seen as
// it is saved: a draft that was changed is not approved and not released in the same step.
func (s *Server) warningEditPost(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id, do, as := v.PathValue("id"), f.Get("do"), f.Get("as")
	if slug, ok := strings.CutPrefix(do, "as:"); ok {
		do, as = "as", slug
	}
	rev, err := f.Int("rev")
	if err != nil {
		return err
	}
	w, _, err := s.Warnings.Get(v.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	changed := w.State == warning.Out || !v.works() || f.composes(w) // whoever may not write is told so by the verb
	if changed {
		err = s.warningSave(v, f, id, rev)
	}
	at := "/warnings/" + pathEscape(id)
	switch {
	case err != nil:
	case do == "try":
		return v.see(at + "/edit?try=yes#try")
	case do == "as":
		return v.see(at + "/edit?as=" + queryEscape(as) + "#as")
	case do == "approve" && !changed:
		err = s.Warnings.Approve(v.Context(), v.Actor, id, rev)
	case do == "release" && !changed:
		_, err = s.Warnings.Release(v.Context(), v.Actor, id, rev)
	case do == "approve" || do == "release":
		return v.see(at + "/edit?saved=" + do + "#decide")
	default:
		return v.see(at + "/edit?saved=save")
	}
	if err == nil {
		return v.see(at)
	}
	return s.warningRefused(v, f, err)
}

func (s *Server) warningSave(v *view, f *form, id string, rev int) error {
	by, err := f.Time("respond_by")
	if err != nil {
		return err
	}
	_, err = s.Warnings.Edit(v.Context(), v.Actor, id, warning.EditInput{Rev: rev, Level: warning.Level(f.Get("level")), TLP: f.Get("tlp"), RespondBy: by, Territory: f.Get("territory"), Content: warning.Content{
		Title: f.Get("title"), TitleEN: f.Get("title_en"), Summary: f.Get("summary"), SummaryEN: f.Get("summary_en"), Scope: f.Get("scope"), ScopeEN: f.Get("scope_en"),
		Measures: f.Get("measures"), MeasuresEN: f.Get("measures_en"), Issuer: f.Get("issuer"), Phone: f.Get("phone"),
		Basis: f.Get("basis"), Labels: warning.Labels{Summary: f.Get("label_summary"), Measures: f.Get("label_measures"), Pack: f.Get("label_pack")}, Pack: packOf(f), Leads: leadsOf(f)}})
	return err
}

// partOf are the names of a warning's content that its composer calls otherwise.
var partOf = regexp.MustCompile(`^(?:labels\.(\w+)|leads\.(\w+)|pack\.(\w+).*)$`)

// composerField is the composer's field of what a rule was broken by: "content.pack.links[2]" is "links".
func composerField(name string) string {
	name = strings.TrimPrefix(name, "content.")
	switch m := partOf.FindStringSubmatch(name); {
	case m == nil:
		return name
	case m[1] != "":
		return "label_" + m[1]
	case m[2] != "":
		return "lead_" + m[2]
	default:
		return m[3]
	}
}

// refuseDraft keeps what is wrong with a draft by the fields of its composer, the first of each.
func (f *form) refuseDraft(err error) error {
	if err := f.refuse(err, ""); err != nil {
		return err
	}
	by := map[string]fault.Field{}
	for _, x := range f.Err.Fields {
		if name := composerField(x.Name); by[name].Name == "" {
			by[name] = x
		}
	}
	f.errs = by
	return nil
}

// warningAsked looks from where a unit stands, and tries the release, when that is asked for.
func (s *Server) warningAsked(v *view, x *warningView) error {
	q := v.URL.Query()
	x.Saved, x.Asked = q.Get("saved"), strings.TrimSpace(q.Get("as"))
	if x.Asked != "" {
		if x.Found = named(x.Targets, x.Asked); len(x.Found) == 1 {
			as, err := s.Warnings.ViewAs(v.Context(), v.Actor, x.Warning.ID, x.Found[0].Org.ID)
			if err != nil {
				return err
			}
			x.As = &as
		}
	}
	if q.Get("try") == "" || !v.works() || len(x.Outlook.Missing) > 0 {
		return nil
	}
	d, err := s.Warnings.DryRun(v.Context(), v.Actor, x.Warning.ID)
	x.Try = &d
	return err
}

// named are the targets that a name means: those that have it, in either language, or else those whose name contains it.
func named(ts []warning.Target, name string) (out []warning.Target) {
	name = strings.ToLower(name)
	for _, t := range ts {
		zh, en := strings.ToLower(t.Org.NameZH), strings.ToLower(t.Org.NameEN)
		if name == zh || name == en || name == t.Org.Slug {
			return []warning.Target{t}
		}
		if strings.Contains(zh, name) || strings.Contains(en, name) {
			out = append(out, t)
		}
	}
	return out
}

// wrongIn reports whether something is wrong with a field whose name begins so.
func (f *form) wrongIn(prefix string) bool {
	for name := range f.errs {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
