// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/warning"
)

// home answers a different question for everybody: the public "what is new", a member "what do I owe, does it concern
// me", staff "what waits for me".
func (s *Server) home(v *view) error {
	switch {
	case v.Actor.Staff():
		return s.homeStaff(v)
	case v.Actor.Is(member.Auditor):
		return v.see("/journal")
	case v.Actor.Is(member.Administrator):
		return v.see("/members")
	case v.Actor.SignedIn():
		return s.homeMember(v)
	}
	as, _, err := s.Advisories.Public(v.Context(), advisory.Filter{Limit: 10})
	if err != nil {
		return err
	}
	return v.ok(homePublicPage(v, as))
}

// memberHome is what a member's home page shows.
type memberHome struct {
	Duties   []duty.Duty
	Warnings []warning.Item
	Notices  []casework.Notice
	Reports  []report.Report
	Drafts   []unsent
	Risk     *portfolio // nil for who has no products to ask about
}

// unsent is a draft that nobody has: the clocks run from when its writer learned of the flaw, sent or not.
type unsent struct {
	report.DraftInfo
	LearnedAt time.Time
	Owed      *duty.Duty // what falls due first, nil for nothing
}

// unsentDrafts are the reader's drafts in which it stands when the flaw was learned of.
func (s *Server) unsentDrafts(v *view) (out []unsent, err error) {
	ds, err := s.Reports.Drafts(v.Context(), v.Actor)
	if err != nil {
		return nil, err
	}
	for _, d := range ds[:min(len(ds), 3)] {
		c, err := s.Reports.Draft(v.Context(), v.Actor, d.ID)
		if err != nil {
			return nil, err
		}
		if c.LearnedAt.IsZero() {
			continue
		}
		x := unsent{DraftInfo: d, LearnedAt: c.LearnedAt}
		for _, due := range v.owed(c) {
			if (due.Rule == duty.RuleReport || due.Rule == duty.RulePartner) && !due.DueAt.IsZero() && (x.Owed == nil || due.DueAt.Before(x.Owed.DueAt)) {
				x.Owed = &duty.Duty{Due: due}
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func (s *Server) homeMember(v *view) (err error) {
	var h memberHome
	if v.Actor.OrgID != "" {
		if h.Duties, err = s.Duties.Owed(v.Context(), v.Actor, v.Actor.OrgID, true); err != nil {
			return err
		}
		if h.Warnings, _, err = s.Warnings.Mine(v.Context(), v.Actor, warning.Filter{Limit: 6}); err != nil {
			return err
		}
		if h.Notices, err = s.Cases.NoticesOf(v.Context(), v.Actor); err != nil {
			return err
		}
	}
	if h.Reports, _, err = s.Reports.List(v.Context(), v.Actor, report.Filter{Mine: true, Limit: 6}); err != nil {
		return err
	}
	if h.Drafts, err = s.unsentDrafts(v); err != nil {
		return err
	}
	if h.Risk, err = s.risk(v); err != nil {
		return err
	}
	return v.ok(homeMemberPage(v, h))
}

// risk is how the reader's products stand to what is publicly known.
func (s *Server) risk(v *view) (*portfolio, error) {
	if !v.hasProducts() {
		return nil, nil
	}
	p, err := s.Matches.Portfolio(v.Context(), v.Actor, match.PortfolioFilter{Limit: 5})
	return &portfolio{PortfolioPage: p}, err
}

// staffHome is what the platform's people see first.
type staffHome struct {
	Board    map[casework.State][]casework.Case
	Warnings []warning.Warning
	Overdue  []duty.Duty
	Orgs     map[string]member.Org
	Risk     *portfolio
}

func (s *Server) homeStaff(v *view) (err error) {
	var h staffHome
	if h.Board, err = s.Cases.Board(v.Context(), v.Actor); err != nil {
		return err
	}
	if h.Warnings, _, err = s.Warnings.List(v.Context(), v.Actor, warning.Filter{Limit: 8}); err != nil {
		return err
	}
	if h.Overdue, err = s.Duties.Register(v.Context(), v.Actor, duty.Filter{State: duty.Overdue, Limit: 20}); err != nil {
		return err
	}
	if h.Orgs, err = s.names(v, dutyOrgs(h.Overdue)); err != nil {
		return err
	}
	if h.Risk, err = s.risk(v); err != nil {
		return err
	}
	return v.ok(homeStaffPage(v, h))
}
