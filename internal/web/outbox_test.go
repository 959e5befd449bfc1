// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/outbox"
)

// outside answers as told.
type outside struct {
	status int
	err    error
	why    error
	keys   []delivery.OwnKey
}

func (o *outside) Send(context.Context, string, time.Time, delivery.Message) (int, error) {
	return o.status, o.err
}

func (o *outside) Ready() error { return o.why }

func (o *outside) EndingKeys(time.Time, time.Time) []delivery.OwnKey { return o.keys }

type plain struct{}

func (plain) Render(_ context.Context, d delivery.Delivery) (delivery.Message, error) {
	return delivery.Message{To: delivery.Address{URL: "https://psirt.example/hook?token=s3cret"}, Text: "jndi-lookup-gadget"}, nil
}

func (plain) Ended(context.Context, *db.Tx, delivery.Delivery) error { return nil }

// The operator sees what waits, why, and what failed, in both languages and without JavaScript, but neither texts nor
// addresses; for a member there is no such page.
func TestDeliveries(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		hook, mail := &outside{status: 500, err: errors.New("answered 500")}, &outside{why: errors.New("no mail server is set: mail.addr")}
		sender := &delivery.Sender{DB: h.DB, Channels: map[string]delivery.Channel{"webhook": hook, "email": mail}, Purposes: map[string]delivery.Purpose{"warning": plain{}}}
		h.Outbox = &outbox.Service{DB: h.DB, Events: h.Members.Events, Seal: h.Members.Seal, Sender: sender}
		queue := func(subject string, channels ...string) {
			h.ok(h.DB.Tx(ctx, func(tx *db.Tx) error {
				for _, c := range channels {
					if err := delivery.Queue(ctx, tx, delivery.Delivery{Purpose: "warning", Subject: subject, OrgID: h.orgs["cloud"], Channel: c}); err != nil {
						return err
					}
				}
				return nil
			}))
			_, err := sender.Drain(ctx)
			h.ok(err)
		}
		s := h.signedIn("en", "supervisor", "desk")
		p := s.get("/deliveries")
		s.sound(p)
		if !strings.Contains(p.body, "Nothing failed for good") || !strings.Contains(p.body, "not configured") {
			h.Errorf("empty: %s", p.body)
		}
		for _, subject := range []string{"a", "b", "c", "d", "e", "f"} {
			queue(subject, "webhook", "email")
		}
		has := func(p page, wants ...string) {
			for _, want := range wants {
				if !strings.Contains(p.body, want) {
					h.Errorf("%q is missing", want)
				}
			}
		}
		p = s.get("/deliveries")
		s.sound(p)
		has(p, "No mail server is configured", "6 messages wait", "Destinations left alone", "psirt.example", "answered 500")
		zh := h.signedIn("zh-CN", "supervisor", "desk")
		q := zh.get("/deliveries")
		zh.sound(q)
		has(q, "没有配置邮件服务器", "暂缓的目的地")
		mail.keys = []delivery.OwnKey{{Kind: "smime", Ends: h.clock.Now().Add(11 * 24 * time.Hour)}, {Kind: "openpgp", Ends: h.clock.Now()}}
		p, q = s.get("/deliveries"), zh.get("/deliveries")
		s.sound(p)
		has(p, "Certificate that signs mail (S/MIME)", "(11 days left)", "Key that signs mail (OpenPGP)", "It has ended")
		has(q, "邮件签名证书（S/MIME）", "已到期，邮件不再签名")
		hook.err = delivery.Permanent{Err: errors.New("410 Gone: the receiver wants no more")}
		h.clock.Advance(time.Minute)
		queue("g", "webhook")
		p = s.get("/deliveries?channel=webhook")
		s.sound(p)
		has(p, "410 Gone", "Send again all that failed by Webhook")
		for _, body := range []string{p.body, q.body} {
			if strings.Contains(body, "s3cret") || strings.Contains(body, "jndi") {
				h.Error("the page shows an address or a text")
			}
		}
		if p := s.post("/deliveries", url.Values{"channel": {"webhook"}}); p.status != 303 && p.status != 200 {
			h.Errorf("retry: %d", p.status)
		}
		if p := s.post("/deliveries", url.Values{}); p.status != 422 {
			h.Errorf("nothing to retry: %d", p.status)
		}
		if p := h.signedIn("en", "engineer", "cloud").get("/deliveries"); p.status != 404 {
			h.Errorf("a member: %d", p.status)
		}
	})
}
