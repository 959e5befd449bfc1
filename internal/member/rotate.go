// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
)

// Overlap is how long messages carry the signatures of both secrets after a rotation, so that a receiver can change its
// own at leisure (Standard Webhooks 1.0.0, "Signature scheme": a space-delimited list of signatures).
const Overlap = 24 * time.Hour

// RotateSecret gives the main webhook of the actor's organisation a new signing secret, which is returned this once. The
// old one signs as well for Overlap. For the organisation's administrator. Fault: NotFound without a webhook.
func (s *Service) RotateSecret(ctx context.Context, by Actor) (o Org, secret string, err error) {
	if err := allow(by, OrgAdmin); err != nil {
		return Org{}, "", err
	}
	if by.OrgID == "" {
		return Org{}, "", fault.Hidden()
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if o, err = db.Get(ctx, tx, s.scanWhole, whole+` WHERE o.id = $1`+tx.ForUpdate(), by.OrgID); err != nil {
			return err
		}
		if o.WebhookURL == "" {
			return fault.Missing()
		}
		o.WebhookFormer, o.FormerUntil, o.WebhookSecret = o.WebhookSecret, tx.Now.Add(Overlap), newWebhookSecret()
		secret = publicSecret(o.WebhookSecret)
		var former any // NULL where there was none
		if len(o.WebhookFormer) > 0 {
			former = s.Seal.Seal(formerPlace(o.ID), o.WebhookFormer)
		}
		if _, err := tx.Exec(ctx, `UPDATE org SET webhook_secret_sealed = $1, webhook_former_sealed = $2, webhook_former_until = $3 WHERE id = $4`,
			s.Seal.Seal(secretPlace(o.ID), o.WebhookSecret), former, db.At(o.FormerUntil), o.ID); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), SecretRotated{o.ID})
		return err
	})
	if err != nil {
		return Org{}, "", fmt.Errorf("rotate the webhook's secret: %w", err)
	}
	o.WebhookSecret, o.WebhookFormer = nil, nil
	return o.standing(s.DB.Clock.Now()), secret, nil
}

// publicSecret is the form in which receivers keep a secret.
func publicSecret(b []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(b) }

// Address is where the organisation's main addresses are at a time, with what signs and encrypts messages to them. It is
// that of an organisation as OrgTx returns it.
func (o Org) Address(now time.Time) delivery.Address {
	a := delivery.Address{Email: o.Email, URL: o.WebhookURL, Secret: o.WebhookSecret}
	if o.Certificate != "" {
		a.Certificate = []byte(o.Certificate)
	}
	if now.Before(o.FormerUntil) {
		a.Former = o.WebhookFormer
	}
	return a
}
