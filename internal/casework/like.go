// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/report"
)

// A Like is a case that shares something with what was asked for, and what: "alias", "purl", "product", "weakness".
type Like struct {
	CaseID, Number string
	OpenedAt       db.Time
	Shares         []string // the strongest first
}

// LikeTx returns the cases that share an identifier, a package or a product with what is asked for, for later stages of
// the line; it compares keyed digests, as Duplicates does. It asks for no permission: the caller has.
func (s *Service) LikeTx(ctx context.Context, tx *db.Tx, aliases []string, affected []report.Affected) (out []Like, err error) {
	at := map[string]int{}
	for part := range slices.Chunk(fingerprints(Content{Aliases: aliases, Affected: affected}), 200) {
		var a db.Args
		var tokens [][]byte
		for _, f := range part {
			tokens = append(tokens, s.Seal.Token("case/"+f.kind, f.value))
		}
		rows, err := db.List(ctx, tx, func(r db.Row) (x Like, err error) {
			x.Shares = []string{""}
			return x, r.Scan(&x.CaseID, &x.Number, &x.OpenedAt, &x.Shares[0])
		}, `SELECT DISTINCT c.id, c.number, c.opened_at, f.kind FROM case_fingerprint f JOIN casefile c ON c.id = f.case_id WHERE f.token IN `+db.In(&a, tokens)+` ORDER BY c.id`, a...)
		if err != nil {
			return nil, err
		}
		for _, x := range rows {
			i, ok := at[x.CaseID]
			if !ok {
				at[x.CaseID] = len(out)
				out = append(out, x)
			} else if !slices.Contains(out[i].Shares, x.Shares[0]) {
				out[i].Shares = append(out[i].Shares, x.Shares[0])
			}
		}
	}
	for i := range out {
		slices.SortFunc(out[i].Shares, func(a, b string) int { return strength(b) - strength(a) })
	}
	return out, nil
}

func strength(kind string) int {
	for _, w := range weights {
		if w.kind == kind {
			return w.weight
		}
	}
	return 0
}
