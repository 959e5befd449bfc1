// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
)

// AuditContent opens the words of every version and holds them against the digest in the event that the evidence log
// proves: content_digest is hex(SHA-256(salt ‖ words)). The findings name versions and no word of theirs.
func (s *Service) AuditContent(ctx context.Context, tx *db.Tx, f *evidence.Findings) error {
	type version struct {
		id, digest, payload string
		n                   int
		sealed, salt        []byte
	}
	const page = 200
	for id, n := "", 0; ; {
		vs, err := db.List(ctx, tx, func(r db.Row) (v version, err error) {
			return v, r.Scan(&v.id, &v.n, &v.sealed, &v.digest, &v.salt, db.Null(&v.payload))
		}, `SELECT v.report_id, v.version, v.content_sealed, v.digest, v.salt, e.payload FROM report_version v LEFT JOIN event e ON e.id = v.event_id
			WHERE v.report_id > $1 OR (v.report_id = $1 AND v.version > $2) ORDER BY v.report_id, v.version LIMIT $3`, id, n, page)
		if err != nil {
			return fmt.Errorf("audit the words of reports: %w", err)
		}
		for _, v := range vs {
			id, n = v.id, v.n
			var said struct {
				ContentDigest string `json:"content_digest"`
			}
			words, err := s.Seal.Open(place(v.id, v.n), v.sealed)
			what := ""
			switch {
			case err != nil:
				what = "its words cannot be opened with the platform's key"
			case json.Unmarshal([]byte(v.payload), &said) != nil || said.ContentDigest == "":
				what = "its event is gone, or is that of something else"
			case evidence.Digest(v.salt, words) != said.ContentDigest || v.digest != said.ContentDigest:
				what = "its words are not those whose digest is in its event"
			}
			if what != "" {
				f.Note("report_version", fmt.Sprintf("%s/%d", v.id, v.n), what)
			}
		}
		if len(vs) < page {
			return nil
		}
	}
}
