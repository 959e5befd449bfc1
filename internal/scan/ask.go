// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package scan

import (
	"context"
	"fmt"
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
// list (product.PushSBOM), but for how its parts hang together, which is passed over (sbom.ParseParts).
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
	entries, err := shelf.Of(ctx, tx, s.packages)
	if err != nil {
		return err
	}
	type pair struct {
		Finding
		record int64
	}
	const some = 500 // packages
	hits := make([][]pair, (len(entries)+some-1)/some)
	each(len(entries), some, func(i int) {
		for k := range entries[i] {
			e := &entries[i][k]
			said := osv.Package{Ecosystem: e.Ecosystem}
			for _, at := range s.components[i] {
				c := &s.Components[at]
				if v := e.Rule.Affects(c.released(&said), c.Version, c.key); v.State != osv.Miss {
					hits[i/some] = append(hits[i/some], pair{Finding{Component: at, Verdict: v}, e.Number})
				}
			}
		}
	})
	for _, es := range entries {
		s.Read += len(es)
	}
	n := 0
	for _, xs := range hits {
		n += len(xs)
	}
	found := slices.Grow(s.Findings, n)
	about := make([]int64, 0, n) // the records of what is found, in its order
	for _, xs := range hits {
		for i := range xs {
			found = append(found, xs[i].Finding)
			about = append(about, xs[i].record)
		}
	}
	words, err := shelf.words(ctx, tx, about)
	if err != nil {
		return err
	}
	for i, r := range words {
		found[len(found)-n+i].Record = r
	}
	s.settle(found)
	return nil
}
