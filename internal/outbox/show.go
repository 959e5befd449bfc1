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

// Show returns a delivery with its attempts, the oldest first. One that stands in line with others and has not been tried
// is not known by itself yet: NotFound.
func (s *Service) Show(ctx context.Context, by member.Actor, id string) (d delivery.Delivery, as []delivery.Attempt, err error) {
	if err := operator(by); err != nil {
		return d, nil, err
	}
	if !storable(id) {
		return d, nil, fault.Missing()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if d, err = delivery.Get(ctx, tx, s.Seal, id); err != nil {
			return err
		}
		as, err = delivery.Attempts(ctx, tx, d.ID)
		return err
	})
	if err != nil {
		return delivery.Delivery{}, nil, fmt.Errorf("show a delivery: %w", err)
	}
	return d, as, nil
}
