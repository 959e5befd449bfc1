// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"maps"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
)

// Records are one vulnerability when they share a name that joins, directly or through others. What a record names as
// related or upstream joins nothing. The rule has no memory: the vulnerabilities are always the connected parts of the
// records that are there, whatever came in which order.

// groups is what grouping came to.
type groups struct {
	touched []int64            // vulnerabilities whose records changed
	fresh   map[int64]bool     // those of them that are new
	gone    []int64            // those that became part of others
	alone   map[int64]*arrival // those of one record, which is new
}

// A node is a record that arrives, a record of a vulnerability that may fall apart, or a whole other vulnerability.
type node struct {
	up      *node
	record  int64 // 0 for a vulnerability
	vuln    int64 // that it was of, or is; 0 for a new record
	arrival *arrival
}

func (n *node) root() *node {
	for n.up != nil {
		if n.up.up != nil {
			n.up = n.up.up
		}
		n = n.up
	}
	return n
}

func (n *node) join(m *node) {
	if a, b := n.root(), m.root(); a != b {
		b.up = a
	}
}

// group sets the vulnerabilities of records that are about to be written, and moves others where they join or part.
func group(ctx context.Context, tx *db.Tx, as []*arrival) (g groups, err error) {
	var nodes []*node
	arriving := map[int64]*node{}
	byName := map[string]*node{}
	meet := func(name string, n *node) {
		if other := byName[name]; other != nil {
			other.join(n)
		} else {
			byName[name] = n
		}
	}
	var all []string
	for _, a := range as {
		n := &node{record: a.ID, arrival: a}
		if a.old != nil {
			n.vuln = a.old.vuln
		}
		nodes = append(nodes, n)
		arriving[a.ID] = n
		for _, x := range a.names {
			if x.joins {
				if byName[x.folded] == nil {
					all = append(all, x.folded)
				}
				meet(x.folded, n)
			}
		}
	}
	open, err := mayPart(ctx, tx, as)
	if err != nil {
		return g, err
	}
	// whole vulnerabilities that a name leads to, or that a changed record stays in
	whole := map[int64]*node{}
	of := func(vuln int64) *node {
		n := whole[vuln]
		if n == nil {
			n = &node{vuln: vuln}
			whole[vuln] = n
			nodes = append(nodes, n)
		}
		return n
	}
	hits, err := listIn(ctx, tx, scanHit, `SELECT name, record_id, vuln_id FROM vuln_alias WHERE joins AND name %s`, all)
	if err != nil {
		return g, err
	}
	for _, h := range hits {
		if arriving[h.record] == nil && !open[h.vuln] {
			meet(h.name, of(h.vuln))
		}
	}
	for _, n := range nodes {
		if n.arrival != nil && n.vuln != 0 && !open[n.vuln] {
			n.join(of(n.vuln))
		}
	}
	// each record of those that may fall apart
	rest, err := listIn(ctx, tx, scanHit, `SELECT a.name, a.record_id, a.vuln_id FROM vuln_record r JOIN vuln_alias a ON a.record_id = r.id WHERE a.joins AND r.vuln_id %s`, slices.Collect(maps.Keys(open)))
	if err != nil {
		return g, err
	}
	single := map[int64]*node{}
	for _, h := range rest {
		if arriving[h.record] != nil {
			continue
		}
		n := single[h.record]
		if n == nil {
			n = &node{record: h.record, vuln: h.vuln}
			single[h.record] = n
			nodes = append(nodes, n)
		}
		meet(h.name, n)
	}
	return settle(ctx, tx, nodes, open)
}

type hit struct {
	name         string
	record, vuln int64
}

func scanHit(r db.Row) (h hit, err error) { return h, r.Scan(&h.name, &h.record, &h.vuln) }

// mayPart are the vulnerabilities of records that give up a name by which they were joined.
func mayPart(ctx context.Context, tx *db.Tx, as []*arrival) (map[int64]bool, error) {
	open := map[int64]bool{}
	keeps := map[int64]map[string]bool{}
	var ids []int64
	for _, a := range as {
		if a.old == nil {
			continue
		}
		ids = append(ids, a.ID)
		keeps[a.ID] = map[string]bool{}
		for _, n := range a.names {
			if n.joins {
				keeps[a.ID][n.folded] = true
			}
		}
	}
	old, err := listIn(ctx, tx, scanHit, `SELECT name, record_id, vuln_id FROM vuln_alias WHERE joins AND record_id %s`, ids)
	for _, h := range old {
		if !keeps[h.record][h.name] {
			open[h.vuln] = true
		}
	}
	return open, err
}

// settle gives each connected part its number: the smallest that a vulnerability in it has. A vulnerability that falls
// apart stays with its oldest record.
func settle(ctx context.Context, tx *db.Tx, nodes []*node, open map[int64]bool) (g groups, err error) {
	parts := map[*node][]*node{}
	var order []*node
	keeper := map[int64]*node{} // of those that may fall apart: their oldest record
	for _, n := range nodes {
		r := n.root()
		if parts[r] == nil {
			order = append(order, r)
		}
		parts[r] = append(parts[r], n)
		if open[n.vuln] && (keeper[n.vuln] == nil || n.record < keeper[n.vuln].record) {
			keeper[n.vuln] = n
		}
	}
	ids := map[*node]int64{}
	g.fresh = map[int64]bool{}
	var fresh []*node
	for _, r := range order {
		id := int64(0)
		for _, n := range parts[r] {
			has := n.vuln != 0 && (n.record == 0 || keeper[n.vuln] == n)
			if has && (id == 0 || n.vuln < id) {
				id = n.vuln
			}
		}
		if ids[r] = id; id == 0 {
			fresh = append(fresh, r)
		}
	}
	if len(fresh) > 0 {
		last, err := db.Take(ctx, tx, "vuln", len(fresh))
		if err != nil {
			return g, err
		}
		for i, r := range fresh {
			ids[r] = last - int64(len(fresh)-1-i)
			g.fresh[ids[r]] = true
		}
	}
	g.alone = map[int64]*arrival{}
	moved := map[int64][]int64{} // records, by where they go
	for _, r := range order {
		id := ids[r]
		g.touched = append(g.touched, id)
		if a := parts[r][0].arrival; len(parts[r]) == 1 && a != nil {
			g.alone[id] = a
		}
		for _, n := range parts[r] {
			switch {
			case n.arrival != nil:
				n.arrival.Vuln = id
			case n.vuln == id:
			case n.record != 0:
				moved[id] = append(moved[id], n.record)
			default:
				g.gone = append(g.gone, n.vuln)
				records, err := db.List(ctx, tx, db.Value[int64], `SELECT id FROM vuln_record WHERE vuln_id = $1`, n.vuln)
				if err != nil {
					return g, err
				}
				moved[id] = append(moved[id], records...)
			}
		}
	}
	for v := range open {
		if !slices.Contains(g.touched, v) {
			g.gone = append(g.gone, v)
		}
	}
	for id, records := range moved {
		err := inParts(tx, records, func(part []int64) error {
			for _, move := range [][2]string{{`UPDATE vuln_record SET vuln_id = `, ` WHERE id `}, {`UPDATE vuln_alias SET vuln_id = `, ` WHERE record_id `}} {
				var a db.Args
				if _, err := tx.Exec(ctx, move[0]+a.P(id)+move[1]+db.Among(tx, &a, part), a...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return g, err
		}
	}
	return g, nil
}
