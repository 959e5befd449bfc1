// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

//go:build wip

package advisory

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Draft drafts the advisory of a graded case from what the case holds, or returns the one that exists.
// Analysts and duty officers draft.
func (s *Service) Draft(ctx context.Context, by member.Actor, caseID string) (a Advisory, err error) {
	if err := mayWrite(by); err != nil {
		return a, err
	}
	grades, err := s.Cases.Grades(ctx, by, caseID)
	if err != nil {
		return a, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		c, err := s.Cases.ContentTx(ctx, tx, caseID)
		if err != nil {
			return err
		}
		a, err = db.Get(ctx, tx, s.scan, `SELECT `+columns+` FROM advisory a WHERE a.case_id = $1`, caseID)
		if err == nil || !fault.Is(err, fault.NotFound) {
			return err
		}
		if c.State != casework.Assessed && c.State != casework.Warned {
			return fault.Clash("advisory.not-graded")
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		a = Advisory{ID: id.String(), CaseID: c.ID, Number: c.Number, State: Draft, Revision: 1, DraftedBy: by.AccountID, CreatedAt: tx.Now, UpdatedAt: tx.Now,
			Content: Content{Content: c.Content, Number: c.Number, Technical: c.Technical, Composite: c.Composite, Grades: newest(grades), Exploited: c.Exploited, FixReady: hasFix(c.Content)}}
		return s.insert(ctx, tx, a)
	})
	if err != nil {
		return Advisory{}, fmt.Errorf("draft advisory of case %s: %w", caseID, err)
	}
	return a, nil
}

func mayWrite(by member.Actor) error {
	if !by.SignedIn() {
		return fault.SignIn()
	}
	if !by.Allows(member.ScopeCase) {
		return fault.Deny("fault.scope", member.ScopeCase)
	}
	if !by.Staff() {
		return fault.Hidden()
	}
	if !by.Is(member.Analyst, member.DutyOfficer) {
		return fault.Deny("fault.role")
	}
	return nil
}

// newest keeps the last grade of each scheme, without the reasons, which stay in the case.
func newest(grades []casework.Grade) (out []casework.Grade) {
	at := map[string]int{}
	for _, g := range grades {
		g.Rationale, g.AccountID = "", ""
		if i, ok := at[g.Scheme]; ok {
			if g.At.After(out[i].At) {
				out[i] = g
			}
			continue
		}
		at[g.Scheme] = len(out)
		out = append(out, g)
	}
	return out
}

func hasFix(c casework.Content) bool {
	for _, a := range c.Affected {
		if a.Fixed != "" {
			return true
		}
	}
	return false
}
