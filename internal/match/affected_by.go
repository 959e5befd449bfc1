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

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/vuln"
)

// An AffectedFilter asks for a page of the products with a vulnerability.
type AffectedFilter struct {
	OrgID string // of one organisation; "" for all that the actor sees
	After string // cursor: Next of the page before
	Limit int    // products; 1 to 200, 0 means 50
}

// An AffectedPage is a page of the products with a vulnerability, those that are affected and those to be checked.
type AffectedPage struct {
	Vuln           vuln.Vuln
	Findings       []KnownFinding // by product; the surest first
	Products, Orgs int            // on all pages; of what the actor sees
	Next           string
}

// AffectedBy returns whose products contain a vulnerability, or may: all to the platform's staff, to a member its own. A member
// without any, and who asks about a number that nobody has, learns the same: there are none.
func (s *Service) AffectedBy(ctx context.Context, by member.Actor, vulnID int64, f AffectedFilter) (page AffectedPage, err error) {
	var k fault.Check
	k.That(f.OrgID == "" || uuid.Validate(f.OrgID) == nil, "org_id", "product.rule.organisation", "")
	k.That(f.After == "" || uuid.Validate(f.After) == nil, "after", "product.rule.cursor", "")
	k.That(f.Limit >= 0 && f.Limit <= 200, "limit", "product.rule.limit", "50", 200)
	of, err := s.scopeOf(by, f.OrgID)
	if err == nil {
		err = k.Err()
	}
	if err != nil {
		return page, err
	}
	f.Limit = cmp.Or(f.Limit, 50)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		page = AffectedPage{}
		vs, err := s.Vulns.OfIDs(ctx, tx, []int64{vulnID})
		if err != nil {
			return err
		}
		page.Vuln = vs[vulnID]
		if of.nobody {
			return nil
		}
		ids, err := s.Affected(ctx, tx, vulnID, of.org)
		if err != nil {
			return err
		}
		page.Products, page.Orgs = len(ids), orgsOf(ids)
		i, _ := slices.BinarySearchFunc(ids, f.After, func(x Holder, after string) int { return strings.Compare(x.ProductID, after) })
		for i < len(ids) && ids[i].ProductID <= f.After {
			i++
		}
		some := ids[i:]
		if len(some) > f.Limit {
			some = some[:f.Limit]
			page.Next = some[f.Limit-1].ProductID
		}
		page.Findings, err = s.affected(ctx, tx, vulnID, some)
		return err
	})
	if err != nil {
		return AffectedPage{}, fmt.Errorf("list the products with a vulnerability: %w", err)
	}
	return page, nil
}

// AffectedByName is AffectedBy of the vulnerability that goes by a name, in whatever numbering. A name that no public record
// has is NotFound.
func (s *Service) AffectedByName(ctx context.Context, by member.Actor, name string, f AffectedFilter) (AffectedPage, error) {
	if _, err := s.scopeOf(by, f.OrgID); err != nil {
		return AffectedPage{}, err
	}
	var ids []int64
	if folded := assessment.Fold(name); folded != "" {
		if err := s.DB.View(ctx, func(tx *db.Tx) error {
			found, err := vulnsNamed(ctx, tx, []string{folded})
			ids = found[folded]
			return err
		}); err != nil {
			return AffectedPage{}, fmt.Errorf("find a vulnerability: %w", err)
		}
	}
	if len(ids) == 0 {
		return AffectedPage{}, fault.Missing()
	}
	return s.AffectedBy(ctx, by, slices.Min(ids), f)
}

// A reach is whose products an actor asks about.
type reach struct {
	org    string // "" for all
	nobody bool
}

// scopeOf says whose products an actor may see findings of: staff of all, people who act for an organisation of their own.
func (s *Service) scopeOf(by member.Actor, orgID string) (reach, error) {
	switch {
	case !by.SignedIn() && by.Via != "system":
		return reach{}, fault.SignIn()
	case readsAll(by):
		return reach{org: orgID}, nil
	case by.Staff():
		return reach{}, fault.Deny("fault.scope", member.ScopeCase)
	case by.OrgID == "" || !by.Is(member.Engineer, member.OrgAdmin) || orgID != "" && orgID != by.OrgID:
		return reach{nobody: true}, nil
	case !by.Allows(member.ScopeProduct):
		return reach{}, fault.Deny("fault.scope", member.ScopeProduct)
	}
	return reach{org: by.OrgID}, nil
}

// affected returns the findings of products about one vulnerability, explained.
func (s *Service) affected(ctx context.Context, tx *db.Tx, vulnID int64, hs []Holder) ([]KnownFinding, error) {
	var ids []string
	for _, h := range hs {
		ids = append(ids, h.ProductID)
	}
	ps, err := s.Products.ByIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	of := map[string]product.Product{}
	for _, p := range ps {
		of[p.ID] = p
	}
	var fs []KnownFinding
	take := func(x knownRow, sbom string) {
		p := of[x.product]
		fs = append(fs, KnownFinding{ProductID: p.ID, OrgID: p.OrgID, Product: p.Name, ProductEN: p.NameEN, Version: x.version, SBOM: sbom, componentID: x.component,
			Vuln: vuln.Vuln{ID: x.vuln}, Records: []KnownClaim{x.KnownClaim}})
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x knownRow, err error) {
		return x, r.Scan(append([]any{&x.component}, x.rest()...)...)
	}, `SELECT k.component_id, `+knownColumns+` FROM vuln_record r JOIN known k ON k.record_id = r.id WHERE r.vuln_id = $1`, vulnID)
	if err != nil {
		return nil, err
	}
	lists, err := listsOf(ctx, tx, ids...)
	if err != nil {
		return nil, err
	}
	for _, l := range lists {
		for _, x := range rows {
			if _, ok := slices.BinarySearch(l.ids, x.component); ok {
				x.product, x.version = l.product, l.productVersion
				take(x, l.sbom)
			}
		}
	}
	for part := range slices.Chunk(ids, 2*chunk) {
		var a db.Args
		themselves, err := db.List(ctx, tx, func(r db.Row) (x knownRow, err error) {
			return x, r.Scan(append([]any{&x.product, &x.version}, x.rest()...)...)
		}, `SELECT k.product_id, k.version, `+knownColumns+` FROM vuln_record r JOIN known_ware k ON k.record_id = r.id WHERE r.vuln_id = `+a.P(vulnID)+` AND k.product_id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		for _, x := range themselves {
			take(x, "")
		}
	}
	if fs, err = s.complete(ctx, tx, fs); err != nil {
		return nil, err
	}
	slices.SortFunc(fs, func(a, b KnownFinding) int {
		return cmp.Or(strings.Compare(a.ProductID, b.ProductID), strings.Compare(a.sortKey, b.sortKey))
	})
	return fs, explainKnown(ctx, tx, fs)
}

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
	}, `SELECT h.component_id, h.sbom_n FROM (SELECT DISTINCT k.component_id FROM vuln_record r JOIN known k ON k.record_id = r.id WHERE r.vuln_id = $1) c
		JOIN holding h ON h.component_id = c.component_id`, vulnID)
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
