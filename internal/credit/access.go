// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"context"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// importer: who may bring in public records. They are public; what follows from them is not.
func importer(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case !by.Staff():
		return fault.Hidden()
	}
	return nil
}

// supervisor: who decides about a lead. As with inquiries, others do not learn whether there is one.
func supervisor(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case !by.Is(member.Supervisor):
		return fault.Hidden()
	case by.AccountID == "":
		return fault.Deny("compliance.needs-person")
	}
	return nil
}

// speaks reports whether the actor is a person who speaks for the organisation, suspended or not.
func speaks(by member.Actor, orgID string) bool {
	return by.AccountID != "" && by.OrgID == orgID && slices.ContainsFunc(by.Roles, func(r member.Role) bool { return r == member.Engineer || r == member.OrgAdmin })
}

// canRead is the whole rule: supervisors, and the people of the organisation.
func canRead(by member.Actor, orgID string) bool {
	return by.Is(member.Supervisor) || speaks(by, orgID)
}

// readable loads a lead for an actor, or says that there is no such thing.
func (s *Service) readable(ctx context.Context, tx *db.Tx, by member.Actor, id, suffix string) (Lead, error) {
	switch {
	case !by.SignedIn():
		return Lead{}, fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return Lead{}, fault.Deny("fault.scope", member.ScopeCase)
	}
	l, err := s.byID(ctx, tx, id, suffix)
	if err == nil && !canRead(by, l.OrgID) {
		err = fault.Hidden()
	}
	return l, err
}

// led loads a lead for a supervisor who decides about it, locked; nobody decides about the own organisation.
func (s *Service) led(ctx context.Context, tx *db.Tx, by member.Actor, id string) (Lead, error) {
	if err := supervisor(by); err != nil {
		return Lead{}, err
	}
	l, err := s.byID(ctx, tx, id, tx.ForUpdate())
	if err == nil && by.OrgID == l.OrgID {
		err = fault.Deny("compliance.own-organisation")
	}
	return l, err
}
