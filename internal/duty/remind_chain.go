// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"slices"

	"github.com/fengsui/fengsui/internal/member"
)

// A recipient is one person, or the contact address of an organisation that has nobody to turn to.
type recipient struct {
	account member.Account // zero for the contact address
	org     member.Org     // of that address
}

func (r recipient) key() string {
	if r.account.ID != "" {
		return r.account.ID
	}
	return orgAddress + r.org.ID
}

// orgAddress begins the key of an organisation's contact address.
const orgAddress = "org/"

// chain says who is told that a step was reached. At 50 % this is whoever sent the report, or the engineers; at 75 %
// the duty officer and the deputy; at 90 % the head; at 100 % all of them, and the platform's desk. What the law merely
// encourages, and promises that somebody made to itself, do not climb.
func chain(c member.Contacts, d pending, step int, desk []member.Account) (to []recipient) {
	var as []member.Account
	workers := func() []member.Account {
		if a, ok := c.Person(d.account); ok {
			return []member.Account{a}
		}
		return c.Engineers()
	}
	climbing := climbs(c, d.Force)
	switch {
	case !climbing || step == 50:
		as = workers()
	case step == 75:
		as = slices.Concat(c.On(member.OnDuty), c.On(member.Deputy))
	case step == 90:
		as = c.On(member.Head)
	default:
		as = slices.Concat(workers(), c.On(member.OnDuty), c.On(member.Deputy), c.On(member.Head))
	}
	if len(as) == 0 {
		as = c.People
	}
	if climbing && step == 100 {
		as = append(slices.Clone(as), desk...)
	}
	seen := map[string]bool{}
	for _, a := range as {
		if !seen[a.ID] {
			seen[a.ID] = true
			to = append(to, recipient{account: a})
		}
	}
	if len(c.People) == 0 && c.Org.Email != "" && c.Reachable() {
		to = append(to, recipient{org: c.Org})
	}
	return to
}

// climbs reports whether reminders of a duty climb the roster: of what binds the organisation, and of everything that
// the platform itself owes.
func climbs(c member.Contacts, f Force) bool {
	return f == Mandatory || f == Contractual || c.Org.Has(member.Platform)
}

// phoneFirst reports whether the platform's desk calls: from 90 % of a duty that the law imposes on a member (Measures
// on Threat Monitoring of 2017, art. 8: by phone first when it is urgent, in writing afterwards).
func phoneFirst(c member.Contacts, f Force, step int) bool {
	return step >= 90 && f == Mandatory && !c.Org.Has(member.Platform) && c.Reachable()
}
