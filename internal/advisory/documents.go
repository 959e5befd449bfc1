// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
)

// Documents returns what is published about a case for machines, by file name: CSAF and OSV; nothing before it is published.
// It is public: the caller need not authorise.
func (s *Service) Documents(ctx context.Context, tx *db.Tx, caseID string) (map[string][]byte, error) {
	if !storable(caseID) {
		return nil, nil
	}
	as, err := db.List(ctx, tx, scanPublished, publishedFrom+` WHERE a.published_at IS NOT NULL AND a.case_id = $1 LIMIT 1`, caseID)
	if err != nil || len(as) == 0 {
		return nil, err
	}
	revs, err := revisions(ctx, tx, as[0].ID)
	if err != nil {
		return nil, err
	}
	document, err := s.CSAF(as[0], revs).Encode()
	if err != nil {
		return nil, fmt.Errorf("CSAF document of %s: %w", as[0].Number, err)
	}
	record, err := json.MarshalIndent(s.OSV(as[0]), "", "  ")
	return map[string][]byte{"csaf.json": document, "osv.json": append(record, '\n')}, err
}
