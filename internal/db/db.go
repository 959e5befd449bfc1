// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package db opens the platform's database, SQLite or PostgreSQL, behind one type, and runs transactions on it.
//
// SQL is written once, in the subset both engines share, with $1 … $n parameters. What differs is asked of Engine.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/fengsui/fengsui/internal/calendar"
)

// Engine names a database engine.
type Engine string

// The engines.
const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
)

// A DB is an open database. Writes go through Tx, reads through View.
type DB struct {
	Engine Engine
	Clock  calendar.Clock
	URL    string // the PostgreSQL URL, or the SQLite file's path
	w, r   *sql.DB
	keep   []Journal
	log    *checkpointer // of SQLite
}

// Open opens url: "postgres://…" or the path of an SQLite file, which is created when it does not exist.
// It does not migrate: see Migrate.
func Open(ctx context.Context, url string, clock calendar.Clock) (*DB, error) {
	d := &DB{Engine: SQLite, Clock: clock, URL: url}
	var err error
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		d.Engine = PostgreSQL
		err = d.openPostgreSQL()
	} else {
		err = d.openSQLite()
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := d.w.PingContext(ctx); err != nil {
		d.Close()
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	return d, nil
}

func (d *DB) openPostgreSQL() (err error) {
	c, err := pgx.ParseConfig(d.URL)
	if err != nil {
		return err
	}
	// Many short questions at once: starting helpers or a compiler for one of them takes longer than its answer. By a
	// statement, because poolers refuse these as parameters of a connection.
	d.w = stdlib.OpenDB(*c, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `SET jit = off; SET max_parallel_workers_per_gather = 0`)
		return err
	}))
	d.w.SetMaxOpenConns(24)
	d.w.SetMaxIdleConns(24)
	d.r = d.w
	return nil
}

// uriPath escapes what has a meaning in SQLite's file URIs: a directory may be called "run#2".
var uriPath = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23")

// openSQLite makes three pools: one connection that writes, four that read beside it (WAL), one that copies the log.
func (d *DB) openSQLite() error {
	if err := os.MkdirAll(filepath.Dir(d.URL), 0o700); err != nil {
		return err
	}
	const pragmas = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)"
	write := fmt.Sprintf("%s&_txlock=immediate&_pragma=wal_autocheckpoint(%d)&_pragma=journal_size_limit(%d)", pragmas, logLongest/4096, logShort)
	var pools []*sql.DB
	for _, x := range []struct {
		how  string
		most int
	}{{write, 1}, {pragmas + "&_pragma=query_only(1)", 4}, {pragmas, 1}} {
		c, err := sqlite.NewConnector("file:" + uriPath.Replace(d.URL) + "?" + x.how)
		if err != nil {
			return err
		}
		p := sql.OpenDB(cachingConnector{c})
		p.SetMaxOpenConns(x.most)
		p.SetMaxIdleConns(x.most)
		pools = append(pools, p)
	}
	d.w, d.r, d.log = pools[0], pools[1], startCheckpoints(pools[2], pools[0], d.URL)
	return nil
}

// Close closes the pools.
func (d *DB) Close() error {
	if d.r == d.w {
		return d.w.Close()
	}
	return errors.Join(d.log.stop(), d.r.Close(), d.w.Close())
}

// Writer is the pool that may write; only libraries that bring their own SQL (the job queue) need it.
func (d *DB) Writer() *sql.DB { return d.w }

// Ping asks both pools for a sign of life.
func (d *DB) Ping(ctx context.Context) error {
	return errors.Join(d.w.PingContext(ctx), d.r.PingContext(ctx))
}

// Tx runs do in a write transaction and commits it when do returns nil. A transaction that lost a race
// (serialization failure, deadlock, busy) is run again, so do must not act outside tx: use Tx.OnCommit for that.
func (d *DB) Tx(ctx context.Context, do func(*Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := d.once(ctx, d.w, nil, do)
		if err == nil || attempt == 8 || !again(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(time.Duration(attempt*attempt) * 2 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// View runs do in a read-only transaction: all its statements see one state of the database.
func (d *DB) View(ctx context.Context, do func(*Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if d.Engine == PostgreSQL {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return d.once(ctx, d.r, opts, do)
}

func (d *DB) once(ctx context.Context, pool *sql.DB, opts *sql.TxOptions, do func(*Tx) error) error {
	conn, stx, err := begin(ctx, pool, opts)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	tx := &Tx{tx: stx, conn: conn, Engine: d.Engine, Now: d.Clock.Now().UTC().Truncate(time.Microsecond)}
	if d.keep != nil && opts == nil {
		tx.journal = &journal{keep: d.keep}
	}
	defer stx.Rollback() //nolint:errcheck // after a commit it says ErrTxDone; before one the error in hand matters more
	if err := do(tx); err != nil {
		return err
	}
	if tx.journal != nil {
		if err := tx.settle(ctx); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	if err := stx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	conn.Close() //nolint:errcheck // what runs after the commit may want it
	for _, f := range tx.after {
		f()
	}
	return nil
}

// begin begins a transaction on a connection that it keeps in hand. One that turns out to be dead is replaced, as the pool
// itself would.
func begin(ctx context.Context, pool *sql.DB, opts *sql.TxOptions) (*sql.Conn, *sql.Tx, error) {
	for attempt := 1; ; attempt++ {
		conn, err := pool.Conn(ctx)
		if err != nil {
			return nil, nil, err
		}
		tx, err := conn.BeginTx(ctx, opts)
		if err == nil {
			return conn, tx, nil
		}
		conn.Close() //nolint:errcheck // nothing has happened on it
		if attempt == 3 || !errors.Is(err, driver.ErrBadConn) {
			return nil, nil, err
		}
	}
}

// again reports whether err means that the same transaction may succeed when run again.
func again(err error) bool {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return pe.Code == "40001" || pe.Code == "40P01"
	}
	var se *sqlite.Error
	return errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_BUSY
}

// Duplicate reports whether err says that a unique constraint would be broken.
func Duplicate(err error) bool {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return pe.Code == "23505"
	}
	var se *sqlite.Error
	return errors.As(err, &se) && (se.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || se.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
