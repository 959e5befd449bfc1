// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// far is the outside world: it remembers what reached it and answers as told.
type far struct {
	mu     sync.Mutex
	got    map[string]int
	answer func(id string) error
}

func (f *far) Send(_ context.Context, id string, _ time.Time, m delivery.Message) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got[id]++
	if f.answer == nil {
		return 200, nil
	}
	return 500, f.answer(id)
}

// purpose renders everything alike and remembers how deliveries ended.
type purpose struct {
	mu         sync.Mutex
	ended      map[string]delivery.State
	superseded bool
}

func (p *purpose) Render(context.Context, delivery.Delivery) (delivery.Message, error) {
	if p.superseded {
		return delivery.Message{}, delivery.ErrSuperseded
	}
	return delivery.Message{Type: "test.ping"}, nil
}

func (p *purpose) Ended(_ context.Context, _ *db.Tx, d delivery.Delivery) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended[d.ID] = d.State
	return nil
}

func setup(d *db.DB) (*delivery.Sender, *far, *purpose) {
	f, p := &far{got: map[string]int{}}, &purpose{ended: map[string]delivery.State{}}
	return &delivery.Sender{DB: d, Channels: map[string]delivery.Channel{"webhook": f}, Purposes: map[string]delivery.Purpose{"test": p}}, f, p
}

func queue(t *testing.T, d *db.DB, n int) {
	t.Helper()
	err := d.Tx(context.Background(), func(tx *db.Tx) error {
		var ds []delivery.Delivery
		for i := range n {
			ds = append(ds, delivery.Delivery{Purpose: "test", Subject: "s", OrgID: fmt.Sprintf("org%04d", i), Channel: "webhook"})
		}
		return delivery.Queue(context.Background(), tx, ds...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func only(t *testing.T, d *db.DB) (out delivery.Delivery, attempts []delivery.Attempt) {
	t.Helper()
	err := d.View(context.Background(), func(tx *db.Tx) error {
		ds, err := delivery.Of(context.Background(), tx, "test", "s")
		if err != nil {
			return err
		}
		out = ds[0]
		attempts, err = delivery.Attempts(context.Background(), tx, out.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, attempts
}

func drain(t *testing.T, s *delivery.Sender) int {
	t.Helper()
	n, err := s.Drain(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTwoNodesSendEachMessageOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		const n = 1200
		queue(t, d, n)
		queue(t, d, n) // queueing again changes nothing
		a, f, p := setup(d)
		b := &delivery.Sender{DB: d, Channels: a.Channels, Purposes: a.Purposes}
		var wg sync.WaitGroup
		for _, s := range []*delivery.Sender{a, b} {
			wg.Go(func() { drain(t, s) })
		}
		wg.Wait()
		if len(f.got) != n || len(p.ended) != n {
			t.Fatalf("%d arrived and %d ended, want %d", len(f.got), len(p.ended), n)
		}
		for id, times := range f.got {
			if times != 1 || p.ended[id] != delivery.Delivered {
				t.Fatalf("%s arrived %d times and ended %s", id, times, p.ended[id])
			}
		}
	})
}

func TestRetryByScheduleUntilFailedForGood(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		queue(t, d, 1)
		s, f, p := setup(d)
		f.answer = func(string) error { return errors.New("connection refused") }
		start := clock.Now()
		for drain(t, s) > 0 {
			got, _ := only(t, d)
			if got.State == delivery.Failed {
				break
			}
			if drain(t, s) != 0 {
				t.Fatal("tried before its time")
			}
			clock.Set(got.NextAt)
		}
		got, attempts := only(t, d)
		if got.State != delivery.Failed || got.Attempts != 10 || len(attempts) != 10 || p.ended[got.ID] != delivery.Failed {
			t.Fatalf("%+v, %d attempts recorded, ended %v", got, len(attempts), p.ended)
		}
		if took := clock.Now().Sub(start); took < 75*time.Hour || took > 84*time.Hour {
			t.Errorf("gave up after %v, want about 75 h and up to a tenth more", took)
		}
		if diff := cmp.Diff("connection refused", attempts[9].Why.Detail); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPermanentAndSuperseded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		queue(t, d, 1)
		s, f, p := setup(d)
		f.answer = func(string) error { return delivery.Permanent{Err: errors.New("410 gone")} }
		drain(t, s)
		if got, _ := only(t, d); got.State != delivery.Failed || got.Attempts != 1 {
			t.Errorf("after a refusal for good: %+v", got)
		}
		err := d.Tx(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(context.Background(), `UPDATE delivery SET state = 'queued', next_at = $1, attempts = 1`, db.At(tx.Now))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		p.superseded, p.ended = true, map[string]delivery.State{}
		drain(t, s)
		if got, _ := only(t, d); got.State != delivery.Superseded || len(p.ended) != 0 || f.got[got.ID] != 1 {
			t.Errorf("superseded: %+v, ended %v, sent %d times", got, p.ended, f.got[got.ID])
		}
	})
}

// A node that dies between claiming and recording leaves the message to the next one, after the lease.
func TestClaimOfADeadNodeIsTakenOver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		queue(t, d, 1)
		s, f, _ := setup(d)
		ctx, cancel := context.WithCancel(context.Background())
		block := make(chan struct{})
		dead := &delivery.Sender{DB: d, Purposes: s.Purposes, Channels: map[string]delivery.Channel{"webhook": stuck{block, cancel, ctx}}}
		go dead.Drain(ctx) //nolint:errcheck // it dies
		<-ctx.Done()
		if n := drain(t, s); n != 0 {
			t.Fatalf("took over %d at once, before the lease ended", n)
		}
		clock.Advance(3 * time.Minute)
		if n := drain(t, s); n != 1 || len(f.got) != 1 {
			t.Fatalf("after the lease: tried %d, arrived %d", n, len(f.got))
		}
		close(block) // the dead node's late outcome must not count
		got, attempts := only(t, d)
		if got.State != delivery.Delivered || got.Attempts != 2 || len(attempts) != 1 {
			t.Fatalf("%+v with %d attempts", got, len(attempts))
		}
	})
}

// stuck dies when it begins to send: it does not end, and claims no more.
type stuck struct {
	block chan struct{}
	begun func()
	alive context.Context
}

func (s stuck) Ready() error { return s.alive.Err() }

func (s stuck) Send(context.Context, string, time.Time, delivery.Message) (int, error) {
	s.begun()
	<-s.block
	return 0, errors.New("dead")
}
