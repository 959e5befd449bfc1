// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"cmp"
	"context"
	"fmt"
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
	hits, err := privateHitsAbout(ctx, tx, vulnID)
	if err != nil {
		return nil, err
	}
	for _, x := range hits {
		if p, ok := of[x.product]; ok {
			fs = append(fs, x.finding(p))
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
