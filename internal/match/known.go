// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/vuln"
)

// What public records say of things is kept once for each component and record (known), however many products hold the
// component, and once for each version of a product that is the flawed thing itself (known_ware). Two cursors say how far
// it has been worked out, so that it can be interrupted anywhere: all components up to one number have been held against
// all records up to another.

// A cursor is how far verdicts have been worked out.
type cursor struct{ component, record int64 }

// cursors returns how far it is, and holds both until the transaction ends: one at a time works verdicts out. Whatever
// was committed before is seen by the statements that follow, so that of a component and a record the later one meets the
// other.
func cursors(ctx context.Context, tx *db.Tx) (c cursor, err error) {
	type row struct {
		name string
		n    int64
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.name, &x.n) }, `SELECT name, n FROM known_cursor ORDER BY name`+tx.ForUpdate())
	for _, x := range rows {
		switch x.name {
		case "component":
			c.component = x.n
		case "record":
			c.record = x.n
		}
	}
	return c, err
}

func move(ctx context.Context, tx *db.Tx, name string, n int64) error {
	_, err := tx.Exec(ctx, `UPDATE known_cursor SET n = $1 WHERE name = $2 AND n < $1`, n, name)
	return err
}

const thingColumns = `c.id, c.ecosystem, c.name, c.release, c.version, c.cpe, c.ware`

func scanThing(r db.Row) (*thing, error) {
	t := &thing{}
	var ware string
	err := r.Scan(&t.component, &t.ecosystem, &t.name, &t.release, &t.version, &t.cpe, &ware)
	if ware != "" {
		t.wares = []string{ware}
	}
	return t, err
}

// thingsAt returns the components and products that claims at the places may be about, by any name of a vendor.
func thingsAt(ctx context.Context, tx *db.Tx, places []vuln.Package, vendors product.Vendors) (out []*thing, err error) {
	var packages []packageKey
	by := map[string][]string{}
	for _, p := range places {
		switch p.Ecosystem {
		case vuln.EcosystemCPE:
			by["cpe_name"] = append(by["cpe_name"], p.Name)
		case vuln.EcosystemWare:
			by["ware"] = append(by["ware"], renamed(vendors, p.Name)...)
		default:
			packages = append(packages, packageKey{p.Ecosystem, p.Name})
			by["purl_key"] = append(by["purl_key"], p.Ecosystem+"/"+p.Name)
		}
	}
	seen := map[int64]bool{}
	add := func(ts []*thing) {
		for _, t := range ts {
			if !seen[t.component] {
				seen[t.component] = true
				out = append(out, t)
			}
		}
	}
	for part := range slices.Chunk(packages, chunk) {
		var a db.Args
		ts, err := db.List(ctx, tx, scanThing, table(&a, "k", []string{"ecosystem", "name"}, []string{"TEXT", "TEXT"}, len(part), func(i int) []any { return []any{part[i].ecosystem, part[i].name} })+
			`SELECT `+thingColumns+` FROM k CROSS JOIN component c WHERE c.ecosystem = k.ecosystem AND c.name = k.name`, a...)
		if err != nil {
			return nil, err
		}
		add(ts)
	}
	for _, column := range []string{"cpe_name", "ware"} {
		for part := range slices.Chunk(by[column], 2*chunk) {
			var a db.Args
			ts, err := db.List(ctx, tx, scanThing, `SELECT `+thingColumns+` FROM component c WHERE c.`+column+` <> '' AND c.`+column+` IN `+db.In(&a, part), a...)
			if err != nil {
				return nil, err
			}
			add(ts)
		}
	}
	products, err := productsAt(ctx, tx, by)
	return append(out, products...), err
}

// renamed are the keys of a vendor's product by all names of the vendor, the given one first.
func renamed(vendors product.Vendors, ware string) []string {
	vendor, name, _ := strings.Cut(ware, "/")
	out := []string{ware}
	for _, v := range vendors.Of(vendor) {
		if v != vendor {
			out = append(out, v+"/"+name)
		}
	}
	return out
}

// rename adds to the keys of things those by the other names of their vendors.
func rename(vendors product.Vendors, ts []*thing) {
	for _, t := range ts {
		for _, w := range t.wares[:len(t.wares):len(t.wares)] {
			for _, r := range renamed(vendors, w) {
				if !slices.Contains(t.wares, r) {
					t.wares = append(t.wares, r)
				}
			}
		}
	}
}

// productsAt returns the products that are what claims are about, in each of their versions.
func productsAt(ctx context.Context, tx *db.Tx, by map[string][]string) ([]*thing, error) {
	var ids []string
	for _, column := range []string{"purl_key", "cpe_name"} {
		for part := range slices.Chunk(by[column], 2*chunk) {
			var a db.Args
			some, err := db.List(ctx, tx, db.Value[string], `SELECT p.id FROM product p WHERE p.`+column+` <> '' AND p.`+column+` IN `+db.In(&a, part), a...)
			if err != nil {
				return nil, err
			}
			ids = append(ids, some...)
		}
	}
	// A ware is looked up by its name alone, in whatever column that is; who makes it is compared afterwards (wares).
	vendors := map[string][]string{}
	for _, w := range by["ware"] {
		vendor, name, _ := strings.Cut(w, "/")
		vendors[vendor] = append(vendors[vendor], name)
	}
	for _, vendor := range slices.Sorted(maps.Keys(vendors)) {
		for part := range slices.Chunk(vendors[vendor], 80) {
			var a db.Args
			v := a.P(vendor)
			names := db.In(&a, part)
			some, err := db.List(ctx, tx, db.Value[string], `SELECT p.id FROM product p WHERE p.vendor_key = `+v+` AND (p.name_key IN `+names+` OR p.name_en_key IN `+names+` OR p.model_key IN `+names+`)`, a...)
			if err != nil {
				return nil, err
			}
			ids = append(ids, some...)
		}
	}
	slices.Sort(ids)
	return productThings(ctx, tx, slices.Compact(ids))
}

// productThings returns products in each of their versions; one that was registered without any has the version "".
func productThings(ctx context.Context, tx *db.Tx, ids []string) (out []*thing, err error) {
	type row struct {
		thing
		vendor, nameKey, nameEN, model, purl string
	}
	for part := range slices.Chunk(ids, 2*chunk) {
		var a db.Args
		rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) {
			return x, r.Scan(&x.product, &x.cpe, &x.purl, &x.vendor, &x.nameKey, &x.nameEN, &x.model)
		}, `SELECT p.id, p.cpe, p.purl_key, p.vendor_key, p.name_key, p.name_en_key, p.model_key FROM product p WHERE p.id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		ws := make([]ware, len(rows))
		for i, x := range rows {
			ws[i].id = x.product
		}
		if err := withVersions(ctx, tx, ws); err != nil {
			return nil, err
		}
		for i, x := range rows {
			x.ecosystem, x.name, _ = strings.Cut(x.purl, "/")
			x.named = true
			for _, n := range []string{x.nameKey, x.nameEN, x.model} {
				if w := x.vendor + "/" + n; x.vendor != "" && n != "" && !slices.Contains(x.wares, w) {
					x.wares = append(x.wares, w)
				}
			}
			for _, v := range versionsOf(ws[i]) {
				t := x.thing
				t.version = v
				out = append(out, &t)
			}
		}
	}
	return out, nil
}

// claimsAt returns the claims at the places of things, by place. It gives things the other names of their vendors.
func (s *Service) claimsAt(ctx context.Context, tx *db.Tx, ts []*thing) (map[vuln.Package][]vuln.Claim, error) {
	vendors, err := s.Products.Vendors(ctx, tx)
	if err != nil {
		return nil, err
	}
	rename(vendors, ts)
	places := map[vuln.Package]bool{}
	for _, t := range ts {
		for _, p := range t.places() {
			places[p] = true
		}
	}
	cs, err := s.Vulns.Claims(ctx, tx, slices.SortedFunc(maps.Keys(places), comparePlaces))
	return byPlace(cs), err
}

func comparePlaces(a, b vuln.Package) int {
	if c := strings.Compare(a.Ecosystem, b.Ecosystem); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

func byPlace(cs []vuln.Claim) map[vuln.Package][]vuln.Claim {
	out := map[vuln.Package][]vuln.Claim{}
	for _, c := range cs {
		out[c.Package] = append(out[c.Package], c)
	}
	return out
}

// verdicts collects what is to be written.
type verdicts struct {
	components, products [][]any
}

func (w *verdicts) add(t *thing, ws []word) {
	for _, x := range ws {
		if t.product != "" {
			w.products = append(w.products, []any{t.product, t.version, x.record, string(x.verdict), x.held, x.note})
		} else {
			w.components = append(w.components, []any{t.component, x.record, string(x.verdict), x.held, x.note})
		}
	}
}

// verdictTables are those that verdicts are kept in.
var verdictTables = []string{"known", "known_ware"}

func (w *verdicts) len() int { return len(w.components) + len(w.products) }

const (
	knownRows = `known (component_id, record_id, verdict, held, note)`
	wareRows  = `known_ware (product_id, version, record_id, verdict, held, note)`
	knownOver = `ON CONFLICT (component_id, record_id) DO UPDATE SET verdict = excluded.verdict, held = excluded.held, note = excluded.note`
	wareOver  = `ON CONFLICT (product_id, version, record_id) DO UPDATE SET verdict = excluded.verdict, held = excluded.held, note = excluded.note`
)

func (w *verdicts) write(ctx context.Context, tx *db.Tx) error {
	if err := db.Bulk(ctx, tx, knownRows, knownOver, w.components); err != nil {
		return err
	}
	return db.Bulk(ctx, tx, wareRows, wareOver, w.products)
}
