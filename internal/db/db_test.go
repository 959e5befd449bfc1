// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestNextCountsWithoutGaps(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := context.Background()
		boom := errors.New("boom")
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				err := d.Tx(ctx, func(tx *db.Tx) error {
					if _, err := db.Next(ctx, tx, "report"); err != nil {
						return err
					}
					if i%4 == 0 {
						return boom
					}
					return nil
				})
				if err != nil && !errors.Is(err, boom) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		err := d.Tx(ctx, func(tx *db.Tx) error {
			n, err := db.Next(ctx, tx, "report")
			if n != 31 {
				t.Errorf("after 30 committed and 10 rolled back: next is %d, want 31", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTimeKeepsMicrosecondsAndOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := context.Background()
		at := []time.Time{
			time.Date(2021, 12, 31, 23, 59, 59, 999999000, time.UTC),
			time.Date(2022, 1, 1, 8, 0, 0, 1000, calendar.Beijing()), // one microsecond after midnight UTC
			time.Date(2022, 1, 1, 0, 0, 1, 0, time.UTC),
		}
		err := d.Tx(ctx, func(tx *db.Tx) error {
			var rows [][]any
			for i, x := range at {
				rows = append(rows, []any{string(rune('a' + i)), "test", db.At(x), "", "", "", "{}", []byte{}})
			}
			if err := db.Bulk(ctx, tx, "event (id, kind, at, by_user, by_org, via, payload, salt)", "", rows); err != nil {
				return err
			}
			got, err := db.List(ctx, tx, db.Value[db.Time], `SELECT at FROM event WHERE at >= $1 ORDER BY at`, db.At(at[0]))
			if err != nil {
				return err
			}
			var ts []time.Time
			for _, g := range got {
				ts = append(ts, g.Time)
			}
			if diff := cmp.Diff(at, ts, cmp.Comparer(time.Time.Equal)); diff != "" {
				t.Error(diff)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRollbackLeavesNothingAndRunsNoHook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx, ran := context.Background(), false
		boom := errors.New("boom")
		err := d.Tx(ctx, func(tx *db.Tx) error {
			tx.OnCommit(func() { ran = true })
			if _, err := db.Next(ctx, tx, "x"); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || ran {
			t.Fatalf("err %v, hook ran %v", err, ran)
		}
		err = d.View(ctx, func(tx *db.Tx) error {
			_, err := db.Get(ctx, tx, db.Value[int64], `SELECT n FROM series WHERE name = $1`, "x")
			return err
		})
		if !fault.Is(err, fault.NotFound) {
			t.Fatalf("after a rollback: %v, want not found", err)
		}
	})
}

// Many rows that may be there already are inserted or brought up to date, whatever the types of their columns.
func TestManyRowsThatMayBeThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := t.Context()
		rows := func(from, records int) (out [][]any) {
			for i := range 1_000 {
				var published any
				if i%2 == 0 {
					published = db.At(dbtest.Start.Add(time.Duration(i) * time.Second))
				}
				out = append(out, []any{int64(from + i), int64(from + i), fmt.Sprintf("CVE-%d", i), "é'\\", "published", "", int64(0), published, db.At(time.Time{}), i%3 == 0, records, ""})
			}
			return out
		}
		put := func(from, records int) {
			t.Helper()
			err := d.Tx(ctx, func(tx *db.Tx) error {
				return db.Bulk(ctx, tx, `vuln (id, place, name, title, state, severity, score, published, modified, kev, records, ecosystems)`,
					`ON CONFLICT (id) DO UPDATE SET records = excluded.records`, rows(from, records))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		put(0, 1)
		put(500, 2)
		err := d.Tx(ctx, func(tx *db.Tx) error {
			var tokens [][]any
			for i := range 1_000 {
				tokens = append(tokens, []any{[]byte{0, byte(i), byte(i >> 8)}, i, db.At(dbtest.Start)})
			}
			return errors.Join(db.Bulk(ctx, tx, `login_failure (token, failed, at)`, ``, tokens),
				db.Bulk(ctx, tx, `login_failure (token, failed, at)`, `ON CONFLICT (token) DO UPDATE SET failed = login_failure.failed + 1`, tokens))
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.View(ctx, func(tx *db.Tx) error {
			for query, want := range map[string]int{
				`SELECT count(*) FROM vuln`: 1500, `SELECT count(*) FROM vuln WHERE records = 2`: 1000, `SELECT count(*) FROM vuln WHERE kev AND id < 500`: 167,
				`SELECT count(*) FROM vuln WHERE published IS NULL`: 750, `SELECT count(*) FROM vuln WHERE modified IS NULL`: 1500, `SELECT count(*) FROM vuln WHERE title = 'é''\'`: 1500,
				`SELECT count(*) FROM login_failure`: 1000, `SELECT CAST(sum(failed) AS BIGINT) FROM login_failure`: 1000*999/2 + 1000,
			} {
				if n, err := db.Get(ctx, tx, db.Value[int], query); err != nil || n != want {
					t.Errorf("%s: %d, want %d: %v", query, n, want, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// What runs after a commit may write itself: the connection is free by then.
func TestAfterACommitTheConnectionIsFree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		next := func(tx *db.Tx) error {
			_, err := db.Next(ctx, tx, "x")
			return err
		}
		err := d.Tx(ctx, func(tx *db.Tx) error {
			tx.OnCommit(func() {
				if err := d.Tx(ctx, next); err != nil {
					t.Error(err)
				}
			})
			return next(tx)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestViewCannotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		err := d.View(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(context.Background(), `INSERT INTO series (name, n) VALUES ($1, $2)`, "x", 1)
			return err
		})
		if err == nil {
			t.Fatal("a view wrote")
		}
	})
}

func TestDuplicate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		insert := func() error {
			return d.Tx(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Exec(context.Background(), `INSERT INTO series (name, n) VALUES ($1, $2)`, "x", 1)
				return err
			})
		}
		if err := insert(); err != nil {
			t.Fatal(err)
		}
		if err := insert(); !db.Duplicate(err) {
			t.Fatalf("second insert: %v, want a duplicate", err)
		}
	})
}

func TestMigrateTwiceAtOnce(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					d, err := db.Open(context.Background(), url, calendar.System{})
					if err != nil {
						t.Error(err)
						return
					}
					defer d.Close()
					if err := d.Migrate(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
	}
}

// A list is looked up as a whole, short or long, whatever its texts hold; an empty one has nothing.
func TestAmong(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		ctx := t.Context()
		name := func(i int) string { return strconv.Itoa(i) + "\n\"'\\,丝$1" }
		if err := d.Tx(ctx, func(tx *db.Tx) error {
			if err := db.Bulk(ctx, tx, `series (name, n)`, ``, [][]any{{name(0), -1_000}, {name(6), -6}, {name(4_999), -4_999}, {"another", -7}}); err != nil {
				return err
			}
			for n, want := range map[int]int{0: 0, 1: 1, 7: 2, 999: 2, 1_000: 2, 5_000: 3} {
				var texts []string
				var numbers []int64
				for i := range n {
					texts, numbers = append(texts, name(i)), append(numbers, -int64(i))
				}
				var a, b db.Args
				byName, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM series WHERE name `+db.Among(tx, &a, texts), a...)
				if err != nil {
					return err
				}
				byNumber, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM series WHERE n < -1 AND n `+db.Among(tx, &b, numbers), b...)
				if err != nil {
					return err
				}
				if byName != want || byNumber != map[int]int{0: 0, 1: 0, 7: 1, 999: 2, 1_000: 2, 5_000: 4}[n] {
					t.Errorf("of %d: %d by name, %d by number", n, byName, byNumber)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}
