// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
)

type dutyListInput struct {
	Open bool `query:"open" doc:"only those not yet met"`
}

func (s *Server) dutyList(ctx context.Context, by member.Actor, in *dutyListInput) (*reply[list[Duty]], error) {
	ds, err := s.Duties.Owed(ctx, by, by.OrgID, in.Open)
	p, now := printer(ctx), s.Clock.Now()
	return answer(lists(ds, "", func(d duty.Duty) Duty { return dutyOf(p, d, now) }), err)
}

// Facts decide which duties apply.
type Facts struct {
	Relation  string    `json:"relation" enum:"provider,embeds,operator,finder" doc:"your relation to the product"`
	Partner   bool      `json:"partner,omitempty" doc:"you are a partner unit"`
	Upstream  bool      `json:"upstream,omitempty" doc:"the flaw lies in an upstream component"`
	LearnedAt time.Time `json:"learned_at" doc:"when you learned of it"`
}

func (s *Server) dutyExplain(ctx context.Context, _ member.Actor, in *body[Facts]) (*reply[list[Duty]], error) {
	f := in.Body
	p := printer(ctx)
	ds := duty.Resolve(duty.Facts{Relation: duty.Relation(f.Relation), Partner: f.Partner, Upstream: f.Upstream, LearnedAt: f.LearnedAt})
	return answer(lists(ds, "", func(d duty.Due) Duty { return dueOf(p, d) }), nil)
}
