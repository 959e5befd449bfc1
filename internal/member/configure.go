// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
)

// Channels are where an organisation can be reached. Certificate is an S/MIME certificate or an OpenPGP key that mail is
// encrypted for.
type Channels struct{ Email, Phone, WebhookURL, Certificate string }

// Configure sets the channels of the actor's own organisation. A new webhook address makes a new signing secret,
// which is returned this once ("whsec_…", Standard Webhooks 1.0.0); otherwise secret is empty. For the organisation's
// administrator, also while it is suspended: it still gets warnings about its own products.
func (s *Service) Configure(ctx context.Context, by Actor, orgID string, in Channels) (o Org, secret string, err error) {
	if err := allow(by, OrgAdmin); err != nil {
		return Org{}, "", err
	}
	if by.Via != System().Via && (orgID == "" || orgID != by.OrgID) {
		return Org{}, "", fault.Hidden()
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		secret = ""
		if o, err = orgByID(ctx, tx, orgID, tx.ForUpdate()); err != nil {
			return err
		}
		in, err := in.check(o, tx.Now)
		if err != nil {
			return err
		}
		changed := o.differences(in)
		if len(changed) == 0 {
			return nil
		}
		if in.WebhookURL != o.WebhookURL {
			if secret, err = s.renewSecret(ctx, tx, o.ID, in.WebhookURL != ""); err != nil {
				return err
			}
		}
		o.Email, o.Phone, o.WebhookURL, o.Certificate = in.Email, in.Phone, in.WebhookURL, in.Certificate
		if _, err := tx.Exec(ctx, `UPDATE org SET email = $1, phone = $2, webhook_url = $3, certificate = $4 WHERE id = $5`,
			o.Email, o.Phone, o.WebhookURL, o.Certificate, o.ID); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Configured{OrgID: o.ID, Changed: changed})
		return err
	})
	if err != nil {
		return Org{}, "", fmt.Errorf("configure organisation: %w", err)
	}
	return o.standing(s.DB.Clock.Now()), secret, nil
}

// check returns the channels as they are kept. What stands already is not judged again: a certificate may have ended since.
func (in Channels) check(o Org, now time.Time) (Channels, error) {
	var f form
	in.Email, in.Phone = f.email("email", in.Email, true), f.text("phone", in.Phone, maxShort)
	in.WebhookURL = f.webhook(in.WebhookURL, in.WebhookURL == o.WebhookURL)
	if in.Certificate = strings.TrimSpace(in.Certificate); in.Certificate != "" && in.Certificate != o.Certificate {
		if err := delivery.CheckKey([]byte(in.Certificate), now); err != nil {
			f.That(false, "certificate", delivery.KeyRule(err), delivery.KeyExample)
		}
	}
	return in, f.Err()
}

func (o Org) differences(in Channels) (names []string) {
	for _, c := range []struct{ name, old, new string }{
		{"email", o.Email, in.Email}, {"phone", o.Phone, in.Phone}, {"webhook_url", o.WebhookURL, in.WebhookURL}, {"certificate", o.Certificate, in.Certificate},
	} {
		if c.old != c.new {
			names = append(names, c.name)
		}
	}
	return names
}

// renewSecret gives the organisation's webhook a new secret, or takes it away, and returns its public form.
func (s *Service) renewSecret(ctx context.Context, tx *db.Tx, orgID string, wanted bool) (string, error) {
	if !wanted {
		_, err := tx.Exec(ctx, `UPDATE org SET webhook_secret_sealed = NULL, webhook_former_sealed = NULL, webhook_former_until = NULL WHERE id = $1`, orgID)
		return "", err
	}
	b := newWebhookSecret()
	_, err := tx.Exec(ctx, `UPDATE org SET webhook_secret_sealed = $1, webhook_former_sealed = NULL, webhook_former_until = NULL WHERE id = $2`, s.Seal.Seal(secretPlace(orgID), b), orgID)
	return publicSecret(b), err
}
