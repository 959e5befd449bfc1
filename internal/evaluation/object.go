// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// maxObjections bounds how often a unit may object to one evaluation.
const maxObjections = 200

// Object puts the unit's objection on file: to a row, by its reference, or with an empty one to a criterion as a whole. It
// must be made within the term. For people of the unit, suspended or not.
func (s *Service) Object(ctx context.Context, by member.Actor, id, criterion, ref, why string) (Evaluation, error) {
	e, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		e, err := s.readable(ctx, tx, by, id, true)
		if err != nil {
			return "", err
		}
		if !speaks(by, e.OrgID) {
			return "", fault.Deny("evaluation.not-party")
		}
		var c fault.Check
		why = text(&c, "text", why)
		l := e.Result.Line(criterion)
		c.That(l != nil, "criterion", "rule.one-of", "acknowledgement", strings.Join(e.criteria(), ", "))
		c.That(l == nil || ref == "" || slices.ContainsFunc(l.Rows, func(r Row) bool { return r.Ref() == ref }), "ref", "evaluation.rule.row", "")
		if err := c.Err(); err != nil {
			return "", err
		}
		switch {
		case e.State == Proposed || e.State == Final || !tx.Now.Before(e.Round.ObjectUntil):
			return "", fault.Clash("evaluation.term-over")
		case len(e.Objections) >= maxObjections:
			return "", fault.Clash("evaluation.too-many")
		case slices.ContainsFunc(e.Objections, func(o Objection) bool { return o.Criterion == criterion && o.Ref == ref && o.AnsweredAt.IsZero() }):
			return "", fault.Clash("evaluation.objected-already")
		}
		oid, err := newID()
		if err != nil {
			return "", err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO evaluation_objection (id, evaluation_id, criterion, ref, text_sealed, by_account, at) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
			oid, e.ID, criterion, ref, s.Seal.Seal(place("objection", oid), []byte(why)), by.AccountID, db.At(tx.Now)); err != nil {
			return "", err
		}
		if err := moved(ctx, tx, e, Objected); err != nil {
			return "", err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), WasObjected{e.on(), oid})
		return e.ID, err
	})
	if err != nil {
		return Evaluation{}, fmt.Errorf("object to evaluation: %w", err)
	}
	return e, nil
}

func (e Evaluation) criteria() (out []string) {
	for _, l := range e.Result.Lines {
		out = append(out, l.Criterion)
	}
	return out
}

// An Answer is what a supervisor says to an objection. Accepting one to a row gives the row another outcome, or with an
// empty one lets it not count; the score is summed up anew.
type Answer struct {
	Accept  bool
	Outcome string
	Text    string
}

// Answer answers an objection. For supervisors.
func (s *Service) Answer(ctx context.Context, by member.Actor, id, objectionID string, in Answer) (Evaluation, error) {
	e, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		e, err := s.led(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(e.Objections, func(o Objection) bool { return o.ID == objectionID })
		if i < 0 {
			return "", fault.Missing()
		}
		o := &e.Objections[i]
		if !o.AnsweredAt.IsZero() || e.State != Objected {
			return "", fault.Clash("evaluation.answered-already")
		}
		if err := e.check(&in, *o); err != nil {
			return "", err
		}
		o.Accepted, o.Answer, o.Outcome, o.AnsweredAt = in.Accept, in.Text, in.Outcome, tx.Now
		return e.ID, s.answered(ctx, tx, by, e, *o)
	})
	if err != nil {
		return Evaluation{}, fmt.Errorf("answer objection: %w", err)
	}
	return e, nil
}

// check says whether an answer fits the objection: only a row has an outcome, and only one of its measure.
func (e Evaluation) check(in *Answer, o Objection) error {
	var c fault.Check
	in.Text = text(&c, "text", in.Text)
	scheme := lookup(e.Round.Scheme)
	if in.Outcome != "" && scheme != nil {
		outcomes := Outcomes(scheme.Criterion(o.Criterion).Measure)
		c.That(in.Accept && o.Ref != "" && slices.Contains(outcomes, in.Outcome), "outcome", "rule.one-of", outcomes[0], strings.Join(outcomes, ", "))
	}
	return c.Err()
}

func (s *Service) answered(ctx context.Context, tx *db.Tx, by member.Actor, e Evaluation, o Objection) error {
	sealed, err := seal.SealJSON(s.Seal, place("answer", o.ID), answer{o.Answer, o.Outcome})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE evaluation_objection SET accepted = $1, answer_sealed = $2, answered_by = $3, answered_at = $4 WHERE id = $5`,
		o.Accepted, sealed, by.AccountID, db.At(tx.Now), o.ID); err != nil {
		return err
	}
	result := e.Result
	if o.Accepted {
		if result, err = e.rescored(o); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE evaluation SET score = $1, computed = $2, result = $3 WHERE id = $4`, int64(result.Score), result.Level, db.ToJSON(result), e.ID); err != nil {
			return err
		}
	}
	to := Answered
	if slices.ContainsFunc(e.Objections, func(x Objection) bool { return x.AnsweredAt.IsZero() }) {
		to = Objected
	}
	if err := moved(ctx, tx, e, to); err != nil {
		return err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), WasAnswered{e.on(), o.ID, o.Accepted, result.Score})
	return err
}

// rescored is the result with an accepted objection: from the rows of the draft, which stay what they were.
func (e Evaluation) rescored(o Objection) (Result, error) {
	scheme := lookup(e.Round.Scheme)
	if scheme == nil {
		return Result{}, fmt.Errorf("there is no scheme %s", e.Round.Scheme)
	}
	rows := map[string][]Row{}
	for _, l := range e.Result.Lines {
		rows[l.Criterion] = slices.Clone(l.Rows)
	}
	if o.Ref != "" {
		amend(rows[o.Criterion], o)
	}
	return scheme.Score(e.Result.Roles, rows), nil // what applies was settled with the draft: the unit's roles may have changed since
}
