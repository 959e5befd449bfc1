// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
)

// ProviderQuery names a product by any of its package URL, vendor and name.
type ProviderQuery struct{ PURL, Vendor, Product string }

// A Provider is an organisation that provides a product, by its own entry in the directory.
type Provider struct {
	OrgID, ProductID string
	By               string // ByPURL, ByVendorProduct or ByVendor: why it is thought to be
}

// The reasons, best first.
const (
	ByPURL          = "purl"           // a product with the same package URL, whatever the version
	ByVendorProduct = "vendor-product" // a product with the same vendor and name (Key)
	ByVendor        = "vendor"         // another product of the same vendor
)

// maxProviders bounds the answer for each reason.
const maxProviders = 50

// Providers returns the organisations that provide what q names, the best reason first and each once: members that are
// network product providers, suspended ones too, because whoever makes a product must learn of its flaw (Provisions of
// 2021, art. 7 (1)). The caller authorises.
func (s *Service) Providers(ctx context.Context, tx *db.Tx, q ProviderQuery) (out []Provider, err error) {
	vendor, name := Key(q.Vendor), Key(q.Product)
	seen := map[string]bool{}
	add := func(by, where string, args ...any) error {
		args = append(args, `%"`+string(member.Provider)+`"%`, maxProviders)
		ps, err := db.List(ctx, tx, func(r db.Row) (Provider, error) {
			p := Provider{By: by}
			return p, r.Scan(&p.OrgID, &p.ProductID)
		}, fmt.Sprintf(`SELECT p.org_id, min(p.id) FROM product p JOIN org o ON o.id = p.org_id
			WHERE %s AND `+member.Keeping(member.ToOwnCases, "o", "")+` AND CAST(o.roles AS TEXT) LIKE $%d
			GROUP BY p.org_id ORDER BY min(p.id) LIMIT $%d`, where, len(args)-1, len(args)), args...)
		for _, p := range ps {
			if !seen[p.OrgID] {
				seen[p.OrgID] = true
				out = append(out, p)
			}
		}
		return err
	}
	if k := purlKey(q.PURL); k != "" {
		if err := add(ByPURL, `p.purl_key = $1`, k); err != nil {
			return nil, fmt.Errorf("find providers: %w", err)
		}
	}
	if vendor != "" && name != "" {
		if err := add(ByVendorProduct, `p.vendor_key = $1 AND (p.name_key = $2 OR p.name_en_key = $2)`, vendor, name); err != nil {
			return nil, fmt.Errorf("find providers: %w", err)
		}
	}
	if vendor != "" {
		if err := add(ByVendor, `p.vendor_key = $1`, vendor); err != nil {
			return nil, fmt.Errorf("find providers: %w", err)
		}
	}
	return out, nil
}
