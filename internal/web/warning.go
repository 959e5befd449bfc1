// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/warning"
)

func (s *Server) warningList(v *view) error {
	if !v.Actor.Staff() {
		return s.warningMine(v)
	}
	ws, next, err := s.Warnings.List(v.Context(), v.Actor, warning.Filter{After: v.URL.Query().Get("after"), Limit: 50})
	if err != nil {
		return err
	}
	return v.ok(warningListPage(v, ws, next))
}

func (s *Server) warningDraft(v *view) error {
	return s.caseDo(v, func(_ *form, id string) error {
		_, err := s.Warnings.Draft(v.Context(), v.Actor, id)
		return err
	})
}

// warningView is a warning as its reader sees it.
type warningView struct {
	Warning    warning.Warning
	Yours      *warning.Recipient
	Findings   []match.Finding
	Products   map[string]product.Product
	Orgs       map[string]member.Org
	People     map[string]string
	Targets    []warning.Target    // before the release, for staff
	Coverage   *warning.Coverage   // after it, for staff
	Proposal   *warning.Proposal   // for staff
	Difference *warning.Difference // from the last revision, for staff
	Proofs     []warning.Proof     // of the unit; for staff of all
	Peers      *warning.Peers      // for units
	CaseTitle  string
	Form       *form
}

func (s *Server) warningShow(v *view) error { return s.warningAgain(v, v.blank(nil), http.StatusOK) }

func (s *Server) warningAgain(v *view, f *form, status int) error {
	w, yours, err := s.Warnings.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	x := warningView{Warning: w, Yours: yours, Form: f}
	if yours != nil && yours.ReadAt.IsZero() && v.Method == http.MethodGet {
		if err := s.Warnings.Read(v.Context(), v.Actor, w.ID); err != nil {
			return err
		}
	}
	if v.Actor.Staff() {
		if err := s.warningStaff(v, &x); err != nil {
			return err
		}
	} else {
		p, err := s.Warnings.Peers(v.Context(), v.Actor, w.ID)
		if err != nil {
			return err
		}
		x.Peers = &p
	}
	x.Findings, err = s.Matches.Findings(v.Context(), v.Actor, w.CaseID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	c := caseView{Findings: x.Findings}
	if err := s.caseNames(v, &c); err != nil {
		return err
	}
	x.Products, x.Orgs = c.Products, c.Orgs
	if yours != nil || w.State == warning.Out {
		if x.Proofs, err = s.Warnings.Proofs(v.Context(), v.Actor, w.ID); err != nil {
			return err
		}
	}
	if x.People, err = s.people(v, []string{w.DraftedBy, w.ApprovedBy, w.ReleasedBy}); err != nil {
		return err
	}
	return v.show(status, warningPage(v, x))
}

func (s *Server) warningStaff(v *view, x *warningView) error {
	w := x.Warning
	if w.Revision > 1 {
		d, err := s.Warnings.Differences(v.Context(), v.Actor, w.ID)
		if err != nil {
			return err
		}
		x.Difference = &d
	}
	if w.State == warning.Out {
		c, err := s.Warnings.Coverage(v.Context(), v.Actor, w.ID)
		x.Coverage = &c
		return err
	}
	var err error
	if x.Targets, err = s.Warnings.Preview(v.Context(), v.Actor, w.ID); err != nil {
		return err
	}
	p, err := s.Warnings.Proposal(v.Context(), v.Actor, w.CaseID)
	x.Proposal = &p
	return err
}

// warningDo runs a verb on a warning from its page.
func (s *Server) warningDo(v *view, do func(f *form, id string) error) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	err = do(f, id)
	if err == nil {
		if f.Get("back") == "list" {
			return v.see("/warnings")
		}
		return v.see("/warnings/" + pathEscape(id))
	}
	var e *fault.Error
	if errors.As(err, &e) && e.Kind == fault.Forbidden {
		f.Err = e
		return s.warningAgain(v, f, http.StatusForbidden)
	}
	if err := f.refuse(err, ""); err != nil {
		return err
	}
	return s.warningAgain(v, f, http.StatusUnprocessableEntity)
}

func (s *Server) warningApprove(v *view) error {
	return s.warningDo(v, func(f *form, id string) error {
		rev, err := f.Int("rev")
		if err != nil {
			return err
		}
		return s.Warnings.Approve(v.Context(), v.Actor, id, rev)
	})
}

func (s *Server) warningRelease(v *view) error {
	return s.warningDo(v, func(f *form, id string) error {
		rev, err := f.Int("rev")
		if err != nil {
			return err
		}
		_, err = s.Warnings.Release(v.Context(), v.Actor, id, rev)
		return err
	})
}

func (s *Server) warningRevise(v *view) error {
	return s.warningDo(v, func(f *form, id string) error {
		_, err := s.Warnings.Revise(v.Context(), v.Actor, id, warning.Kind(f.Get("kind")))
		return err
	})
}

func answerOf(f *form) (warning.AnswerInput, error) {
	assets, err := f.Int("assets")
	return warning.AnswerInput{Answer: warning.Answer(f.Get("answer")), Justification: openvex.Justification(f.Get("justification")), Comment: f.Get("comment"), Assets: assets}, err
}

func (s *Server) warningAnswer(v *view) error {
	return s.warningDo(v, func(f *form, id string) error {
		in, err := answerOf(f)
		if err != nil {
			return err
		}
		_, err = s.Warnings.Acknowledge(v.Context(), v.Actor, id, in)
		return err
	})
}

func (s *Server) warningEdit(v *view) error {
	w, _, err := s.Warnings.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	c := w.Content
	f := v.blank(map[string]string{"rev": strconv.Itoa(w.Rev), "level": string(w.Level), "tlp": w.TLP, "respond_by": limitInput(w), "title": c.Title, "title_en": c.TitleEN, "summary": c.Summary,
		"summary_en": c.SummaryEN, "scope": c.Scope, "scope_en": c.ScopeEN, "measures": c.Measures, "measures_en": c.MeasuresEN, "issuer": c.Issuer, "phone": c.Phone,
		"territory": w.Territory, "basis": c.Basis, "label_summary": c.Labels.Summary, "label_measures": c.Labels.Measures, "label_pack": c.Labels.Pack,
		"indicators": warning.WriteIndicators(c.Pack.Indicators), "sigma": c.Pack.Sigma, "yara": c.Pack.YARA, "suricata": c.Pack.Suricata, "links": strings.Join(c.Pack.Links, "\n"),
		"lead_affected": c.Leads.Affected, "lead_affected_en": c.Leads.AffectedEN, "lead_sector": c.Leads.Sector, "lead_sector_en": c.Leads.SectorEN, "lead_all": c.Leads.All, "lead_all_en": c.Leads.AllEN})
	return s.warningForm(v, w, f, http.StatusOK)
}

func (s *Server) warningForm(v *view, w warning.Warning, f *form, status int) error {
	p, err := s.Warnings.Proposal(v.Context(), v.Actor, w.CaseID)
	if err != nil {
		return err
	}
	from, err := s.Warnings.Issuer(v.Context(), v.Actor)
	if err != nil {
		return err
	}
	facts, err := s.Cases.Get(v.Context(), v.Actor, w.CaseID)
	if err != nil {
		return err
	}
	return v.show(status, warningEditPage(v, w, p, from, facts, f))
}

func (s *Server) warningEditPost(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	rev, err := f.Int("rev")
	if err != nil {
		return err
	}
	by, err := f.Time("respond_by")
	if err == nil {
		_, err = s.Warnings.Edit(v.Context(), v.Actor, id, warning.EditInput{Rev: rev, Level: warning.Level(f.Get("level")), TLP: f.Get("tlp"), RespondBy: by, Territory: f.Get("territory"), Content: warning.Content{
			Title: f.Get("title"), TitleEN: f.Get("title_en"), Summary: f.Get("summary"), SummaryEN: f.Get("summary_en"), Scope: f.Get("scope"), ScopeEN: f.Get("scope_en"),
			Measures: f.Get("measures"), MeasuresEN: f.Get("measures_en"), Issuer: f.Get("issuer"), Phone: f.Get("phone"),
			Basis: f.Get("basis"), Labels: warning.Labels{Summary: f.Get("label_summary"), Measures: f.Get("label_measures"), Pack: f.Get("label_pack")}, Pack: packOf(f), Leads: leadsOf(f)}})
	}
	if err == nil {
		return v.see("/warnings/" + pathEscape(id))
	}
	if err := f.refuse(err, "content."); err != nil {
		return err
	}
	w, _, err := s.Warnings.Get(v.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	return s.warningForm(v, w, f, http.StatusUnprocessableEntity)
}

// warningLink answers without signing in. Opening the page acknowledges nothing: mail scanners open links.
func (s *Server) warningLink(v *view) error {
	token := v.PathValue("token")
	w, r, err := s.Warnings.ByLink(v.Context(), token)
	if err != nil {
		return err
	}
	return v.ok(warningLinkPage(v, w, r, token, v.blank(nil)))
}

func (s *Server) warningLinkPost(v *view) error {
	token := v.PathValue("token")
	f, err := v.parse()
	if err != nil {
		return err
	}
	in, err := answerOf(f)
	if err == nil {
		_, err = s.Warnings.AcknowledgeByLink(v.Context(), token, in)
	}
	status := http.StatusOK
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	w, r, err := s.Warnings.ByLink(v.Context(), token)
	if err != nil {
		return err
	}
	return v.show(status, warningLinkPage(v, w, r, token, f))
}

// limitInput is a time limit that was set by hand; without one it follows from the level.
func limitInput(w warning.Warning) string {
	if !w.Limited {
		return ""
	}
	return input(w.RespondBy)
}
