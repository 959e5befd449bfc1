// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// RetryInput says what to send once more: some deliveries, or all of a channel.
type RetryInput struct {
	IDs     []string // at most 500
	Channel string   // with no IDs: the latest 500 of this channel that failed
}

const retryMost = 500

// Retry sends deliveries once more that failed for good, under the same idempotency key, and returns how many those are.
// What has not failed, or is not known, stays as it is. A message that has been overtaken meanwhile ends as superseded.
func (s *Service) Retry(ctx context.Context, by member.Actor, in RetryInput) (n int, err error) {
	if err := operator(by); err != nil {
		return 0, err
	}
	var c fault.Check
	c.That(len(in.IDs) > 0 || in.Channel != "", "ids", "outbox.rule.what", "")
	c.That(len(in.IDs) <= retryMost, "ids", "outbox.rule.many", "", retryMost)
	c.That(!slices.ContainsFunc(in.IDs, func(id string) bool { return !storable(id) }), "ids", "outbox.rule.id", "")
	c.That(len(in.Channel) <= 20 && storable(in.Channel), "channel", "outbox.rule.channel", delivery.Email)
	if err := c.Err(); err != nil {
		return 0, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		ids := in.IDs
		if len(ids) == 0 {
			ds, err := delivery.FailedAfter(ctx, tx, in.Channel, nil, retryMost)
			if err != nil {
				return err
			}
			for _, d := range ds {
				ids = append(ids, d.ID)
			}
		}
		ds, err := delivery.Replay(ctx, tx, s.Seal, ids)
		if n = len(ds); err != nil || n == 0 {
			return err
		}
		e := Replayed{}
		for _, d := range s.named(ds) {
			e.Deliveries = append(e.Deliveries, d.Name())
		}
		tx.OnCommit(s.Sender.Kick)
		_, err = s.Events.Record(ctx, tx, by.By(), e)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("send deliveries once more: %w", err)
	}
	return n, nil
}
