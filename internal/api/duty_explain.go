// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Facts decide which duties apply.
type Facts struct {
	Relation  string               `json:"relation" enum:"provider,embeds,operator,finder" doc:"your relation to the product"`
	Partner   bool                 `json:"partner,omitempty" doc:"you are a partner unit"`
	Upstream  bool                 `json:"upstream,omitempty" doc:"the flaw lies in an upstream component"`
	LearnedAt time.Time            `json:"learned_at,omitzero" doc:"when you learned of it; without it no clock of the finding runs"`
	Roles     []string             `json:"roles,omitempty" doc:"what else you are: collector, operator, professional, …"`
	Facts     map[string]string    `json:"facts,omitempty" doc:"further facts by the names of the law packs: eu_market, nis2_entity, incident, …"`
	Happened  map[string]time.Time `json:"happened,omitempty" doc:"further events from which clocks run: exploitation_aware_at, measure_available_at, …"`
}

// Explained is what follows from facts.
type Explained struct {
	Items   []Duty  `json:"items" doc:"what is owed: first what has a due time, as it falls due"`
	Open    []Duty  `json:"open" doc:"what would be owed if facts that you did not give were so"`
	Clashes []Clash `json:"clashes,omitempty" doc:"duties among the items that pull in different directions"`
}

// Clash is two duties that pull in different directions: shown with both sides, never decided.
type Clash struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Why      string `json:"why"`
	Question string `json:"question" doc:"what has to be decided, by a person"`
}

func (s *Server) dutyExplain(ctx context.Context, _ member.Actor, in *body[Facts]) (*reply[Explained], error) {
	f, p := in.Body, printer(ctx)
	facts := duty.Facts{Relation: duty.Relation(f.Relation), Partner: f.Partner, Upstream: f.Upstream, LearnedAt: f.LearnedAt, More: f.Facts, Happened: f.Happened}
	for _, r := range f.Roles {
		facts.Roles = append(facts.Roles, lawpack.Role(r))
	}
	packs, err := s.Rulebook.Current(ctx)
	if err != nil {
		return nil, err
	}
	owed, open, err := duty.ExplainBy(packs, facts, s.Clock.Now())
	out := Explained{Items: owedOf(p, owed), Open: owedOf(p, open)}
	for _, c := range lawpack.Clashes(owed) {
		out.Clashes = append(out.Clashes, Clash{c.ID, c.Title.In(p), c.Why.In(p), c.Question.In(p)})
	}
	return answer(out, err)
}

func owedOf(p i18n.Printer, owed []lawpack.Owed) []Duty {
	out := make([]Duty, 0, len(owed))
	for _, o := range owed {
		d := o.Duty
		out = append(out, Duty{Rule: d.Key(), Name: d.Name.In(p), Text: d.Text.In(p), Law: d.Pack().Law, Article: d.Article, Pack: d.Pack().Ref(),
			Confidence: string(d.Confidence), Force: string(d.Force), AnchorAt: o.AnchorAt, DueAt: o.DueAt, LatestAt: o.LatestAt, Soft: o.Soft,
			State: string(o.State), Recipients: d.Recipients, Fields: d.Fields, Questions: o.Open, Sentence: o.Sentence(p)})
	}
	return out
}
