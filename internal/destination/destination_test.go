// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination_test

import (
	"crypto/ecdsa"
	elliptic256 "crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
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

// A destination's address and secret are sealed, the secret is shown once, and others see nothing of it.
func TestAMemberNamesWhereItIsReached(t *testing.T) {
	each(t, func(w *world) {
		w.org("a", "")
		w.org("b", "")
		d, secret, err := w.s.Add(ctx, admin("a"), destination.Input{Channel: delivery.Webhook, Label: " SOC ", Address: "https://soc.a.example/in", Types: []string{"warning.released", ""}})
		w.ok(err)
		if !strings.HasPrefix(secret, "whsec_") || d.Label != "SOC" || d.Live() {
			w.Errorf("%+v, secret %q", d, secret)
		}
		m, secret, err := w.s.Add(ctx, admin("a"), destination.Input{Channel: delivery.Email, Address: "Night@A.example"})
		w.ok(err)
		if secret != "" || m.Address != "night@a.example" {
			w.Errorf("%+v, secret %q", m, secret)
		}
		if n := w.number(`SELECT count(*) FROM destination WHERE CAST(address_sealed AS TEXT) LIKE '%example%'`); n != 0 {
			w.Error("an address stands in clear")
		}
		r, err := w.s.Reach(ctx, admin("a"))
		w.ok(err)
		if len(r.Destinations) != 2 || r.Destinations[0].Address != "https://soc.a.example/in" || r.Email != "a@member.example" {
			w.Errorf("%+v", r)
		}
		for _, by := range []member.Actor{{}, {AccountID: "e", OrgID: "a", Roles: []member.Role{member.Engineer}, Via: "web"}, {AccountID: "s", Roles: []member.Role{member.Supervisor}, Via: "web"}} {
			if _, err := w.s.Reach(ctx, by); err == nil {
				w.Errorf("%+v reads addresses", by)
			}
			if _, _, err := w.s.Add(ctx, by, destination.Input{Channel: delivery.Email, Address: "x@a.example"}); err == nil {
				w.Errorf("%+v adds an address", by)
			}
		}
		for _, id := range []string{d.ID, "none", "'"} {
			_, err := w.s.Get(ctx, admin("b"), id)
			w.want(err, fault.NotFound)
			w.want(w.s.Remove(ctx, admin("b"), id), fault.NotFound)
			_, err = w.s.Change(ctx, admin("b"), id, destination.Input{Address: "x@b.example"}, false)
			w.want(err, fault.NotFound)
			_, _, err = w.s.Rotate(ctx, admin("b"), id)
			w.want(err, fault.NotFound)
		}
	})
}

func TestWhatIsNoDestination(t *testing.T) {
	each(t, func(w *world) {
		w.org("a", "")
		w.s.Offers = func(channel string) bool { return channel != delivery.SMS }
		for name, in := range map[string]destination.Input{
			"no channel":      {Address: "a@a.example"},
			"not offered":     {Channel: delivery.SMS, Address: "+8613800000000"},
			"no address":      {Channel: delivery.Email},
			"a name":          {Channel: delivery.Email, Address: "A <a@a.example>"},
			"in clear":        {Channel: delivery.Webhook, Address: "http://a.example/"},
			"with a password": {Channel: delivery.Slack, Address: "https://u:p@a.example/"},
			"two lines":       {Channel: delivery.Email, Address: "a@a.example", Label: "a\nb"},
			"no certificate":  {Channel: delivery.Email, Address: "a@a.example", Certificate: "x"},
			"elliptic":        {Channel: delivery.Email, Address: "a@a.example", Certificate: elliptic(t)},
			"types by mail":   {Channel: delivery.Email, Address: "a@a.example", Types: []string{"warning.released"}},
			"no type":         {Channel: delivery.Webhook, Address: "https://a.example/", Types: []string{"%"}},
			"not text":        {Channel: delivery.Email, Address: "a\xff@a.example"},
		} {
			if _, _, err := w.s.Add(ctx, admin("a"), in); !fault.Is(err, fault.Invalid) {
				w.Errorf("%s: %v", name, err)
			}
		}
		if n := w.number(`SELECT count(*) FROM destination`) + w.number(`SELECT count(*) FROM event`); n != 0 {
			w.Errorf("%d rows stand behind refusals", n)
		}
		in := destination.Input{Channel: delivery.Email, Address: "a@a.example"}
		_, _, err := w.s.Add(ctx, admin("a"), in)
		w.ok(err)
		_, _, err = w.s.Add(ctx, admin("a"), in)
		w.want(err, fault.Invalid)
	})
}

// After a rotation both secrets sign for a day, then the new one alone.
func TestSecretsOverlap(t *testing.T) {
	each(t, func(w *world) {
		w.org("a", "")
		d, first, err := w.s.Add(ctx, admin("a"), destination.Input{Channel: delivery.Webhook, Address: "https://a.example/"})
		w.ok(err)
		w.verify(d.ID)
		_, second, err := w.s.Rotate(ctx, admin("a"), d.ID)
		w.ok(err)
		address := func() (a delivery.Address) {
			w.ok(w.d.View(ctx, func(tx *db.Tx) (err error) {
				a, err = w.s.AddressTx(ctx, tx, member.Org{}, delivery.Delivery{Destination: d.ID})
				return err
			}))
			return a
		}
		a := address()
		if first == second || len(a.Secret) != 32 || len(a.Former) != 32 || string(a.Secret) == string(a.Former) {
			w.Errorf("%q, %q: %+v", first, second, a)
		}
		w.clock.Advance(member.Overlap)
		if b := address(); string(b.Secret) != string(a.Secret) || b.Former != nil {
			w.Errorf("after the overlap: %+v", b)
		}
		m := w.add("a", delivery.Email, "n@a.example")
		_, _, err = w.s.Rotate(ctx, admin("a"), m.ID)
		w.want(err, fault.Conflict)
	})
}

// What is mandatory goes to every target at once, once, whatever was chosen but another place.
func TestMandatoryIsNeverMuted(t *testing.T) {
	each(t, func(w *world) {
		w.org("a", "https://a.example/main")
		w.org("b", "")
		m := w.add("a", delivery.Email, "night@a.example")
		hook := w.add("a", delivery.Webhook, "https://a.example/in")
		dead, _, err := w.s.Add(ctx, admin("a"), destination.Input{Channel: delivery.Email, Address: "unverified@a.example"})
		w.ok(err)
		for range 2 {
			w.queue("w1", "red")
		}
		if diff := cmp.Diff([]string{m.ID, hook.ID, "email", "webhook"}, w.told("a", "w1")); diff != "" {
			w.Error(diff)
		}
		if diff := cmp.Diff([]string{"email"}, w.told("b", "w1")); diff != "" {
			w.Error(diff)
		}
		none := func(target string) error {
			return w.s.Choose(ctx, admin("a"), []destination.Choice{{Target: target, Class: destination.Mandatory, How: destination.None}}, nil)
		}
		w.want(w.s.Choose(ctx, admin("a"), []destination.Choice{{Target: "email", Class: destination.Mandatory, How: destination.Daily}}, nil), fault.Invalid)
		w.want(w.s.Choose(ctx, admin("b"), []destination.Choice{{Target: "email", Class: destination.Mandatory, How: destination.None}}, nil), fault.Conflict)
		w.want(w.s.Choose(ctx, admin("b"), []destination.Choice{{Target: m.ID, Class: destination.Digest, How: destination.None}}, nil), fault.Invalid)
		for _, target := range []string{"email", "webhook", hook.ID, dead.ID} {
			w.ok(none(target))
		}
		w.want(none(m.ID), fault.Conflict)
		w.want(w.s.Remove(ctx, admin("a"), m.ID), fault.Conflict)
		_, err = w.s.Change(ctx, admin("a"), m.ID, destination.Input{Address: m.Address}, true)
		w.want(err, fault.Conflict)
		_, err = w.s.Change(ctx, admin("a"), m.ID, destination.Input{Address: "other@a.example"}, false)
		w.want(err, fault.Conflict) // it has answered no test
		w.queue("w2", "orange")
		if diff := cmp.Diff([]string{m.ID}, w.told("a", "w2")); diff != "" {
			w.Error(diff)
		}
		// the only place is dead: the main address takes over, of what failed and of what comes
		w.ok(w.d.Tx(ctx, func(tx *db.Tx) error {
			ds, err := delivery.Of(ctx, tx, "warning", "w2")
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE delivery SET state = 'failed', next_at = NULL WHERE id = $1`, ds[0].ID); err != nil {
				return err
			}
			ds[0].State = delivery.Failed
			return destination.Ended(ctx, tx, ds[0])
		}))
		w.queue("w3", "red")
		for _, subject := range []string{"w2", "w3"} {
			if diff := cmp.Diff([]string{m.ID, "email"}, w.told("a", subject)); diff != "" {
				w.Error(subject, diff)
			}
		}
	})
}

// Classes and choices decide when a target is told.
func TestChoicesDecideWhen(t *testing.T) {
	each(t, func(w *world) {
		w.at("2021-12-10 15:20")
		w.org("a", "https://a.example/main")
		sms := w.add("a", delivery.SMS, "+86 138 0000 0000")
		w.queue("yellow", "yellow")
		w.queue("blue", "blue")
		w.queue("near", "notice", "a")
		for subject, want := range map[string][]string{
			"yellow": {"email", "webhook"}, "blue": {"later email", "webhook"}, "near": {"email", "webhook"},
		} {
			if diff := cmp.Diff(want, w.told("a", subject)); diff != "" {
				w.Error(subject, diff)
			}
		}
		w.ok(w.s.Choose(ctx, admin("a"), []destination.Choice{
			{"email", destination.Prompt, destination.Hourly}, {"email", destination.Digest, destination.None}, {"webhook", destination.Digest, destination.None}, {sms.ID, destination.Prompt, destination.Now},
		}, nil))
		w.queue("yellow2", "yellow")
		w.queue("blue2", "blue")
		for subject, want := range map[string][]string{"yellow2": {sms.ID, "later email", "webhook"}, "blue2": nil} {
			if diff := cmp.Diff(want, w.told("a", subject)); diff != "" {
				w.Error(subject, diff)
			}
		}
		if n := w.number(`SELECT count(*) FROM digest_item WHERE subject = 'yellow2' AND due_at = $1`, db.At(time.Date(2021, 12, 10, 8, 0, 0, 0, time.UTC))); n != 1 {
			w.Error("the hourly digest is not due at four")
		}
		if n := w.number(`SELECT count(*) FROM digest_item WHERE subject = 'blue' AND due_at = $1`, db.At(time.Date(2021, 12, 11, 0, 30, 0, 0, time.UTC))); n != 1 {
			w.Error("the daily digest is not due on the next morning")
		}
		w.ok(w.s.Choose(ctx, admin("a"), []destination.Choice{{"email", destination.Digest, destination.Daily}}, nil))
		if n := w.number(`SELECT count(*) FROM destination_choice WHERE target = 'email'`); n != 1 {
			w.Errorf("%d choices: what is usual is kept", n)
		}
	})
}

// Nothing that can wait wakes people; machines and what is mandatory know no night.
func TestQuietHours(t *testing.T) {
	each(t, func(w *world) {
		w.org("a", "https://a.example/main")
		w.org("west", "")
		p := destination.UsualPace
		p.Quiet = true
		w.ok(w.s.Choose(ctx, admin("a"), nil, &p))
		p.Zone = "America/New_York"
		w.ok(w.s.Choose(ctx, admin("west"), nil, &p))
		w.at("2021-12-10 23:15")
		w.queue("y", "yellow")
		w.queue("r", "red")
		until := func(subject, id string) string {
			var out []string
			w.ok(w.d.View(ctx, func(tx *db.Tx) error {
				ds, err := delivery.Of(ctx, tx, "warning", subject)
				for _, d := range ds {
					if d.ID == "warning:"+subject+":"+id {
						out = append(out, d.NextAt.In(time.UTC).Format("02 15:04 ")+d.Why.Error())
					}
				}
				return err
			}))
			return strings.Join(out, ", ")
		}
		for key, want := range map[[2]string]string{
			{"y", "a:email"}: "10 23:00 " + "quiet hours of the recipient", {"y", "a:webhook"}: "10 15:15 ", {"y", "west:email"}: "10 15:15 ", {"r", "a:email"}: "10 15:15 ",
		} {
			if got := until(key[0], key[1]); got != want {
				w.Errorf("%v: %q, want %q", key, got, want)
			}
		}
		w.want(w.s.Choose(ctx, admin("a"), nil, &destination.Pace{Zone: "Mars/Olympus", PerHour: 0, From: 7}), fault.Invalid)
	})
}

// A noise budget lets so many messages through; the rest waits for the next hour. What is graver has a budget of its own,
// and a webhook, which a machine reads, has none.
func TestNoiseBudget(t *testing.T) {
	each(t, func(w *world) {
		w.at("2021-12-10 15:20")
		w.org("a", "https://a.example/main")
		w.org("b", "")
		p := destination.UsualPace
		p.PerHour = 2
		w.ok(w.s.Choose(ctx, admin("a"), []destination.Choice{{"email", destination.Digest, destination.Now}}, &p))
		for _, s := range []string{"b1", "b2", "b3"} {
			w.queue(s, "blue")
		}
		w.queue("y1", "yellow")
		w.queue("r1", "red")
		for subject, want := range map[string][]string{"b2": {"email", "webhook"}, "b3": {"later email", "webhook"}, "y1": {"email", "webhook"}, "r1": {"email", "webhook"}} {
			if diff := cmp.Diff(want, w.told("a", subject)); diff != "" {
				w.Error(subject, diff)
			}
		}
		w.queue("b3", "blue") // again: nothing new
		w.clock.Advance(61 * time.Minute)
		w.queue("b4", "blue")
		for subject, want := range map[string][]string{"b3": {"later email", "webhook"}, "b4": {"email", "webhook"}} {
			if diff := cmp.Diff(want, w.told("a", subject)); diff != "" {
				w.Error(subject, diff)
			}
		}
	})
}

// What waited at a place that is removed is not forgotten.
func TestRemovalLosesNothing(t *testing.T) {
	each(t, func(w *world) {
		w.org("a", "")
		d := w.add("a", delivery.Email, "night@a.example")
		w.ok(w.s.Choose(ctx, admin("a"), []destination.Choice{{"email", destination.Mandatory, destination.None}, {"email", destination.Digest, destination.None}}, nil))
		w.queue("r", "red")
		w.queue("b", "blue")
		w.exec(`UPDATE delivery SET next_at = $1, attempts = 3 WHERE subject = 'r'`, db.At(w.clock.Now().Add(10*time.Hour)))
		w.ok(w.s.Choose(ctx, admin("a"), []destination.Choice{{"email", destination.Mandatory, destination.Now}}, nil))
		w.ok(w.s.Remove(ctx, admin("a"), d.ID))
		if n := w.number(`SELECT count(*) FROM delivery WHERE subject = 'r' AND next_at = $1`, db.At(w.clock.Now())); n != 1 {
			w.Error("what is on its way there waits")
		}
		if diff := cmp.Diff([]string{"later email"}, w.told("a", "b")); diff != "" {
			w.Error(diff)
		}
		w.ok(w.d.Tx(ctx, func(tx *db.Tx) error {
			_, err := w.s.AddressTx(ctx, tx, member.Org{}, delivery.Delivery{Destination: d.ID})
			w.want(err, fault.NotFound)
			ds, err := delivery.Of(ctx, tx, "warning", "r")
			w.ok(err)
			ds[0].State = delivery.Failed
			_, err = tx.Exec(ctx, `UPDATE delivery SET state = 'failed', next_at = NULL WHERE id = $1`, ds[0].ID)
			w.ok(err)
			return destination.Ended(ctx, tx, ds[0])
		}))
		if diff := cmp.Diff([]string{d.ID, "email"}, w.told("a", "r")); diff != "" {
			w.Error(diff)
		}
	})
}

// elliptic is a certificate in force that no mail can be encrypted for.
func elliptic(t *testing.T) string {
	key, err := ecdsa.GenerateKey(elliptic256.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, x, x, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
