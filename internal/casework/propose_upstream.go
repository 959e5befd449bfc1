// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// A Candidate is probably the provider of what is flawed.
type Candidate struct {
	OrgID   string
	Org     member.Org
	Product product.Product // whose entry in the directory says so
	Reason  string          // an i18n key, space, argument
}

// ReasonText says why it is thought to be the provider, in the reader's language.
func (c Candidate) ReasonText(p i18n.Printer) string { return reasonText(p, c.Reason) }

// ReasonText says why the recipient is thought to be the provider, in the reader's language.
func (n Notice) ReasonText(p i18n.Printer) string { return reasonText(p, n.Reason) }

func reasonText(p i18n.Printer, reason string) string {
	key, arg, _ := strings.Cut(reason, " ")
	if key == "" {
		return ""
	}
	return p.T(key, arg)
}

// byPerson is the reason of a notice whose recipient the directory does not name.
const byPerson = "case.reason.person"

// ProposeUpstream proposes who provides what is flawed, the best reason first: members whose entry in the product
// directory has the same package or the same vendor. Who reported the case or has a notice is left out. It is for staff;
// a person decides: NotifyUpstream.
func (s *Service) ProposeUpstream(ctx context.Context, by member.Actor, id string) (out []Candidate, err error) {
	if err := staff(by); err != nil {
		return nil, err
	}
	err = s.inside(ctx, by, id, func(tx *db.Tx, v view) error {
		out, err = s.candidates(ctx, tx, v.Case)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("propose upstream provider: %w", err)
	}
	return out, nil
}

func (s *Service) candidates(ctx context.Context, tx *db.Tx, c Case) (out []Candidate, err error) {
	known, err := db.List(ctx, tx, db.Value[string], `SELECT org_id FROM case_party WHERE case_id = $1 AND relation = 'reporter'
		UNION SELECT org_id FROM notice WHERE case_id = $2`, c.ID, c.ID)
	if err != nil {
		return nil, err
	}
	rank := map[string]int{}
	for _, a := range c.Content.Affected {
		ps, err := s.Products.Providers(ctx, tx, product.ProviderQuery{PURL: a.PURL, Vendor: a.Vendor, Product: a.Product})
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			if slices.Contains(known, p.OrgID) {
				continue
			}
			known = append(known, p.OrgID)
			x, err := s.candidate(ctx, tx, p, map[string]string{product.ByPURL: a.PURL, product.ByVendorProduct: a.Vendor + " " + a.Product, product.ByVendor: a.Vendor}[p.By])
			if err != nil {
				return nil, err
			}
			rank[p.OrgID] = slices.Index([]string{product.ByPURL, product.ByVendorProduct, product.ByVendor}, p.By)
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b Candidate) int { return rank[a.OrgID] - rank[b.OrgID] })
	return out, nil
}

func (s *Service) candidate(ctx context.Context, tx *db.Tx, p product.Provider, arg string) (c Candidate, err error) {
	c = Candidate{OrgID: p.OrgID, Reason: "case.reason." + p.By + " " + arg}
	if c.Org, err = s.members().OrgTx(ctx, tx, p.OrgID); err != nil {
		return c, err
	}
	c.Org.WebhookSecret = nil
	ps, err := s.Products.ByIDs(ctx, tx, []string{p.ProductID})
	if err == nil && len(ps) == 1 {
		c.Product = ps[0]
	}
	return c, err
}

// members reads organisations; it is made of what this service has anyway.
func (s *Service) members() *member.Service {
	return &member.Service{DB: s.DB, Events: s.Events, Seal: s.Seal}
}
