// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Submit asks a second person to review a draft.
func (s *Service) Submit(ctx context.Context, by member.Actor, id string) (a Advisory, err error) {
	if err := mayWrite(by); err != nil {
		return a, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if a, err = s.byID(ctx, tx, id, tx.ForUpdate()); err != nil {
			return err
		}
		if a.State != Draft {
			return fault.Clash("advisory.not-draft")
		}
		a.State, a.UpdatedAt = InReview, tx.Now
		return s.update(ctx, tx, a)
	})
	if err != nil {
		return Advisory{}, fmt.Errorf("submit advisory %s: %w", id, err)
	}
	return a, nil
}

// Publish publishes a reviewed advisory: the reviewer is another person than the drafter, and the publication rules
// that a machine can check hold (art. 9). The case moves on with it. rev is what the reviewer has read: when it was changed
// since, nothing goes out (Conflict).
func (s *Service) Publish(ctx context.Context, by member.Actor, id string, rev int) (a Advisory, err error) {
	if err := mayWrite(by); err != nil {
		return a, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if a, err = s.byID(ctx, tx, id, tx.ForUpdate()); err != nil {
			return err
		}
		switch {
		case a.State != InReview:
			return fault.Clash("advisory.not-in-review")
		case a.Rev != rev:
			return fault.Clash("fault.stale")
		case a.DraftedBy == by.AccountID:
			return fault.Deny("advisory.second-person")
		case Blocked(Lint(a.Content)):
			return fault.Clash("advisory.lint-blocks")
		}
		return s.publish(ctx, tx, by, &a)
	})
	if err != nil {
		return Advisory{}, fmt.Errorf("publish advisory %s: %w", id, err)
	}
	return a, nil
}

func (s *Service) publish(ctx context.Context, tx *db.Tx, by member.Actor, a *Advisory) error {
	first := a.PublishedAt.IsZero()
	a.State, a.ReviewedBy, a.UpdatedAt = Public, by.AccountID, tx.Now
	if first {
		a.PublishedAt = tx.Now
	}
	summary := a.Content.Summary
	a.Content.Summary = ""
	if err := s.update(ctx, tx, *a); err != nil {
		return err
	}
	if err := insertRevision(ctx, tx, *a, summary); err != nil {
		return err
	}
	if err := setAliases(ctx, tx, *a); err != nil {
		return err
	}
	if err := s.checkDocuments(ctx, tx, *a); err != nil {
		return err
	}
	if first {
		if err := s.Cases.PublishedTx(ctx, tx, by, a.CaseID); err != nil {
			return err
		}
	}
	_, err := s.Events.Record(ctx, tx, by.By(), Published{AdvisoryID: a.ID, Number: a.Number, CaseID: a.CaseID, Revision: a.Revision})
	return err
}

// checkDocuments refuses what the standards would: nothing goes out that no machine can read.
func (s *Service) checkDocuments(ctx context.Context, tx *db.Tx, a Advisory) error {
	revs, err := revisions(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	if err := s.CSAF(a, revs).Check(); err != nil {
		return err
	}
	return s.OSV(a).Check()
}
