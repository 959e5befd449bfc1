// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// far is the outside world.
type far struct {
	mu   sync.Mutex
	got  []delivery.Message
	fail error
}

func (f *far) Send(_ context.Context, _ string, _ time.Time, m delivery.Message) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail == nil {
		f.got = append(f.got, m)
	}
	return 0, f.fail
}

func (h *house) sender(hook, mail *far) *delivery.Sender {
	return &delivery.Sender{DB: h.DB, Channels: map[string]delivery.Channel{delivery.Webhook: hook, delivery.Email: mail},
		Purposes: map[string]delivery.Purpose{report.PurposeTransfer: report.Transfer{Service: h.Service,
			Members: &member.Service{DB: h.DB, Events: h.Events, Seal: h.Seal}}}}
}

func (h *house) drain(s *delivery.Sender) {
	h.t.Helper()
	if _, err := s.Drain(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func TestAuthoritiesGetTheStatutoryContent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.submit(h.unit, flash()).Report
		if _, err := h.Supplement(t.Context(), h.unit, r.ID, report.Input{Content: whole()}); err != nil {
			t.Fatal(err)
		}
		hook, mail := &far{}, &far{}
		h.drain(h.sender(hook, mail))
		if len(hook.got) != 2 || len(mail.got) != 2 {
			t.Fatalf("%d webhooks, %d mails", len(hook.got), len(mail.got))
		}
		byVersion := map[int]report.Transferral{}
		for _, m := range hook.got {
			tr := m.Data.(report.Transferral)
			byVersion[tr.Version] = tr
			if m.Type != "report.transferred" || m.To.URL != "https://centre.example/hook" || string(m.To.Secret) != "sixteen bytes or more" {
				t.Errorf("webhook is %+v", m)
			}
		}
		c := whole()
		same(t, "first stage", byVersion[1], report.Transferral{Number: r.Number, Version: 1, ReceivedAt: h.clock.Now(), Organisation: "单位unit", Flash: true,
			Content: report.Statutory{Product: c.Product, Harm: c.Harm, Exploited: "unknown", LearnedAt: learned}})
		same(t, "second stage", byVersion[2], report.Transferral{Number: r.Number, Version: 2, ReceivedAt: h.clock.Now(), Organisation: "单位unit",
			Content: report.Statutory{Vendor: c.Vendor, Product: c.Product, Versions: c.Versions, Technical: c.Technical, Harm: c.Harm, Scope: c.Scope,
				Exploited: "no", Relation: c.Relation, LearnedAt: learned}})
		for _, m := range mail.got {
			if m.To.Email != "cert@example.org" || !strings.Contains(m.Subject, r.Number) || strings.Contains(m.Subject, "Logger") || m.TLP != "AMBER+STRICT" {
				t.Errorf("mail is %+v", m)
			}
			if !strings.Contains(m.Text, "产品名称 / Product name\nExample Logger") || strings.Contains(m.Text, "report.") || strings.Contains(m.Text, "duty.") {
				t.Errorf("text is %s", m.Text)
			}
		}
		h.write(func(ctx context.Context, tx *db.Tx) error {
			lines, err := event.TimeLine(ctx, tx, "report/"+r.ID)
			kinds := map[string]int{}
			for _, l := range lines {
				kinds[l.Kind]++
			}
			same(t, "time line", kinds, map[string]int{"report.submitted": 1, "report.supplemented": 1, "report.transferred": 4})
			return err
		})
		h.drain(h.sender(hook, mail))
		if len(hook.got) != 2 || len(mail.got) != 2 {
			t.Error("a transfer went out twice")
		}
	})
}

func TestALargeReportGoesByMailOrIsCut(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in := report.Input{Content: whole()}
		in.Content.Technical, in.Content.Harm = strings.Repeat("<火>", 6_000), strings.Repeat("危害", 9_000)
		byMail := h.submit(h.unit, in).Report
		h.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE org SET email = '' WHERE id = $1`, h.webhookAuthority)
			return err
		})
		cut := h.submit(h.other, in).Report
		channel := func(id string) string {
			for _, d := range h.transfers(id) {
				if d.OrgID == h.webhookAuthority {
					return d.Channel
				}
			}
			return ""
		}
		same(t, "channels", []string{channel(byMail.ID), channel(cut.ID)}, []string{"email", "webhook"})
		hook := &far{}
		h.drain(h.sender(hook, &far{}))
		if len(hook.got) != 1 {
			t.Fatalf("%d webhooks", len(hook.got))
		}
		tr := hook.got[0].Data.(report.Transferral)
		b, err := json.Marshal(tr)
		if err != nil || !tr.Cut || len(b) > 18_000 || len(b) < 4_000 || tr.Content.Product != in.Content.Product {
			t.Errorf("cut to %d bytes: %v, %v", len(b), tr.Cut, err)
		}
	})
}

func TestAnUnreachableAuthorityShows(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE org SET email = '' WHERE id = $1`, h.mailAuthority)
			return err
		})
		r := h.submit(h.unit, report.Input{Content: whole()}).Report
		hook := &far{fail: delivery.Permanent{Err: errors.New("410 Gone")}}
		mail := &far{}
		h.drain(h.sender(hook, mail))
		for _, d := range h.transfers(r.ID) {
			switch {
			case d.OrgID == h.webhookAuthority && d.State == delivery.Failed && d.Why.Detail == "410 Gone":
			case d.OrgID == h.mailAuthority && d.State == delivery.Queued && !d.Why.None(): // an address may yet be entered
			default:
				t.Errorf("transfer is %+v", d)
			}
		}
		if n := h.count(`SELECT count(*) FROM event WHERE kind = 'report.transferred' AND payload LIKE '%"failed"%'`); n != 1 {
			t.Errorf("%d failures are on record", n)
		}
		own, err := h.Transfers(t.Context(), h.unit, r.ID)
		for _, d := range own {
			if !d.Why.None() {
				t.Errorf("the reporter reads %q", d.Why)
			}
		}
		if err != nil || len(own) != 2 {
			t.Errorf("%d, %v", len(own), err)
		}
		h.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE org SET email = 'new@example.org' WHERE id = $1`, h.mailAuthority)
			return err
		})
		h.clock.Advance(time.Hour)
		h.drain(h.sender(hook, mail))
		if len(mail.got) != 1 || mail.got[0].To.Email != "new@example.org" {
			t.Errorf("after the address was entered: %+v", mail.got)
		}
	})
}

func TestNoAuthoritiesNoTransfers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE org SET status = 'left' WHERE id IN ($1, $2)`, h.webhookAuthority, h.mailAuthority)
			return err
		})
		h.Notify = func() { t.Error("kicked for nothing") }
		if r := h.submit(h.unit, flash()).Report; len(h.transfers(r.ID)) != 0 {
			t.Error("a transfer was queued to who has left")
		}
	})
}
