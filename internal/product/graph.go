// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
)

// A Graph is all that a component list says, by the ids of components.
type Graph struct {
	IDs   []int64    // ascending, each once
	Roots []bool     // by index in IDs: the product depends on it directly
	Edges [][2]int32 // from what depends to what it depends on, by index in IDs; sorted, each once
}

// graphOf puts contents whose components have these ids in order.
func graphOf(ids []int64, root []bool, edges [][2]int) Graph {
	order := make([]int, len(ids))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(ids[i], ids[j]) })
	g := Graph{IDs: make([]int64, 0, len(ids)), Roots: make([]bool, 0, len(ids)), Edges: make([][2]int32, 0, len(edges))}
	at := make([]int32, len(ids))
	for _, i := range order {
		n := len(g.IDs)
		if n == 0 || g.IDs[n-1] != ids[i] {
			g.IDs, g.Roots = append(g.IDs, ids[i]), append(g.Roots, false)
			n++
		}
		at[i] = int32(n - 1)
		g.Roots[n-1] = g.Roots[n-1] || root[i]
	}
	for _, e := range edges {
		if from, to := at[e[0]], at[e[1]]; from != to {
			g.Edges = append(g.Edges, [2]int32{from, to})
		}
	}
	slices.SortFunc(g.Edges, func(x, y [2]int32) int { return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1])) })
	g.Edges = slices.Compact(g.Edges)
	return g
}

// Index is where a component stands in IDs.
func (g Graph) Index(id int64) (int, bool) { return slices.BinarySearch(g.IDs, id) }

// packed is the first byte of a packed graph: the form that Pack writes.
const packed = 1

// Pack writes the graph as it is kept in sbom.contents, numbers as unsigned varints: how many components, the difference
// of each id to the one before; 0 when all are roots, else 1 and a bit for each; how many edges, and for each the
// difference of its beginning to that of the one before and, in an edge with the same beginning, the difference of its
// end to that of the one before, else its end.
func (g Graph) Pack() []byte {
	b := append(make([]byte, 0, 16+2*len(g.IDs)+3*len(g.Edges)), packed)
	b = binary.AppendUvarint(b, uint64(len(g.IDs)))
	last := int64(0)
	for _, id := range g.IDs {
		b = binary.AppendUvarint(b, uint64(id-last))
		last = id
	}
	if !slices.Contains(g.Roots, false) {
		b = append(b, 0)
	} else {
		b = append(b, 1)
		bits := make([]byte, (len(g.Roots)+7)/8)
		for i, root := range g.Roots {
			if root {
				bits[i/8] |= 1 << (i % 8)
			}
		}
		b = append(b, bits...)
	}
	b = binary.AppendUvarint(b, uint64(len(g.Edges)))
	var e [2]int32
	for _, x := range g.Edges {
		if x[0] != e[0] {
			e[1] = 0
		}
		b = binary.AppendUvarint(b, uint64(x[0]-e[0]))
		b = binary.AppendUvarint(b, uint64(x[1]-e[1]))
		e = x
	}
	return b
}

// ErrContents says that what is kept of a component list cannot be read.
var ErrContents = errors.New("the contents of a component list cannot be read")

// UnpackIDs reads only which components a packed graph holds.
func UnpackIDs(b []byte) ([]int64, error) {
	ids, _, err := unpackIDs(b)
	return ids, err
}

func unpackIDs(b []byte) (ids []int64, rest []byte, err error) {
	if len(b) == 0 || b[0] != packed {
		return nil, nil, ErrContents
	}
	n, b, ok := count(b[1:], 1)
	if !ok {
		return nil, nil, ErrContents
	}
	ids = make([]int64, n)
	last := uint64(0)
	for i := range ids {
		d, k := binary.Uvarint(b)
		last += d
		if k <= 0 || d == 0 && i > 0 || d > 1<<62 || last > 1<<62 {
			return nil, nil, ErrContents
		}
		ids[i], b = int64(last), b[k:]
	}
	return ids, b, nil
}

// Unpack reads what Pack has written. It fails with ErrContents.
func Unpack(b []byte) (g Graph, err error) {
	if g.IDs, b, err = unpackIDs(b); err != nil {
		return Graph{}, err
	}
	n := len(g.IDs)
	g.Roots = make([]bool, n)
	switch {
	case len(b) > 0 && b[0] == 0:
		b = b[1:]
		for i := range g.Roots {
			g.Roots[i] = true
		}
	case len(b) > (n+7)/8 && b[0] == 1:
		for i := range g.Roots {
			g.Roots[i] = b[1+i/8]&(1<<(i%8)) != 0
		}
		b = b[1+(n+7)/8:]
	default:
		return Graph{}, ErrContents
	}
	m, b, ok := count(b, 2)
	if !ok {
		return Graph{}, ErrContents
	}
	g.Edges = make([][2]int32, m)
	var from, to uint64
	for i := range g.Edges {
		d, k := binary.Uvarint(b)
		if k <= 0 {
			return Graph{}, ErrContents
		}
		b = b[k:]
		e, k := binary.Uvarint(b)
		if k <= 0 || d >= uint64(n) || e >= uint64(n) || d == 0 && e == 0 && i > 0 {
			return Graph{}, ErrContents
		}
		b = b[k:]
		if d > 0 {
			to = 0
		}
		from, to = from+d, to+e
		if from >= uint64(n) || to >= uint64(n) {
			return Graph{}, ErrContents
		}
		g.Edges[i] = [2]int32{int32(from), int32(to)}
	}
	if len(b) > 0 {
		return Graph{}, ErrContents
	}
	return g, nil
}

// count reads how many things of at least size bytes follow.
func count(b []byte, size int) (n int, rest []byte, ok bool) {
	v, k := binary.Uvarint(b)
	if k <= 0 || v > uint64((len(b)-k)/size) {
		return 0, nil, false
	}
	return int(v), b[k:], true
}

// Ways returns the shortest way from a direct dependency of the product down to each component, as ids. A component that
// no edge leads to, or that the list does not hold, has none.
func (g Graph) Ways(to []int64) map[int64][]int64 {
	out := make(map[int64][]int64, len(to))
	var above []int32
	for _, id := range to {
		i, ok := g.Index(id)
		if !ok {
			continue
		}
		if g.Roots[i] {
			out[id] = []int64{id}
			continue
		}
		if above == nil {
			above = g.above()
		}
		if above[i] < 0 {
			continue
		}
		var way []int64
		for at := int32(i); ; at = above[at] {
			way = append(way, g.IDs[at])
			if g.Roots[at] {
				break
			}
		}
		slices.Reverse(way)
		out[id] = way
	}
	return out
}

// above goes down from the roots, all ways at once, and returns by index what each component was first reached from: -1
// for what is not reached, and for roots.
func (g Graph) above() []int32 {
	starts := make([]int32, len(g.IDs)+1) // in Edges, of the edges that begin at a component
	for _, e := range g.Edges {
		starts[e[0]+1]++
	}
	for i := range g.IDs {
		starts[i+1] += starts[i]
	}
	above := make([]int32, len(g.IDs))
	var front []int32
	for i, root := range g.Roots {
		above[i] = -1
		if root {
			front = append(front, int32(i))
		}
	}
	for len(front) > 0 {
		at := front[0]
		front = front[1:]
		for _, e := range g.Edges[starts[at]:starts[at+1]] {
			if to := e[1]; above[to] < 0 && !g.Roots[to] {
				above[to] = at
				front = append(front, to)
			}
		}
	}
	return above
}

// Graphs returns what component lists hold, by their ids; unknown ids are left out. The caller authorises.
func (s *Service) Graphs(ctx context.Context, tx *db.Tx, sbomIDs []string) (map[string]Graph, error) {
	out := make(map[string]Graph, len(sbomIDs))
	err := EachContents(ctx, tx, sbomIDs, func(id string, contents []byte) (err error) {
		out[id], err = Unpack(contents)
		return err
	})
	return out, err
}

// EachContents calls do with the packed graph of each component list.
func EachContents(ctx context.Context, tx *db.Tx, sbomIDs []string, do func(id string, contents []byte) error) error {
	for part := range slices.Chunk(sbomIDs, 300) {
		var a db.Args
		rows, err := tx.Query(ctx, `SELECT s.id, s.contents FROM sbom s WHERE s.contents IS NOT NULL AND s.id IN `+db.In(&a, part), a...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var id string
			var contents []byte
			err := rows.Scan(&id, &contents)
			if err == nil {
				err = do(id, contents)
			}
			if err != nil {
				rows.Close()
				return err
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Named returns components by their ids; unknown ids are left out. The caller authorises.
func (s *Service) Named(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]Component, error) {
	return named(ctx, tx, ids)
}

func named(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]Component, error) {
	out := make(map[int64]Component, len(ids))
	for part := range slices.Chunk(ids, 300) {
		var a db.Args
		cs, err := db.List(ctx, tx, scanComponent, `SELECT `+componentColumns+` FROM component c WHERE c.id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		for _, c := range cs {
			out[c.ID] = c
		}
	}
	return out, nil
}
