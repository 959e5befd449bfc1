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

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
)

// A match that is being worked out: cases on one side, and on the other all products or one.
type matching struct {
	product string // "" for all
	vendors product.Vendors
	targets []*target
	found   map[findingKey]Finding
	open    map[findingKey]place // findings that still need their path
}

type findingKey struct {
	caseID, product string
	component       int64
	version         string
}

// A place is a component in a component list.
type place struct {
	sbom      string
	component int64
}

// Evaluate works out which products contain what the cases describe, or may: of all products, or of one. It stores
// nothing; Find and OnChanged do. The findings are sorted. The number of queries grows with the size of the answer and with
// the number of members that have private lists, not with the number of products. The caller authorises.
func (s *Service) Evaluate(ctx context.Context, tx *db.Tx, cases []casework.Case, product string) ([]Finding, error) {
	m, err := s.hits(ctx, tx, cases, product)
	if err != nil {
		return nil, err
	}
	if err := m.explain(ctx, tx); err != nil {
		return nil, fmt.Errorf("find the paths to components: %w", err)
	}
	return m.sorted(), nil
}

// Hits is Evaluate without the way from the product to the component, which is most of the work.
func (s *Service) Hits(ctx context.Context, tx *db.Tx, cases []casework.Case, product string) ([]Finding, error) {
	m, err := s.hits(ctx, tx, cases, product)
	if err != nil {
		return nil, err
	}
	return m.sorted(), nil
}

func (s *Service) hits(ctx context.Context, tx *db.Tx, cases []casework.Case, product string) (*matching, error) {
	vendors, err := s.Products.Vendors(ctx, tx)
	if err != nil {
		return nil, err
	}
	m := &matching{product: product, vendors: vendors, found: map[findingKey]Finding{}, open: map[findingKey]place{}}
	for _, c := range cases {
		m.targets = append(m.targets, targets(c)...)
	}
	if err := m.contained(ctx, tx); err != nil {
		return nil, fmt.Errorf("match components: %w", err)
	}
	if err := m.themselves(ctx, tx); err != nil {
		return nil, fmt.Errorf("match products: %w", err)
	}
	if err := s.hidden(ctx, tx, m); err != nil {
		return nil, fmt.Errorf("match private lists: %w", err)
	}
	return m, nil
}

func (m *matching) sorted() []Finding { return slices.SortedFunc(maps.Values(m.found), order) }

// order sorts by case, certainty, organisation, product, version and component.
func order(a, b Finding) int {
	return cmp.Or(strings.Compare(a.CaseID, b.CaseID), strings.Compare(string(a.Verdict), string(b.Verdict)), strings.Compare(a.OrgID, b.OrgID),
		strings.Compare(a.ProductID, b.ProductID), strings.Compare(a.Version, b.Version), strings.Compare(a.Why.Found, b.Why.Found), cmp.Compare(a.ComponentID, b.ComponentID))
}

// put keeps the more certain of two findings about one thing, and of equals the first.
func (m *matching) put(f Finding, at place) {
	k := findingKey{f.CaseID, f.ProductID, f.ComponentID, f.Version}
	if old, ok := m.found[k]; ok && (old.Verdict == Hit || f.Verdict == Check) {
		return
	}
	m.found[k] = f
	if f.ComponentID != 0 {
		m.open[k] = at
	}
}

// A verdict of a target on a component.
type ruling struct {
	t *target
	c component
	d decision
}

// contained finds the flawed packages among the components of products. Every version of a package is decided once.
func (m *matching) contained(ctx context.Context, tx *db.Tx) error {
	wanted := map[packageKey][]*target{}
	for _, t := range m.targets {
		for _, k := range t.packages() {
			wanted[k] = append(wanted[k], t)
		}
	}
	cs, err := components(ctx, tx, slices.SortedFunc(maps.Keys(wanted), func(a, b packageKey) int {
		return cmp.Or(strings.Compare(a.ecosystem, b.ecosystem), strings.Compare(a.name, b.name))
	}))
	if err != nil {
		return err
	}
	made := map[string][]*target{} // by what lists call a vendor's product, under any name of the vendor
	for _, t := range m.targets {
		for _, w := range t.made(m.vendors) {
			made[w] = append(made[w], t)
		}
	}
	more, err := componentsMade(ctx, tx, slices.Sorted(maps.Keys(made)))
	if err != nil {
		return err
	}
	seen := map[int64]bool{}
	rulings := map[int64][]ruling{}
	for _, c := range append(cs, more...) {
		if seen[c.id] {
			continue
		}
		seen[c.id] = true
		for _, t := range slices.Concat(wanted[c.packageKey], made[c.ware]) {
			d, ok := t.decide(c.release, c.version)
			if !ok {
				continue
			}
			if t.key == "" && d.verdict == Hit { // only the names agree, and names are not kept by anybody
				d.verdict, d.note = Check, "match.note.name-only"
			}
			rulings[c.id] = append(rulings[c.id], ruling{t, c, d})
		}
	}
	hs, err := holdings(ctx, tx, slices.Sorted(maps.Keys(rulings)), m.product)
	if err != nil {
		return err
	}
	for _, h := range hs {
		for _, r := range rulings[h.component] {
			m.put(Finding{CaseID: r.t.caseID, ProductID: h.product, OrgID: h.org, ComponentID: h.component, Version: h.productVersion, Verdict: r.d.verdict,
				Why: Why{By: ByComponent, Path: []string{atVersion(h.name, h.productVersion)}, Found: r.c.String(), Range: r.d.held, Note: r.d.note}},
				place{h.sbom, h.component})
		}
	}
	return nil
}

// themselves finds the products that are the flawed thing itself.
func (m *matching) themselves(ctx context.Context, tx *db.Tx) error {
	ws, err := m.candidates(ctx, tx)
	if err != nil {
		return err
	}
	if err := withVersions(ctx, tx, ws); err != nil {
		return err
	}
	for _, w := range ws {
		for _, t := range m.targets {
			doubt, ok := t.fits(w, m.vendors)
			if !ok {
				continue
			}
			for _, v := range versionsOf(w) {
				d, ok := t.decide("", v)
				if !ok {
					continue
				}
				if d.verdict == Hit && doubt != "" {
					d.verdict, d.note = Check, doubt
				}
				m.put(Finding{CaseID: t.caseID, ProductID: w.id, OrgID: w.org, Version: v, Verdict: d.verdict,
					Why: Why{By: ByProduct, Found: atVersion(w.String(), v), Range: d.held, Note: d.note}}, place{})
			}
		}
	}
	return nil
}

// versionsOf a product: of one that was registered without any, nothing is known but the product.
func versionsOf(w ware) []string {
	if len(w.versions) == 0 {
		return []string{""}
	}
	return w.versions
}

// candidates are the products whose names are worth comparing, each once.
func (m *matching) candidates(ctx context.Context, tx *db.Tx) ([]ware, error) {
	if m.product != "" {
		return wares(ctx, tx, "id", []string{m.product})
	}
	keys := map[string]map[string]bool{"purl_key": {}, "name_key": {}, "name_en_key": {}, "model_key": {}}
	for _, t := range m.targets {
		for column, key := range map[string]string{"purl_key": t.key, "name_key": t.name, "name_en_key": t.name, "model_key": t.model} {
			if key != "" {
				keys[column][key] = true
			}
		}
	}
	byID := map[string]ware{}
	for column, of := range keys {
		ws, err := wares(ctx, tx, column, slices.Sorted(maps.Keys(of)))
		if err != nil {
			return nil, err
		}
		for _, w := range ws {
			byID[w.id] = w
		}
	}
	return slices.SortedFunc(maps.Values(byID), func(a, b ware) int { return strings.Compare(a.id, b.id) }), nil
}
