// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/fengsui/fengsui/internal/db"
)

// ErrRewritten says that what is stored is not what the log signed.
var ErrRewritten = errors.New("the evidence log does not lead to its signed checkpoints: history was rewritten, or rows are missing")

// A Trace is one thing that an audit found altered.
type Trace struct {
	Table string `json:"table"`
	Row   string `json:"row"`
	What  string `json:"what"`
}

// Findings are what an audit found.
type Findings struct {
	Size        int64           `json:"size"`        // entries in the tree
	Pending     int64           `json:"pending"`     // entries that are not in the tree yet
	Checkpoints int64           `json:"checkpoints"` // signed checkpoints that were recomputed
	Root        string          `json:"root"`        // of the tree, base64
	Traces      []Trace         `json:"traces"`      // of tampering, at most a hundred
	Count       int             `json:"count"`       // of all traces
	Unordered   int64           `json:"unordered"`   // entries dated more than an hour before one that precedes them: ask why
	Records     int64           `json:"records"`     // of the journal of rows
	Tables      []TableFindings `json:"tables,omitempty"`
	own         map[string]bool
	keys        Keys
	latest      time.Time
}

// order takes notice of an entry's time. Acts that overlap may enter the tree in another order than they began.
func (f *Findings) order(at time.Time) {
	if at.Before(f.latest.Add(-time.Hour)) {
		f.Unordered++
	}
	if at.After(f.latest) {
		f.latest = at
	}
}

// Own reports whether an entry is about the log itself or about rows, and no event.
func (f *Findings) Own(id, head string) bool { return f.own[id] || ofRows(head) }

// Note adds a trace.
func (f *Findings) Note(table, row, what string) {
	if f.Count++; len(f.Traces) < 100 {
		f.Traces = append(f.Traces, Trace{table, row, what})
	}
}

// Err is nil when nothing was found altered, else ErrRewritten with the first trace.
func (f *Findings) Err() error {
	if f.Count == 0 {
		return nil
	}
	t := f.Traces[0]
	return fmt.Errorf("%w: %s %s: %s (%d in all)", ErrRewritten, t.Table, t.Row, t.What, f.Count)
}

// Audit computes the tree anew from every entry and compares it with every stored hash and every signed checkpoint, and
// with checkpoints of the same log that were kept elsewhere: nobody can cut the newest part of a log unseen by those.
// What the entries are about is compared by event.Log.Audit.
func (l *Log) Audit(ctx context.Context, tx *db.Tx, kept ...string) (*Findings, error) {
	f := &Findings{Traces: []Trace{}, own: map[string]bool{}}
	size, _, err := head(ctx, tx)
	if err != nil {
		return nil, err
	}
	keys, err := l.auditKeys(ctx, tx, f)
	if err != nil {
		return nil, err
	}
	f.keys = keys
	outside := map[int64][]string{}
	for _, text := range kept {
		c, err := keys.Checkpoint(text)
		if err != nil {
			return nil, fmt.Errorf("the checkpoint that was kept: %w", err)
		}
		if c.Size > size {
			f.Note("evidence", "", fmt.Sprintf("the log was signed with %d entries once, and has %d", c.Size, size))
		}
		outside[c.Size] = append(outside[c.Size], c.Root.String())
	}
	a := &auditor{keys: keys, f: f, outside: outside}
	for a.n < size {
		if more, err := a.stretch(ctx, tx, min(a.n+batch, size)); err != nil {
			return nil, err
		} else if !more {
			break
		}
	}
	f.Size, f.Root = a.n, a.edge.root().String()
	return f, a.leftovers(ctx, tx, size)
}

// An auditor recomputes a stored log from left to right.
type auditor struct {
	keys    Keys
	f       *Findings
	n       int64 // entries taken so far
	edge    edge
	outside map[int64][]string
}

// stretch takes the entries up to end, and compares the hashes and checkpoints that belong to them.
func (a *auditor) stretch(ctx context.Context, tx *db.Tx, end int64) (more bool, err error) {
	type row struct {
		id   string
		leaf []byte
		seq  int64
	}
	entries, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.id, &x.leaf, &x.seq) },
		`SELECT id, leaf, seq FROM evidence WHERE seq >= $1 AND seq < $2 ORDER BY seq`, a.n, end)
	if err != nil {
		return false, err
	}
	hashes, err := a.hashes(ctx, tx, tlog.StoredHashIndex(0, a.n), tlog.StoredHashIndex(0, end))
	if err != nil {
		return false, err
	}
	notes, err := a.notes(ctx, tx, a.n, end)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if e.seq != a.n {
			a.f.Note("evidence", e.id, fmt.Sprintf("it has number %d, and %d is missing", e.seq, a.n))
			return false, nil
		}
		var public leaf
		if json.Unmarshal(e.leaf, &public) == nil {
			a.f.order(public.At)
		}
		x := tlog.StoredHashIndex(0, a.n)
		for k, h := range a.edge.add(tlog.RecordHash(e.leaf)) {
			if !bytes.Equal(hashes[x+int64(k)], h[:]) {
				a.f.Note("evidence_hash", strconv.FormatInt(x+int64(k), 10), "it is not the hash of entry "+e.id+" and those before it")
			}
			delete(hashes, x+int64(k))
		}
		a.n++
		a.compare(notes[a.n])
	}
	for x := range hashes {
		a.f.Note("evidence_hash", strconv.FormatInt(x, 10), "no entry leads to it")
	}
	if a.n < end {
		a.f.Note("evidence", "", fmt.Sprintf("entry %d is missing", a.n))
	}
	return a.n == end, nil
}

func (a *auditor) compare(stored string) {
	root := a.edge.root().String()
	if stored != "" {
		a.f.Checkpoints++
		if c, err := a.keys.Checkpoint(stored); err != nil || c.Size != a.n || c.Root.String() != root {
			a.f.Note("evidence_checkpoint", strconv.FormatInt(a.n, 10), "it was not signed for the entries that are there")
		}
	}
	for _, r := range a.outside[a.n] {
		if r != root {
			a.f.Note("evidence", "", fmt.Sprintf("the first %d entries are not those of the checkpoint that was kept", a.n))
		}
	}
}

func (a *auditor) hashes(ctx context.Context, tx *db.Tx, from, to int64) (map[int64][]byte, error) {
	out := map[int64][]byte{}
	_, err := db.List(ctx, tx, func(r db.Row) (x int64, err error) {
		var h []byte
		err = r.Scan(&x, &h)
		out[x] = h
		return x, err
	}, `SELECT idx, hash FROM evidence_hash WHERE idx >= $1 AND idx < $2`, from, to)
	return out, err
}

func (a *auditor) notes(ctx context.Context, tx *db.Tx, after, to int64) (map[int64]string, error) {
	out := map[int64]string{}
	_, err := db.List(ctx, tx, func(r db.Row) (size int64, err error) {
		var n string
		err = r.Scan(&size, &n)
		out[size] = n
		return size, err
	}, `SELECT size, note FROM evidence_checkpoint WHERE size > $1 AND size <= $2`, after, to)
	return out, err
}

// leftovers looks for what stands outside the tree.
func (a *auditor) leftovers(ctx context.Context, tx *db.Tx, size int64) (err error) {
	for _, x := range []struct {
		table, what, query string
		bound              int64
	}{
		{"evidence", "its number is beyond the newest checkpoint", `SELECT id FROM evidence WHERE seq >= $1 OR seq < 0 LIMIT 100`, size},
		{"evidence_hash", "it belongs to no entry", `SELECT CAST(idx AS TEXT) FROM evidence_hash WHERE idx >= $1 OR idx < 0 LIMIT 100`, tlog.StoredHashIndex(0, size)},
		{"evidence_checkpoint", "it belongs to no tree", `SELECT CAST(size AS TEXT) FROM evidence_checkpoint WHERE size > $1 OR size < 1 LIMIT 100`, size},
	} {
		rows, err := db.List(ctx, tx, db.Value[string], x.query, x.bound)
		if err != nil {
			return err
		}
		for _, row := range rows {
			a.f.Note(x.table, row, x.what)
		}
	}
	a.f.Pending, err = db.Get(ctx, tx, db.Value[int64], `SELECT count(*) FROM evidence WHERE seq IS NULL`)
	return err
}

// edge is the right edge of a growing tree: its complete subtrees, from left to right.
type edge []subtree

type subtree struct {
	level int
	hash  tlog.Hash
}

// add takes one more leaf in and returns the hashes that it completes, from below.
func (e *edge) add(leaf tlog.Hash) (done []tlog.Hash) {
	t := subtree{0, leaf}
	done = append(done, t.hash)
	for k := len(*e); k > 0 && (*e)[k-1].level == t.level; k = len(*e) {
		t = subtree{t.level + 1, tlog.NodeHash((*e)[k-1].hash, t.hash)}
		*e = (*e)[:k-1]
		done = append(done, t.hash)
	}
	*e = append(*e, t)
	return done
}

// root is the hash of the whole tree.
func (e edge) root() (root tlog.Hash) {
	for i := len(e) - 1; i >= 0; i-- {
		if i == len(e)-1 {
			root = e[i].hash
			continue
		}
		root = tlog.NodeHash(e[i].hash, root)
	}
	if len(e) == 0 {
		root, _ = tlog.TreeHash(0, nil)
	}
	return root
}
