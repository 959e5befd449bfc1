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
func queueSame(ctx context.Context, tx *db.Tx, w Warning, to []destination.Recipient) error {
	if w.Revision == 1 || w.Class() != destination.Mandatory {
		return nil
	}
	last, err := db.Get(ctx, tx, db.Value[int], `SELECT coalesce(max(revision), 1) FROM warning_revision WHERE warning_id = $1 AND revision < $2 AND significant`, w.ID, w.Revision)
	if err != nil {
		return err
	}
	had, now := subject(w.ID, last), subject(w.ID, w.Revision)
	before, err := delivery.Places(ctx, tx, purpose, had, had+again)
	if err != nil {
		return err
	}
	made, err := delivery.Places(ctx, tx, purpose, now)
	if err != nil {
		return err
	}
	got, has := make(map[string]bool, len(to)), make(map[delivery.Place]bool, len(made))
	for _, r := range to {
		got[r.OrgID] = true
	}
	for _, p := range made {
		has[p] = true
	}
	var more []delivery.Place
	for _, p := range before {
		if got[p.OrgID] && !has[p] {
			p.Due = tx.Now
			more = append(more, p)
		}
	}
	return delivery.QueueAll(ctx, tx, purpose, now, more)
}
