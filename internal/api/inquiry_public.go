// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// PublicDecision is what everybody may know of a decision.
type PublicDecision struct {
	Number    string              `json:"number" example:"FS-Q-2021-000001"`
	OrgID     string              `json:"organisation"`
	Name      string              `json:"name"`
	Outcome   compliance.Outcome  `json:"outcome" enum:"warning,restriction,suspension"`
	Standing  string              `json:"standing" enum:"appealable,appealed,in-effect,expired,lifted,annulled"`
	Months    int                 `json:"months,omitempty"`
	Without   []member.Capability `json:"without,omitempty"`
	Revised   bool                `json:"revised,omitempty" doc:"it came in the place of a harder one after an appeal"`
	MadeAt    time.Time           `json:"made_at"`
	From      time.Time           `json:"from,omitzero"`
	Until     time.Time           `json:"until,omitzero"`
	FinalAt   time.Time           `json:"final_at,omitzero"`
	ChangedAt time.Time           `json:"changed_at"`
	Articles  []string            `json:"articles" nullable:"false" doc:"what was not done: law and article"`
	Text      []string            `json:"text" nullable:"false" doc:"the notice, paragraph by paragraph, in the language asked for"`
}

func publicOf(say i18n.Printer, p compliance.Published) PublicDecision {
	return PublicDecision{Number: p.Number, OrgID: p.OrgID, Name: p.Name(say.Lang()), Outcome: p.Outcome, Standing: p.Standing, Months: p.Months, Without: p.Without, Revised: p.Revised,
		MadeAt: p.MadeAt, From: p.From, Until: p.Until, FinalAt: p.FinalAt, ChangedAt: p.ChangedAt,
		Articles: each(p.Legal, func(d duty.Due) string { return duty.Source(say, d) }), Text: p.Text(say)}
}

func (s *Server) decisionList(ctx context.Context, _ member.Actor, in *Page) (*reply[list[PublicDecision]], error) {
	ps, next, err := s.Compliance.Register(ctx, in.After, in.Limit)
	say := printer(ctx)
	return answer(lists(ps, next, func(p compliance.Published) PublicDecision { return publicOf(say, p) }), err)
}

func (s *Server) decisionGet(ctx context.Context, _ member.Actor, in *byNumber) (*reply[PublicDecision], error) {
	p, err := s.Compliance.Decided(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	return answer(publicOf(printer(ctx), p), nil)
}

// PolicyRow says what becomes of a capability in each standing.
type PolicyRow struct {
	Capability member.Capability               `json:"capability"`
	Name       string                          `json:"name" doc:"in the language asked for"`
	Effects    map[member.Status]member.Effect `json:"effects" doc:"by standing: keeps, loses, or chosen (a decision may take it away)"`
}

func (s *Server) policyGet(ctx context.Context, _ member.Actor, _ *none) (*reply[list[PolicyRow]], error) {
	say := printer(ctx)
	return answer(lists(member.Policy, "", func(r member.Rule) PolicyRow {
		row := PolicyRow{Capability: r.Capability, Name: say.T("policy.to." + string(r.Capability)), Effects: map[member.Status]member.Effect{}}
		for i, c := range member.Columns {
			row.Effects[c] = r.Effects[i]
		}
		return row
	}), nil)
}
