// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"strings"
	"time"

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
// own products (upstream, downstream), and loses what it was merely invited to. Auditors and administrators read no case,
// not through their organisation either. A token reads what its scopes are for: "report" what was reported with it.
func CanRead(a member.Actor, f Facts) Rule {
	if f.Published {
		return ByPublication
	}
	return f.insider(a)
}

// insider is what lets an actor read more than the public; "" is nothing.
func (f Facts) insider(a member.Actor) Rule {
	switch {
	case !a.SignedIn():
		return ""
	case byOffice(a):
		return ByOffice
	case f.Reported && ofReports(a):
		return ByReport
	case !forOrg(a):
		return ""
	case f.Relation == Reporter && ofReports(a):
		return ByReport
	case !a.Allows(member.ScopeCase):
		return ""
	case f.Relation == Upstream || f.Relation == Downstream:
		return ByParty
	case f.Relation == Invited && a.May(member.ToInvitedCases):
		return ByParty
	}
	return ""
}

func byOffice(a member.Actor) bool { return a.Staff() && a.Allows(member.ScopeCase) }

func ofReports(a member.Actor) bool {
	return a.Allows(member.ScopeReport) || a.Allows(member.ScopeCase)
}

// forOrg reports whether the actor reads what its organisation may read.
func forOrg(a member.Actor) bool {
	return a.OrgID != "" && (!a.Is(member.Administrator, member.Auditor) || a.Is(member.Engineer, member.OrgAdmin))
}

// Scope is CanRead as a condition on casefile c.
func Scope(a member.Actor, args *db.Args) string {
	rules := []string{`c.published_at IS NOT NULL`}
	if byOffice(a) {
		return `(1 = 1)`
	}
	if a.AccountID != "" && ofReports(a) {
		rules = append(rules, `c.id IN (SELECT cr.case_id FROM case_report cr JOIN report r ON r.id = cr.report_id WHERE r.account_id = `+args.P(a.AccountID)+`)`)
	}
	var relations []string
	if ofReports(a) {
		relations = append(relations, `'reporter'`)
	}
	if a.Allows(member.ScopeCase) {
		relations = append(relations, `'upstream'`, `'downstream'`)
		if a.May(member.ToInvitedCases) {
			relations = append(relations, `'invited'`)
		}
	}
	if a.SignedIn() && forOrg(a) && len(relations) > 0 {
		rules = append(rules, `c.id IN (SELECT p.case_id FROM case_party p WHERE p.org_id = `+args.P(a.OrgID)+` AND p.relation IN (`+strings.Join(relations, `,`)+`))`)
	}
	return `(` + strings.Join(rules, ` OR `) + `)`
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

// A view is a case as an actor may see it.
type view struct {
	Case
	rule    Rule
	insider Rule // the same without the publication
}

// readable loads a case for an actor, or says that there is no such thing.
func (s *Service) readable(ctx context.Context, tx *db.Tx, by member.Actor, id, suffix string) (view, error) {
	if by.SignedIn() && !ofReports(by) {
		return view{}, fault.Deny("fault.scope", member.ScopeCase)
	}
	c, err := s.byID(ctx, tx, id, suffix)
	if err != nil {
		return view{}, err
	}
	f, err := facts(ctx, tx, by, c)
	if err != nil {
		return view{}, err
	}
	v := view{c, CanRead(by, f), f.insider(by)}
	if v.rule == "" {
		return view{}, fault.Hidden()
	}
	return v, nil
}

// inside runs do on a case that the actor knows by more than its publication, in a transaction that reads, and notes the
// reading in the ledger before it returns.
func (s *Service) inside(ctx context.Context, by member.Actor, id string, do func(*db.Tx, view) error) error {
	return s.reading(ctx, by, func(tx *db.Tx) (view, error) {
		v, err := s.readable(ctx, tx, by, id, "")
		if err == nil && v.insider == "" {
			err = fault.Deny("fault.role")
		}
		if err != nil {
			return v, err
		}
		return v, do(tx, v)
	})
}

// reading runs do, and notes in the reader ledger that the actor read the case that do returns.
func (s *Service) reading(ctx context.Context, by member.Actor, do func(*db.Tx) (view, error)) error {
	var v view
	var noted bool
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if v, err = do(tx); err != nil {
			return err
		}
		noted, err = s.noted(ctx, tx, by, v.Case)
		return err
	})
	if err != nil || noted {
		return err
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error { return s.ledger(ctx, tx, by, v.Case) })
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

// named: the decisions of a case are those of named people, never of the platform itself.
func named(by member.Actor) error {
	if err := worker(by); err != nil {
		return err
	}
	if by.AccountID == "" {
		return fault.Deny("case.needs-person")
	}
	return nil
}

// party: who may speak for an organisation in a case.
func party(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case by.OrgID == "":
		return fault.Hidden()
	case !by.Is(member.Engineer, member.OrgAdmin):
		return fault.Deny("fault.role")
	}
	return nil
}

// readEvery is how long one entry of the reader ledger stands for further readings by the same person.
const readEvery = 10 * time.Minute

// noted reports whether a reading needs no entry: it is nobody's, the case is public, or an entry stands for it.
func (s *Service) noted(ctx context.Context, tx *db.Tx, by member.Actor, c Case) (bool, error) {
	if by.AccountID == "" || !c.PublishedAt.IsZero() {
		return true, nil
	}
	n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM case_read WHERE case_id = $1 AND account_id = $2 AND at > $3`,
		c.ID, by.AccountID, db.At(tx.Now.Add(-readEvery)))
	return n > 0, err
}

// ledger notes that a person read an undisclosed case.
func (s *Service) ledger(ctx context.Context, tx *db.Tx, by member.Actor, c Case) error {
	noted, err := s.noted(ctx, tx, by, c)
	if err != nil || noted {
		return err
	}
	id, err := newID()
	if err != nil {
		return err
	}
	role := "member"
	if len(by.Roles) > 0 {
		role = string(by.Roles[0])
	}
	_, err = tx.Exec(ctx, `INSERT INTO case_read (id, case_id, account_id, org_id, role, what, at) VALUES ($1,$2,$3,$4,$5,'case',$6)`,
		id, c.ID, by.AccountID, by.OrgID, role, db.At(tx.Now))
	return err
}
