// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

type reportListInput struct {
	Page
	Mine bool `query:"mine" doc:"only those of your organisation"`
}

func (s *Server) reportList(ctx context.Context, by member.Actor, in *reportListInput) (*reply[list[Report]], error) {
	rs, next, err := s.Reports.List(ctx, by, report.Filter{Mine: in.Mine, After: in.After, Limit: in.Limit})
	return answer(lists(rs, next, func(r report.Report) Report { return reportOf(r, false) }), err)
}

func (s *Server) reportGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Report], error) {
	r, err := s.Reports.Get(ctx, by, in.ID)
	return answer(reportOf(r, true), err)
}

type receiptInput struct {
	ByID
	Version int `query:"version" minimum:"1" maximum:"10000" default:"1" doc:"stage of the report"`
}

func (s *Server) reportReceipt(ctx context.Context, by member.Actor, in *receiptInput) (*reply[evidence.Receipt], error) {
	return answer(s.Reports.ReceiptOf(ctx, by, in.ID, in.Version))
}

func (s *Server) reportTransfers(ctx context.Context, by member.Actor, in *ByID) (*reply[list[Delivery]], error) {
	ds, err := s.Reports.Transfers(ctx, by, in.ID)
	return answer(lists(ds, "", deliveryOf(printer(ctx))), err)
}

type statusInput struct {
	Secret string `header:"Report-Secret" required:"true" maxLength:"200" doc:"the secret shown at submission"`
}

// Status is a report as the holder of its secret follows it.
type Status struct {
	Report
	Clocks []Duty `json:"clocks" nullable:"false" doc:"what the platform owes you, in the order of the report's way"`
}

func (s *Server) reportStatus(ctx context.Context, _ member.Actor, in *statusInput) (*reply[Status], error) {
	r, err := s.Reports.Status(ctx, in.Secret)
	if err != nil {
		return nil, err
	}
	clocks, err := s.clocks(ctx, r.ID)
	return answer(Status{reportOf(r, false), clocks}, err)
}
