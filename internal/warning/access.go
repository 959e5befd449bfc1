// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// staff lets those of the platform's people pass that have one of the roles. To everybody else a warning that was not
// sent to them does not exist.
func staff(by member.Actor, roles ...member.Role) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case !by.Staff():
		return fault.Hidden()
	case !by.Is(roles...):
		return fault.Deny("fault.role")
	}
	return nil
}

// drafter: who may write a warning.
func drafter(by member.Actor) error { return staff(by, member.Analyst, member.DutyOfficer) }

// watcher: who may see how a warning does.
func watcher(by member.Actor) error {
	return staff(by, member.Analyst, member.DutyOfficer, member.Supervisor)
}

// officer: who may let a warning out. It is a decision of a named person, never of the platform itself.
func officer(by member.Actor) error {
	if err := staff(by, member.DutyOfficer); err != nil {
		return err
	}
	if by.AccountID == "" {
		return fault.Deny("warning.needs-person")
	}
	return nil
}

// reader: who may look at warnings sent to its unit. A suspended unit still may, for those about its own products.
func reader(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeWarning):
		return fault.Deny("fault.scope", member.ScopeWarning)
	}
	return nil
}

// unit: who may answer for its unit.
func unit(by member.Actor) error {
	if err := reader(by); err != nil {
		return err
	}
	if by.OrgID == "" {
		return fault.Hidden()
	}
	if !by.Is(member.Engineer, member.OrgAdmin) {
		return fault.Deny("fault.role")
	}
	return nil
}
