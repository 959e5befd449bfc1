// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
)

// Change sets what a destination is called, where it leads, and what it wants; its channel stays. A new address must
// answer a test before anything goes there, and a pause must leave somebody to tell of what is mandatory (Conflict).
// An empty Secret leaves a robot's as it is. For the organisation's administrator. Faults: Invalid, NotFound, Conflict.
func (s *Service) Change(ctx context.Context, by member.Actor, id string, in Input, paused bool) (d Destination, err error) {
	if err := own(by); err != nil {
		return Destination{}, fmt.Errorf("change destination: %w", err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		org, err := lockOrg(ctx, tx, by.OrgID)
		if err != nil {
			return err
		}
		if d, err = s.load(ctx, tx, by, id, tx.ForUpdate()); err != nil {
			return err
		}
		in.Channel = d.Channel
		in, err := s.check(in, d.Certificate)
		if err != nil {
			return err
		}
		changed := d.take(in, paused, tx.Now)
		if len(changed) == 0 {
			return nil
		}
		query := `UPDATE destination SET label = $1, address_sealed = $2, secret_sealed = $3, certificate = $4, types = $5, verified_at = $6, paused_at = $7, down_at = $8 WHERE id = $9`
		if _, err := tx.Exec(ctx, query, d.Label, s.put(d.ID, "address", []byte(d.Address)), s.put(d.ID, "secret", d.secret), d.Certificate, db.ToJSON(d.Types),
			db.At(d.VerifiedAt), db.At(d.PausedAt), db.At(d.DownAt), d.ID); err != nil {
			return err
		}
		if !d.Live() {
			if err := s.someoneLeft(ctx, tx, by.OrgID, org); err != nil {
				return err
			}
			if err := s.hurry(ctx, tx, d); err != nil {
				return err
			}
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), Changed{d.on(), changed}); err != nil {
			return err
		}
		if slices.Contains(changed, "address") {
			_, err = s.ask(ctx, tx, by.AccountID, []aim{{d.OrgID, d.ID, d.Channel}})
		}
		return err
	})
	if err != nil {
		return Destination{}, fmt.Errorf("change destination: %w", err)
	}
	return d, nil
}

// take takes an input over and returns the names of what is different.
func (d *Destination) take(in Input, paused bool, now time.Time) (changed []string) {
	if d.Label != in.Label {
		d.Label, changed = in.Label, append(changed, "label")
	}
	if d.Address != in.Address {
		d.Address, d.VerifiedAt, d.DownAt = in.Address, time.Time{}, time.Time{}
		changed = append(changed, "address")
	}
	if in.Secret != "" && d.Channel != MainWebhook && in.Secret != string(d.secret) {
		d.secret, changed = []byte(in.Secret), append(changed, "secret")
	}
	if d.Certificate != in.Certificate {
		d.Certificate, changed = in.Certificate, append(changed, "certificate")
	}
	if !slices.Equal(d.Types, in.Types) {
		d.Types, changed = in.Types, append(changed, "types")
	}
	if paused != !d.PausedAt.IsZero() {
		if d.PausedAt = (time.Time{}); paused {
			d.PausedAt = now
		}
		changed = append(changed, "paused")
	}
	return changed
}
