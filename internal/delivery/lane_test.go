// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
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
		c, err := s.claim(ctx, 10)
		if err != nil || len(c.items) != 1 || len(c.lanes) != 1 {
			t.Fatal(c, err)
		}
		early, err := s.claim(ctx, 10)
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
		now, err := s.claim(ctx, 10)
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
