// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/seal"
)

const columns = `id, number, org_id, account_id, contact, relation, flash, version, completeness, state, learned_at, received_at, event_id`

func scan(r db.Row) (x Report, err error) {
	var learned, received db.Time
	err = r.Scan(&x.ID, &x.Number, db.Null(&x.OrgID), db.Null(&x.AccountID), &x.Contact, &x.Relation, &x.Flash, &x.Version,
		&x.Completeness, &x.State, &learned, &received, &x.EventID)
	x.LearnedAt, x.ReceivedAt = learned.Time, received.Time
	return x, err
}

// keys are what a report is found by again, without an account or after a lost answer.
type keys struct {
	secret      []byte // digest of the status link's secret
	idempotency string // "" without a key
	request     []byte // keyed digest of the request, to tell a repetition from another request under the same key
}

func insertReports(ctx context.Context, tx *db.Tx, xs []*submission) error {
	rows := make([][]any, len(xs))
	for i, x := range xs {
		r, k := x.report, x.keys
		rows[i] = []any{r.ID, r.Number, db.Opt(r.OrgID), db.Opt(r.AccountID), r.Contact, string(r.Relation), r.Flash, r.Version, r.Completeness,
			string(r.State), db.At(r.LearnedAt), db.At(r.ReceivedAt), r.EventID, k.secret, db.Opt(k.idempotency), k.request}
	}
	return db.Bulk(ctx, tx, `report (`+columns+`, secret_hash, idempotency, request_hash)`, "", rows)
}

func updateReport(ctx context.Context, tx *db.Tx, r Report) error {
	_, err := tx.Exec(ctx, `UPDATE report SET relation = $1, flash = $2, version = $3, completeness = $4 WHERE id = $5`,
		string(r.Relation), r.Flash, r.Version, r.Completeness, r.ID)
	return err
}

// words are a content in the form that is digested and sealed: the receipt proves exactly these bytes.
type words struct {
	json   []byte
	salt   []byte
	digest string
}

func (c Content) words() (words, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return words{}, fmt.Errorf("encode content: %w", err)
	}
	salt := make([]byte, 16)
	rand.Read(salt) //nolint:errcheck // never fails
	return words{b, salt, evidence.Digest(salt, b)}, nil
}

// place binds a sealed content to its version.
func place(reportID string, version int) string {
	return fmt.Sprintf("report_version/%s/%d/content", reportID, version)
}

func (s *Service) insertVersions(ctx context.Context, tx *db.Tx, stages []stage) error {
	rows := make([][]any, len(stages))
	for i, g := range stages {
		id, n := g.report.ID, g.report.Version
		rows[i] = []any{id, n, s.Seal.Seal(place(id, n), g.words.json), g.words.digest, g.words.salt, g.eventID, db.At(tx.Now)}
	}
	return db.Bulk(ctx, tx, `report_version (report_id, version, content_sealed, digest, salt, event_id, at)`, "", rows)
}

// A stored version, still sealed.
type stored struct {
	Version
	sealed, salt []byte
	digest       string
}

const versionColumns = `version, content_sealed, digest, salt, event_id, at`

func scanVersion(r db.Row) (v stored, err error) {
	var at db.Time
	err = r.Scan(&v.N, &v.sealed, &v.digest, &v.salt, &v.EventID, &at)
	v.At = at.Time
	return v, err
}

// version returns a version with its content.
func (s *Service) version(ctx context.Context, tx *db.Tx, reportID string, n int) (stored, error) {
	v, err := db.Get(ctx, tx, scanVersion, `SELECT `+versionColumns+` FROM report_version WHERE report_id = $1 AND version = $2`, reportID, n)
	if err != nil {
		return v, err
	}
	v.Content, err = seal.OpenJSON[Content](s.Seal, place(reportID, n), v.sealed)
	return v, err
}

// whole adds the newest content to a report.
func (s *Service) whole(ctx context.Context, tx *db.Tx, r Report) (Report, error) {
	v, err := s.version(ctx, tx, r.ID, r.Version)
	r.Content = v.Content
	return r, err
}
