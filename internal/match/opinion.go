// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
)

// opinions are what members say of vulnerabilities in their products, by product and vulnerability.
type opinions struct {
	of      map[string]map[int64][]assessment.Statement
	vendors product.Vendors
}

// opinions finds out which vulnerabilities the statements about products speak of, by any name.
func (s *Service) opinions(ctx context.Context, tx *db.Tx, productIDs []string) (out opinions, err error) {
	if s.Assessments == nil || len(productIDs) == 0 {
		return out, nil
	}
	said, err := s.Assessments.Of(ctx, tx, productIDs)
	if err != nil || len(said) == 0 {
		return out, err
	}
	if out.vendors, err = s.Products.Vendors(ctx, tx); err != nil {
		return out, err
	}
	names := map[string]bool{}
	for _, xs := range said {
		for _, x := range xs {
			for _, n := range namesOf(x) {
				names[n] = true
			}
		}
	}
	vulns, err := vulnsNamed(ctx, tx, slices.Sorted(maps.Keys(names)))
	if err != nil {
		return out, err
	}
	out.of = map[string]map[int64][]assessment.Statement{}
	for product, xs := range said {
		out.of[product] = map[int64][]assessment.Statement{}
		for _, x := range xs {
			about := map[int64]bool{}
			for _, n := range namesOf(x) {
				for _, id := range vulns[n] {
					about[id] = true
				}
			}
			for id := range about {
				out.of[product][id] = append(out.of[product][id], x)
			}
		}
	}
	return out, nil
}

func namesOf(x assessment.Statement) (out []string) {
	for _, n := range append([]string{x.Vuln}, x.Aliases...) {
		if n = assessment.Fold(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

// vulnsNamed returns the vulnerabilities that go by names, which are folded.
func vulnsNamed(ctx context.Context, tx *db.Tx, names []string) (map[string][]int64, error) {
	out := map[string][]int64{}
	for part := range slices.Chunk(names, 2*chunk) {
		var a db.Args
		if _, err := db.List(ctx, tx, func(r db.Row) (id int64, err error) {
			var name string
			err = r.Scan(&name, &id)
			out[name] = append(out[name], id)
			return id, err
		}, `SELECT DISTINCT v.name, v.vuln_id FROM vuln_alias v WHERE v.joins AND v.name IN `+db.In(&a, part), a...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// about returns the statement that speaks of a finding and was said last, or nil.
func (o opinions) about(f *KnownFinding) (last *assessment.Statement) {
	for _, x := range o.of[f.ProductID][f.Vuln.ID] {
		c := x.Component
		if x.Version != "" && x.Version != f.Version {
			continue
		}
		if c != (assessment.Component{}) && (!o.same(c, f.Component) || c.Version != "" && c.Version != f.Component.Version) {
			continue
		}
		if last == nil || x.At.After(last.At) || x.At.Equal(last.At) && x.RecordedAt.After(last.RecordedAt) {
			last = &x
		}
	}
	return last
}

// same reports whether a statement's component is the one that was found: by its name in its ecosystem, or, of what has no
// package, by its vendor's name, whichever of these it is, and its own.
func (o opinions) same(said assessment.Component, found product.Component) bool {
	if said.Ecosystem != found.Ecosystem || said.Name == found.Name || said.Ecosystem != "" {
		return said.Ecosystem == found.Ecosystem && said.Name == found.Name
	}
	vendor, name, ok := strings.Cut(said.Name, "/")
	itsVendor, itsName, also := strings.Cut(found.Name, "/")
	v := product.Key(vendor)
	return ok && also && v != "" && o.vendors.Same(v, product.Key(itsVendor)) && product.Key(name) == product.Key(itsName)
}
