// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
)

// KnownBlast returns the blast radius of a vulnerability, of what the actor may see: component → product → organisation, each
// shown together where there are too many to look at.
func (s *Service) KnownBlast(ctx context.Context, by member.Actor, vulnID int64) (g Graph, err error) {
	of, err := s.scopeOf(by, "")
	if err != nil || of.nobody {
		return g, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		fires, err := s.knownFires(ctx, tx, vulnID, of.org)
		if err != nil {
			return err
		}
		g = draw(fires)
		return nil
	})
	if err != nil {
		return Graph{}, fmt.Errorf("draw the blast radius of a vulnerability: %w", err)
	}
	return g, nil
}

// knownFires returns what holds a vulnerability, with the names that a graph shows. Names of products are looked up only
// where they are few enough to be shown one by one.
func (s *Service) knownFires(ctx context.Context, tx *db.Tx, vulnID int64, org string) ([]fire, error) {
	type held struct {
		component int64
		n         int64
		verdict   Verdict
		found     string
	}
	found := map[int64]held{} // of a component; several records may say something of it
	if _, err := db.List(ctx, tx, func(r db.Row) (h held, err error) {
		var name, version string
		err = r.Scan(&h.component, &h.verdict, &name, &version)
		h.found = atVersion(name, version)
		if old, ok := found[h.component]; !ok || old.verdict != Hit {
			found[h.component] = h
		}
		return h, err
	}, `SELECT c.id, k.verdict, c.name, c.version FROM vuln_record r JOIN known k ON k.record_id = r.id JOIN component c ON c.id = k.component_id WHERE r.vuln_id = $1`, vulnID); err != nil {
		return nil, err
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (h held, err error) {
		err = r.Scan(&h.component, &h.n)
		return h, err
	}, `SELECT h.component_id, h.sbom_n`+heldOf, vulnID)
	if err != nil {
		return nil, err
	}
	ns := make([]int64, len(rows))
	for i, h := range rows {
		ns[i] = h.n
	}
	whose, err := s.lists.whose(ctx, tx, ns)
	if err != nil {
		return nil, err
	}
	var fires []fire
	add := func(f fire) {
		if org == "" || f.OrgID == org {
			fires = append(fires, f)
		}
	}
	for i, h := range rows {
		of := found[h.component]
		add(fire{Finding: Finding{ProductID: whose[i].ProductID, OrgID: whose[i].OrgID, Verdict: of.verdict, Why: Why{Found: of.found}}})
	}
	themselves, err := db.List(ctx, tx, func(r db.Row) (f fire, err error) {
		var version string
		err = r.Scan(&f.ProductID, &f.OrgID, &f.Verdict, &f.Why.Found, &version)
		f.Why.Found = atVersion(f.Why.Found, version)
		return f, err
	}, `SELECT p.id, p.org_id, k.verdict, p.name, k.version FROM vuln_record r JOIN known_ware k ON k.record_id = r.id JOIN product p ON p.id = k.product_id WHERE r.vuln_id = $1`, vulnID)
	if err != nil {
		return nil, err
	}
	for _, f := range themselves {
		add(f)
	}
	hits, err := privateHitsAbout(ctx, tx, vulnID)
	if err != nil {
		return nil, err
	}
	for _, x := range hits {
		add(fire{Finding: Finding{ProductID: x.product, OrgID: x.org, Verdict: x.Verdict, Why: Why{Found: atVersion(x.component.Name, x.component.Version)}}})
	}
	return fires, name(ctx, tx, fires)
}

// name fills in the names of organisations, and of products where a graph would show them.
func name(ctx context.Context, tx *db.Tx, fires []fire) error {
	type names struct{ id, zh, en, sector string }
	look := func(ids map[string]names, query string) error {
		for part := range slices.Chunk(slices.Sorted(maps.Keys(ids)), 2*chunk) {
			var a db.Args
			rows, err := db.List(ctx, tx, func(r db.Row) (x names, err error) { return x, r.Scan(&x.id, &x.zh, &x.en, &x.sector) }, query+db.In(&a, part), a...)
			if err != nil {
				return err
			}
			for _, x := range rows {
				ids[x.id] = x
			}
		}
		return nil
	}
	orgs, products := map[string]names{}, map[string]names{}
	for _, f := range fires {
		orgs[f.OrgID], products[f.ProductID] = names{}, names{}
	}
	if err := look(orgs, `SELECT o.id, o.name_zh, o.name_en, o.sector FROM org o WHERE o.id IN `); err != nil {
		return err
	}
	if len(products) <= maxNodes {
		if err := look(products, `SELECT p.id, p.name, p.name_en, '' FROM product p WHERE p.id IN `); err != nil {
			return err
		}
	}
	for i := range fires {
		f := &fires[i]
		o, p := orgs[f.OrgID], products[f.ProductID]
		f.org, f.orgEN, f.sector, f.name, f.nameEN = o.zh, o.en, o.sector, p.zh, p.en
	}
	return nil
}
