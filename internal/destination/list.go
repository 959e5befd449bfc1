// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/member"
)

// Reach is how an organisation is reached.
type Reach struct {
	Email, WebhookURL string    // its main addresses
	Certificate       string    // of Email
	FormerUntil       time.Time // the main webhook's secret before the last rotation signs as well until then
	Destinations      []Destination
	Choices           Choices
	Pace              Pace
	Health            map[string]Health // by target; targets that were never tested are left out
	Tries             map[string]Try    // newest try of the test of each target
	At                time.Time         // when this was so
}

// A Try is what came back of a test.
type Try struct {
	delivery.Attempt
	State delivery.State // of the test's delivery: queued while it goes on
}

// Reach returns how the actor's organisation is reached. For its administrator: an address can name a person.
func (s *Service) Reach(ctx context.Context, by member.Actor) (r Reach, err error) {
	if err := own(by); err != nil {
		return Reach{}, fmt.Errorf("reach: %w", err)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		var former db.Time
		if r, err = db.Get(ctx, tx, func(row db.Row) (r Reach, err error) {
			return r, row.Scan(&r.Email, &r.WebhookURL, &r.Certificate, &former)
		}, `SELECT email, webhook_url, certificate, webhook_former_until FROM org WHERE id = $1`, by.OrgID); err != nil {
			return err
		}
		r.FormerUntil = former.Time
		if r.Destinations, err = s.ofOrg(ctx, tx, by.OrgID); err != nil {
			return err
		}
		if r.Choices, err = choices(ctx, tx, by.OrgID); err != nil {
			return err
		}
		if r.Pace, err = pace(ctx, tx, by.OrgID); err != nil {
			return err
		}
		r.At = tx.Now
		if r.Health, err = healths(ctx, tx, by.OrgID); err != nil {
			return err
		}
		r.Tries, err = tries(ctx, tx, r.Health)
		return err
	})
	if err != nil {
		return Reach{}, fmt.Errorf("reach: %w", err)
	}
	return r, nil
}

// Get returns a destination of the actor's organisation. For its administrator.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (d Destination, err error) {
	if err := own(by); err != nil {
		return Destination{}, fmt.Errorf("destination: %w", err)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		d, err = s.load(ctx, tx, by, id, "")
		return err
	})
	if err != nil {
		return Destination{}, fmt.Errorf("destination: %w", err)
	}
	return d, nil
}

// tries returns what came back of the newest tests.
func tries(ctx context.Context, tx *db.Tx, hs map[string]Health) (map[string]Try, error) {
	out := map[string]Try{}
	for target, h := range hs {
		ds, err := delivery.Of(ctx, tx, Purpose, h.Test)
		if err != nil {
			return nil, err
		}
		if len(ds) == 0 {
			continue
		}
		as, err := delivery.Attempts(ctx, tx, ds[0].ID)
		if err != nil {
			return nil, err
		}
		x := Try{State: ds[0].State}
		if len(as) > 0 {
			x.Attempt = as[len(as)-1]
		}
		out[target] = x
	}
	return out, nil
}
