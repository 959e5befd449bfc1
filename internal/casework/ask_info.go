// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// maxWhy bounds questions and reasons, in characters.
const maxWhy = 5_000

// AskInfo asks the reporters for more: the question stands on their reports' time lines. It proposes that the platform's
// clocks stand still, which a second person signs; the reporter's never do. What was asked is sealed.
func (s *Service) AskInfo(ctx context.Context, by member.Actor, id, why string) error {
	if err := s.tell(ctx, by, id, why, NeedsInfo); err != nil {
		return fmt.Errorf("ask for more: %w", err)
	}
	return nil
}

// tell moves a case and tells its reporters why.
func (s *Service) tell(ctx context.Context, by member.Actor, id, why string, to State) error {
	if err := named(by); err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	if err := checkWhy(why); err != nil {
		return err
	}
	_, err := s.change(ctx, id, func(tx *db.Tx, c *Case) error {
		from := c.State
		if err := c.moveTo(tx, to); err != nil {
			return err
		}
		reports, err := reportIDs(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		eventID, err := s.Events.Record(ctx, tx, by.By(), Moved{on: c.on(), From: from, To: to, Reports: reports})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO case_reason (event_id, case_id, why_sealed) VALUES ($1,$2,$3)`, eventID, c.ID, s.Seal.Seal(placeWhy(eventID), []byte(why)))
		if err != nil {
			return err
		}
		return s.clocks(ctx, tx, by, from, to, reports, eventID, why)
	})
	return err
}

// clocks tells the platform's own clocks what a move means to them: a question may let them stand still, a rejection is
// the answer.
func (s *Service) clocks(ctx context.Context, tx *db.Tx, by member.Actor, from, to State, reports []string, eventID, why string) error {
	if from == NeedsInfo {
		if err := s.Duties.GoOn(ctx, tx, by, reports); err != nil {
			return err
		}
	}
	switch to {
	case NeedsInfo:
		return s.Duties.Asked(ctx, tx, by, reports, why)
	case Rejected:
		if err := s.Duties.Verified(ctx, tx, reports, tx.Now, eventID); err != nil {
			return err
		}
		return s.Duties.Served(ctx, tx, reports, tx.Now, eventID, duty.RuleAnswer)
	case Published, Closed:
		return s.Duties.Served(ctx, tx, reports, tx.Now, eventID, duty.RuleAnswer)
	}
	return nil
}

func checkWhy(why string) error {
	var k fault.Check
	k.That(why != "", "why", "rule.required", "")
	k.That(utf8.RuneCountInString(why) <= maxWhy, "why", "rule.too-long", "", maxWhy)
	return k.Err()
}

func placeWhy(eventID string) string { return "case_reason/" + eventID + "/why" }

func reportIDs(ctx context.Context, tx *db.Tx, caseID string) ([]string, error) {
	return db.List(ctx, tx, db.Value[string], `SELECT cr.report_id FROM case_report cr JOIN report r ON r.id = cr.report_id
		WHERE cr.case_id = $1 ORDER BY r.received_at, r.id`, caseID)
}

// Reasons puts what the reporters were asked or told into the lines of a time line, as "why" of case.moved. The caller
// authorises: the reader must be staff, or the reporter of the report on whose time line they stand.
func (s *Service) Reasons(ctx context.Context, tx *db.Tx, lines []event.Line) error {
	for i, l := range lines {
		if l.Kind != (Moved{}).Kind() {
			continue
		}
		sealed, err := db.Get(ctx, tx, db.Value[[]byte], `SELECT why_sealed FROM case_reason WHERE event_id = $1`, l.ID)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		why, err := s.Seal.Open(placeWhy(l.ID), sealed)
		if err != nil {
			return err
		}
		var e Moved
		if err := json.Unmarshal([]byte(l.Payload), &e); err != nil {
			return err
		}
		e.Why = string(why)
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		lines[i].Payload = string(b)
	}
	return nil
}

// OnSupplemented goes on with a case whose reporter has sent more: a step of the flow, safe to run again. A case that
// waited for it comes back to triage. A content that nobody has edited follows the report.
func (s *Service) OnSupplemented(ctx context.Context, e report.Supplemented) error {
	vs, err := s.Reports.Versions(ctx, member.System(), e.ReportID)
	if err != nil {
		return fmt.Errorf("go on with report %s: %w", e.ReportID, err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		id, err := caseOf(ctx, tx, e.ReportID)
		if err != nil {
			return err
		}
		c, err := s.byID(ctx, tx, id, tx.ForUpdate())
		if err != nil {
			return err
		}
		return s.supplemented(ctx, tx, c, vs)
	})
	if err != nil {
		return fmt.Errorf("go on with report %s: %w", e.ReportID, err)
	}
	return nil
}

func (s *Service) supplemented(ctx context.Context, tx *db.Tx, c Case, vs []report.Version) error {
	last := vs[len(vs)-1].Content
	unedited, changed := false, !reflect.DeepEqual(c.Content, normalise(last))
	for _, v := range vs[:len(vs)-1] {
		unedited = unedited || reflect.DeepEqual(c.Content, normalise(v.Content))
	}
	if unedited && changed && c.PublishedAt.IsZero() {
		c.Content = normalise(last)
		c.Rev++
		if err := s.refingerprint(ctx, tx, c); err != nil {
			return err
		}
		if _, err := s.Events.Record(ctx, tx, member.System().By(), Edited{on: c.on(), Rev: c.Rev}); err != nil {
			return err
		}
	}
	if last.Exploited == "yes" && (c.State == Triage || c.State == NeedsInfo || c.State == Verifying) {
		c.Exploited = last.Exploited
	}
	if c.State == NeedsInfo {
		if err := s.moved(ctx, tx, member.System(), &c, Triage); err != nil {
			return err
		}
	}
	return s.update(ctx, tx, c)
}
