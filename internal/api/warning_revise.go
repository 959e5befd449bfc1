// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// WarningRevision begins a revision.
type WarningRevision struct {
	Kind string `json:"kind" enum:"amendment,supersede,lift,recall" doc:"amendment: facts or texts have changed, and what that makes void is worked out; supersede: the old advice does not hold; lift: the risk is over; recall: the warning was wrong"`
}

func (s *Server) warningRevise(ctx context.Context, by member.Actor, in *withBody[WarningRevision]) (*reply[Warning], error) {
	w, err := s.Warnings.Revise(ctx, by, in.ID, warning.Kind(in.Body.Kind))
	return answer(warningOf(w, nil), err)
}
