// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/fengsui/fengsui/internal/db"
)

// TableFindings tell how a table was looked at.
type TableFindings struct {
	Table  string    `json:"table"`
	Scheme string    `json:"scheme"` // how its rows are watched, in the words of the migrations
	Since  time.Time `json:"since"`  // its last baseline
	Rows   int64     `json:"rows"`
	Groups int64     `json:"groups,omitempty"` // that its rows were digested in
	Loose  int64     `json:"loose,omitempty"`  // rows that belong to nothing and are seen by nobody: an interrupted upload leaves them, or a hand
}

// known bounds how many rows the audit remembers at once; it looks at larger databases in several passes.
var known int64 = 1 << 20

// AuditRows holds every row of the watched tables, or of those that are named, against the journal of rows, and the journal
// against the log, whose own audit has gone before: f. It finds rows that were changed, deleted, added, back-dated or put back
// to an older state.
func AuditRows(ctx context.Context, tx *db.Tx, f *Findings, only ...string) error {
	size, err := db.Get(ctx, tx, db.Value[int64], `SELECT coalesce(sum(length(rows)), 0) FROM row_journal`)
	if err != nil {
		return err
	}
	a := &rowAuditor{only: only, f: f, keys: f.keys, tables: map[string]*tableAudit{}, passes: byte(min(size/(50*known)+1, 255))}
	for a.pass = 0; a.pass < a.passes; a.pass++ {
		if err := a.run(ctx, tx); err != nil {
			return err
		}
	}
	if err := a.orphans(ctx, tx); err != nil {
		return err
	}
	for _, t := range a.tables {
		f.Tables = append(f.Tables, t.TableFindings)
	}
	slices.SortFunc(f.Tables, func(x, y TableFindings) int { return strings.Compare(x.Table, y.Table) })
	return nil
}

type rowAuditor struct {
	only         []string
	f            *Findings
	keys         Keys
	pass, passes byte // rows are divided among passes by the first byte of their mark
	tables       map[string]*tableAudit
	odd          []oddRow // to be explained
}

type tableAudit struct {
	TableFindings
	t       *db.Table
	version int64         // of the schema, at its last baseline
	rows    map[mark]last // what the journal says of its rows
}

// A mark stands for the key of a row.
type mark [16]byte

func markOf(key []byte) (m mark) {
	sum := sha256.Sum256(key)
	copy(m[:], sum[:])
	return m
}

// last is the newest word of the journal on a row.
type last struct {
	db.Digest
	n    int64 // of the record
	gone bool
	seen bool
}

// An oddRow is not what the journal says.
type oddRow struct {
	table string
	mark
	key []byte
	db.Digest
	last
	group, missing bool
}

// run reads the journal, and then the tables, for the rows of one pass.
func (a *rowAuditor) run(ctx context.Context, tx *db.Tx) error {
	for _, t := range a.tables {
		t.rows = map[mark]last{}
	}
	a.odd = nil
	err := journal(ctx, tx, func(r record, e Entry, leaf []byte) error {
		if a.pass == 0 {
			a.f.Records++
			if what := a.held(r, e, leaf); what != "" {
				a.f.Note("row_journal", r.id, what)
			}
		}
		return a.take(r)
	})
	if err != nil {
		return err
	}
	for _, t := range db.Watched() {
		if len(a.only) > 0 && !slices.Contains(a.only, t.Name) {
			continue
		}
		if err := a.compare(ctx, tx, t); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	return a.explain(ctx, tx)
}

// journal calls do for every record with its entry, in the order in which rows were changed.
func journal(ctx context.Context, tx *db.Tx, do func(r record, e Entry, leaf []byte) error) error {
	for after := int64(-1 << 62); ; {
		type pair struct {
			record
			leaf []byte
			head string
		}
		rows, err := db.List(ctx, tx, func(r db.Row) (p pair, err error) {
			var at db.Time
			err = r.Scan(&p.n, &p.id, &p.kind, &at, &p.version, (*[]byte)(&p.rows), &p.salt, db.Null(&p.signature), &p.leaf, db.Null(&p.head))
			p.at = at.Time
			return p, err
		}, `SELECT j.n, j.id, j.kind, j.at, j.version, j.rows, j.salt, j.signature, v.leaf, v.head FROM row_journal j LEFT JOIN evidence v ON v.id = j.id
			WHERE j.n > $1 ORDER BY j.n LIMIT 20`, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, p := range rows {
			after = p.n
			e, err := ParseEntry(p.leaf, p.head)
			if err != nil {
				e = Entry{}
			}
			if err := do(p.record, e, p.leaf); err != nil {
				return err
			}
		}
	}
}

// held says what of a record is not what its entry and its signature say, or "".
func (a *rowAuditor) held(r record, e Entry, leaf []byte) string {
	sum := r.sum()
	n, err := note.Open([]byte(r.signature), a.keys.verifiers())
	switch {
	case leaf == nil:
		return "it has no entry in the evidence log"
	case e.ID == "" || string(e.Leaf()) != string(leaf):
		return "its entry cannot be read"
	case e.ID != r.id || e.Kind != r.kind || e.Subject+e.Context != "" || !ofRows(r.kind+"\n"):
		return "its entry is about something else"
	case !e.At.Equal(r.at):
		return "its time was moved"
	case r.entry(sum).Digest != e.Digest:
		return "what it says of rows, or its place in the order, was changed"
	case err != nil || n.Text != rowsText(a.keys.Origin(), sum):
		return "it is not signed by the platform: somebody who has only the database has written it"
	}
	return ""
}

// take learns what a record says.
func (a *rowAuditor) take(r record) error {
	began := map[string]bool{}
	err := r.rows.Each(func(x db.Item) error {
		t := a.tables[x.Table]
		if x.What == db.Restart {
			if t == nil {
				t = &tableAudit{TableFindings: TableFindings{Table: x.Table}}
				a.tables[x.Table] = t
			}
			a.restart(t, r, string(x.Key), began)
			return nil
		}
		if t == nil || t.rows == nil {
			if a.pass == 0 && !began[x.Table] {
				began[x.Table] = true
				a.f.Note("row_journal", r.id, "it tells of table "+x.Table+" before the table was taken into the journal")
			}
			return nil
		}
		if m := markOf(x.Key); m[0]%a.passes == a.pass {
			t.rows[m] = last{Digest: x.Digest, n: r.n, gone: x.What == db.Gone}
		}
		return nil
	})
	if err != nil {
		a.f.Note("row_journal", r.id, "its list of rows cannot be read")
	}
	return nil
}

// restart begins a table anew. Who does that without a reason wants something to be forgotten.
func (a *rowAuditor) restart(t *tableAudit, r record, scheme string, began map[string]bool) {
	began[t.Table] = true
	if a.pass == 0 {
		switch {
		case r.kind != RowsBaselined:
			a.f.Note("row_journal", r.id, "it takes table "+t.Table+" as it stood, and its kind says otherwise")
		case t.rows != nil && t.Scheme == scheme && !db.Rewritten(t.Table, t.version):
			a.f.Note("row_journal", r.id, "it takes table "+t.Table+" as it stood at "+r.at.Format(time.RFC3339)+", although no migration had changed it: what was altered before can no longer be told")
		}
	}
	t.rows, t.Scheme, t.Since, t.version = map[mark]last{}, scheme, r.at, r.version
}

// compare holds the rows of a table that belong to the pass against the journal.
func (a *rowAuditor) compare(ctx context.Context, tx *db.Tx, table *db.Table) error {
	t := a.tables[table.Name]
	if t == nil || t.Scheme != table.Scheme() {
		if a.pass == 0 && len(a.tables) > 0 {
			a.f.Note(table.Name, "", "its rows were never taken into the journal as they are watched now")
		}
		return nil
	}
	t.t = table
	err := table.Each(ctx, tx, func(what db.What, key []byte, d db.Digest, rows int) error {
		if a.pass == 0 {
			t.Rows += int64(rows)
		}
		m := markOf(key)
		if m[0]%a.passes != a.pass {
			return nil
		}
		if what == db.Together {
			t.Groups++
			if d == (db.Digest{}) {
				t.Loose += int64(rows)
			}
		}
		is, ok := t.rows[m]
		if what == db.Together && d == (db.Digest{}) && (!ok || is.gone) {
			return nil
		}
		if !ok || is.gone || is.Digest != d {
			a.strange(oddRow{table: table.Name, mark: m, key: slices.Clone(key), Digest: d, last: is, group: what == db.Together})
		}
		if ok {
			is.seen = true
			t.rows[m] = is
		}
		return nil
	})
	for m, is := range t.rows {
		if !is.seen && !is.gone {
			a.strange(oddRow{table: table.Name, mark: m, last: is, group: table.Watch == db.By, missing: true})
		}
	}
	t.rows = nil
	return err
}

// strange keeps a row to be explained, when there are not too many of them.
func (a *rowAuditor) strange(o oddRow) {
	if a.f.Count+len(a.odd) < 100 {
		a.odd = append(a.odd, o)
		return
	}
	a.f.Note(o.table, "", "")
}

// explain says of the odd rows of a pass what happened to them, for which it reads the journal once more.
func (a *rowAuditor) explain(ctx context.Context, tx *db.Tx) error {
	if len(a.odd) == 0 {
		return nil
	}
	type place struct {
		table string
		mark
	}
	at := map[place]*oddRow{}
	when, older := map[int64]time.Time{}, map[place]time.Time{}
	for i := range a.odd {
		at[place{a.odd[i].table, a.odd[i].mark}] = &a.odd[i]
	}
	err := journal(ctx, tx, func(r record, _ Entry, _ []byte) error {
		when[r.n] = r.at
		_ = r.rows.Each(func(x db.Item) error { // what cannot be read has been noted
			if x.What == db.Restart {
				return nil
			}
			p := place{x.Table, markOf(x.Key)}
			o := at[p]
			if o == nil {
				return nil
			}
			if o.missing && r.n == o.n {
				o.key = slices.Clone(x.Key)
			}
			if x.What != db.Gone && x.Digest == o.Digest {
				older[p] = r.at
			}
			return nil
		})
		return nil
	})
	for i := range a.odd {
		o := &a.odd[i]
		old, put := older[place{o.table, o.mark}]
		a.f.Note(o.table, a.tables[o.table].t.KeyText(o.key), o.words(when[o.n], old, put))
	}
	return err
}

// words say what happened to a row that was written last at one time, and perhaps stood as it stands now at an older one.
func (o *oddRow) words(written, old time.Time, put bool) string {
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
	switch {
	case o.n == 0:
		return "the platform never wrote it: it was added"
	case o.missing && o.group:
		return "its rows were written at " + at(written) + " and are gone"
	case o.missing:
		return "it was written at " + at(written) + " and is gone"
	case o.gone:
		return "the platform deleted it at " + at(written) + ": it was put back"
	case put:
		return "the platform changed it at " + at(written) + ": it was put back to what it was at " + at(old)
	case o.group:
		return "its rows are not those that were written at " + at(written)
	}
	return "it is not what was written at " + at(written)
}

// orphans looks for entries about records of the journal that are gone.
func (a *rowAuditor) orphans(ctx context.Context, tx *db.Tx) error {
	ids, err := db.List(ctx, tx, db.Value[string], `SELECT v.id FROM evidence v WHERE v.head LIKE 'rows.%' AND NOT EXISTS (SELECT 1 FROM row_journal j WHERE j.id = v.id) ORDER BY v.id LIMIT 100`)
	for _, id := range ids {
		a.f.Note("row_journal", id, "it is in the evidence log, and the record is gone")
	}
	return err
}
