// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/openvex"
)

// AnswerInput is what a unit answers.
type AnswerInput struct {
	Answer        Answer
	Justification openvex.Justification // of AffectedNo, which needs one
	Comment       string
	Assets        int // affected assets, as the unit counts them
}

const (
	maxComment = 5000
	maxAssets  = 1_000_000_000
)

func (in AnswerInput) check() error {
	var c fault.Check
	c.That(slices.Contains(Answers, in.Answer), "answer", "rule.one-of", string(AffectedYes), list(Answers))
	c.That(in.Answer != AffectedNo || slices.Contains(openvex.Justifications, in.Justification), "justification", "warning.rule.justification", string(openvex.ComponentNotPresent), list(openvex.Justifications))
	c.That(in.Answer == AffectedNo || in.Justification == "", "justification", "warning.rule.no-justification", "")
	c.That(utf8.RuneCountInString(in.Comment) <= maxComment, "comment", "rule.too-long", "", maxComment)
	c.That(storable(in.Comment) == nil, "comment", "warning.rule.characters", "")
	c.That(in.Assets >= 0 && in.Assets <= maxAssets, "assets", "warning.rule.assets", "12", maxAssets)
	return c.Err()
}

// Acknowledge records how the warning stands at the actor's unit: the newest revision it received. Units may answer
// as often as things change; an answer that changes nothing leaves no trace. Suspended units may answer too.
func (s *Service) Acknowledge(ctx context.Context, by member.Actor, id string, in AnswerInput) (Recipient, error) {
	if err := unit(by); err != nil {
		return Recipient{}, err
	}
	if err := in.check(); err != nil {
		return Recipient{}, err
	}
	return s.answer(ctx, by, id, 0, in)
}

// answer answers revision, or the newest when that is 0.
func (s *Service) answer(ctx context.Context, by member.Actor, id string, revision int, in AnswerInput) (r Recipient, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err = s.answerTx(ctx, tx, by, id, revision, in)
		return err
	})
	if err != nil {
		return Recipient{}, fmt.Errorf("answer warning %s: %w", id, err)
	}
	return r, nil
}

// answerTx is answer in the caller's transaction. A fault leaves nothing written.
func (s *Service) answerTx(ctx context.Context, tx *db.Tx, by member.Actor, id string, revision int, in AnswerInput) (r Recipient, err error) {
	if r, err = s.mine(ctx, tx, by, id, tx.ForUpdate()); err != nil {
		return r, err
	}
	w, err := s.revision(ctx, tx, id, r.Revision)
	switch {
	case err != nil:
		return r, err
	case w.Kind.Closes():
		return r, fault.Clash("warning.closed", w.Number)
	case revision != 0 && revision != r.Revision:
		replaced, err := significantSince(ctx, tx, id, revision, r.Revision)
		if err != nil {
			return r, err
		}
		if replaced {
			return r, fault.Clash("warning.newer-revision", r.Revision)
		}
	}
	in.Comment = strings.TrimSpace(in.Comment)
	if r.Answer == in.Answer && r.Justification == in.Justification && r.Comment == in.Comment && r.Assets == in.Assets {
		return r, nil
	}
	r.Answer, r.Justification, r.Comment, r.Assets, r.AnsweredBy, r.AnsweredVia = in.Answer, in.Justification, in.Comment, in.Assets, by.AccountID, by.Via
	r.SaidIn, r.Was, r.Carried = r.Revision, "", ""
	r.ReadAt, r.AckedAt = first(r.ReadAt, tx.Now), first(r.AckedAt, tx.Now)
	if r.FixedAt = first(r.FixedAt, tx.Now); r.Answer != FixedAll {
		r.FixedAt = time.Time{}
	}
	if _, err := tx.Exec(ctx, `UPDATE warning_recipient SET answer = $1, comment_sealed = $2, assets = $3, answered_by = $4, answered_via = $5,
		read_at = $6, acked_at = $7, fixed_at = $8, justification = $9, said_in = $10, was = '', carried = '' WHERE warning_id = $11 AND revision = $12 AND org_id = $13`,
		r.Answer, r.sealComment(s.Seal), r.Assets, r.AnsweredBy, r.AnsweredVia, db.At(r.ReadAt), db.At(r.AckedAt), db.At(r.FixedAt), r.Justification, r.SaidIn, id, r.Revision, r.OrgID); err != nil {
		return r, err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), Answered{on: w.on(), Revision: r.Revision, OrgID: r.OrgID, Answer: r.Answer, Justification: r.Justification, Exercise: w.Exercise})
	return r, err
}

// significantSince reports whether a significant revision came after one, up to another: its advice is not what was answered.
func significantSince(ctx context.Context, tx *db.Tx, id string, from, to int) (bool, error) {
	n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM warning_revision WHERE warning_id = $1 AND revision > $2 AND revision <= $3 AND significant`, id, from, to)
	return n > 0, err
}

// mine is the actor's unit's newest copy. A unit without the general warnings has only those about its own products.
func (s *Service) mine(ctx context.Context, tx *db.Tx, by member.Actor, id, lock string) (Recipient, error) {
	r, err := s.newest(ctx, tx, id, by.OrgID, lock)
	if fault.Is(err, fault.NotFound) || err == nil && !by.May(member.ToWarnings) && r.Wave != WaveAffected {
		return Recipient{}, fault.Hidden()
	}
	return r, err
}

// first keeps a time once it is set.
func first(t, now time.Time) time.Time {
	if t.IsZero() {
		return now
	}
	return t
}

// Read marks the warning as read by the actor's unit; the first reading counts.
func (s *Service) Read(ctx context.Context, by member.Actor, id string) error {
	if err := reader(by); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err := s.mine(ctx, tx, by, id, tx.ForUpdate())
		if err != nil || !r.ReadAt.IsZero() {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE warning_recipient SET read_at = $1 WHERE warning_id = $2 AND revision = $3 AND org_id = $4`,
			db.At(tx.Now), id, r.Revision, r.OrgID)
		return err
	})
	if err != nil {
		return fmt.Errorf("mark warning %s as read: %w", id, err)
	}
	return nil
}
