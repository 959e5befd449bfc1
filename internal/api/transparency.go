// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/transparency"
)

// TransparencyEdition is what was published of a period, or waits for signatures.
type TransparencyEdition struct {
	ID          string                `json:"id"`
	Period      string                `json:"period"`
	N           int                   `json:"n" doc:"1 for the first edition of the period, 0 for a draft"`
	State       transparency.State    `json:"state" enum:"draft,published,fell"`
	Digest      string                `json:"digest" doc:"hex(SHA-256(salt ‖ figures)), as it stands in the evidence log"`
	DraftedAt   time.Time             `json:"drafted_at"`
	SignedAt    time.Time             `json:"signed_at,omitzero" doc:"by the first of two persons"`
	PublishedAt time.Time             `json:"published_at,omitzero"`
	Changes     []transparency.Change `json:"changes" nullable:"false" doc:"against the edition before"`
	FellWhy     string                `json:"fell_why,omitempty"`
}

// TransparencyFigures are an edition with its figures.
type TransparencyFigures struct {
	Edition TransparencyEdition  `json:"edition"`
	Figures transparency.Figures `json:"figures"`
}

func editionOf(e transparency.Edition) TransparencyEdition {
	return TransparencyEdition{ID: e.ID, Period: e.Period, N: e.N, State: e.State, Digest: e.Digest, DraftedAt: e.DraftedAt, SignedAt: e.FirstAt, PublishedAt: e.PublishedAt,
		Changes: each(e.Changes, func(c transparency.Change) transparency.Change { return c }), FellWhy: e.FellWhy}
}

func figuresOf(e transparency.Edition, err error) (*reply[TransparencyFigures], error) {
	return answer(TransparencyFigures{editionOf(e), e.Figures}, err)
}

type nothing struct{}

func (s *Server) transparencyList(ctx context.Context, _ member.Actor, _ *nothing) (*reply[list[TransparencyEdition]], error) {
	es, err := s.Transparency.Editions(ctx)
	return answer(lists(es, "", editionOf), err)
}

func (s *Server) transparencyDrafts(ctx context.Context, by member.Actor, _ *nothing) (*reply[list[TransparencyEdition]], error) {
	es, err := s.Transparency.Drafts(ctx, by)
	return answer(lists(es, "", editionOf), err)
}

// ByPeriod names a period in the path.
type ByPeriod struct {
	Period string `path:"period" doc:"2021, 2021-Q4 or rolling" maxLength:"16"`
}

func (s *Server) transparencyLive(ctx context.Context, _ member.Actor, in *ByPeriod) (*reply[transparency.Figures], error) {
	f, err := s.Transparency.Live(ctx, in.Period)
	if fault.Is(err, fault.Invalid) {
		err = fault.Missing()
	}
	return answer(f, err)
}

// ByEdition names an edition in the path.
type ByEdition struct {
	ByPeriod
	N int `path:"n" doc:"of the edition; 0 for the newest" minimum:"0" maximum:"100000"`
}

func (s *Server) transparencyGet(ctx context.Context, _ member.Actor, in *ByEdition) (*reply[TransparencyFigures], error) {
	return figuresOf(s.Transparency.Edition(ctx, in.Period, in.N))
}

func (s *Server) transparencyReceipt(ctx context.Context, _ member.Actor, in *ByEdition) (*reply[evidence.Receipt], error) {
	return answer(s.Transparency.Receipt(ctx, in.Period, in.N))
}

// NewEdition freezes the figures of a period.
type NewEdition struct {
	Period string `json:"period" maxLength:"16" doc:"a quarter or a year that is over: 2021-Q4"`
}

func (s *Server) transparencyDraft(ctx context.Context, by member.Actor, in *body[NewEdition]) (*reply[TransparencyFigures], error) {
	return figuresOf(s.Transparency.Draft(ctx, by, in.Body.Period))
}

func (s *Server) transparencyByID(ctx context.Context, by member.Actor, in *ByID) (*reply[TransparencyFigures], error) {
	return figuresOf(s.Transparency.Get(ctx, by, in.ID))
}

func (s *Server) transparencySign(ctx context.Context, by member.Actor, in *ByID) (*reply[TransparencyFigures], error) {
	return figuresOf(s.Transparency.Sign(ctx, by, in.ID))
}

func (s *Server) transparencyDrop(ctx context.Context, by member.Actor, in *withBody[Reason]) (*reply[TransparencyFigures], error) {
	return figuresOf(s.Transparency.Drop(ctx, by, in.ID, in.Body.Why))
}

// BreachReason says why the platform kept one of its own clocks too late.
type BreachReason struct {
	ZH string `json:"reason_zh" maxLength:"2000"`
	EN string `json:"reason_en,omitempty" maxLength:"2000"`
}

func (s *Server) transparencyExplain(ctx context.Context, by member.Actor, in *withBody[BreachReason]) (*struct{}, error) {
	return nil, s.Transparency.Explain(ctx, by, in.ID, in.Body.ZH, in.Body.EN)
}
