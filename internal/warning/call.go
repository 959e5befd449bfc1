// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Call is what the platform's desk has to say by phone to a unit that let the time limit of a red, an orange or a yellow
// warning pass in silence (Measures on Threat Monitoring of 2017, art. 8: by phone first, in writing afterwards).
type Call struct {
	Warning Warning // number, level, revision, limit; no texts
	Org     member.Org
	Since   time.Time // the time limit passed
	Late    bool      // the platform noted it late
	Tries   []duty.Try
	Lines   []duty.CallLine // whom to call, in this order
}

// maxCalls bounds the list of calls.
const maxCalls = 200

// Calls returns the units that have to be called: at most 200, the gravest and those that are silent longest first. A unit
// stands here until it answers, or somebody has spoken to it or told it in writing.
func (s *Service) Calls(ctx context.Context, by member.Actor) (cs []Call, err error) {
	if err := watcher(by); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		cs, err = s.calls(ctx, tx, "", "")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list calls about warnings: %w", err)
	}
	return cs, nil
}

// calls are all, or the one about a warning to a unit.
func (s *Service) calls(ctx context.Context, tx *db.Tx, id, org string) (cs []Call, err error) {
	var a db.Args
	query := `SELECT r.warning_id, r.revision, w.number, w.case_id, v.level, v.tlp, v.respond_by, ` + orgColumns + `, m.fell_at, m.late
		FROM warning_recipient r JOIN warning w ON w.id = r.warning_id JOIN warning_revision v ON v.warning_id = r.warning_id AND v.revision = r.revision
		JOIN warning_reminder m ON m.warning_id = r.warning_id AND m.org_id = r.org_id AND m.step = 100
			AND m.revision = (SELECT max(x.revision) FROM warning_reminder x WHERE x.warning_id = r.warning_id AND x.org_id = r.org_id AND x.step = 100)
		JOIN org o ON o.id = r.org_id
		WHERE r.reminded = 100 AND r.answer = '' AND v.kind NOT IN ('lift', 'recall') AND v.level IN ('red', 'orange', 'yellow')
		AND NOT EXISTS (SELECT 1 FROM warning_revision n WHERE n.warning_id = r.warning_id AND n.revision > r.revision)
		AND NOT EXISTS (SELECT 1 FROM warning_call c WHERE c.warning_id = r.warning_id AND c.org_id = r.org_id AND c.revision >= m.revision AND c.outcome <> 'no-answer')`
	if id != "" {
		query += ` AND r.warning_id = ` + a.P(id) + ` AND r.org_id = ` + a.P(org)
	}
	cs, err = db.List(ctx, tx, func(r db.Row) (c Call, err error) {
		into, done := orgInto(&c.Org)
		w := &c.Warning
		err = r.Scan(append(append([]any{&w.ID, &w.Revision, &w.Number, &w.CaseID, &w.Level, &w.TLP, timeInto{&w.RespondBy}}, into...), timeInto{&c.Since}, &c.Late)...)
		done()
		w.State = Out
		return c, err
	}, query+` ORDER BY CASE v.level WHEN 'red' THEN 1 WHEN 'orange' THEN 2 ELSE 3 END, m.fell_at, r.warning_id, o.id LIMIT `+a.P(maxCalls), a...)
	if err != nil || len(cs) == 0 {
		return nil, err
	}
	var orgs []string
	for _, c := range cs {
		orgs = append(orgs, c.Org.ID)
	}
	contacts, err := member.ContactsTx(ctx, tx, orgs)
	if err != nil {
		return nil, err
	}
	for i := range cs {
		c := &cs[i]
		c.Lines = duty.CallLines(contacts[c.Org.ID])
		if c.Tries, err = s.tries(ctx, tx, c.Warning.ID, c.Org.ID); err != nil {
			return nil, err
		}
	}
	return cs, nil
}

// tries are the calls to a unit about a warning, oldest first.
func (s *Service) tries(ctx context.Context, tx *db.Tx, id, org string) ([]duty.Try, error) {
	return db.List(ctx, tx, func(r db.Row) (t duty.Try, err error) {
		var sealed []byte
		if err := r.Scan(&t.ID, timeInto{&t.At}, &t.By, &t.To, &t.Outcome, &sealed); err != nil || sealed == nil {
			return t, err
		}
		b, err := s.Seal.Open(placeCall(t.ID), sealed)
		t.Note = string(b)
		return t, err
	}, `SELECT id, at, by_account, recipient, outcome, note_sealed FROM warning_call WHERE warning_id = $1 AND org_id = $2 ORDER BY id`, id, org)
}

func placeCall(id string) string { return "warning_call/" + id + "/note" }

// Called: somebody of the desk called a unit that is silent, or gave up calling.
type Called struct {
	on
	Revision int          `json:"revision"`
	OrgID    string       `json:"org"`
	To       string       `json:"to"` // account, or "org/ID"
	Outcome  duty.Outcome `json:"outcome"`
}

// Kind is the stored name.
func (Called) Kind() string { return "warning.called" }

// About puts it on the warning's, the case's and the unit's time lines.
func (e Called) About() event.About { return withOrg(e.on, e.OrgID) }

// RecordCall notes that the actor called a unit about a warning, and how it went. When somebody was reached, or is told in
// writing because nobody could be, the unit leaves the list and the written follow-up goes out in the same transaction, to
// whom was called and where the unit wants to be told. For duty officers and analysts, by name. Faults: Invalid; NotFound
// when there is nothing to call about.
func (s *Service) RecordCall(ctx context.Context, by member.Actor, id, orgID string, in duty.CallInput) error {
	if err := drafter(by); err != nil {
		return err
	}
	if by.AccountID == "" {
		return fault.Deny("fault.role")
	}
	if err := storable(id + orgID); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := s.newest(ctx, tx, id, orgID, tx.ForUpdate()); err != nil {
			return err
		}
		cs, err := s.calls(ctx, tx, id, orgID)
		if err != nil {
			return err
		}
		if len(cs) == 0 {
			return fault.Missing()
		}
		c := cs[0]
		if err := in.Check(c.Lines); err != nil {
			return err
		}
		key := uuid.Must(uuid.NewV7()).String()
		var sealed any // NULL without a note
		if note := strings.TrimSpace(in.Note); note != "" {
			sealed = s.Seal.Seal(placeCall(key), []byte(note))
		}
		if err := db.Bulk(ctx, tx, `warning_call (id, warning_id, revision, org_id, at, by_account, recipient, outcome, note_sealed)`, "",
			[][]any{{key, id, c.Warning.Revision, orgID, db.At(tx.Now), by.AccountID, in.To, string(in.Outcome), sealed}}); err != nil {
			return err
		}
		if in.Outcome != duty.NoAnswer {
			if err := delivery.Queue(ctx, tx, letterTo(c.Warning, orgID, called, in.To)); err != nil {
				return err
			}
			if err := queuePlaces(ctx, tx, c.Warning, called, []string{orgID}); err != nil {
				return err
			}
			if s.Notify != nil {
				tx.OnCommit(s.Notify)
			}
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Called{c.Warning.on(), c.Warning.Revision, orgID, in.To, in.Outcome})
		return err
	})
	if err != nil {
		return fmt.Errorf("record a call about warning %s: %w", id, err)
	}
	return nil
}
