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

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// A PortfolioFilter asks for a page of products with their risks.
type PortfolioFilter struct {
	OrgID string // of one organisation; "" for all that the actor sees
	After string // cursor: Next of the page before
	Limit int    // 1 to 200; 0 means 50
}

// A PortfolioLine is a product with what is publicly known of it.
type PortfolioLine struct {
	Product    product.Product
	Lists      int // current component lists
	Components int // that they hold, each once
	Private    int // current private lists
	Hidden     int // components that these hide
	KnownCounts
}

// A PortfolioPage is a page of products, those with the gravest risks first where all could be compared.
type PortfolioPage struct {
	Lines    []PortfolioLine
	Total    KnownCounts // of all products that could be compared, each vulnerability once for each product
	Products int         // on all pages
	Sorted   bool        // by risk; else, of very many products, the newest first
	Behind   Behind
	Next     string
}

// maxCompared bounds how many products are looked at to sort them by risk.
const maxCompared = 1000

// Portfolio returns a page of an organisation's products with how many vulnerabilities are publicly known of each, by severity.
func (s *Service) Portfolio(ctx context.Context, by member.Actor, f PortfolioFilter) (page PortfolioPage, err error) {
	var k fault.Check
	k.That(f.OrgID == "" || uuid.Validate(f.OrgID) == nil, "org_id", "product.rule.organisation", "")
	k.That(f.After == "" || uuid.Validate(f.After) == nil, "after", "product.rule.cursor", "")
	k.That(f.Limit >= 0 && f.Limit <= 200, "limit", "product.rule.limit", "50", 200)
	of, err := s.scopeOf(by, f.OrgID)
	if err == nil {
		err = k.Err()
	}
	if err != nil || of.nobody {
		return page, err
	}
	f.Limit = cmp.Or(f.Limit, 50)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		var a db.Args
		where := ` WHERE TRUE`
		if of.org != "" {
			where += ` AND p.org_id = ` + a.P(of.org)
		}
		if page.Products, err = db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM product p`+where, a...); err != nil {
			return err
		}
		page.Sorted = page.Products <= maxCompared
		query := `SELECT p.id FROM product p` + where
		if !page.Sorted {
			if f.After != "" {
				query += ` AND p.id < ` + a.P(f.After)
			}
			query += ` ORDER BY p.id DESC LIMIT ` + a.P(f.Limit+1)
		}
		ids, err := db.List(ctx, tx, db.Value[string], query, a...)
		if err != nil {
			return err
		}
		if !page.Sorted && len(ids) > f.Limit {
			ids = ids[:f.Limit]
			page.Next = ids[f.Limit-1]
		}
		if page.Lines, err = s.lines(ctx, tx, ids); err != nil {
			return err
		}
		for _, l := range page.Lines {
			page.Total.sum(l.KnownCounts)
		}
		if page.Sorted {
			page.cut(f)
		}
		page.Behind, err = s.behind(ctx, tx)
		return err
	})
	if err != nil {
		return PortfolioPage{}, fmt.Errorf("list products with their risks: %w", err)
	}
	return page, nil
}

func (c *KnownCounts) sum(d KnownCounts) {
	c.Critical += d.Critical
	c.High += d.High
	c.Medium += d.Medium
	c.Low += d.Low
	c.Unrated += d.Unrated
	c.Exploited += d.Exploited
	c.Check += d.Check
	c.Suppressed += d.Suppressed
}

// cut sorts by risk and leaves the page.
func (p *PortfolioPage) cut(f PortfolioFilter) {
	slices.SortFunc(p.Lines, func(a, b PortfolioLine) int {
		return cmp.Or(cmp.Compare(b.Exploited, a.Exploited), cmp.Compare(b.Critical, a.Critical), cmp.Compare(b.High, a.High), cmp.Compare(b.Medium, a.Medium),
			cmp.Compare(b.Low, a.Low), cmp.Compare(b.Unrated, a.Unrated), cmp.Compare(b.Check, a.Check), strings.Compare(a.Product.ID, b.Product.ID))
	})
	if i := slices.IndexFunc(p.Lines, func(l PortfolioLine) bool { return l.Product.ID == f.After }); i >= 0 {
		p.Lines = p.Lines[i+1:]
	}
	if len(p.Lines) > f.Limit {
		p.Lines = p.Lines[:f.Limit]
		p.Next = p.Lines[f.Limit-1].Product.ID
	}
}

// lines works out the risks of products, in the order of ids.
func (s *Service) lines(ctx context.Context, tx *db.Tx, ids []string) ([]PortfolioLine, error) {
	ps, err := s.Products.ByIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	fs, err := s.knownOf(ctx, tx, ps)
	if err != nil {
		return nil, err
	}
	lists, err := listsOf(ctx, tx, ids...)
	if err != nil {
		return nil, err
	}
	held, n := map[string]map[int64]bool{}, map[string]int{}
	for _, l := range lists {
		n[l.product]++
		if held[l.product] == nil {
			held[l.product] = map[int64]bool{}
		}
		for _, id := range l.ids {
			held[l.product][id] = true
		}
	}
	private, err := privateSums(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	by := counts(fs)
	out := make([]PortfolioLine, len(ps))
	for i, p := range ps {
		out[i] = PortfolioLine{Product: p, Lists: n[p.ID], Components: len(held[p.ID]), Private: private[p.ID].lists, Hidden: private[p.ID].parts, KnownCounts: by[p.ID]}
	}
	return out, nil
}
