// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// test is the message of a target's newest test.
func (w *world) test(org, target string) (m delivery.Message, d delivery.Delivery) {
	w.Helper()
	w.ok(w.d.View(ctx, func(tx *db.Tx) error {
		id, err := db.Get(ctx, tx, db.Value[string], `SELECT test FROM destination_health WHERE org_id = $1 AND target = $2`, org, target)
		if err != nil {
			return err
		}
		ds, err := delivery.Of(ctx, tx, destination.Purpose, id)
		d = ds[0]
		return err
	}))
	m, err := w.messages().Render(ctx, d)
	w.ok(err)
	return m, d
}

func (w *world) messages() destination.Messages {
	return destination.Messages{Service: w.s, Members: &member.Service{DB: w.d, Seal: w.s.Seal}}
}

func (w *world) ended(d delivery.Delivery, state delivery.State) {
	w.Helper()
	d.State = state
	w.ok(w.d.Tx(ctx, func(tx *db.Tx) error { return w.messages().Ended(ctx, tx, d) }))
}

func (w *world) reach(org string) destination.Reach {
	w.Helper()
	r, err := w.s.Reach(ctx, admin(org))
	w.ok(err)
	return r
}

// A person answers by the link in the test, a machine by taking it; until then nothing else goes there.
func TestDestinationsAreTested(t *testing.T) {
	each(t, func(w *world) {
		w.org("a", "https://a.example/main")
		mail, _, err := w.s.Add(ctx, admin("a"), destination.Input{Channel: delivery.Email, Address: "night@a.example"})
		w.ok(err)
		hook, _, err := w.s.Add(ctx, admin("a"), destination.Input{Channel: delivery.Webhook, Address: "https://a.example/in"})
		w.ok(err)
		w.queue("r1", "red")
		if diff := cmp.Diff([]string{"email", "webhook"}, w.told("a", "r1")); diff != "" {
			w.Error(diff)
		}
		m, d := w.test("a", mail.ID)
		if m.To.Email != "night@a.example" || !strings.Contains(m.Text, m.Link) || !strings.HasPrefix(m.Link, "https://fengsui.example/reached/") {
			w.Errorf("%+v", m)
		}
		w.ended(d, delivery.Delivered) // taken by a mail server: nobody has read it
		if w.reach("a").Destinations[0].Live() {
			w.Error("a mail server is no person")
		}
		token := strings.TrimPrefix(m.Link, "https://fengsui.example/reached/")
		if h, org, err := w.s.ByLink(ctx, token); err != nil || org != "a" || h.Target != mail.ID || w.reach("a").Destinations[0].Live() {
			w.Errorf("%+v, %q, %v: opening a link answers", h, org, err)
		}
		for _, wrong := range []string{"", ".", token + "x", token[1:], strings.Repeat("x", 1000)} {
			w.want(w.s.Answer(ctx, wrong), fault.NotFound)
		}
		w.ok(w.s.Answer(ctx, token))
		w.ok(w.s.Answer(ctx, token))
		_, d = w.test("a", hook.ID)
		w.ended(d, delivery.Delivered)
		w.queue("r2", "red")
		if diff := cmp.Diff([]string{mail.ID, hook.ID, "email", "webhook"}, w.told("a", "r2")); diff != "" {
			w.Error(diff)
		}
		if n := w.number(`SELECT count(*) FROM event WHERE kind = 'destination.verified'`); n != 2 {
			w.Errorf("%d verified", n)
		}
		// a new address has to answer again
		_, err = w.s.Change(ctx, admin("a"), mail.ID, destination.Input{Address: "day@a.example"}, false)
		w.ok(err)
		w.want(w.s.Answer(ctx, token), fault.NotFound)
		if m, _ := w.test("a", mail.ID); m.To.Email != "day@a.example" || w.reach("a").Destinations[0].Live() {
			w.Error("a new address is taken on trust")
		}
		_, err = w.s.Test(ctx, admin("a"), mail.ID)
		w.want(err, fault.Limited)
		w.org("b", "")
		for _, target := range []string{mail.ID, "webhook", "x", ""} {
			_, err = w.s.Test(ctx, admin("b"), target)
			w.want(err, fault.NotFound)
		}
	})
}

// Every target is tested once a month, once, however many nodes try and however long nothing ran.
func TestHeartbeat(t *testing.T) {
	each(t, func(w *world) {
		w.org("a", "https://a.example/main")
		w.org("b", "")
		w.exec(`UPDATE org SET roles = '["authority"]' WHERE id = 'b'`)
		d := w.add("a", delivery.Slack, "https://hooks.slack.example/x")
		beat := func() int {
			n, err := w.s.Heartbeat(ctx)
			w.ok(err)
			return n
		}
		if n := beat(); n != 0 {
			w.Errorf("%d tests on the first day", n)
		}
		w.clock.Advance(100 * 24 * time.Hour)
		if n, m := beat(), beat(); n != 3 || m != 0 {
			w.Errorf("%d tests, then %d", n, m)
		}
		states := func() map[string]destination.State {
			out, r := map[string]destination.State{}, w.reach("a")
			for target, h := range r.Health {
				out[target] = h.At(r.At)
			}
			return out
		}
		_, x := w.test("a", "webhook")
		w.ended(x, delivery.Failed)
		_, x = w.test("a", d.ID)
		w.ended(x, delivery.Delivered)
		if diff := cmp.Diff(map[string]destination.State{"email": destination.Waiting, "webhook": destination.Dead, d.ID: destination.Answered}, states()); diff != "" {
			w.Error(diff)
		}
		w.clock.Advance(destination.Patience)
		if s := states()["email"]; s != destination.Silent {
			w.Errorf("a mailbox that nobody reads is %s", s)
		}
	})
}

// A link in a message ends optional messages of its class on its target, and no others.
func TestMuteByLink(t *testing.T) {
	each(t, func(w *world) {
		w.at("2021-12-10 15:20")
		w.org("a", "")
		if u := w.s.MuteURL("a", "email", destination.Mandatory); u != "" {
			w.Errorf("what is mandatory can be muted: %s", u)
		}
		token := strings.TrimPrefix(w.s.MuteURL("a", "email", destination.Digest), "https://fengsui.example/mute/")
		if org, target, c, err := w.s.MutedByLink(token); err != nil || org != "a" || target != "email" || c != destination.Digest {
			w.Errorf("%q %q %q %v", org, target, c, err)
		}
		for _, wrong := range []string{"", "a.email.mandatory.x", strings.Replace(token, "digest", "prompt", 1), strings.Replace(token, "a.", "b.", 1)} {
			w.want(w.s.MuteByLink(ctx, wrong), fault.NotFound)
		}
		w.queue("b1", "blue")
		w.ok(w.s.MuteByLink(ctx, token))
		w.ok(w.s.MuteByLink(ctx, token))
		w.queue("b2", "blue")
		w.queue("y", "yellow")
		for subject, want := range map[string][]string{"b1": {"later email"}, "b2": nil, "y": {"email"}} {
			if diff := cmp.Diff(want, w.told("a", subject)); diff != "" {
				w.Error(subject, diff)
			}
		}
	})
}

// Digests that were due while nothing ran are one, and two nodes make no two of them.
func TestDigestsCatchUpOnce(t *testing.T) {
	each(t, func(w *world) {
		w.at("2021-12-10 15:20")
		w.org("a", "")
		w.org("b", "")
		w.queue("b1", "blue")
		made := func() int {
			n, err := w.s.MakeDigests(ctx)
			w.ok(err)
			return n
		}
		if n := made(); n != 0 {
			w.Errorf("%d digests before their time", n)
		}
		w.clock.Advance(24 * time.Hour)
		w.queue("b2", "notice")
		w.clock.Advance(72 * time.Hour)
		if n, m := made(), made(); n != 2 || m != 0 {
			w.Errorf("%d digests after the outage, then %d", n, m)
		}
		if n := w.number(`SELECT count(*) FROM digest_item i JOIN digest g ON g.id = i.digest`); n != 4 {
			w.Errorf("%d things said in digests", n)
		}
		w.ok(w.d.View(ctx, func(tx *db.Tx) error {
			by, err := delivery.ByChannel(ctx, tx, destination.DigestPurpose, sweep(w, tx))
			if diff := cmp.Diff(map[string]map[delivery.State]int64{"email": {delivery.Queued: 2}}, by); diff != "" {
				w.Error(diff)
			}
			return err
		}))
	})
}

func sweep(w *world, tx *db.Tx) string {
	ids, err := db.List(ctx, tx, db.Value[string], `SELECT DISTINCT sweep FROM digest`)
	w.ok(err)
	if len(ids) != 1 {
		w.Fatalf("%d sweeps", len(ids))
	}
	return ids[0]
}
