// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Limits on vendors' names.
const (
	maxVendorName  = 100    // characters
	maxVendorNames = 50     // of one vendor
	maxOwnNames    = 20_000 // of an installation
)

// VendorsNamed: which names are one vendor's has changed. Whatever has one of the keys is matched anew.
type VendorsNamed struct {
	Keys []string `json:"keys"` // of all names of the vendors, before and after
	Name string   `json:"name"` // the one that was taken out, or the first of those that were joined
	Part bool     `json:"part,omitempty"`
}

// Kind is the stored name.
func (VendorsNamed) Kind() string { return "product.vendors-named" }

// About puts it on no time line.
func (VendorsNamed) About() event.About { return event.About{} }

// JoinVendors says that names are one vendor's, with all names that any of them stood with. The first stands for it. The
// same again changes nothing. For analysts and administrators. Faults: Invalid.
func (s *Service) JoinVendors(ctx context.Context, by member.Actor, names []string) (v Vendor, err error) {
	if err := namer(by); err != nil {
		return v, err
	}
	var k fault.Check
	var keys, written []string
	for _, n := range names {
		if n = line(&k, "names", n, maxVendorName); n == "" {
			continue
		}
		key := Key(n)
		k.That(key != "", "names", "product.rule.vendor-name", "Huawei")
		keys, written = append(keys, key), append(written, n)
	}
	k.That(len(keys) >= 2, "names", "product.rule.vendor-names", "华为, Huawei")
	k.That(len(keys) <= maxVendorNames, "names", "product.rule.vendor-many", "华为, Huawei", maxVendorNames)
	if err := k.Err(); err != nil {
		return v, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := db.Next(ctx, tx, "product/vendor"); err != nil { // one at a time: groups join groups
			return err
		}
		all, err := vendorNames(ctx, tx)
		if err != nil {
			return err
		}
		was := vendorsOf(all)
		own := 0
		rows := map[string]vendorName{} // of the vendor that comes out, by key
		first := keys[0]
		for _, key := range keys {
			for _, n := range all {
				if n.key == key || was.of[key] != "" && n.vendor == was.of[key] {
					rows[n.key] = n
				}
			}
		}
		for i, key := range keys {
			if _, ok := rows[key]; !ok {
				rows[key] = vendorName{key: key, name: written[i]}
			}
		}
		for _, n := range all {
			if n.own {
				own++
			}
		}
		if len(rows) > maxVendorNames || own+len(rows) > maxOwnNames {
			return fault.FieldError("names", "product.rule.vendor-many", "华为, Huawei", maxVendorNames)
		}
		e := VendorsNamed{Name: written[0]}
		changed := false
		for _, key := range sortedKeys(rows) {
			e.Keys = append(e.Keys, key)
			n := rows[key]
			if n.vendor == first {
				continue
			}
			changed = true
			if _, err := tx.Exec(ctx, `INSERT INTO vendor_name (key, name, vendor, by_account, at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (key) DO UPDATE SET vendor = excluded.vendor, by_account = excluded.by_account, at = excluded.at`, key, n.name, first, by.AccountID, db.At(tx.Now)); err != nil {
				return err
			}
		}
		if changed {
			if _, err := s.Events.Record(ctx, tx, by.By(), e); err != nil {
				return err
			}
		}
		v, err = s.vendor(ctx, tx, first)
		return err
	})
	if err != nil {
		return Vendor{}, fmt.Errorf("join vendors: %w", err)
	}
	return v, nil
}

// vendor returns the vendor of a key.
func (s *Service) vendor(ctx context.Context, tx *db.Tx, key string) (Vendor, error) {
	all, err := vendorNames(ctx, tx)
	if err != nil {
		return Vendor{}, err
	}
	of := vendorsOf(all).of[key]
	var names []vendorName
	for _, n := range all {
		if n.vendor == of {
			names = append(names, n)
		}
	}
	if vs := vendorList(names); len(vs) == 1 {
		return vs[0], nil
	}
	return Vendor{}, fault.Missing()
}
