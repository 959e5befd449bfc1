// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/evidence"
)

// auditRows audits the log and the rows, as event.Log does.
func auditRows(ctx context.Context, l *evidence.Log, tx *db.Tx) (*evidence.Findings, error) {
	f, err := l.Audit(ctx, tx)
	if err != nil {
		return nil, err
	}
	return f, evidence.AuditRows(ctx, tx, f)
}

func keepRows(t *testing.T, d *db.DB) *evidence.Log {
	t.Helper()
	l := open(t, d)
	if err := l.KeepRows(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// found audits in a view and returns what was found, in words.
func found(t *testing.T, l *evidence.Log) (words []string, f *evidence.Findings) {
	t.Helper()
	err := l.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		f, err = auditRows(t.Context(), l, tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.Traces {
		words = append(words, x.Table+" "+x.Row+": "+x.What)
	}
	return words, f
}

// tampered does something past the platform, audits, and undoes it.
func tampered(t *testing.T, l *evidence.Log, do func(exec func(string, ...any) int64)) (words []string) {
	t.Helper()
	undo := errors.New("undo")
	err := l.DB.Tx(t.Context(), func(tx *db.Tx) error {
		do(func(q string, args ...any) int64 {
			res, err := tx.SQL().ExecContext(t.Context(), q, args...)
			if err != nil {
				t.Fatal(q, err)
			}
			n, _ := res.RowsAffected()
			return n
		})
		f, err := auditRows(t.Context(), l, tx)
		if err != nil {
			return err
		}
		for _, x := range f.Traces {
			words = append(words, x.Table+" "+x.Row+": "+x.What)
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Error(err)
	}
	return words
}

// history writes rows of several ages: one that was changed, one that was deleted, one that stays.
func history(t *testing.T, d *db.DB, clock *calendar.Driven) {
	t.Helper()
	for _, q := range []string{
		`INSERT INTO series (name, n) VALUES ('changes', 1), ('stays', 1), ('goes', 1)`,
		`UPDATE series SET n = 2 WHERE name = 'changes'`,
		`DELETE FROM series WHERE name = 'goes'`,
		`UPDATE series SET n = 3 WHERE name = 'changes'`,
	} {
		clock.Advance(time.Hour)
		write(t, d, q)
	}
}

// The audit says in plain words what happened to a row, and when the platform wrote it last.
func TestAuditTellsWhatHappenedToARow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		l := keepRows(t, d)
		history(t, d, clock)
		integrate(t, l)
		if words, f := found(t, l); len(words) > 0 || f.Records != 5 || len(f.Tables) != len(db.Watched()) {
			t.Fatalf("untouched: %v, %d records", words, f.Records)
		}
		for _, x := range []struct{ do, want string }{
			{`UPDATE series SET n = 9 WHERE name = 'changes'`, "series changes: it is not what was written at 2021-11-24 06:00:00 UTC"},
			{`UPDATE series SET n = 2 WHERE name = 'changes'`, "series changes: the platform changed it at 2021-11-24 06:00:00 UTC: it was put back to what it was at 2021-11-24 04:00:00 UTC"},
			{`DELETE FROM series WHERE name = 'stays'`, "series stays: it was written at 2021-11-24 03:00:00 UTC and is gone"},
			{`INSERT INTO series (name, n) VALUES ('goes', 1)`, "series goes: the platform deleted it at 2021-11-24 05:00:00 UTC: it was put back"},
			{`INSERT INTO series (name, n) VALUES ('new', 1)`, "series new: the platform never wrote it: it was added"},
		} {
			if got := tampered(t, l, func(exec func(string, ...any) int64) { exec(x.do) }); len(got) != 1 || got[0] != x.want {
				t.Errorf("%s: %q", x.do, got)
			}
		}
	})
}

// A dump of one table that is put back in place of what has happened since is found, row by row.
func TestARestoredTableIsFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		l := keepRows(t, d)
		write(t, d, `INSERT INTO series (name, n) VALUES ('a', 1), ('b', 1), ('c', 1)`)
		if _, err := d.Writer().ExecContext(t.Context(), `CREATE TABLE dump AS SELECT * FROM series`); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Hour)
		for _, q := range []string{`UPDATE series SET n = 2 WHERE name = 'a'`, `DELETE FROM series WHERE name = 'b'`, `INSERT INTO series (name, n) VALUES ('d', 1)`} {
			write(t, d, q)
		}
		got := tampered(t, l, func(exec func(string, ...any) int64) {
			exec(`DELETE FROM series`)
			exec(`INSERT INTO series SELECT * FROM dump`)
		})
		if len(got) != 3 || !strings.Contains(strings.Join(got, "\n"), "series a: the platform changed it at 2021-11-24 03:00:00 UTC: it was put back to what it was at 2021-11-24 02:00:00 UTC") {
			t.Errorf("%q", got)
		}
	})
}

// The journal cannot be rewritten either, by those who have the database and not the key.
func TestTheJournalCannotBeRewritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		l := keepRows(t, d)
		history(t, d, clock)
		integrate(t, l)
		write(t, d, `UPDATE series SET n = 4 WHERE name = 'changes'`) // its record is not in the tree yet
		type recorded struct {
			id        string
			rows      []byte
			signature []byte
		}
		var rs []recorded
		if err := d.View(t.Context(), func(tx *db.Tx) (err error) {
			rs, err = db.List(t.Context(), tx, func(r db.Row) (x recorded, err error) { return x, r.Scan(&x.id, &x.rows, &x.signature) }, `SELECT id, rows, signature FROM row_journal ORDER BY n`)
			return err
		}); err != nil || len(rs) != 6 {
			t.Fatal(len(rs), err)
		}
		one, two, newest := rs[2].id, rs[4].id, rs[5].id
		for name, do := range map[string]func(exec func(string, ...any) int64){
			"a record deleted":          func(exec func(string, ...any) int64) { exec(`DELETE FROM row_journal WHERE id = $1`, two) },
			"the newest record deleted": func(exec func(string, ...any) int64) { exec(`DELETE FROM row_journal WHERE id = $1`, newest) },
			"its rows": func(exec func(string, ...any) int64) {
				exec(`UPDATE row_journal SET rows = $1 WHERE id = $2`, rs[1].rows, two)
			},
			"its rows cut": func(exec func(string, ...any) int64) {
				exec(`UPDATE row_journal SET rows = $1 WHERE id = $2`, rs[4].rows[:9], two)
			},
			"its time": func(exec func(string, ...any) int64) {
				exec(`UPDATE row_journal SET at = $1 WHERE id = $2`, db.At(dbtest.Start), two)
			},
			"its kind": func(exec func(string, ...any) int64) {
				exec(`UPDATE row_journal SET kind = 'rows.baselined' WHERE id = $1`, two)
			},
			"its version": func(exec func(string, ...any) int64) { exec(`UPDATE row_journal SET version = 1 WHERE id = $1`, two) },
			"its salt": func(exec func(string, ...any) int64) {
				exec(`UPDATE row_journal SET salt = $1 WHERE id = $2`, []byte("salt"), two)
			},
			"its signature": func(exec func(string, ...any) int64) {
				exec(`UPDATE row_journal SET signature = $1 WHERE id = $2`, rs[1].signature, two)
			},
			"its id":                       func(exec func(string, ...any) int64) { exec(`UPDATE row_journal SET id = 'x' WHERE id = $1`, two) },
			"its place in the order":       func(exec func(string, ...any) int64) { exec(`UPDATE row_journal SET n = n + 100 WHERE id = $1`, one) },
			"the whole journal":            func(exec func(string, ...any) int64) { exec(`DELETE FROM row_journal`) },
			"the journal with its scheme":  func(exec func(string, ...any) int64) { exec(`DELETE FROM row_journal`); exec(`DELETE FROM row_scheme`) },
			"the kind of a record's entry": func(exec func(string, ...any) int64) { exec(`UPDATE evidence SET head = 'test' WHERE id = $1`, two) },
			"the entry of a record":        func(exec func(string, ...any) int64) { exec(`DELETE FROM evidence WHERE id = $1`, newest) },
			"a record and its entry": func(exec func(string, ...any) int64) {
				exec(`DELETE FROM row_journal WHERE id = $1`, two)
				exec(`DELETE FROM evidence WHERE id = $1`, two)
			},
			"the newest record and its entry": func(exec func(string, ...any) int64) {
				exec(`DELETE FROM row_journal WHERE id = $1`, newest)
				exec(`DELETE FROM evidence WHERE id = $1`, newest)
			},
			"a forged record": func(exec func(string, ...any) int64) {
				exec(`UPDATE series SET n = 2 WHERE name = 'changes'`)
				e, r := evidence.ForgeRecord(1000, "forged", db.At(clock.Now()), rs[2].rows, rs[5].signature)
				exec(`INSERT INTO row_journal (n, id, kind, at, version, rows, salt, signature) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`, r...)
				exec(`INSERT INTO evidence (id, leaf, head) VALUES ($1,$2,$3)`, e.ID, e.Leaf(), "rows.changed\n\n\n")
			},
		} {
			if got := tampered(t, l, do); len(got) == 0 {
				t.Errorf("%s: not found", name)
			}
		}
		if words, _ := found(t, l); len(words) > 0 {
			t.Errorf("after all was undone: %q", words)
		}
	})
}

// Who makes the platform take a table as it stands, so that what was altered is forgotten, is seen.
func TestABaselineWithoutAReasonIsSeen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		l := keepRows(t, d)
		history(t, d, clock)
		for _, q := range []string{`UPDATE series SET n = 9 WHERE name = 'changes'`, `DELETE FROM row_scheme WHERE name = 'series'`} {
			if _, err := d.Writer().ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.KeepRows(t.Context()); err != nil { // the next start
			t.Fatal(err)
		}
		words, _ := found(t, l)
		if len(words) != 1 || !strings.Contains(words[0], "it takes table series as it stood at 2021-11-24T06:00:00Z, although no migration had changed it") {
			t.Errorf("%q", words)
		}
	})
}

// A database that is older than the journal is taken as it stands, once, and that is an entry of the log.
func TestAnOldDatabaseIsTakenAsItStands(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		history(t, d, clock)
		l := keepRows(t, d)
		if err := l.KeepRows(t.Context()); err != nil {
			t.Fatal(err)
		}
		integrate(t, l)
		words, f := found(t, l)
		if len(words) > 0 || f.Records != 1 || f.Size != 1 {
			t.Errorf("%q, %d records, %d entries", words, f.Records, f.Size)
		}
		if got := tampered(t, l, func(exec func(string, ...any) int64) { exec(`UPDATE series SET n = 9 WHERE name = 'stays'`) }); len(got) != 1 {
			t.Errorf("%q", got)
		}
	})
}

// Records that a replaced key has signed stay good.
func TestRecordsOutliveTheirKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		l := keepRows(t, d)
		history(t, d, clock)
		if _, err := l.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		write(t, d, `UPDATE series SET n = 4 WHERE name = 'changes'`)
		integrate(t, l)
		if words, f := found(t, l); len(words) > 0 || f.Records != 6 {
			t.Errorf("%q", words)
		}
	})
}

// A database that is larger than what the audit remembers is audited in passes, and the findings are the same.
func TestAuditOfManyRowsInPasses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		l := keepRows(t, d)
		var rows [][]any
		for i := range 30_000 {
			rows = append(rows, []any{fmt.Sprintf("row-%05d", i), i})
		}
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { return db.Bulk(t.Context(), tx, "series (name, n)", "", rows) }); err != nil {
			t.Fatal(err)
		}
		do := func(exec func(string, ...any) int64) {
			exec(`UPDATE series SET n = -1 WHERE name = 'row-00777'`)
			exec(`DELETE FROM series WHERE name = 'row-29999'`)
			exec(`INSERT INTO series (name, n) VALUES ('row-x', 0)`)
		}
		one := tampered(t, l, do)
		defer evidence.SetKnown(1000)()
		many := tampered(t, l, do)
		words, f := found(t, l)
		if len(one) != 3 || len(many) != 3 || len(words) != 0 {
			t.Errorf("%q in one pass, %q in many; untouched: %q", one, many, words)
		}
		for _, x := range f.Tables {
			if x.Table == "series" && x.Rows != 30_001 {
				t.Errorf("%d rows counted", x.Rows)
			}
		}
	})
}
