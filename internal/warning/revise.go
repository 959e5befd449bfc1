// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Revise opens the next revision of a released warning as a draft. Until it is released, units keep reading and
// answering the released one; its release asks everybody anew, because the old answers speak of the old advice.
func (s *Service) Revise(ctx context.Context, by member.Actor, id string) (w Warning, err error) {
	if err := drafter(by); err != nil {
		return Warning{}, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if w, _, err = s.lock(ctx, tx, id); err != nil {
			return err
		}
		if w.State != Out {
			return fault.Clash("warning.not-released", w.Number)
		}
		f, err := figuresOf(ctx, tx, w.CaseID)
		if err != nil {
			return err
		}
		w.renumber(f)
		w.Revision++
		w.Rev++
		w.State, w.DraftedBy, w.ApprovedBy, w.ReleasedBy = Draft, by.AccountID, "", ""
		w.ReleasedAt, w.RespondBy = time.Time{}, time.Time{}
		if err := s.update(ctx, tx, w); err != nil {
			return err
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), Revised{w.on(), w.Revision}); err != nil {
			return err
		}
		w, err = s.load(ctx, tx, id)
		return err
	})
	if err != nil {
		return Warning{}, fmt.Errorf("revise warning %s: %w", id, err)
	}
	return w, nil
}
