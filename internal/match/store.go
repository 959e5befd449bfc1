// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/seal"
)

const columns = `f.case_id, f.product_id, f.org_id, f.component_id, f.version, f.verdict, f.why_sealed, f.at`

func (s *Service) scan(r db.Row) (f Finding, err error) {
	var why []byte
	var at db.Time
	if err := r.Scan(&f.CaseID, &f.ProductID, &f.OrgID, &f.ComponentID, &f.Version, &f.Verdict, &why, &at); err != nil {
		return f, err
	}
	f.At = at.Time
	f.Why, err = seal.OpenJSON[Why](s.Cases.Seal, Place(f), why)
	return f, err
}

// Place is where the reasons of a finding are sealed for.
func Place(f Finding) string {
	return fmt.Sprintf("finding/%s/%s/%d/%s", f.CaseID, f.ProductID, f.ComponentID, f.Version)
}

// replace makes the findings of a case, or of one of its products, those of a run. One that stays keeps its time.
func (s *Service) replace(ctx context.Context, tx *db.Tx, caseID, productID, run string, fs []Finding) error {
	rows := make([][]any, len(fs))
	for i, f := range fs {
		why, err := seal.SealJSON(s.Cases.Seal, Place(f), f.Why)
		if err != nil {
			return err
		}
		rows[i] = []any{f.CaseID, f.ProductID, f.ComponentID, f.OrgID, f.Version, f.Verdict, why, run, db.At(tx.Now)}
	}
	if err := db.Bulk(ctx, tx, "finding (case_id, product_id, component_id, org_id, version, verdict, why_sealed, run, at)",
		`ON CONFLICT (case_id, product_id, component_id, version) DO UPDATE SET org_id = excluded.org_id, verdict = excluded.verdict,
		why_sealed = excluded.why_sealed, run = excluded.run`, rows); err != nil {
		return err
	}
	query, args := `DELETE FROM finding WHERE case_id = $1 AND run <> $2`, []any{caseID, run}
	if productID != "" {
		query, args = query+` AND product_id = $3`, append(args, productID)
	}
	_, err := tx.Exec(ctx, query, args...)
	return err
}
