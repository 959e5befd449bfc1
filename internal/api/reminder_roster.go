// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/member"
)

// Posting says who holds a post of the duty roster.
type Posting struct {
	Post      string    `json:"post" enum:"officer,deputy,head"`
	AccountID string    `json:"account" maxLength:"64"`
	Phone     string    `json:"phone,omitempty" maxLength:"200" doc:"the organisation's own when absent"`
	StandIn   string    `json:"stand_in,omitempty" maxLength:"64" doc:"account that is reached while the holder is away"`
	AwayFrom  time.Time `json:"away_from,omitzero"`
	AwayUntil time.Time `json:"away_until,omitzero"`
}

// Roster is an organisation's duty roster: whom escalations reach. For posts that nobody was named for, roles stand in.
type Roster struct {
	Items []Posting `json:"items" nullable:"false" maxItems:"3"`
}

func rosterOf(ps []member.Posting) Roster {
	return Roster{each(ps, func(p member.Posting) Posting {
		return Posting{string(p.Post), p.AccountID, p.Phone, p.StandIn, p.AwayFrom, p.AwayUntil}
	})}
}

func (s *Server) rosterGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Roster], error) {
	ps, err := s.Members.Roster(ctx, by, in.ID)
	return answer(rosterOf(ps), err)
}

func (s *Server) rosterSet(ctx context.Context, by member.Actor, in *withBody[Roster]) (*reply[Roster], error) {
	ps, err := s.Members.SetRoster(ctx, by, in.ID, each(in.Body.Items, func(p Posting) member.Posting {
		return member.Posting{Post: member.Post(p.Post), AccountID: p.AccountID, Phone: p.Phone, StandIn: p.StandIn, AwayFrom: p.AwayFrom, AwayUntil: p.AwayUntil}
	}))
	return answer(rosterOf(ps), err)
}
