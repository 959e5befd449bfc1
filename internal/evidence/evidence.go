// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package evidence is the platform's tamper-evident log: a Merkle tree over everything that happened.
//
// Append runs in the transaction of the act it records. Integrate, one node at a time, gives entries their index,
// extends the tree (RFC 6962 hashing, golang.org/x/mod/sumdb/tlog) and signs a checkpoint (c2sp.org/tlog-checkpoint).
// A receipt proves an entry offline (c2sp.org/tlog-proof) with the log's public key.
package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/fengsui/fengsui/internal/db"
)

// An Entry records that an event happened. The tree hashes its Leaf alone, which says when and nothing else in the clear,
// so that the log may be shown to anybody.
type Entry struct {
	ID      string    `json:"id"`      // of the event
	Kind    string    `json:"kind"`    // of the event: "report.submitted"
	At      time.Time `json:"at"`      // when it happened, UTC
	Subject string    `json:"subject"` // public number of what it is about, or ""
	Context string    `json:"context"` // salted digest of who did it, and of the time lines it stands on; or ""
	Digest  string    `json:"digest"`  // salted digest of kind, subject, context and payload
}

// Sealed returns e with the digest that binds kind, subject, context and payload:
// hex(SHA-256(salt ‖ kind ‖ LF ‖ subject ‖ LF ‖ context ‖ LF ‖ payload)).
func (e Entry) Sealed(salt, payload []byte) Entry {
	e.Digest = Digest(salt, append([]byte(e.head()), payload...))
	return e
}

// head is what of an entry is not in its leaf.
func (e Entry) head() string { return e.Kind + "\n" + e.Subject + "\n" + e.Context + "\n" }

// leaf is the public part of an entry.
type leaf struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Digest string    `json:"digest"`
}

// Leaf is the entry's public, canonical form: the bytes that the tree hashes.
func (e Entry) Leaf() []byte {
	b, err := json.Marshal(leaf{e.ID, e.At.UTC(), e.Digest})
	if err != nil {
		panic(err) // strings and a time always marshal
	}
	return b
}

// ParseEntry puts an entry together from what is stored of it.
func ParseEntry(public []byte, head string) (e Entry, err error) {
	var l leaf
	err = json.Unmarshal(public, &l)
	parts := strings.Split(head, "\n")
	if err != nil || len(parts) != 4 || parts[3] != "" {
		return e, errors.Join(err, ErrRewritten)
	}
	return Entry{ID: l.ID, Kind: parts[0], At: l.At, Subject: parts[1], Context: parts[2], Digest: l.Digest}, nil
}

// A Log appends entries and proves them.
type Log struct {
	DB     *db.DB
	dir    string
	origin string
	kick   chan struct{}
	mu     sync.Mutex
	pair   pair
	waits  map[string][]chan struct{} // by entry: closed when this node has integrated it
	recent recent
	keeps  sync.Once
}

// Open opens the log of a database with the signing key in dir, which it creates together with its public half
// (evidence.vkey) when it is missing. origin names the log in its checkpoints: a domain, or domain/path.
func Open(d *db.DB, dir, origin string) (*Log, error) {
	l := &Log{DB: d, dir: dir, kick: make(chan struct{}, 1), waits: map[string][]chan struct{}{}}
	p, err := loadKey(dir, origin)
	if err != nil {
		return nil, fmt.Errorf("evidence key: %w", err)
	}
	l.pair, l.origin = p, p.signer.Name()
	return l, nil
}

// PublicKey is the log's verifier key ("name+hash+key", golang.org/x/mod/sumdb/note): all that checking needs.
func (l *Log) PublicKey() string { return l.current().vkey }

// Origin is the name of the log in its checkpoints.
func (l *Log) Origin() string { return l.origin }

// Append adds entries in the caller's transaction. They are in the tree after the next Integrate.
func (l *Log) Append(ctx context.Context, tx *db.Tx, es ...Entry) error {
	tx.OnCommit(l.Kick)
	return l.append(ctx, tx, es)
}

func (l *Log) append(ctx context.Context, tx *db.Tx, es []Entry) error {
	rows := make([][]any, len(es))
	for i, e := range es {
		rows[i] = []any{e.ID, e.Leaf(), e.head()}
	}
	if err := db.Bulk(ctx, tx, "evidence (id, leaf, head)", "", rows); err != nil {
		return fmt.Errorf("append evidence: %w", err)
	}
	return nil
}

// Kick asks for an integration soon.
func (l *Log) Kick() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// Kicked is readable when an integration has been asked for: the integrator's loop waits on it.
func (l *Log) Kicked() <-chan struct{} { return l.kick }

// Checkpoint is the newest signed checkpoint, "" while the log is empty.
func (l *Log) Checkpoint(ctx context.Context) (cp string, err error) {
	err = l.DB.View(ctx, func(tx *db.Tx) error {
		_, cp, err = head(ctx, tx)
		return err
	})
	return cp, err
}

// head returns the size of the tree and its newest checkpoint.
func head(ctx context.Context, tx *db.Tx) (size int64, cp string, err error) {
	type row struct {
		size int64
		note string
	}
	rs, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.size, &x.note) },
		`SELECT size, note FROM evidence_checkpoint ORDER BY size DESC LIMIT 1`)
	if err != nil || len(rs) == 0 {
		return 0, "", err
	}
	return rs[0].size, rs[0].note, nil
}

// hashes reads stored hashes of the tree; fresh holds those not yet written.
func hashes(ctx context.Context, tx *db.Tx, fresh map[int64]tlog.Hash) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		at := map[int64][]int{}
		var a db.Args
		var want []int64
		for i, x := range indexes {
			if h, ok := fresh[x]; ok {
				out[i] = h
				continue
			}
			if at[x] == nil {
				want = append(want, x)
			}
			at[x] = append(at[x], i)
		}
		if len(want) == 0 {
			return out, nil
		}
		rows, err := tx.Query(ctx, `SELECT idx, hash FROM evidence_hash WHERE idx IN `+db.In(&a, want), a...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var x int64
			var h []byte
			if err := rows.Scan(&x, &h); err != nil {
				return nil, err
			}
			for _, i := range at[x] {
				copy(out[i][:], h)
			}
			delete(at, x)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		if len(at) > 0 {
			return nil, fmt.Errorf("evidence: %d hashes of the tree are missing", len(at))
		}
		return out, nil
	})
}
