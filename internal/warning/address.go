// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
)

// queueSame queues a mandatory revision on every channel on which its recipients were sent the one before: what was warned
// of is corrected where it was said. The delivery log is the address list. What queue has made already stays.
func queueSame(ctx context.Context, tx *db.Tx, w Warning) error {
	if w.Revision == 1 || w.Class() != destination.Mandatory {
		return nil
	}
	last, err := db.Get(ctx, tx, db.Value[int], `SELECT coalesce(max(revision), 1) FROM warning_revision WHERE warning_id = $1 AND revision < $2 AND significant`, w.ID, w.Revision)
	if err != nil {
		return err
	}
	var a db.Args
	had, now := subject(w.ID, last), subject(w.ID, w.Revision)
	query := `SELECT y.org_id, y.channel, y.destination, ` + dueNow(&a, tx) + ` FROM (SELECT * FROM (` + delivery.Ways(&a, tx.Engine, purpose, had) + `) h UNION SELECT * FROM (` +
		delivery.Ways(&a, tx.Engine, purpose, had+again) + `) g EXCEPT SELECT * FROM (` + delivery.Ways(&a, tx.Engine, purpose, now) + `) n) y
		WHERE EXISTS (SELECT 1 FROM warning_recipient r WHERE r.warning_id = ` + a.P(w.ID) + ` AND r.revision = ` + a.P(w.Revision) + ` AND r.org_id = y.org_id)`
	_, err = delivery.QueueSet(ctx, tx, purpose, now, query, a...)
	return err
}

// dueNow is the time of a transaction as an expression: PostgreSQL wants to know what it is, SQLite has no such type.
func dueNow(a *db.Args, tx *db.Tx) string {
	if tx.Engine == db.PostgreSQL {
		return `CAST(` + a.P(db.At(tx.Now)) + ` AS TIMESTAMPTZ)`
	}
	return a.P(db.At(tx.Now))
}
