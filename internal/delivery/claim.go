// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// A claim is what a node has taken: nobody else sends it until its lease ends.
type claim struct {
	number int64 // of this node's
	items  []*item
	lanes  []*lane // as stored
	err    error
}

// A claimed batch. left and until belong to the one that records.
type claimed struct {
	batch
	left  int       // of those claimed, how many have not been recorded
	until time.Time // of those recorded, the earliest time to which one was put off
}

// claim takes up to about n messages that are due, of channels that can send, but for some. Of a channel that is tried by one
// message only it takes one, or one batch.
func (s *Sender) claim(ctx context.Context, n int, without []string) (c claim, err error) {
	var closed, half []string
	idle, over := true, false
	look := func(tx *db.Tx) (err error) {
		c.lanes, err = db.List(ctx, tx, scanLane, `SELECT `+laneColumns+` FROM delivery_lane`)
		return err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if err := look(tx); err != nil {
			return err
		}
		over = slices.ContainsFunc(c.lanes, func(l *lane) bool { return l.over(tx.Now) })
		closed, half = s.shut(c.lanes, without, tx.Now)
		var a db.Args
		due := ` WHERE state = 'queued' AND next_at <= ` + a.P(db.At(tx.Now)) + but(&a, closed)
		some, err := db.List(ctx, tx, db.Value[int], `SELECT 1 WHERE EXISTS (SELECT 1 FROM delivery`+due+`) OR EXISTS (SELECT 1 FROM delivery_batch`+due+`)`, a...)
		idle = len(some) == 0
		return err
	})
	if err != nil || idle && !over {
		return c, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		c.items = nil
		if over {
			if _, err := tx.Exec(ctx, `DELETE FROM delivery_lane WHERE opened = 0 AND open_until <= $1`, db.At(tx.Now)); err != nil {
				return err
			}
		}
		if idle {
			return nil
		}
		var a db.Args
		open := ` AND next_at <= ` + a.P(db.At(tx.Now)) + but(&a, append(closed, half...))
		bs, err := s.claimBatches(ctx, tx, open, a, max(n/2/batchSize, 1))
		if err != nil {
			return err
		}
		rows, err := s.claimRows(ctx, tx, open, a, max(n-len(bs), 1))
		if err != nil {
			return err
		}
		c.items = append(rows, bs...)
		for _, channel := range half {
			a := db.Args{db.At(tx.Now), channel}
			open := ` AND next_at <= $1 AND channel = $2`
			one, err := s.claimRows(ctx, tx, open, a, 1)
			if err == nil && len(one) == 0 {
				one, err = s.claimBatches(ctx, tx, open, a, 1)
			}
			if err != nil {
				return err
			}
			c.items = append(c.items, one...)
		}
		slices.SortStableFunc(c.items, func(x, y *item) int { return x.d.NextAt.Compare(y.d.NextAt) })
		return look(tx) // once more: what staff has sent once more is not held against what its address said before
	})
	if err != nil {
		return claim{}, fmt.Errorf("claim deliveries: %w", err)
	}
	return c, nil
}

// shut are the channels that cannot send now, or of which nothing is wanted, and those that one message may try.
func (s *Sender) shut(ls []*lane, without []string, now time.Time) (closed, half []string) {
	for name := range s.Channels {
		if slices.Contains(without, name) || s.ready(name) != nil {
			closed = append(closed, name)
		}
	}
	for _, l := range ls {
		if _, ok := s.Channels[l.name]; !ok || slices.Contains(closed, l.name) {
			continue
		}
		if l.open.After(now) {
			closed = append(closed, l.name)
		} else {
			half = append(half, l.name)
		}
	}
	slices.Sort(closed)
	slices.Sort(half)
	return closed, half
}

func but(a *db.Args, channels []string) string {
	if len(channels) == 0 {
		return ""
	}
	return ` AND channel NOT IN ` + db.In(a, channels)
}

// claimRows claims rows, what is due first before the rest. Their NextAt stays what it was.
func (s *Sender) claimRows(ctx context.Context, tx *db.Tx, open string, a db.Args, n int) ([]*item, error) {
	a = slices.Clone(a)
	type row struct {
		id string
		at db.Time
	}
	due, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.id, &x.at) },
		`SELECT id, next_at FROM delivery WHERE state = 'queued'`+open+` ORDER BY next_at, id LIMIT `+a.P(n)+tx.SkipLocked(), a...)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	lease := tx.Now.Add(s.lease())
	got := make(map[string]Delivery, len(due))
	for part := range slices.Chunk(due, 390) {
		ids := make([]string, len(part))
		for i, x := range part {
			ids[i] = x.id
		}
		var a db.Args
		ds, err := db.List(ctx, tx, scan, `UPDATE delivery SET attempts = attempts + 1, next_at = `+a.P(db.At(lease))+` WHERE id IN `+db.In(&a, ids)+` RETURNING `+columns, a...)
		if err != nil {
			return nil, err
		}
		for _, d := range ds {
			got[d.ID] = d
		}
	}
	out := make([]*item, 0, len(due))
	for _, x := range due {
		if d, ok := got[x.id]; ok {
			d.NextAt = x.at.Time
			out = append(out, &item{d: d, lease: lease})
		}
	}
	return out, nil
}

// claimBatches claims up to n batches, and returns what of them has no row yet.
func (s *Sender) claimBatches(ctx context.Context, tx *db.Tx, open string, a db.Args, n int) (out []*item, err error) {
	a = slices.Clone(a)
	type row struct {
		id string
		at db.Time
	}
	due, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.id, &x.at) },
		`SELECT id, next_at FROM delivery_batch WHERE state = 'queued'`+open+` ORDER BY next_at, id LIMIT `+a.P(n)+tx.SkipLocked(), a...)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	lease := tx.Now.Add(s.lease())
	for _, x := range due {
		b, err := db.Get(ctx, tx, scanBatch, `UPDATE delivery_batch SET claims = claims + 1, next_at = $1 WHERE id = $2 RETURNING `+batchColumns, db.At(lease), x.id)
		if err != nil {
			return nil, err
		}
		all := b.deliveries()
		have := map[string]bool{}
		if b.waiting < len(all) || b.claims > 1 {
			for part := range slices.Chunk(all, 400) {
				var a db.Args
				ids := make([]string, len(part))
				for i, d := range part {
					ids[i] = d.ID
				}
				had, err := db.List(ctx, tx, db.Value[string], `SELECT id FROM delivery WHERE id IN `+db.In(&a, ids), a...)
				if err != nil {
					return nil, err
				}
				for _, id := range had {
					have[id] = true
				}
			}
		}
		c := &claimed{batch: b}
		for _, d := range all {
			if have[d.ID] {
				continue
			}
			d.Attempts, d.NextAt = 1, x.at.Time
			c.left++
			out = append(out, &item{d: d, b: c, lease: lease})
		}
		switch c.left {
		case b.waiting:
		case 0: // each has its row
			_, err = tx.Exec(ctx, `DELETE FROM delivery_batch WHERE id = $1`, b.id)
		default:
			_, err = tx.Exec(ctx, `UPDATE delivery_batch SET waiting = $1 WHERE id = $2`, c.left, b.id)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
