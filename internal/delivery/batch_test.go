// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
)

var ctx = context.Background()

// set queues a subject to n organisations, each by webhook.
func set(t *testing.T, d *db.DB, n int) {
	t.Helper()
	err := d.Tx(ctx, func(tx *db.Tx) error {
		err := delivery.QueueSet(ctx, tx, "test", "s", `WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1)
			SELECT 'org' || substr(CAST(10000 + i AS TEXT), 2), 'webhook', '', `+when(tx)+` FROM n`, n, db.At(tx.Now))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func when(tx *db.Tx) string {
	if tx.Engine == db.PostgreSQL {
		return `CAST($2 AS TIMESTAMPTZ)`
	}
	return `$2`
}

// view reads the database.
func view[T any](t *testing.T, d *db.DB, read func(tx *db.Tx) (T, error)) (out T) {
	t.Helper()
	if err := d.View(ctx, func(tx *db.Tx) (err error) { out, err = read(tx); return err }); err != nil {
		t.Fatal(err)
	}
	return out
}

func counts(t *testing.T, d *db.DB) map[delivery.State]int64 {
	t.Helper()
	return view(t, d, func(tx *db.Tx) (map[delivery.State]int64, error) { return delivery.Counts(ctx, tx, "test", "s") })
}

func number(t *testing.T, d *db.DB, query string, args ...any) int {
	t.Helper()
	return view(t, d, func(tx *db.Tx) (int, error) { return db.Get(ctx, tx, db.Value[int], query, args...) })
}

// Deliveries in batches are seen as if each had its row, before, while and after they are sent.
func TestBatchesLookLikeRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		const n = 1300
		set(t, d, n)
		set(t, d, n) // queueing again changes nothing
		if rows := number(t, d, `SELECT count(*) FROM delivery`); rows != 0 {
			t.Fatalf("%d rows before anything was tried", rows)
		}
		if diff := cmp.Diff(map[delivery.State]int64{delivery.Queued: n}, counts(t, d)); diff != "" {
			t.Fatal(diff)
		}
		all := func() []delivery.Delivery {
			return view(t, d, func(tx *db.Tx) ([]delivery.Delivery, error) { return delivery.Of(ctx, tx, "test", "s") })
		}
		if ds := all(); len(ds) != n || ds[0].ID != "test:s:org0000:webhook" || ds[0].State != delivery.Queued || ds[n-1].OrgID != "org1299" {
			t.Fatalf("%d deliveries, %+v", len(ds), ds[0])
		}
		to := view(t, d, func(tx *db.Tx) ([]delivery.Delivery, error) {
			return delivery.To(ctx, tx, "test", []string{"s"}, []string{"org0700", "org0001", "nobody"})
		})
		if len(to) != 2 || to[0].OrgID != "org0001" || to[1].OrgID != "org0700" {
			t.Fatalf("%+v", to)
		}
		s, f, p := setup(d)
		f.answer = func(id string) error {
			switch id {
			case "test:s:org0003:webhook":
				return errors.New("refused")
			case "test:s:org0004:webhook":
				return delivery.Permanent{Err: errors.New("refused for good")}
			}
			return nil
		}
		if got := drain(t, s); got != n {
			t.Errorf("tried %d", got)
		}
		want := map[delivery.State]int64{delivery.Queued: 1, delivery.Failed: 1, delivery.Delivered: n - 2}
		if diff := cmp.Diff(want, counts(t, d)); diff != "" {
			t.Fatal(diff)
		}
		if len(f.got) != n || len(p.ended) != n-1 || number(t, d, `SELECT count(*) FROM delivery_batch`) != 0 || number(t, d, `SELECT count(*) FROM delivery_attempt`) != n || len(all()) != n {
			t.Errorf("%d arrived, %d ended", len(f.got), len(p.ended))
		}
		set(t, d, n) // and again
		if diff := cmp.Diff(want, counts(t, d)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// What a newer message overtakes is superseded in batches as well, and is not sent.
func TestBatchesAreSuperseded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		const n = 1100
		set(t, d, n)
		err := d.Tx(ctx, func(tx *db.Tx) error {
			k, err := delivery.Supersede(ctx, tx, "test", "s")
			if k != n {
				t.Errorf("superseded %d", k)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s, f, _ := setup(d)
		drain(t, s)
		if diff := cmp.Diff(map[delivery.State]int64{delivery.Superseded: n}, counts(t, d)); diff != "" || len(f.got) != 0 {
			t.Errorf("%s, %d arrived", diff, len(f.got))
		}
	})
}

// A node that dies in the middle of a batch leaves the rest of it to the next one, and only the rest.
func TestBatchOfADeadNodeIsTakenOver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		const n = 1000
		set(t, d, n)
		s, f, p := setup(d)
		var mu sync.Mutex
		first, stopped := map[string]bool{}, atomic.Bool{}
		dying, die := context.WithCancel(ctx)
		dead := &delivery.Sender{DB: d, Purposes: s.Purposes, Parallel: 8, Channels: map[string]delivery.Channel{"webhook": channelFunc(func(ctx context.Context, id string, _ delivery.Message) (int, error) {
			if stopped.Load() {
				return 0, context.Canceled
			}
			mu.Lock()
			defer mu.Unlock()
			if first[id] = true; len(first) == 300 {
				stopped.Store(true)
				die()
			}
			return 200, nil
		})}}
		dead.Drain(dying) //nolint:errcheck // it dies
		clock.Advance(4 * time.Minute)
		drain(t, s)
		if diff := cmp.Diff(map[delivery.State]int64{delivery.Delivered: n}, counts(t, d)); diff != "" {
			t.Fatal(diff)
		}
		if len(f.got)+len(first) != n || len(p.ended) != n {
			t.Errorf("%d came from the first node, %d from the second, %d ended", len(first), len(f.got), len(p.ended))
		}
	})
}

type channelFunc func(ctx context.Context, id string, m delivery.Message) (int, error)

func (f channelFunc) Send(ctx context.Context, id string, _ time.Time, m delivery.Message) (int, error) {
	return f(ctx, id, m)
}

// hosts gives each organisation its own host, and keeps those of a broken message.
type hosts struct {
	*purpose
	host func(org string) string
}

func (h hosts) Render(_ context.Context, d delivery.Delivery) (delivery.Message, error) {
	if d.OrgID == "org0007" {
		panic("a message that breaks the program")
	}
	return delivery.Message{To: delivery.Address{URL: "https://" + h.host(d.OrgID) + "/", Email: d.OrgID + "@" + h.host(d.OrgID)}}, nil
}

func (h hosts) RenderMany(ctx context.Context, ds []delivery.Delivery) (out []delivery.Rendered) {
	for _, d := range ds {
		m, err := h.Render(ctx, d)
		out = append(out, delivery.Rendered{Message: m, Err: err})
	}
	return out
}

// A message that breaks the program fails alone, visibly; the others of its batch go out.
func TestPoison(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		const n = 1000
		set(t, d, n)
		s, _, p := setup(d)
		s.Purposes["test"] = hosts{p, func(org string) string { return org + ".example" }}
		drain(t, s)
		if diff := cmp.Diff(map[delivery.State]int64{delivery.Delivered: n - 1, delivery.Failed: 1}, counts(t, d)); diff != "" {
			t.Fatal(diff)
		}
		x := view(t, d, func(tx *db.Tx) ([]delivery.Delivery, error) {
			return delivery.To(ctx, tx, "test", []string{"s"}, []string{"org0007"})
		})
		if len(x) != 1 || x[0].Why.Code != delivery.Broke {
			t.Errorf("%+v", x)
		}
	})
}

// A destination that never answers holds nobody else: everything else arrives while its first messages still hang.
func TestAHangingDestinationDelaysNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		const n = 1200
		set(t, d, n)
		s, _, p := setup(d)
		s.Purposes["test"] = hosts{p, func(org string) string { // a third of all goes to one host
			if org < "org0400" {
				return "hangs.example"
			}
			return org + ".example"
		}}
		release, others := make(chan struct{}), atomic.Int64{}
		s.Channels["webhook"] = channelFunc(func(_ context.Context, _ string, m delivery.Message) (int, error) {
			if m.To.URL == "https://hangs.example/" {
				<-release
				return 0, errors.New("no answer in time")
			}
			if others.Add(1) == n-400 {
				close(release)
			}
			return 200, nil
		})
		drain(t, s)
		if got := others.Load(); got != n-400 {
			t.Errorf("%d others arrived", got)
		}
		c := counts(t, d)
		if c[delivery.Delivered] != n-400 || c[delivery.Queued] != 399 || c[delivery.Failed] != 1 {
			t.Errorf("%v", c)
		}
		open := view(t, d, func(tx *db.Tx) ([]delivery.Lane, error) { open, _, err := delivery.Lanes(ctx, tx); return open, err })
		if len(open) != 1 || open[0].Name != "webhook/hangs.example" || open[0].Why.Detail != "no answer in time" {
			t.Errorf("%+v", open)
		}
	})
}

// Two days without the mail server and without half of the webhooks: nothing is lost, little is tried in vain, and all of it
// arrives once they are back. Another node has taken over meanwhile and knows what the first had learned.
func TestTwoDaysOfOutage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		const n = 1000
		err := d.Tx(ctx, func(tx *db.Tx) error {
			for _, channel := range []string{"webhook", "email"} {
				if err := delivery.QueueSet(ctx, tx, "test", channel, `WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1)
					SELECT 'org' || substr(CAST(10000 + i AS TEXT), 2), '`+channel+`', '', `+when(tx)+` FROM n WHERE i <> 7`, n+1, db.At(tx.Now)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		up := false
		var mu sync.Mutex
		tries, got := map[string]int{}, map[string]int{}
		hear := func(channel string) channelFunc {
			return func(_ context.Context, id string, m delivery.Message) (int, error) {
				mu.Lock()
				defer mu.Unlock()
				tries[channel]++
				switch {
				case !up && channel == "email":
					return 0, delivery.Down{Err: errors.New("the mail server is not reached")}
				case !up && m.To.URL < "https://org0500":
					return 503, errors.New("answered 503")
				}
				got[id]++
				return 200, nil
			}
		}
		node := func() *delivery.Sender {
			s, _, p := setup(d)
			s.Purposes["test"] = hosts{p, func(org string) string { return org[:6] + ".example" }} // ten organisations share a host
			s.Channels = map[string]delivery.Channel{"webhook": hear("webhook"), "email": hear("email")}
			return s
		}
		s := node()
		for end := clock.Now().Add(48 * time.Hour); clock.Now().Before(end); clock.Advance(20 * time.Minute) {
			drain(t, s)
			if clock.Now().Hour()%8 == 0 {
				s = node()
			}
		}
		states := func(subject string) map[delivery.State]int64 {
			return view(t, d, func(tx *db.Tx) (map[delivery.State]int64, error) { return delivery.Counts(ctx, tx, "test", subject) })
		}
		if diff := cmp.Diff(map[delivery.State]int64{delivery.Queued: n}, states("email")); diff != "" {
			t.Error(diff)
		}
		if w := states("webhook"); w[delivery.Failed] != 0 || w[delivery.Queued]+w[delivery.Delivered] != n || w[delivery.Queued] < 490 {
			t.Errorf("webhooks: %v", w)
		}
		if tries["email"] > n { // by the schedule alone it were seven times as many
			t.Errorf("%d mails were tried in vain", tries["email"])
		}
		t.Logf("tries during the outage: %v", tries)
		open := view(t, d, func(tx *db.Tx) ([]delivery.Lane, error) { open, _, err := delivery.Lanes(ctx, tx); return open, err })
		var mail bool
		for _, l := range open {
			mail = mail || l.Name == "email" && l.Why.Detail == "the mail server is not reached" && l.Since.Equal(dbtest.Start)
		}
		if !mail || len(open) < 40 {
			t.Errorf("%d destinations are left alone: %+v", len(open), open)
		}
		up = true
		for end := clock.Now().Add(30 * time.Hour); clock.Now().Before(end); clock.Advance(20 * time.Minute) {
			drain(t, s)
		}
		for _, subject := range []string{"email", "webhook"} {
			if diff := cmp.Diff(map[delivery.State]int64{delivery.Delivered: n}, states(subject)); diff != "" {
				t.Errorf("%s: %s", subject, diff)
			}
		}
		if len(got) != 2*n {
			t.Errorf("%d arrived", len(got))
		}
		for id, times := range got {
			if times != 1 {
				t.Errorf("%s arrived %d times", id, times)
			}
		}
		if open := number(t, d, `SELECT count(*) FROM delivery_lane`); open != 0 {
			t.Errorf("%d destinations are still left alone", open)
		}
	})
}

// Later, 410 and a rate.
func TestWhatADestinationAsksFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		s, _, p := setup(d)
		s.Purposes["test"] = hosts{p, func(string) string { return "one.example" }}
		var sent atomic.Int64
		answer := func() (int, error) { return 200, nil }
		s.Channels["webhook"] = channelFunc(func(context.Context, string, delivery.Message) (int, error) {
			sent.Add(1)
			return answer()
		})
		put := func(org string) {
			t.Helper()
			if err := d.Tx(ctx, func(tx *db.Tx) error {
				return delivery.Queue(ctx, tx, delivery.Delivery{Purpose: "test", Subject: "s", OrgID: org, Channel: "webhook"})
			}); err != nil {
				t.Fatal(err)
			}
		}
		answer = func() (int, error) {
			return 429, delivery.Later{Err: errors.New("answered 429"), After: time.Hour}
		}
		put("a")
		drain(t, s)
		put("b")
		drain(t, s) // the destination wants nothing now, whatever it is
		clock.Advance(30 * time.Minute)
		drain(t, s)
		if n := sent.Load(); n != 1 {
			t.Fatalf("%d were sent", n)
		}
		answer = func() (int, error) { return 200, nil }
		clock.Advance(31 * time.Minute)
		drain(t, s)
		if diff := cmp.Diff(map[delivery.State]int64{delivery.Delivered: 2}, counts(t, d)); diff != "" {
			t.Fatal(diff)
		}
		if n := number(t, d, `SELECT attempts FROM delivery WHERE org_id = 'b'`); n != 1 {
			t.Errorf("waiting took %d attempts", n)
		}
		answer = func() (int, error) { return 410, delivery.Permanent{Err: errors.New("410 Gone")} }
		put("c")
		drain(t, s)
		before := sent.Load()
		answer = func() (int, error) { return 200, nil }
		err := d.Tx(ctx, func(tx *db.Tx) error {
			return delivery.Queue(ctx, tx, delivery.Delivery{Purpose: "test", Subject: "t", OrgID: "c", Channel: "webhook"})
		})
		if err != nil {
			t.Fatal(err)
		}
		drain(t, s)
		if sent.Load() != before || number(t, d, `SELECT count(*) FROM delivery WHERE state = 'failed' AND org_id = 'c'`) != 2 {
			t.Error("an address that wants no more was written to")
		}
		s.Rate = 10
		for i := range 35 {
			put(fmt.Sprintf("r%02d", i))
		}
		before = sent.Load()
		drain(t, s)
		if n := sent.Load() - before; n < 10 || n > 11 {
			t.Errorf("%d were sent at once at a rate of 10 a second", n)
		}
		for range 5 {
			clock.Advance(time.Second)
			drain(t, s)
		}
		if n := sent.Load() - before; n != 35 {
			t.Errorf("%d were sent in six seconds", n)
		}
	})
}

// A channel that is not ready is not tried, and takes no attempts.
func TestNotReady(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		set(t, d, 3)
		s, f, _ := setup(d)
		u := &unready{far: f, why: errors.New("no mail server is configured: mail.addr")}
		s.Channels["webhook"] = u
		if n := drain(t, s); n != 0 || len(f.got) != 0 {
			t.Errorf("tried %d", n)
		}
		u.why = nil
		if n := drain(t, s); n != 3 || len(f.got) != 3 || number(t, d, `SELECT max(attempts) FROM delivery`) != 1 {
			t.Errorf("tried %d", n)
		}
	})
}

type unready struct {
	*far
	why error
}

func (u *unready) Ready() error { return u.why }
