// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Filter says which failed deliveries to list.
type Filter struct {
	Channel string // "" for all
	After   string // id of the last one of the page before
	Limit   int    // 1 to 200; 0 means 50
}

// Failed lists what failed for good, the latest first.
func (s *Service) Failed(ctx context.Context, by member.Actor, f Filter) (ds []delivery.Delivery, next string, err error) {
	if err := operator(by); err != nil {
		return nil, "", err
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	var c fault.Check
	c.That(f.Limit > 0 && f.Limit <= 200, "limit", "outbox.rule.limit", "50")
	c.That(storable(f.After), "after", "outbox.rule.cursor", "")
	c.That(len(f.Channel) <= 20 && storable(f.Channel), "channel", "outbox.rule.channel", delivery.Email)
	if err := c.Err(); err != nil {
		return nil, "", err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		var before *delivery.Delivery
		if f.After != "" {
			d, err := delivery.Get(ctx, tx, s.Seal, f.After)
			if fault.Is(err, fault.NotFound) {
				return fault.FieldError("after", "outbox.rule.cursor", "")
			}
			if err != nil {
				return err
			}
			before = &d
		}
		ds, err = delivery.FailedAfter(ctx, tx, f.Channel, before, f.Limit+1)
		ds = s.named(ds)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list failed deliveries: %w", err)
	}
	if len(ds) > f.Limit {
		ds = ds[:f.Limit]
		next = ds[f.Limit-1].Name()
	}
	return ds, next, nil
}
