// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// A Proposal says that another case may be about the same vulnerability, and why.
type Proposal struct {
	Case    Case     // with title and aliases alone
	Score   int      // 1 to 100
	Reasons []string // kinds of what both have in common, the strongest first: "alias", "purl", "product", "weakness"
}

// Why says the reasons in the reader's language.
func (p Proposal) Why(t i18n.Printer) string {
	out := make([]string, len(p.Reasons))
	for i, r := range p.Reasons {
		out[i] = t.T("case.same." + r)
	}
	return strings.Join(out, t.T("case.same.and"))
}

// weights say how much a thing in common speaks for one vulnerability.
var weights = []struct {
	kind   string
	weight int
}{{"alias", 80}, {"purl", 30}, {"weakness", 20}, {"product", 15}}

// maxProposals bounds the answer.
const maxProposals = 20

// Duplicates proposes the cases that may be the same vulnerability, the likeliest first: for staff. It compares keyed
// digests (fingerprints), so the database does not say what they have in common. A person decides: Join.
func (s *Service) Duplicates(ctx context.Context, by member.Actor, id string) (out []Proposal, err error) {
	if err := staff(by); err != nil {
		return nil, err
	}
	err = s.inside(ctx, by, id, func(tx *db.Tx, v view) error {
		out, err = s.alike(ctx, tx, v.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("propose duplicates: %w", err)
	}
	return out, nil
}

// staff: who handles cases for the platform.
func staff(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case !by.Staff():
		return fault.Hidden()
	}
	return nil
}

func (s *Service) alike(ctx context.Context, tx *db.Tx, id string) (out []Proposal, err error) {
	type shared struct{ id, kind string }
	rows, err := db.List(ctx, tx, func(r db.Row) (x shared, err error) { return x, r.Scan(&x.id, &x.kind) },
		`SELECT DISTINCT o.case_id, o.kind FROM case_fingerprint f JOIN case_fingerprint o ON o.token = f.token AND o.case_id <> f.case_id
		JOIN casefile c ON c.id = o.case_id WHERE f.case_id = $1 AND c.state NOT IN ('duplicate','rejected') ORDER BY o.case_id DESC`, id)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, x := range rows {
		if _, ok := at[x.id]; !ok {
			at[x.id] = len(out)
			out = append(out, Proposal{Case: Case{ID: x.id}})
		}
		out[at[x.id]].Reasons = append(out[at[x.id]].Reasons, x.kind)
	}
	for i := range out {
		out[i].weigh()
	}
	slices.SortStableFunc(out, func(a, b Proposal) int { return b.Score - a.Score })
	out = out[:min(len(out), maxProposals)]
	for i := range out {
		c, err := s.byID(ctx, tx, out[i].Case.ID, "")
		if err != nil {
			return nil, err
		}
		out[i].Case = c.headline()
	}
	return out, nil
}

func (p *Proposal) weigh() {
	have := p.Reasons
	p.Reasons, p.Score = nil, 0
	for _, w := range weights {
		if slices.Contains(have, w.kind) {
			p.Reasons = append(p.Reasons, w.kind)
			p.Score = min(100, p.Score+w.weight)
		}
	}
}
