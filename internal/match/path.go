// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
)

// Gap stands in a path for what a component list does not tell.
const Gap = "…"

// explain completes the paths of findings, from the product down to the component.
func (m *matching) explain(ctx context.Context, tx *db.Tx) error {
	places := map[place]bool{}
	for _, p := range m.open {
		places[p] = true
	}
	ways, err := paths(ctx, tx, slices.SortedFunc(maps.Keys(places), comparePlaces))
	if err != nil {
		return err
	}
	seen := map[int64]bool{}
	for _, w := range ways {
		for _, id := range w {
			seen[id] = true
		}
	}
	names, err := named(ctx, tx, slices.Sorted(maps.Keys(seen)))
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

func comparePlaces(a, b place) int {
	return cmp.Or(strings.Compare(a.sbom, b.sbom), cmp.Compare(a.component, b.component))
}

// A climb goes up from one component towards the product, all ways at once, so that the first arrival is the shortest.
type climb struct {
	from  place
	front []int64
	below map[int64]int64 // from a component to the next one down
}

// A parent is one edge up in a component list.
type parent struct {
	id   int64
	root bool
}

// node is a component in a component list.
type node struct {
	sbom string
	id   int64
}

// paths returns the shortest way from a direct dependency of the product down to each place. A place that no edge leads
// to has none. All climbs take a step together, one query for some hundred of them.
func paths(ctx context.Context, tx *db.Tx, places []place) (map[place][]int64, error) {
	out := make(map[place][]int64, len(places))
	var climbs []*climb
	for _, p := range places {
		if p.root {
			out[p] = []int64{p.component}
			continue
		}
		climbs = append(climbs, &climb{p, []int64{p.component}, map[int64]int64{p.component: 0}})
	}
	for len(climbs) > 0 {
		up, err := parents(ctx, tx, climbs)
		if err != nil {
			return nil, err
		}
		var further []*climb
		for _, c := range climbs {
			if top, ok := c.step(up); ok {
				out[c.from] = c.way(top)
			} else if len(c.front) > 0 {
				further = append(further, c)
			}
		}
		climbs = further
	}
	return out, nil
}

// step climbs one edge; it returns the direct dependency that it reached, if any.
func (c *climb) step(up map[node][]parent) (top int64, ok bool) {
	front := c.front
	c.front = nil
	for _, id := range front {
		for _, p := range up[node{c.from.sbom, id}] {
			if _, seen := c.below[p.id]; seen {
				continue
			}
			c.below[p.id] = id
			if p.root {
				return p.id, true
			}
			c.front = append(c.front, p.id)
		}
	}
	return 0, false
}

// way lists the components from top down to where the climb began.
func (c *climb) way(top int64) (out []int64) {
	for id := top; id != 0; id = c.below[id] {
		out = append(out, id)
	}
	return out
}

// parents returns what depends directly on the components at which the climbs have arrived, in the order of ids.
func parents(ctx context.Context, tx *db.Tx, climbs []*climb) (map[node][]parent, error) {
	at := map[node]bool{}
	for _, c := range climbs {
		for _, id := range c.front {
			at[node{c.from.sbom, id}] = true
		}
	}
	nodes := slices.SortedFunc(maps.Keys(at), func(a, b node) int { return cmp.Or(strings.Compare(a.sbom, b.sbom), cmp.Compare(a.id, b.id)) })
	type row struct {
		node
		parent
	}
	out := map[node][]parent{}
	for part := range slices.Chunk(nodes, chunk) {
		var a db.Args
		query := table(&a, "f", []string{"sbom_id", "child"}, []string{"TEXT", "BIGINT"}, len(part), func(i int) []any { return []any{part[i].sbom, part[i].id} }) +
			`SELECT e.sbom_id, e.child, e.parent, sc.root FROM f CROSS JOIN sbom_edge e CROSS JOIN sbom_component sc
			WHERE e.sbom_id = f.sbom_id AND e.child = f.child AND sc.component_id = e.parent AND sc.sbom_id = e.sbom_id ORDER BY e.sbom_id, e.child, e.parent`
		rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.sbom, &x.node.id, &x.parent.id, &x.root) }, query, a...)
		if err != nil {
			return nil, err
		}
		for _, x := range rows {
			out[x.node] = append(out[x.node], x.parent)
		}
	}
	return out, nil
}
