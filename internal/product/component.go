// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
)

// intern returns the ids of components, in their order, and enters those that the directory does not have. Components
// are never changed or removed, so that it needs no transaction around all of it.
func (s *Service) intern(ctx context.Context, cs []Component) ([]int64, error) {
	ids := make([]int64, len(cs))
	if err := s.DB.View(ctx, func(tx *db.Tx) error { return find(ctx, tx, cs, ids) }); err != nil {
		return nil, err
	}
	var missing []int
	for i, id := range ids {
		if id == 0 {
			missing = append(missing, i)
		}
	}
	for part := range slices.Chunk(missing, batch/2) {
		some, found := make([]Component, len(part)), make([]int64, len(part))
		for i, at := range part {
			some[i] = cs[at]
		}
		if err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			clear(found)
			if err := enter(ctx, tx, some); err != nil {
				return err
			}
			return find(ctx, tx, some, found)
		}); err != nil {
			return nil, err
		}
		for i, at := range part {
			ids[at] = found[i]
		}
	}
	return ids, nil
}

// enter inserts components; one that somebody else has just entered stays as it is, and its number is not used.
func enter(ctx context.Context, tx *db.Tx, cs []Component) error {
	last, err := db.Take(ctx, tx, "component", len(cs))
	if err != nil {
		return err
	}
	rows := make([][]any, len(cs))
	for i, c := range cs {
		rows[i] = []any{last - int64(len(cs)-1-i), c.Ecosystem, c.Name, c.Version, c.PURL}
	}
	return db.Bulk(ctx, tx, `component (id, ecosystem, name, version, purl)`, "ON CONFLICT (ecosystem, name, version) DO NOTHING", rows)
}

// find fills in the ids of components that the directory has. cs is sorted by name.
func find(ctx context.Context, tx *db.Tx, cs []Component, ids []int64) error {
	const size = 130 // three parameters each
	for start := 0; start < len(cs); start += size {
		part := cs[start:min(len(cs), start+size)]
		var a db.Args
		var b strings.Builder
		b.WriteString(`WITH k (ecosystem, name, version) AS (VALUES `)
		for i, c := range part {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`(` + a.P(c.Ecosystem) + `,` + a.P(c.Name) + `,` + a.P(c.Version) + `)`)
		}
		b.WriteString(`) SELECT ` + componentColumns + ` FROM k JOIN component c ON c.ecosystem = k.ecosystem AND c.name = k.name AND c.version = k.version`)
		have, err := db.List(ctx, tx, scanComponent, b.String(), a...)
		if err != nil {
			return err
		}
		for _, c := range have {
			if i, ok := slices.BinarySearchFunc(part, c, byName); ok {
				ids[start+i] = c.ID
			}
		}
	}
	return nil
}

const componentColumns = `c.id, c.ecosystem, c.name, c.version, c.purl`

func scanComponent(r db.Row) (c Component, err error) {
	return c, r.Scan(&c.ID, &c.Ecosystem, &c.Name, &c.Version, &c.PURL)
}

// A row of a component list: a component, or an edge to it from a parent.
type row struct {
	table  string
	values []any
}

const (
	componentRows = `sbom_component (component_id, sbom_id, root)`
	edgeRows      = `sbom_edge (sbom_id, parent, child)`
)

// rows are what a list with the id consists of, and how many of them are edges.
func (c contents) rows(id string, ids []int64) (out []row, edges int) {
	for i, component := range ids {
		out = append(out, row{componentRows, []any{component, id, c.root[i]}})
	}
	for _, e := range c.edges {
		out = append(out, row{edgeRows, []any{id, ids[e[0]], ids[e[1]]}})
	}
	return out, len(c.edges)
}

func insertRows(ctx context.Context, tx *db.Tx, rows []row) error {
	for _, table := range []string{componentRows, edgeRows} {
		var values [][]any
		for _, r := range rows {
			if r.table == table {
				values = append(values, r.values)
			}
		}
		if err := db.Bulk(ctx, tx, table, "", values); err != nil {
			return err
		}
	}
	return nil
}
