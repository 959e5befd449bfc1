// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Decide records a reasoned decision of the organisation about a duty: "we do not report because …". It is for the
// record and stops no clock. It is for a person of the organisation, suspended or not. Fault: Conflict for a duty that
// is over.
func (s *Service) Decide(ctx context.Context, by member.Actor, dutyID, why string) (a Act, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		d, err := s.readable(ctx, tx, by, dutyID, tx.ForUpdate())
		if err != nil {
			return err
		}
		switch {
		case !speaks(by, d.OrgID):
			return fault.Deny("duty.not-yours")
		case !d.MetAt.IsZero():
			return fault.Clash("duty.already-met")
		case !d.VoidAt.IsZero():
			return fault.Clash("duty.ended")
		}
		var k fault.Check
		why = reason(&k, "why", why)
		if err := k.Err(); err != nil {
			return err
		}
		id, err := newID()
		if err != nil {
			return err
		}
		a = Act{ID: id, DutyID: d.ID, Kind: Deciding, Why: why, By: by.AccountID, ByOrg: by.OrgID, At: tx.Now, SignedBy: by.AccountID, SignedAt: tx.Now}
		if err := s.insertAct(ctx, tx, a); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Decided{d.on(), a.ID})
		return err
	})
	if err != nil {
		return Act{}, fmt.Errorf("record a decision about a duty: %w", err)
	}
	return a, nil
}
