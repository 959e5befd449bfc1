// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// schedule is when a delivery is tried: the waits that Standard Webhooks 1.0.0 recommends, about 75 hours in all.
var schedule = []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

const (
	claimSize = 500              // at most, in one round
	patience  = 20 * time.Second // with one destination
)

// A Sender sends what is due. Several nodes may run one each.
type Sender struct {
	DB       *db.DB
	Channels map[string]Channel
	Purposes map[string]Purpose
	Parallel int           // messages under way at once; 0 means 64
	Lease    time.Duration // a claimed row belongs to its node for this long, then to whoever comes; 0 means 3 minutes
	kick     chan struct{}
	once     sync.Once
}

type outcome struct {
	d      Delivery
	at     time.Time
	status int
	took   time.Duration
	err    error
}

// Kick asks for a round soon; it is meant for Tx.OnCommit.
func (s *Sender) Kick() {
	select {
	case s.kicks() <- struct{}{}:
	default:
	}
}

func (s *Sender) kicks() chan struct{} {
	s.once.Do(func() { s.kick = make(chan struct{}, 1) })
	return s.kick
}

// Run sends whenever it is kicked and once per tick, until ctx ends. failed hears of errors.
func (s *Sender) Run(ctx context.Context, tick time.Duration, failed func(error)) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.kicks():
		case <-t.C:
		}
		if _, err := s.Drain(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

// Drain sends until nothing is due, and returns how many messages it tried.
func (s *Sender) Drain(ctx context.Context) (n int, err error) {
	for {
		k, err := s.round(ctx)
		n += k
		if err != nil || k == 0 {
			return n, err
		}
	}
}

// round claims due deliveries, sends them side by side and records how it went.
func (s *Sender) round(ctx context.Context) (int, error) {
	due, err := s.claim(ctx)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	todo, done := make(chan Delivery), make(chan outcome, len(due))
	var wg sync.WaitGroup
	for range min(s.parallel(), len(due)) {
		wg.Go(func() {
			for d := range todo {
				done <- s.try(ctx, d)
			}
		})
	}
	go func() {
		for _, d := range due {
			todo <- d
		}
		close(todo)
		wg.Wait()
		close(done)
	}()
	var group []outcome
	var errs []error
	flush := func() {
		if len(group) > 0 {
			errs = append(errs, s.record(context.WithoutCancel(ctx), group))
			group = nil
		}
	}
	for o := range done {
		if group = append(group, o); len(group) == 100 {
			flush()
		}
	}
	flush()
	return len(due), errors.Join(errs...)
}

func (s *Sender) parallel() int {
	if s.Parallel == 0 {
		return 64
	}
	return s.Parallel
}

func (s *Sender) lease() time.Duration {
	if s.Lease == 0 {
		return 3 * time.Minute
	}
	return s.Lease
}

// share is how many rows a round claims: no more than it can have tried before its lease ends, even if every
// destination uses up our patience.
func (s *Sender) share() int {
	rounds := int(s.lease()/patience) - 1
	return min(claimSize, s.parallel()*max(rounds, 1))
}

func (s *Sender) claim(ctx context.Context) (due []Delivery, err error) {
	idle := true
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		ids, err := db.List(ctx, tx, db.Value[string], `SELECT id FROM delivery WHERE state = 'queued' AND next_at <= $1 LIMIT 1`, db.At(tx.Now))
		idle = len(ids) == 0
		return err
	})
	if err != nil || idle {
		return nil, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		ids, err := db.List(ctx, tx, db.Value[string], `SELECT id FROM delivery WHERE state = 'queued' AND next_at <= $1 ORDER BY next_at, id LIMIT $2`+tx.SkipLocked(),
			db.At(tx.Now), s.share())
		if err != nil || len(ids) == 0 {
			due = nil
			return err
		}
		var a db.Args
		query := `UPDATE delivery SET attempts = attempts + 1, next_at = ` + a.P(db.At(tx.Now.Add(s.lease()))) + ` WHERE id IN ` + db.In(&a, ids) + ` RETURNING ` + columns
		if due, err = db.List(ctx, tx, scan, query, a...); err != nil {
			return err
		}
		place := make(map[string]int, len(ids))
		for i, id := range ids {
			place[id] = i
		}
		slices.SortFunc(due, func(x, y Delivery) int { return place[x.ID] - place[y.ID] }) // what is due first is sent first
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return due, nil
}

func (s *Sender) try(ctx context.Context, d Delivery) outcome {
	o := outcome{d: d, at: s.DB.Clock.Now()}
	p, ok := s.Purposes[d.Purpose]
	c, ok2 := s.Channels[d.Channel]
	if !ok || !ok2 {
		o.err = Permanent{fmt.Errorf("no purpose %q or channel %q", d.Purpose, d.Channel)}
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m, err := p.Render(ctx, d)
	if err != nil {
		o.err = err
		return o
	}
	start := time.Now()
	o.status, o.err = c.Send(ctx, d.ID, o.at, m)
	o.took = time.Since(start)
	return o
}

// record ends or reschedules the deliveries of a group, in one transaction.
func (s *Sender) record(ctx context.Context, group []outcome) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		for _, o := range group {
			if err := s.recordOne(ctx, tx, o); err != nil {
				return fmt.Errorf("delivery %s: %w", o.d.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record deliveries: %w", err)
	}
	return nil
}

func (s *Sender) recordOne(ctx context.Context, tx *db.Tx, o outcome) error {
	d, word, detail := o.d, "delivered", ""
	d.State, d.DoneAt, d.NextAt = Delivered, tx.Now, time.Time{}
	var permanent Permanent
	switch {
	case o.err == nil:
	case errors.Is(o.err, ErrSuperseded):
		d.State, word = Superseded, "superseded"
	case errors.As(o.err, &permanent) || d.Attempts >= len(schedule):
		d.State, word, detail = Failed, "failed", clip(o.err.Error())
	default:
		wait := schedule[d.Attempts]
		wait += time.Duration(rand.Int64N(int64(wait)/10 + 1))
		d.State, word, detail = Queued, "retry", clip(o.err.Error())
		d.DoneAt, d.NextAt = time.Time{}, tx.Now.Add(wait)
	}
	d.LastError = detail
	n, err := tx.Exec(ctx, `UPDATE delivery SET state = $1, next_at = $2, last_error = $3, done_at = $4 WHERE id = $5 AND state = 'queued' AND attempts = $6`,
		d.State, db.At(d.NextAt), d.LastError, db.At(d.DoneAt), d.ID, d.Attempts)
	if err != nil || n == 0 { // another node took over after the lease, and its outcome counts
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO delivery_attempt (delivery_id, n, at, outcome, status, detail, ms) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
		d.ID, d.Attempts, db.At(o.at), word, o.status, detail, o.took.Milliseconds()); err != nil {
		return err
	}
	if d.State == Queued || d.State == Superseded {
		return nil
	}
	if p, ok := s.Purposes[d.Purpose]; ok {
		return p.Ended(ctx, tx, d)
	}
	return nil
}

// clip bounds what a remote side may write into our records.
func clip(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}
