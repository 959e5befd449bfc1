// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// Resemblance says that another case may be about the same vulnerability.
type Resemblance struct {
	Case  Case   `json:"case"`
	Score int    `json:"score" minimum:"1" maximum:"100"`
	Why   string `json:"why" doc:"what both have in common, in your language"`
}

func (s *Server) caseDuplicates(ctx context.Context, by member.Actor, in *ByID) (*reply[list[Resemblance]], error) {
	ps, err := s.Cases.Duplicates(ctx, by, in.ID)
	p := printer(ctx)
	return answer(lists(ps, "", func(x casework.Proposal) Resemblance { return Resemblance{caseRow(x.Case), x.Score, x.Why(p)} }), err)
}

// Reading is one entry of the reader ledger of an undisclosed case.
type Reading struct {
	AccountID string    `json:"account,omitempty" doc:"for staff alone"`
	OrgID     string    `json:"organisation,omitempty"`
	Role      string    `json:"role"`
	What      string    `json:"what"`
	At        time.Time `json:"at"`
}

func (s *Server) caseReaders(ctx context.Context, by member.Actor, in *ByID) (*reply[list[Reading]], error) {
	rs, err := s.Cases.Readers(ctx, by, in.ID)
	return answer(lists(rs, "", func(r casework.Reading) Reading { return Reading(r) }), err)
}

func (s *Server) caseReports(ctx context.Context, by member.Actor, in *ByID) (*reply[list[Report]], error) {
	rs, err := s.Cases.ReportsOf(ctx, by, in.ID)
	return answer(lists(rs, "", func(r report.Report) Report { return reportOf(r, false) }), err)
}
