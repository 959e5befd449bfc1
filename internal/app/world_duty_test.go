// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
)

// deciding adds a duty of the own organisation with a proposal that waits for its second signature, and a decision task.
func (w *world) deciding(ctx context.Context) {
	w.Helper()
	own := w.actors["own engineer"]
	ds, err := w.s.Duties.Owed(ctx, own, own.OrgID, true)
	w.ok(err)
	a, err := w.s.Duties.Propose(ctx, w.actors["analyst"], ds[0].ID, duty.Waiving, "because of "+undisclosed)
	w.ok(err)
	w.ids["duties"], w.ids["duty-acts"], w.ids["clashes"] = ds[0].ID, a.ID, uuid.Must(uuid.NewV7()).String()
	// Laws clash from 2026 on; the world is of 2021.
	w.ok(w.s.DB.Tx(ctx, func(tx *db.Tx) error {
		return db.Bulk(ctx, tx, `duty_clash (id, clash, org_id, report_id, one, two, opened_by, opened_at)`, "", [][]any{{w.ids["clashes"], "border", own.OrgID, w.ids["reports"],
			"rmsv-7-2-report ", "eu-cra-14/aev_ew ", own.AccountID, db.At(tx.Now)}})
	}))
}
