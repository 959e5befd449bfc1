// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// termEnded is the recorded reason of a reinstatement by the calendar: an i18n key.
const termEnded = "member.term-ended"

// Reinstate ends a suspension before its time; why is recorded. For supervisors. Faults: Invalid without a reason;
// NotFound; Conflict when the organisation is not suspended.
func (s *Service) Reinstate(ctx context.Context, by Actor, orgID, why string) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error { return s.ReinstateTx(ctx, tx, by, orgID, why) })
	if err != nil {
		return fmt.Errorf("reinstate organisation %q: %w", orgID, err)
	}
	return nil
}

// ReinstateTx is Reinstate in the caller's transaction.
func (s *Service) ReinstateTx(ctx context.Context, tx *db.Tx, by Actor, orgID, why string) error {
	if err := allow(by, Supervisor); err != nil {
		return err
	}
	var f form
	why = f.required("why", why, maxLong, "")
	if err := f.Err(); err != nil {
		return err
	}
	o, err := orgByID(ctx, tx, orgID, tx.ForUpdate())
	if err != nil {
		return err
	}
	if o.Status != Suspended {
		return fault.Clash("member.not-suspended")
	}
	return s.reinstate(ctx, tx, by, o, why)
}

// ReinstateDue records the suspensions whose end has come and returns how many; for the schedule. Nobody waits for it:
// a suspension is over at its end. A missed run catches up, a double run finds nothing.
func (s *Service) ReinstateDue(ctx context.Context) (n int, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		due, err := db.List(ctx, tx, scanOrg, `SELECT `+orgColumns+` FROM org o WHERE o.status = $1 AND o.suspended_until <= $2
			ORDER BY o.id`+tx.ForUpdate(), string(Suspended), db.At(tx.Now))
		if err != nil {
			return err
		}
		for _, o := range due {
			if err := s.reinstate(ctx, tx, System(), o, termEnded); err != nil {
				return err
			}
		}
		n = len(due)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("reinstate organisations whose suspension has ended: %w", err)
	}
	return n, nil
}

// reinstate makes the locked organisation active again.
func (s *Service) reinstate(ctx context.Context, tx *db.Tx, by Actor, o Org, why string) error {
	if _, err := tx.Exec(ctx, `UPDATE org SET status = $1, suspended_until = NULL, suspension_reason = '' WHERE id = $2`,
		string(Active), o.ID); err != nil {
		return err
	}
	_, err := s.Events.Record(ctx, tx, by.By(), OrgReinstated{OrgID: o.ID, Why: why})
	return err
}
