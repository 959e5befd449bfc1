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
)

// packageKey is how components are looked up.
type packageKey struct{ ecosystem, name string }

// A component is a package in a version, as the directory stores it.
type component struct {
	id int64
	packageKey
	version string
	release string // of the distribution it was built for, "" where it is not known
	ware    string // key as a vendor's product, or ""
}

func (c component) String() string { return atVersion(c.name, c.version) }

// A holding says that a product's current component list holds a component.
type holding struct {
	component            int64
	sbom, product, org   string
	name, productVersion string // of the product
}

// A ware is a product with the names by which it may be the flawed thing itself.
type ware struct {
	id, org, vendor, name, model                     string
	purlKey, vendorKey, nameKey, nameENKey, modelKey string
	versions                                         []string
}

func (w ware) String() string {
	return strings.Join(slices.DeleteFunc([]string{w.vendor, w.name, w.model}, func(s string) bool { return s == "" }), " ")
}

func atVersion(name, version string) string {
	if version == "" {
		return name
	}
	return name + "@" + version
}

// chunk is how many keys one statement carries.
const chunk = 150

// table writes rows of parameters as a table of the given columns, whose SQL types are types.
func table(a *db.Args, name string, columns, types []string, n int, row func(i int) []any) string {
	var b strings.Builder
	b.WriteString("WITH " + name + " (" + strings.Join(columns, ", ") + ") AS (VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j, v := range row(i) {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString("CAST(" + a.P(v) + " AS " + types[j] + ")")
		}
		b.WriteByte(')')
	}
	b.WriteString(") ")
	return b.String()
}

const componentColumns = `c.id, c.ecosystem, c.name, c.version, c.release, c.ware`

func scanComponent(r db.Row) (c component, err error) {
	return c, r.Scan(&c.id, &c.ecosystem, &c.name, &c.version, &c.release, &c.ware)
}

// components returns every version of the packages, each once.
func components(ctx context.Context, tx *db.Tx, keys []packageKey) (out []component, err error) {
	for part := range slices.Chunk(keys, chunk) {
		var a db.Args
		query := table(&a, "k", []string{"ecosystem", "name"}, []string{"TEXT", "TEXT"}, len(part), func(i int) []any { return []any{part[i].ecosystem, part[i].name} }) +
			`SELECT ` + componentColumns + ` FROM k CROSS JOIN component c WHERE c.ecosystem = k.ecosystem AND c.name = k.name`
		rows, err := db.List(ctx, tx, scanComponent, query, a...)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// componentsMade returns every version of what component lists call a vendor's product, by the keys of both.
func componentsMade(ctx context.Context, tx *db.Tx, wares []string) (out []component, err error) {
	for part := range slices.Chunk(wares, 2*chunk) {
		var a db.Args
		rows, err := db.List(ctx, tx, scanComponent, `SELECT `+componentColumns+` FROM component c WHERE c.ware <> '' AND c.ware IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// named returns components by their ids.
func named(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]component, error) {
	out := make(map[int64]component, len(ids))
	for part := range slices.Chunk(ids, 2*chunk) {
		var a db.Args
		rows, err := db.List(ctx, tx, scanComponent, `SELECT `+componentColumns+` FROM component c WHERE c.id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		for _, c := range rows {
			out[c.id] = c
		}
	}
	return out, nil
}

// holdings returns which current component lists hold the components, whose ids ascend: of every product, by the index, or
// of one, by what its lists say.
func holdings(ctx context.Context, tx *db.Tx, ids []int64, of string) (out []holding, err error) {
	if of != "" {
		lists, err := listsOf(ctx, tx, of)
		for _, l := range lists {
			for _, id := range ids {
				if _, ok := slices.BinarySearch(l.ids, id); ok {
					h := l.holding
					h.component = id
					out = append(out, h)
				}
			}
		}
		return out, err
	}
	for part := range slices.Chunk(ids, 2*chunk) {
		var a db.Args
		rows, err := db.List(ctx, tx, func(r db.Row) (h holding, err error) {
			return h, r.Scan(&h.component, &h.sbom, &h.product, &h.org, &h.name, &h.productVersion)
		}, `SELECT h.component_id, s.id, p.id, p.org_id, p.name, s.version FROM holding h JOIN sbom s ON s.n = h.sbom_n JOIN product p ON p.id = s.product_id
			WHERE h.component_id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// A list is a current component list of a product.
type list struct {
	holding
	ids []int64
}

func listsOf(ctx context.Context, tx *db.Tx, productIDs ...string) (out []list, err error) {
	for part := range slices.Chunk(productIDs, 2*chunk) {
		var a db.Args
		ls, err := db.List(ctx, tx, func(r db.Row) (l list, err error) {
			var contents []byte
			if err := r.Scan(&l.sbom, &l.product, &l.org, &l.name, &l.productVersion, &contents); err != nil {
				return l, err
			}
			l.ids, err = product.UnpackIDs(contents)
			return l, err
		}, `SELECT s.id, p.id, p.org_id, p.name, s.version, s.contents FROM product p JOIN sbom s ON s.product_id = p.id WHERE s.is_current AND p.id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		out = append(out, ls...)
	}
	return out, nil
}

// contents returns what the current component lists of a product name: packages, and keys of names of vendors' products.
func contents(ctx context.Context, tx *db.Tx, productID string) (packages []packageKey, made []string, err error) {
	lists, err := listsOf(ctx, tx, productID)
	if err != nil {
		return nil, nil, err
	}
	ids := map[int64]bool{}
	for _, l := range lists {
		for _, id := range l.ids {
			ids[id] = true
		}
	}
	cs, err := named(ctx, tx, slices.Sorted(maps.Keys(ids)))
	keys, names := map[packageKey]bool{}, map[string]bool{}
	for _, c := range cs {
		keys[c.packageKey] = true
		if _, name, ok := strings.Cut(c.ware, "/"); ok {
			names[name] = true
		}
	}
	return slices.Collect(maps.Keys(keys)), slices.Collect(maps.Keys(names)), err
}

// wares returns the products in whose column one of the keys stands.
func wares(ctx context.Context, tx *db.Tx, column string, keys []string) (out []ware, err error) {
	for part := range slices.Chunk(keys, 2*chunk) {
		var a db.Args
		rows, err := db.List(ctx, tx, scanWare, `SELECT p.id, p.org_id, p.vendor, p.name, p.model, p.purl_key, p.vendor_key, p.name_key, p.name_en_key, p.model_key
			FROM product p WHERE p.`+column+` IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

func scanWare(r db.Row) (w ware, err error) {
	return w, r.Scan(&w.id, &w.org, &w.vendor, &w.name, &w.model, &w.purlKey, &w.vendorKey, &w.nameKey, &w.nameENKey, &w.modelKey)
}

// withVersions fills in the versions that the products were registered with.
func withVersions(ctx context.Context, tx *db.Tx, ws []ware) error {
	at := map[string]int{}
	ids := make([]string, len(ws))
	for i, w := range ws {
		at[w.id], ids[i] = i, w.id
	}
	type row struct{ id, version string }
	for part := range slices.Chunk(ids, 2*chunk) {
		var a db.Args
		rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.id, &x.version) },
			`SELECT product_id, version FROM product_version WHERE product_id IN `+db.In(&a, part)+` ORDER BY product_id, version`, a...)
		if err != nil {
			return err
		}
		for _, x := range rows {
			w := &ws[at[x.id]]
			w.versions = append(w.versions, x.version)
		}
	}
	return nil
}
