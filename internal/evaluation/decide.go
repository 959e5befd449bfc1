// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Proposal is the level that the first person wants the unit to have.
type Proposal struct {
	Rev           int // of what was read
	Level         int // 1 to 3, 0 for none
	EffectiveFrom time.Time
	Reasons       string // needed where the level is not the one that the score gives
}

// Propose puts a level up for the second signature, once the term for objections is over and all of them are answered. For
// supervisors.
func (s *Service) Propose(ctx context.Context, by member.Actor, id string, in Proposal) (Evaluation, error) {
	e, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		e, err := s.led(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		switch what, _ := e.Waits(tx.Now); what {
		case "proposal":
		case "objections", "answer", "signature":
			return "", fault.Clash("evaluation.not-yet." + what)
		default:
			return "", fault.Clash("evaluation.final")
		}
		if in.Rev != e.Rev {
			return "", fault.Clash("fault.stale")
		}
		if err := in.check(e, tx.Now); err != nil {
			return "", err
		}
		var sealed any
		if in.Reasons != "" {
			sealed = s.Seal.Seal(place("reasons", e.ID), []byte(in.Reasons))
		}
		if _, err := tx.Exec(ctx, `UPDATE evaluation SET level = $1, effective_from = $2, reasons_sealed = $3, proposed_by = $4, proposed_at = $5 WHERE id = $6`,
			in.Level, db.At(in.EffectiveFrom), sealed, by.AccountID, db.At(tx.Now), e.ID); err != nil {
			return "", err
		}
		if err := moved(ctx, tx, e, Proposed); err != nil {
			return "", err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), WasProposed{e.on(), in.Level})
		return e.ID, err
	})
	if err != nil {
		return Evaluation{}, fmt.Errorf("propose level: %w", err)
	}
	return e, nil
}

func (in *Proposal) check(e Evaluation, now time.Time) error {
	var c fault.Check
	c.That(in.Level >= 0 && in.Level <= 3, "level", "member.rule.partner-level", "2")
	if in.EffectiveFrom = in.EffectiveFrom.UTC().Truncate(time.Microsecond); in.EffectiveFrom.IsZero() {
		in.EffectiveFrom = now
	}
	c.That(!in.EffectiveFrom.Before(now) && in.EffectiveFrom.Before(now.AddDate(1, 0, 0)), "effective_from", "evaluation.rule.future", now.AddDate(0, 1, 0).Format(time.RFC3339))
	if in.Level != e.Result.Level || in.Reasons != "" {
		in.Reasons = text(&c, "reasons", in.Reasons)
	}
	return c.Err()
}

// second loads an evaluation for whoever may give the second signature.
func (s *Service) second(ctx context.Context, tx *db.Tx, by member.Actor, id string) (Evaluation, error) {
	e, err := s.readable(ctx, tx, by, id, true)
	switch {
	case err != nil:
		return e, err
	case !by.Is(s.seconds()...):
		return e, fault.Deny("fault.role")
	case by.OrgID == e.OrgID:
		return e, fault.Deny("evaluation.own-organisation")
	case by.AccountID == "":
		return e, fault.Deny("evaluation.needs-person")
	case e.State != Proposed:
		return e, fault.Clash("evaluation.nothing-to-sign")
	}
	return e, nil
}

// Sign makes the proposed level final, by another person than the one that proposed it; rev is that of what was read. The
// level is entered in the directory of members on its day.
func (s *Service) Sign(ctx context.Context, by member.Actor, id string, rev int) (Evaluation, error) {
	e, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		e, err := s.second(ctx, tx, by, id)
		switch {
		case err != nil:
			return "", err
		case rev != e.Rev:
			return "", fault.Clash("fault.stale")
		case by.AccountID == e.ProposedBy:
			return "", fault.Deny("evaluation.second-person")
		}
		d, err := digest(e.Result)
		if err != nil {
			return "", err
		}
		if _, err := tx.Exec(ctx, `UPDATE evaluation SET signed_by = $1, signed_at = $2 WHERE id = $3`, by.AccountID, db.At(tx.Now), e.ID); err != nil {
			return "", err
		}
		if err := moved(ctx, tx, e, Final); err != nil {
			return "", err
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), WasDecided{e.on(), e.Level, e.EffectiveFrom, e.Result.Score, d, e.ProposedBy}); err != nil {
			return "", err
		}
		return e.ID, s.takeEffect(ctx, tx, e.ID)
	})
	if err != nil {
		return Evaluation{}, fmt.Errorf("sign level: %w", err)
	}
	return e, nil
}

// Refuse lets the proposed level fall; who proposed it may take it back. For those who may sign.
func (s *Service) Refuse(ctx context.Context, by member.Actor, id string) (Evaluation, error) {
	e, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		e, err := s.second(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		if _, err := tx.Exec(ctx, `UPDATE evaluation SET level = 0, effective_from = NULL, reasons_sealed = NULL, proposed_by = NULL, proposed_at = NULL WHERE id = $1`, e.ID); err != nil {
			return "", err
		}
		to := Drafted
		if len(e.Objections) > 0 {
			to = Answered
		}
		if err := moved(ctx, tx, e, to); err != nil {
			return "", err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), WasRefused{e.on()})
		return e.ID, err
	})
	if err != nil {
		return Evaluation{}, fmt.Errorf("refuse level: %w", err)
	}
	return e, nil
}

// takeEffect enters a signed level in the directory of members once its day has come. That of a suspended unit waits until
// the suspension is over: a level is the standing of a unit that takes part.
func (s *Service) takeEffect(ctx context.Context, tx *db.Tx, id string) error {
	e, err := s.byID(ctx, tx, id, "")
	if err != nil || e.SignedAt.IsZero() || !e.AppliedAt.IsZero() || tx.Now.Before(e.EffectiveFrom) {
		return err
	}
	o, err := s.Members.OrgTx(ctx, tx, e.OrgID)
	if err != nil || o.Status == member.Suspended {
		return err
	}
	if o.Status == member.Active && o.Partner {
		if err := s.Members.SetLevel(ctx, tx, e.OrgID, e.Level, e.Number); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE evaluation SET applied_at = $1 WHERE id = $2`, db.At(tx.Now), e.ID)
	return err
}

// TakeEffectDue enters the levels whose day has come. For the schedule: two persons have signed each of them. A missed run
// catches up, a double run finds nothing.
func (s *Service) TakeEffectDue(ctx context.Context) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		ids, err := db.List(ctx, tx, db.Value[string], `SELECT id FROM evaluation WHERE signed_at IS NOT NULL AND applied_at IS NULL AND effective_from <= $1 ORDER BY year, id LIMIT 1000`+tx.SkipLocked(), db.At(tx.Now))
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.takeEffect(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("enter levels: %w", err)
	}
	return nil
}
