// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Reading is one entry of the reader ledger: a person read an undisclosed case. It stands for ten minutes.
type Reading struct {
	AccountID, OrgID string // AccountID is for staff alone
	Role             string
	What             string // "case"
	At               time.Time
}

// maxReadings bounds the answer.
const maxReadings = 1_000

// NoteReading notes in the reader ledger that the actor reads a case by what was drafted from it. Faults as of Get.
func (s *Service) NoteReading(ctx context.Context, by member.Actor, id string) error {
	return s.reading(ctx, by, func(tx *db.Tx) (view, error) { return s.readable(ctx, tx, by, id, "") })
}

// Readers returns the reader ledger of a case, the newest entries first, to staff and to whoever reported it: the reporter
// may know which organisations, in which roles, have read what it entrusted to the platform.
func (s *Service) Readers(ctx context.Context, by member.Actor, id string) (out []Reading, err error) {
	err = s.inside(ctx, by, id, func(tx *db.Tx, v view) error {
		if v.insider == ByParty {
			return fault.Deny("fault.role")
		}
		out, err = db.List(ctx, tx, scanReading, `SELECT account_id, org_id, role, what, at FROM case_read WHERE case_id = $1 ORDER BY at DESC, id DESC LIMIT $2`, v.ID, maxReadings)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list readers: %w", err)
	}
	for i := range out {
		if !byOffice(by) && out[i].AccountID != by.AccountID {
			out[i].AccountID = ""
		}
	}
	return out, nil
}

func scanReading(r db.Row) (x Reading, err error) {
	var at db.Time
	err = r.Scan(&x.AccountID, &x.OrgID, &x.Role, &x.What, &at)
	x.At = at.Time
	return x, err
}
