// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Graph is the blast radius of a case: component → product → organisation. The page lays it out.
type Graph struct {
	Nodes          []Node
	Edges          []Edge
	Products, Orgs int // that are affected or may be, however many the nodes stand for
}

// The kinds of nodes.
const (
	NodeComponent = "component" // a flawed package, or the flawed product itself
	NodeProduct   = "product"   // one product, or the products of one organisation or sector
	NodeOrg       = "org"
	NodeSector    = "sector" // the organisations of one sector
)

// A Node is a thing in a graph, or several of a kind.
type Node struct {
	ID             string // unique in the graph
	Kind           string
	Label, LabelEN string  // LabelEN is "" where it is the same; both are "" for products that are shown as one
	Count          int     // how many it stands for
	Verdict        Verdict // Hit when at least one finding behind it is certain
}

// An Edge leads from a component to a product, or from a product to an organisation.
type Edge struct {
	From, To string // ids of nodes
	Count    int    // findings behind it
}

// maxNodes is how many things of one kind a graph shows one by one.
const maxNodes = 24

// Blast returns the blast radius of a case, of what the actor may see of its findings. Where there are too many to look
// at, components are shown by name instead of version, organisations by sector, and products by organisation or sector.
func (s *Service) Blast(ctx context.Context, by member.Actor, caseID string) (g Graph, err error) {
	if uuid.Validate(caseID) != nil {
		return g, fault.Missing()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		fs, err := s.visible(ctx, tx, by, caseID)
		if err != nil {
			return err
		}
		fires, err := s.fires(ctx, tx, caseID, fs)
		g = draw(fires)
		return err
	})
	if err != nil {
		return Graph{}, fmt.Errorf("draw the blast radius of case %s: %w", caseID, err)
	}
	return g, nil
}

// A fire is a finding with the names that a graph shows.
type fire struct {
	Finding
	name, nameEN       string // of the product
	org, orgEN, sector string
}

func (s *Service) fires(ctx context.Context, tx *db.Tx, caseID string, fs []Finding) ([]fire, error) {
	names := map[string]fire{}
	rows, err := db.List(ctx, tx, func(r db.Row) (f fire, err error) {
		return f, r.Scan(&f.ProductID, &f.name, &f.nameEN, &f.org, &f.orgEN, &f.sector)
	}, `SELECT p.id, p.name, p.name_en, o.name_zh, o.name_en, o.sector FROM product p JOIN org o ON o.id = p.org_id
		WHERE p.id IN (SELECT f.product_id FROM finding f WHERE f.case_id = $1)`, caseID)
	for _, r := range rows {
		names[r.ProductID] = r
	}
	out := make([]fire, len(fs))
	for i, f := range fs {
		out[i] = names[f.ProductID]
		out[i].Finding = f
	}
	return out, err
}

// A lens says which node a finding is seen as.
type lens func(f fire) Node

func byVersion(f fire) Node {
	return Node{ID: "component/" + f.Why.Found, Kind: NodeComponent, Label: f.Why.Found}
}

func byName(f fire) Node {
	name, _, _ := strings.Cut(f.Why.Found, "@")
	if i := strings.LastIndexByte(f.Why.Found, '@'); i > 0 {
		name = f.Why.Found[:i]
	}
	return Node{ID: "component/" + name, Kind: NodeComponent, Label: name}
}

func byProduct(f fire) Node {
	return Node{ID: "product/" + f.ProductID, Kind: NodeProduct, Label: f.name, LabelEN: f.nameEN}
}

func byOrg(f fire) Node {
	return Node{ID: "org/" + f.OrgID, Kind: NodeOrg, Label: cmp.Or(f.org, f.orgEN), LabelEN: f.orgEN}
}

func bySector(f fire) Node { return Node{ID: "sector/" + f.sector, Kind: NodeSector, Label: f.sector} }

// together shows the products of what owners sees as one.
func together(owners lens) lens {
	return func(f fire) Node { return Node{ID: "products/" + owners(f).ID, Kind: NodeProduct} }
}

// draw chooses how to look at the findings, and draws them.
func draw(fires []fire) Graph {
	components, products, orgs := lens(byVersion), lens(byProduct), lens(byOrg)
	if seen(fires, components) > maxNodes {
		components = byName
	}
	if seen(fires, orgs) > maxNodes {
		orgs = bySector
	}
	if seen(fires, products) > maxNodes {
		products = together(orgs)
	}
	g := Graph{Products: seen(fires, byProduct), Orgs: seen(fires, byOrg)}
	nodes, members := map[string]Node{}, map[string]map[string]bool{}
	edges := map[[2]string]int{}
	see := func(f fire, as, one lens) string {
		n := as(f)
		if n.Verdict = f.Verdict; nodes[n.ID].Verdict == Hit {
			n.Verdict = Hit
		}
		nodes[n.ID] = n
		if members[n.ID] == nil {
			members[n.ID] = map[string]bool{}
		}
		members[n.ID][one(f).ID] = true
		return n.ID
	}
	for _, f := range fires {
		c, p, o := see(f, components, byVersion), see(f, products, byProduct), see(f, orgs, byOrg)
		edges[[2]string{c, p}]++
		edges[[2]string{p, o}]++
	}
	for _, id := range slices.Sorted(maps.Keys(nodes)) {
		n := nodes[id]
		n.Count = len(members[id])
		g.Nodes = append(g.Nodes, n)
	}
	for e, n := range edges {
		g.Edges = append(g.Edges, Edge{e[0], e[1], n})
	}
	slices.SortFunc(g.Edges, func(a, b Edge) int { return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To)) })
	return g
}

// seen counts the nodes that a lens shows.
func seen(fires []fire, as lens) int {
	ids := map[string]bool{}
	for _, f := range fires {
		ids[as(f).ID] = true
	}
	return len(ids)
}
