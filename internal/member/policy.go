// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// A Capability is something that members do here, or that is done for them.
type Capability string

// The capabilities.
const (
	ToSignIn       Capability = "sign-in"
	ToReport       Capability = "report"           // submit a vulnerability, with or without an account
	ToSupplement   Capability = "supplement"       // add stages to its own reports, read their receipts
	ToCommit       Capability = "commit"           // commit to a find before it is reported
	ToOwnCases     Capability = "own-cases"        // read and answer cases that it reported, or that lie in its own products
	ToOwnDuties    Capability = "own-duties"       // read what it owes
	ToProducts     Capability = "own-products"     // register products, push SBOMs: what warnings are matched with
	ToOwnWarnings  Capability = "own-warnings"     // be warned about its own products, in the first wave; read, answer
	ToDefend       Capability = "defend"           // read its file; statement, objection, appeal, rectification
	ToTokens       Capability = "tokens"           // let machines act in its people's names, within what these may do
	ToPublic       Capability = "public"           // advisories, feeds, the register of decisions
	ToWarnings     Capability = "general-warnings" // be warned about what is not known to concern it: the later waves
	ToInvitedCases Capability = "invited-cases"    // read undisclosed cases to which it was merely invited
	ToDirectory    Capability = "directory"        // see the other members
	ToBeListed     Capability = "listed"           // be seen by them
	ToServe        Capability = "serve"            // lend its people to the platform as analysts, experts, officers
)

// Standings beside Status that a decision of the ladder leads to. No row of the table org holds them: they follow from
// the measures in force.
const (
	Warned     Status = "warned"
	Restricted Status = "restricted"
)

// Columns are the standings of the policy, the best first.
var Columns = []Status{Active, Warned, Restricted, Suspended, Left}

// An Effect is what a standing does to a capability.
type Effect string

// The effects.
const (
	Keeps  Effect = "keeps"
	Loses  Effect = "loses"
	Chosen Effect = "chosen" // a decision may take it away, by name and for a time
)

// A Rule is one row of the policy: a capability, and what becomes of it in each standing, in the order of Columns.
type Rule struct {
	Capability Capability
	Effects    [5]Effect
}

// Policy is the whole of what standing does to members, in one place. The first rows are why discipline makes nobody
// less safe: whoever is suspended still reports, is still warned about its own products in the first wave, and still
// defends itself. It loses what partner units get early or about others (MIIT's suspension of 2021; Provisions of
// 2021, art. 7 and 8, know no exemption from reporting).
var Policy = []Rule{
	{ToSignIn, [5]Effect{Keeps, Keeps, Keeps, Keeps, Loses}},
	{ToReport, [5]Effect{Keeps, Keeps, Keeps, Keeps, Keeps}},
	{ToSupplement, [5]Effect{Keeps, Keeps, Keeps, Keeps, Loses}},
	{ToCommit, [5]Effect{Keeps, Keeps, Keeps, Keeps, Loses}},
	{ToOwnCases, [5]Effect{Keeps, Keeps, Keeps, Keeps, Loses}},
	{ToOwnDuties, [5]Effect{Keeps, Keeps, Keeps, Keeps, Loses}},
	{ToProducts, [5]Effect{Keeps, Keeps, Keeps, Keeps, Loses}},
	{ToOwnWarnings, [5]Effect{Keeps, Keeps, Keeps, Keeps, Loses}},
	{ToDefend, [5]Effect{Keeps, Keeps, Keeps, Keeps, Loses}},
	{ToTokens, [5]Effect{Keeps, Keeps, Keeps, Keeps, Loses}},
	{ToPublic, [5]Effect{Keeps, Keeps, Keeps, Keeps, Keeps}},
	{ToWarnings, [5]Effect{Keeps, Keeps, Chosen, Loses, Loses}},
	{ToInvitedCases, [5]Effect{Keeps, Keeps, Chosen, Loses, Loses}},
	{ToDirectory, [5]Effect{Keeps, Keeps, Chosen, Loses, Loses}},
	{ToBeListed, [5]Effect{Keeps, Keeps, Keeps, Loses, Loses}},
	{ToServe, [5]Effect{Keeps, Keeps, Chosen, Loses, Loses}},
}

// In is what a standing does to a capability. A standing or a capability that the policy does not know loses.
func (c Capability) In(s Status) Effect {
	i := slices.Index(Columns, s)
	for _, r := range Policy {
		if r.Capability == c && i >= 0 {
			return r.Effects[i]
		}
	}
	return Loses
}

// Restrictable are the capabilities that a decision may take away by name.
func Restrictable() (out []Capability) {
	for _, r := range Policy {
		if r.Capability.In(Restricted) == Chosen {
			out = append(out, r.Capability)
		}
	}
	return out
}

// May reports whether the actor's organisation has a capability in its standing, as far as standing decides: roles and
// scopes are asked beside it. This function and Keeping, its SQL, are the only ones that ask for standing.
func (a Actor) May(c Capability) bool {
	if a.Suspended && c.In(Suspended) != Keeps {
		return false
	}
	return !slices.Contains(a.Without, c) || c.In(Restricted) != Chosen
}

// Standing is the worst standing of the actor's organisation.
func (a Actor) Standing() Status {
	switch {
	case a.Suspended:
		return Suspended
	case len(a.Without) > 0:
		return Restricted
	case a.Warned:
		return Warned
	}
	return Active
}

// Keeps reports whether a member with the stored status may have the capability at all; measures are asked beside it.
func (s Status) Keeps(c Capability) bool { return c.In(s) == Keeps }

// Keeping is Actor.May as a condition on the row of org that alias names, now being the time in SQL.
func Keeping(c Capability, alias, now string) string {
	var is []string
	for _, s := range []Status{Active, Suspended, Left} {
		if s.Keeps(c) {
			is = append(is, `'`+string(s)+`'`)
		}
	}
	out := `(` + alias + `.status IN (` + strings.Join(is, `, `) + `)`
	if !Suspended.Keeps(c) { // a suspension whose end has come is over, recorded or not
		out += ` OR ` + alias + `.status = 'suspended' AND ` + alias + `.suspended_until IS NOT NULL AND ` + alias + `.suspended_until <= ` + now
	}
	out += `)`
	if c.In(Restricted) == Chosen {
		out = `(` + out + ` AND NOT EXISTS (SELECT 1 FROM org_measure om WHERE om.org_id = ` + alias + `.id AND om.capability = '` + string(c) + `'
			AND om.from_at <= ` + now + ` AND om.until_at > ` + now + `))`
	}
	return out
}

// now is the transaction's time as a parameter.
func now(a *db.Args, t time.Time) string { return a.P(db.At(t)) }
