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

// DecisionTask asks a person to decide about two duties that pull in different directions.
type DecisionTask struct {
	ID         string    `json:"id"`
	Clash      string    `json:"clash" example:"border"`
	OrgID      string    `json:"organisation"`
	Report     string    `json:"report"`
	Title      string    `json:"title"`
	Why        string    `json:"why"`
	Question   string    `json:"question" doc:"what has to be decided, by a person"`
	One        ClashText `json:"one"`
	Two        ClashText `json:"two"`
	DueAt      time.Time `json:"due_at,omitzero" doc:"the earlier of both clocks when the task was opened"`
	OpenedAt   time.Time `json:"opened_at"`
	Answer     string    `json:"answer,omitempty"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
}

// ClashText is one of both duties, in the words of its pack.
type ClashText struct {
	Rule   string `json:"rule"`
	Pack   string `json:"pack"`
	Source string `json:"source"`
	Text   string `json:"text"`
}

func taskOf(p i18n.Printer, t duty.Task) DecisionTask {
	text := func(x duty.Text) ClashText {
		out := ClashText{Rule: x.Rule, Pack: x.Pack}
		if law := x.Law(); law != nil {
			out.Source, out.Text = law.Source(p), law.Text.In(p)
		}
		return out
	}
	c := t.About()
	return DecisionTask{ID: t.ID, Clash: t.Clash, OrgID: t.OrgID, Report: t.ReportID, Title: c.Title.In(p), Why: c.Why.In(p), Question: c.Question.In(p),
		One: text(t.One), Two: text(t.Two), DueAt: t.DueAt, OpenedAt: t.OpenedAt, Answer: t.Answer, AnsweredAt: t.AnsweredAt}
}

// FurtherFacts are what is so beside what the report says.
type FurtherFacts struct {
	Roles    []string             `json:"roles,omitempty" nullable:"false" maxItems:"20" doc:"what else you are: collector, operator, professional, …"`
	Facts    map[string]string    `json:"facts,omitempty" doc:"facts by the names of the law packs" example:"{\"eu_market\":\"yes\"}"`
	Happened map[string]time.Time `json:"happened,omitempty" doc:"events from which clocks run"`
}

func (s *Server) clashOpen(ctx context.Context, by member.Actor, in *withBody[FurtherFacts]) (*reply[list[DecisionTask]], error) {
	f := duty.Facts{More: in.Body.Facts, Happened: in.Body.Happened}
	for _, r := range in.Body.Roles {
		f.Roles = append(f.Roles, lawpack.Role(r))
	}
	return s.tasks(ctx)(s.Duties.OpenClashes(ctx, by, in.ID, f))
}

func (s *Server) clashList(ctx context.Context, by member.Actor, _ *struct{}) (*reply[list[DecisionTask]], error) {
	org := by.OrgID
	if by.Staff() {
		org = ""
	}
	return s.tasks(ctx)(s.Duties.Tasks(ctx, by, org))
}

func (s *Server) tasks(ctx context.Context) func([]duty.Task, error) (*reply[list[DecisionTask]], error) {
	p := printer(ctx)
	return func(ts []duty.Task, err error) (*reply[list[DecisionTask]], error) {
		return answer(lists(ts, "", func(t duty.Task) DecisionTask { return taskOf(p, t) }), err)
	}
}

func (s *Server) clashGet(ctx context.Context, by member.Actor, in *ByID) (*reply[DecisionTask], error) {
	t, err := s.Duties.Task(ctx, by, in.ID)
	return answer(taskOf(printer(ctx), t), err)
}

// OwnDecision is what a person decided.
type OwnDecision struct {
	Answer string `json:"answer" maxLength:"5000" doc:"the decision and its reasons"`
}

func (s *Server) clashAnswer(ctx context.Context, by member.Actor, in *withBody[OwnDecision]) (*reply[DecisionTask], error) {
	t, err := s.Duties.AnswerClash(ctx, by, in.ID, in.Body.Answer)
	return answer(taskOf(printer(ctx), t), err)
}
