// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/fault"
)

// A Tx is one transaction. Now is its one time: everything it writes happened then.
type Tx struct {
	Engine  Engine
	Now     time.Time
	tx      *sql.Tx
	conn    *sql.Conn // that it runs on
	after   []func()
	journal *journal // nil when nothing is kept of what it changes
}

// SQL is the transaction underneath, for libraries that join it (the job queue).
func (tx *Tx) SQL() *sql.Tx { return tx.tx }

// OnCommit runs f after the transaction has become durable, and not at all when it is rolled back.
func (tx *Tx) OnCommit(f func()) { tx.after = append(tx.after, f) }

// Exec runs a statement and returns the number of rows it changed.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if tx.journal != nil {
		if p := planOf(query); p.t != nil || p.err != nil {
			return tx.exec(ctx, p, query, args)
		}
	}
	return tx.bare(ctx, query, args...)
}

// bare runs a statement of whose changes no notice is taken.
func (tx *Tx) bare(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := tx.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Query runs a query that changes nothing; the caller closes the rows. Get and List are shorter.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if tx.journal != nil {
		if p := planOf(query); p.t != nil {
			return nil, fmt.Errorf("db: rows of table %s are changed by Exec, Get, List or Bulk", p.t.Name)
		}
	}
	return tx.tx.QueryContext(ctx, query, args...)
}

// ForUpdate is the suffix that locks the rows a SELECT returns until the transaction ends.
// On SQLite a write transaction is alone anyway.
func (tx *Tx) ForUpdate() string {
	if tx.Engine == PostgreSQL {
		return " FOR UPDATE"
	}
	return ""
}

// SkipLocked is ForUpdate that passes over rows another transaction holds: the way to claim work.
func (tx *Tx) SkipLocked() string {
	if tx.Engine == PostgreSQL {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// A Row can be scanned: *sql.Row and *sql.Rows.
type Row interface{ Scan(dest ...any) error }

// Get returns the first row of query, or a fault of kind NotFound.
func Get[T any](ctx context.Context, tx *Tx, scan func(Row) (T, error), query string, args ...any) (T, error) {
	var zero T
	rows, seen, err := tx.query(ctx, query, args)
	if err != nil {
		return zero, err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return zero, err
		}
		return zero, fault.Missing()
	}
	v, err := scan(seen(rows))
	if errors.Is(err, sql.ErrNoRows) {
		return zero, fault.Missing()
	}
	if err != nil {
		return v, err
	}
	if _, changes := seen(rows).(noticed); changes && rows.Next() {
		return zero, errors.New("db: a change of several rows is run by List")
	}
	return v, rows.Close()
}

// List returns all rows of query.
func List[T any](ctx context.Context, tx *Tx, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	rows, seen, err := tx.query(ctx, query, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	row := seen(rows)
	var out []T
	for rows.Next() {
		v, err := scan(row)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Value scans a row of one column, for Get and List: db.Get(ctx, tx, db.Value[int], "SELECT count(*) …").
func Value[T any](r Row) (v T, err error) { err = r.Scan(&v); return v, err }

// Args collects the parameters of a query that is put together from parts.
type Args []any

// P adds v and returns its placeholder, "$n".
func (a *Args) P(v any) string {
	*a = append(*a, v)
	return fmt.Sprintf("$%d", len(*a))
}

// In adds all of vs and returns "($n, …)"; an empty list gives "(NULL)", which nothing is in.
func In[T any](a *Args, vs []T) string {
	if len(vs) == 0 {
		return "(NULL)"
	}
	ps := make([]string, len(vs))
	for i, v := range vs {
		ps[i] = a.P(v)
	}
	return "(" + strings.Join(ps, ",") + ")"
}

// Among adds all of vs and returns the condition that what stands before it is one of them: "id "+Among(tx, &a, ids). On
// PostgreSQL they are one parameter, whose statement is planned once for lists of every length, and never as a join, whose
// size nothing could guess; on SQLite so are long lists.
func Among[T string | int64 | []byte](tx *Tx, a *Args, vs []T) string {
	kind := "TEXT"
	switch any(vs).(type) {
	case []int64:
		kind = "BIGINT"
	case [][]byte:
		kind = "BYTEA"
	}
	switch {
	case tx.Engine == PostgreSQL:
		return "= ANY (" + a.P(vs) + "::" + kind + "[])"
	case kind == "BYTEA" || len(vs) < longList:
		return "IN " + In(a, vs)
	}
	return "IN (SELECT value FROM json_each(" + a.P(ToJSON(vs)) + "))"
}

// longList is from how many values on a list is one parameter on SQLite, too. Bytes have no place in JSON.
const longList = 1_000

// Next returns the next number of a series that starts at 1, without gaps among committed transactions.
func Next(ctx context.Context, tx *Tx, series string) (int64, error) {
	return Take(ctx, tx, series, 1)
}

// Take takes the next n numbers of a series and returns the last of them.
func Take(ctx context.Context, tx *Tx, series string, n int) (last int64, err error) {
	return Get(ctx, tx, Value[int64], `INSERT INTO series (name, n) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET n = series.n + excluded.n RETURNING n`, series, n)
}
