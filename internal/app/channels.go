// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"crypto/tls"
	"fmt"
	"os"
	"time"

	"github.com/fengsui/fengsui/internal/channel/email"
	"github.com/fengsui/fengsui/internal/channel/robot"
	"github.com/fengsui/fengsui/internal/channel/sms"
	"github.com/fengsui/fengsui/internal/channel/webhook"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/spec/pgp"
)

// channels are the ways out, by name: one line each.
func (c Config) channels(now time.Time) (map[string]delivery.Channel, error) {
	exercise := c.Exercise != ""
	mail := email.Channel{Addr: c.Mail.Addr, From: c.Mail.From, User: c.Mail.User, Password: c.Mail.Password, TLS: c.Mail.TLS, Exercise: exercise, Pool: &email.Pool{}}
	if c.Mail.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(c.Mail.Certificate, c.Mail.Key)
		if err != nil {
			return nil, fmt.Errorf("configuration mail.certificate: %w", err)
		}
		mail.Sign = &pair
	}
	if c.Mail.OpenPGP != "" {
		text, err := os.ReadFile(c.Mail.OpenPGP)
		if err == nil {
			mail.OpenPGP, err = pgp.ReadSigner(text, now)
		}
		if err != nil {
			return nil, fmt.Errorf("configuration mail.openpgp: %w", err)
		}
	}
	hooks := webhook.New(c.Webhook.AllowPrivate)
	hooks.Exercise = exercise
	short, err := sms.New(sms.Settings(c.SMS))
	if err != nil {
		return nil, fmt.Errorf("configuration %w", err)
	}
	short.Exercise = exercise
	out := map[string]delivery.Channel{delivery.Email: mail, delivery.Webhook: hooks, delivery.SMS: short}
	for name, r := range robot.All(c.Webhook.AllowPrivate, exercise) {
		out[name] = r
	}
	return out, nil
}
