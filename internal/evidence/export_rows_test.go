// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import "github.com/fengsui/fengsui/internal/db"

// SetKnown bounds what an audit of rows remembers at once, and returns how to undo that.
func SetKnown(n int64) (undo func()) {
	old := known
	known = n
	return func() { known = old }
}

// ForgeRecord makes a record as somebody would who knows all about its form and has no key: what an honest one has as a
// signature is a copy of another.
func ForgeRecord(n int64, id string, at db.Time, rows db.Pack, signature []byte) (Entry, []any) {
	r := record{n: n, id: id, kind: RowsChanged, at: at.Time, version: db.SchemaVersion(), rows: rows, salt: make([]byte, 16), signature: string(signature)}
	return r.entry(r.sum()), []any{r.n, r.id, r.kind, at, r.version, []byte(r.rows), r.salt, signature}
}
