// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/tlp"
)

// ready are the states of a case in which a warning about it can be prepared.
var ready = []casework.State{casework.Checked, casework.Assessed, casework.Warned, casework.Published}

// issuable are those in which it can go out. What was said is amended and lifted after the case is closed, too.
var issuable = []casework.State{casework.Assessed, casework.Warned, casework.Published, casework.Closed}

// Draft prepares the warning about a case: level and time limit proposed, texts filled from the case. A case has one
// warning, which can be revised; a second draft is a conflict.
func (s *Service) Draft(ctx context.Context, by member.Actor, caseID string) (w Warning, err error) {
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
		if old, err := s.lockOfCase(ctx, tx, caseID); err == nil {
			return fault.Clash("warning.exists", old.Number)
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		w, err = s.draftTx(ctx, tx, by, c, false)
		return err
	})
	if db.Duplicate(err) { // somebody drafted it at the same moment
		err = fault.Clash("fault.stale")
	}
	if err != nil {
		return Warning{}, fmt.Errorf("draft a warning about case %s: %w", caseID, err)
	}
	return w, nil
}

func (s *Service) draftTx(ctx context.Context, tx *db.Tx, by member.Actor, c casework.Case, exercise bool) (Warning, error) {
	f, err := figuresOf(ctx, tx, c.ID)
	if err != nil {
		return Warning{}, err
	}
	number, err := s.number(ctx, tx)
	if err != nil {
		return Warning{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Warning{}, err
	}
	from, err := s.issuer(ctx, tx)
	if err != nil {
		return Warning{}, err
	}
	w := Warning{ID: id.String(), Number: number, CaseID: c.ID, Revision: 1, Rev: 1, Kind: Original, Significant: true, Exercise: exercise,
		Territory: from.Region, TLP: string(tlp.Amber), State: Draft, DraftedBy: by.AccountID,
		Products: f.Products, Orgs: f.Orgs, CreatedAt: tx.Now}
	w.Level, _ = Propose(c.Technical, c.Exploited, f.Share)
	w.RespondBy = tx.Now.Add(w.Level.Within())
	if !c.PublishedAt.IsZero() {
		w.TLP = string(tlp.Clear)
	}
	w.Content = fill(c, f, from)
	if err := s.insert(ctx, tx, w); err != nil {
		return Warning{}, err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), Drafted{w.on()})
	return w, err
}

// OnFound follows every match run: it brings the numbers of a draft up to date, sends a released warning to units that
// only now turn out to be affected, and drafts a warning about a critical or high vulnerability that has none. People
// decide on its release.
func (s *Service) OnFound(ctx context.Context, e match.Found) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		w, err := s.lockOfCase(ctx, tx, e.CaseID)
		if fault.Is(err, fault.NotFound) {
			c, err := s.Cases.ContentTx(ctx, tx, e.CaseID)
			if err != nil || c.Technical != "critical" && c.Technical != "high" || !slices.Contains(ready, c.State) {
				return err
			}
			_, err = s.draftTx(ctx, tx, member.System(), c, false)
			return err
		}
		if err != nil {
			return err
		}
		if w.State == Draft {
			if err := s.refresh(ctx, tx, w.ID); err != nil {
				return err
			}
		}
		return s.extend(ctx, tx, w)
	})
	if db.Duplicate(err) {
		return nil // a person drafted it at the same moment, from the same findings
	}
	if err != nil {
		return fmt.Errorf("follow the match of case %s: %w", e.CaseID, err)
	}
	return nil
}

// refresh brings the sentence with numbers up to date, where nobody has rewritten it.
func (s *Service) refresh(ctx context.Context, tx *db.Tx, id string) error {
	w, limit, err := s.lock(ctx, tx, id)
	if err != nil {
		return err
	}
	f, err := figuresOf(ctx, tx, w.CaseID)
	if err != nil || f.Products == w.Products && f.Orgs == w.Orgs {
		return err
	}
	w.renumber(f)
	w.Rev++
	if !limit {
		w.RespondBy = time.Time{}
	}
	return s.update(ctx, tx, w)
}

// extend sends the newest released revision to units that are affected and have no copy of it, and tells those that have
// one but were not affected until now.
func (s *Service) extend(ctx context.Context, tx *db.Tx, w Warning) error {
	n, err := latest(ctx, tx, w.ID)
	if err != nil || n == 0 {
		return err
	}
	if w, err = s.revision(ctx, tx, w.ID, n); err != nil || w.Kind.Closes() {
		return err
	}
	before, affected, err := count(ctx, tx, w.ID, n)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE warning_recipient SET products = 0 WHERE warning_id = $1 AND revision = $2 AND products > 0
		AND org_id NOT IN (SELECT org_id FROM finding WHERE case_id = $3)`, w.ID, n, w.CaseID); err != nil {
		return err
	}
	if err := queueAgain(ctx, tx, w); err != nil {
		return err
	}
	if err := sendLate(ctx, tx, w); err != nil {
		return err
	}
	after, hit, err := count(ctx, tx, w.ID, n)
	if err != nil || after == before && hit == affected {
		return err
	}
	if err := queue(ctx, tx, w); err != nil {
		return err
	}
	if err := s.remindAgain(ctx, tx, w); err != nil {
		return err
	}
	if s.Notify != nil {
		tx.OnCommit(s.Notify)
	}
	_, err = s.Events.Record(ctx, tx, member.System().By(), Extended{w.on(), n, hit - affected})
	return err
}
