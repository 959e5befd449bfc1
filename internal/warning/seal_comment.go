// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
)

// SealComments encrypts what units said with their answers before comments were sealed (migration 0037). Every start calls
// it; once nothing is left it does nothing. Nodes that start together share the work, and none does it twice.
func (s *Service) SealComments(ctx context.Context) error {
	const most = 500 // in one transaction
	for {
		n := 0
		err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			rs, err := db.List(ctx, tx, func(r db.Row) (x Recipient, err error) {
				return x, r.Scan(&x.WarningID, &x.Revision, &x.OrgID, &x.Comment)
			}, `SELECT warning_id, revision, org_id, comment FROM warning_comment_unsealed ORDER BY warning_id, revision, org_id LIMIT $1`+tx.ForUpdate(), most)
			if err != nil {
				return err
			}
			for _, r := range rs {
				// whoever has answered since, has said something else
				if _, err := tx.Exec(ctx, `UPDATE warning_recipient SET comment_sealed = $1 WHERE warning_id = $2 AND revision = $3 AND org_id = $4 AND comment_sealed IS NULL AND answer <> ''`,
					r.sealComment(s.Seal), r.WarningID, r.Revision, r.OrgID); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `DELETE FROM warning_comment_unsealed WHERE warning_id = $1 AND revision = $2 AND org_id = $3`, r.WarningID, r.Revision, r.OrgID); err != nil {
					return err
				}
			}
			n = len(rs)
			return nil
		})
		if err != nil {
			return fmt.Errorf("encrypt the comments of answers: %w", err)
		}
		if n < most {
			return nil
		}
	}
}
