// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// Approve makes an applicant a member, as a partner unit of level 1 to 3 or, with 0, as an ordinary one; its people
// can sign in from then on. For administrators. Faults: NotFound; Conflict when it is no applicant.
func (s *Service) Approve(ctx context.Context, by Actor, orgID string, partnerLevel int) (o Org, err error) {
	if err := administers(by); err != nil {
		return Org{}, err
	}
	if partnerLevel < 0 || partnerLevel > 3 {
		return Org{}, fault.FieldError("partner_level", "member.rule.partner-level", "1")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if o, err = applicant(ctx, tx, orgID); err != nil {
			return err
		}
		o.Status, o.Partner, o.PartnerLevel = Active, partnerLevel > 0, partnerLevel
		if _, err := tx.Exec(ctx, `UPDATE org SET status = $1, partner = $2, partner_level = $3 WHERE id = $4`,
			string(o.Status), o.Partner, o.PartnerLevel, o.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE account SET status = $1 WHERE org_id = $2 AND status = $3`,
			AccountActive, o.ID, AccountInvited); err != nil {
			return err
		}
		_, err := s.Events.Record(ctx, tx, by.By(), Approved{OrgID: o.ID, Name: o.Name("")})
		return err
	})
	if err != nil {
		return Org{}, fmt.Errorf("approve organisation %q: %w", orgID, err)
	}
	return o, nil
}

// Decline ends an application; why is recorded. The accounts that waited for it are deleted, so that their people may
// apply again. For administrators. Faults: Invalid without a reason; NotFound; Conflict when it is no applicant.
func (s *Service) Decline(ctx context.Context, by Actor, orgID, why string) error {
	if err := administers(by); err != nil {
		return err
	}
	var f form
	why = f.required("why", why, maxLong, "")
	if err := f.Err(); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := applicant(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE org SET status = $1 WHERE id = $2`, string(Left), o.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM account WHERE org_id = $1 AND status = $2`, o.ID, AccountInvited); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Declined{OrgID: o.ID, Why: why})
		return err
	})
	if err != nil {
		return fmt.Errorf("decline organisation %q: %w", orgID, err)
	}
	return nil
}

func applicant(ctx context.Context, tx *db.Tx, orgID string) (Org, error) {
	o, err := orgByID(ctx, tx, orgID, tx.ForUpdate())
	if err == nil && o.Status != Applicant {
		err = fault.Clash("member.not-applicant")
	}
	return o, err
}

// administers allows administrators.
func administers(by Actor) error { return allow(by, Administrator) }

// allow lets the roles pass, by a token only with ScopeAdmin.
func allow(by Actor, roles ...Role) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Is(roles...):
		return fault.Deny("fault.role")
	case !by.Allows(ScopeAdmin):
		return fault.Deny("fault.scope", ScopeAdmin)
	}
	return nil
}
