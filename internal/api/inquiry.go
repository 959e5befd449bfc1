// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/member"
)

// Inquiry is the file of a question to an organisation. The supervisor and the organisation read the same.
type Inquiry struct {
	ID          string             `json:"id"`
	Number      string             `json:"number"`
	OrgID       string             `json:"organisation"`
	State       compliance.State   `json:"state" enum:"open,noticed,stated,proposed,decided,appealed,revising,upheld,revised,annulled"`
	StateSince  time.Time          `json:"state_since"`
	Question    string             `json:"question"`
	Anchor      time.Time          `json:"anchor,omitzero" doc:"when the organisation may have learnt of the matter: proposed, not presumed"`
	Evidence    []InquiryEvidence  `json:"evidence" nullable:"false"`
	OpenedBy    string             `json:"opened_by"`
	OpenedAt    time.Time          `json:"opened_at"`
	Notice      *InquiryNotice     `json:"notice,omitempty"`
	Statements  []InquiryStatement `json:"statements" nullable:"false"`
	Decisions   []InquiryDecision  `json:"decisions" nullable:"false" doc:"the last one that is signed counts"`
	Objections  []InquiryObjection `json:"objections" nullable:"false"`
	Appeal      *InquiryAppeal     `json:"appeal,omitempty"`
	WaitsFor    string             `json:"waits_for,omitempty" doc:"notice, statement, decision, signature, appeal or answer"`
	WaitsUntil  time.Time          `json:"waits_until,omitzero"`
	Overdue     bool               `json:"overdue"`
	InForce     bool               `json:"in_force" doc:"the sanction has effect now"`
	EffectFrom  time.Time          `json:"effect_from,omitzero"`
	EffectUntil time.Time          `json:"effect_until,omitzero"`
	Final       bool               `json:"final" doc:"nothing can be said against the decision any more"`
	PublicZH    string             `json:"public_zh,omitempty" doc:"notice for the public, once there is one"`
	PublicEN    string             `json:"public_en,omitempty"`
}

// InquiryEvidence is one line that gives rise to a question.
type InquiryEvidence struct {
	Kind   string `json:"kind" enum:"duty,report,case,url"`
	Ref    string `json:"ref" maxLength:"2000" doc:"id of a duty, number of a report or case, or an https address"`
	Remark string `json:"remark,omitempty" maxLength:"80000"`
}

// InquiryNotice is the formal notice to the organisation.
type InquiryNotice struct {
	Text        string    `json:"text"`
	By          string    `json:"by"`
	SentAt      time.Time `json:"sent_at"`
	DueAt       time.Time `json:"due_at" doc:"by then the statement is due"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
	OpenedAt    time.Time `json:"opened_at,omitzero" doc:"read receipt"`
	OpenedBy    string    `json:"opened_by,omitempty"`
	Failed      bool      `json:"failed" doc:"a channel has failed for good"`
	Tries       int       `json:"tries" doc:"how often it was sent"`
	HandedAt    time.Time `json:"handed_at,omitzero" doc:"served otherwise: on paper, in person"`
	Handed      string    `json:"handed,omitempty" doc:"how"`
	Lost        bool      `json:"lost" doc:"failed, and reached the organisation by no other way: serve it again"`
}

// InquiryStatement is what the organisation says.
type InquiryStatement struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind" enum:"statement,rectification"`
	Text   string    `json:"text"`
	Anchor time.Time `json:"anchor,omitzero" doc:"when it says that it learnt of the matter"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// InquiryDecision is proposed by one person and made by the signature of another.
type InquiryDecision struct {
	ID            string                 `json:"id"`
	Revises       string                 `json:"revises,omitempty" doc:"the decision in whose place it comes after an appeal"`
	Outcome       compliance.Outcome     `json:"outcome" enum:"dismissed,warning,restriction,suspension"`
	Months        int                    `json:"months,omitempty"`
	EffectiveFrom time.Time              `json:"effective_from"`
	Deferred      bool                   `json:"deferred" doc:"the effect waits until the decision is final"`
	Reasons       string                 `json:"reasons"`
	Duties        []compliance.DutyRow   `json:"duties" nullable:"false" doc:"annexed rows of the duty register, as they stood"`
	Without       []member.Capability    `json:"without,omitempty" doc:"what a restriction takes away"`
	Conditions    string                 `json:"conditions,omitempty" doc:"what is to be rectified"`
	Publish       compliance.Publication `json:"publish" enum:"final,effect,never" doc:"when everybody may read it"`
	PublicZH      string                 `json:"public_zh,omitempty" doc:"the reasons for the public"`
	PublicEN      string                 `json:"public_en,omitempty"`
	ProposedBy    string                 `json:"proposed_by"`
	ProposedAt    time.Time              `json:"proposed_at"`
	SignedBy      string                 `json:"signed_by,omitempty"`
	SignedAt      time.Time              `json:"signed_at,omitzero"`
	AppealUntil   time.Time              `json:"appeal_until,omitzero"`
	FellBy        string                 `json:"fell_by,omitempty"`
	FellAt        time.Time              `json:"fell_at,omitzero"`
	FellWhy       string                 `json:"fell_why,omitempty"`
	EndedBy       string                 `json:"ended_by,omitempty"`
	EndedAt       time.Time              `json:"ended_at,omitzero" doc:"before the term"`
	EndedWhy      string                 `json:"ended_why,omitempty"`
}

// InquiryObjection contests one line of the file.
type InquiryObjection struct {
	ID         string    `json:"id"`
	About      string    `json:"about" doc:"anchor, delivery, evidence/N (from 0), or duty/ID"`
	Text       string    `json:"text"`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
	Accepted   bool      `json:"accepted"`
	Answer     string    `json:"answer,omitempty"`
	AnsweredBy string    `json:"answered_by,omitempty"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
}

// InquiryAppeal asks for the decision to be annulled.
type InquiryAppeal struct {
	Grounds    string    `json:"grounds"`
	By         string    `json:"by"`
	FiledAt    time.Time `json:"filed_at"`
	DueAt      time.Time `json:"due_at" doc:"by then the answer is due"`
	Answer     string    `json:"answer,omitempty"`
	AnsweredBy string    `json:"answered_by,omitempty"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
}

func inquiryOf(f compliance.File, now time.Time) Inquiry {
	out := Inquiry{ID: f.ID, Number: f.Number, OrgID: f.OrgID, State: f.State, StateSince: f.StateSince, Question: f.Question, Anchor: f.Anchor,
		Evidence: each(f.Evidence, func(e compliance.Evidence) InquiryEvidence { return InquiryEvidence(e) }), OpenedBy: f.OpenedBy, OpenedAt: f.OpenedAt,
		Statements: each(f.Statements, func(x compliance.Statement) InquiryStatement { return InquiryStatement(x) }),
		Objections: each(f.Objections, func(x compliance.Objection) InquiryObjection { return InquiryObjection(x) }),
		Decisions:  each(f.Decisions, decisionOf), Overdue: f.Overdue(now), InForce: f.InForce(now), Final: f.Final(now), PublicZH: f.PublicZH, PublicEN: f.PublicEN}
	out.WaitsFor, out.WaitsUntil = f.Waits(now)
	out.EffectFrom, out.EffectUntil = f.Effect()
	if n := f.Notice; !n.SentAt.IsZero() {
		out.Notice = &InquiryNotice{Text: n.Text, By: n.By, SentAt: n.SentAt, DueAt: n.DueAt, DeliveredAt: n.DeliveredAt, OpenedAt: n.OpenedAt, OpenedBy: n.OpenedBy, Failed: n.Failed,
			Tries: n.Tries, HandedAt: n.HandedAt, Handed: n.Handed, Lost: n.Lost()}
	}
	if !f.Appeal.FiledAt.IsZero() {
		a := InquiryAppeal(f.Appeal)
		out.Appeal = &a
	}
	return out
}

func decisionOf(d compliance.Decision) InquiryDecision {
	return InquiryDecision{ID: d.ID, Revises: d.Revises, Without: d.Without, Conditions: d.Conditions, Publish: d.Publish, PublicZH: d.PublicZH, PublicEN: d.PublicEN, Outcome: d.Outcome, Months: d.Months, EffectiveFrom: d.EffectiveFrom, Deferred: d.Deferred, Reasons: d.Reasons,
		Duties: each(d.Duties, func(r compliance.DutyRow) compliance.DutyRow { return r }), ProposedBy: d.ProposedBy, ProposedAt: d.ProposedAt, SignedBy: d.SignedBy, SignedAt: d.SignedAt,
		AppealUntil: d.AppealUntil(), FellBy: d.FellBy, FellAt: d.FellAt, FellWhy: d.FellWhy, EndedBy: d.EndedBy, EndedAt: d.EndedAt, EndedWhy: d.EndedWhy}
}

func (s *Server) inquiry(f compliance.File, err error) (*reply[Inquiry], error) {
	return answer(inquiryOf(f, s.Clock.Now()), err)
}

type inquiryListInput struct {
	OrgID   string           `query:"organisation" maxLength:"64"`
	State   compliance.State `query:"state" enum:"open,noticed,stated,proposed,decided,appealed,revising,upheld,revised,annulled"`
	Overdue bool             `query:"overdue" doc:"only what waits past its time"`
	After   string           `query:"after" doc:"cursor: 'next' of the page before" maxLength:"200"`
	Limit   int              `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

func (s *Server) inquiryList(ctx context.Context, by member.Actor, in *inquiryListInput) (*reply[list[Inquiry]], error) {
	fs, next, err := s.Compliance.List(ctx, by, compliance.Filter(*in))
	now := s.Clock.Now()
	return answer(lists(fs, next, func(f compliance.File) Inquiry { return inquiryOf(f, now) }), err)
}

func (s *Server) inquiryGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Inquiry], error) {
	return s.inquiry(s.Compliance.Get(ctx, by, in.ID))
}
