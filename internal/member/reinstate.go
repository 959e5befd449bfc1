// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
)

// termEnded is the recorded reason of a reinstatement by the calendar: an i18n key.
const termEnded = "member.term-ended"

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
			if err := s.reinstate(ctx, tx, o, termEnded); err != nil {
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
func (s *Service) reinstate(ctx context.Context, tx *db.Tx, o Org, why string) error {
	if _, err := tx.Exec(ctx, `UPDATE org SET status = $1, suspended_until = NULL, suspension_reason = '' WHERE id = $2`,
		string(Active), o.ID); err != nil {
		return err
	}
	_, err := s.Events.Record(ctx, tx, System().By(), OrgReinstated{OrgID: o.ID, Why: why})
	return err
}
