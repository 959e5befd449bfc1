// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
)

// LevelSet: a partner unit has another level, as two persons have decided.
type LevelSet struct {
	OrgID  string `json:"org"`
	Before int    `json:"before"`
	Level  int    `json:"level"`
	Number string `json:"number"` // of the evaluation
}

// Kind is the stored name.
func (LevelSet) Kind() string { return "member.level-set" }

// About puts the event on the organisation's time line.
func (e LevelSet) About() event.About {
	return event.About{Number: e.Number, Subjects: []string{"org/" + e.OrgID}}
}

// SetLevel enters the level of a partner unit, 0 for none, in the transaction of what decided on it; number is that of the
// evaluation. The caller authorises: two persons have signed. A level that the unit has already is no change.
func (s *Service) SetLevel(ctx context.Context, tx *db.Tx, orgID string, level int, number string) error {
	o, err := orgByID(ctx, tx, orgID, tx.ForUpdate())
	if err != nil {
		return fmt.Errorf("set level: %w", err)
	}
	switch {
	case level < 0 || level > 3:
		return fmt.Errorf("set level: %d is no level", level)
	case !o.Partner:
		return fault.Clash("evaluation.no-partner")
	case o.PartnerLevel == level:
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE org SET partner_level = $1 WHERE id = $2`, level, orgID); err != nil {
		return fmt.Errorf("set level: %w", err)
	}
	_, err = s.Events.Record(ctx, tx, System().By(), LevelSet{orgID, o.PartnerLevel, level, number})
	return err
}
