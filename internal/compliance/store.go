// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// question, words and reasons are what is sealed of an inquiry, a statement and a decision.
type (
	question struct {
		Text     string     `json:"text"`
		Anchor   time.Time  `json:"anchor,omitzero"`
		Evidence []Evidence `json:"evidence"`
	}
	words struct {
		Text   string    `json:"text"`
		Anchor time.Time `json:"anchor,omitzero"`
	}
	reasons struct {
		Text       string              `json:"text"`
		Duties     []DutyRow           `json:"duties"`
		Without    []member.Capability `json:"without,omitempty"`
		Conditions string              `json:"conditions,omitempty"`
		PublicZH   string              `json:"public_zh,omitempty"`
		PublicEN   string              `json:"public_en,omitempty"`
	}
)

// place binds a sealed text to its row.
func place(kind, id string) string { return "inquiry/" + id + "/" + kind }

func (s *Service) open(kind, id string, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	b, err := s.Seal.Open(place(kind, id), sealed)
	return string(b), err
}

func newID() (string, error) {
	u, err := uuid.NewV7()
	return u.String(), err
}

// storable reports whether both databases take v as text.
func storable(v string) bool { return utf8.ValidString(v) && !strings.ContainsRune(v, 0) }

// lock keeps others from changing the inquiry and what belongs to it until the transaction ends.
func lock(ctx context.Context, tx *db.Tx, id string) error {
	if !storable(id) {
		return fault.Missing()
	}
	_, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM inquiry WHERE id = $1`+tx.ForUpdate(), id)
	return err
}

const columns = `q.id, q.number, q.org_id, q.state, q.state_since, q.content_sealed, q.opened_by, q.opened_at`

func (s *Service) scan(r db.Row) (q Inquiry, err error) {
	var sealed []byte
	var since, opened db.Time
	if err := r.Scan(&q.ID, &q.Number, &q.OrgID, &q.State, &since, &sealed, &q.OpenedBy, &opened); err != nil {
		return q, err
	}
	q.StateSince, q.OpenedAt = since.Time, opened.Time
	x, err := seal.OpenJSON[question](s.Seal, place("question", q.ID), sealed)
	q.Question, q.Anchor, q.Evidence = x.Text, x.Anchor, x.Evidence
	return q, err
}

// byID loads a whole file.
func (s *Service) byID(ctx context.Context, tx *db.Tx, id string) (f File, err error) {
	if !storable(id) {
		return f, fault.Missing()
	}
	q, err := db.Get(ctx, tx, s.scan, `SELECT `+columns+` FROM inquiry q WHERE q.id = $1`, id)
	if err != nil {
		return f, err
	}
	return s.whole(ctx, tx, q)
}

// whole adds to an inquiry what followed it.
func (s *Service) whole(ctx context.Context, tx *db.Tx, q Inquiry) (f File, err error) {
	f.Inquiry = q
	if f.Notice, err = s.notice(ctx, tx, q.ID); err != nil {
		return f, fmt.Errorf("notice of %s: %w", q.ID, err)
	}
	f.Statements, err = db.List(ctx, tx, func(r db.Row) (x Statement, err error) {
		var sealed []byte
		var at db.Time
		if err := r.Scan(&x.ID, &x.Kind, &sealed, &x.By, &at); err != nil {
			return x, err
		}
		w, err := seal.OpenJSON[words](s.Seal, place("statement", x.ID), sealed)
		x.Text, x.Anchor, x.At = w.Text, w.Anchor, at.Time
		return x, err
	}, `SELECT id, kind, text_sealed, by_account, at FROM inquiry_statement WHERE inquiry_id = $1 ORDER BY at, id`, q.ID)
	if err != nil {
		return f, fmt.Errorf("statements of %s: %w", q.ID, err)
	}
	f.Decisions, err = db.List(ctx, tx, s.scanDecision, `SELECT id, outcome, months, effective_from, deferred, content_sealed, proposed_by, proposed_at, signed_by, signed_at,
		fell_by, fell_at, fell_sealed, applied_at, ended_by, ended_at, ended_sealed, revises, publish FROM inquiry_decision WHERE inquiry_id = $1 ORDER BY proposed_at, id`, q.ID)
	if err != nil {
		return f, fmt.Errorf("decisions of %s: %w", q.ID, err)
	}
	if f.Objections, err = s.objections(ctx, tx, q.ID); err != nil {
		return f, fmt.Errorf("objections of %s: %w", q.ID, err)
	}
	if f.Appeal, err = s.appeal(ctx, tx, q.ID); err != nil {
		return f, fmt.Errorf("appeal of %s: %w", q.ID, err)
	}
	return f, nil
}

func (s *Service) notice(ctx context.Context, tx *db.Tx, id string) (Notice, error) {
	n, err := db.Get(ctx, tx, func(r db.Row) (n Notice, err error) {
		var sealed, handed []byte
		var sent, due, delivered, opened, by db.Time
		if err := r.Scan(&sealed, &n.By, &sent, &due, &delivered, &opened, db.Null(&n.OpenedBy), &n.Tries, &by, &handed); err != nil {
			return n, err
		}
		n.SentAt, n.DueAt, n.DeliveredAt, n.OpenedAt, n.HandedAt = sent.Time, due.Time, delivered.Time, opened.Time, by.Time
		var err2 error
		n.Text, err = s.open("notice", id, sealed)
		n.Handed, err2 = s.open("handed", id, handed)
		return n, errors.Join(err, err2)
	}, `SELECT text_sealed, by_account, sent_at, due_at, delivered_at, opened_at, opened_by, tries, handed_at, handed_sealed FROM inquiry_notice WHERE inquiry_id = $1`, id)
	if fault.Is(err, fault.NotFound) {
		return Notice{}, nil
	}
	if err != nil {
		return n, err
	}
	ds, err := delivery.Of(ctx, tx, Purpose, noticeSubject(id, n.Tries))
	n.Failed = slices.ContainsFunc(ds, func(d delivery.Delivery) bool { return d.Destination == "" && d.State == delivery.Failed })
	return n, err
}

func (s *Service) scanDecision(r db.Row) (d Decision, err error) {
	var sealed, fell, ended []byte
	var from, proposed, signed, fellAt, applied, endedAt db.Time
	if err := r.Scan(&d.ID, &d.Outcome, &d.Months, &from, &d.Deferred, &sealed, &d.ProposedBy, &proposed, db.Null(&d.SignedBy), &signed,
		db.Null(&d.FellBy), &fellAt, &fell, &applied, db.Null(&d.EndedBy), &endedAt, &ended, db.Null(&d.Revises), &d.Publish); err != nil {
		return d, err
	}
	d.EffectiveFrom, d.ProposedAt, d.SignedAt, d.FellAt, d.AppliedAt, d.EndedAt = from.Time, proposed.Time, signed.Time, fellAt.Time, applied.Time, endedAt.Time
	x, err := seal.OpenJSON[reasons](s.Seal, place("decision", d.ID), sealed)
	d.Reasons, d.Duties, d.Without, d.Conditions, d.PublicZH, d.PublicEN = x.Text, x.Duties, x.Without, x.Conditions, x.PublicZH, x.PublicEN
	var err2, err3 error
	d.FellWhy, err2 = s.open("fell", d.ID, fell)
	d.EndedWhy, err3 = s.open("ended", d.ID, ended)
	return d, errors.Join(err, err2, err3)
}

func (s *Service) appeal(ctx context.Context, tx *db.Tx, id string) (Appeal, error) {
	a, err := db.Get(ctx, tx, func(r db.Row) (a Appeal, err error) {
		var grounds, answer []byte
		var filed, answered db.Time
		if err := r.Scan(&grounds, &a.By, &filed, &answer, db.Null(&a.AnsweredBy), &answered); err != nil {
			return a, err
		}
		a.FiledAt, a.AnsweredAt = filed.Time, answered.Time
		a.DueAt = calendar.China().After(a.FiledAt, AnswerDays, nil).UTC()
		var err2 error
		a.Grounds, err = s.open("grounds", id, grounds)
		a.Answer, err2 = s.open("answer", id, answer)
		return a, errors.Join(err, err2)
	}, `SELECT grounds_sealed, filed_by, filed_at, answer_sealed, answered_by, answered_at FROM inquiry_appeal WHERE inquiry_id = $1`, id)
	if fault.Is(err, fault.NotFound) {
		return Appeal{}, nil
	}
	return a, err
}

// moved stores a file's new state.
func (s *Service) moved(ctx context.Context, tx *db.Tx, f File, to State) error {
	if err := f.moveTo(to); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE inquiry SET state = $1, state_since = $2 WHERE id = $3`, string(to), db.At(tx.Now), f.ID)
	return err
}

// change runs do in a transaction and returns the file as it stands after it.
func (s *Service) change(ctx context.Context, do func(*db.Tx) (id string, err error)) (f File, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		id, err := do(tx)
		if err != nil {
			return err
		}
		if f, err = s.byID(ctx, tx, id); err != nil {
			return err
		}
		return s.announce(ctx, tx, &f)
	})
	return f, err
}

// number takes the next number of the year in China.
func (s *Service) number(ctx context.Context, tx *db.Tx) (string, error) {
	year := tx.Now.In(calendar.Beijing()).Year()
	n, err := db.Next(ctx, tx, fmt.Sprintf("inquiry/%d", year))
	return fmt.Sprintf("%s-Q-%d-%06d", s.Prefix, year, n), err
}
