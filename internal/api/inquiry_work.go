// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/fault"
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
	Outcome       compliance.Outcome     `json:"outcome" enum:"dismissed,warning,restriction,suspension"`
	Months        int                    `json:"months,omitempty" minimum:"0" maximum:"24" doc:"of a restriction or suspension"`
	EffectiveFrom time.Time              `json:"effective_from,omitzero" doc:"at once when left out"`
	Deferred      bool                   `json:"deferred,omitempty" doc:"the effect waits until the decision is final"`
	Reasons       string                 `json:"reasons" maxLength:"80000"`
	Duties        []string               `json:"duties,omitempty" nullable:"false" maxItems:"100" doc:"ids of rows of the duty register to annex"`
	Without       []member.Capability    `json:"without,omitempty" nullable:"false" maxItems:"20" doc:"what a restriction takes away; GET /policy names what can be"`
	Conditions    string                 `json:"conditions,omitempty" maxLength:"80000" doc:"what is to be rectified"`
	Publish       compliance.Publication `json:"publish,omitempty" enum:"final,effect,never" doc:"when everybody may read it: once it is final, as soon as it has effect, or (a warning) never"`
	PublicZH      string                 `json:"public_zh,omitempty" maxLength:"80000" doc:"the reasons for the public, without undisclosed details"`
	PublicEN      string                 `json:"public_en,omitempty" maxLength:"80000"`
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

// AppealAnswer lets the decision stand or fall, or proposes a milder one.
type AppealAnswer struct {
	Annul  bool              `json:"annul,omitempty"`
	Revise *ProposedDecision `json:"revise,omitempty" doc:"a milder decision in its place; a second person signs it"`
	Text   string            `json:"text" maxLength:"80000"`
}

func (s *Server) inquiryAnswer(ctx context.Context, by member.Actor, in *withBody[AppealAnswer]) (*reply[Inquiry], error) {
	b := in.Body
	if b.Revise == nil {
		return s.inquiry(s.Compliance.Answer(ctx, by, in.ID, b.Annul, b.Text))
	}
	if b.Annul {
		return nil, fault.FieldError("annul", "compliance.rule.annul-or-revise", "false")
	}
	return s.inquiry(s.Compliance.Revise(ctx, by, in.ID, compliance.Proposal(*b.Revise), b.Text))
}

func (s *Server) inquiryEnd(ctx context.Context, by member.Actor, in *withBody[Reason]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Reinstate(ctx, by, in.ID, in.Body.Why))
}

// ServiceAgain is how a notice that reached nobody is served again.
type ServiceAgain struct {
	How string `json:"how,omitempty" maxLength:"80000" doc:"how it was handed over; left out, it is sent again on the organisation's channels"`
}

func (s *Server) inquiryRedeliver(ctx context.Context, by member.Actor, in *withBody[ServiceAgain]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Redeliver(ctx, by, in.ID, in.Body.How))
}

// InquiryContest contests one line of the file.
type InquiryContest struct {
	About string `json:"about" maxLength:"200" doc:"anchor, delivery, evidence/N (from 0), or duty/ID"`
	Text  string `json:"text" maxLength:"80000"`
}

func (s *Server) inquiryObject(ctx context.Context, by member.Actor, in *withBody[InquiryContest]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Object(ctx, by, in.ID, in.Body.About, in.Body.Text))
}

// InquiryObjectionAnswer answers an objection.
type InquiryObjectionAnswer struct {
	Objection string `json:"objection" maxLength:"64" doc:"its id"`
	Accepted  bool   `json:"accepted,omitempty"`
	Text      string `json:"text" maxLength:"80000"`
}

func (s *Server) inquiryObjectionAnswer(ctx context.Context, by member.Actor, in *withBody[InquiryObjectionAnswer]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.AnswerObjection(ctx, by, in.ID, in.Body.Objection, in.Body.Accepted, in.Body.Text))
}

// OwnRectification is what the organisation has mended.
type OwnRectification struct {
	Text string `json:"text" maxLength:"80000"`
}

func (s *Server) inquiryRectify(ctx context.Context, by member.Actor, in *withBody[OwnRectification]) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Rectify(ctx, by, in.ID, in.Body.Text))
}
