// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"context"
	"sync"
	"testing"

	"github.com/fengsui/fengsui/internal/db"
)

// A Ledger is a journal of rows in memory.
type Ledger struct {
	mu   sync.Mutex
	n    int
	rows map[string]map[string]word
}

type word struct {
	n int
	db.Digest
	gone bool
}

// Keep makes d hand the rows that it changes to a ledger that begins with the rows that are there.
func Keep(t testing.TB, d *db.DB) *Ledger {
	t.Helper()
	l := &Ledger{rows: map[string]map[string]word{}}
	d.KeepRows(l.keep)
	err := d.Tx(context.Background(), func(tx *db.Tx) error {
		for _, table := range db.Watched() {
			if err := tx.Baseline(context.Background(), table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// keep takes notice when the transaction has been committed. It is numbered before: while its rows are locked.
func (l *Ledger) keep(_ context.Context, tx *db.Tx, packs []db.Pack, _ bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	n := l.n
	tx.OnCommit(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, p := range packs {
			_ = p.Each(func(x db.Item) error { // what the platform has written, it can read
				if x.What == db.Restart || l.rows[x.Table] == nil {
					l.rows[x.Table] = map[string]word{}
				}
				if x.What != db.Restart && l.rows[x.Table][string(x.Key)].n <= n {
					l.rows[x.Table][string(x.Key)] = word{n, x.Digest, x.What == db.Gone}
				}
				return nil
			})
		}
	})
	return nil
}

// Check says of every row that is not what the ledger says.
func (l *Ledger) Check(t testing.TB, d *db.DB) {
	t.Helper()
	err := d.View(context.Background(), func(tx *db.Tx) error {
		for _, table := range db.Watched() {
			left := map[string]word{}
			for key, w := range l.rows[table.Name] {
				if !w.gone {
					left[key] = w
				}
			}
			err := table.Each(context.Background(), tx, func(what db.What, key []byte, sum db.Digest, _ int) error {
				w, ok := left[string(key)]
				if loose := what == db.Together && sum == (db.Digest{}); !loose && (!ok || w.Digest != sum) {
					t.Errorf("row %s of table %s was written past the journal of rows, which db.Tx and db.Bulk keep", table.KeyText(key), table.Name)
				}
				delete(left, string(key))
				return nil
			})
			if err != nil {
				return err
			}
			for key := range left {
				t.Errorf("row %s of table %s was removed past the journal of rows", table.KeyText([]byte(key)), table.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Log(err) // the test has closed the database
	}
}
