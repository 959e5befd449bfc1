// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
)

// OfficesTx returns the organisations that receive transfers (Provisions of 2021, art. 7 ¶2), with their webhook secrets
// in clear, and the organisation that runs the platform, "" when none is entered. It is one query: every report asks.
func (s *Service) OfficesTx(ctx context.Context, tx *db.Tx) (authorities []Org, platform string, err error) {
	all, err := db.List(ctx, tx, s.scanWhole, whole+`
		WHERE o.status = 'active' AND (CAST(o.roles AS TEXT) LIKE $1 OR CAST(o.roles AS TEXT) LIKE $2) ORDER BY o.id`, rolePattern(Authority), rolePattern(Platform))
	if err != nil {
		return nil, "", fmt.Errorf("find the authorities and the platform: %w", err)
	}
	for _, o := range all {
		if o.Has(Authority) {
			authorities = append(authorities, o)
		}
		if platform == "" && o.Has(Platform) {
			platform = o.ID
		}
	}
	return authorities, platform, nil
}
