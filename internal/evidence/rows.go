// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"github.com/fengsui/fengsui/internal/db"
)

// Kinds of the entries that cover the journal of rows.
const (
	RowsChanged   = "rows.changed"   // a transaction changed these rows
	RowsBaselined = "rows.baselined" // these tables were taken as they stood
)

// ofRows reports whether an entry with the head covers a record of the journal of rows.
func ofRows(head string) bool {
	kind, _, _ := strings.Cut(head, "\n")
	return kind == RowsChanged || kind == RowsBaselined
}

// rowsHead begins the note that signs a record of the journal of rows.
const rowsHead = "fengsui.rows/v1"

// A record is one of the journal of rows: what a transaction changed.
type record struct {
	n         int64
	id, kind  string
	at        time.Time
	version   int64
	rows      db.Pack
	salt      []byte
	signature string
}

// sum is hex(SHA-256(salt ‖ id ‖ LF ‖ kind ‖ LF ‖ at ‖ LF ‖ version ‖ LF ‖ rows)), the time with six decimals.
func (r record) sum() string {
	h := sha256.New()
	h.Write(r.salt)
	fmt.Fprintf(h, "%s\n%s\n%s\n%d\n", r.id, r.kind, r.at.UTC().Format("2006-01-02T15:04:05.000000Z"), r.version)
	h.Write(r.rows)
	return hex.EncodeToString(h.Sum(nil))
}

// entry covers the record: its digest, without a salt of its own, is that of the record's number, LF and sum.
func (r record) entry(sum string) Entry {
	return Entry{ID: r.id, Kind: r.kind, At: r.at}.Sealed(nil, fmt.Appendf(nil, "%d\n%s", r.n, sum))
}

func rowsText(origin, sum string) string { return fmt.Sprintf("%s\n%s\n%s\n", rowsHead, origin, sum) }

// KeepRows begins to keep the journal of rows: from here on each write transaction leaves a signed record of the rows that
// it changed, with their digests. Tables that are new to the journal, or that a migration has rewritten, are taken as they
// stand; that is an entry of its own, "rows.baselined".
func (l *Log) KeepRows(ctx context.Context) error {
	l.keeps.Do(func() { l.DB.KeepRows(l.keepRows) })
	var stale []*db.Table
	look := func(tx *db.Tx) (err error) {
		stale, err = unkept(ctx, tx)
		return err
	}
	if err := l.DB.View(ctx, look); err != nil || len(stale) == 0 {
		return err
	}
	err := l.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		if err := look(tx); err != nil { // another node may have done it
			return err
		}
		for _, t := range stale {
			if err := tx.Baseline(ctx, t); err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
		}
		for _, t := range stale {
			if _, err := tx.Exec(ctx, `INSERT INTO row_scheme (name, scheme, version) VALUES ($1, $2, $3)
				ON CONFLICT (name) DO UPDATE SET scheme = excluded.scheme, version = excluded.version`, t.Name, t.Scheme(), db.SchemaVersion()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("take tables into the journal of rows: %w", err)
	}
	l.Kick()
	return nil
}

// unkept are the tables whose rows the journal does not tell, or no longer.
func unkept(ctx context.Context, tx *db.Tx) (out []*db.Table, err error) {
	type scheme struct {
		words   string
		version int64
	}
	have := map[string]scheme{}
	if _, err = db.List(ctx, tx, func(r db.Row) (name string, err error) {
		var s scheme
		err = r.Scan(&name, &s.words, &s.version)
		have[name] = s
		return name, err
	}, `SELECT name, scheme, version FROM row_scheme`); err != nil {
		return nil, err
	}
	for _, t := range db.Watched() {
		s, ok := have[t.Name]
		// a program that is older than the schema leaves the judgement to the newer one
		if ok && (s.version > db.SchemaVersion() || s.words == t.Scheme() && !db.Rewritten(t.Name, s.version)) {
			continue
		}
		out = append(out, t)
	}
	return out, nil
}

// keepRows writes what a transaction has changed into the journal, and an entry about each record into the log.
func (l *Log) keepRows(ctx context.Context, tx *db.Tx, packs []db.Pack, baseline bool) error {
	kind := RowsChanged
	if baseline {
		kind = RowsBaselined
	}
	signer := l.current().signer
	es := make([]Entry, len(packs))
	for i, p := range packs {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		r := record{id: id.String(), kind: kind, at: tx.Now, version: db.SchemaVersion(), rows: p, salt: make([]byte, 16)}
		rand.Read(r.salt) //nolint:errcheck // never fails
		sum := r.sum()
		signed, err := note.Sign(&note.Note{Text: rowsText(l.Origin(), sum)}, signer)
		if err != nil {
			return err
		}
		r.n, err = db.Get(ctx, tx, db.Value[int64], `INSERT INTO row_journal (id, kind, at, version, rows, salt, signature) VALUES ($1,$2,$3,$4,$5,$6,$7) RETURNING n`,
			r.id, r.kind, db.At(r.at), r.version, []byte(r.rows), r.salt, signed)
		if err != nil {
			return err
		}
		es[i] = r.entry(sum)
	}
	return l.append(ctx, tx, es)
}
