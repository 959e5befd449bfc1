// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

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
