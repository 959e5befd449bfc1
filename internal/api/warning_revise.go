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

// WarnedMember is one recipient of a warning with what became of each delivery.
type WarnedMember struct {
	Name       string     `json:"name" doc:"in your language"`
	Recipient  Recipient  `json:"recipient"`
	Deliveries []Delivery `json:"deliveries" nullable:"false"`
}

func (s *Server) warningRecipients(ctx context.Context, by member.Actor, in *ByID) (*reply[list[WarnedMember]], error) {
	rows, err := s.Warnings.Matrix(ctx, by, in.ID)
	p := printer(ctx)
	return answer(lists(rows, "", func(r warning.Row) WarnedMember {
		return WarnedMember{Name: r.Org.Name(p.Lang()), Recipient: recipientOf(r.Recipient), Deliveries: each(r.Deliveries, deliveryOf(p))}
	}), err)
}
