// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Journal keeps what a transaction has changed in watched tables, in the transaction itself, just before its commit.
// baseline says that the transaction took whole tables as they stood.
type Journal func(ctx context.Context, tx *Tx, packs []Pack, baseline bool) error

// KeepRows makes every later write transaction hand its changed rows to keep, too. It is called before the first of them.
func (d *DB) KeepRows(keep Journal) { d.keep = append(d.keep, keep) }

// journal collects the rows that a transaction changes.
type journal struct {
	keep     []Journal
	pack     packer
	last     *digester // of the table that was written last
	other    map[*Table]*digester
	groups   map[groupKey]*group
	order    []groupKey
	key      []byte
	baseline bool
	broken   error // a statement failed whose rows had been noticed
}

type groupKey struct {
	t   *Table
	key string
}

// A group is one whose rows the transaction changed.
type group struct {
	rows []Digest // of those that it inserted
	all  bool     // it did nothing else to the group
	gone bool     // its parent was deleted
}

func (j *journal) digester(t *Table) *digester {
	if j.last != nil && j.last.t == t {
		return j.last
	}
	if j.other == nil {
		j.other = map[*Table]*digester{}
	}
	if j.other[t] == nil {
		j.other[t] = newDigester(t)
	}
	j.last = j.other[t]
	return j.last
}

// changed takes the row that the digester has read. A new one may be the parent of groups.
func (j *journal) changed(d *digester, new bool) {
	j.key = d.key(j.key[:0])
	j.pack.add(d.t.Name, Stands, j.key, d.sum())
	if new {
		for _, t := range d.t.groups {
			j.group(t, j.key)
		}
	}
}

// gone takes a row that was deleted.
func (j *journal) gone(t *Table, key []byte) {
	j.pack.add(t.Name, Gone, key, Digest{})
	for _, g := range t.groups {
		j.group(g, key).gone = true
	}
}

// group is what is known of a group, entered when it was not.
func (j *journal) group(t *Table, key []byte) *group {
	k := groupKey{t, string(key)}
	g := j.groups[k]
	if g == nil {
		if j.groups == nil {
			j.groups = map[groupKey]*group{}
		}
		g = &group{all: true}
		j.groups[k], j.order = g, append(j.order, k)
	}
	return g
}

// returned scans the columns that a plan asks for, and takes notice of them.
func (j *journal) returned(rows Row, p plan, dest ...any) error {
	d := j.digester(p.t)
	if p.t.Watch != By && p.verb != 'D' {
		if err := rows.Scan(slices.Concat(dest, d.cells)...); err != nil {
			return err
		}
		j.changed(d, p.verb == 'I')
		return nil
	}
	d.reset()
	names := p.t.Key
	if p.t.Watch == By {
		names = []string{p.t.Group}
	}
	for _, name := range names {
		dest = append(dest[:len(dest):len(dest)], &one{d, d.t.place[name]})
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	if p.t.Watch == By {
		j.key = d.group(j.key[:0])
		j.group(p.t, j.key).all = false
	} else {
		j.key = d.key(j.key[:0])
		j.gone(p.t, j.key)
	}
	return nil
}

// one takes the value of a single column.
type one struct {
	d *digester
	i int
}

// Scan implements sql.Scanner.
func (c *one) Scan(v any) error { return c.d.value(c.i, v) }

// exec runs a statement that changes a watched table.
func (tx *Tx) exec(ctx context.Context, p plan, query string, args []any) (n int64, err error) {
	if p.err != nil || p.returns {
		return 0, errors.Join(p.err, returns(p))
	}
	run := query + " RETURNING " + p.columns
	if p.adds && tx.Engine == SQLite { // reading them afterwards costs half of what RETURNING does
		top, err := Get(ctx, tx, Value[int64], "SELECT coalesce(max(rowid), 0) FROM "+p.t.Name)
		if err == nil {
			n, err = tx.bare(ctx, query, args...)
		}
		if err != nil || n == 0 {
			return n, err
		}
		run, args, n = "SELECT "+p.columns+" FROM "+p.t.Name+" WHERE rowid > $1", []any{top}, 0
	}
	rows, err := tx.tx.QueryContext(ctx, run, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := tx.journal.returned(rows, p); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

func returns(p plan) error {
	if p.returns {
		return fmt.Errorf("db: what returns rows of table %s is run by Get or List", p.t.Name)
	}
	return nil
}

// A noticed row was changed by a statement with a RETURNING of its own: scanning it takes notice of all its columns.
type noticed struct {
	Row
	j *journal
	p plan
}

// Scan scans the columns that the statement asked for.
func (r noticed) Scan(dest ...any) error { return r.j.returned(r.Row, r.p, dest...) }

// query runs a query for Get and List; the second result scans its rows.
func (tx *Tx) query(ctx context.Context, query string, args []any) (*sql.Rows, func(Row) Row, error) {
	same := func(r Row) Row { return r }
	if tx.journal != nil {
		if p := planOf(query); p.t != nil {
			if p.err != nil {
				return nil, nil, p.err
			}
			query += ", " + p.columns
			same = func(r Row) Row { return noticed{r, tx.journal, p} }
		}
	}
	rows, err := tx.tx.QueryContext(ctx, query, args...)
	return rows, same, err
}

// inserted takes notice of rows from the parameters that insert them: the values of the first columns that are the same in
// all rows, and those of the others. What it returns does so, and touches nothing but the journal; it is nil when the
// engine might store something else.
func (j *journal) inserted(t *Table, columns []string, same []any, rows [][]any) func() error {
	place := make([]int, len(t.Columns)) // among columns, from 1
	for i, name := range columns {
		at, ok := t.place[name]
		if !ok || t.Columns[at].Kind == Document {
			return nil
		}
		place[at] = i + 1
	}
	type given struct {
		c    *Column
		i    int
		v    any // of all rows
		each int // place in a row, from 1
	}
	var cells []given
	for i := range t.Columns {
		switch c := &t.Columns[i]; {
		case place[i] > len(same):
			cells = append(cells, given{c: c, i: i, each: place[i] - len(same)})
		case place[i] > 0:
			v, ok := asStored(c, same[place[i]-1])
			if !ok {
				return nil
			}
			cells = append(cells, given{c: c, i: i, v: v})
		case c.key || c.some && c.normal == nil:
			return nil
		}
	}
	for _, row := range rows {
		for _, x := range cells {
			if x.each > 0 {
				if _, ok := asStored(x.c, row[x.each-1]); !ok {
					return nil
				}
			}
		}
	}
	return func() error {
		d := j.digester(t)
		for _, row := range rows {
			d.reset()
			for _, x := range cells {
				if x.each > 0 {
					x.v, _ = asStored(x.c, row[x.each-1])
				}
				if err := d.value(x.i, x.v); err != nil {
					return err
				}
			}
			if t.Watch != By {
				j.changed(d, true)
				continue
			}
			j.key = d.group(j.key[:0])
			g := j.group(t, j.key)
			g.rows = append(g.rows, d.sum())
		}
		return nil
	}
}

// Baseline takes all rows of a watched table as they stand: what was kept of it before counts no more.
func (tx *Tx) Baseline(ctx context.Context, t *Table) error {
	j := tx.journal
	if j == nil {
		return errors.New("db: nothing is kept of this transaction")
	}
	j.baseline = true
	if tx.Engine == PostgreSQL {
		if _, err := tx.tx.ExecContext(ctx, "LOCK TABLE "+t.Name+" IN SHARE MODE"); err != nil {
			return err
		}
	}
	j.pack.restart(t)
	return t.Each(ctx, tx, func(what What, key []byte, d Digest, _ int) error {
		j.pack.add(t.Name, what, key, d)
		return nil
	})
}

// Each calls do for every row that a watched table has now: its key and its digest. Of a table that is watched by groups
// it is called for every group, with the number of its rows; one whose parent does not exist has the digest zero.
func (t *Table) Each(ctx context.Context, tx *Tx, do func(what What, key []byte, d Digest, rows int) error) error {
	query := "SELECT " + t.list + " FROM " + t.Name
	if t.Watch == By {
		key := "p." + schema().tables[t.Parent].Key[0]
		query = "SELECT " + t.prefixed() + ", CASE WHEN " + key + " IS NULL THEN 0 ELSE 1 END FROM " + t.Name + " c LEFT JOIN " + t.Parent + " p ON " + key + " = c." + t.Group +
			" ORDER BY c." + t.Group
	}
	rows, err := tx.tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	d := newDigester(t)
	if t.Watch != By {
		var key []byte
		for rows.Next() {
			if err := rows.Scan(d.cells...); err != nil {
				return err
			}
			key = d.key(key[:0])
			if err := do(Stands, key, d.sum(), 1); err != nil {
				return err
			}
		}
		return rows.Err()
	}
	var now, next []byte
	var sums []Digest
	var owned bool
	end := func() error {
		if len(sums) == 0 {
			return nil
		}
		n, sum := len(sums), Digest{}
		if owned {
			sum = together(sums)
		}
		sums = sums[:0]
		return do(Together, now, sum, n)
	}
	for rows.Next() {
		var parent int
		if err := rows.Scan(append(d.cells[:len(d.cells):len(d.cells)], &parent)...); err != nil {
			return err
		}
		if next = d.group(next[:0]); string(next) != string(now) {
			if err := end(); err != nil {
				return err
			}
			now = append(now[:0], next...)
		}
		owned, sums = parent == 1, append(sums, d.sum())
	}
	return errors.Join(rows.Err(), end())
}

func (t *Table) prefixed() string {
	var out []string
	for _, c := range t.Columns {
		out = append(out, "c."+c.Name)
	}
	return strings.Join(out, ", ")
}

// settle ends the list of changes: groups are digested as the transaction leaves them.
func (tx *Tx) settle(ctx context.Context) error {
	j := tx.journal
	if j.broken != nil {
		return j.broken
	}
	for _, k := range j.order {
		if err := tx.settleGroup(ctx, k, j.groups[k]); err != nil {
			return fmt.Errorf("digest a group of %s: %w", k.t.Name, err)
		}
	}
	j.pack.cut()
	if len(j.pack.done) == 0 {
		return nil
	}
	for _, keep := range j.keep {
		if err := keep(ctx, tx, j.pack.done, j.baseline); err != nil {
			return err
		}
	}
	return nil
}

// settleGroup digests a group, unless it has no parent yet: whoever makes the parent digests it.
func (tx *Tx) settleGroup(ctx context.Context, k groupKey, g *group) error {
	t, name := k.t, groupName([]byte(k.key))
	owned, err := List(ctx, tx, Value[int], "SELECT 1 FROM "+t.Parent+" WHERE "+schema().tables[t.Parent].Key[0]+" = $1", name)
	if err != nil {
		return err
	}
	if len(owned) == 0 {
		if g.gone {
			tx.journal.pack.add(t.Name, Gone, []byte(k.key), Digest{})
		}
		return nil
	}
	sums := g.rows
	n, err := Get(ctx, tx, Value[int], "SELECT count(*) FROM "+t.Name+" WHERE "+t.Group+" = $1", name)
	if err != nil {
		return err
	}
	if !g.all || n != len(sums) { // some of its rows are of earlier transactions
		if sums, err = t.digests(ctx, tx, name); err != nil {
			return err
		}
	}
	if len(sums) == 0 {
		tx.journal.pack.add(t.Name, Gone, []byte(k.key), Digest{})
		return nil
	}
	tx.journal.pack.add(t.Name, Together, []byte(k.key), together(sums))
	return nil
}

// digests are those of a group's rows.
func (t *Table) digests(ctx context.Context, tx *Tx, name string) (out []Digest, err error) {
	rows, err := tx.tx.QueryContext(ctx, "SELECT "+t.list+" FROM "+t.Name+" WHERE "+t.Group+" = $1", name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	d := newDigester(t)
	for rows.Next() {
		if err := rows.Scan(d.cells...); err != nil {
			return nil, err
		}
		out = append(out, d.sum())
	}
	return out, rows.Err()
}
