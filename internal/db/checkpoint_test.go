// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db_test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
)

// written is a database of SQLite whose log holds n transactions of a mebibyte each.
func written(t *testing.T, n int) (d *db.DB, size func() int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fengsui.db")
	d, err := db.Open(t.Context(), path, calendar.System{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() }) //nolint:errcheck // closed before, where it matters
	grow(t, d, n)
	return d, func() int64 {
		f, err := os.Stat(path + "-wal")
		if err != nil {
			return 0
		}
		return f.Size()
	}
}

func grow(t *testing.T, d *db.DB, n int) {
	t.Helper()
	if _, err := d.Writer().ExecContext(t.Context(), `CREATE TABLE IF NOT EXISTS big (b BLOB)`); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1<<20)
	rand.Read(b) //nolint:errcheck // never fails
	for range n {
		if _, err := d.Writer().ExecContext(t.Context(), `INSERT INTO big VALUES (?)`, b); err != nil {
			t.Fatal(err)
		}
	}
}

// until waits for something that comes by itself.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// The log of an SQLite database is copied without anybody's asking, and becomes short again.
func TestTheLogIsCopied(t *testing.T) {
	d, size := written(t, 12)
	until(t, "the log stays long", func() bool {
		if _, err := d.Writer().ExecContext(t.Context(), `INSERT INTO big VALUES (x'00')`); err != nil {
			t.Fatal(err)
		}
		return size() <= 4<<20
	})
}

// Whoever writes without a pause does not make the log longer and longer.
func TestTheLogOfWhoeverWritesOnStaysBounded(t *testing.T) {
	d, size := written(t, 0)
	most := int64(0)
	for range 300 {
		grow(t, d, 1)
		most = max(most, size())
	}
	if most > 160<<20 {
		t.Errorf("the log was %d MiB long", most>>20)
	}
}

// Somebody who reads an old state keeps the log long, and keeps nobody from writing.
func TestAReaderHoldsNobodyUp(t *testing.T) {
	d, size := written(t, 2)
	reads, done := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- d.View(context.Background(), func(tx *db.Tx) error {
			n, err := db.Get(t.Context(), tx, db.Value[int], `SELECT count(*) FROM big`)
			close(reads)
			<-done
			again, err2 := db.Get(t.Context(), tx, db.Value[int], `SELECT count(*) FROM big`)
			if n != 2 || again != 2 {
				t.Errorf("the reader sees %d and then %d", n, again)
			}
			if err == nil {
				err = err2
			}
			return err
		})
	}()
	<-reads
	grow(t, d, 100)
	if size() < 64<<20 {
		t.Errorf("the log is %d MiB long, although somebody reads what was before it", size()>>20)
	}
	close(done)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	until(t, "the log stays long", func() bool {
		if _, err := d.Writer().ExecContext(t.Context(), `INSERT INTO big VALUES (x'00')`); err != nil {
			t.Fatal(err)
		}
		return size() <= 4<<20
	})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if size() != 0 {
		t.Error("a log is left behind")
	}
}
