// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Limits of a group's transaction: its items wait for each other, so it is kept short.
const (
	groupMost = 16
	groupLong = 10 * time.Second
)

// errAlone tells an item that the transaction it shared left nothing, so that it runs again by itself.
var errAlone = errors.New("run alone")

// A Group is a write that many ask for at once and that would wait for itself anyway, on a row that every transaction
// of it locks: what arrives while one transaction runs shares the next, its statements and its commit. The zero value
// is ready.
type Group[T any] struct {
	mu      sync.Mutex
	running bool
	waiting []*part[T]
}

// A part is one caller's share of a transaction.
type part[T any] struct {
	ctx  context.Context
	item T
	turn chan []*part[T] // what to run, this part first, when it falls to its caller
	done chan error
}

// Do runs run in a write transaction of d with item, and perhaps other callers' items, and returns when it is committed.
// All callers give the same run, which is as DB.Tx asks. When it fails for several items, the transaction is rolled
// back and each item runs again alone, so that nobody fails for another's reason.
func (g *Group[T]) Do(ctx context.Context, d *DB, item T, run func(context.Context, *Tx, []T) error) error {
	p := &part[T]{ctx: ctx, item: item, turn: make(chan []*part[T], 1), done: make(chan error, 1)}
	alone := func() error { return d.Tx(ctx, func(tx *Tx) error { return run(ctx, tx, []T{item}) }) }
	g.join(p)
	var err error
	select {
	case parts := <-p.turn:
		err = g.lead(d, parts, alone, run)
	case err = <-p.done:
	}
	if errors.Is(err, errAlone) {
		return alone()
	}
	return err
}

// join queues p, and gives it the turn when nobody has it.
func (g *Group[T]) join(p *part[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, p)
	if !g.running {
		g.next()
	}
}

// pass ends a turn.
func (g *Group[T]) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next()
}

// next gives the turn to the first of those who wait, if anybody does. The caller holds the lock.
func (g *Group[T]) next() {
	n := min(len(g.waiting), groupMost)
	if g.running = n > 0; g.running {
		g.waiting[0].turn <- g.waiting[:n:n]
		g.waiting = slices.Clone(g.waiting[n:])
	}
}

// lead runs parts, of which the first is the caller's, tells the others how it ended, and returns it.
func (g *Group[T]) lead(d *DB, parts []*part[T], alone func() error, run func(context.Context, *Tx, []T) error) error {
	defer g.pass()
	if len(parts) == 1 {
		return alone()
	}
	err := share(d, parts, run)
	for _, p := range parts[1:] {
		p.done <- err
	}
	return err
}

// share runs parts in one transaction, which one caller's impatience does not end. It returns errAlone when that surely
// left nothing.
func share[T any](d *DB, parts []*part[T], run func(context.Context, *Tx, []T) error) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(parts[0].ctx), groupLong)
	defer cancel()
	items := make([]T, len(parts))
	for i, p := range parts {
		if items[i] = p.item; p.ctx.Err() != nil {
			return errAlone
		}
	}
	ran := false // then only the commit can fail, and its error need not mean that it did not happen
	defer func() {
		if r := recover(); r != nil { // it will panic again, in the goroutine that it belongs to
			err = errAlone
		}
	}()
	err = d.once(ctx, d.w, nil, func(tx *Tx) error {
		err := run(ctx, tx, items)
		ran = err == nil
		return err
	})
	if err != nil && (!ran || again(err)) {
		return errAlone
	}
	return err
}
