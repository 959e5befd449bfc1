// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/seal"
)

const columns = `a.id, a.case_id, a.number, a.state, a.revision, a.rev, a.content_sealed, a.drafted_by, a.reviewed_by, a.created_at, a.updated_at, a.published_at`

func (s *Service) scan(r db.Row) (a Advisory, err error) {
	var sealed []byte
	var created, updated, published db.Time
	if err := r.Scan(&a.ID, &a.CaseID, &a.Number, &a.State, &a.Revision, &a.Rev, &sealed, &a.DraftedBy, &a.ReviewedBy, &created, &updated, &published); err != nil {
		return a, err
	}
	a.CreatedAt, a.UpdatedAt, a.PublishedAt = created.Time, updated.Time, published.Time
	a.Content, err = seal.OpenJSON[Content](s.Seal, place(a.ID), sealed)
	return a, err
}

func place(id string) string { return "advisory/" + id + "/content" }

// storable reports whether both databases take s: what they do not take names nothing.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func (s *Service) byID(ctx context.Context, tx *db.Tx, id, suffix string) (Advisory, error) {
	if !storable(id) {
		return Advisory{}, fault.Missing()
	}
	return db.Get(ctx, tx, s.scan, `SELECT `+columns+` FROM advisory a WHERE a.id = $1`+suffix, id)
}

func (s *Service) ofCase(ctx context.Context, tx *db.Tx, caseID string) (Advisory, error) {
	if !storable(caseID) {
		return Advisory{}, fault.Missing()
	}
	return db.Get(ctx, tx, s.scan, `SELECT `+columns+` FROM advisory a WHERE a.case_id = $1`, caseID)
}

// insert adds an advisory, unless its case has one.
func (s *Service) insert(ctx context.Context, tx *db.Tx, a Advisory) error {
	sealed, err := seal.SealJSON(s.Seal, place(a.ID), a.Content)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO advisory (id, case_id, number, state, revision, rev, content_sealed, drafted_by, reviewed_by, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11) ON CONFLICT DO NOTHING`, a.ID, a.CaseID, a.Number, a.State, a.Revision, a.Rev, sealed, a.DraftedBy, a.ReviewedBy, db.At(a.CreatedAt), db.At(a.UpdatedAt))
	return err
}

func (s *Service) update(ctx context.Context, tx *db.Tx, a Advisory) error {
	sealed, err := seal.SealJSON(s.Seal, place(a.ID), a.Content)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE advisory SET state = $1, revision = $2, rev = $3, content_sealed = $4, drafted_by = $5, reviewed_by = $6, updated_at = $7, published_at = $8 WHERE id = $9`,
		a.State, a.Revision, a.Rev, sealed, a.DraftedBy, a.ReviewedBy, db.At(tx.Now), db.At(a.PublishedAt), a.ID)
	return err
}

// insertRevision keeps what was published, in clear: it is public now.
func insertRevision(ctx context.Context, tx *db.Tx, a Advisory, summary string) error {
	_, err := tx.Exec(ctx, `INSERT INTO advisory_revision (advisory_id, revision, content, summary, words, at) VALUES ($1,$2,$3,$4,$5,$6)`,
		a.ID, a.Revision, db.ToJSON(a.Content), summary, words(a.Content), db.At(tx.Now))
	return err
}

// words is what a search looks through: titles and the names of products, in lower case.
func words(c Content) string {
	texts := []string{c.Title, c.TitleEN}
	for _, a := range c.Affected {
		texts = append(texts, a.Vendor, a.Product, a.Model, a.PURL)
	}
	return strings.ToLower(strings.Join(present(texts), " "))
}

func revisions(ctx context.Context, tx *db.Tx, id string) ([]Revision, error) {
	return db.List(ctx, tx, func(r db.Row) (x Revision, err error) {
		var at db.Time
		err = r.Scan(&x.N, &x.Summary, &at)
		x.At = at.Time
		return x, err
	}, `SELECT revision, summary, at FROM advisory_revision WHERE advisory_id = $1 ORDER BY revision`, id)
}

// scanPublished scans an advisory with the content of its newest published revision: a draft of the next one stays unseen.
func scanPublished(r db.Row) (a Advisory, err error) {
	var content db.JSON[Content]
	var created, updated, published db.Time
	err = r.Scan(&a.ID, &a.CaseID, &a.Number, &a.Revision, &content, &a.DraftedBy, &a.ReviewedBy, &created, &updated, &published)
	a.State, a.Content = Public, content.V
	a.CreatedAt, a.UpdatedAt, a.PublishedAt = created.Time, updated.Time, published.Time
	return a, err
}

const publishedFrom = `SELECT a.id, a.case_id, a.number, v.revision, v.content, a.drafted_by, a.reviewed_by, a.created_at, v.at, a.published_at
	FROM advisory a JOIN advisory_revision v ON v.advisory_id = a.id
	AND v.revision = (SELECT max(x.revision) FROM advisory_revision x WHERE x.advisory_id = a.id)`

// setAliases makes the advisory findable by its number and aliases, in upper case.
func setAliases(ctx context.Context, tx *db.Tx, a Advisory) error {
	if _, err := tx.Exec(ctx, `DELETE FROM advisory_alias WHERE advisory_id = $1`, a.ID); err != nil {
		return err
	}
	rows := [][]any{{strings.ToUpper(a.Number), a.ID}}
	for _, alias := range a.Content.Aliases {
		rows = append(rows, []any{strings.ToUpper(alias), a.ID})
	}
	return db.Bulk(ctx, tx, "advisory_alias (alias, advisory_id)", "ON CONFLICT (alias, advisory_id) DO NOTHING", rows)
}
