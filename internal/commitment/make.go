// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package commitment

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// patience is how long an answer waits for its entry to enter the evidence log.
const patience = 2 * time.Second

// Make records a digest and returns the commitment with its receipt. Any person of an organisation may. The same digest
// made twice gives the first commitment again, so that a repeated request cannot move a date. Fault: Invalid.
func (s *Service) Make(ctx context.Context, by member.Actor, digest string) (c Commitment, receipt evidence.Receipt, err error) {
	if err := mayAct(by); err != nil {
		return c, receipt, fmt.Errorf("make commitment: %w", err)
	}
	digest = strings.ToLower(strings.TrimSpace(digest))
	if b, err := hex.DecodeString(digest); err != nil || len(b) != 32 {
		return c, receipt, fmt.Errorf("make commitment: %w", fault.FieldError("digest", "commitment.rule.digest", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"))
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		year := tx.Now.In(calendar.Beijing()).Year()
		n, err := db.Next(ctx, tx, fmt.Sprintf("commitment/%d", year)) // its row is the lock of those who make one
		if err != nil {
			return err
		}
		known, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM commitment WHERE org_id = $1 AND digest = $2`, by.OrgID, digest)
		if err != nil {
			return err
		}
		if len(known) > 0 {
			c = known[0]
			return errKnown
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		c = Commitment{ID: id.String(), Number: fmt.Sprintf("%s-K-%d-%06d", s.Prefix, year, n), OrgID: by.OrgID, AccountID: by.AccountID, Digest: digest, MadeAt: tx.Now}
		if c.madeEvent, err = s.Events.Record(ctx, tx, by.By(), Made{c.on()}); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO commitment (id, number, org_id, account_id, digest, made_at, made_event) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			c.ID, c.Number, c.OrgID, c.AccountID, c.Digest, db.At(c.MadeAt), c.madeEvent)
		return err
	})
	if err == nil || err == errKnown {
		receipt, err = s.receipted(ctx, by, c.ID, c.madeEvent, false)
	}
	if err != nil {
		return Commitment{}, evidence.Receipt{}, fmt.Errorf("make commitment: %w", err)
	}
	return c, receipt, nil
}

// errKnown ends the transaction without a new number.
var errKnown = fmt.Errorf("the commitment is known")

func (c Commitment) on() on { return on{c.ID, c.Number, c.OrgID, c.Digest} }
