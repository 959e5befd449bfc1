// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Facts about a case that decide who may read it.
type Facts struct {
	Published bool
	Reported  bool     // the actor's organisation, or the actor, reported it
	Relation  Relation // of the actor's organisation, "" for none
}

// Rule names what lets an actor read a case; "" is no.
type Rule string

// The rules.
const (
	ByPublication Rule = "published"
	ByOffice      Rule = "staff"
	ByReport      Rule = "reporter"
	ByParty       Rule = "party"
)

// CanRead is the whole policy of reading cases. Scope says the same in SQL.
//
// A published vulnerability is open to everybody. Until then: analysts, duty officers and supervisors; the organisation
// that reported it; organisations that take part. A suspended organisation keeps what it reported and what lies in its
// own products (upstream, downstream), and loses what it was merely invited to. Auditors and administrators read no case.
func CanRead(a member.Actor, f Facts) Rule {
	switch {
	case f.Published:
		return ByPublication
	case !a.SignedIn():
		return ""
	case a.Staff():
		return ByOffice
	case f.Reported || f.Relation == Reporter:
		return ByReport
	case f.Relation == Upstream || f.Relation == Downstream:
		return ByParty
	case f.Relation == Invited && !a.Suspended:
		return ByParty
	}
	return ""
}

// Scope is CanRead as a condition on casefile c.
func Scope(a member.Actor, args *db.Args) string {
	const published = `c.published_at IS NOT NULL`
	switch {
	case !a.SignedIn():
		return `(` + published + `)`
	case a.Staff():
		return `(1 = 1)`
	}
	own := ` OR c.id IN (SELECT cr.case_id FROM case_report cr JOIN report r ON r.id = cr.report_id WHERE r.account_id = ` + args.P(a.AccountID) + `)`
	if a.OrgID == "" {
		return `(` + published + own + `)`
	}
	relations := `('reporter','upstream','downstream','invited')`
	if a.Suspended {
		relations = `('reporter','upstream','downstream')`
	}
	return `(` + published + own + ` OR c.id IN (SELECT p.case_id FROM case_party p WHERE p.org_id = ` + args.P(a.OrgID) + ` AND p.relation IN ` + relations + `))`
}

// facts reads what CanRead needs.
func facts(ctx context.Context, tx *db.Tx, a member.Actor, c Case) (f Facts, err error) {
	f.Published = !c.PublishedAt.IsZero()
	if a.OrgID != "" {
		rs, err := db.List(ctx, tx, db.Value[Relation], `SELECT relation FROM case_party WHERE case_id = $1 AND org_id = $2`, c.ID, a.OrgID)
		if err != nil {
			return f, err
		}
		if len(rs) > 0 {
			f.Relation = rs[0]
		}
	}
	if a.AccountID == "" {
		return f, nil
	}
	n, err := db.Get(ctx, tx, db.Value[int64], `SELECT count(*) FROM case_report cr JOIN report r ON r.id = cr.report_id WHERE cr.case_id = $1 AND r.account_id = $2`, c.ID, a.AccountID)
	f.Reported = n > 0
	return f, err
}

// readable loads a case for an actor, or says that there is no such thing.
func (s *Service) readable(ctx context.Context, tx *db.Tx, by member.Actor, id, suffix string) (Case, Rule, error) {
	if by.SignedIn() && !by.Allows(member.ScopeCase) && !by.Allows(member.ScopeReport) {
		return Case{}, "", fault.Deny("fault.scope", member.ScopeCase)
	}
	c, err := s.byID(ctx, tx, id, suffix)
	if err != nil {
		return Case{}, "", err
	}
	f, err := facts(ctx, tx, by, c)
	if err != nil {
		return Case{}, "", err
	}
	rule := CanRead(by, f)
	if rule == "" {
		return Case{}, "", fault.Hidden()
	}
	return c, rule, nil
}

// worker: who may work on cases.
func worker(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case !by.Staff():
		return fault.Hidden()
	case !by.Is(member.Analyst, member.DutyOfficer):
		return fault.Deny("fault.role")
	}
	return nil
}

// readEvery is how long one entry of the reader ledger stands for further readings by the same person, in minutes.
const readEvery = 10

// ledger notes that a person read an undisclosed case.
func (s *Service) ledger(ctx context.Context, by member.Actor, c Case, what string) error {
	if by.AccountID == "" || !c.PublishedAt.IsZero() {
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	role := "member"
	if len(by.Roles) > 0 {
		role = string(by.Roles[0])
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO case_read (id, case_id, account_id, org_id, role, what, at)
			SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT 1 FROM case_read WHERE case_id = $8 AND account_id = $9 AND what = $10 AND at > $11)`,
			id.String(), c.ID, by.AccountID, by.OrgID, role, what, db.At(tx.Now), c.ID, by.AccountID, what, db.At(tx.Now.Add(-readEvery*60*1e9)))
		return err
	})
}
