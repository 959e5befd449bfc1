// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package duty is the register of what somebody must do by when: which law asks it, from which fact the clock runs,
// when it is due in each reading of the law, and when it was met. Overdue is a question asked of now, never a flag.
package duty

import (
	"time"

	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Force says how a duty binds.
type Force string

// The forces.
const (
	Mandatory   Force = "mandatory"   // by law
	Contractual Force = "contractual" // by the partner agreement
	Encouraged  Force = "encouraged"  // by law, without sanction
	Policy      Force = "policy"      // by somebody's own rules
)

// Relation of the reporting organisation to the product (regulation of 2021, art. 6–8, 10).
type Relation string

// The relations.
const (
	MakesProduct Relation = "provider" // it makes or supplies the product: art. 7
	Embeds       Relation = "embeds"   // its own product contains the flawed component of somebody else: art. 7 (1) and (2)
	Operates     Relation = "operator" // it runs the product: art. 8
	Found        Relation = "finder"   // none of these: art. 6, 10
)

// Relations lists them in the order in which they are shown.
var Relations = []Relation{MakesProduct, Embeds, Operates, Found}

// Facts decide which duties apply.
type Facts struct {
	OrgID     string
	Partner   bool     // the organisation is a partner unit
	Relation  Relation // to the product
	Upstream  bool     // the flaw lies in an upstream product or component
	LearnedAt time.Time

	Roles    []lawpack.Role       // further ones
	More     lawpack.Facts        // further facts, by the names that packs use
	Happened map[string]time.Time // further events from which clocks run
}

// Rules of this register: stable, stored names of duties in the law packs.
const (
	RuleVerify   = "rmsv-7-1-verify"   // verify at once
	RuleUpstream = "rmsv-7-1-upstream" // tell the upstream provider at once
	RuleReport   = "rmsv-7-2-report"   // report within 2 days
	RulePartner  = "partner-report"    // a partner unit reports within 2 days what it finds in others' products
	RuleRemedy   = "rmsv-8-remedy"     // an operator verifies and remedies at once
)

// Clocks of the platform itself, which it owes to whoever reports: stored names of duties in the law packs.
const (
	RuleAcknowledge   = "platform-service/acknowledge"  // answer with a signed receipt at once
	RuleDisseminate   = "cn-rmsv-2021/fanout"           // pass on to the two authorities at the same time
	RuleServiceVerify = "platform-service/verify"       // verify within 5 working days
	RuleServiceEvent  = "platform-service/verify_event" // a flaw in a system in use: within 2 working days
	RuleAnswer        = "platform-service/answer"       // tell the reporter what became of it
)

// ServiceRules lists the clocks of the platform itself in the order of a report's way.
var ServiceRules = []string{RuleAcknowledge, RuleDisseminate, RuleServiceVerify, RuleServiceEvent, RuleAnswer}

// Rules lists them in the order in which they are shown.
var Rules = append([]string{RuleVerify, RuleUpstream, RuleReport, RulePartner, RuleRemedy}, ServiceRules...)

// A Due is one duty that the resolver found, before it is stored.
type Due struct {
	Rule     string
	Law      string // "RMSV 2021"
	Article  string // "7(2)"
	Pack     string // version of the law pack from which it was derived: "cn-rmsv-2021@1.0.0"
	Force    Force
	Anchor   string    // the fact from which the clock runs: "learned"
	AnchorAt time.Time // that fact's time
	DueAt    time.Time // strict reading; for "at once" the internal target
	LatestAt time.Time // latest arguable reading
	Soft     bool      // the law says "at once" and gives no figure: DueAt is this platform's target
}

// A Duty is a stored duty. Without a known anchor it is not triggered: AnchorAt, DueAt and LatestAt are zero. While its
// clock stands still it has no due time either.
type Duty struct {
	Due
	ID, OrgID, ReportID, CaseID string
	Number                      string // of the report
	OwedTo                      string // Reporter: a clock of the platform itself; else ""
	MetAt                       time.Time
	MetEvent                    string
	VoidAt                      time.Time // waived, or void
	VoidWhy                     string    // of a void duty; a waiver's reason stands in its act
	Waived                      bool      // VoidAt is that of a waiver
	PausedAt                    time.Time // the clock stands still from then on
	CreatedAt                   time.Time
	Since                       time.Time // from when it has come to what it says; zero: from CreatedAt on
}

// Reporter is to whom the platform owes its own clocks.
const Reporter = "reporter"

// never stands for the times of a duty that has none in columns that must hold one: it sorts last, and nothing is late.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// orNever is t as it is stored.
func orNever(t time.Time) time.Time {
	if t.IsZero() {
		return never
	}
	return t
}

// unlessNever is a stored time as it is meant.
func unlessNever(t time.Time) time.Time {
	if !t.Before(never) {
		return time.Time{}
	}
	return t
}

// State of a duty at a time.
type State string

// The states.
const (
	Running      State = "running"
	Paused       State = "paused"   // the clock stands still
	Arguable     State = "arguable" // past the strict reading, before the latest arguable one
	Overdue      State = "overdue"
	NotTriggered State = "not-triggered" // the fact from which the clock runs has not happened, as far as known
	Met          State = "met"
	MetLate      State = "met-late"
	Waived       State = "waived"
	Void         State = "void" // does not apply
)

// States lists them in the order in which they are shown.
var States = []State{Overdue, Arguable, Running, Paused, NotTriggered, MetLate, Met, Waived, Void}

// StateAt answers for a time; what happened after t does not count.
func (d Duty) StateAt(t time.Time) State {
	met := !d.MetAt.IsZero() && !d.MetAt.After(t)
	switch {
	case !d.VoidAt.IsZero() && !d.VoidAt.After(t):
		if d.Waived {
			return Waived
		}
		return Void
	case met && !d.DueAt.IsZero() && d.MetAt.After(d.DueAt):
		return MetLate
	case met:
		return Met
	case d.AnchorAt.IsZero():
		return NotTriggered
	case !d.PausedAt.IsZero() && !d.PausedAt.After(t):
		return Paused
	case d.DueAt.IsZero() || !t.After(d.DueAt):
		return Running
	case !t.After(d.LatestAt):
		return Arguable
	}
	return Overdue
}
