// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// Call is what the platform's desk has to say to an organisation by phone.
type Call struct {
	ID       string     `json:"id"`
	OrgID    string     `json:"organisation"`
	OpenedAt time.Time  `json:"opened_at"`
	ClosedAt time.Time  `json:"closed_at,omitzero" doc:"somebody was told"`
	Pressing bool       `json:"pressing" doc:"it still has to be made"`
	Items    []Reminder `json:"items" nullable:"false"`
	Lines    []CallLine `json:"lines" nullable:"false" doc:"whom to call, in this order"`
	Tries    []CallTry  `json:"tries" nullable:"false"`
}

// CallLine is one way to reach an organisation.
type CallLine struct {
	To    string `json:"to" doc:"account, or 'org/ID' for the organisation's own number"`
	Post  string `json:"post,omitempty" enum:"officer,deputy,head"`
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// CallTry is one time that somebody called.
type CallTry struct {
	At      time.Time `json:"at"`
	By      string    `json:"by" doc:"account of the desk"`
	To      string    `json:"to"`
	Outcome string    `json:"outcome" enum:"reached,no-answer,written"`
	Note    string    `json:"note,omitempty"`
}

// NewCallTry says how a call went.
type NewCallTry struct {
	To      string `json:"to" maxLength:"64" doc:"one of the call's lines"`
	Outcome string `json:"outcome" enum:"reached,no-answer,written" doc:"the first and the last end the call, and the written follow-up goes out"`
	Note    string `json:"note,omitempty" maxLength:"20000" doc:"what was said; needed when the organisation is told in writing only"`
}

func callOf(p i18n.Printer, c duty.Call, now time.Time) Call {
	return Call{ID: c.ID, OrgID: c.OrgID, OpenedAt: c.OpenedAt, ClosedAt: c.ClosedAt, Pressing: c.Pressing(now),
		Items: each(c.Items, func(i duty.LetterItem) Reminder { return reminderOf(p, i.Reminder, i.Duty, now) }),
		Lines: each(c.Lines, func(l duty.CallLine) CallLine { return CallLine{l.To, string(l.Post), l.Name, l.Phone} }),
		Tries: each(c.Tries, func(t duty.Try) CallTry { return CallTry{t.At, t.By, t.To, string(t.Outcome), t.Note} })}
}

type callListInput struct {
	Page
	Open bool `query:"open" doc:"only those that still have to be made, as they came in"`
}

func (s *Server) callList(ctx context.Context, by member.Actor, in *callListInput) (*reply[list[Call]], error) {
	cs, next, err := s.Duties.Calls(ctx, by, duty.CallFilter{Open: in.Open, After: in.After, Limit: in.Limit})
	p, now := printer(ctx), s.Clock.Now()
	return answer(lists(cs, next, func(c duty.Call) Call { return callOf(p, c, now) }), err)
}

func (s *Server) callGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Call], error) {
	c, err := s.Duties.Call(ctx, by, in.ID)
	return answer(callOf(printer(ctx), c, s.Clock.Now()), err)
}

func (s *Server) callRecord(ctx context.Context, by member.Actor, in *withBody[NewCallTry]) (*reply[Call], error) {
	c, err := s.Duties.RecordCall(ctx, by, in.ID, duty.CallInput{To: in.Body.To, Outcome: duty.Outcome(in.Body.Outcome), Note: in.Body.Note})
	return answer(callOf(printer(ctx), c, s.Clock.Now()), err)
}
