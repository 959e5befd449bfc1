// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

const columns = `c.id, c.number, c.state, c.state_since, c.content_sealed, c.rev, c.technical, c.composite, c.exploited, c.assignee, c.duplicate_of, c.opened_at, c.updated_at, c.published_at`

func (s *Service) scan(r db.Row) (c Case, err error) {
	var sealed []byte
	var since, opened, updated, published db.Time
	if err := r.Scan(&c.ID, &c.Number, &c.State, &since, &sealed, &c.Rev, &c.Technical, &c.Composite, &c.Exploited, &c.Assignee, &c.DuplicateOf, &opened, &updated, &published); err != nil {
		return c, err
	}
	c.StateSince, c.OpenedAt, c.UpdatedAt, c.PublishedAt = since.Time, opened.Time, updated.Time, published.Time
	c.Content, err = seal.OpenJSON[Content](s.Seal, place(c.ID), sealed)
	return c, err
}

func place(id string) string { return "casefile/" + id + "/content" }

func (s *Service) byID(ctx context.Context, tx *db.Tx, id, suffix string) (Case, error) {
	if !storable(id) {
		return Case{}, fault.Missing()
	}
	return db.Get(ctx, tx, s.scan, `SELECT `+columns+` FROM casefile c WHERE c.id = $1`+suffix, id)
}

// storable reports whether both databases take s as text.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// change loads a case for one of those who work on cases, lets do change it, and stores it.
func (s *Service) change(ctx context.Context, id string, do func(*db.Tx, *Case) error) (c Case, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if c, err = s.byID(ctx, tx, id, tx.ForUpdate()); err != nil {
			return err
		}
		if err := do(tx, &c); err != nil {
			return err
		}
		return s.update(ctx, tx, c)
	})
	return c, err
}

// ContentTx returns a case with its content, in the caller's transaction, for later stages of the line. It asks for
// no permission: the caller has.
func (s *Service) ContentTx(ctx context.Context, tx *db.Tx, id string) (Case, error) {
	return s.byID(ctx, tx, id, "")
}

func (s *Service) insert(ctx context.Context, tx *db.Tx, c Case) error {
	sealed, err := seal.SealJSON(s.Seal, place(c.ID), c.Content)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO casefile (id, number, state, state_since, content_sealed, rev, technical, composite, exploited, assignee, duplicate_of, opened_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)`, c.ID, c.Number, c.State, db.At(c.StateSince), sealed, c.Rev, c.Technical, c.Composite, c.Exploited, c.Assignee, c.DuplicateOf, db.At(c.OpenedAt), db.At(c.UpdatedAt))
	return err
}

func (s *Service) update(ctx context.Context, tx *db.Tx, c Case) error {
	sealed, err := seal.SealJSON(s.Seal, place(c.ID), c.Content)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE casefile SET state = $1, state_since = $2, content_sealed = $3, rev = $4, technical = $5, composite = $6, exploited = $7, assignee = $8,
		duplicate_of = $9, updated_at = $10, published_at = $11 WHERE id = $12`, c.State, db.At(c.StateSince), sealed, c.Rev, c.Technical, c.Composite, c.Exploited, c.Assignee,
		c.DuplicateOf, db.At(tx.Now), db.At(c.PublishedAt), c.ID)
	return err
}

// moveTo changes the state of a loaded case by the table of moves.
func (c *Case) moveTo(tx *db.Tx, to State) error {
	if err := move(c.State, to); err != nil {
		return err
	}
	if c.State != to {
		c.State, c.StateSince = to, tx.Now
	}
	return nil
}

// MoveTx moves a case for a later stage of the line, in its transaction, and records the move.
func (s *Service) MoveTx(ctx context.Context, tx *db.Tx, by member.Actor, id string, to State) error {
	c, err := s.byID(ctx, tx, id, tx.ForUpdate())
	if err != nil {
		return fmt.Errorf("move case %s: %w", id, err)
	}
	from := c.State
	if err := c.moveTo(tx, to); err != nil {
		return err
	}
	if err := s.update(ctx, tx, c); err != nil {
		return err
	}
	eventID, err := s.Events.Record(ctx, tx, by.By(), Moved{on: c.on(), From: from, To: to})
	if err != nil {
		return err
	}
	reports, err := reportIDs(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	return s.clocks(ctx, tx, by, from, to, reports, eventID, "")
}

// PublishedTx says that the vulnerability is public now, for the advisory that makes it so.
func (s *Service) PublishedTx(ctx context.Context, tx *db.Tx, by member.Actor, id string) error {
	if err := s.MoveTx(ctx, tx, by, id, Published); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE casefile SET published_at = $1 WHERE id = $2 AND published_at IS NULL`, db.At(tx.Now), id)
	return err
}

func (s *Service) number(ctx context.Context, tx *db.Tx) (string, error) {
	year := tx.Now.In(calendar.Beijing()).Year()
	n, err := db.Next(ctx, tx, fmt.Sprintf("case/%d", year))
	return fmt.Sprintf("%s-%d-%06d", s.Prefix, year, n), err
}

func newID() (string, error) {
	u, err := uuid.NewV7()
	return u.String(), err
}

// fingerprint is one keyed token of a case: cases that share one may be the same vulnerability.
type fingerprint struct{ kind, value string }

// fingerprints of a content: what two reports of one flaw have in common, without saying it.
func fingerprints(c Content) (out []fingerprint) {
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
	for _, a := range c.Aliases {
		out = append(out, fingerprint{"alias", fold(a)})
	}
	for _, a := range c.Affected {
		if a.PURL != "" {
			out = append(out, fingerprint{"purl", packageKey(a.PURL)})
		}
		if a.Product != "" {
			out = append(out, fingerprint{"product", fold(a.Vendor) + "|" + fold(a.Product) + "|" + fold(a.Model)})
			if c.CWE != "" {
				out = append(out, fingerprint{"weakness", fold(c.CWE) + "|" + fold(a.Product)})
			}
		}
	}
	return out
}

// refingerprint replaces the tokens of a case.
func (s *Service) refingerprint(ctx context.Context, tx *db.Tx, c Case) error {
	if _, err := tx.Exec(ctx, `DELETE FROM case_fingerprint WHERE case_id = $1`, c.ID); err != nil {
		return err
	}
	var rows [][]any
	for _, f := range fingerprints(c.Content) {
		rows = append(rows, []any{s.Seal.Token("case/"+f.kind, f.value), c.ID, f.kind})
	}
	return db.Bulk(ctx, tx, "case_fingerprint (token, case_id, kind)", "ON CONFLICT (token, case_id) DO NOTHING", rows)
}
