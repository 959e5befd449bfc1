// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// schedule is when a delivery is tried: the waits that Standard Webhooks 1.0.0 recommends, about 75 hours in all.
var schedule = []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

const (
	patience  = 20 * time.Second // with one destination
	holds     = 4096             // messages that a node has in memory, at most
	stale     = 5 * time.Second  // a message that has waited here so long is made anew
	groupMost = 512              // outcomes that are recorded in one transaction
	groupFew  = 64
	groupWait = 5 * time.Millisecond
	look      = 250 * time.Millisecond // for what has fallen due while others are under way
)

// A Sender sends what is due. Several nodes may run one each.
type Sender struct {
	DB       *db.DB
	Channels map[string]Channel
	Purposes map[string]Purpose
	Parallel int           // messages under way at once; 0 means 256
	PerLane  int           // to one destination; 0 means 64
	Rate     float64       // messages a second to one destination; 0 means as many as it takes
	Lease    time.Duration // a claimed row belongs to its node for this long, then to whoever comes; 0 means 3 minutes
	Grace    time.Duration // when the node is stopped, what is under way may take this long; 0 means 3 seconds

	kick    chan struct{}
	once    sync.Once
	drain   sync.Mutex
	lanes   map[string]*lane
	changed map[*lane]bool // what has been heard of them is to be stored
	gone    map[string]*lane
	late    []outcome // could not be recorded
	claims  int64     // so far
	trouble func(error)
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
	s.drain.Lock()
	s.trouble = failed
	s.drain.Unlock()
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		if _, err := s.Drain(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.kicks():
		case <-t.C:
		}
	}
}

// Drain sends until nothing is due and nothing under way, and returns how many messages it tried.
func (s *Sender) Drain(ctx context.Context) (int, error) {
	s.drain.Lock()
	defer s.drain.Unlock()
	r := s.begin(ctx)
	err := r.loop()
	return r.tried, err
}

func (s *Sender) parallel() int {
	if s.Parallel == 0 {
		return 256
	}
	return s.Parallel
}

func (s *Sender) perLane() int {
	if s.PerLane == 0 {
		return min(64, s.parallel())
	}
	return s.PerLane
}

func (s *Sender) lease() time.Duration {
	if s.Lease == 0 {
		return 3 * time.Minute
	}
	return s.Lease
}

func (s *Sender) grace() time.Duration {
	if s.Grace == 0 {
		return 3 * time.Second
	}
	return s.Grace
}

// share is how many messages this node holds at once: no more than it can have tried before their lease ends, even if every
// destination uses up our patience.
func (s *Sender) share() int {
	rounds := int(s.lease()/patience) - 1
	return min(holds, s.parallel()*min(max(rounds, 1), 16))
}

// ready says why a channel cannot send at all, if so.
func (s *Sender) ready(channel string) error {
	if r, ok := s.Channels[channel].(Readier); ok {
		return r.Ready()
	}
	return nil
}
