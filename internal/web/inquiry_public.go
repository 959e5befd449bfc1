// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/url"
	"strings"

	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func (s *Server) decisionList(v *view) error {
	ps, next, err := s.Compliance.Register(v.Context(), v.URL.Query().Get("after"), inquiriesOnPage)
	if err != nil {
		return err
	}
	if next != "" {
		next = "/decisions?after=" + url.QueryEscape(next)
	}
	return v.ok(decisionListPage(v, ps, next))
}

func (s *Server) decisionShow(v *view) error {
	p, err := s.Compliance.Decided(v.Context(), v.PathValue("number"))
	if err != nil {
		return err
	}
	return v.ok(decisionPage(v, p))
}

func (s *Server) policyShow(v *view) error { return v.ok(policyPage(v)) }

// inquiryLetter shows a file as one of its letters, when there is one.
func (s *Server) inquiryLetter(v *view) (x inquiryFile, err error) {
	if x.File, err = s.Compliance.Get(v.Context(), v.Actor, v.PathValue("id")); err != nil {
		return x, err
	}
	orgs, err := s.names(v, []string{x.OrgID})
	if err != nil {
		return x, err
	}
	x.Org = orgs[x.OrgID]
	d := x.Made()
	x.People, err = s.people(v, []string{x.Notice.By, d.ProposedBy, d.SignedBy})
	return x, err
}

func (s *Server) noticeLetter(v *view) error {
	x, err := s.inquiryLetter(v)
	if err == nil && x.Notice.SentAt.IsZero() {
		err = fault.Missing()
	}
	if err != nil {
		return err
	}
	return v.ok(noticeLetterPage(v, x))
}

func (s *Server) decisionLetter(v *view) error {
	x, err := s.inquiryLetter(v)
	if err == nil && x.Made().ID == "" {
		err = fault.Missing()
	}
	if err != nil {
		return err
	}
	return v.ok(decisionLetterPage(v, x))
}

// heard says whether and how the organisation was heard.
func (v *view) heard(x inquiryFile) string {
	var days []string
	for _, s := range x.Statements {
		if s.Kind == compliance.Defence {
			days = append(days, v.P.Date(s.At))
		}
	}
	switch {
	case len(days) > 0:
		return v.T("web.letter.heard-on", strings.Join(days, v.T("compliance.public.comma")))
	case !x.Notice.SentAt.IsZero():
		return v.T("web.letter.silent", v.endOf(x.Notice.DueAt))
	}
	return v.T("web.letter.unserved")
}

// kept names what members keep in a standing.
func (v *view) kept(s member.Status) string {
	var cs []member.Capability
	for _, r := range member.Policy {
		if s.Keeps(r.Capability) {
			cs = append(cs, r.Capability)
		}
	}
	return v.capabilities(cs)
}
