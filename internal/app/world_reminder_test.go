// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
)

// reminded lets the time of a duty of the own organisation run out: its people are reminded, and the desk has to call.
func (w *world) reminded(ctx context.Context) {
	w.Helper()
	own := w.actors["own engineer"]
	w.ok(w.s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := w.s.Duties.StartAll(ctx, tx, []duty.Begin{{ReportID: uuid.NewString(), Number: "FS-R-2021-900001", AccountID: own.AccountID,
			Facts: duty.Facts{OrgID: own.OrgID, Relation: duty.Operates, LearnedAt: tx.Now.Add(-100 * time.Hour)}}})
		return err
	}))
	_, err := w.s.Duties.Remind(ctx)
	w.ok(err)
	ls, _, _, err := w.s.Duties.Inbox(ctx, own, "", 1)
	w.ok(err)
	cs, _, err := w.s.Duties.Calls(ctx, w.actors["duty officer"], duty.CallFilter{Open: true})
	w.ok(err)
	if len(ls) != 1 || len(cs) != 1 {
		w.Fatalf("%d letters and %d calls, want one each", len(ls), len(cs))
	}
	w.ids["reminders"], w.ids["letters"], w.ids["calls"] = ls[0].ID, ls[0].ID, cs[0].ID
}
