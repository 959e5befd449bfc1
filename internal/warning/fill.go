// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"strings"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// figures are what matching knows of a vulnerability's reach.
type figures struct {
	Products, Orgs int     // that contain it or may
	Share          float64 // of the partner units, by what is certain: 0–1
}

func figuresOf(ctx context.Context, tx *db.Tx, caseID string) (f figures, err error) {
	type row struct{ products, orgs, hit, partners int }
	x, err := db.Get(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.products, &x.orgs, &x.hit, &x.partners) },
		`SELECT count(DISTINCT f.product_id), count(DISTINCT f.org_id),
			count(DISTINCT CASE WHEN o.partner AND f.verdict = 'affected' AND `+member.Keeping(member.ToOwnWarnings, "o", "")+` THEN o.id END),
			(SELECT count(*) FROM org WHERE partner AND `+member.Keeping(member.ToOwnWarnings, "org", "")+`)
			FROM finding f JOIN org o ON o.id = f.org_id WHERE f.case_id = $1`, caseID)
	if err != nil {
		return f, fmt.Errorf("count the findings of case %s: %w", caseID, err)
	}
	f.Products, f.Orgs = x.products, x.orgs
	if x.partners > 0 {
		f.Share = float64(x.hit) / float64(x.partners)
	}
	return f, nil
}

// A Proposal is the level that the table proposes for a case, and why.
type Proposal struct {
	Level          Level
	Reason         string // i18n key
	Products, Orgs int
	Share          float64 // of the partner units
}

// Proposal proposes the level of a warning about a case by what is known now.
func (s *Service) Proposal(ctx context.Context, by member.Actor, caseID string) (p Proposal, err error) {
	if err := watcher(by); err != nil {
		return p, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		c, err := s.Cases.ContentTx(ctx, tx, caseID)
		if err != nil {
			return err
		}
		f, err := figuresOf(ctx, tx, caseID)
		p = Proposal{Products: f.Products, Orgs: f.Orgs, Share: f.Share}
		p.Level, p.Reason = Propose(c.Technical, c.Exploited, f.Share)
		return err
	})
	if err != nil {
		return Proposal{}, fmt.Errorf("propose a level for case %s: %w", caseID, err)
	}
	return p, nil
}

// fill writes a draft's texts from the case.
func fill(c casework.Case, f figures, by Issuer) Content {
	zh, en := i18n.For(i18n.Chinese), i18n.For(i18n.English)
	out := Content{
		Issuer: by.Name, Phone: by.Phone,
		Title: c.Content.Title, TitleEN: c.Content.TitleEN,
		Summary: c.Content.Description, SummaryEN: c.Content.DescriptionEN,
		Scope: scope(zh, f.Products, f.Orgs), ScopeEN: scope(en, f.Products, f.Orgs),
		Measures: lines(c.Content.Fix, c.Content.Workaround), MeasuresEN: lines(c.Content.FixEN, c.Content.WorkaroundEN),
	}
	if out.Title == "" && out.TitleEN == "" {
		out.Title, out.TitleEN = zh.T("warning.draft.title", c.Number), en.T("warning.draft.title", c.Number)
	}
	if out.Measures == "" && out.MeasuresEN == "" {
		out.Measures, out.MeasuresEN = zh.T("warning.draft.measures"), en.T("warning.draft.measures")
	}
	return out
}

// scope is the sentence with numbers.
func scope(p i18n.Printer, products, orgs int) string {
	if products == 0 {
		return p.T("warning.draft.scope-none")
	}
	return p.T("warning.draft.scope", products, orgs)
}

// renumber puts new numbers in the place of the old ones, where the sentence still stands as it was written.
func (w *Warning) renumber(f figures) {
	zh, en := i18n.For(i18n.Chinese), i18n.For(i18n.English)
	c := &w.Content
	c.Scope = strings.Replace(c.Scope, scope(zh, w.Products, w.Orgs), scope(zh, f.Products, f.Orgs), 1)
	c.ScopeEN = strings.Replace(c.ScopeEN, scope(en, w.Products, w.Orgs), scope(en, f.Products, f.Orgs), 1)
	w.Products, w.Orgs = f.Products, f.Orgs
}

func lines(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "\n")
}
