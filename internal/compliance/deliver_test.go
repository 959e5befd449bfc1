// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
)

// post takes messages by channel and address; down are channels on which nothing arrives.
type post struct {
	channel string
	got     map[string]delivery.Message
	down    map[string]bool
}

// Send implements delivery.Channel.
func (p post) Send(_ context.Context, _ string, _ time.Time, m delivery.Message) (int, error) {
	if p.down[p.channel] {
		return 550, delivery.Permanent{Err: errors.New("no such mailbox")}
	}
	at := m.To.URL
	if p.channel == delivery.Email {
		at = m.To.Email
	}
	p.got[at] = m
	return 200, nil
}

// A letter about a file always goes to the main addresses, and only there it is served; it goes to other places as well, which
// learn that there is something to read.
func TestLettersReachPlaces(t *testing.T) {
	each(t, func(h *house) {
		d := &destination.Service{DB: h.DB, Events: h.Events, Seal: h.ring, BaseURL: h.BaseURL, Private: true}
		got, down := map[string]delivery.Message{}, map[string]bool{}
		s := &delivery.Sender{DB: h.DB, Parallel: 1, Channels: map[string]delivery.Channel{}, Purposes: map[string]delivery.Purpose{
			compliance.Purpose: compliance.Messages{Service: h.Service, Destinations: d}, destination.Purpose: destination.Messages{Service: d, Members: h.Members}}}
		for _, c := range destination.Channels {
			s.Channels[c] = post{c, got, down}
		}
		place := func(channel, address string) string {
			t.Helper()
			x, _, err := d.Add(h.ctx, h.head, destination.Input{Channel: channel, Address: address})
			h.ok(err)
			h.exec(`UPDATE destination SET verified_at = $1 WHERE id = $2`, db.At(h.clock.Now()), x.ID)
			return x.ID
		}
		robot := place(delivery.DingTalk, "https://cloud.example/robot")
		place(delivery.Email, "law@cloud.example")
		muted := place(delivery.Slack, "https://cloud.example/muted")
		h.ok(d.Choose(h.ctx, h.head, []destination.Choice{{Target: muted, Class: destination.Mandatory, How: destination.None}, {Target: destination.MainEmail, Class: destination.Mandatory, How: destination.None}}, nil))
		arrived := func() []string {
			t.Helper()
			for range 2 {
				_, err := s.Drain(h.ctx)
				h.ok(err)
			}
			var out []string
			for at := range got {
				out = append(out, at)
			}
			slices.Sort(out)
			return out
		}
		arrived()
		clear(got)

		down[delivery.Email] = true
		f, err := h.OpenInquiry(h.ctx, h.first, compliance.Question{OrgID: h.cloud, Text: secret, Evidence: []compliance.Evidence{{Kind: compliance.EvidenceURL, Ref: "https://advisories.example.org/" + secret}}})
		h.ok(err)
		f, err = h.Serve(h.ctx, h.first, f.ID, secret, 0)
		h.ok(err)
		if diff := cmp.Diff([]string{"https://cloud.example/robot"}, arrived()); diff != "" {
			t.Error(diff)
		}
		if m := got["https://cloud.example/robot"]; strings.Contains(m.Short+m.Link+m.Text, secret) || m.Short == "" || m.Link != h.BaseURL+"/inquiries/"+f.ID || m.Class != "mandatory" {
			t.Errorf("%+v", m)
		}
		f, err = h.Get(h.ctx, h.first, f.ID)
		h.ok(err)
		if !f.Notice.Lost() || !f.Notice.DeliveredAt.IsZero() {
			t.Errorf("a message in a room served the notice: %+v", f.Notice)
		}
		down[delivery.Email] = false
		h.ok(d.Remove(h.ctx, h.head, robot))
		_, err = h.Redeliver(h.ctx, h.first, f.ID, "")
		h.ok(err)
		clear(got)
		if diff := cmp.Diff([]string{"cloud@member.example", "law@cloud.example"}, arrived()); diff != "" {
			t.Error("sent again: " + diff)
		}
		f, err = h.Get(h.ctx, h.first, f.ID)
		h.ok(err)
		if f.Notice.Lost() || f.Notice.DeliveredAt.IsZero() {
			t.Errorf("%+v", f.Notice)
		}
		if n := h.count(`SELECT count(*) FROM (SELECT id FROM delivery WHERE purpose = 'inquiry' GROUP BY id) x`); n != 5 {
			t.Errorf("%d messages, want the mail twice, the lawyer's mail twice and the robot's", n)
		}
	})
}
