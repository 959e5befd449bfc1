// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// DraftExercise prepares an exercise about a case: it goes the way of a warning, by as many persons and on every channel,
// and says on each that nothing has happened. It neither moves the case nor counts in coverage, evaluations or figures,
// reminds nobody, and gives nobody a look at what was found. A case may have any number of them.
func (s *Service) DraftExercise(ctx context.Context, by member.Actor, caseID string) (w Warning, err error) {
	if err := drafter(by); err != nil {
		return Warning{}, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		c, err := s.Cases.ContentTx(ctx, tx, caseID)
		if err != nil {
			return err
		}
		if !slices.Contains(ready, c.State) {
			return fault.Clash("warning.case-not-ready", c.Number)
		}
		w, err = s.draftTx(ctx, tx, by, c, true)
		return err
	})
	if err != nil {
		return Warning{}, fmt.Errorf("draft an exercise about case %s: %w", caseID, err)
	}
	return w, nil
}
