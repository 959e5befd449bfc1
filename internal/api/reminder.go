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

// Reminder is a step of a duty's time that was reached while the duty was open.
type Reminder struct {
	Duty    Duty             `json:"duty" doc:"as it stands now"`
	Number  string           `json:"number,omitempty" doc:"of the report"`
	OrgID   string           `json:"organisation"`
	Step    int              `json:"step" enum:"50,75,90,100" doc:"percent of the time between anchor and due time"`
	FellAt  time.Time        `json:"fell_at"`
	NotedAt time.Time        `json:"noted_at" doc:"when it was sent"`
	Late    bool             `json:"late,omitempty"`
	LateWhy string           `json:"late_why,omitempty" doc:"in words"`
	To      []ReminderTarget `json:"to,omitempty" doc:"who was told"`
}

// ReminderTarget is how somebody was told.
type ReminderTarget struct {
	To      string    `json:"to" doc:"account; 'org/ID' for a contact address; 'places' for where the organisation wants to be told beside; 'desk' for the platform's people"`
	Letter  string    `json:"letter,omitempty"`
	State   string    `json:"state,omitempty" enum:"queued,delivered,failed,superseded" doc:"of the mail; of places that of whichever has got on best"`
	EndedAt time.Time `json:"ended_at,omitzero"`
	ReadAt  time.Time `json:"read_at,omitzero" doc:"on the page"`
}

func reminderOf(p i18n.Printer, r duty.Reminder, d duty.Duty, now time.Time) Reminder {
	return Reminder{Duty: dutyOf(p, d, now), Number: d.Number, OrgID: r.OrgID, Step: r.Step, FellAt: r.FellAt, NotedAt: r.NotedAt, Late: r.Late, LateWhy: duty.LateText(p, r)}
}

type reminderListInput struct {
	Page
	OrgID  string `query:"organisation" maxLength:"64"`
	DutyID string `query:"duty" maxLength:"64"`
	Step   int    `query:"step" minimum:"0" maximum:"100" doc:"50, 75, 90 or 100"`
	Late   bool   `query:"late" doc:"only those that were sent late"`
}

func (s *Server) reminderList(ctx context.Context, by member.Actor, in *reminderListInput) (*reply[list[Reminder]], error) {
	rs, next, err := s.Duties.Reminders(ctx, by, duty.ReminderFilter{OrgID: in.OrgID, DutyID: in.DutyID, Step: in.Step, Late: in.Late, After: in.After, Limit: in.Limit})
	p, now := printer(ctx), s.Clock.Now()
	return answer(lists(rs, next, func(r duty.Told) Reminder {
		out := reminderOf(p, r.Reminder, r.Duty, now)
		for _, x := range r.To {
			out.To = append(out.To, ReminderTarget{To: x.To, Letter: x.LetterID, State: string(x.State), EndedAt: x.EndedAt, ReadAt: x.ReadAt})
		}
		return out
	}), err)
}

// Letter is a message that reminds one recipient of one or several duties.
type Letter struct {
	ID      string     `json:"id"`
	Follows string     `json:"follows_call,omitempty" doc:"the call whose written follow-up it is"`
	At      time.Time  `json:"at"`
	ReadAt  time.Time  `json:"read_at,omitzero"`
	Items   []Reminder `json:"items" nullable:"false"`
}

func letterOf(p i18n.Printer, l duty.Letter, now time.Time) Letter {
	return Letter{ID: l.ID, Follows: l.CallID, At: l.At, ReadAt: l.ReadAt, Items: each(l.Items, func(i duty.LetterItem) Reminder { return reminderOf(p, i.Reminder, i.Duty, now) })}
}

// Inbox is a page of the letters to somebody.
type Inbox struct {
	Items  []Letter `json:"items" nullable:"false"`
	Unread int      `json:"unread" doc:"of all"`
	Next   string   `json:"next,omitempty" doc:"cursor of the next page; absent on the last one"`
}

func (s *Server) reminderInbox(ctx context.Context, by member.Actor, in *Page) (*reply[Inbox], error) {
	ls, unread, next, err := s.Duties.Inbox(ctx, by, in.After, in.Limit)
	p, now := printer(ctx), s.Clock.Now()
	return answer(Inbox{each(ls, func(l duty.Letter) Letter { return letterOf(p, l, now) }), unread, next}, err)
}

func (s *Server) reminderGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Letter], error) {
	l, err := s.Duties.ReadLetter(ctx, by, in.ID)
	return answer(letterOf(printer(ctx), l, s.Clock.Now()), err)
}
