// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
)

// loose frees a test from foreign keys: it makes up rows of every table.
func loose(t *testing.T, d *db.DB) {
	t.Helper()
	if d.Engine == db.SQLite {
		if _, err := d.Writer().ExecContext(t.Context(), `PRAGMA foreign_keys = off`); err != nil {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, d *db.DB, do func(ctx context.Context, tx *db.Tx) error) error {
	t.Helper()
	return d.Tx(t.Context(), func(tx *db.Tx) error {
		if tx.Engine == db.PostgreSQL {
			if _, err := tx.SQL().ExecContext(t.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
				return err
			}
		}
		return do(t.Context(), tx)
	})
}

// kept collects what is kept, by table and key in words.
type kept map[string]db.Digest

func (k kept) keep(_ context.Context, _ *db.Tx, packs []db.Pack, _ bool) error {
	for _, p := range packs {
		if err := p.Each(func(x db.Item) error {
			k[x.Table+" "+string(x.Key)] = x.Digest
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func values(c db.Column, i int) any {
	texts := []string{"", "烽燧", "a'b\\c\x1f", strings.Repeat("x", 300)}
	switch c.Kind {
	case db.Integer:
		return []int64{0, -1, 1 << 40, 7}[i] + int64(i)
	case db.Boolean:
		return i%2 == 0
	case db.Bytes:
		return append([]byte{0, 255, byte(i)}, texts[i]...)
	case db.Timestamp:
		return db.At(dbtest.Start.Add(time.Duration(i)*time.Hour + 123456789*time.Nanosecond))
	case db.Document:
		return fmt.Sprintf(`{"b" : [1, 2.50, "<é>"], "a":%d}`, i)
	}
	return texts[i] + fmt.Sprint(i)
}

// A row has one digest, whether it is computed from what a statement was given, from what it returned, or from the table,
// on either engine.
func TestARowHasOneDigest(t *testing.T) {
	var first map[string]db.Digest
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		loose(t, d)
		stands := map[string]db.Digest{}
		for i, how := range []string{"bulk", "returning", "upsert", "select"} {
			k := kept{}
			d.KeepRows(k.keep)
			for _, table := range db.Watched() {
				err := write(t, d, func(ctx context.Context, tx *db.Tx) error {
					if _, err := tx.Exec(ctx, `DELETE FROM `+table.Name); err != nil {
						return err
					}
					var row []any
					var names []string
					for _, c := range table.Columns {
						names, row = append(names, c.Name), append(row, values(c, i))
					}
					into := table.Name + " (" + strings.Join(names, ", ") + ")"
					var a db.Args
					switch how {
					case "bulk":
						return db.Bulk(ctx, tx, into, "", [][]any{row})
					case "upsert":
						return db.Bulk(ctx, tx, into, "ON CONFLICT DO NOTHING", [][]any{row})
					case "select":
						_, err := tx.Exec(ctx, `INSERT INTO `+into+` SELECT `+typed(&a, table, row), a...)
						return err
					}
					_, err := tx.Exec(ctx, `INSERT INTO `+into+` VALUES `+db.In(&a, row), a...)
					return err
				})
				if err != nil {
					t.Fatalf("%s %s: %v", how, table.Name, err)
				}
				if table.Watch == db.By { // its digest is told when its parent is made
					continue
				}
				n := 0
				err = d.View(t.Context(), func(tx *db.Tx) error {
					return table.Each(t.Context(), tx, func(_ db.What, key []byte, sum db.Digest, _ int) error {
						n++
						if k[table.Name+" "+string(key)] != sum {
							t.Errorf("%s %s: a row of the table has another digest than the one that was kept", how, table.Name)
						}
						stands[how+" "+table.Name+" "+string(key)] = sum
						return nil
					})
				})
				if err != nil || n == 0 {
					t.Errorf("%s %s: %d rows, %v", how, table.Name, n, err)
				}
			}
		}
		if first == nil {
			first = stands
		} else if !maps.Equal(first, stands) {
			t.Error("the engines differ")
		}
	})
}

// typed are parameters whose types PostgreSQL cannot guess.
func typed(a *db.Args, t *db.Table, row []any) string {
	var out []string
	for i, c := range t.Columns {
		switch c.Kind {
		case db.Text:
			out = append(out, "CAST("+a.P(row[i])+" AS TEXT)")
		default:
			out = append(out, a.P(row[i]))
		}
	}
	return strings.Join(out, ", ")
}

// A migration that adds columns with a default leaves digests as they are.
func TestDigestsOutliveNewColumns(t *testing.T) {
	old := fstest.MapFS{"migrations/0001_x.sql": {Data: []byte("-- +goose Up\nCREATE TABLE x ( -- rows: each\n\tid TEXT PRIMARY KEY,\n\tn BIGINT NOT NULL\n);\n")}}
	now := maps.Clone(old)
	now["migrations/0002_x.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE x ADD COLUMN a TEXT NOT NULL DEFAULT 'it''s';\nALTER TABLE x ADD COLUMN z TIMESTAMPTZ;\nALTER TABLE x ADD COLUMN flag BOOLEAN NOT NULL DEFAULT FALSE;\n")}
	before, err := db.DigestOf(old, "x", "row", int64(5))
	after, err2 := db.DigestOf(now, "x", "it's", false, "row", int64(5), nil)
	changed, err3 := db.DigestOf(now, "x", "it's", true, "row", int64(5), nil)
	if errors.Join(err, err2, err3) != nil || before != after || after == changed {
		t.Errorf("%x, %x, %x: %v", before, after, changed, errors.Join(err, err2, err3))
	}
}

// Values cannot slide from one column into the next, and NULL is not the empty text.
func TestDigestsAreInjective(t *testing.T) {
	files := fstest.MapFS{"migrations/0001_x.sql": {Data: []byte("-- +goose Up\nCREATE TABLE x (\n\ta TEXT,\n\tb TEXT,\n\tid TEXT PRIMARY KEY,\n\tj JSONB,\n\tn BIGINT,\n\tx BYTEA\n);\n")}}
	seen := map[db.Digest][]any{}
	for _, row := range [][]any{
		{"a", "b", "1", nil, nil, nil}, {"ab", "", "1", nil, nil, nil}, {"", "ab", "1", nil, nil, nil}, {nil, "ab", "1", nil, nil, nil}, {"ab", nil, "1", nil, nil, nil},
		{"a\x01bv\x01b", nil, "1", nil, nil, nil}, {nil, nil, "1", nil, nil, nil}, {nil, nil, "1", nil, int64(0), nil}, {nil, nil, "1", nil, nil, []byte{}},
		{nil, nil, "1", nil, nil, []byte("0")}, {nil, nil, "1", "null", nil, nil}, {nil, nil, "1", `{"a":1}`, nil, nil}, {nil, nil, "1", `{"a":1.0}`, nil, nil}, {nil, nil, "1", `{"a":1`, nil, nil},
	} {
		sum, err := db.DigestOf(files, "x", row...)
		if other, ok := seen[sum]; ok || err != nil {
			t.Errorf("%q and %q have one digest (%v)", other, row, err)
		}
		seen[sum] = row
	}
	one, _ := db.DigestOf(files, "x", nil, nil, "1", `{"b": [1, 2], "a": "<"}`, nil, nil)
	two, _ := db.DigestOf(files, "x", nil, nil, "1", []byte(`{"a":"<","b":[1,2]}`), nil, nil)
	if one != two {
		t.Error("the order of members and white space changed the digest of a document")
	}
}

// The schema that the journal knows is that of the database.
func TestTheSchemaIsTheDatabases(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		tables := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
		columns, keys := `SELECT name || ' ' || type FROM pragma_table_info($1) ORDER BY name`, `SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk`
		types := map[db.Kind]string{db.Text: "TEXT", db.Integer: "INTEGER", db.Boolean: "INTEGER", db.Bytes: "BLOB", db.Timestamp: "TEXT", db.Document: "TEXT"}
		if d.Engine == db.PostgreSQL {
			tables = `SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'`
			columns = `SELECT column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY column_name COLLATE "C"`
			keys = `SELECT CAST(a.attname AS TEXT) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
				WHERE i.indisprimary AND i.indrelid = CAST(CAST($1 AS TEXT) AS regclass) ORDER BY array_position(CAST(i.indkey AS int2[]), a.attnum)`
			types = map[db.Kind]string{db.Text: "text", db.Integer: "bigint", db.Boolean: "boolean", db.Bytes: "bytea", db.Timestamp: "timestamp with time zone", db.Document: "jsonb"}
		}
		known := map[string]*db.Table{}
		for _, x := range db.Tables() {
			known[x.Name] = x
		}
		err := d.View(t.Context(), func(tx *db.Tx) error {
			names, err := db.List(t.Context(), tx, db.Value[string], tables)
			if err != nil {
				return err
			}
			for _, name := range names {
				if strings.HasPrefix(name, "river_") || strings.HasPrefix(name, "goose_") || // of libraries, which keep their own books
					strings.HasPrefix(name, "vuln_word") { // an index of words, in each engine's own form
					continue
				}
				x := known[name]
				if x == nil {
					t.Errorf("table %s is in the database, and internal/db/schema.go does not read it in the migrations", name)
					continue
				}
				delete(known, name)
				var want []string
				for _, c := range x.Columns {
					want = append(want, c.Name+" "+types[c.Kind])
				}
				have, err := db.List(t.Context(), tx, db.Value[string], columns, name)
				if err != nil {
					return err
				}
				key, err := db.List(t.Context(), tx, db.Value[string], keys, name)
				if err != nil {
					return err
				}
				if !slices.Equal(want, have) || !slices.Equal(key, x.Key) {
					t.Errorf("table %s: read %q with the key %q, and the database has %q with %q", name, want, x.Key, have, key)
				}
			}
			return nil
		})
		if err != nil || len(known) > 0 {
			t.Errorf("%v, not in the database: %v", err, slices.Collect(maps.Keys(known)))
		}
	})
}

// Every table says how its rows are watched, and those that are not say why.
func TestEveryTableSaysHowItIsWatched(t *testing.T) {
	for _, x := range db.Tables() {
		if !db.Said(x) {
			t.Errorf("table %s does not say how its rows are watched: write in its migration 'CREATE TABLE %s ( -- rows: each', which keeps a digest of every row whenever it changes; "+
				"'each but COLUMN' when a column changes often and means nothing; 'by COLUMN of PARENT' when thousands of rows are written together; or 'none, REASON'", x.Name, x.Name)
		}
		for _, free := range x.Free {
			if !slices.ContainsFunc(x.Columns, func(c db.Column) bool { return c.Name == free && c.Free }) || slices.Contains(x.Key, free) {
				t.Errorf("table %s: no column %s may change freely", x.Name, free)
			}
		}
		if x.Watch != db.Never && len(x.Key) == 0 {
			t.Errorf("table %s has no primary key", x.Name)
		}
		if x.Watch == db.By && !slices.ContainsFunc(x.Columns, func(c db.Column) bool { return c.Name == x.Group && c.Kind == db.Text }) {
			t.Errorf("table %s: no text column %s", x.Name, x.Group)
		}
	}
	for _, text := range db.Migrations() {
		if strings.Contains(strings.ToUpper(text), "ON DELETE CASCADE") || strings.Contains(strings.ToUpper(text), "CREATE TRIGGER") {
			t.Error("a cascade or a trigger changes rows past the journal")
		}
	}
}

// parts is a table that is watched by groups, which the platform has had and may have again.
const parts = "CREATE TABLE sbom_part ( -- rows: by sbom_id of sbom\n\tsbom_id TEXT NOT NULL,\n\tparent BIGINT NOT NULL,\n\tchild BIGINT NOT NULL,\n\tPRIMARY KEY (sbom_id, child, parent)\n);"

func grouped(t *testing.T, d *db.DB) {
	t.Helper()
	db.Extend(t, parts)
	if _, err := d.Writer().ExecContext(t.Context(), parts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Writer().Exec(`DROP TABLE sbom_part`) }) //nolint:errcheck // with its database at the latest
}

// What would leave no trace is refused.
func TestUntraceableStatementsAreRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		grouped(t, d)
		for _, q := range []string{
			`UPDATE series SET name = 'b' WHERE name = 'a'`,
			`INSERT INTO series (name, n) VALUES ('a', 1) ON CONFLICT (name) DO UPDATE SET n = 2, name = 'b'`,
			`UPDATE sbom_part SET sbom_id = 'b'`,
			`TRUNCATE series`,
			`UPDATE series SET n = 3 RETURNING n`,
		} {
			err := d.Tx(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), q); return err })
			if err == nil || !strings.HasPrefix(err.Error(), "db: ") {
				t.Errorf("%s: %v", q, err)
			}
		}
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			rows, err := tx.Query(t.Context(), `DELETE FROM series RETURNING n`)
			if err == nil {
				rows.Close()
			}
			return err
		})
		if err == nil || !strings.HasPrefix(err.Error(), "db: ") {
			t.Error(err)
		}
		if err := write(t, d, func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO series (name, n) VALUES ('a', 1), ('b', 2)`); err != nil {
				return err
			}
			_, err := db.Get(ctx, tx, db.Value[int], `UPDATE series SET n = n + 1 RETURNING n`)
			return err
		}); err == nil {
			t.Error("Get changed several rows")
		}
	})
}

// Many rows are digested while they are inserted, and say on either engine what was given.
func TestManyRowsAreDigestedAsTheyStand(t *testing.T) {
	const into = `warning_recipient (warning_id, revision, at, acked_at, answer, assets, answered_by, answered_via, org_id, wave, products, read_at, carried)`
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		grouped(t, d)
		loose(t, d)
		ledger := dbtest.Keep(t, d)
		var rows, events, lines [][]any
		for i := range 1_000 {
			var read any
			if i%3 == 0 {
				read = db.At(dbtest.Start.Add(time.Duration(i)*time.Second + 123456789*time.Nanosecond))
			}
			carried := [...]string{"", "a\tb\\N\n", "烽燧"}[i%3]
			rows = append(rows, []any{fmt.Sprintf("unit-%04d", (i*7)%1000), i % 4, int64(i), read, carried})
			events = append(events, []any{fmt.Sprintf("event-%d", i), "test.happened", db.At(dbtest.Start), "", "", "web", db.ToJSON(map[string]any{"b": i, "a": "<é>"}), []byte{0, byte(i)}})
			lines = append(lines, []any{int64(i), int64(i + 1)})
		}
		same := []any{"w", 1, db.At(dbtest.Start), db.At(time.Time{}), "", 0, "", ""}
		for _, step := range []func(context.Context, *db.Tx) error{
			func(ctx context.Context, tx *db.Tx) error { return db.Spread(ctx, tx, into, same, rows) },
			func(ctx context.Context, tx *db.Tx) error {
				return db.Bulk(ctx, tx, "event (id, kind, at, by_user, by_org, via, payload, salt)", "", events)
			},
			func(ctx context.Context, tx *db.Tx) error {
				return errors.Join(db.Spread(ctx, tx, "sbom_part (sbom_id, parent, child)", []any{"list"}, lines),
					db.Bulk(ctx, tx, "sbom (id, product_id, version, format, spec_version, sha256, blob, components, edges, is_current, account_id, at)", "",
						[][]any{{"list", "list", "1", "", "", "", "", 1, 1, true, "", db.At(tx.Now)}}))
			},
		} {
			if err := write(t, d, step); err != nil {
				t.Fatal(err)
			}
			ledger.Check(t, d)
		}
		err := write(t, d, func(ctx context.Context, tx *db.Tx) error {
			rows := append(slices.Clone(rows), rows[0])
			same := append([]any{"twice"}, same[1:]...)
			if err := db.Spread(ctx, tx, into, same, rows); !db.Duplicate(err) {
				t.Errorf("a key that comes twice: %v", err)
			}
			return nil
		})
		if err == nil {
			t.Error("what failed was committed")
		}
		ledger.Check(t, d)
		type row struct {
			wave, products       int
			at, read, acked      db.Time
			carried, answer, via string
		}
		err = d.View(t.Context(), func(tx *db.Tx) error {
			for i, r := range rows {
				x, err := db.Get(t.Context(), tx, func(r db.Row) (x row, err error) {
					return x, r.Scan(&x.wave, &x.products, &x.at, &x.read, &x.acked, &x.carried, &x.answer, &x.via)
				}, `SELECT wave, products, at, read_at, acked_at, carried, answer, answered_via FROM warning_recipient WHERE warning_id = 'w' AND revision = 1 AND org_id = $1`, r[0])
				if err != nil {
					return err
				}
				want := row{wave: i % 4, products: i, at: db.At(dbtest.Start), carried: r[4].(string)}
				if r[3] != nil {
					want.read = db.At(r[3].(db.Time).Truncate(time.Microsecond))
				}
				if x != want {
					t.Fatalf("row %d: %+v, want %+v", i, x, want)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A statement that failed after its rows were noticed leaves no transaction that tells of them.
func TestAFailedInsertIsNotTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			err := db.Bulk(t.Context(), tx, "series (name, n)", "", [][]any{{"a", 1}, {"a", 2}})
			if !db.Duplicate(err) {
				t.Error(err)
			}
			return nil
		})
		if err == nil {
			t.Error("committed")
		}
	})
}

// Groups are digested when their parent is made, whether their rows were written in that transaction or before it, and
// again whenever they change.
func TestGroupsAreDigestedTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		grouped(t, d)
		loose(t, d)
		edges := func(ctx context.Context, tx *db.Tx, id string, from, to int) error {
			var rows [][]any
			for i := from; i < to; i++ {
				rows = append(rows, []any{id, int64(i), int64(i + 1)})
			}
			return db.Bulk(ctx, tx, "sbom_part (sbom_id, parent, child)", "", rows)
		}
		list := func(ctx context.Context, tx *db.Tx, id string) error {
			return db.Bulk(ctx, tx, "sbom (id, product_id, version, format, spec_version, sha256, blob, components, edges, is_current, account_id, at)", "",
				[][]any{{id, id, "1", "", "", "", "", 1, 1, true, "", db.At(tx.Now)}})
		}
		ledger := dbtest.Keep(t, d)
		for _, step := range []func(context.Context, *db.Tx) error{
			func(ctx context.Context, tx *db.Tx) error { return edges(ctx, tx, "staged", 0, 1000) },
			func(ctx context.Context, tx *db.Tx) error { return edges(ctx, tx, "staged", 1000, 1500) },
			func(ctx context.Context, tx *db.Tx) error {
				return errors.Join(edges(ctx, tx, "staged", 1500, 1600), list(ctx, tx, "staged"))
			},
			func(ctx context.Context, tx *db.Tx) error {
				return errors.Join(list(ctx, tx, "whole"), edges(ctx, tx, "whole", 0, 1000))
			},
			func(ctx context.Context, tx *db.Tx) error { return edges(ctx, tx, "left behind", 0, 10) },
			func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, `DELETE FROM sbom_part WHERE sbom_id = 'whole' AND parent < 10`)
				return err
			},
			func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE sbom_part SET child = child + 5000 WHERE sbom_id = 'whole' AND parent = 20`)
				return err
			},
		} {
			if err := write(t, d, step); err != nil {
				t.Fatal(err)
			}
			ledger.Check(t, d)
		}
	})
}

func TestPacksAreReadAsWritten(t *testing.T) {
	items := []db.Item{{Table: "a", What: db.Restart, Key: []byte("each")}, {Table: "a", What: db.Stands, Key: []byte("\x02k1"), Digest: db.Digest{1}},
		{Table: "a", What: db.Stands, Key: []byte("\x02k2"), Digest: db.Digest{2}}, {Table: "b", What: db.Gone, Key: []byte("\x00")}, {Table: "b", What: db.Together, Key: []byte("\x01g"), Digest: db.Digest{3}}}
	p := db.Packed(items)
	i := 0
	err := p.Each(func(x db.Item) error {
		if w := items[i]; w.Table != x.Table || w.What != x.What || !bytes.Equal(w.Key, x.Key) || w.Digest != x.Digest {
			t.Errorf("%d: %+v", i, x)
		}
		i++
		return nil
	})
	if err != nil || i != len(items) {
		t.Error(i, err)
	}
}

// A pack that somebody has altered is read without harm, to its end or to an error.
func FuzzPack(f *testing.F) {
	f.Add([]byte(db.Packed([]db.Item{{Table: "a", What: db.Stands, Key: []byte("\x02k1"), Digest: db.Digest{1}}, {Table: "a", What: db.Gone, Key: []byte("\x02k2")}})))
	f.Add([]byte("T\x01aC\x04eachR\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		if err := db.Pack(b).Each(func(x db.Item) error {
			n += len(x.Key)
			return nil
		}); err == nil && n > 0 && len(b) == 0 {
			t.Error("something came of nothing")
		}
	})
}
