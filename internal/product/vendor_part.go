// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// PartVendor takes a name out of its vendor's: it stands for a vendor of its own from then on. For analysts and
// administrators. Faults: NotFound for a name that stands with no other.
func (s *Service) PartVendor(ctx context.Context, by member.Actor, name string) error {
	if err := namer(by); err != nil {
		return err
	}
	key := Key(name)
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := db.Next(ctx, tx, "product/vendor"); err != nil {
			return err
		}
		all, err := vendorNames(ctx, tx)
		if err != nil {
			return err
		}
		v := vendorsOf(all)
		if key == "" || len(v.Of(key)) < 2 {
			return fault.Missing()
		}
		e := VendorsNamed{Keys: slices.Sorted(slices.Values(v.Of(key))), Part: true}
		set := func(n vendorName, vendor string) error {
			_, err := tx.Exec(ctx, `INSERT INTO vendor_name (key, name, vendor, by_account, at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (key) DO UPDATE SET vendor = excluded.vendor, by_account = excluded.by_account, at = excluded.at`, n.key, n.name, vendor, by.AccountID, db.At(tx.Now))
			return err
		}
		next := "" // stands for the others, when the name stood for all
		for _, n := range all {
			switch {
			case n.key == key:
				e.Name = n.name
				if err := set(n, key); err != nil {
					return err
				}
			case v.of[key] == key && n.vendor == key:
				if next == "" {
					next = n.key
				}
				if err := set(n, next); err != nil {
					return err
				}
			}
		}
		_, err = s.Events.Record(ctx, tx, by.By(), e)
		return err
	})
	if err != nil {
		return fmt.Errorf("part vendor: %w", err)
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
