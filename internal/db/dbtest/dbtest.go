// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package dbtest runs a storage test on every database the platform supports.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
)

// Start is the time at which a test's clock stands: the morning of the day on which the Log4j2 flaw was found.
var Start = time.Date(2021, 11, 24, 2, 0, 0, 0, time.UTC)

// Each runs test on a fresh, migrated SQLite database and, when TEST_POSTGRES holds the URL of a server on which
// databases may be created, on a fresh PostgreSQL one. The clock stands at Start.
func Each(t *testing.T, test func(t *testing.T, d *db.DB, clock *calendar.Driven)) {
	t.Run("sqlite", func(t *testing.T) {
		clock := calendar.NewDriven(Start)
		test(t, open(t, SQLite(t), clock), clock)
	})
	if os.Getenv("TEST_POSTGRES") == "" {
		t.Log("TEST_POSTGRES is not set: PostgreSQL left out (make test sets it)")
		return
	}
	t.Run("postgres", func(t *testing.T) {
		clock := calendar.NewDriven(Start)
		test(t, open(t, PostgreSQL(t), clock), clock)
	})
}

// URLs returns the URL of one fresh, migrated database per engine, by engine: for tests that start whole programs.
func URLs(t testing.TB) map[db.Engine]string {
	urls := map[db.Engine]string{db.SQLite: SQLite(t)}
	if os.Getenv("TEST_POSTGRES") != "" {
		urls[db.PostgreSQL] = PostgreSQL(t)
	}
	return urls
}

func open(t testing.TB, url string, clock calendar.Clock) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), url, clock)
	if err != nil {
		t.Fatal(err)
	}
	rows := Keep(t, d)
	t.Cleanup(func() {
		if !t.Failed() {
			rows.Check(t, d)
		}
		d.Close()
	})
	return d
}

// migrated returns the path of an SQLite file that has the schema, made once per process.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "fengsui-dbtest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	d, err := db.Open(context.Background(), path, calendar.System{})
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(context.Background()); err != nil {
		d.Close()
		return nil, err
	}
	if err := d.Close(); err != nil { // folds the write-ahead log into the file
		return nil, err
	}
	return os.ReadFile(path)
})

// SQLite returns the path of a fresh, migrated SQLite file.
func SQLite(t testing.TB) string {
	t.Helper()
	b, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "fengsui.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// template makes, once per process, a PostgreSQL database with the schema that tests clone.
var template = sync.OnceValues(func() (string, error) {
	name := "fengsui_template_" + suffix()
	if err := admin("CREATE DATABASE " + name); err != nil {
		return "", err
	}
	d, err := db.Open(context.Background(), named(name), calendar.System{})
	if err != nil {
		return "", err
	}
	defer d.Close()
	return name, d.Migrate(context.Background())
})

// PostgreSQL returns the URL of a fresh, migrated PostgreSQL database, which is dropped when the test ends.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	from, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return copied(t, from)
}

// Clone returns the URL of a copy of a PostgreSQL database that nobody is connected to; it is dropped when the test
// ends. An SQLite database is cloned by copying its file.
func Clone(t testing.TB, from string) string {
	t.Helper()
	u, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	return copied(t, strings.TrimPrefix(u.Path, "/"))
}

func copied(t testing.TB, from string) string {
	t.Helper()
	name := "fengsui_test_" + suffix()
	if err := admin("CREATE DATABASE " + name + " TEMPLATE " + from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return named(name)
}

// Main runs the tests of a package and drops the template afterwards: func TestMain(m *testing.M) { dbtest.Main(m) }.
func Main(m *testing.M) { os.Exit(M{m}.Run()) }

// M is Main for packages whose TestMain hands the run to something else: testscript.Main(dbtest.M{M: m}, …).
type M struct{ *testing.M }

// Run runs the tests, drops the template, and returns the exit code.
func (m M) Run() int {
	code := m.M.Run()
	if os.Getenv("TEST_POSTGRES") != "" {
		if name, err := template(); err == nil {
			if err := admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}
	return code
}

func suffix() string {
	b := make([]byte, 6)
	rand.Read(b) //nolint:errcheck // never fails
	return hex.EncodeToString(b)
}

func named(database string) string {
	u, err := url.Parse(os.Getenv("TEST_POSTGRES"))
	if err != nil {
		return os.Getenv("TEST_POSTGRES") // opening it says what is wrong
	}
	u.Path = "/" + database
	return u.String()
}

func admin(statement string) error {
	d, err := sql.Open("pgx", os.Getenv("TEST_POSTGRES"))
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.Exec(statement)
	return err
}
