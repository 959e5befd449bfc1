// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Learned is how the register names the time of learning.
const Learned = learned

// basis is the stored form of facts, without whose they are and when they learned.
type basis struct {
	Relation Relation             `json:"relation"`
	Partner  bool                 `json:"partner"`
	Upstream bool                 `json:"upstream"`
	Roles    []lawpack.Role       `json:"roles,omitempty"`
	More     lawpack.Facts        `json:"more,omitempty"`
	Happened map[string]time.Time `json:"happened,omitempty"`
}

// noteFacts keeps from which facts the duties of reports were derived. The same facts are kept once.
func noteFacts(ctx context.Context, tx *db.Tx, begins []Begin) error {
	var rows [][]any
	for _, b := range begins {
		f := b.Facts
		if f.OrgID == "" || f.LearnedAt.IsZero() {
			continue
		}
		facts, err := json.Marshal(basis{f.Relation, f.Partner, f.Upstream, f.Roles, f.More, f.Happened})
		if err != nil {
			return err
		}
		rows = append(rows, []any{b.ReportID, string(facts), f.OrgID, db.At(f.LearnedAt), db.At(tx.Now), false})
	}
	err := db.Bulk(ctx, tx, `duty_derivation (report_id, facts, org_id, learned_at, derived_at, reconstructed)`, `ON CONFLICT (report_id, facts) DO NOTHING`, rows)
	if err != nil {
		return fmt.Errorf("note facts: %w", err)
	}
	return nil
}

// ReadFacts reads facts as they are stored, for those who try another version of a law on them.
func ReadFacts(stored, orgID string, learnedAt time.Time) (Facts, error) {
	var b basis
	if err := json.Unmarshal([]byte(stored), &b); err != nil {
		return Facts{}, fmt.Errorf("stored facts: %w", err)
	}
	return Facts{OrgID: orgID, Partner: b.Partner, Relation: b.Relation, Upstream: b.Upstream, LearnedAt: learnedAt, Roles: b.Roles, More: b.More, Happened: b.Happened}, nil
}

// Follows are the duties that the register would store for the facts by these packs, as Resolve finds them, with their
// reasons.
func Follows(packs []*lawpack.Pack, f Facts) (out []lawpack.Owed) {
	for _, o := range lawpack.Evaluate(packs, f.input(f.LearnedAt)) {
		if o.Duty.Rule != "" && o.State != lawpack.Upcoming && !o.DueAt.IsZero() {
			out = append(out, o)
		}
	}
	return out
}
