// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
)

// OrgsTx returns what OrgTx does for some hundred organisations at once, by id, but without their measures. One that does
// not exist is missing. The caller authorises.
func (s *Service) OrgsTx(ctx context.Context, tx *db.Tx, ids []string) (map[string]Org, error) {
	out := make(map[string]Org, len(ids))
	for part := range slices.Chunk(ids, 400) {
		var a db.Args
		os, err := db.List(ctx, tx, s.scanWhole, whole+` WHERE o.id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		for _, o := range os {
			out[o.ID] = o.standing(tx.Now)
		}
	}
	return out, nil
}
