// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"context"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// supervisor: who may lead an evaluation. Others do not learn whether there is one.
func supervisor(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case !by.Is(member.Supervisor):
		return fault.Hidden()
	case by.AccountID == "":
		return fault.Deny("evaluation.needs-person")
	}
	return nil
}

// speaks reports whether the actor is a person who speaks for the unit, suspended or not.
func speaks(by member.Actor, orgID string) bool {
	return by.AccountID != "" && by.OrgID == orgID && slices.ContainsFunc(by.Roles, func(r member.Role) bool { return r == member.Engineer || r == member.OrgAdmin })
}

// canRead is the whole rule: supervisors, the unit itself, and whoever may give or gave the second signature.
func (s *Service) canRead(by member.Actor, e Evaluation) bool {
	switch {
	case by.Is(member.Supervisor), speaks(by, e.OrgID):
		return true
	case by.AccountID == "" || by.OrgID == e.OrgID:
		return false
	}
	return by.Is(s.Second...) && e.State == Proposed || e.SignedBy == by.AccountID
}

// readable loads an evaluation for an actor, or says that there is no such thing. With lock, others cannot change it until
// the transaction ends.
func (s *Service) readable(ctx context.Context, tx *db.Tx, by member.Actor, id string, lock bool) (Evaluation, error) {
	switch {
	case !by.SignedIn():
		return Evaluation{}, fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return Evaluation{}, fault.Deny("fault.scope", member.ScopeCase)
	}
	suffix := ""
	if lock {
		suffix = tx.ForUpdate()
	}
	e, err := s.byID(ctx, tx, id, suffix)
	if err == nil && !s.canRead(by, e) {
		err = fault.Hidden()
	}
	return e, err
}

// led loads an evaluation for a supervisor who changes it, locked. Nobody leads that of the own organisation.
func (s *Service) led(ctx context.Context, tx *db.Tx, by member.Actor, id string) (Evaluation, error) {
	if err := supervisor(by); err != nil {
		return Evaluation{}, err
	}
	e, err := s.readable(ctx, tx, by, id, true)
	if err == nil && by.OrgID == e.OrgID {
		err = fault.Deny("evaluation.own-organisation")
	}
	return e, err
}
