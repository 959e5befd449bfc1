// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/evidence"
)

// Whoever changes, back-dates, deletes or adds a row of any watched table, in any of its columns, is found out. Tables and
// columns are those of the schema, so that a new one is put to the test by itself.
func TestAuditFindsEveryTamperedRow(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			w := newWorld(t, engine, url)
			w.s = assemble(t, w.config)
			t.Cleanup(func() { w.s.Close() })
			x := &tamperer{T: t, s: w.s.DB}
			x.unbind()
			x.fill()
			if _, err := w.s.Evidence.Integrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			f, err := w.s.Events.Audit(t.Context())
			if err != nil || f.Err() != nil || f.Records == 0 || len(f.Tables) != len(db.Watched()) {
				t.Fatalf("untouched: %v, %v: %+v", err, f.Err(), f.Traces)
			}
			x.before = f
			if engine == db.SQLite {
				x.independently(w.config.Data)
			}
			for _, found := range f.Tables {
				if found.Rows == 0 {
					t.Errorf("table %s is empty: nothing of it was tried", found.Table)
				}
			}
			for _, table := range db.Watched() {
				x.table(table)
			}
			if f, err = w.s.Events.Audit(t.Context()); err != nil || f.Err() != nil {
				t.Errorf("after all was undone: %v, %v", err, f.Err())
			}
			t.Logf("%d manipulations of %d tables", x.tried, len(db.Watched()))
		})
	}
}

// independently lets a program in another language, written from docs/evidence.md, come to the same verdicts.
func (x *tamperer) independently(data string) {
	x.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		x.Fatal("python3 is missing, which runs the independent audit: on Debian and Ubuntu, apt-get install python3")
	}
	says := func(holds bool, what string) {
		x.Helper()
		out, err := exec.Command(python, "../evidence/testdata/audit_rows.py", filepath.Join(data, "fengsui.db"), filepath.Join(data, "keys", "evidence.vkey"), "../db/migrations").CombinedOutput()
		if word, _, _ := strings.Cut(string(out), ":"); holds != (err == nil) || word != map[bool]string{true: "HOLDS", false: "DOES NOT HOLD"}[holds] {
			x.Errorf("%s: %s", what, out)
		}
	}
	says(true, "untouched")
	for do, undo := range map[string]string{
		`UPDATE org SET roles = '["platform"]' WHERE slug = 'own'`:                      `UPDATE org SET roles = '["provider","operator"]' WHERE slug = 'own'`,
		`UPDATE report SET learned_at = '2021-11-23T02:00:00.000000Z'`:                  `UPDATE report SET learned_at = '2021-11-24T01:00:00.000000Z'`,
		`UPDATE sbom SET contents = CAST(contents || 'x' AS BLOB)`:                      `UPDATE sbom SET contents = substr(contents, 1, length(contents) - 1)`,
		`UPDATE row_journal SET n = n + 1000 WHERE n = 5`:                               `UPDATE row_journal SET n = n - 1000 WHERE n = 1005`,
		`UPDATE evidence SET leaf = CAST(leaf || 'x' AS BLOB) WHERE seq = 7`:            `UPDATE evidence SET leaf = substr(leaf, 1, length(leaf) - 1) WHERE seq = 7`,
		`UPDATE row_journal SET signature = CAST(signature || 'x' AS BLOB) WHERE n = 3`: `UPDATE row_journal SET signature = substr(signature, 1, length(signature) - 1) WHERE n = 3`,
	} {
		for i, q := range []string{do, undo} {
			if _, err := x.s.Writer().ExecContext(x.Context(), q); err != nil {
				x.Fatal(q, err)
			}
			says(i == 1, q)
		}
	}
}

// A tamperer is somebody who has all rights on the database, and nothing else.
type tamperer struct {
	*testing.T
	s      *db.DB
	before *evidence.Findings
	tried  int
}

// unbind frees the hand from foreign keys, which would stop it before the audit could.
func (x *tamperer) unbind() {
	if x.s.Engine == db.SQLite {
		if _, err := x.s.Writer().ExecContext(x.Context(), `PRAGMA foreign_keys = off`); err != nil {
			x.Fatal(err)
		}
	}
}

func (x *tamperer) tx(do func(ctx context.Context, tx *db.Tx) error) error {
	return x.s.Tx(x.Context(), func(tx *db.Tx) error {
		if tx.Engine == db.PostgreSQL {
			if _, err := tx.SQL().ExecContext(x.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
				return err
			}
		}
		return do(x.Context(), tx)
	})
}

// fill writes a made-up row, as the platform would, into every watched table that the world has left empty.
func (x *tamperer) fill() {
	x.Helper()
	for _, t := range db.Watched() {
		err := x.tx(func(ctx context.Context, tx *db.Tx) error {
			n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM `+t.Name)
			if err != nil || n > 0 {
				return err
			}
			var a db.Args
			var names, values []string
			for _, c := range t.Columns {
				names = append(names, c.Name)
				if c.Name == t.Group {
					values = append(values, `(SELECT min(id) FROM `+t.Parent+`)`)
					continue
				}
				values = append(values, a.P(madeUp(c)))
			}
			_, err = tx.Exec(ctx, `INSERT INTO `+t.Name+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(values, ", ")+`)`, a...)
			return err
		})
		if err != nil {
			x.Fatalf("table %s: %v", t.Name, err)
		}
	}
}

func madeUp(c db.Column) any {
	switch c.Kind {
	case db.Integer:
		return 7
	case db.Boolean:
		return true
	case db.Bytes:
		return []byte("made up")
	case db.Timestamp:
		return db.At(dbtest.Start)
	case db.Document:
		return `{"made": "up"}`
	}
	return "made up"
}

// other is a value that a column of the kind may hold instead of v.
func other(kind db.Kind, v any) []any {
	if b, ok := v.([]byte); ok && kind != db.Bytes {
		v = string(b)
	}
	switch v := v.(type) {
	case nil:
		return []any{madeUp(db.Column{Kind: kind})}
	case int64:
		if kind == db.Boolean {
			return []any{v == 0}
		}
		return []any{v + 1, -v - 1}
	case bool:
		return []any{!v}
	case []byte:
		return []any{append(slices.Clone(v), 0), []byte{}}
	case time.Time:
		return []any{db.At(v.Add(-time.Microsecond)), db.At(v.AddDate(-1, 0, 0))}
	case string:
		switch kind {
		case db.Timestamp:
			at, err := time.Parse(time.RFC3339Nano, v)
			if err != nil {
				return []any{db.At(dbtest.Start)}
			}
			return other(kind, at)
		case db.Document:
			return []any{`{"tampered": true}`, `[]`, `{}`}
		}
		return []any{v + "x", " " + v}
	}
	panic(fmt.Sprintf("a column holds %T", v))
}

// table tries everything on one row of a table.
func (x *tamperer) table(t *db.Table) {
	x.Helper()
	var names []string
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	row := make([]any, len(names))
	x.read(t, names, row)
	where := func(a *db.Args) string {
		var out []string
		for i, name := range names {
			if slices.Contains(t.Key, name) {
				out = append(out, name+" = "+a.P(row[i]))
			}
		}
		return ` WHERE ` + strings.Join(out, " AND ")
	}
	for i, c := range t.Columns {
		if c.Free {
			continue
		}
		for _, v := range other(c.Kind, row[i]) {
			if same(c.Kind, v, row[i]) {
				continue
			}
			var a db.Args
			x.tamper(t, fmt.Sprintf("%s.%s: %v → %v", t.Name, c.Name, row[i], v), `UPDATE `+t.Name+` SET `+c.Name+` = `+a.P(v)+where(&a), a)
		}
		if row[i] != nil && !slices.Contains(t.Key, c.Name) {
			var a db.Args
			x.tamper(t, t.Name+"."+c.Name+": forgotten", `UPDATE `+t.Name+` SET `+c.Name+` = NULL`+where(&a), a)
		}
	}
	var a db.Args
	x.tamper(t, t.Name+": a row deleted", `DELETE FROM `+t.Name+where(&a), a)
	x.tamper(t, t.Name+": all rows deleted", `DELETE FROM `+t.Name, nil)
	copied := slices.Clone(row)
	for i, c := range t.Columns {
		if (c.Kind == db.Text || c.Kind == db.Bytes || c.Kind == db.Integer || slices.Contains(t.Key, c.Name)) && c.Name != t.Group && row[i] != nil {
			copied[i] = other(c.Kind, row[i])[0]
		}
	}
	var b db.Args
	x.tamper(t, t.Name+": a row added", `INSERT INTO `+t.Name+` (`+strings.Join(names, ", ")+`) VALUES `+db.In(&b, copied), b)
}

func (x *tamperer) read(t *db.Table, names []string, row []any) {
	x.Helper()
	err := x.tx(func(ctx context.Context, tx *db.Tx) error {
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		where := ""
		if t.Watch == db.By {
			where = ` WHERE ` + t.Group + ` IN (SELECT id FROM ` + t.Parent + `)`
		}
		return tx.SQL().QueryRowContext(ctx, `SELECT `+strings.Join(names, ", ")+` FROM `+t.Name+where+` LIMIT 1`).Scan(into...)
	})
	if err != nil {
		x.Errorf("table %s: %v", t.Name, err)
	}
}

func same(kind db.Kind, a, b any) bool {
	if kind == db.Document {
		return strings.ReplaceAll(fmt.Sprintf("%s", a), " ", "") == strings.ReplaceAll(fmt.Sprintf("%s", b), " ", "")
	}
	return fmt.Sprint(a) == fmt.Sprint(b)
}

var errUndo = errors.New("undo")

// tamper does something behind the platform's back, looks whether the audit of rows sees it, and undoes it.
func (x *tamperer) tamper(t *db.Table, what, statement string, args db.Args) {
	x.Helper()
	err := x.tx(func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.SQL().ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); n == 0 || err != nil {
			x.Errorf("%s: nothing was changed (%v)", what, err)
		}
		f := *x.before
		f.Traces, f.Count, f.Tables = nil, 0, nil
		if err := evidence.AuditRows(ctx, tx, &f, t.Name); err != nil {
			return err
		}
		if f.Count == 0 {
			x.Errorf("%s: not found", what)
		}
		x.tried++
		return errUndo
	})
	if err != nil && !errors.Is(err, errUndo) && !strings.Contains(strings.ToLower(err.Error()), "null") { // what must not be NULL cannot be forgotten
		x.Errorf("%s: %v", what, err)
	}
}
