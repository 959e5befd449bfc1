// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

var (
	sqliteTypes = strings.NewReplacer("BIGINT"+identity, "INTEGER", "TIMESTAMPTZ", "TEXT", "JSONB", "TEXT", "BOOLEAN", "INTEGER", "BIGINT", "INTEGER", "BYTEA", "BLOB")
	tableEnd    = regexp.MustCompile(`(?m)^\);( -- clustered)?$`)
	only        = map[Engine]*regexp.Regexp{SQLite: regexp.MustCompile(`(?m)^-- sqlite: `), PostgreSQL: regexp.MustCompile(`(?m)^-- postgres: `)}
)

// migrations is one engine's view of the directory. Files are written with PostgreSQL's type names; for SQLite
// these are replaced and tables become STRICT. Tables must end with ");" at the start of a line; with "); -- clustered"
// the rows themselves lie in the order of the primary key there. What stands behind "-- sqlite: " or "-- postgres: " is
// for that engine alone.
func migrations(engine Engine) (fs.FS, error) {
	out := fstest.MapFS{}
	entries, err := fs.ReadDir(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b, err := fs.ReadFile(migrationFiles, "migrations/"+e.Name())
		if err != nil {
			return nil, err
		}
		b = only[engine].ReplaceAll(b, nil)
		if engine == SQLite {
			b = tableEnd.ReplaceAllFunc([]byte(sqliteTypes.Replace(string(b))), func(end []byte) []byte {
				if string(end) == ");" {
					return []byte(") STRICT;")
				}
				return []byte(") STRICT, WITHOUT ROWID;")
			})
		}
		out[e.Name()] = &fstest.MapFile{Data: b}
	}
	return out, nil
}

// Migrate brings the schema up to date: the platform's own tables and those of the job queue.
// It is safe to call on every start and by several nodes at once.
func (d *DB) Migrate(ctx context.Context) error {
	files, err := migrations(d.Engine)
	if err != nil {
		return err
	}
	dialect := goose.DialectSQLite3
	if d.Engine == PostgreSQL {
		dialect = goose.DialectPostgres
		unlock, err := d.lockSchema(ctx)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		defer unlock()
	}
	p, err := goose.NewProvider(dialect, d.w, files)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return d.migrateJobs(ctx)
}

// lockSchema keeps other nodes from migrating at the same time.
func (d *DB) lockSchema(ctx context.Context) (unlock func(), err error) {
	conn, err := d.w.Conn(ctx)
	if err != nil {
		return nil, err
	}
	const key = 0x66656e67737569 // "fengsui"
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, key); err != nil {
		conn.Close()
		return nil, err
	}
	return func() {
		conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, key) //nolint:errcheck // closing the connection frees it as well
		conn.Close()
	}, nil
}

func (d *DB) migrateJobs(ctx context.Context) error {
	if d.Engine == SQLite {
		m, err := rivermigrate.New(riversqlite.New(d.w), nil)
		if err != nil {
			return err
		}
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	}
	pool, err := pgxpool.New(ctx, d.URL)
	if err != nil {
		return err
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
