// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package lawpack keeps laws as data: who owes what, under which facts, from which event on and by when. A pack is one
// YAML file for one regime, with its own tests; Evaluate tells what follows from facts, and says it in words.
//
// The texts of a pack are paraphrases, each duty with its article and with how surely it is known. A pack is no legal
// advice, and where a law can be read in two ways it gives both.
package lawpack

import (
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/i18n"
)

// Schema is the form of a pack that this package reads.
const Schema = "lawpack/v1"

// A Text is the same words in both languages.
type Text struct {
	ZH string `yaml:"zh"`
	EN string `yaml:"en"`
}

// In returns the text in the printer's language.
func (t Text) In(p i18n.Printer) string { return p.Pick(t.ZH, t.EN) }

// A Pack is one version of one regime.
type Pack struct {
	Schema       string      `yaml:"schema"`
	Regime       string      `yaml:"regime"`  // stable: "cn-rmsv-2021"
	Version      string      `yaml:"version"` // semantic: "1.0.0"
	Law          string      `yaml:"law"`     // short and stable, in no language: "RMSV 2021"
	Title        Text        `yaml:"title"`
	Cite         Text        `yaml:"cite"` // how a sentence cites it
	Jurisdiction string      `yaml:"jurisdiction"`
	Zone         string      `yaml:"zone"` // in which it counts days and months
	Status       Status      `yaml:"status"`
	Effective    Span        `yaml:"effective"`
	Confidence   Confidence  `yaml:"confidence"`
	Source       string      `yaml:"source"`
	Note         Text        `yaml:"note"`
	Recipients   []Recipient `yaml:"recipients"`
	Duties       []*Duty     `yaml:"duties"`
	Tests        []Case      `yaml:"tests"`

	loc   *time.Location
	text  []byte
	lines []int // of the tests
}

// Status of a regime.
type Status string

// The statuses. What is proposed gives hints and never an alarm.
const (
	InForce  Status = "in_force"
	Proposed Status = "proposed"
	Repealed Status = "repealed"
)

// Confidence says how surely a duty is known.
type Confidence string

// The confidences, the surest first.
const (
	Found     Confidence = "found"     // the text itself, or a reprint of it, was read
	Secondary Confidence = "secondary" // read about
	Memory    Confidence = "memory"    // to be checked before anybody relies on it
)

// A Span is from a day to the day before another; without a To it lasts.
type Span struct {
	From Date `yaml:"from"`
	To   Date `yaml:"to"`
}

// A Date is a day in the pack's zone.
type Date struct{ time.Time }

// A Recipient is where something has to be sent.
type Recipient struct {
	ID           string `yaml:"id"`
	Name         Text   `yaml:"name"`
	Jurisdiction string `yaml:"jurisdiction"`
	Channel      string `yaml:"channel"` // api, mail, phone, web-manual
}

// Force says how a duty binds.
type Force string

// The forces.
const (
	Mandatory   Force = "mandatory"   // by law
	Contractual Force = "contractual" // by agreement
	Encouraged  Force = "encouraged"  // by law, without sanction
	Policy      Force = "policy"      // by somebody's own rules
)

// A Duty is one thing that a regime asks of a role.
type Duty struct {
	ID         string     `yaml:"id"`
	Rule       string     `yaml:"rule"` // stored name; without one it is regime/id
	Name       Text       `yaml:"name"`
	Text       Text       `yaml:"text"`
	Roles      []Role     `yaml:"roles"`
	Force      Force      `yaml:"force"`
	When       When       `yaml:"when"`   // every fact is one of these
	Unless     When       `yaml:"unless"` // no fact is one of these
	From       Date       `yaml:"from"`   // later than the pack
	Trigger    string     `yaml:"trigger"`
	Anchor     string     `yaml:"anchor"`
	Due        Due        `yaml:"due"`
	Pausable   bool       `yaml:"pausable"` // a service clock: it may stand still
	Fields     []string   `yaml:"fields"`
	Recipients []string   `yaml:"recipients"`
	Evidence   []string   `yaml:"evidence"`
	Article    string     `yaml:"article"` // "7(2)"
	Where      Text       `yaml:"where"`   // the article in words
	Confidence Confidence `yaml:"confidence"`

	pack *Pack
}

// Key is the name under which a duty is stored.
func (d *Duty) Key() string {
	if d.Rule != "" {
		return d.Rule
	}
	return d.pack.Regime + "/" + d.ID
}

// Pack is the pack in which the duty stands.
func (d *Duty) Pack() *Pack { return d.pack }

// A Due says by when.
type Due struct {
	Kind     Kind       `yaml:"kind"`
	Value    Period     `yaml:"value"`
	Days     int        `yaml:"days"`     // working_days
	Calendar string     `yaml:"calendar"` // working_days, and readings that look at days of rest
	Readings []Reading  `yaml:"readings"` // the strict one first; none means elapsed
	Soft     Period     `yaml:"soft"`     // this platform's target where the law gives no figure
	Of       []Term     `yaml:"of"`       // earliest_of, latest_of
	Late     Term       `yaml:"late"`     // counts instead, once its anchor comes after what of gives without it
	By       string     `yaml:"by"`       // stated_in_order, on_request: the anchor that is the due time itself
	Override []Override `yaml:"override"` // the first whose facts hold
}

// A Term is a period from an anchor.
type Term struct {
	Anchor string `yaml:"anchor"`
	Value  Period `yaml:"value"`
}

// An Override changes the anchor or the period under facts.
type Override struct {
	When   When   `yaml:"when"`
	Anchor string `yaml:"anchor"`
	Value  Period `yaml:"value"`
}

// A Period is calendar.Period as a pack writes it: ISO 8601.
type Period struct{ calendar.Period }

// Kind of due time.
type Kind string

// The kinds.
const (
	Immediate     Kind = "immediate"       // at once, without a figure
	UndueDelay    Kind = "undue_delay"     // in time, without a figure
	Duration      Kind = "duration"        // within a period
	WorkingDays   Kind = "working_days"    // within so many working days
	EarliestOf    Kind = "earliest_of"     // of several periods
	LatestOf      Kind = "latest_of"       // of several periods
	StatedInOrder Kind = "stated_in_order" // as the order says
	OnRequest     Kind = "on_request"      // when somebody asks
	Synchronous   Kind = "synchronous"     // at the same time, to every recipient
	Retention     Kind = "retention_floor" // keep at least so long
	Before        Kind = "before"          // before an act
	CalendarGate  Kind = "calendar_gate"   // before an act that falls into a declared period
	Standing      Kind = "standing"        // always
	NoLimit       Kind = "no_limit"        // without a time limit
)

// Reading of a period.
type Reading string

// The readings.
const (
	Elapsed       Reading = "elapsed"         // days are 24 hours
	SameTime      Reading = "same_time"       // days by the calendar, the clock shows the same
	WholeDays     Reading = "whole_days"      // 24:00 of the last day
	CivilDays     Reading = "civil_days"      // the same, moved on when the last day is one of rest
	NoonAfterRest Reading = "noon_after_rest" // noon of the next working day when it would end on a day of rest
)
