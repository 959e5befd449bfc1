// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/product"
)

func drawGraph(t *rapid.T) (g product.Graph) {
	g.IDs = slices.Compact(slices.Sorted(slices.Values(rapid.SliceOfN(rapid.Int64Range(1, 1<<40), 0, 40).Draw(t, "ids"))))
	g.Roots = make([]bool, len(g.IDs))
	flat := rapid.Bool().Draw(t, "flat")
	for i := range g.Roots {
		g.Roots[i] = flat || rapid.Bool().Draw(t, "root")
	}
	if len(g.IDs) > 1 {
		one := rapid.Int32Range(0, int32(len(g.IDs)-1))
		for range rapid.IntRange(0, 60).Draw(t, "edges") {
			if from, to := one.Draw(t, "from"), one.Draw(t, "to"); from != to {
				g.Edges = append(g.Edges, [2]int32{from, to})
			}
		}
		slices.SortFunc(g.Edges, func(x, y [2]int32) int { return slices.Compare(x[:], y[:]) })
		g.Edges = slices.Compact(g.Edges)
	}
	return g
}

// What is packed is read as it was.
func TestGraphsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		b := g.Pack()
		back, err := product.Unpack(b)
		if diff := cmp.Diff(g, back, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("%v (-packed +read):\n%s", err, diff)
		}
		ids, err := product.UnpackIDs(b)
		if err != nil || !slices.Equal(ids, g.IDs) {
			t.Fatalf("ids %v, %v", ids, err)
		}
		for i := range b {
			if _, err := product.Unpack(b[:i]); !errors.Is(err, product.ErrContents) {
				t.Fatalf("cut at %d: %v", i, err)
			}
		}
	})
}

// Ways are as short as a walk over all edges says, begin at a root, and follow edges.
func TestWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		depth := make([]int, len(g.IDs))
		for i, root := range g.Roots {
			if root {
				depth[i] = 1
			}
		}
		for d := 1; d <= len(g.IDs); d++ {
			for _, e := range g.Edges {
				if depth[e[0]] == d && depth[e[1]] == 0 {
					depth[e[1]] = d + 1
				}
			}
		}
		ways := g.Ways(append(slices.Clone(g.IDs), 1<<50))
		for i, id := range g.IDs {
			way := ways[id]
			if len(way) != depth[i] {
				t.Fatalf("%d: %v, depth %d", id, way, depth[i])
			}
			for j, at := range way {
				k, _ := g.Index(at)
				if j == 0 && !g.Roots[k] || j == len(way)-1 && at != id {
					t.Fatalf("%v does not lead from a root to %d", way, id)
				}
				if j > 0 {
					from, _ := g.Index(way[j-1])
					if !slices.Contains(g.Edges, [2]int32{int32(from), int32(k)}) {
						t.Fatalf("%v: no such edge", way)
					}
				}
			}
		}
		if _, ok := ways[1<<50]; ok {
			t.Fatal("a way to what is not there")
		}
	})
}

// Contents that somebody has altered are read without harm, or refused.
func FuzzUnpack(f *testing.F) {
	f.Add(product.Graph{IDs: []int64{1, 5, 900}, Roots: []bool{true, false, false}, Edges: [][2]int32{{0, 1}, {0, 2}, {1, 2}}}.Pack())
	f.Add(product.Graph{IDs: []int64{7}, Roots: []bool{true}}.Pack())
	f.Add([]byte("\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := product.Unpack(b)
		if err != nil {
			return
		}
		again, err := product.Unpack(g.Pack())
		if err != nil || !cmp.Equal(g, again, cmpopts.EquateEmpty()) || !slices.IsSorted(g.IDs) {
			t.Fatalf("%v: %+v, %+v", err, g, again)
		}
		g.Ways(g.IDs)
		if bytes.Equal(b, nil) {
			t.Fatal("nothing is no graph")
		}
	})
}
