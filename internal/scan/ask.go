// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package scan

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

// Service answers scans on a running platform.
type Service struct {
	DB    *db.DB
	Shelf *Shelf
}

// Ask finds the publicly known vulnerabilities of what a component list names, out of the records that the platform has
// imported. The list is kept nowhere, and nobody is told of it. For everybody who is signed in. Faults: those of pushing a
// list (product.PushSBOM), but for how its parts hang together: that is not read.
func (s *Service) Ask(ctx context.Context, by member.Actor, document []byte) (*Scan, error) {
	if !by.SignedIn() {
		return nil, fault.SignIn()
	}
	if len(document) == 0 {
		return nil, fault.FieldError("document", "rule.required", "bom.cdx.json")
	}
	var out Scan
	if err := out.Add("", document); err != nil {
		return nil, fmt.Errorf("scan: %w", product.Refused(err))
	}
	if err := s.DB.View(ctx, func(tx *db.Tx) error { return out.Ready(ctx, tx, s.Shelf) }); err != nil {
		return nil, fmt.Errorf("scan: %w", err)
	}
	return &out, nil
}

// Ready looks into the records that a shelf keeps ready.
func (s *Scan) Ready(ctx context.Context, tx *db.Tx, shelf *Shelf) error {
	places := slices.Collect(maps.Keys(s.wanted))
	entries, err := shelf.Get(ctx, tx, places)
	if err != nil {
		return err
	}
	type pair struct {
		Finding
		record int64
	}
	hits := make([][]pair, len(places))
	each(len(places), 500, func(i int) {
		for _, e := range entries[places[i]] {
			said := osv.Package{Ecosystem: e.Ecosystem}
			for _, at := range s.wanted[places[i]] {
				c := &s.Components[at]
				if v := e.Rule.Affects(c.released(&said), c.Version, c.key); v.State != osv.Miss {
					hits[i] = append(hits[i], pair{Finding{Component: at, Verdict: v}, e.Number})
				}
			}
		}
	})
	numbers := map[int64]bool{}
	found := s.Findings
	var about []int64 // the records of what is found, in its order
	for i, p := range places {
		s.Read += len(entries[p])
		for _, x := range hits[i] {
			found = append(found, x.Finding)
			about = append(about, x.record)
			numbers[x.record] = true
		}
	}
	words, err := shelf.words(ctx, tx, slices.Collect(maps.Keys(numbers)))
	if err != nil {
		return err
	}
	for i, n := range about {
		found[len(found)-len(about)+i].Record = words[n]
	}
	s.settle(found)
	return nil
}
