// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/outbox"
	"github.com/fengsui/fengsui/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	ctx      = context.Background()
	officer  = member.Actor{AccountID: "officer", OrgID: "platform", Roles: []member.Role{member.DutyOfficer}, Via: "web"}
	keeper   = member.Actor{AccountID: "keeper", OrgID: "platform", Roles: []member.Role{member.Administrator}, Via: "web"}
	analyst  = member.Actor{AccountID: "analyst", OrgID: "platform", Roles: []member.Role{member.Analyst}, Via: "web"}
	engineer = member.Actor{AccountID: "e", OrgID: "a", Roles: []member.Role{member.Engineer}, Via: "web"}
)

// far answers as told.
type far struct {
	err error
	why error // not ready
	got []string
}

func (f *far) Send(_ context.Context, id string, _ time.Time, _ delivery.Message) (int, error) {
	f.got = append(f.got, id)
	if f.err != nil {
		return 410, f.err
	}
	return 200, nil
}

func (f *far) Ready() error { return f.why }

type purpose struct{}

func (purpose) Render(_ context.Context, d delivery.Delivery) (delivery.Message, error) {
	return delivery.Message{To: delivery.Address{URL: "https://" + d.OrgID + ".example/hook?token=s3cret", Email: "x@" + d.OrgID + ".example"}}, nil
}

func (purpose) Ended(context.Context, *db.Tx, delivery.Delivery) error { return nil }

func each(t *testing.T, test func(t *testing.T, s *outbox.Service, hook, mail *far, clock *calendar.Driven)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		keys, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		hook, mail := &far{}, &far{}
		s := &outbox.Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, Seal: keys, Sender: &delivery.Sender{DB: d, Parallel: 1,
			Channels: map[string]delivery.Channel{"webhook": hook, "email": mail}, Purposes: map[string]delivery.Purpose{"test": purpose{}}}}
		test(t, s, hook, mail, clock)
	})
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func queue(t *testing.T, s *outbox.Service, subject string, orgs ...string) {
	t.Helper()
	ok(t, s.DB.Tx(ctx, func(tx *db.Tx) error {
		for _, o := range orgs {
			for _, c := range []string{"email", "webhook"} {
				if err := delivery.Queue(ctx, tx, delivery.Delivery{Purpose: "test", Subject: subject, OrgID: o, Channel: c}); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	_, err := s.Sender.Drain(ctx)
	ok(t, err)
}

// The operator sees what waits and why, what failed, and sends it once more: the schedule begins anew, and an address that
// had refused for good is asked again.
func TestWhatWaitsAndWhy(t *testing.T) {
	each(t, func(t *testing.T, s *outbox.Service, hook, mail *far, clock *calendar.Driven) {
		mail.why = errors.New("no mail server is configured: mail.addr")
		hook.err = delivery.Permanent{Err: errors.New("410 Gone: the receiver wants no more")}
		queue(t, s, "s", "a", "b")
		b, err := s.Board(ctx, officer)
		ok(t, err)
		want := []delivery.Line{
			{Channel: "email", NotReady: "no mail server is configured: mail.addr", First: 2, Oldest: dbtest.Start, Next: dbtest.Start},
			{Channel: "webhook", Failed: 2},
		}
		if diff := cmp.Diff(want, b.Lines); diff != "" {
			t.Error(diff)
		}
		if len(b.Gone) != 2 || len(b.Troubles) != 0 {
			t.Errorf("gone %v, troubles %v", b.Gone, b.Troubles)
		}
		failed, next, err := s.Failed(ctx, keeper, outbox.Filter{Limit: 1})
		ok(t, err)
		if len(failed) != 1 || next == "" || failed[0].Why.Detail != "410 Gone: the receiver wants no more" {
			t.Fatalf("%+v, next %q", failed, next)
		}
		rest, next, err := s.Failed(ctx, keeper, outbox.Filter{After: next})
		ok(t, err)
		if len(rest) != 1 || next != "" || rest[0].ID == failed[0].ID {
			t.Fatalf("%+v", rest)
		}
		hook.err, hook.got, mail.why = nil, nil, nil
		n, err := s.Retry(ctx, officer, outbox.RetryInput{IDs: []string{failed[0].ID, "test:s:nobody:webhook"}})
		ok(t, err)
		if n != 1 {
			t.Errorf("%d are sent once more", n)
		}
		clock.Advance(time.Minute)
		_, err = s.Sender.Drain(ctx)
		ok(t, err)
		if diff := cmp.Diff([]string{failed[0].ID}, hook.got); diff != "" {
			t.Error(diff)
		}
		if n, err = s.Retry(ctx, officer, outbox.RetryInput{IDs: []string{failed[0].ID}}); n != 0 || err != nil {
			t.Errorf("what arrived was sent again: %d, %v", n, err)
		}
		if n, err = s.Retry(ctx, officer, outbox.RetryInput{Channel: "webhook"}); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		ok(t, s.DB.View(ctx, func(tx *db.Tx) error {
			tries, err := delivery.Attempts(ctx, tx, failed[0].ID)
			if len(tries) != 2 || tries[0].Outcome != "failed" || tries[1].Outcome != "delivered" {
				t.Errorf("attempts: %+v", tries)
			}
			events, err2 := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM event WHERE kind = 'delivery.replayed'`)
			if events != 2 {
				t.Errorf("%d events", events)
			}
			return errors.Join(err, err2)
		}))
	})
}

// After it was sent once more a delivery has its whole schedule again.
func TestTheScheduleBeginsAnew(t *testing.T) {
	each(t, func(t *testing.T, s *outbox.Service, hook, _ *far, clock *calendar.Driven) {
		hook.err = errors.New("answered 500")
		queue(t, s, "s", "a")
		state := func() (d delivery.Delivery) {
			ok(t, s.DB.View(ctx, func(tx *db.Tx) (err error) {
				d, err = delivery.Get(ctx, tx, s.Seal, "test:s:a:webhook")
				return err
			}))
			return d
		}
		run := func() {
			for d := state(); d.State == delivery.Queued; d = state() {
				clock.Set(d.NextAt)
				_, err := s.Sender.Drain(ctx)
				ok(t, err)
			}
		}
		run()
		if d := state(); d.State != delivery.Failed || d.Attempts != 10 {
			t.Fatalf("%+v", d)
		}
		_, err := s.Retry(ctx, officer, outbox.RetryInput{Channel: "webhook"})
		ok(t, err)
		run()
		if d := state(); d.State != delivery.Failed || d.Attempts != 20 {
			t.Fatalf("%+v", d)
		}
		hs, err := s.Health(ctx, engineer, "a")
		ok(t, err)
		if len(hs) != 2 || !hs[0].Well() || hs[1].Well() || hs[1].Why.Detail != "answered 500" || !hs[1].Failed.Equal(clock.Now()) {
			t.Errorf("%+v", hs)
		}
	})
}

// To everybody else there is no such page, and bad input changes nothing.
func TestForTheOperatorOnly(t *testing.T) {
	each(t, func(t *testing.T, s *outbox.Service, hook, _ *far, _ *calendar.Driven) {
		hook.err = delivery.Permanent{Err: errors.New("no")}
		queue(t, s, "s", "a")
		for _, by := range []member.Actor{analyst, engineer, {AccountID: "o", OrgID: "platform", Roles: []member.Role{member.DutyOfficer}, Scopes: []string{}, Via: "api"}} {
			_, err := s.Board(ctx, by)
			_, _, err2 := s.Failed(ctx, by, outbox.Filter{})
			n, err3 := s.Retry(ctx, by, outbox.RetryInput{Channel: "webhook"})
			_, err4 := s.Health(ctx, by, "b")
			for _, err := range []error{err, err2, err3, err4} {
				if !fault.Is(err, fault.NotFound) || n != 0 {
					t.Errorf("%s: %v", by.AccountID, err)
				}
			}
		}
		if _, err := s.Board(ctx, member.Anonymous("web")); !fault.Is(err, fault.Unauthenticated) {
			t.Error(err)
		}
		for _, in := range []outbox.RetryInput{{}, {IDs: make([]string, 501)}, {IDs: []string{"\x00"}}, {Channel: "\xff"}} {
			if n, err := s.Retry(ctx, officer, in); !fault.Is(err, fault.Invalid) || n != 0 {
				t.Errorf("%d, %v", n, err)
			}
		}
		for _, f := range []outbox.Filter{{Limit: 201}, {Limit: -1}, {After: "nobody"}, {After: "\x00"}} {
			if _, _, err := s.Failed(ctx, officer, f); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		}
	})
}
