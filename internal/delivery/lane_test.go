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

type well struct{}

func (well) Send(context.Context, string, time.Time, Message) (int, error) { return 200, nil }
func (well) Render(context.Context, Delivery) (Message, error) {
	return Message{To: Address{URL: "https://unit.example/hook"}}, nil
}
func (well) Ended(context.Context, *db.Tx, Delivery) error { return nil }

// silent is a sender for whom one host has long been silent and may be tried again, and for which one message waits.
func silent(t *testing.T, d *db.DB, clock *calendar.Driven) *Sender {
	t.Helper()
	ctx := context.Background()
	err := d.Tx(ctx, func(tx *db.Tx) error {
		l := &lane{name: "webhook/unit.example", failures: 9, opened: 5, open: tx.Now.Add(time.Minute), since: tx.Now, why: Reason{Code: Answered, Status: 503}}
		if err := saveLane(ctx, tx, l); err != nil {
			return err
		}
		return Queue(ctx, tx, Delivery{Purpose: "test", Subject: "s", OrgID: "org", Channel: "webhook"})
	})
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	return &Sender{DB: d, Channels: map[string]Channel{"webhook": well{}}, Purposes: map[string]Purpose{"test": well{}}}
}

// over holds that nothing is left alone any more, and that what has been is remembered.
func over(t *testing.T, d *db.DB) {
	t.Helper()
	ctx := context.Background()
	err := d.View(ctx, func(tx *db.Tx) error {
		open, _, err := Lanes(ctx, tx)
		if err != nil || len(open) > 0 {
			t.Errorf("still left alone: %v, %v", open, err)
		}
		been, err := Outages(ctx, tx, dbtest.Start, 10)
		if len(been) != 1 {
			t.Errorf("outages that have ended: %v", been)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A claim may have looked at what is stored before an answer was heard, and come back after it: what it saw must neither
// undo the answer nor be stored instead of it.
func TestLateClaimDoesNotUndoAnAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx := context.Background()
		s := silent(t, d, clock)
		r := s.begin(ctx)
		c, err := s.claim(ctx, 10, nil)
		if err != nil || len(c.items) != 1 || len(c.lanes) != 1 {
			t.Fatal(c, err)
		}
		early, err := s.claim(ctx, 10, nil)
		if err != nil || len(early.lanes) != 1 {
			t.Fatal(early, err)
		}
		s.claims, c.number, early.number = 2, 1, 2
		r.take(c)
		r.enqueue((<-r.made)[0])
		r.start()
		r.heard(<-r.sent)
		r.take(early)
		r.keep()
		late := <-r.kept
		r.take(early) // or after it was stored, before this is known
		r.stored(late)
		r.take(early)
		if l := r.lane("webhook/unit.example"); l.half() {
			t.Error("the host is taken for silent, although it answered")
		}
		over(t, d)

		// what is stored from now on counts again: another node has found the host silent
		err = d.Tx(ctx, func(tx *db.Tx) error {
			return saveLane(ctx, tx, &lane{name: "webhook/unit.example", failures: 5, opened: 1, open: tx.Now.Add(time.Minute), since: tx.Now})
		})
		if err != nil {
			t.Fatal(err)
		}
		now, err := s.claim(ctx, 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		now.number = 3
		if r.take(now); !r.lane("webhook/unit.example").half() {
			t.Error("what another node has found is not known")
		}
	})
}

// What is known of a destination and could not be stored is stored by the next round, even if nothing is due.
func TestWhatCouldNotBeStoredOfALaneIsStoredLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx := context.Background()
		s := silent(t, d, clock)
		alter := func(statement string) {
			if err := d.Tx(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, statement); return err }); err != nil {
				t.Fatal(err)
			}
		}
		alter(`ALTER TABLE delivery_outage RENAME TO elsewhere`)
		if _, err := s.Drain(ctx); err == nil {
			t.Error("nobody says that something could not be stored")
		}
		err := d.View(ctx, func(tx *db.Tx) error {
			ds, err := Of(ctx, tx, "test", "s")
			if len(ds) != 1 || ds[0].State != Delivered {
				t.Errorf("the message's own outcome is lost with it: %v", ds)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		alter(`ALTER TABLE elsewhere RENAME TO delivery_outage`)
		if _, err := s.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		over(t, d)
	})
}

// acts is a channel and a purpose that do as they are told, and well otherwise.
type acts struct {
	send  func(ctx context.Context, id string, m Message) (int, error)
	ended func(d Delivery) error
}

func (a acts) Send(ctx context.Context, id string, _ time.Time, m Message) (int, error) {
	if a.send == nil {
		return 200, nil
	}
	return a.send(ctx, id, m)
}

func (a acts) Render(_ context.Context, d Delivery) (Message, error) {
	return Message{To: Address{Email: d.OrgID + "@unit.example", URL: "https://unit.example/" + d.OrgID}}, nil
}

func (a acts) Ended(_ context.Context, _ *db.Tx, d Delivery) error {
	if a.ended == nil {
		return nil
	}
	return a.ended(d)
}

func (a acts) sender(d *db.DB, channel string) *Sender {
	return &Sender{DB: d, Channels: map[string]Channel{channel: a}, Purposes: map[string]Purpose{"test": a}}
}

func write(t *testing.T, d *db.DB, do func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Tx(context.Background(), do); err != nil {
		t.Fatal(err)
	}
}

// puts queues a subject to some organisations.
func puts(t *testing.T, d *db.DB, channel, subject string, orgs ...string) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		for _, org := range orgs {
			if err := Queue(context.Background(), tx, Delivery{Purpose: "test", Subject: subject, OrgID: org, Channel: channel}); err != nil {
				return err
			}
		}
		return nil
	})
}

func drained(t *testing.T, s *Sender) {
	t.Helper()
	if _, err := s.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// became is what has become of a subject, by organisation.
func became(t *testing.T, d *db.DB, subject string) map[string]Delivery {
	t.Helper()
	out := map[string]Delivery{}
	err := d.View(context.Background(), func(tx *db.Tx) error {
		ds, err := Of(context.Background(), tx, "test", subject)
		for _, d := range ds {
			out[d.OrgID] = d
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return out
}

// alone are the destinations that are left alone.
func alone(t *testing.T, d *db.DB) (out []Lane) {
	t.Helper()
	write(t, d, func(tx *db.Tx) (err error) { out, _, err = Lanes(context.Background(), tx); return err })
	return out
}

// What one node has found silent and another one has heard since is silent to nobody.
func TestWhatAnotherNodeHasHeardCounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		down, got := true, 0
		a := acts{send: func(context.Context, string, Message) (int, error) {
			if down {
				return 503, errors.New("not now")
			}
			got++
			return 200, nil
		}}
		one, two := a.sender(d, "webhook"), a.sender(d, "webhook")
		one.Parallel, two.Parallel = 1, 1
		puts(t, d, "webhook", "s", "a", "b", "c", "d", "e", "f")
		drained(t, one)
		if l := alone(t, d); len(l) != 1 || l[0].Name != "webhook/unit.example" {
			t.Fatalf("%+v", l)
		}
		down = false
		clock.Advance(time.Minute)
		drained(t, two)
		if l := alone(t, d); len(l) != 0 || got != 6 {
			t.Fatalf("%+v, %d arrived", l, got)
		}
		drained(t, one)
		if l := one.lanes["webhook/unit.example"]; l != nil && l.half() {
			t.Error("the first node takes it for silent, although the second has heard it")
		}
		down = true // then one failure is one failure
		puts(t, d, "webhook", "t", "a")
		drained(t, one)
		if l := alone(t, d); len(l) != 0 {
			t.Errorf("left alone after one failure: %+v", l)
		}
	})
}

// A pause that a destination asks for holds, whatever answers come of what was under way, and whatever other nodes hear; when
// it has ended, nothing is left of it.
func TestAskedPause(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		const name = "webhook/unit.example"
		var sent atomic.Int64
		both, asked := make(chan struct{}), make(chan struct{})
		a := acts{send: func(_ context.Context, id string, _ Message) (int, error) {
			switch sent.Add(1) {
			case 1:
				<-both
				return 429, Later{Err: errors.New("too many"), After: time.Hour}
			case 2: // was under way
				close(both)
				<-asked
				return 200, nil
			}
			return 200, nil
		}}
		s := a.sender(d, "webhook")
		r := s.begin(context.Background())
		puts(t, d, "webhook", "s", "a", "b")
		c, err := s.claim(context.Background(), 10, nil)
		if err != nil || len(c.items) != 2 {
			t.Fatal(c, err)
		}
		r.take(c)
		for _, it := range <-r.made {
			r.enqueue(it)
		}
		r.start()
		r.heard(<-r.sent)
		close(asked)
		r.heard(<-r.sent)
		until := clock.Now().Add(time.Hour)
		if l := r.lane(name); !l.open.Equal(until) {
			t.Errorf("what was under way ends the pause: %s", l.open)
		}
		r.keep()
		r.stored(<-r.kept)
		write(t, d, func(tx *db.Tx) error { // another node, which has not heard of it
			return saveLane(context.Background(), tx, &lane{name: name, failures: 5, opened: 1, open: tx.Now.Add(openFirst), since: tx.Now})
		})
		if l := alone(t, d); len(l) != 1 || !l[0].Until.Equal(until) {
			t.Errorf("another node shortens the pause: %+v", l)
		}
		write(t, d, func(tx *db.Tx) error {
			return saveLane(context.Background(), tx, &lane{name: name})
		})
		write(t, d, func(tx *db.Tx) error {
			return saveLane(context.Background(), tx, &lane{name: name, open: tx.Now.Add(time.Hour)})
		})
		clock.Advance(time.Hour)
		if l := alone(t, d); len(l) != 0 {
			t.Errorf("the pause is over, and still: %+v", l)
		}
		drained(t, a.sender(d, "webhook")) // begun anew, and nothing due
		write(t, d, func(tx *db.Tx) error {
			left, err := db.List(context.Background(), tx, db.Value[string], `SELECT name FROM delivery_lane`)
			if len(left) > 0 {
				t.Errorf("left of pauses that have ended: %v", left)
			}
			return err
		})
	})
}

// A gateway that asks for a pause is asked by nobody meanwhile, whomever the message is for, and that costs no attempt.
func TestAGatewayAsksForAPause(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		busy, asked := true, 0
		a := acts{send: func(context.Context, string, Message) (int, error) {
			if asked++; busy {
				return 429, Later{Err: Reason{Code: Busy, Status: 429}, After: time.Hour, Whole: true}
			}
			return 200, nil
		}}
		one, two := a.sender(d, SMS), a.sender(d, SMS)
		one.Parallel = 1
		puts(t, d, SMS, "s", "a", "b", "c")
		drained(t, one)
		puts(t, d, SMS, "t", "d")
		drained(t, two) // another node knows, too
		if l := alone(t, d); asked != 1 || len(l) != 1 || l[0].Name != SMS || !l[0].Until.Equal(clock.Now().Add(time.Hour)) {
			t.Fatalf("the gateway was asked %d times; left alone: %+v", asked, l)
		}
		busy = false
		clock.Advance(2 * time.Hour)
		drained(t, two)
		for subject, n := range map[string]int{"s": 3, "t": 1} {
			tries, ds := 0, became(t, d, subject)
			for _, x := range ds {
				if tries += x.Attempts; x.State != Delivered {
					t.Errorf("%+v", x)
				}
			}
			if len(ds) != n || subject == "s" && tries != 4 || subject == "t" && tries != 1 {
				t.Errorf("%s: %d messages after %d attempts", subject, len(ds), tries)
			}
		}
		if l := alone(t, d); len(l) != 0 {
			t.Errorf("still left alone: %+v", l)
		}
	})
}

// An outage that one node takes for ended goes on when another one says so.
func TestOutageGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx := context.Background()
		l := &lane{name: "webhook/unit.example", failures: 5, opened: 1, open: clock.Now().Add(time.Minute), since: clock.Now()}
		for _, x := range []*lane{l, {name: l.name}, l} {
			write(t, d, func(tx *db.Tx) error { return saveLane(ctx, tx, x) })
		}
		write(t, d, func(tx *db.Tx) error { return endOutage(ctx, tx, l.name) }) // of a node that saw no lane
		write(t, d, func(tx *db.Tx) error {
			were, err := Outages(ctx, tx, dbtest.Start, 10)
			if len(were) > 0 {
				t.Errorf("it goes on: %+v", were)
			}
			return err
		})
	})
}

// Being stopped is no failure of anybody: neither of the mail server nor of a destination.
func TestAStopIsNoAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		var begun atomic.Int64
		a := acts{send: func(ctx context.Context, _ string, _ Message) (int, error) {
			if begun.Add(1) == 6 {
				stop()
			}
			<-ctx.Done()
			return 0, Down{Reason{Code: MailServer}}
		}}
		puts(t, d, Email, "s", "a", "b", "c", "d", "e", "f")
		s := a.sender(d, Email)
		s.Grace = time.Millisecond
		if _, err := s.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		if l := alone(t, d); len(l) != 0 {
			t.Errorf("the mail server is taken for silent: %+v", l)
		}
		for org, x := range became(t, d, "s") {
			if x.Attempts != 0 || x.State != Queued {
				t.Errorf("%s: %+v", org, x)
			}
		}
	})
}

// What is under way when a node is stopped is not cut off at once: it may have arrived, and would be sent again.
func TestAStopLetsWhatIsUnderWayEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx, stop := context.WithCancel(context.Background())
		sent := 0
		a := acts{send: func(ctx context.Context, _ string, _ Message) (int, error) {
			sent++
			stop()
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
			return 200, nil
		}}
		s := a.sender(d, "webhook")
		s.PerLane = 1
		puts(t, d, "webhook", "s", "a", "b")
		if _, err := s.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		arrived := 0
		for _, x := range became(t, d, "s") {
			if x.State == Delivered {
				arrived++
			} else if x.Attempts != 0 {
				t.Errorf("%+v", x)
			}
		}
		if sent != 1 || arrived != 1 {
			t.Errorf("%d were sent, and %d are recorded", sent, arrived)
		}

		// and nothing is begun
		ctx, stop = context.WithCancel(context.Background())
		r := s.begin(ctx)
		defer r.cut()
		c, err := s.claim(ctx, 10, nil)
		if err != nil || len(c.items) != 1 {
			t.Fatal(c, err)
		}
		r.take(c)
		for _, it := range <-r.made {
			r.enqueue(it)
		}
		stop()
		r.start()
		if r.heard(<-r.sent); sent != 1 || r.done[0].until.IsZero() {
			t.Errorf("%d were sent, %+v", sent, r.done[0])
		}
	})
}

// What an address says once holds for what waits already, and for whom a claim that looked before tells nothing of it; it is
// forgotten when staff send something once more.
func TestAnAddressThatWantsNoMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := context.Background()
		sent := 0
		gone := true
		a := acts{send: func(context.Context, string, Message) (int, error) {
			if sent++; gone {
				return 410, Permanent{Reason{Code: Gone}}
			}
			return 200, nil
		}}
		s := a.sender(d, "webhook")
		s.Parallel = 1
		for _, subject := range []string{"s", "t", "u"} {
			puts(t, d, "webhook", subject, "a")
		}
		r := s.begin(ctx)
		c, err := s.claim(ctx, 2, nil)
		if err != nil || len(c.items) != 2 {
			t.Fatal(c, err)
		}
		early, err := s.claim(ctx, 10, nil)
		if err != nil || len(early.items) != 1 {
			t.Fatal(early, err)
		}
		s.claims, c.number, early.number = 2, 1, 2
		r.take(c)
		r.start()
		r.heard(<-r.sent)
		r.start()
		r.keep()
		k := <-r.kept
		r.take(early)
		r.stored(k)
		r.start()
		for r.busy > 0 {
			r.heard(<-r.sent)
		}
		r.keep()
		r.stored(<-r.kept)
		if sent != 1 {
			t.Errorf("%d were sent to an address that wanted no more after the first", sent)
		}
		gone = false
		write(t, d, func(tx *db.Tx) error {
			ds, err := Replay(ctx, tx, nil, []string{"test:t:a:webhook"})
			if len(ds) != 1 {
				t.Errorf("%+v", ds)
			}
			return err
		})
		drained(t, s)
		if x := became(t, d, "t")["a"]; x.State != Delivered {
			t.Errorf("sent once more: %+v", x)
		}
	})
}

// What is left alone at present is shown, however many addresses want no more.
func TestLanesBesideManyThatWantNoMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		write(t, d, func(tx *db.Tx) error {
			rows := make([][]any, 600)
			for i := range rows {
				rows[i] = []any{fmt.Sprintf("gone/webhook/org/%d/", i), 1, 1, db.At(tx.Now.Add(goneFor)), "", db.At(tx.Now)}
			}
			return db.Bulk(context.Background(), tx, `delivery_lane (`+laneColumns+`)`, "", rows)
		})
		clock.Advance(time.Hour)
		write(t, d, func(tx *db.Tx) error {
			return saveLane(context.Background(), tx, &lane{name: "email", failures: 3, opened: 1, open: tx.Now.Add(time.Minute), since: tx.Now})
		})
		if l := alone(t, d); len(l) != 1 || l[0].Name != "email" {
			t.Errorf("%+v", l)
		}
	})
}

// While one message tries a channel as a whole, no other is claimed for it; its answer lets the next one.
func TestAChannelIsTriedByOneMessage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		ctx := context.Background()
		write(t, d, func(tx *db.Tx) error {
			return saveLane(ctx, tx, &lane{name: Email, failures: 3, opened: 1, open: tx.Now, since: tx.Now})
		})
		puts(t, d, Email, "s", "a", "b", "c")
		s := acts{}.sender(d, Email)
		r := s.begin(ctx)
		c, err := s.claim(ctx, 10, r.trying())
		if err != nil || len(c.items) != 1 {
			t.Fatal(c, err)
		}
		r.take(c)
		r.without = r.trying()
		if c, err = s.claim(ctx, 10, r.without); err != nil || len(c.items) != 0 {
			t.Errorf("%d more are claimed while one tries, %v", len(c.items), err)
		}
		if r.take(c); !r.idle {
			t.Error("it looks again and again while one tries")
		}
		for _, it := range <-r.made {
			r.enqueue(it)
		}
		r.start()
		r.heard(<-r.sent)
		if r.idle {
			t.Error("the others wait although the channel works again")
		}
		r.keep()
		r.stored(<-r.kept)
		drained(t, s)
		for org, x := range became(t, d, "s") {
			if x.State != Delivered {
				t.Errorf("%s: %+v", org, x)
			}
		}
	})
}

// A kick that comes while a claim looks is not lost with what the claim did not find.
func TestKickWhileClaiming(t *testing.T) {
	r := (&Sender{DB: &db.DB{Clock: calendar.NewDriven(dbtest.Start)}}).begin(context.Background())
	r.claiming = true
	r.rouse()
	r.claiming = false
	if r.take(claim{}); r.idle {
		t.Error("nobody looks for what the kick was about")
	}
	if r.take(claim{}); !r.idle {
		t.Error("it looks for ever")
	}
}

// A message that cannot have ended when its lease does is not begun: another node would send it at the same time.
func TestNothingIsBegunAtTheEndOfALease(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		sent := 0
		a := acts{send: func(context.Context, string, Message) (int, error) {
			if sent++; sent == 1 {
				clock.Advance(3*time.Minute - patience/2)
			}
			return 200, nil
		}}
		s := a.sender(d, "webhook")
		s.Parallel = 1
		puts(t, d, "webhook", "s", "a", "b")
		if drained(t, s); sent != 1 {
			t.Errorf("%d were sent", sent)
		}
		clock.Advance(patience)
		if drained(t, s); sent != 2 {
			t.Errorf("%d were sent after the lease", sent)
		}
	})
}

// A message is given up for its age only while its destination is left alone.
func TestGivenUpOnlyWhileLeftAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		fails := true
		a := acts{send: func(context.Context, string, Message) (int, error) {
			if fails {
				return 503, errors.New("not now")
			}
			return 200, nil
		}}
		s := a.sender(d, "webhook")
		puts(t, d, "webhook", "s", "a")
		drained(t, s) // one failure
		puts(t, d, "webhook", "t", "a", "b", "c")
		clock.Advance(giveUp + time.Hour)
		fails, s.Rate = false, 1
		drained(t, s)
		for _, x := range became(t, d, "t") {
			if x.State == Failed {
				t.Errorf("%+v", x)
			}
		}
		fails, s.Rate, s.Parallel = true, 0, 1
		for i := range 40 {
			puts(t, d, "webhook", "u", fmt.Sprintf("org%d", i))
		}
		for range int(giveUp / (6 * time.Hour)) {
			drained(t, s)
			clock.Advance(6 * time.Hour)
		}
		for _, x := range became(t, d, "u") {
			if x.Why.Code == Silent {
				t.Errorf("given up too soon: %+v", x)
			}
		}
		for range 2 { // one message tries it, and the others are put off once more
			clock.Advance(time.Hour)
			drained(t, s)
		}
		var silent int
		for _, x := range became(t, d, "u") {
			if x.State == Failed && x.Why.Code == Silent && !x.Why.Since.IsZero() {
				silent++
			} else if x.State == Queued && x.Attempts == 0 {
				t.Errorf("it waits for ever: %+v", x)
			}
		}
		if silent == 0 {
			t.Error("none was given up")
		}
	})
}

// Messages that are old because the platform was away are not given up when a destination fails for a moment or asks for a
// pause: it is not its silence that they have waited for.
func TestOldMessagesAreNotGivenUpAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		answer := func() (int, error) { return 503, errors.New("not now") }
		a := acts{send: func(context.Context, string, Message) (int, error) { return answer() }}
		s := a.sender(d, "webhook")
		s.Parallel = 1
		for i := range 12 {
			puts(t, d, "webhook", "s", fmt.Sprintf("org%d", i))
		}
		clock.Advance(2 * giveUp)
		drained(t, s)
		answer = func() (int, error) { return 429, Later{Err: errors.New("too many"), After: time.Hour} }
		clock.Advance(time.Hour)
		drained(t, s)
		for org, x := range became(t, d, "s") {
			if x.State != Queued {
				t.Errorf("%s: %+v", org, x)
			}
		}
	})
}
