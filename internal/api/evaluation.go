// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/evaluation"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Evaluation is what a year of a partner unit comes to. The supervisor and the unit read the same.
type Evaluation struct {
	ID            string                `json:"id"`
	Number        string                `json:"number"`
	OrgID         string                `json:"organisation"`
	Year          int                   `json:"year"`
	State         evaluation.State      `json:"state" enum:"drafted,objected,answered,proposed,final"`
	Rev           int                   `json:"rev"`
	Score         string                `json:"score" doc:"in points, 0 to 100"`
	Result        evaluation.Result     `json:"result" doc:"lists leave the rows out"`
	Before        int                   `json:"level_before"`
	Scheme        string                `json:"scheme"`
	SchemeDigest  string                `json:"scheme_digest" doc:"hex(SHA-256) of the scheme's text"`
	ObjectUntil   time.Time             `json:"object_until"`
	Objections    []EvaluationObjection `json:"objections" nullable:"false"`
	Level         *int                  `json:"level,omitempty" doc:"as proposed or decided"`
	EffectiveFrom time.Time             `json:"effective_from,omitzero"`
	Reasons       string                `json:"reasons,omitempty"`
	ProposedBy    string                `json:"proposed_by,omitempty"`
	SignedBy      string                `json:"signed_by,omitempty"`
	SignedAt      time.Time             `json:"signed_at,omitzero"`
	AppliedAt     time.Time             `json:"applied_at,omitzero"`
	WaitsFor      string                `json:"waits_for,omitempty" doc:"objections, answer, proposal, signature or effect"`
	WaitsUntil    time.Time             `json:"waits_until,omitzero"`
}

// EvaluationObjection is what the unit says against a row or a criterion.
type EvaluationObjection struct {
	ID         string    `json:"id"`
	Criterion  string    `json:"criterion"`
	Ref        string    `json:"ref,omitempty" doc:"of a row: its kind and id"`
	Text       string    `json:"text"`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
	Accepted   bool      `json:"accepted"`
	Outcome    string    `json:"outcome,omitempty" doc:"that the row has instead; empty for a row that no longer counts"`
	Answer     string    `json:"answer,omitempty"`
	AnsweredBy string    `json:"answered_by,omitempty"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
}

// EvaluationRound is the evaluation of one year.
type EvaluationRound struct {
	Year        int              `json:"year"`
	Scheme      string           `json:"scheme"`
	Digest      string           `json:"scheme_digest"`
	From        time.Time        `json:"from"`
	Until       time.Time        `json:"until"`
	ObjectUntil time.Time        `json:"object_until"`
	DraftedAt   time.Time        `json:"drafted_at"`
	Spread      []evaluation.Bin `json:"spread" nullable:"false" doc:"how the drafted scores lay: at least 5 units in every bin that is not empty"`
}

func evaluationOf(e evaluation.Evaluation, now time.Time) Evaluation {
	out := Evaluation{ID: e.ID, Number: e.Number, OrgID: e.OrgID, Year: e.Year, State: e.State, Rev: e.Rev, Score: e.Result.Score.String(), Result: e.Result, Before: e.Before, Scheme: e.Round.Scheme,
		SchemeDigest: e.Round.Digest, ObjectUntil: e.Round.ObjectUntil, Objections: each(e.Objections, func(o evaluation.Objection) EvaluationObjection { return EvaluationObjection(o) }),
		EffectiveFrom: e.EffectiveFrom, Reasons: e.Reasons, ProposedBy: e.ProposedBy, SignedBy: e.SignedBy, SignedAt: e.SignedAt, AppliedAt: e.AppliedAt}
	if e.ProposedBy != "" {
		out.Level = &e.Level
	}
	out.WaitsFor, out.WaitsUntil = e.Waits(now)
	return out
}

func roundOf(o evaluation.Round) EvaluationRound {
	return EvaluationRound{o.Year, o.Scheme, o.Digest, o.From, o.Until, o.ObjectUntil, o.DraftedAt, each(o.Spread, func(b evaluation.Bin) evaluation.Bin { return b })}
}

func (s *Server) evaluation(e evaluation.Evaluation, err error) (*reply[Evaluation], error) {
	return answer(evaluationOf(e, s.Clock.Now()), err)
}

type evaluationListInput struct {
	Year  int              `query:"year" minimum:"0" maximum:"9999"`
	OrgID string           `query:"organisation" maxLength:"64"`
	State evaluation.State `query:"state" enum:"drafted,objected,answered,proposed,final"`
	Limit int              `query:"limit" minimum:"1" maximum:"1000" default:"200"`
}

func (s *Server) evaluationList(ctx context.Context, by member.Actor, in *evaluationListInput) (*reply[list[Evaluation]], error) {
	es, err := s.Evaluations.List(ctx, by, evaluation.Filter(*in))
	now := s.Clock.Now()
	return answer(lists(es, "", func(e evaluation.Evaluation) Evaluation { return evaluationOf(e, now) }), err)
}

func (s *Server) evaluationRounds(ctx context.Context, by member.Actor, _ *nothing) (*reply[list[EvaluationRound]], error) {
	os, err := s.Evaluations.Rounds(ctx, by)
	return answer(lists(os, "", roundOf), err)
}

func (s *Server) evaluationGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Evaluation], error) {
	return s.evaluation(s.Evaluations.Get(ctx, by, in.ID))
}

func (s *Server) evaluationRecompute(ctx context.Context, by member.Actor, in *ByID) (*reply[evaluation.Result], error) {
	return answer(s.Evaluations.Recompute(ctx, by, in.ID))
}

// NewRound drafts the evaluations of a year.
type NewRound struct {
	Year int `json:"year" minimum:"2000" maximum:"2999"`
}

func (s *Server) evaluationDraft(ctx context.Context, by member.Actor, in *body[NewRound]) (*reply[EvaluationRound], error) {
	o, err := s.Evaluations.Draft(ctx, by, in.Body.Year)
	return answer(roundOf(o), err)
}

// ContestedPoint is what your organisation says against its evaluation.
type ContestedPoint struct {
	Criterion string `json:"criterion" maxLength:"64"`
	Ref       string `json:"ref,omitempty" maxLength:"200" doc:"of a row, its kind and id: duty/0197…; empty for the criterion as a whole"`
	Text      string `json:"text" maxLength:"20000"`
}

func (s *Server) evaluationObject(ctx context.Context, by member.Actor, in *withBody[ContestedPoint]) (*reply[Evaluation], error) {
	return s.evaluation(s.Evaluations.Object(ctx, by, in.ID, in.Body.Criterion, in.Body.Ref, in.Body.Text))
}

// ContestAnswer answers an objection.
type ContestAnswer struct {
	Objection string `json:"objection" maxLength:"64"`
	Accept    bool   `json:"accept"`
	Outcome   string `json:"outcome,omitempty" maxLength:"64" doc:"that an accepted row has instead; left out, the row no longer counts"`
	Text      string `json:"text" maxLength:"20000"`
}

func (s *Server) evaluationAnswer(ctx context.Context, by member.Actor, in *withBody[ContestAnswer]) (*reply[Evaluation], error) {
	b := in.Body
	return s.evaluation(s.Evaluations.Answer(ctx, by, in.ID, b.Objection, evaluation.Answer{Accept: b.Accept, Outcome: b.Outcome, Text: b.Text}))
}

// ProposedLevel is the level that the first person wants the unit to have.
type ProposedLevel struct {
	Rev           int       `json:"rev" doc:"rev of what you have read; another one is a conflict"`
	Level         int       `json:"level" minimum:"0" maximum:"3"`
	EffectiveFrom time.Time `json:"effective_from,omitzero" doc:"with the signature when left out"`
	Reasons       string    `json:"reasons,omitempty" maxLength:"20000" doc:"needed where the level is not the one that the score gives"`
}

func (s *Server) evaluationPropose(ctx context.Context, by member.Actor, in *withBody[ProposedLevel]) (*reply[Evaluation], error) {
	return s.evaluation(s.Evaluations.Propose(ctx, by, in.ID, evaluation.Proposal(in.Body)))
}

func (s *Server) evaluationSign(ctx context.Context, by member.Actor, in *withBody[Seen]) (*reply[Evaluation], error) {
	return s.evaluation(s.Evaluations.Sign(ctx, by, in.ID, in.Body.Rev))
}

func (s *Server) evaluationRefuse(ctx context.Context, by member.Actor, in *ByID) (*reply[Evaluation], error) {
	return s.evaluation(s.Evaluations.Refuse(ctx, by, in.ID))
}

// EvaluationScheme is one version of the weights.
type EvaluationScheme struct {
	Ref    string `json:"ref"`
	Digest string `json:"digest" doc:"hex(SHA-256) of the text"`
	Text   string `json:"text" doc:"YAML"`
}

type schemeInput struct {
	Year int `path:"year" minimum:"2000" maximum:"2999"`
}

func (s *Server) evaluationScheme(_ context.Context, _ member.Actor, in *schemeInput) (*reply[EvaluationScheme], error) {
	x := evaluation.For(in.Year)
	if x == nil {
		return nil, fault.Missing()
	}
	return answer(EvaluationScheme{x.Ref(), x.Digest(), string(x.Source())}, nil)
}
