// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evaluation"
	"github.com/fengsui/fengsui/internal/transparency"
)

// reviewed adds an evaluation of the own organisation, a draft of the transparency report, and a clock of the platform's
// own. A year has to be over before it is drafted, and the world is of one day: the rows are written as they would be.
func (w *world) reviewed(ctx context.Context) {
	w.Helper()
	id := func() string { return uuid.Must(uuid.NewV7()).String() }
	w.ids["evaluations"], w.ids["transparency-drafts"], w.ids["transparency-reasons"] = id(), id(), id()
	scheme := evaluation.For(2020)
	figures, err := json.Marshal(transparency.Figures{Format: transparency.Format, Period: "2021-Q3"})
	w.ok(err)
	w.ok(w.s.DB.Tx(ctx, func(tx *db.Tx) error {
		now := db.At(tx.Now)
		if err := db.Bulk(ctx, tx, `evaluation_round (year, scheme, digest, from_at, until_at, object_until, drafted_by, drafted_at, spread)`, "", [][]any{{2020, scheme.Ref(), scheme.Digest(), now, now, db.At(tx.Now.AddDate(0, 1, 0)), "", now, "[]"}}); err != nil {
			return err
		}
		if err := db.Bulk(ctx, tx, `evaluation (id, number, year, org_id, state, rev, score, computed, before, result)`, "", [][]any{{w.ids["evaluations"], "FS-E-2020-000001", 2020, w.ids["org"], "drafted", 1, 0, 0, 0,
			db.ToJSON(scheme.Score(nil, nil))}}); err != nil {
			return err
		}
		if err := db.Bulk(ctx, tx, `transparency_edition (id, period, n, state, figures, blind, changes, drafted_by, drafted_at)`, "", [][]any{{w.ids["transparency-drafts"], "2021-Q3", 0, "draft", string(figures), []byte{1}, "[]", "", now}}); err != nil {
			return err
		}
		return db.Bulk(ctx, tx, `duty (id, rule, force, org_id, report_id, anchor, anchor_at, due_at, latest_at, created_at, owed_to)`, "", [][]any{{w.ids["transparency-reasons"], "platform-service/verify_event", "policy", w.ids["org"], w.ids["transparency-reasons"],
			"", now, now, now, now, "reporter"}})
	}))
}
