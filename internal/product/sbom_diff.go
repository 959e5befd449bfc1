// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
)

// A Diff is what a component list has that another has not, by name and version; a component in another version is
// removed in the one and added in the other.
type Diff struct{ Added, Removed []Component }

// Diff compares two component lists, of two versions or of one, to whoever may read both.
func (s *Service) Diff(ctx context.Context, by member.Actor, fromID, toID string) (d Diff, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		for _, id := range []string{fromID, toID} {
			if _, err := readableSBOM(ctx, tx, by, id); err != nil {
				return err
			}
		}
		if d.Added, err = only(ctx, tx, toID, fromID); err != nil {
			return err
		}
		d.Removed, err = only(ctx, tx, fromID, toID)
		return err
	})
	if err != nil {
		return Diff{}, fmt.Errorf("compare SBOMs: %w", err)
	}
	return d, nil
}

// only returns the components of a list that another does not have.
func only(ctx context.Context, tx *db.Tx, id, other string) ([]Component, error) {
	return db.List(ctx, tx, scanComponent, `SELECT `+componentColumns+` FROM sbom_component x JOIN component c ON c.id = x.component_id
		WHERE x.sbom_id = $1 AND NOT EXISTS (SELECT 1 FROM sbom_component y WHERE y.component_id = x.component_id AND y.sbom_id = $2)
		ORDER BY c.name, c.version, c.id`, id, other)
}
