// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Explain puts on record, in Chinese and English, why the platform kept one of its own clocks too late. It is shown beside
// the breach, changes nothing about it, and may be written anew: editions keep what they said. For supervisors.
func (s *Service) Explain(ctx context.Context, by member.Actor, dutyID, zh, en string) error {
	if err := editor(by); err != nil {
		return err
	}
	zh, err := sentence("reason_zh", zh, true)
	en, err2 := sentence("reason_en", en, false)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if uuid.Validate(dutyID) != nil {
			return fault.Missing()
		}
		late, err := db.Get(ctx, tx, db.Value[bool], `SELECT latest_at < $2 AND (met_at IS NULL OR met_at > latest_at) FROM duty WHERE id = $1 AND owed_to <> '' AND void_at IS NULL`, dutyID, db.At(tx.Now))
		if err != nil {
			return err
		}
		if !late {
			return fault.Clash("transparency.no-breach")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO transparency_reason (duty_id, reason_zh, reason_en, by_account, at) VALUES ($1,$2,$3,$4,$5)
			ON CONFLICT (duty_id) DO UPDATE SET reason_zh = excluded.reason_zh, reason_en = excluded.reason_en, by_account = excluded.by_account, at = excluded.at`,
			dutyID, zh, en, by.AccountID, db.At(tx.Now)); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Explained{dutyID})
		return err
	})
	if err != nil {
		return fmt.Errorf("explain breach: %w", err)
	}
	s.live.forget()
	return nil
}

// forget lets the next reader have new figures made.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.by)
}
