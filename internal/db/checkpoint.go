// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import (
	"context"
	"database/sql"
	"os"
	"time"
)

// SQLite writes a transaction to its log (WAL) and copies the log into the database file later: a checkpoint. Left to
// itself it makes one within the commit that fills the log, and whoever commits waits for two more writes to the disk. Here
// it is made beside the writer, who waits only when the log has become long because there was no pause in writing.
const (
	logShort   = 4 << 20   // bytes of the log from which on it is copied
	logLong    = 64 << 20  // from which on the writer takes its turn to copy it: it came in again and again while it was copied
	logLongest = 128 << 20 // from which on the writer copies it within its commit
	logLook    = 250 * time.Millisecond
)

// A checkpointer copies the log of an SQLite database while it is open.
type checkpointer struct {
	own, writer *sql.DB
	log         string // path of the log
	cancel      context.CancelFunc
	stopped     chan struct{}
}

func startCheckpoints(own, writer *sql.DB, path string) *checkpointer {
	ctx, cancel := context.WithCancel(context.Background())
	c := &checkpointer{own, writer, path + "-wal", cancel, make(chan struct{})}
	go c.run(ctx)
	return c
}

func (c *checkpointer) run(ctx context.Context) {
	defer close(c.stopped)
	tick := time.NewTicker(logLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		f, err := os.Stat(c.log)
		if err != nil || f.Size() <= logShort {
			continue
		}
		pool := c.own
		if f.Size() > logLong {
			pool = c.writer
		}
		// It waits for nobody. What it cannot copy yet, because somebody reads an older state, the next one does.
		pool.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)") //nolint:errcheck // the log keeps what is not copied
	}
}

func (c *checkpointer) stop() error {
	c.cancel()
	<-c.stopped
	return c.own.Close()
}
