// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Rotate gives a webhook a new signing secret, which is returned this once. The old one signs as well for member.Overlap. For
// the organisation's administrator. The main webhook is member.RotateSecret's. Faults: NotFound, Conflict when it is no
// webhook.
func (s *Service) Rotate(ctx context.Context, by member.Actor, id string) (d Destination, secret string, err error) {
	if err := own(by); err != nil {
		return Destination{}, "", fmt.Errorf("rotate secret: %w", err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if d, err = s.load(ctx, tx, by, id, tx.ForUpdate()); err != nil {
			return err
		}
		if d.Channel != delivery.Webhook {
			return fault.Clash("destination.no-secret")
		}
		d.former, d.FormerUntil, d.secret = d.secret, tx.Now.Add(member.Overlap), newSecret()
		secret = public(d.secret)
		if _, err := tx.Exec(ctx, `UPDATE destination SET secret_sealed = $1, former_sealed = $2, former_until = $3 WHERE id = $4`,
			s.put(d.ID, "secret", d.secret), s.put(d.ID, "former", d.former), db.At(d.FormerUntil), d.ID); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Rotated{d.on()})
		return err
	})
	if err != nil {
		return Destination{}, "", fmt.Errorf("rotate secret: %w", err)
	}
	return d, secret, nil
}
