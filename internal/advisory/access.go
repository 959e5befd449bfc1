// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// mayWrite: analysts and duty officers write advisories.
func mayWrite(by member.Actor) error {
	if err := mayRead(by); err != nil {
		return err
	}
	if !by.Is(member.Analyst, member.DutyOfficer) {
		return fault.Deny("fault.role")
	}
	return nil
}

// mayRead: the staff sees what is not published yet; to everybody else it does not exist.
func mayRead(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Staff():
		return fault.Hidden()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	}
	return nil
}
