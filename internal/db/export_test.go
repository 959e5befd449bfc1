// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import (
	"io/fs"
	"testing"
)

// Extend adds a table to the schema that the journal knows, as a migration would, until the test ends.
func Extend(t *testing.T, create string) {
	t.Helper()
	c := schema()
	if err := c.migrate(create, c.version); err != nil {
		t.Fatal(err)
	}
	name := createTable.FindStringSubmatch(create)[1]
	x := c.tables[name]
	x.finish()
	p := c.tables[x.Parent]
	if p != nil {
		p.groups = append(p.groups, x)
	}
	t.Cleanup(func() {
		delete(c.tables, name)
		if p != nil {
			p.groups = p.groups[:len(p.groups)-1]
		}
	})
}

// Waiting is how many items wait for the next transaction.
func (g *Group[T]) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// GroupMost bounds the items of one transaction.
const GroupMost = groupMost

// Said reports whether the table's migration says how it is watched.
func Said(t *Table) bool { return t.said }

// DigestOf is the digest of a row of a table that migrations make; its values stand in the order of the columns' names.
func DigestOf(files fs.FS, table string, row ...any) (Digest, error) {
	c, err := readSchema(files)
	if err != nil {
		return Digest{}, err
	}
	d := newDigester(c.tables[table])
	for i, v := range row {
		if err := d.cells[i].(*cell).Scan(v); err != nil {
			return Digest{}, err
		}
	}
	return d.sum(), nil
}

// Packed writes items.
func Packed(items []Item) Pack {
	var p packer
	for _, x := range items {
		if x.What == Restart {
			p.restart(&Table{Name: x.Table, Watch: Each})
			continue
		}
		p.add(x.Table, x.What, x.Key, x.Digest)
	}
	return p.buf
}

// Migrations are their texts.
func Migrations() (out []string) {
	names, _ := fs.Glob(migrationFiles, "migrations/*.sql")
	for _, name := range names {
		b, _ := fs.ReadFile(migrationFiles, name)
		out = append(out, string(b))
	}
	return out
}
