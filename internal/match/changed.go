// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// OnChanged matches a product that has changed against all known cases: a step of the flow, safe to run again. Cases
// whose findings are not what they were are found anew (Found).
func (s *Service) OnChanged(ctx context.Context, e product.Changed) error {
	return s.changed(ctx, e.ProductID, nil)
}

// changed matches a product against the cases that its names and lists tell of, and against those that are named.
func (s *Service) changed(ctx context.Context, productID string, also []string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		ids, err := s.concerning(ctx, tx, productID)
		if err != nil {
			return err
		}
		ids = slices.Compact(slices.Sorted(slices.Values(append(ids, also...))))
		if err := lock(ctx, tx, ids); err != nil {
			return err
		}
		var cases []casework.Case
		for _, id := range ids {
			c, err := s.Cases.ContentTx(ctx, tx, id)
			if err != nil {
				return err
			}
			if !closed(c) {
				cases = append(cases, c)
			}
		}
		fs, err := s.Evaluate(ctx, tx, cases, productID)
		if err != nil {
			return err
		}
		return s.renew(ctx, tx, productID, id.String(), cases, fs)
	})
	if err != nil {
		return fmt.Errorf("match product %s: %w", productID, err)
	}
	return nil
}

// concerning returns the cases that a product may be affected by, or was.
func (s *Service) concerning(ctx context.Context, tx *db.Tx, productID string) ([]string, error) {
	seen := map[string]bool{}
	before, err := db.List(ctx, tx, db.Value[string], `SELECT DISTINCT case_id FROM finding WHERE product_id = $1`, productID)
	if err != nil {
		return nil, err
	}
	keys, made, err := contents(ctx, tx, productID)
	if err != nil {
		return nil, err
	}
	var tokens [][]byte
	for _, k := range keys {
		tokens = append(tokens, s.token("package", k.ecosystem+"\x00"+k.name))
	}
	for _, name := range made {
		tokens = append(tokens, s.token("name", name), s.token("model", name))
	}
	ws, err := wares(ctx, tx, "id", []string{productID})
	if err != nil {
		return nil, err
	}
	for _, w := range ws {
		for _, k := range []struct{ kind, key string }{{"purl", w.purlKey}, {"name", w.nameKey}, {"name", w.nameENKey}, {"model", w.modelKey}} {
			if k.key != "" {
				tokens = append(tokens, s.token(k.kind, k.key))
			}
		}
	}
	for part := range slices.Chunk(tokens, 2*chunk) {
		var a db.Args
		ids, err := db.List(ctx, tx, db.Value[string], `SELECT case_id FROM match_target WHERE token IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		before = append(before, ids...)
	}
	for _, id := range before {
		seen[id] = true
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

// renew replaces the findings about a product, case by case, where they have changed.
func (s *Service) renew(ctx context.Context, tx *db.Tx, productID, run string, cases []casework.Case, fs []Finding) error {
	old, err := db.List(ctx, tx, s.scan, `SELECT `+columns+` FROM finding f WHERE f.product_id = $1`, productID)
	if err != nil {
		return err
	}
	was, is := byCase(old), byCase(fs)
	for _, c := range cases {
		if reflect.DeepEqual(was[c.ID], is[c.ID]) {
			continue
		}
		if err := s.replace(ctx, tx, c.ID, productID, run, is[c.ID]); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE match_run SET run = $1, basis = '', at = $2 WHERE case_id = $3`, run, db.At(tx.Now), c.ID); err != nil {
			return err
		}
		f, err := found(ctx, tx, c, run)
		if err != nil {
			return err
		}
		if _, err := s.Events.Record(ctx, tx, member.System().By(), f); err != nil {
			return err
		}
	}
	return nil
}

// byCase sorts findings of one product by case, without the times at which they were made.
func byCase(fs []Finding) map[string][]Finding {
	out := map[string][]Finding{}
	for _, f := range slices.SortedFunc(slices.Values(fs), order) {
		f.At = time.Time{}
		out[f.CaseID] = append(out[f.CaseID], f)
	}
	return out
}
