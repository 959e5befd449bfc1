// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// AddVersion enters a version of a product and returns the product with it. A version that is there already changes
// nothing.
func (s *Service) AddVersion(ctx context.Context, by member.Actor, id, version string) (p Product, err error) {
	var k fault.Check
	version = line(&k, "version", version, maxVersion)
	k.That(version != "", "version", "rule.required", "2.14.1")
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if p, err = changeable(ctx, tx, by, id); err != nil {
			return err
		}
		if err := k.Err(); err != nil {
			return err
		}
		added, err := insertVersions(ctx, tx, p.ID, []string{version})
		if err != nil {
			return err
		}
		if added > 0 {
			if _, err := s.Events.Record(ctx, tx, by.By(), Changed{ProductID: p.ID, OrgID: p.OrgID}); err != nil {
				return err
			}
		}
		ps := []Product{p}
		err = withVersions(ctx, tx, ps)
		p = ps[0]
		return err
	})
	if err != nil {
		return Product{}, fmt.Errorf("add version to product: %w", err)
	}
	return p, nil
}

// changeable returns a product that the actor may change, and holds it until the transaction ends.
func changeable(ctx context.Context, tx *db.Tx, by member.Actor, id string) (Product, error) {
	p, err := readable(ctx, tx, by, id, tx.ForUpdate())
	if err != nil {
		return Product{}, err
	}
	return p, mayChange(by, p.OrgID)
}
