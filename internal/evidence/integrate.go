// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/fengsui/fengsui/internal/db"
)

// batch bounds how many entries one integration takes.
const batch = 2000

// Integrate takes pending entries into the tree, in the order of their ids, and signs a new checkpoint. It returns
// their number. Only one transaction integrates at a time; others wait for it.
func (l *Log) Integrate(ctx context.Context) (n int, err error) {
	if idle, err := l.idle(ctx); idle || err != nil {
		return 0, err
	}
	var ids []string
	err = l.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		size, _, err := head(ctx, tx)
		if err != nil {
			return err
		}
		var leaves [][]byte
		if ids, leaves, err = pending(ctx, tx); err != nil || len(ids) == 0 {
			return err
		}
		return l.extend(ctx, tx, size, ids, leaves)
	})
	if err != nil {
		return 0, fmt.Errorf("integrate evidence: %w", err)
	}
	l.integrated(ids)
	if len(ids) == batch {
		l.Kick()
	}
	return len(ids), nil
}

// lock makes the transaction the only one that integrates: the counter's row is the lock.
func lock(ctx context.Context, tx *db.Tx) error {
	_, err := db.List(ctx, tx, db.Value[int64], `SELECT n FROM series WHERE name = 'evidence'`+tx.ForUpdate())
	return err
}

// idle reports, without taking the writer's turn, that nothing is pending.
func (l *Log) idle(ctx context.Context) (idle bool, err error) {
	err = l.DB.View(ctx, func(tx *db.Tx) error {
		ids, err := db.List(ctx, tx, db.Value[string], `SELECT id FROM evidence WHERE seq IS NULL LIMIT 1`)
		idle = len(ids) == 0
		return err
	})
	return idle, err
}

func pending(ctx context.Context, tx *db.Tx) (ids []string, leaves [][]byte, err error) {
	rows, err := tx.Query(ctx, `SELECT id, leaf FROM evidence WHERE seq IS NULL ORDER BY id LIMIT $1`, batch)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var leaf []byte
		if err := rows.Scan(&id, &leaf); err != nil {
			return nil, nil, err
		}
		ids, leaves = append(ids, id), append(leaves, leaf)
	}
	return ids, leaves, rows.Err()
}

// extend writes the new hashes, indexes and checkpoint of a tree that had size leaves.
func (l *Log) extend(ctx context.Context, tx *db.Tx, size int64, ids []string, leaves [][]byte) error {
	fresh := map[int64]tlog.Hash{}
	if size > 0 { // the right edge is all that extending the tree needs
		edge := rightEdge(size)
		hs, err := hashes(ctx, tx, nil).ReadHashes(edge)
		if err != nil {
			return err
		}
		for i, x := range edge {
			fresh[x] = hs[i]
		}
	}
	r := hashes(ctx, tx, fresh)
	var hashRows, seqRows [][]any
	for i, leaf := range leaves {
		n := size + int64(i)
		stored, err := tlog.StoredHashes(n, leaf, r)
		if err != nil {
			return err
		}
		for k, h := range stored {
			x := tlog.StoredHashIndex(0, n) + int64(k)
			fresh[x] = h
			hashRows = append(hashRows, []any{x, h[:]})
		}
		seqRows = append(seqRows, []any{ids[i], []byte{}, n})
	}
	if err := db.Bulk(ctx, tx, "evidence_hash (idx, hash)", "", hashRows); err != nil {
		return err
	}
	// an upsert is the portable bulk UPDATE; its leaf is not used
	if err := db.Bulk(ctx, tx, "evidence (id, leaf, seq)", "ON CONFLICT (id) DO UPDATE SET seq = excluded.seq", seqRows); err != nil {
		return err
	}
	size += int64(len(ids))
	root, err := tlog.TreeHash(size, r)
	if err != nil {
		return err
	}
	key, err := l.signing(ctx, tx)
	if err != nil {
		return err
	}
	cp, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", l.Origin(), size, root)}, key.signer)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO evidence_checkpoint (size, note) VALUES ($1, $2)`, size, string(cp))
	return err
}

// rightEdge lists the stored hashes of the complete subtrees that make up a tree of n leaves.
func rightEdge(n int64) (indexes []int64) {
	start := int64(0)
	for level := 62; level >= 0; level-- {
		if width := int64(1) << level; n&width != 0 {
			indexes = append(indexes, tlog.StoredHashIndex(level, start>>level))
			start += width
		}
	}
	return indexes
}

// Run integrates whenever it is kicked and once per tick, until ctx ends. failed hears of errors.
func (l *Log) Run(ctx context.Context, tick time.Duration, failed func(error)) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.kick:
		case <-t.C:
		}
		if _, err := l.Integrate(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}
