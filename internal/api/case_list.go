// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
)

type caseListInput struct {
	Page
	State []string `query:"state" maxItems:"10" doc:"only these states"`
}

func (s *Server) caseList(ctx context.Context, by member.Actor, in *caseListInput) (*reply[list[Case]], error) {
	cs, next, err := s.Cases.List(ctx, by, casework.Filter{States: each(in.State, func(x string) casework.State { return casework.State(x) }), After: in.After, Limit: in.Limit})
	return answer(lists(cs, next, caseRow), err)
}

func (s *Server) caseGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Case], error) {
	c, err := s.Cases.Get(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return s.caseWhole(ctx, by, c)
}

// caseWhole adds what stands beside the case to those who may know it.
func (s *Server) caseWhole(ctx context.Context, by member.Actor, c casework.Case) (*reply[Case], error) {
	out := caseOf(c)
	grades, err := s.Cases.Grades(ctx, by, c.ID)
	if err != nil {
		return nil, err
	}
	out.Grades = each(grades, gradeOf)
	if !by.Staff() {
		return answer(out, nil)
	}
	out.Next = each(casework.Next(c.State), func(x casework.State) string { return string(x) })
	parties, err := s.Cases.Parties(ctx, by, c.ID)
	if err != nil {
		return nil, err
	}
	notices, err := s.Cases.Notices(ctx, by, c.ID)
	out.Parties, out.Notices = each(parties, partyOf), each(notices, noticeOf)
	return answer(out, err)
}

func (s *Server) caseFindings(ctx context.Context, by member.Actor, in *ByID) (*reply[list[Finding]], error) {
	fs, err := s.Matches.Findings(ctx, by, in.ID)
	p := printer(ctx)
	return answer(lists(fs, "", func(f match.Finding) Finding { return findingOf(p, f) }), err)
}

func (s *Server) noticeList(ctx context.Context, by member.Actor, _ *none) (*reply[list[Notice]], error) {
	ns, err := s.Cases.NoticesOf(ctx, by)
	return answer(lists(ns, "", noticeOf), err)
}
