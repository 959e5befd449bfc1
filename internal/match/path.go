// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"maps"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
)

// Gap stands in a path for what a component list does not tell.
const Gap = "…"

// explain completes the paths of findings, from the product down to the component. Each list is read once.
func (m *matching) explain(ctx context.Context, tx *db.Tx) error {
	wanted := map[string][]int64{} // by list
	for _, p := range m.open {
		wanted[p.sbom] = append(wanted[p.sbom], p.component)
	}
	ways, names, err := waysTo(ctx, tx, wanted)
	if err != nil {
		return err
	}
	for k, p := range m.open {
		f := m.found[k]
		way, ok := ways[p]
		if !ok {
			f.Why.Path = append(f.Why.Path, Gap, f.Why.Found)
		}
		for _, id := range way {
			f.Why.Path = append(f.Why.Path, names[id].String())
		}
		m.found[k] = f
	}
	return nil
}

// waysTo returns the shortest ways down to the components of lists, and the components on them.
func waysTo(ctx context.Context, tx *db.Tx, wanted map[string][]int64) (ways map[place][]int64, names map[int64]component, err error) {
	ways, seen := map[place][]int64{}, map[int64]bool{}
	err = product.EachContents(ctx, tx, slices.Sorted(maps.Keys(wanted)), func(sbom string, contents []byte) error {
		g, err := product.Unpack(contents)
		if err != nil {
			return err
		}
		for component, way := range g.Ways(wanted[sbom]) {
			ways[place{sbom, component}] = way
			for _, id := range way {
				seen[id] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	names, err = named(ctx, tx, slices.Sorted(maps.Keys(seen)))
	return ways, names, err
}
