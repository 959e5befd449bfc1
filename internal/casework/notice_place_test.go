// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
)

// A notice comes to the provider's other places, too, thin as everywhere; only what comes to its main addresses counts as
// arrived. Guests have no places.
func TestNoticeReachesPlaces(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, c := h.report(h.reporter, flaw())
		s, mail, _ := h.sender()
		robot := &post{}
		s.Channels[delivery.Feishu] = robot
		d := &destination.Service{DB: h.DB, Events: h.Events, Seal: h.ring, BaseURL: "https://fengsui.example", Private: true}
		s.Purposes[casework.PurposeNotice] = casework.NoticePurpose{Service: h.Service, Members: &member.Service{DB: h.DB, Events: h.Events, Seal: h.ring}, Destinations: d}
		admin := h.person(h.upstream.OrgID, member.OrgAdmin)
		x, _, err := d.Add(h.ctx, admin, destination.Input{Channel: delivery.Feishu, Address: "https://upstream.example/robot"})
		h.ok(err)
		h.exec(`UPDATE destination SET verified_at = $1 WHERE id = $2`, db.At(h.clock.Now()), x.ID)

		mail.err = delivery.Permanent{Err: errors.New("no such mailbox")}
		n, err := h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{OrgID: h.upstream.OrgID, Text: "zebracrossing"})
		h.ok(err)
		_, err = h.NotifyUpstream(h.ctx, h.analyst, c.ID, casework.NoticeInput{Email: "a@example.org", Text: "zebracrossing"})
		h.ok(err)
		h.drain(s)
		if len(robot.sent) != 1 || robot.sent[0].Link == "" || strings.Contains(robot.sent[0].Short+robot.sent[0].Text, "zebracrossing") || robot.sent[0].To.URL != "https://upstream.example/robot" {
			t.Errorf("%+v", robot.sent)
		}
		if !h.notice(n.ID).DeliveredAt.IsZero() || !h.duty(r.ID, duty.RuleUpstream).MetAt.IsZero() {
			t.Error("a message in a room counts as arrived")
		}
	})
}
