// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// OnVendors matches anew whatever has one of the names of a vendor, when names were put together or taken apart: a step of
// the flow, safe to run again.
func (s *Service) OnVendors(ctx context.Context, e product.VendorsNamed) error {
	for _, key := range e.Keys {
		if err := s.ofVendor(ctx, key); err != nil {
			return fmt.Errorf("match vendor anew: %w", err)
		}
	}
	if err := s.onPrivateVendors(ctx, e.Keys); err != nil {
		return fmt.Errorf("compare private lists with a vendor anew: %w", err)
	}
	ids, err := s.naming(ctx, func(_ context.Context, _ *db.Tx, of map[string][]*target) (out []string, err error) {
		for _, id := range slices.Sorted(maps.Keys(of)) {
			if slices.ContainsFunc(of[id], func(t *target) bool { return t.vendor != "" && slices.Contains(e.Keys, t.vendor) }) {
				out = append(out, id)
			}
		}
		return out, nil
	})
	if err != nil {
		return fmt.Errorf("find the cases of a vendor: %w", err)
	}
	for _, id := range ids { // what lists call a vendor's product is found from the case
		if _, err := s.find(ctx, member.System(), id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) ofVendor(ctx context.Context, key string) error {
	for after, more := int64(0), true; more; {
		err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			at, err := cursors(ctx, tx)
			if err != nil {
				return err
			}
			// what lies behind the cursor comes by itself
			ts, err := db.List(ctx, tx, scanThing, `SELECT `+thingColumns+` FROM component c WHERE c.ware <> '' AND substr(c.ware, 1, $1) = $2 AND c.id > $3 AND c.id <= $4 ORDER BY c.id LIMIT $5`,
				utf8.RuneCountInString(key)+1, key+"/", after, at.component, someComponents)
			if more = len(ts) == someComponents; err != nil || len(ts) == 0 {
				return err
			}
			after = ts[len(ts)-1].component
			return s.knowComponents(ctx, tx, ts)
		})
		if err != nil {
			return err
		}
	}
	for after := ""; ; {
		var ids []string
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			ids, err = db.List(ctx, tx, db.Value[string], `SELECT id FROM product WHERE vendor_key = $1 AND id > $2 ORDER BY id LIMIT 500`, key, after)
			return err
		}); err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := s.knowProduct(ctx, id); err != nil {
				return err
			}
			if err := s.OnChanged(ctx, product.Changed{ProductID: id}); err != nil {
				return err
			}
		}
		after = ids[len(ids)-1]
	}
}
