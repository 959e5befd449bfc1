// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
)

// batch is how many components one transaction enters, so that a large list does not keep others waiting.
const batch = 5000

// intern returns the ids of components, in their order, and enters those that the directory does not have. Components
// are never changed or removed, so that it needs no transaction around all of it. Their ids become visible in order:
// whoever has seen all up to one misses nobody below it (db.Take).
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
	for part := range slices.Chunk(missing, batch) {
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
		rows[i] = []any{last - int64(len(cs)-1-i), c.Ecosystem, c.Name, c.Release, c.Version, c.CPE, cpeName(c.CPE), c.PURL, WareOf(c.Ecosystem, c.Name)}
	}
	return db.Bulk(ctx, tx, `component (id, ecosystem, name, release, version, cpe, cpe_name, purl, ware)`, "ON CONFLICT (ecosystem, name, release, version, cpe) DO NOTHING", rows)
}

// find fills in the ids of components that the directory has. cs is sorted by name.
func find(ctx context.Context, tx *db.Tx, cs []Component, ids []int64) error {
	const size = 80 // five parameters each
	for start := 0; start < len(cs); start += size {
		part := cs[start:min(len(cs), start+size)]
		var a db.Args
		var b strings.Builder
		b.WriteString(`WITH k (ecosystem, name, release, version, cpe) AS (VALUES `)
		for i, c := range part {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`(` + a.P(c.Ecosystem) + `,` + a.P(c.Name) + `,` + a.P(c.Release) + `,` + a.P(c.Version) + `,` + a.P(c.CPE) + `)`)
		}
		b.WriteString(`) SELECT ` + componentColumns + ` FROM k JOIN component c ON c.ecosystem = k.ecosystem AND c.name = k.name AND c.release = k.release
			AND c.version = k.version AND c.cpe = k.cpe`)
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

// byName puts components in order by what tells one from another.
func byName(x, y Component) int {
	return cmp.Or(strings.Compare(x.Ecosystem, y.Ecosystem), strings.Compare(x.Name, y.Name), strings.Compare(x.Release, y.Release),
		strings.Compare(x.Version, y.Version), strings.Compare(x.CPE, y.CPE))
}

// asRead puts components in the order in which people read them.
func asRead(x, y Component) int {
	return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Version, y.Version), cmp.Compare(x.ID, y.ID))
}

const componentColumns = `c.id, c.ecosystem, c.name, c.release, c.version, c.cpe, c.purl`

func scanComponent(r db.Row) (c Component, err error) {
	return c, r.Scan(&c.ID, &c.Ecosystem, &c.Name, &c.Release, &c.Version, &c.CPE, &c.PURL)
}
