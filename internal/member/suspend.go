// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// Suspend takes an organisation's standing away until a time; why is recorded and shown to it. It can still report and
// still gets warnings about its own products. For supervisors. Faults: Invalid without a reason or a future end;
// NotFound; Conflict when it is no member, is suspended already, or is an authority or the platform itself.
func (s *Service) Suspend(ctx context.Context, by Actor, orgID string, until time.Time, why string) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error { return s.SuspendTx(ctx, tx, by, orgID, until, why) })
}

// SuspendTx is Suspend in the caller's transaction.
func (s *Service) SuspendTx(ctx context.Context, tx *db.Tx, by Actor, orgID string, until time.Time, why string) error {
	if err := allow(by, Supervisor); err != nil {
		return err
	}
	var f form
	why = f.required("why", why, maxLong, "")
	until = until.UTC().Truncate(time.Microsecond)
	f.That(until.After(tx.Now), "until", "member.rule.until", tx.Now.AddDate(0, 6, 0).Format(time.RFC3339))
	if err := f.Err(); err != nil {
		return err
	}
	o, err := orgByID(ctx, tx, orgID, tx.ForUpdate())
	if err != nil {
		return fmt.Errorf("suspend organisation %q: %w", orgID, err)
	}
	switch {
	case o.Has(Authority) || o.Has(Platform):
		return fault.Clash("member.not-suspendable")
	case o.SuspendedAt(tx.Now):
		return fault.Clash("member.already-suspended")
	case o.Status == Suspended: // its end has come and nobody has recorded it yet
		if err := s.reinstate(ctx, tx, System(), o, termEnded); err != nil {
			return err
		}
	case o.Status != Active:
		return fault.Clash("member.not-member")
	}
	if _, err := tx.Exec(ctx, `UPDATE org SET status = $1, suspended_until = $2, suspension_reason = $3 WHERE id = $4`,
		string(Suspended), db.At(until), why, o.ID); err != nil {
		return fmt.Errorf("suspend organisation %q: %w", orgID, err)
	}
	_, err = s.Events.Record(ctx, tx, by.By(), OrgSuspended{OrgID: o.ID, Until: until, Why: why})
	return err
}
