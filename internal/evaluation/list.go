// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"context"
	"fmt"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Filter narrows a list; the zero value asks for everything.
type Filter struct {
	Year  int
	OrgID string
	State State
	Limit int // 1 to 1000; 0 means 200
}

// List returns evaluations that the actor may read, without their rows, the newest year first and in it by score. A member
// sees its own alone.
func (s *Service) List(ctx context.Context, by member.Actor, f Filter) (out []Evaluation, err error) {
	switch {
	case !by.SignedIn():
		return nil, fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return nil, fault.Deny("fault.scope", member.ScopeCase)
	}
	var c fault.Check
	c.That(f.State == "" || slices.Contains(States, f.State), "state", "rule.one-of", string(Final), "drafted, objected, answered, proposed, final")
	c.That(f.Limit >= 0 && f.Limit <= 1000, "limit", "duty.limit", "100")
	if err := c.Err(); err != nil {
		return nil, err
	}
	var a db.Args
	where := `(1 = 1)`
	if !by.Is(member.Supervisor) {
		where = `(e.org_id = ` + a.P(by.OrgID) + ` OR e.signed_by = ` + a.P(by.AccountID)
		if by.Is(s.Second...) {
			where += ` OR e.state = 'proposed'`
		}
		where += `)`
	}
	if f.Year != 0 {
		where += ` AND e.year = ` + a.P(f.Year)
	}
	if f.OrgID != "" {
		where += ` AND e.org_id = ` + a.P(f.OrgID)
	}
	if f.State != "" {
		where += ` AND e.state = ` + a.P(string(f.State))
	}
	if f.Limit == 0 {
		f.Limit = 200
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		es, err := db.List(ctx, tx, s.scan, `SELECT `+columns+from+` WHERE `+where+` ORDER BY e.year DESC, e.score DESC, e.id LIMIT `+a.P(f.Limit), a...)
		for _, e := range es {
			if s.canRead(by, e) {
				for i := range e.Result.Lines {
					e.Result.Lines[i].Rows = []Row{}
				}
				out = append(out, e)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list evaluations: %w", err)
	}
	return out, nil
}

// Rounds are the years that were evaluated, the newest first, with how the scores lay: to people of partner units and to
// those who may sign.
func (s *Service) Rounds(ctx context.Context, by member.Actor) (os []Round, err error) {
	switch {
	case !by.SignedIn():
		return nil, fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return nil, fault.Deny("fault.scope", member.ScopeCase)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		os, err = db.List(ctx, tx, scanRound, `SELECT `+roundColumns+` FROM evaluation_round o ORDER BY o.year DESC LIMIT 100`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list rounds: %w", err)
	}
	return os, nil
}

// Get returns one evaluation with its rows. That a person of the unit opens it for the first time is noted.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (e Evaluation, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		e, err = s.readable(ctx, tx, by, id, false)
		return err
	})
	if err == nil && e.OpenedAt.IsZero() && speaks(by, e.OrgID) {
		err = s.DB.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE evaluation SET opened_at = $1 WHERE id = $2 AND opened_at IS NULL`, db.At(tx.Now), e.ID)
			e.OpenedAt = tx.Now
			return err
		})
	}
	if err != nil {
		return Evaluation{}, fmt.Errorf("evaluation: %w", err)
	}
	return e, nil
}

// Recompute sums an evaluation up anew, from the rows as they are on record now for the end of its year and with the
// objections that were accepted, and changes nothing. Differences to what was drafted come from what was put on record
// later: they are a ground for an objection, or for a proposal with reasons. For everybody who may read it.
func (s *Service) Recompute(ctx context.Context, by member.Actor, id string) (r Result, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		e, err := s.readable(ctx, tx, by, id, false)
		if err != nil {
			return err
		}
		scheme := lookup(e.Round.Scheme)
		if scheme == nil || scheme.Digest() != e.Round.Digest {
			return fmt.Errorf("the scheme %s is not the one of the round", e.Round.Scheme)
		}
		r, err = scheme.evaluate(ctx, tx, member.Org{ID: e.OrgID, Roles: e.Result.Roles}, &e.Round, e.Objections)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("recompute evaluation: %w", err)
	}
	return r, nil
}

// Scheme is the scheme of a round, or nil.
func (o Round) SchemeOf() *Scheme { return lookup(o.Scheme) }
