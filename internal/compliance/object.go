// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// What an objection may be about, beside "evidence/0" and "duty/ID".
const (
	AboutAnchor   = "anchor"
	AboutDelivery = "delivery"
	evidenceLine  = "evidence/"
	dutyLine      = "duty/"
)

// maxObjections bounds the unanswered objections of a file.
const maxObjections = 50

// Object contests one line of the file with reasons: the proposed anchor, a line of evidence, a row of the duty register, a
// delivery. Staff must answer. What was contested within the period for the statement stands in the way of the second
// signature until it is answered. For people of the organisation, suspended or not, until there is a decision: then
// there is the appeal.
func (s *Service) Object(ctx context.Context, by member.Actor, id, about, text string) (File, error) {
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.own(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		var f form
		text = f.text("text", text)
		about = strings.TrimSpace(about)
		exists, err := s.contestable(ctx, tx, q, about)
		if err != nil {
			return "", err
		}
		f.That(exists, "about", "compliance.rule.about", AboutAnchor)
		if err := f.Err(); err != nil {
			return "", err
		}
		switch {
		case q.State != Open && q.State != Noticed && q.State != Stated && q.State != Proposed:
			return "", fault.Clash("compliance.too-late-to-object")
		case len(q.OpenObjections()) >= maxObjections:
			return "", fault.Clash("compliance.too-many-objections", maxObjections)
		}
		x, err := newID()
		if err != nil {
			return "", err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO inquiry_objection (id, inquiry_id, about, text_sealed, by_account, at) VALUES ($1,$2,$3,$4,$5,$6)`,
			x, q.ID, about, s.Seal.Seal(place("objection", x), []byte(text)), by.AccountID, db.At(tx.Now)); err != nil {
			return "", err
		}
		if err := s.read(ctx, tx, by, q); err != nil {
			return "", err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Objected{q.on(), x, about})
		return q.ID, err
	})
	if err != nil {
		return File{}, fmt.Errorf("object: %w", err)
	}
	return file, nil
}

// contestable reports whether the file has the line.
func (s *Service) contestable(ctx context.Context, tx *db.Tx, f File, about string) (bool, error) {
	switch {
	case about == AboutAnchor:
		return !f.Anchor.IsZero(), nil
	case about == AboutDelivery:
		return !f.Notice.SentAt.IsZero(), nil
	case strings.HasPrefix(about, evidenceLine):
		n, err := strconv.Atoi(strings.TrimPrefix(about, evidenceLine))
		return err == nil && n >= 0 && n < len(f.Evidence) && about == evidenceLine+strconv.Itoa(n), nil
	case strings.HasPrefix(about, dutyLine):
		_, err := dutyRow(ctx, tx, f.OrgID, strings.TrimPrefix(about, dutyLine))
		if fault.Is(err, fault.NotFound) {
			return false, nil
		}
		return err == nil, err
	}
	return false, nil
}

// AnswerObjection answers an objection: it is accepted or not, with reasons. An accepted one lets a proposed decision fall,
// because it rests on what was wrong. For supervisors of other organisations.
func (s *Service) AnswerObjection(ctx context.Context, by member.Actor, id, objectionID string, accepted bool, text string) (File, error) {
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.led(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		var f form
		text = f.text("text", text)
		if err := f.Err(); err != nil {
			return "", err
		}
		var found *Objection
		for i := range q.Objections {
			if q.Objections[i].ID == objectionID {
				found = &q.Objections[i]
			}
		}
		switch {
		case found == nil:
			return "", fault.Missing()
		case !found.AnsweredAt.IsZero():
			return "", fault.Clash("compliance.objection-answered")
		}
		if _, err := tx.Exec(ctx, `UPDATE inquiry_objection SET accepted = $1, answer_sealed = $2, answered_by = $3, answered_at = $4 WHERE id = $5`,
			accepted, s.Seal.Seal(place("objection-answer", found.ID), []byte(text)), by.AccountID, db.At(tx.Now), found.ID); err != nil {
			return "", err
		}
		if err := s.tellSubject(ctx, tx, q, q.ID+"/"+aboutObjection+"+"+found.ID); err != nil {
			return "", err
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), ObjectionAnswered{q.on(), found.ID, accepted}); err != nil {
			return "", err
		}
		if accepted && q.State == Proposed {
			if err := s.moved(ctx, tx, q, q.back()); err != nil {
				return "", err
			}
			return q.ID, s.fell(ctx, tx, by, q, text)
		}
		return q.ID, nil
	})
	if err != nil {
		return File{}, fmt.Errorf("answer objection: %w", err)
	}
	return file, nil
}

// OpenObjections are those that nobody has answered.
func (f File) OpenObjections() (out []Objection) {
	for _, x := range f.Objections {
		if x.AnsweredAt.IsZero() {
			out = append(out, x)
		}
	}
	return out
}

// objected reports whether an objection that was made in time waits for its answer.
func (f File) objected() bool {
	for _, x := range f.OpenObjections() {
		if f.Notice.DueAt.IsZero() || x.At.Before(f.Notice.DueAt) {
			return true
		}
	}
	return false
}

func (s *Service) objections(ctx context.Context, tx *db.Tx, id string) ([]Objection, error) {
	return db.List(ctx, tx, func(r db.Row) (x Objection, err error) {
		var text, answer []byte
		var at, answered db.Time
		if err := r.Scan(&x.ID, &x.About, &text, &x.By, &at, &x.Accepted, &answer, db.Null(&x.AnsweredBy), &answered); err != nil {
			return x, err
		}
		x.At, x.AnsweredAt = at.Time, answered.Time
		var err2 error
		x.Text, err = s.open("objection", x.ID, text)
		x.Answer, err2 = s.open("objection-answer", x.ID, answer)
		return x, errors.Join(err, err2)
	}, `SELECT id, about, text_sealed, by_account, at, coalesce(accepted, false), answer_sealed, answered_by, answered_at
		FROM inquiry_objection WHERE inquiry_id = $1 ORDER BY at, id`, id)
}
