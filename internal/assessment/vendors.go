// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package assessment

import (
	"context"
	"fmt"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// stillMeant removes statements that mean their products by a name of a vendor that is not the product's vendor's any more.
func (s *Service) stillMeant(ctx context.Context, tx *db.Tx, of map[string][]Statement) error {
	var ids []string
	for id, xs := range of {
		if slices.ContainsFunc(xs, func(x Statement) bool { return x.vendor != "" }) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	vendors, err := s.Products.Vendors(ctx, tx)
	if err != nil {
		return err
	}
	ps, err := s.Products.ByIDs(ctx, tx, ids)
	for _, p := range ps {
		own := product.Key(p.Vendor)
		of[p.ID] = slices.DeleteFunc(of[p.ID], func(x Statement) bool { return x.vendor != "" && !vendors.Same(x.vendor, own) })
	}
	return err
}

// OnVendors reads documents once more that may mean products by names that were put together: a step of the flow, safe to
// run again. Statements that mean a product by a name that was taken out stay on record, and count no longer (Of).
func (s *Service) OnVendors(ctx context.Context, e product.VendorsNamed) error {
	type document struct{ id, org, account, blob string }
	var ds []document
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		ds = nil
		for part := range slices.Chunk(e.Keys, 300) {
			var a db.Args
			some, err := db.List(ctx, tx, func(r db.Row) (d document, err error) { return d, r.Scan(&d.id, &d.org, &d.account, &d.blob) },
				`SELECT d.id, d.org_id, d.account_id, d.blob FROM assessment_document d
				WHERE d.unnamed AND d.org_id IN (SELECT p.org_id FROM product p WHERE p.vendor_key IN `+db.In(&a, part)+`) ORDER BY d.id`, a...)
			if err != nil {
				return err
			}
			ds = append(ds, some...)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("read VEX documents again: %w", err)
	}
	for _, d := range ds {
		b, err := s.Blobs.Get(d.blob)
		if err == nil {
			by := member.System()
			by.AccountID, by.OrgID = d.account, d.org
			_, err = s.importVEX(ctx, by, VEX{Document: b})
		}
		if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
			continue // it means more by now than is taken from one document, or there are more products than are looked through
		}
		if err != nil {
			return fmt.Errorf("read VEX document %s again: %w", d.id, err)
		}
	}
	return nil
}
