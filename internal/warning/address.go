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
	type way struct{ org, channel, destination string }
	had, now := subject(w.ID, last), subject(w.ID, w.Revision)
	ways := map[way]bool{}
	for _, subject := range []string{now, had, had + again} {
		ds, err := delivery.Of(ctx, tx, purpose, subject)
		if err != nil {
			return err
		}
		for _, d := range ds {
			if x := (way{d.OrgID, d.Channel, d.Destination}); !ways[x] && d.State != delivery.Superseded {
				ways[x] = subject == now
			}
		}
	}
	in, err := db.List(ctx, tx, db.Value[string], `SELECT org_id FROM warning_recipient WHERE warning_id = $1 AND revision = $2`, w.ID, w.Revision)
	if err != nil {
		return err
	}
	recipients := map[string]bool{}
	for _, org := range in {
		recipients[org] = true
	}
	var ds []delivery.Delivery
	for x, done := range ways {
		if !done && recipients[x.org] {
			ds = append(ds, delivery.Delivery{Purpose: purpose, Subject: now, OrgID: x.org, Channel: x.channel, Destination: x.destination})
		}
	}
	return delivery.Queue(ctx, tx, ds...)
}
