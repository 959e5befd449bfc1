// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/product"
)

// The next list of a version takes the number of the one before, and writes what has changed.
func TestPushWritesWhatHasChanged(t *testing.T) {
	each(t, func(b bench) {
		p := b.register(b.own, product.Input{Vendor: "v", Name: "n"})
		held := func() []string {
			return b.list(`SELECT h.sbom_n || ' ' || c.name || '@' || c.version FROM holding h JOIN component c ON c.id = h.component_id ORDER BY 1`)
		}
		x := b.push(b.own, p, "1", cycloneDX("pkg:npm/a@1", "pkg:npm/b@1", "pkg:npm/c@1"))
		n := b.list(`SELECT CAST(n AS TEXT) FROM sbom`)[0]
		b.same("first", []string{n + " a@1", n + " b@1", n + " c@1"}, held())
		b.push(b.own, p, "1", cycloneDX("pkg:npm/a@1", "pkg:npm/c@2", "pkg:npm/b@1"))
		b.same("second", []string{n + " a@1", n + " b@1", n + " c@2"}, held())
		b.same("numbers", []string{"-", n}, b.list(`SELECT coalesce(CAST(n AS TEXT), '-') FROM sbom ORDER BY 1`))
		b.index()
		b.push(b.own, p, "1", cycloneDX("pkg:npm/a@1", "pkg:npm/b@1", "pkg:npm/c@1"))
		b.same("back", []string{n + " a@1", n + " b@1", n + " c@1"}, held())
		b.push(b.own, p, "2", cycloneDX("pkg:npm/a@1"))
		if got := held(); len(got) != 4 {
			t.Errorf("a second version: %v", got)
		}
		b.index()
		b.same("the first list is what it was", []string{"npm a@1"}, func() []string { r, _ := b.graph(x); return r }())
	})
}

// A component of one release of a distribution is not that of another; a CPE tells components without an ecosystem apart.
func TestWhatTellsComponentsApart(t *testing.T) {
	each(t, func(b bench) {
		p := b.register(b.own, product.Input{Vendor: "v", Name: "n"})
		b.push(b.own, p, "1", cycloneDX("pkg:deb/debian/openssl@1.1?distro=debian-11", "pkg:deb/debian/openssl@1.1?distro=debian-12", "pkg:deb/debian/openssl@1.1"))
		b.push(b.own, p, "2", []byte(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[
			{"type":"library","name":"busybox","version":"1.30","cpe":"cpe:2.3:a:BusyBox:busybox:1.30:*:*:*:*:*:*:*"},
			{"type":"library","name":"busybox","version":"1.30"},
			{"type":"library","name":"x","version":"1","purl":"pkg:npm/x@1","cpe":"cpe:2.3:a:x:x:1:*:*:*:*:*:*:*"},
			{"type":"library","name":"u","version":"1","purl":"pkg:generic/u@1","cpe":"cpe:2.3:a:denx:u\\:boot:1:*:*:*:*:*:*:*"}]}`))
		b.same("components", []string{"Debian openssl  ", "Debian openssl 11 ", "Debian openssl 12 "},
			b.list(`SELECT ecosystem || ' ' || name || ' ' || release || ' ' || cpe_name FROM component WHERE ecosystem = 'Debian' ORDER BY release`))
		b.same("by CPE", []string{" busybox ", " busybox a:busybox:busybox", `generic u a:denx:u\:boot`, "npm x "},
			b.list(`SELECT ecosystem || ' ' || name || ' ' || cpe_name FROM component WHERE ecosystem <> 'Debian' ORDER BY ecosystem, name, cpe_name`))
	})
}

// Whoever adds a row to the index of holdings or takes one away is found, and the index can be made anew.
func TestTheIndexIsHeldAgainstTheLists(t *testing.T) {
	each(t, func(b bench) {
		p, q := b.register(b.own, product.Input{Vendor: "v", Name: "p"}), b.register(b.other, product.Input{Vendor: "v", Name: "q"})
		var purls []string
		for i := range 300 {
			purls = append(purls, fmt.Sprintf("pkg:npm/c%d@1", i))
		}
		b.push(b.own, p, "1", cycloneDX(purls...))
		b.push(b.other, q, "1", cycloneDX(purls[100:200]...))
		b.index()
		before := b.list(`SELECT component_id || ' ' || sbom_n FROM holding ORDER BY component_id, sbom_n`)
		exec := func(query string, args ...any) {
			t.Helper()
			if err := b.DB.Tx(b.Context(), func(tx *db.Tx) error { _, err := tx.Exec(b.Context(), query, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		var component, n int64
		b.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			if component, err = db.Get(ctx, tx, db.Value[int64], `SELECT max(component_id) FROM holding`); err != nil {
				return err
			}
			n, err = db.Get(ctx, tx, db.Value[int64], `SELECT n FROM sbom WHERE product_id = $1`, p.ID)
			return err
		})
		for what, x := range map[string]struct {
			query string
			args  []any
			want  product.Difference
		}{
			"taken away":             {`DELETE FROM holding WHERE component_id = $1 AND sbom_n = $2`, []any{component, n}, product.Difference{Component: component, List: n, Missing: true}},
			"added":                  {`INSERT INTO holding (component_id, sbom_n) VALUES ($1, $2)`, []any{component, n + 1000}, product.Difference{Component: component, List: n + 1000}},
			"of a component nowhere": {`INSERT INTO holding (component_id, sbom_n) VALUES ($1, $2)`, []any{int64(1 << 50), n}, product.Difference{Component: 1 << 50, List: n}},
		} {
			exec(x.query, x.args...)
			b.index(x.want)
			b.tx(func(ctx context.Context, tx *db.Tx) error {
				f := &evidence.Findings{}
				err := b.AuditHoldings(ctx, tx, f)
				if f.Count != 1 || f.Traces[0].Table != "holding" || f.Traces[0].Row != fmt.Sprintf("%d/%d", x.want.Component, x.want.List) {
					t.Errorf("%s: %+v", what, f)
				}
				return err
			})
			if rows, err := b.RebuildHoldings(b.Context()); err != nil || rows != 400 {
				t.Errorf("%s: rebuilt %d rows, %v", what, rows, err)
			}
			b.index()
			b.same(what, before, b.list(`SELECT component_id || ' ' || sbom_n FROM holding ORDER BY component_id, sbom_n`))
		}
		exec(`DELETE FROM holding`)
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			f := &evidence.Findings{}
			err := b.AuditHoldings(ctx, tx, f)
			if f.Count == 0 || len(f.Traces) > 101 {
				t.Errorf("an emptied index: %d traces", f.Count)
			}
			return err
		})
	})
}

// Lists of an older version get their contents from the documents, or, where a document is lost, from what the migration
// wrote down.
func TestCarryOver(t *testing.T) {
	each(t, func(b bench) {
		p := b.register(b.own, product.Input{Vendor: "v", Name: "n"})
		lists := []product.SBOM{b.push(b.own, p, "1", cycloneDX("pkg:npm/a@1", "pkg:npm/b@1", "pkg:npm/c@1")), b.push(b.own, p, "1", cycloneDX("pkg:npm/a@1", "pkg:npm/b@2")),
			b.push(b.own, p, "2", cycloneDX("pkg:npm/a@1", "pkg:npm/b@2", "pkg:npm/c@1"))}
		type graph struct{ Roots, Edges []string }
		var before []graph
		for _, l := range lists {
			r, e := b.graph(l)
			before = append(before, graph{r, e})
		}
		held := b.list(`SELECT component_id || ' ' || s.id FROM holding h JOIN sbom s ON s.n = h.sbom_n ORDER BY 1`)
		b.old(lists, 2)
		for range 2 {
			if err := b.CarryOver(b.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for i, l := range lists {
			r, e := b.graph(l)
			b.same(fmt.Sprint("list ", i), before[i], graph{r, e})
		}
		b.index()
		b.same("holdings", held, b.list(`SELECT component_id || ' ' || s.id FROM holding h JOIN sbom s ON s.n = h.sbom_n ORDER BY 1`))
		b.same("nothing is left", []string(nil), b.list(`SELECT sbom_id FROM sbom_before`))
		b.push(b.own, p, "1", cycloneDX("pkg:npm/z@1"))
		b.index()
	})
}

// old puts lists into the state in which the migration leaves them; from one on, their documents are lost.
func (b bench) old(lists []product.SBOM, lost int) {
	b.Helper()
	err := b.DB.Tx(b.Context(), func(tx *db.Tx) error {
		for i, l := range lists {
			gs, err := b.Graphs(b.Context(), tx, []string{l.ID})
			if err != nil {
				return err
			}
			g := gs[l.ID]
			var ids, roots, edges []string
			for i, id := range g.IDs {
				ids = append(ids, fmt.Sprint(id))
				if g.Roots[i] {
					roots = append(roots, fmt.Sprint(id))
				}
			}
			for _, e := range g.Edges {
				edges = append(edges, fmt.Sprintf("%d>%d", g.IDs[e[0]], g.IDs[e[1]]))
			}
			slices.Reverse(ids)
			if err := db.Bulk(b.Context(), tx, "sbom_before (sbom_id, held)", "", [][]any{{l.ID, strings.Join(ids, ",") + ";" + strings.Join(roots, ",") + ";" + strings.Join(edges, ",")}}); err != nil {
				return err
			}
			if i >= lost {
				if _, err := tx.Exec(b.Context(), `UPDATE sbom SET blob = '' WHERE id = $1`, l.ID); err != nil {
					return err
				}
			}
		}
		if _, err := tx.Exec(b.Context(), `UPDATE sbom SET n = NULL, contents = NULL`); err != nil {
			return err
		}
		_, err := tx.Exec(b.Context(), `DELETE FROM holding`)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}
