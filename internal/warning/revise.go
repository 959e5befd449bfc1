// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Revise opens the next revision of a released warning as a draft, of a kind that a person chooses. Until it is released,
// units keep reading and answering the released one. What its release makes void is worked out from what has changed
// (Differences). Faults: Invalid for a kind that nobody chooses; Conflict before the release.
func (s *Service) Revise(ctx context.Context, by member.Actor, id string, kind Kind) (w Warning, err error) {
	if err := drafter(by); err != nil {
		return Warning{}, err
	}
	if !slices.Contains(Chosen, kind) {
		return Warning{}, fault.FieldError("kind", "rule.one-of", string(Amendment), list(Chosen))
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
		w.Kind = kind
		w.State, w.DraftedBy, w.ApprovedBy, w.ReleasedBy = Draft, by.AccountID, "", ""
		w.ReleasedAt, w.RespondBy = time.Time{}, time.Time{}
		if err := s.update(ctx, tx, w); err != nil {
			return err
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), Revised{w.on(), w.Revision, kind}); err != nil {
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
