// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
)

// What arrives while a transaction runs shares the next one; who fails, panics or has gone harms nobody else.
func TestGroup(t *testing.T) {
	for name, bad := range map[string]func(i int) bool{
		"all good": func(int) bool { return false },
		"one bad":  func(i int) bool { return i == 7 },
		"many bad": func(i int) bool { return i%3 == 1 },
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) { crowd(t, d, bad) })
		})
	}
}

func crowd(t *testing.T, d *db.DB, bad func(int) bool) {
	const n = 40
	var g db.Group[int]
	var mu sync.Mutex
	var sizes []int
	hooks := 0
	first, hold := make(chan struct{}), make(chan struct{})
	wanted := func(i int) error { return fmt.Errorf("item %d", i) }
	gone, leave := context.WithCancel(context.Background())
	run := func(ctx context.Context, tx *db.Tx, items []int) error {
		mu.Lock()
		sizes = append(sizes, len(items))
		mu.Unlock()
		tx.OnCommit(func() { mu.Lock(); hooks += len(items); mu.Unlock() })
		last, err := db.Take(ctx, tx, "taken", len(items))
		if err != nil {
			return err
		}
		var rows [][]any
		for k, i := range items {
			switch {
			case i == 0: // holds the turn until all others wait
				close(first)
				<-hold
			case bad(i) && i%2 == 1:
				panic(wanted(i))
			case bad(i):
				return wanted(i)
			}
			rows = append(rows, []any{fmt.Sprint("item/", i), last - int64(len(items)-1-k)})
		}
		return db.Bulk(ctx, tx, "series (name, n)", "", rows)
	}
	var wg sync.WaitGroup
	do := func(ctx context.Context, i int) {
		defer func() {
			if r := recover(); (r != nil) != (bad(i) && i%2 == 1) || r != nil && r.(error).Error() != wanted(i).Error() {
				t.Errorf("item %d: panic %v", i, r)
			}
		}()
		err := g.Do(ctx, d, i, run)
		switch {
		case i == n:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("who had gone: %v", err)
			}
		case bad(i) != (err != nil), err != nil && err.Error() != wanted(i).Error():
			t.Errorf("item %d: %v", i, err)
		}
	}
	wg.Go(func() { do(context.Background(), 0) })
	<-first
	for i := 1; i < n; i++ {
		wg.Go(func() { do(context.Background(), i) })
	}
	wg.Go(func() { do(gone, n) })
	for g.Waiting() < n {
		runtime.Gosched()
	}
	leave()
	close(hold)
	wg.Wait()
	var want, numbers []int64
	err := d.View(context.Background(), func(tx *db.Tx) (err error) {
		numbers, err = db.List(context.Background(), tx, db.Value[int64], `SELECT n FROM series WHERE name LIKE 'item/%' ORDER BY n`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if !bad(i) {
			want = append(want, int64(len(want)+1))
		}
	}
	if !slices.Equal(numbers, want) || hooks != len(want) {
		t.Errorf("numbers %v, want %v; hooks ran for %d", numbers, want, hooks)
	}
	if slices.Max(sizes) != db.GroupMost {
		t.Errorf("transactions had %v items; want the fullest to have %d", sizes, db.GroupMost)
	}
}
