// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/seal"
)

const roundColumns = `o.year, o.scheme, o.digest, o.from_at, o.until_at, o.object_until, o.drafted_by, o.drafted_at, o.spread`

func roundFields(o *Round) (dest []any, done func()) {
	var from, until, object, drafted db.Time
	var spread db.JSON[[]Bin]
	return []any{&o.Year, &o.Scheme, &o.Digest, &from, &until, &object, &o.DraftedBy, &drafted, &spread}, func() {
		o.From, o.Until, o.ObjectUntil, o.DraftedAt, o.Spread = from.Time, until.Time, object.Time, drafted.Time, spread.V
	}
}

func scanRound(r db.Row) (o Round, err error) {
	dest, done := roundFields(&o)
	err = r.Scan(dest...)
	done()
	return o, err
}

const columns = `e.id, e.number, e.year, e.org_id, e.state, e.rev, e.before, e.result, e.level, e.effective_from, e.reasons_sealed, e.proposed_by, e.proposed_at,
	e.signed_by, e.signed_at, e.applied_at, e.opened_at, ` + roundColumns

const from = ` FROM evaluation e JOIN evaluation_round o ON o.year = e.year`

// place binds a sealed text to its row.
func place(kind, id string) string { return "evaluation/" + id + "/" + kind }

func (s *Service) scan(r db.Row) (e Evaluation, err error) {
	var effective, proposed, signed, applied, opened db.Time
	var result db.JSON[Result]
	var reasons []byte
	round, done := roundFields(&e.Round)
	if err := r.Scan(append([]any{&e.ID, &e.Number, &e.Year, &e.OrgID, &e.State, &e.Rev, &e.Before, &result, &e.Level, &effective, &reasons, db.Null(&e.ProposedBy), &proposed,
		db.Null(&e.SignedBy), &signed, &applied, &opened}, round...)...); err != nil {
		return e, err
	}
	done()
	e.Result, e.EffectiveFrom, e.ProposedAt, e.SignedAt, e.AppliedAt, e.OpenedAt = result.V, effective.Time, proposed.Time, signed.Time, applied.Time, opened.Time
	if reasons != nil {
		b, err := s.Seal.Open(place("reasons", e.ID), reasons)
		if err != nil {
			return e, err
		}
		e.Reasons = string(b)
	}
	return e, nil
}

// byID loads a whole evaluation; suffix may lock it.
func (s *Service) byID(ctx context.Context, tx *db.Tx, id, suffix string) (Evaluation, error) {
	if uuid.Validate(id) != nil {
		return Evaluation{}, fault.Missing()
	}
	if suffix != "" { // a lock holds one table: the round is shared by all
		if _, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM evaluation WHERE id = $1`+suffix, id); err != nil {
			return Evaluation{}, err
		}
	}
	e, err := db.Get(ctx, tx, s.scan, `SELECT `+columns+from+` WHERE e.id = $1`, id)
	if err != nil {
		return e, err
	}
	e.Objections, err = s.objections(ctx, tx, id)
	return e, err
}

// answer is what is sealed of an answer.
type answer struct {
	Text    string `json:"text"`
	Outcome string `json:"outcome,omitempty"`
}

func (s *Service) objections(ctx context.Context, tx *db.Tx, id string) ([]Objection, error) {
	return db.List(ctx, tx, func(r db.Row) (o Objection, err error) {
		var text, sealed []byte
		var at, answered db.Time
		var accepted *bool
		if err := r.Scan(&o.ID, &o.Criterion, &o.Ref, &text, &o.By, &at, &accepted, &sealed, db.Null(&o.AnsweredBy), &answered); err != nil {
			return o, err
		}
		o.At, o.AnsweredAt, o.Accepted = at.Time, answered.Time, accepted != nil && *accepted
		b, err := s.Seal.Open(place("objection", o.ID), text)
		if err != nil || sealed == nil {
			o.Text = string(b)
			return o, err
		}
		a, err := seal.OpenJSON[answer](s.Seal, place("answer", o.ID), sealed)
		o.Text, o.Answer, o.Outcome = string(b), a.Text, a.Outcome
		return o, err
	}, `SELECT id, criterion, ref, text_sealed, by_account, at, accepted, answer_sealed, answered_by, answered_at FROM evaluation_objection WHERE evaluation_id = $1 ORDER BY at, id`, id)
}

// change runs do in a transaction on the evaluation it returns the id of, and returns it as it stands after it.
func (s *Service) change(ctx context.Context, do func(*db.Tx) (id string, err error)) (e Evaluation, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		id, err := do(tx)
		if err != nil {
			return err
		}
		e, err = s.byID(ctx, tx, id, "")
		return err
	})
	return e, err
}

// moved stores a new state and counts the change.
func moved(ctx context.Context, tx *db.Tx, e Evaluation, to State) error {
	_, err := tx.Exec(ctx, `UPDATE evaluation SET state = $1, rev = rev + 1 WHERE id = $2`, string(to), e.ID)
	return err
}

func newID() (string, error) {
	u, err := uuid.NewV7()
	return u.String(), err
}

// digest is hex(SHA-256) of a result.
func digest(r Result) (string, error) {
	b, err := json.Marshal(r)
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), err
}

// year is the calendar year in Beijing.
func year(y int) (from, until time.Time) {
	first := func(y int) time.Time { return calendar.Wall(calendar.Beijing(), y, time.January, 1, 0, 0, 0, 0).UTC() }
	return first(y), first(y + 1)
}

// maxText is how long a text may be, in characters.
const maxText = 5000

// text is a text that must be there.
func text(c *fault.Check, name, v string) string {
	v = strings.TrimSpace(strings.ReplaceAll(v, "\r\n", "\n"))
	c.That(v != "", name, "rule.required", "")
	c.That(utf8.ValidString(v) && !strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }), name, "member.rule.characters", "")
	c.That(utf8.RuneCountInString(v) <= maxText, name, "rule.too-long", "", maxText)
	return v
}

// number takes the next number of a year.
func (s *Service) number(ctx context.Context, tx *db.Tx, year int) (string, error) {
	n, err := db.Next(ctx, tx, fmt.Sprintf("evaluation/%d", year))
	return fmt.Sprintf("%s-E-%d-%06d", s.Prefix, year, n), err
}
