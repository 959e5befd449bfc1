// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Findings returns whose products contain a case, or may: all to the platform's staff; to a member those about its own
// products, when it may read the case or received a warning about it. For everybody else there is no such case.
func (s *Service) Findings(ctx context.Context, by member.Actor, caseID string) (fs []Finding, err error) {
	if uuid.Validate(caseID) != nil {
		return nil, fault.Missing()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		fs, err = s.visible(ctx, tx, by, caseID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the findings of case %s: %w", caseID, err)
	}
	return fs, nil
}

func (s *Service) visible(ctx context.Context, tx *db.Tx, by member.Actor, caseID string) ([]Finding, error) {
	var a db.Args
	n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM casefile c WHERE c.id = `+a.P(caseID)+` AND `+s.scope(by, &a), a...)
	switch {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, fault.Hidden()
	case readsAll(by):
		return s.list(ctx, tx, `f.case_id = $1`, caseID)
	}
	return s.OfOrg(ctx, tx, caseID, by.OrgID)
}

// readsAll: who handles cases for the platform sees every finding.
func readsAll(by member.Actor) bool { return by.Staff() && by.Allows(member.ScopeCase) }

// A Ground is a condition on casefile c under which an actor sees what was found about its own products, or "".
type Ground func(by member.Actor, a *db.Args) string

// scope is the condition on casefile c under which an actor sees findings at all: of a case that it may read, or on a ground
// that a later package knows.
func (s *Service) scope(by member.Actor, a *db.Args) string {
	if readsAll(by) {
		return `TRUE`
	}
	if !by.SignedIn() || by.OrgID == "" || by.Staff() {
		return `FALSE`
	}
	out := `(FALSE`
	if by.Allows(member.ScopeCase) || by.Allows(member.ScopeReport) {
		out += ` OR ` + casework.Scope(by, a)
	}
	for _, ground := range s.Grounds {
		if where := ground(by, a); where != "" {
			out += ` OR ` + where
		}
	}
	return out + `)`
}

// OfProduct returns what is known to be wrong with a product, of the cases whose findings the actor may see (Findings)
// and that are neither rejected nor duplicates.
func (s *Service) OfProduct(ctx context.Context, by member.Actor, productID string) (fs []Finding, err error) {
	if uuid.Validate(productID) != nil {
		return nil, fault.Missing()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		org, err := db.Get(ctx, tx, db.Value[string], `SELECT org_id FROM product WHERE id = $1`, productID)
		if err != nil {
			return err
		}
		if !readsAll(by) && (by.OrgID == "" || by.OrgID != org) {
			return fault.Hidden()
		}
		var a db.Args
		where := `f.product_id = ` + a.P(productID) + ` AND f.case_id IN (SELECT c.id FROM casefile c WHERE `
		where += s.scope(by, &a) + ` AND c.state NOT IN ('duplicate', 'rejected'))`
		fs, err = s.list(ctx, tx, where, a...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the findings of product %s: %w", productID, err)
	}
	return fs, nil
}

// OfOrg returns the findings of a case about an organisation's products, the certain ones first. The caller authorises.
func (s *Service) OfOrg(ctx context.Context, tx *db.Tx, caseID, orgID string) ([]Finding, error) {
	return s.list(ctx, tx, `f.case_id = $1 AND f.org_id = $2`, caseID, orgID)
}

func (s *Service) list(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Finding, error) {
	fs, err := db.List(ctx, tx, s.scan, `SELECT `+columns+` FROM finding f WHERE `+where, args...)
	slices.SortFunc(fs, order)
	return fs, err
}
