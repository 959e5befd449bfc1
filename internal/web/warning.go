// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"

	"github.com/fengsui/fengsui/internal/casework"
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
	Form       *form

	// Of a draft, for those who write and release it.
	Outlook *warning.Outlook
	From    warning.Issuer
	Facts   casework.Case
	Try     *warning.DryRun
	As      *warning.View
	Asked   string           // whose view was asked for
	Found   []warning.Target // whom that may mean, when it is not one unit
	Saved   string           // what was asked for when the draft was saved instead: "save", "approve", "release"
}

func (s *Server) warningShow(v *view) error { return s.warningAgain(v, v.blank(nil), http.StatusOK) }

// warningAgain shows a warning; a draft to those who write it as what they write.
func (s *Server) warningAgain(v *view, f *form, status int) error {
	return s.warningView(v, f, status, false)
}

func (s *Server) warningView(v *view, f *form, status int, edit bool) error {
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
	if v.Actor.Staff() && w.State != warning.Out && (edit || w.State == warning.Draft && v.works()) {
		f.compose(w)
		return v.show(status, warningEditPage(v, x))
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
	if err != nil {
		return err
	}
	x.Proposal = &p
	o, err := s.Warnings.Outlook(v.Context(), v.Actor, w.ID)
	if err != nil {
		return err
	}
	x.Outlook = &o
	if x.From, err = s.Warnings.Issuer(v.Context(), v.Actor); err != nil {
		return err
	}
	if x.Facts, err = s.Cases.Get(v.Context(), v.Actor, w.CaseID); err != nil {
		return err
	}
	return s.warningAsked(v, x)
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
	return s.warningDecide(v, func(id string, rev int) error { return s.Warnings.Approve(v.Context(), v.Actor, id, rev) })
}

func (s *Server) warningRelease(v *view) error {
	return s.warningDecide(v, func(id string, rev int) error {
		_, err := s.Warnings.Release(v.Context(), v.Actor, id, rev)
		return err
	})
}

// warningDecide runs one of the two decisions about a draft as it is saved.
func (s *Server) warningDecide(v *view, decide func(id string, rev int) error) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	rev, err := f.Int("rev")
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	if err := decide(id, rev); err != nil {
		return s.warningRefused(v, f, err)
	}
	return v.see("/warnings/" + pathEscape(id))
}

// warningRefused shows a draft with what was wrong with it, or why it is not for this person to decide.
func (s *Server) warningRefused(v *view, f *form, err error) error {
	var e *fault.Error
	if errors.As(err, &e) && e.Kind == fault.Forbidden {
		f.Err = e
		return s.warningAgain(v, f, http.StatusForbidden)
	}
	if err := f.refuseDraft(err); err != nil {
		return err
	}
	return s.warningAgain(v, f, http.StatusUnprocessableEntity)
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
