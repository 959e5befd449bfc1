// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

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
		if a, err = s.ofCase(ctx, tx, caseID); err == nil || !fault.Is(err, fault.NotFound) {
			return err
		}
		if c.State != casework.Assessed && c.State != casework.Warned {
			return fault.Clash("advisory.not-graded")
		}
		c.Content, _ = c.Content.Valid() // what breaks a rule is for the person who edits the draft
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		a = Advisory{ID: id.String(), CaseID: c.ID, Number: c.Number, State: Draft, Revision: 1, Rev: 1, DraftedBy: by.AccountID, CreatedAt: tx.Now, UpdatedAt: tx.Now,
			Content: Content{Content: c.Content, Number: c.Number, Technical: c.Technical, Composite: c.Composite, Grades: newest(grades), Exploited: c.Exploited, FixReady: hasFix(c.Content)}}
		if err := s.insert(ctx, tx, a); err != nil {
			return err
		}
		a, err = s.ofCase(ctx, tx, caseID) // somebody else may have been faster
		return err
	})
	if err != nil {
		return Advisory{}, fmt.Errorf("draft advisory of case %s: %w", caseID, err)
	}
	return a, nil
}

func hasFix(c casework.Content) bool {
	for _, a := range c.Affected {
		if a.Fixed != "" {
			return true
		}
	}
	return false
}
