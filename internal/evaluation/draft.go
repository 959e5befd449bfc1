// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Draft evaluates all partner units for a year that is over, as the rows stood at its end. Each unit can read its own draft
// at once, and has the scheme's term to object. Suspended units are evaluated like others: they keep their duties and their
// right to report, and warnings that were not sent to them are no rows. For supervisors. Faults: Conflict when the year is
// not over or has been drafted.
func (s *Service) Draft(ctx context.Context, by member.Actor, y int) (o Round, err error) {
	if err := supervisor(by); err != nil {
		return o, err
	}
	scheme := For(y)
	if scheme == nil {
		return o, fault.FieldError("year", "evaluation.rule.year", "2021")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		o = Round{Year: y, Scheme: scheme.Ref(), Digest: scheme.Digest(), DraftedBy: by.AccountID, DraftedAt: tx.Now,
			ObjectUntil: calendar.China().After(tx.Now, scheme.Term, nil).UTC()}
		if o.From, o.Until = year(y); tx.Now.Before(o.Until) {
			return fault.Clash("evaluation.not-over")
		}
		return s.draft(ctx, tx, by, scheme, &o)
	})
	if err != nil {
		return Round{}, fmt.Errorf("draft evaluations of %d: %w", y, err)
	}
	return o, nil
}

// unit is a partner unit to be evaluated.
type unit struct {
	member.Org
	result Result
}

func (s *Service) draft(ctx context.Context, tx *db.Tx, by member.Actor, scheme *Scheme, o *Round) error {
	units, err := partners(ctx, tx, o.Until)
	if err != nil {
		return err
	}
	var scores []Milli
	for i := range units {
		if units[i].result, err = scheme.evaluate(ctx, tx, units[i].Org, o, nil); err != nil {
			return err
		}
		scores = append(scores, units[i].result.Score)
	}
	o.Spread = spread(scores)
	_, err = tx.Exec(ctx, `INSERT INTO evaluation_round (year, scheme, digest, from_at, until_at, object_until, drafted_by, drafted_at, spread) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
		o.Year, o.Scheme, o.Digest, db.At(o.From), db.At(o.Until), db.At(o.ObjectUntil), o.DraftedBy, db.At(o.DraftedAt), db.ToJSON(o.Spread))
	if db.Duplicate(err) {
		return fault.Clash("evaluation.drafted-already")
	}
	if err != nil {
		return err
	}
	for _, u := range units {
		if err := s.begin(ctx, tx, by, o, u); err != nil {
			return fmt.Errorf("unit %s: %w", u.ID, err)
		}
	}
	return nil
}

// begin stores a unit's draft.
func (s *Service) begin(ctx context.Context, tx *db.Tx, by member.Actor, o *Round, u unit) error {
	id, err := newID()
	if err != nil {
		return err
	}
	e := Evaluation{ID: id, OrgID: u.ID, Year: o.Year}
	if e.Number, err = s.number(ctx, tx, o.Year); err != nil {
		return err
	}
	d, err := digest(u.result)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO evaluation (id, number, year, org_id, state, rev, score, computed, before, result) VALUES ($1,$2,$3,$4,$5,1,$6,$7,$8,$9)`,
		e.ID, e.Number, e.Year, e.OrgID, string(Drafted), int64(u.result.Score), u.result.Level, u.PartnerLevel, db.ToJSON(u.result)); err != nil {
		return err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), WasDrafted{e.on(), o.Scheme, o.Digest, u.result.Score, d})
	return err
}

// partners are the units that were partner units before a time and still are, suspended or not.
func partners(ctx context.Context, tx *db.Tx, before time.Time) ([]unit, error) {
	return db.List(ctx, tx, func(r db.Row) (u unit, err error) {
		var roles db.JSON[[]member.OrgRole]
		err = r.Scan(&u.ID, &roles, &u.PartnerLevel)
		u.Roles = roles.V
		return u, err
	}, `SELECT id, roles, partner_level FROM org WHERE partner = TRUE AND status IN ('active','suspended') AND created_at < $1 ORDER BY id`, db.At(before))
}

// evaluate scores a unit for a round, with the objections that were accepted.
func (scheme *Scheme) evaluate(ctx context.Context, tx *db.Tx, u member.Org, o *Round, objections []Objection) (Result, error) {
	rows, err := scheme.read(ctx, tx, u.Roles, span{org: u.ID, from: o.From, until: o.Until})
	if err != nil {
		return Result{}, err
	}
	for _, x := range objections {
		if x.Accepted && x.Ref != "" {
			amend(rows[x.Criterion], x)
		}
	}
	return scheme.Score(u.Roles, rows), nil
}

// amend lets a row have the outcome that an accepted objection gave it, or not count.
func amend(rows []Row, x Objection) {
	for i := range rows {
		if r := &rows[i]; r.Ref() == x.Ref {
			if r.Was == "" {
				r.Was = r.Outcome
			}
			if r.Out = x.Outcome == ""; !r.Out {
				r.Outcome = x.Outcome
			}
		}
	}
}
