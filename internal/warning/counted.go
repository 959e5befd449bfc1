// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// counted keeps what has been counted of warnings to many units, so that a board that many people watch is not counted
// for each of them. What is quickly counted is never kept.
type counted struct {
	mu  sync.Mutex
	set map[countedKey]*count1
}

type countedKey struct {
	id       string
	revision int
}

// count1 is one count. What costs more to count is kept longer.
type count1 struct {
	Coverage
	at   time.Time // by the clock of the machine: it is about work, not about the platform's day
	took time.Duration
	busy bool // somebody counts anew
}

const (
	many      = 5000 // recipients from which a count is kept
	keptTimes = 20   // how often as long as counting took a count is good: counting takes a twentieth of a processor at most
	keptLong  = 10 * time.Minute
	keptCount = 8 // warnings whose counts are kept
)

// of is a count of a revision: a fresh one, or one that is kept. One that is past its time is given once more, while it is
// counted anew.
func (k *counted) of(ctx context.Context, s *Service, tx *db.Tx, id string, revision int) (Coverage, error) {
	key := countedKey{id, revision}
	k.mu.Lock()
	old := k.set[key]
	if old != nil && time.Since(old.at) < keptLong {
		c := old.Coverage
		if time.Since(old.at) > keptTimes*old.took && !old.busy {
			old.busy = true
			go k.again(s, key, old)
		}
		k.mu.Unlock()
		return c, nil
	}
	k.mu.Unlock()
	start := time.Now()
	c, err := coverage(ctx, tx, id, revision)
	if err == nil {
		k.keep(key, c, time.Since(start))
	}
	return c, err
}

func (k *counted) again(s *Service, key countedKey, old *count1) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	start := time.Now()
	var c Coverage
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		c, err = coverage(ctx, tx, key.id, key.revision)
		return err
	})
	if err != nil { // the next who looks tries again, and is told what is wrong once the count is too old
		k.mu.Lock()
		old.busy = false
		k.mu.Unlock()
		return
	}
	k.keep(key, c, time.Since(start))
}

func (k *counted) keep(key countedKey, c Coverage, took time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c.Recipients < many {
		delete(k.set, key)
		return
	}
	if k.set == nil {
		k.set = map[countedKey]*count1{}
	}
	k.set[key] = &count1{Coverage: c, at: time.Now(), took: took}
	for len(k.set) > keptCount {
		oldest := key
		for x, c := range k.set {
			if c.at.Before(k.set[oldest].at) {
				oldest = x
			}
		}
		delete(k.set, oldest)
	}
}
