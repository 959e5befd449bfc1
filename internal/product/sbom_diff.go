// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
)

// A Diff is what a component list has that another has not, by name and version; a component in another version is
// removed in the one and added in the other.
type Diff struct{ Added, Removed []Component }

// Diff compares two component lists, of two versions or of one, to whoever may read both.
func (s *Service) Diff(ctx context.Context, by member.Actor, fromID, toID string) (d Diff, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		var lists [2][]int64
		for i, id := range []string{fromID, toID} {
			if _, err := readableSBOM(ctx, tx, by, id); err != nil {
				return err
			}
			if lists[i], err = heldBy(ctx, tx, id); err != nil {
				return err
			}
		}
		gone, come := apart(lists[0], lists[1])
		if d.Added, err = read(ctx, tx, come); err != nil {
			return err
		}
		d.Removed, err = read(ctx, tx, gone)
		return err
	})
	if err != nil {
		return Diff{}, fmt.Errorf("compare SBOMs: %w", err)
	}
	return d, nil
}

// read returns components as people read them.
func read(ctx context.Context, tx *db.Tx, ids []int64) ([]Component, error) {
	byID, err := named(ctx, tx, ids)
	return slices.SortedFunc(maps.Values(byID), asRead), err
}
