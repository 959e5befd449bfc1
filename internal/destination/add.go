// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Add names a further place where the actor's organisation is reached. A webhook gets a signing secret, which is
// returned this once ("whsec_…", Standard Webhooks 1.0.0). A test goes there at once, and nothing else until
// somebody or something has answered it. For the organisation's administrator, also while it is suspended. Fault: Invalid.
func (s *Service) Add(ctx context.Context, by member.Actor, in Input) (d Destination, secret string, err error) {
	if err := own(by); err != nil {
		return Destination{}, "", fmt.Errorf("add destination: %w", err)
	}
	if in, err = s.check(in, ""); err != nil {
		return Destination{}, "", fmt.Errorf("add destination: %w", err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := lockOrg(ctx, tx, by.OrgID); err != nil {
			return err
		}
		had, err := s.ofOrg(ctx, tx, by.OrgID)
		if err != nil {
			return err
		}
		if len(had) >= maxOf {
			return fault.FieldError("address", "destination.rule.too-many", "", maxOf)
		}
		for _, x := range had {
			if x.Channel == in.Channel && x.Address == in.Address {
				return fault.FieldError("address", "destination.rule.twice", "")
			}
		}
		d = Destination{ID: uuid.Must(uuid.NewV7()).String(), OrgID: by.OrgID, Channel: in.Channel, Label: in.Label, Address: in.Address,
			Certificate: in.Certificate, Types: in.Types, CreatedAt: tx.Now, secret: []byte(in.Secret)}
		if secret = ""; d.Channel == delivery.Webhook {
			d.secret = newSecret()
			secret = public(d.secret)
		}
		err = db.Bulk(ctx, tx, `destination (id, org_id, channel, label, address_sealed, secret_sealed, certificate, types, created_at)`, "", [][]any{{
			d.ID, d.OrgID, d.Channel, d.Label, s.put(d.ID, "address", []byte(d.Address)), s.put(d.ID, "secret", d.secret), d.Certificate, db.ToJSON(d.Types), db.At(tx.Now)}})
		if err != nil {
			return err
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), Added{d.on()}); err != nil {
			return err
		}
		_, err = s.ask(ctx, tx, by.AccountID, []aim{{d.OrgID, d.ID, d.Channel}})
		return err
	})
	if err != nil {
		return Destination{}, "", fmt.Errorf("add destination: %w", err)
	}
	return d, secret, nil
}

// newSecret is a signing secret of the length that Standard Webhooks 1.0.0 asks for at most of (24 to 64 bytes).
func newSecret() []byte {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // never fails
	return b
}

// public is the form in which receivers keep a secret.
func public(b []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(b) }
