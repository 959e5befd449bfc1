// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// supervisor: who may lead an inquiry. Others do not learn whether there is one.
func supervisor(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case !by.Is(member.Supervisor) || !by.May(member.ToServe):
		return fault.Hidden()
	case by.AccountID == "":
		return fault.Deny("compliance.needs-person")
	}
	return nil
}

// impartial: nobody leads an inquiry into the own organisation.
func impartial(by member.Actor, orgID string) error {
	if by.OrgID == orgID {
		return fault.Deny("compliance.own-organisation")
	}
	return nil
}

// speaks reports whether the actor is a person who speaks for the organisation. A suspended organisation has a say, too.
func speaks(by member.Actor, orgID string) bool {
	return by.AccountID != "" && by.OrgID == orgID && slices.ContainsFunc(by.Roles, func(r member.Role) bool { return r == member.Engineer || r == member.OrgAdmin })
}

// canRead is the whole rule: supervisors, the organisation itself, and whoever may give or gave the second signature.
func (s *Service) canRead(by member.Actor, f File) bool {
	switch {
	case by.Is(member.Supervisor), speaks(by, f.OrgID):
		return true
	case by.AccountID == "" || by.OrgID == f.OrgID:
		return false
	}
	return by.Is(s.Second...) && (f.State == Proposed || f.State == Revising) || slices.ContainsFunc(f.Decisions, func(d Decision) bool { return d.SignedBy == by.AccountID })
}

// readable loads a file for an actor, or says that there is no such thing.
func (s *Service) readable(ctx context.Context, tx *db.Tx, by member.Actor, id string) (File, error) {
	switch {
	case !by.SignedIn():
		return File{}, fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return File{}, fault.Deny("fault.scope", member.ScopeCase)
	}
	f, err := s.byID(ctx, tx, id)
	if err == nil && !s.canRead(by, f) {
		err = fault.Hidden()
	}
	return f, err
}

// led loads a file for a supervisor who changes it, locked.
func (s *Service) led(ctx context.Context, tx *db.Tx, by member.Actor, id string) (File, error) {
	if err := supervisor(by); err != nil {
		return File{}, err
	}
	if err := lock(ctx, tx, id); err != nil {
		return File{}, err
	}
	f, err := s.byID(ctx, tx, id)
	if err == nil {
		err = impartial(by, f.OrgID)
	}
	return f, err
}

// own loads a file for a person of the organisation who answers to it, locked.
func (s *Service) own(ctx context.Context, tx *db.Tx, by member.Actor, id string) (File, error) {
	f, err := s.readable(ctx, tx, by, id)
	if err != nil {
		return f, err
	}
	if !speaks(by, f.OrgID) {
		return f, fault.Deny("compliance.not-party")
	}
	if err := lock(ctx, tx, id); err != nil {
		return f, err
	}
	return s.byID(ctx, tx, id)
}
