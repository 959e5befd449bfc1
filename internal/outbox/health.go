// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

const healthBack = 90 * 24 * time.Hour

// Health says how the deliveries of an organisation went in the last ninety days, by channel and destination: to its own
// people and to the operator.
func (s *Service) Health(ctx context.Context, by member.Actor, orgID string) (hs []delivery.Health, err error) {
	if !by.SignedIn() {
		return nil, fault.SignIn()
	}
	if by.OrgID == "" || by.OrgID != orgID {
		if err := operator(by); err != nil {
			return nil, err
		}
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		hs, err = delivery.HealthOf(ctx, tx, orgID, tx.Now.Add(-healthBack))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("health of deliveries to %s: %w", orgID, err)
	}
	return hs, nil
}
