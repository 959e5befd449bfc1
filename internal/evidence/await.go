// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// Waits before the database is asked whether the entry is in the tree: another node may have integrated it.
const (
	firstWait   = 20 * time.Millisecond
	longestWait = 160 * time.Millisecond
)

// recent remembers which entries this node integrated last, for those who ask a moment too late to be told.
type recent struct {
	ring [2 * batch]string
	at   int
	has  map[string]bool
}

func (r *recent) add(id string) {
	if r.has == nil {
		r.has = make(map[string]bool, len(r.ring))
	}
	delete(r.has, r.ring[r.at])
	r.ring[r.at], r.has[id] = id, true
	r.at = (r.at + 1) % len(r.ring)
}

// integrated tells those who wait that the entries are in the tree.
func (l *Log) integrated(ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		l.recent.add(id)
		for _, w := range l.waits[id] {
			close(w)
		}
		delete(l.waits, id)
	}
}

// Await waits until the entry is in the tree, at most for patience, and reports whether it is. When this node
// integrates it, nothing is asked of the database.
func (l *Log) Await(ctx context.Context, id string, patience time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	here := l.wait(id)
	defer l.leave(id, here)
	for pause := firstWait; ; pause = min(2*pause, longestWait) {
		select {
		case <-here:
			return true, nil
		case <-time.After(pause):
		case <-ctx.Done():
			return false, nil
		}
		done, err := l.has(ctx, id)
		if done || (err != nil && ctx.Err() == nil) {
			return done, err
		}
		l.Kick()
	}
}

// wait returns a channel that is closed when this node has integrated the entry; it may be already.
func (l *Log) wait(id string) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := make(chan struct{})
	if l.recent.has[id] {
		close(w)
		return w
	}
	l.waits[id] = append(l.waits[id], w)
	return w
}

// leave forgets who waits no longer.
func (l *Log) leave(id string, w chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waits[id] = slices.DeleteFunc(l.waits[id], func(x chan struct{}) bool { return x == w }); len(l.waits[id]) == 0 {
		delete(l.waits, id)
	}
}

func (l *Log) has(ctx context.Context, id string) (ok bool, err error) {
	err = l.DB.View(ctx, func(tx *db.Tx) error {
		n, err := db.Get(ctx, tx, db.Value[int64], `SELECT count(*) FROM evidence WHERE id = $1 AND seq IS NOT NULL`, id)
		ok = n > 0
		return err
	})
	return ok, err
}
