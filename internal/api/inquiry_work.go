// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/member"
)

// InquiryQuestion is what a supervisor asks an organisation, and why.
type InquiryQuestion struct {
	OrgID    string            `json:"organisation" maxLength:"64"`
	Question string            `json:"question" maxLength:"80000"`
	Anchor   time.Time         `json:"anchor,omitzero" doc:"when the organisation may have learnt of the matter"`
	Evidence []InquiryEvidence `json:"evidence" nullable:"false" maxItems:"100"`
}

func (s *Server) inquiryOpen(ctx context.Context, by member.Actor, in *body[InquiryQuestion]) (*reply[Inquiry], error) {
	b := in.Body
	return s.inquiry(s.Compliance.OpenInquiry(ctx, by, compliance.Question{OrgID: b.OrgID, Text: b.Question, Anchor: b.Anchor,
		Evidence: each(b.Evidence, func(e InquiryEvidence) compliance.Evidence { return compliance.Evidence(e) })}))
}

// FormalNotice is served to the organisation.
type FormalNotice struct {
	Text string `json:"text" maxLength:"80000"`
	Days int    `json:"days,omitempty" minimum:"0" maximum:"60" doc:"working days for the statement; 10 when left out"`
}

func (s *Server) inquiryServe(ctx context.Context, by member.Actor, in *withBody[FormalNotice]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Serve(ctx, by, in.ID, in.Body.Text, in.Body.Days))
}

// Extension is a later end of the period for the statement.
type Extension struct {
	Until time.Time `json:"until"`
}

func (s *Server) inquiryExtend(ctx context.Context, by member.Actor, in *withBody[Extension]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Extend(ctx, by, in.ID, in.Body.Until))
}

// OwnStatement is what the organisation says.
type OwnStatement struct {
	Text   string    `json:"text" maxLength:"80000"`
	Anchor time.Time `json:"anchor,omitzero" doc:"when you learnt of the matter, if you contest the proposed time"`
}

func (s *Server) inquiryState(ctx context.Context, by member.Actor, in *withBody[OwnStatement]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.State(ctx, by, in.ID, in.Body.Text, in.Body.Anchor))
}

// ProposedDecision is what the first person wants to be decided.
type ProposedDecision struct {
	Outcome       compliance.Outcome `json:"outcome" enum:"dismissed,warning,restriction,suspension"`
	Months        int                `json:"months,omitempty" minimum:"0" maximum:"24" doc:"of a restriction or suspension"`
	EffectiveFrom time.Time          `json:"effective_from,omitzero" doc:"at once when left out"`
	Deferred      bool               `json:"deferred,omitempty" doc:"the effect waits until the decision is final"`
	Reasons       string             `json:"reasons" maxLength:"80000"`
	Duties        []string           `json:"duties,omitempty" nullable:"false" maxItems:"100" doc:"ids of rows of the duty register to annex"`
}

func (s *Server) inquiryPropose(ctx context.Context, by member.Actor, in *withBody[ProposedDecision]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Propose(ctx, by, in.ID, compliance.Proposal(in.Body)))
}

// Signature names the decision that was read.
type Signature struct {
	Decision string `json:"decision" maxLength:"64" doc:"id of the decision that you have read; another one is a conflict"`
}

func (s *Server) inquirySign(ctx context.Context, by member.Actor, in *withBody[Signature]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Sign(ctx, by, in.ID, in.Body.Decision))
}

func (s *Server) inquiryRefuse(ctx context.Context, by member.Actor, in *withBody[Reason]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Refuse(ctx, by, in.ID, in.Body.Why))
}

// OwnAppeal asks for the decision to be annulled.
type OwnAppeal struct {
	Grounds string `json:"grounds" maxLength:"80000"`
}

func (s *Server) inquiryAppeal(ctx context.Context, by member.Actor, in *withBody[OwnAppeal]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Appeal(ctx, by, in.ID, in.Body.Grounds))
}

// AppealAnswer lets the decision stand or fall.
type AppealAnswer struct {
	Annul bool   `json:"annul"`
	Text  string `json:"text" maxLength:"80000"`
}

func (s *Server) inquiryAnswer(ctx context.Context, by member.Actor, in *withBody[AppealAnswer]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Answer(ctx, by, in.ID, in.Body.Annul, in.Body.Text))
}

func (s *Server) inquiryEnd(ctx context.Context, by member.Actor, in *withBody[Reason]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Reinstate(ctx, by, in.ID, in.Body.Why))
}
