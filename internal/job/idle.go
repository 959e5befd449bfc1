// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// finished remembers the jobs that this node finished last. The database hears of them in batches, up to a quarter of a
// second later; whoever waits for the work need not wait for the book-keeping.
type finished struct {
	mu  sync.Mutex
	ids [512]int64
	n   int
}

func (f *finished) add(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ids[f.n%len(f.ids)] = id
	f.n++
}

// known are the jobs that have finished by now.
func (f *finished) known() map[int64]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := make(map[int64]bool, len(f.ids))
	for _, id := range f.ids {
		known[id] = true
	}
	return known
}

// Idle waits until no step waits or runs: for tests and for the replay, which moves the clock between steps.
func (q *Queue) Idle(ctx context.Context) error {
	for {
		// first what has finished, then what is open: a job that finishes in between has left its successors there
		known := q.finished.known()
		var open []int64
		err := q.db.View(ctx, func(tx *db.Tx) (err error) {
			open, err = db.List(ctx, tx, db.Value[int64], `SELECT id FROM river_job WHERE CAST(state AS TEXT) NOT IN ('completed', 'discarded', 'cancelled')`)
			return err
		})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(open, func(id int64) bool { return !known[id] }) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %d jobs: %w", len(open), ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}
