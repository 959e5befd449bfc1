// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/seal"
)

// The working row of a warning, and its released revisions, in the same columns.
const (
	working = `SELECT w.id, w.number, w.case_id, w.revision, w.rev, w.kind, TRUE, w.exercise, w.territory, w.level, w.tlp, w.state, w.content_sealed,
		w.respond_by, w.drafted_by, w.approved_by, w.released_by, w.created_at, w.released_at FROM warning w`
	releasedColumns = `w.id, w.number, w.case_id, v.revision, w.rev, v.kind, v.significant, w.exercise, v.territory, v.level, v.tlp, 'released', v.content_sealed,
		v.respond_by, w.drafted_by, v.approved_by, v.released_by, w.created_at, v.released_at`
	released = `SELECT ` + releasedColumns + ` FROM warning w JOIN warning_revision v ON v.warning_id = w.id`
)

// sealedWarning is a row before its content is opened.
type sealedWarning struct {
	Warning
	sealed []byte
}

func (s *sealedWarning) into() []any {
	return []any{&s.ID, &s.Number, &s.CaseID, &s.Revision, &s.Rev, &s.Kind, &s.Significant, &s.Exercise, &s.Territory, &s.Level, &s.TLP, &s.State, &s.sealed,
		timeInto{&s.RespondBy}, &s.DraftedBy, &s.ApprovedBy, &s.ReleasedBy, timeInto{&s.CreatedAt}, timeInto{&s.ReleasedAt}}
}

func scanWarning(r db.Row) (s sealedWarning, err error) { return s, r.Scan(s.into()...) }

func place(id string) string { return "warning/" + id + "/content" }

func revisionPlace(id string, revision int) string {
	return fmt.Sprintf("warning_revision/%s/%d/content", id, revision)
}

// said is what is sealed of a warning.
type said struct {
	Content
	Products int      `json:"products"`
	Orgs     int      `json:"orgs"`
	Known    Snapshot `json:"known,omitzero"` // of a released revision
}

func (s *Service) seal(place string, w Warning) ([]byte, error) {
	return seal.SealJSON(s.Seal, place, said{w.Content, w.Products, w.Orgs, w.Known})
}

func (s *Service) unseal(place string, r sealedWarning) (Warning, error) {
	x, err := seal.OpenJSON[said](s.Seal, place, r.sealed)
	w := r.Warning
	w.Content, w.Products, w.Orgs, w.Known = x.Content, x.Products, x.Orgs, x.Known
	return w, err
}

// open opens a working row's content.
func (s *Service) open(tx *db.Tx, r sealedWarning) (Warning, error) {
	w, err := s.unseal(place(r.ID), r)
	if w.Limited = !w.RespondBy.IsZero(); !w.Limited {
		w.RespondBy = tx.Now.Add(w.Level.Within())
	}
	return w, err
}

// openRevision opens a released revision's content.
func (s *Service) openRevision(r sealedWarning) (Warning, error) {
	return s.unseal(revisionPlace(r.ID, r.Revision), r)
}

// storable says that there is no such thing when s is no text that both databases take.
func storable(s string) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return fault.Missing()
	}
	return nil
}

func (s *Service) load(ctx context.Context, tx *db.Tx, id string) (Warning, error) {
	if err := storable(id); err != nil {
		return Warning{}, err
	}
	r, err := db.Get(ctx, tx, scanWarning, working+` WHERE w.id = $1`, id)
	if err != nil {
		return Warning{}, err
	}
	return s.open(tx, r)
}

// lock loads the working row and keeps others from changing it; limit says whether a time limit was set by hand.
func (s *Service) lock(ctx context.Context, tx *db.Tx, id string) (w Warning, limit bool, err error) {
	if err := storable(id); err != nil {
		return Warning{}, false, err
	}
	r, err := db.Get(ctx, tx, scanWarning, working+` WHERE w.id = $1`+tx.ForUpdate(), id)
	if err != nil {
		return Warning{}, false, err
	}
	w, err = s.open(tx, r)
	return w, w.Limited, err
}

func (s *Service) lockOfCase(ctx context.Context, tx *db.Tx, caseID string) (Warning, error) {
	r, err := db.Get(ctx, tx, scanWarning, working+` WHERE w.case_id = $1 AND NOT w.exercise`+tx.ForUpdate(), caseID)
	if err != nil {
		return Warning{}, err
	}
	return s.open(tx, r)
}

// revision loads a released revision.
func (s *Service) revision(ctx context.Context, tx *db.Tx, id string, n int) (Warning, error) {
	r, err := db.Get(ctx, tx, scanWarning, released+` WHERE v.warning_id = $1 AND v.revision = $2`, id, n)
	if err != nil {
		return Warning{}, err
	}
	return s.openRevision(r)
}

// latest is the number of the newest released revision, 0 before the first release.
func latest(ctx context.Context, tx *db.Tx, id string) (int, error) {
	return db.Get(ctx, tx, db.Value[int], `SELECT coalesce(max(revision), 0) FROM warning_revision WHERE warning_id = $1`, id)
}

func (s *Service) insert(ctx context.Context, tx *db.Tx, w Warning) error {
	sealed, err := s.seal(place(w.ID), w)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO warning (id, number, case_id, revision, rev, kind, exercise, territory, level, tlp, state, content_sealed, drafted_by, approved_by, released_by, created_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)`,
		w.ID, w.Number, w.CaseID, w.Revision, w.Rev, w.Kind, w.Exercise, w.Territory, w.Level, w.TLP, w.State, sealed, w.DraftedBy, w.ApprovedBy, w.ReleasedBy, db.At(w.CreatedAt))
	return err
}

// update writes what may change of the working row. A zero RespondBy is stored as none.
func (s *Service) update(ctx context.Context, tx *db.Tx, w Warning) error {
	sealed, err := s.seal(place(w.ID), w)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE warning SET revision = $1, rev = $2, level = $3, tlp = $4, state = $5, content_sealed = $6, respond_by = $7,
		drafted_by = $8, approved_by = $9, released_by = $10, released_at = $11, kind = $12, territory = $13 WHERE id = $14`,
		w.Revision, w.Rev, w.Level, w.TLP, w.State, sealed, db.At(w.RespondBy), w.DraftedBy, w.ApprovedBy, w.ReleasedBy, db.At(w.ReleasedAt), w.Kind, w.Territory, w.ID)
	return err
}

// keep stores a revision as it is released.
func (s *Service) keep(ctx context.Context, tx *db.Tx, w Warning) error {
	sealed, err := s.seal(revisionPlace(w.ID, w.Revision), w)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO warning_revision (warning_id, revision, kind, significant, territory, level, tlp, content_sealed, respond_by, approved_by, released_by, released_at, remind_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)`,
		w.ID, w.Revision, w.Kind, w.Significant, w.Territory, w.Level, w.TLP, sealed, db.At(w.RespondBy), w.ApprovedBy, w.ReleasedBy, db.At(w.ReleasedAt), db.At(w.firstReminder()))
	return err
}

// number draws the next number of the year, as it is in Beijing.
func (s *Service) number(ctx context.Context, tx *db.Tx) (string, error) {
	year := tx.Now.In(calendar.Beijing()).Year()
	n, err := db.Next(ctx, tx, fmt.Sprintf("warning/%d", year))
	return fmt.Sprintf("%s-W-%d-%04d", s.Prefix, year, n), err
}
