// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Join decides that a case is the vulnerability of another one, which into names by id or number: its reports, their
// duties, the organisations that take part and the notices go there, and it ends as a duplicate. Dates stay as they are:
// each report counts from when it was received. That a flaw is exploited holds for both when it holds for one.
func (s *Service) Join(ctx context.Context, by member.Actor, id, into string) error {
	if err := named(by); err != nil {
		return err
	}
	if into = strings.TrimSpace(into); into == "" {
		return fault.FieldError("into", "rule.required", s.Prefix+"-2021-000001")
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		from, to, err := s.pair(ctx, tx, id, into)
		if err != nil {
			return err
		}
		return s.join(ctx, tx, by, from, to)
	})
	if err != nil {
		return fmt.Errorf("join cases: %w", err)
	}
	return nil
}

// pair locks both cases, always in the same order, so that two joins at once cannot wait for each other.
func (s *Service) pair(ctx context.Context, tx *db.Tx, id, into string) (from, to Case, err error) {
	if !storable(id) || !storable(into) {
		return from, to, fault.Missing()
	}
	cs, err := db.List(ctx, tx, s.scan, `SELECT `+columns+` FROM casefile c WHERE c.id = $1 OR c.id = $2 OR c.number = $3 ORDER BY c.id`+tx.ForUpdate(), id, into, into)
	if err != nil {
		return from, to, err
	}
	for _, c := range cs {
		if c.ID == id {
			from = c
		}
		if c.ID == into || c.Number == into {
			to = c
		}
	}
	switch {
	case from.ID == "":
		return from, to, fault.Missing()
	case to.ID == "":
		return from, to, fault.FieldError("into", "case.rule.into", "")
	case to.ID == from.ID:
		return from, to, fault.FieldError("into", "case.rule.itself", "")
	case to.State == Duplicate || to.State == Rejected:
		return from, to, fault.Clash("case.ended", string(to.State))
	}
	return from, to, nil
}

func (s *Service) join(ctx context.Context, tx *db.Tx, by member.Actor, from, to Case) error {
	reports, err := reportIDs(ctx, tx, from.ID)
	if err != nil {
		return err
	}
	if err := s.moved(ctx, tx, by, &from, Duplicate); err != nil {
		return err
	}
	from.DuplicateOf = to.ID
	if from.Exploited == "yes" {
		to.Exploited = from.Exploited
	}
	for _, c := range []Case{from, to} {
		if err := s.update(ctx, tx, c); err != nil {
			return err
		}
	}
	if err := s.carry(ctx, tx, from.ID, to.ID); err != nil {
		return err
	}
	for _, r := range reports {
		eventID, err := s.Events.Record(ctx, tx, by.By(), Joined{on: to.on(), ReportID: r})
		if err != nil {
			return err
		}
		if err := s.Duties.Attach(ctx, tx, r, to.ID); err != nil {
			return err
		}
		if err := s.toldBefore(ctx, tx, r, to.ID, eventID); err != nil {
			return err
		}
		if err := s.Duties.Verified(ctx, tx, []string{r}, tx.Now, eventID); err != nil { // that it is known is what the check found
			return err
		}
		if to.State == Published || to.State == Closed {
			if err := s.Duties.Served(ctx, tx, []string{r}, tx.Now, eventID, duty.RuleAnswer); err != nil {
				return err
			}
		}
	}
	return nil
}

// carry moves what hangs on one case to another one. Who reported one of them reported the vulnerability; for the rest the
// standing in the case that goes on counts.
func (s *Service) carry(ctx context.Context, tx *db.Tx, from, to string) error {
	ps, err := s.parties(ctx, tx, from)
	if err != nil {
		return err
	}
	for _, p := range ps {
		if _, err := tx.Exec(ctx, `INSERT INTO case_party (case_id, org_id, relation, status, since, why_sealed) VALUES ($1,$2,$3,$4,$5,$6)
			ON CONFLICT (case_id, org_id) DO UPDATE SET relation = CASE WHEN excluded.relation = 'reporter' THEN excluded.relation ELSE case_party.relation END`,
			to, p.OrgID, string(p.Relation), string(p.Status), db.At(p.Since), s.sealWhy(to, p.OrgID, p.Why)); err != nil {
			return err
		}
	}
	for _, q := range []string{
		`UPDATE case_report SET case_id = $1 WHERE case_id = $2`,
		`UPDATE casefile SET duplicate_of = $1 WHERE duplicate_of = $2`,
		`UPDATE notice SET case_id = $1 WHERE case_id = $2 AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.case_id = $1 AND n.org_id = notice.org_id AND n.email = notice.email)`,
	} {
		if _, err := tx.Exec(ctx, q, to, from); err != nil {
			return err
		}
	}
	return nil
}

// toldBefore meets the duty to tell the upstream provider for a report that came to a case whose provider knows already.
func (s *Service) toldBefore(ctx context.Context, tx *db.Tx, reportID, caseID, eventID string) error {
	at, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT delivered_at FROM notice WHERE case_id = $1 AND delivered_at IS NOT NULL ORDER BY delivered_at LIMIT 1`, caseID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	learned, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT learned_at FROM report WHERE id = $1`, reportID)
	if err != nil {
		return err
	}
	return s.Duties.Meet(ctx, tx, reportID, duty.RuleUpstream, later(at.Time, learned.Time), eventID)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
