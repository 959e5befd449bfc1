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

// Remove ends a destination at once. What is on its way there, and was told nowhere else, goes to the main e-mail address
// instead. The last place where the organisation is told of what is mandatory stays (Conflict). For the organisation's
// administrator. Faults: NotFound, Conflict.
func (s *Service) Remove(ctx context.Context, by member.Actor, id string) error {
	if err := own(by); err != nil {
		return fmt.Errorf("remove destination: %w", err)
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		org, err := lockOrg(ctx, tx, by.OrgID)
		if err != nil {
			return err
		}
		d, err := s.load(ctx, tx, by, id, tx.ForUpdate())
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM destination WHERE id = $1`, d.ID); err != nil {
			return err
		}
		if err := s.someoneLeft(ctx, tx, by.OrgID, org); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM destination_choice WHERE org_id = $1 AND target = $2`, d.OrgID, d.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM destination_health WHERE org_id = $1 AND target = $2`, d.OrgID, d.ID); err != nil {
			return err
		}
		if err := s.hurry(ctx, tx, d); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Removed{d.on()})
		return err
	})
	if err != nil {
		return fmt.Errorf("remove destination: %w", err)
	}
	return nil
}

// someoneLeft asks, after a change, whether a place is left that is told of what is mandatory.
func (s *Service) someoneLeft(ctx context.Context, tx *db.Tx, orgID string, org mains) error {
	ds, err := s.ofOrg(ctx, tx, orgID)
	if err != nil {
		return err
	}
	cs, err := choices(ctx, tx, orgID)
	if err != nil {
		return err
	}
	if org.email != "" && cs.How(MainEmail, MainEmail, Mandatory) != None || org.webhook != "" && cs.How(MainWebhook, MainWebhook, Mandatory) != None {
		return nil
	}
	for _, d := range ds {
		if d.Live() && cs.How(d.ID, d.Channel, Mandatory) != None {
			return nil
		}
	}
	return fault.Clash("destination.last")
}

// hurry lets what is on its way to a destination that is live no more be tried now: it fails there, and Ended sees to it that
// the organisation is told. What waits for a digest there waits for that of the main e-mail address.
func (s *Service) hurry(ctx context.Context, tx *db.Tx, d Destination) error {
	if _, err := tx.Exec(ctx, `UPDATE delivery SET next_at = $1 WHERE state = 'queued' AND org_id = $2 AND destination = $3`, db.At(tx.Now), d.OrgID, d.ID); err != nil {
		return err
	}
	if s.Notify != nil {
		tx.OnCommit(s.Notify)
	}
	return move(ctx, tx, `i.org_id = $1 AND i.target = $2`, d.OrgID, d.ID)
}

// move lets what waits for a digest on a target wait for that of the main e-mail address instead. The key of a row does
// not change: the items are written anew.
func move(ctx context.Context, tx *db.Tx, where string, args ...any) error {
	if _, err := tx.Exec(ctx, `INSERT INTO digest_item (org_id, target, purpose, subject, gravity, why, at, due_at)
		SELECT i.org_id, 'email', i.purpose, i.subject, i.gravity, i.why, i.at, i.due_at FROM digest_item i WHERE i.digest IS NULL AND `+where+`
		ON CONFLICT (org_id, target, purpose, subject) DO NOTHING`, args...); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM digest_item AS i WHERE i.digest IS NULL AND `+where, args...)
	return err
}

// Ended notes what became of a delivery to a destination; purposes call it from their own Ended. Of what failed for
// good there, and was told nowhere else, the main e-mail address is told: a dead destination means no silence.
func Ended(ctx context.Context, tx *db.Tx, d delivery.Delivery) error {
	if d.Destination == "" || d.OrgID == "" {
		return nil
	}
	if d.State == delivery.Delivered {
		_, err := tx.Exec(ctx, `UPDATE destination SET down_at = NULL WHERE id = $1 AND down_at IS NOT NULL`, d.Destination)
		return err
	}
	if d.State != delivery.Failed {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE destination SET down_at = $1 WHERE id = $2 AND down_at IS NULL`, db.At(tx.Now), d.Destination); err != nil {
		return err
	}
	all, err := delivery.To(ctx, tx, d.Purpose, []string{d.Subject}, []string{d.OrgID})
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.ID != d.ID && (x.State == delivery.Queued || x.State == delivery.Delivered || x.Destination == "" && x.Channel == delivery.Email) {
			return nil
		}
	}
	return delivery.Queue(ctx, tx, delivery.Delivery{Purpose: d.Purpose, Subject: d.Subject, OrgID: d.OrgID, Channel: delivery.Email})
}
