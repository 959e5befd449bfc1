// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
)

// What a purpose does at an ending may fail, or break the program: the others are recorded, and the message is not sent at the
// end of every lease for ever, but by the schedule, and fails for good in everybody's sight.
func TestWhatFollowsAnEndingFails(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		sent := map[string]int{}
		a := acts{send: func(_ context.Context, id string, _ Message) (int, error) {
			sent[id]++
			return 200, nil
		}, ended: func(d Delivery) error {
			switch d.OrgID {
			case "a":
				return errors.New("the purpose is wrong")
			case "b":
				panic("the purpose breaks the program")
			}
			return nil
		}}
		s := a.sender(d, "webhook")
		s.Parallel = 1
		puts(t, d, "webhook", "s", "a", "b", "c")
		write(t, d, func(tx *db.Tx) error { // and one that waits in a batch
			return queueBatches(context.Background(), tx, "test", "t", []Place{{OrgID: "a", Channel: "webhook", Due: tx.Now}, {OrgID: "c", Channel: "webhook", Due: tx.Now}})
		})
		troubles := 0
		for end := clock.Now().Add(100 * time.Hour); clock.Now().Before(end); clock.Advance(3 * time.Minute) {
			if _, err := s.Drain(context.Background()); err != nil {
				troubles++
			}
		}
		if troubles == 0 {
			t.Error("nobody says so")
		}
		for _, id := range []string{"test:s:a:webhook", "test:s:b:webhook", "test:t:a:webhook"} {
			if n := sent[id]; n != len(schedule) {
				t.Errorf("%s was sent %d times", id, n)
			}
		}
		for _, x := range []Delivery{became(t, d, "s")["a"], became(t, d, "s")["b"], became(t, d, "t")["a"]} {
			if x.State != Failed || x.Why.Code != Broke || x.Attempts != len(schedule) {
				t.Errorf("%+v", x)
			}
		}
		for _, subject := range []string{"s", "t"} {
			if x := became(t, d, subject)["c"]; x.State != Delivered || sent[x.ID] != 1 {
				t.Errorf("%+v", x)
			}
		}
	})
}

// away marks the context of a node that cannot write.
type away struct{}

// What could not be recorded because the database was away is recorded later, and not sent again.
func TestWhatCouldNotBeRecordedIsRecordedLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		sent := 0
		a := acts{send: func(context.Context, string, Message) (int, error) {
			sent++
			return 200, nil
		}}
		s := a.sender(d, "webhook")
		s.Parallel, s.Lease = 1, 6*time.Minute
		puts(t, d, "webhook", "s", "a", "b", "c", "d", "e")
		write(t, d, func(tx *db.Tx) error {
			return queueBatches(context.Background(), tx, "test", "t", []Place{{OrgID: "a", Channel: "webhook", Due: tx.Now}, {OrgID: "c", Channel: "webhook", Due: tx.Now}})
		})
		gone := true
		d.KeepRows(func(ctx context.Context, _ *db.Tx, _ []db.Pack, _ bool) error {
			if gone && sent > 0 && ctx.Value(away{}) != nil {
				return errors.New("the database is away")
			}
			return nil
		})
		ctx := context.WithValue(context.Background(), away{}, true)
		for range 3 {
			if _, err := s.Drain(ctx); err == nil {
				t.Error("nobody says so")
			}
			clock.Advance(30 * time.Second)
		}
		clock.Advance(6 * time.Minute) // longer than a lease, and nobody has come
		gone = false
		r := s.begin(ctx)
		if r.wants() {
			t.Error("it looks for what is due before it has recorded what it knows")
		}
		if err := r.loop(); err != nil {
			t.Error(err)
		}
		drained(t, s)
		for _, subject := range []string{"s", "t"} {
			for org, x := range became(t, d, subject) {
				if x.State != Delivered || x.Attempts != 1 {
					t.Errorf("%s: %+v", org, x)
				}
			}
		}
		if sent != 7 {
			t.Errorf("sent %d times", sent)
		}
	})
}

// What has arrived is recorded as such, even if it was superseded on its way.
func TestSupersededOnItsWay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx := context.Background()
		ended := map[string]State{}
		a := acts{send: func(_ context.Context, id string, _ Message) (int, error) {
			for _, subject := range []string{"s", "t"} {
				write(t, d, func(tx *db.Tx) error { _, err := Supersede(ctx, tx, "test", subject); return err })
			}
			if id == "test:s:b:webhook" || id == "test:t:b:webhook" {
				return 503, errors.New("not now")
			}
			return 200, nil
		}, ended: func(d Delivery) error { ended[d.ID] = d.State; return nil }}
		puts(t, d, "webhook", "s", "a", "b")
		write(t, d, func(tx *db.Tx) error {
			return queueBatches(ctx, tx, "test", "t", []Place{{OrgID: "a", Channel: "webhook", Due: tx.Now}, {OrgID: "b", Channel: "webhook", Due: tx.Now}})
		})
		s := a.sender(d, "webhook")
		drained(t, s)
		clock.Advance(time.Hour)
		drained(t, s)
		for _, subject := range []string{"s", "t"} {
			x := became(t, d, subject)
			if x["a"].State != Delivered || x["b"].State != Superseded {
				t.Errorf("%+v", x)
			}
		}
		if len(ended) != 2 {
			t.Errorf("%v", ended)
		}
	})
}

// What gets its row from a batch while its subject is superseded is superseded, too.
func TestSupersedeWhileABatchIsRecorded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := context.Background()
		write(t, d, func(tx *db.Tx) error {
			return queueBatches(ctx, tx, "test", "s", []Place{{OrgID: "a", Channel: "webhook", Due: tx.Now}, {OrgID: "b", Channel: "webhook", Due: tx.Now}})
		})
		s := acts{}.sender(d, "webhook")
		c, err := s.claim(ctx, 10, nil)
		if err != nil || len(c.items) != 2 {
			t.Fatal(c, err)
		}
		ended := make(chan error, 1)
		write(t, d, func(tx *db.Tx) error {
			o := outcome{item: c.items[0], at: tx.Now, status: 503, err: errors.New("not now")}
			if _, _, err := s.recordItems(ctx, tx, []ending{o.ends(tx.Now)}); err != nil {
				return err
			}
			go func() {
				ended <- d.Tx(ctx, func(tx *db.Tx) error { _, err := Supersede(ctx, tx, "test", "s"); return err })
			}()
			for tx.Engine == db.PostgreSQL { // until it waits for this transaction, as on SQLite it does from the start
				waits, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))`)
				if err != nil || waits > 0 {
					return err
				}
			}
			return nil
		})
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		for org, x := range became(t, d, "s") {
			if x.State != Superseded {
				t.Errorf("%s: %+v", org, x)
			}
		}
	})
}

// A node that has taken a message again after its own lease records what has become of each try by itself.
func TestAMessageThatItsOwnNodeHasTakenAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx := context.Background()
		var ended []State
		a := acts{ended: func(d Delivery) error { ended = append(ended, d.State); return nil }}
		s := a.sender(d, "webhook")
		puts(t, d, "webhook", "s", "a")
		var c [2]claim
		for i := range c {
			var err error
			if c[i], err = s.claim(ctx, 10, nil); err != nil || len(c[i].items) != 1 {
				t.Fatal(c[i], err)
			}
			clock.Advance(time.Hour)
		}
		failed := outcome{item: c[1].items[0], at: clock.Now(), status: 503, err: errors.New("not now")}
		late := outcome{item: c[0].items[0], at: clock.Now(), status: 200}
		if _, _, err := s.record(ctx, []outcome{failed, late}, nil); err != nil {
			t.Fatal(err)
		}
		write(t, d, func(tx *db.Tx) error {
			tries, err := Attempts(ctx, tx, "test:s:a:webhook")
			if len(tries) != 1 || tries[0].N != 2 || tries[0].Outcome != "retry" || len(ended) != 0 {
				t.Errorf("%+v, its purpose has heard of %v", tries, ended)
			}
			return err
		})
	})
}

// A place that is found twice is told once, however many there are.
func TestAPlaceThatIsFoundTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		var sent atomic.Int64
		a := acts{send: func(context.Context, string, Message) (int, error) { sent.Add(1); return 200, nil }}
		write(t, d, func(tx *db.Tx) error {
			var found []Place
			for i := range few {
				found = append(found, Place{OrgID: fmt.Sprintf("org%04d", i), Channel: "webhook", Due: tx.Now})
			}
			later := found[7]
			later.Due = tx.Now.Add(time.Hour)
			return QueueAll(context.Background(), tx, "test", "s", append(found, found[3], later))
		})
		s := a.sender(d, "webhook")
		drained(t, s)
		clock.Advance(time.Hour)
		drained(t, s)
		if n := sent.Load(); n != few {
			t.Errorf("%d were sent to %d", n, few)
		}
	})
}

// A batch whose messages all have rows, because two transactions have queued the same at once, ends.
func TestABatchThatStandsTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		sent := 0
		a := acts{send: func(context.Context, string, Message) (int, error) {
			sent++
			return 200, nil
		}}
		s := a.sender(d, "webhook")
		s.Parallel = 1
		for range 2 {
			write(t, d, func(tx *db.Tx) error {
				return queueBatches(context.Background(), tx, "test", "s", []Place{{OrgID: "a", Channel: "webhook", Due: tx.Now}, {OrgID: "b", Channel: "webhook", Due: tx.Now}})
			})
		}
		for range 5 {
			s.Drain(context.Background()) //nolint:errcheck // what was queued twice cannot be recorded twice
			clock.Advance(5 * time.Minute)
		}
		drained(t, s)
		if sent != 4 {
			t.Errorf("sent %d times", sent)
		}
		write(t, d, func(tx *db.Tx) error {
			left, err := db.List(context.Background(), tx, db.Value[string], `SELECT id FROM delivery_batch`)
			if len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			return err
		})
	})
}

// looked is a channel that acts while a claim looks.
type looked struct {
	acts
	do *func()
}

func (l looked) Ready() error {
	if do := *l.do; do != nil {
		*l.do = nil
		do()
	}
	return nil
}

// What staff send once more while a claim looks is not refused for what its address said before.
func TestReplayWhileAClaimLooks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx, gone := context.Background(), true
		var do func()
		s := (&acts{send: func(context.Context, string, Message) (int, error) {
			if gone {
				return 410, Permanent{Reason{Code: Gone}}
			}
			return 200, nil
		}}).sender(d, "webhook")
		s.Parallel, s.Channels["webhook"] = 1, looked{s.Channels["webhook"].(acts), &do}
		puts(t, d, "webhook", "s", "a")
		drained(t, s)
		if x := became(t, d, "s")["a"]; x.State != Failed {
			t.Fatalf("%+v", x)
		}
		puts(t, d, "webhook", "t", "b")
		gone, do = false, func() {
			write(t, d, func(tx *db.Tx) error { _, err := Replay(ctx, tx, nil, []string{"test:s:a:webhook"}); return err })
		}
		drained(t, s)
		if x := became(t, d, "s")["a"]; x.State != Delivered {
			t.Errorf("%+v", x)
		}
	})
}
