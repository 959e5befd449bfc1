// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
)

func TestNoticeToGuest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, c := h.report(h.reporter, flaw())
		n, err := h.NotifyUpstream(h.ctx, h.officer, c.ID, casework.NoticeInput{Email: "psirt@elsewhere.example", Text: "your logger " + secret})
		h.ok(err)
		s, mail, _ := h.sender()
		h.drain(s)
		if len(mail.sent) != 1 || mail.sent[0].To.Email != "psirt@elsewhere.example" || strings.Contains(mail.sent[0].Subject+mail.sent[0].Text, secret) {
			t.Fatalf("mails: %+v", mail.sent)
		}
		_, rest, ok := strings.Cut(mail.sent[0].Text, "https://fengsui.example/n/")
		token := strings.Fields(rest)[0]
		if !ok || "https://fengsui.example/n/"+token != h.LinkURL(n.ID) {
			t.Errorf("the mail links to %s", token)
		}
		if d := h.duty(r.ID, duty.RuleUpstream); d.MetAt.IsZero() {
			t.Error("the delivery does not meet the duty")
		}
		h.clock.Advance(time.Hour)
		x, err := h.OpenNoticeByLink(h.ctx, token)
		if err != nil || x.Text != "your logger "+secret || !x.AckedAt.IsZero() || !x.OpenedAt.Equal(h.clock.Now()) || x.Number != c.Number || x.ByAccount != "" {
			t.Errorf("opened: %+v, %v", x, err)
		}
		h.clock.Advance(time.Hour)
		x, err = h.AcknowledgeByLink(h.ctx, token)
		if err != nil || !x.AckedAt.Equal(h.clock.Now()) {
			t.Errorf("acknowledged: %+v, %v", x, err)
		}
		again, err := h.AcknowledgeByLink(h.ctx, token)
		if err != nil || !again.AckedAt.Equal(x.AckedAt) {
			t.Errorf("again: %+v, %v", again, err)
		}

		other, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{Email: "b@elsewhere.example", Text: "x"})
		h.ok(err)
		mine, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{OrgID: h.upstream.OrgID, Text: "x"})
		h.ok(err)
		_, mac, _ := strings.Cut(token, ".")
		forged := []byte(token)
		forged[len(forged)-1] ^= 1
		for _, bad := range []string{"", ".", "x", n.ID, n.ID + ".", other.ID + "." + mac, string(forged), token + "=", token + ".x", " " + token, "\x00." + mac, h.Link(mine.ID), h.Link("x"), strings.ToUpper(token)} {
			_, err := h.OpenNoticeByLink(h.ctx, bad)
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%q opens: %v", bad, err)
			}
			_, err = h.AcknowledgeByLink(h.ctx, bad)
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%q acknowledges: %v", bad, err)
			}
		}
		h.clock.Advance(90*24*time.Hour + time.Second)
		_, err = h.OpenNoticeByLink(h.ctx, token)
		wantConflict(t, err)
		_, err = h.AcknowledgeByLink(h.ctx, h.Link(other.ID))
		if err == nil && !h.notice(other.ID).AckedAt.IsZero() {
			t.Error("an expired link acknowledges")
		}
	})
}
