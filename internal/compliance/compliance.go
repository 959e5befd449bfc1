// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package compliance is the ladder from a question to a sanction, as due process: inquiry, notice, statement, decision
// by two persons with reasons, appeal, and the way back. The organisation reads the whole of its own file, as the
// supervisor does; a suspended member goes on reporting and being warned about its own products.
package compliance

import (
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// Periods in working days of the Chinese calendar.
const (
	StatementDays = 10 // to make a statement, unless the notice gives more
	AppealDays    = 10 // to appeal, from the second signature
	AnswerDays    = 30 // to answer an appeal
	maxDays       = 60 // that a notice may give
	maxMonths     = 24 // of a sanction
	WarningMonths = 12 // that a warning stands on record: one yearly evaluation
)

// Outcome of a decision.
type Outcome string

// The outcomes, the mildest first.
const (
	Dismissed   Outcome = "dismissed"   // nothing is held against the organisation
	Warning     Outcome = "warning"     // 警告
	Restriction Outcome = "restriction" // 限制 of named capabilities: member.Restrictable
	Suspension  Outcome = "suspension"  // 暂停合作单位资格: what is lost and kept stands in member.Policy
)

// Outcomes lists them in the order in which they are shown.
var Outcomes = []Outcome{Dismissed, Warning, Restriction, Suspension}

// Timed reports whether the outcome lasts for a number of months.
func (o Outcome) Timed() bool { return o == Restriction || o == Suspension }

// Publication says when everybody may read a decision.
type Publication string

// The publications.
const (
	PublishFinal  Publication = "final"  // once nothing can be said against it any more
	PublishEffect Publication = "effect" // as soon as it has effect; marked while an appeal may change it
	PublishNever  Publication = "never"  // of a warning
)

// Publications lists them in the order in which they are shown.
var Publications = []Publication{PublishFinal, PublishEffect, PublishNever}

// Kinds of evidence.
const (
	EvidenceDuty   = "duty"   // a row of the duty register, by its id
	EvidenceReport = "report" // by its number
	EvidenceCase   = "case"   // by its number
	EvidenceURL    = "url"    // something public
)

// EvidenceKinds lists them in the order in which they are shown.
var EvidenceKinds = []string{EvidenceDuty, EvidenceReport, EvidenceCase, EvidenceURL}

// Evidence is one line that gives rise to a question.
type Evidence struct {
	Kind   string `json:"kind"`
	Ref    string `json:"ref"`
	Remark string `json:"remark,omitempty"`
}

// An Inquiry is a question to an organisation. Nothing is presumed: Anchor is when the supervisor thinks that it may
// have learnt of the matter, and the organisation may say otherwise.
type Inquiry struct {
	ID, Number, OrgID string // Number: "FS-Q-2021-000001"
	State             State
	StateSince        time.Time
	Question          string // sealed
	Anchor            time.Time
	Evidence          []Evidence // sealed
	OpenedBy          string     // account
	OpenedAt          time.Time
}

// A Notice is the formal notice to the organisation, with the day by which its statement is due.
type Notice struct {
	Text          string // sealed
	By            string // account
	SentAt, DueAt time.Time
	DeliveredAt   time.Time // by e-mail or webhook
	OpenedAt      time.Time // by a person of the organisation: the read receipt
	OpenedBy      string    // account
	Failed        bool      // a channel has, for good
	Tries         int       // how often it was sent
	HandedAt      time.Time // served otherwise: on paper, in person
	Handed        string    // how, sealed
}

// Reached is when the notice first reached the organisation by any way; zero when nothing shows that it did.
func (n Notice) Reached() (at time.Time) {
	for _, t := range []time.Time{n.DeliveredAt, n.OpenedAt, n.HandedAt} {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	return at
}

// Lost reports whether the notice failed on its channels and reached the organisation by no other way.
func (n Notice) Lost() bool { return n.Failed && n.Reached().IsZero() }

// Kinds of statements.
const (
	Defence       = "statement"     // 陈述申辩
	Rectification = "rectification" // 整改报告, while a sanction has effect
)

// A Statement is what the organisation says.
type Statement struct {
	ID, Kind string
	Text     string    // sealed
	Anchor   time.Time // when it says that it learnt of the matter; zero when it does not contest that. Sealed
	By       string    // account
	At       time.Time
}

// A DutyRow is a row of the duty register as it stood when the decision was proposed.
type DutyRow struct {
	ID       string     `json:"id"`
	Rule     string     `json:"rule"`
	Law      string     `json:"law,omitempty"`
	Article  string     `json:"article,omitempty"`
	Pack     string     `json:"pack,omitempty"`
	Force    duty.Force `json:"force,omitempty"`
	Anchor   string     `json:"anchor,omitempty"`
	AnchorAt time.Time  `json:"anchor_at"`
	DueAt    time.Time  `json:"due_at"`
	LatestAt time.Time  `json:"latest_at"`
	MetAt    time.Time  `json:"met_at,omitzero"`
	State    duty.State `json:"state"`
}

// Due is the row as the duty register explains it.
func (r DutyRow) Due() duty.Due {
	return duty.Due{Rule: r.Rule, Law: r.Law, Article: r.Article, Pack: r.Pack, Force: r.Force, Anchor: r.Anchor, AnchorAt: r.AnchorAt, DueAt: r.DueAt, LatestAt: r.LatestAt}
}

// A Decision is proposed by one person and made by the signature of another.
type Decision struct {
	ID            string
	Revises       string // the decision in whose place it came after an appeal
	Outcome       Outcome
	Months        int                 // of a timed outcome
	EffectiveFrom time.Time           // not before
	Deferred      bool                // the effect waits until the decision is final
	Reasons       string              // sealed
	Duties        []DutyRow           // annexed, sealed
	Without       []member.Capability // what a restriction takes away
	Conditions    string              // what is to be rectified, sealed
	Publish       Publication
	PublicZH      string // the reasons as they are published, sealed until then
	PublicEN      string
	ProposedBy    string // account
	ProposedAt    time.Time
	SignedBy      string // another account
	SignedAt      time.Time
	FellBy        string // who did not sign, or made a statement in between
	FellAt        time.Time
	FellWhy       string    // sealed
	AppliedAt     time.Time // it was entered in the directory of members
	EndedBy       string
	EndedAt       time.Time // before the term: after rectification
	EndedWhy      string    // sealed
}

// An Appeal asks for the decision to be annulled.
type Appeal struct {
	Grounds    string // sealed
	By         string // account
	FiledAt    time.Time
	DueAt      time.Time // the answer is
	Answer     string    // sealed
	AnsweredBy string    // an account that did not sign the decision
	AnsweredAt time.Time
}

// An Objection contests one line of the file: a fact, a duty row, a delivery.
type Objection struct {
	ID         string
	About      string // "anchor", "evidence/0", "duty/ID", "delivery"
	Text       string // sealed
	By         string // account
	At         time.Time
	Accepted   bool
	Answer     string // sealed
	AnsweredBy string
	AnsweredAt time.Time
}

// A File is everything about an inquiry: the supervisor and the organisation read the same.
type File struct {
	Inquiry
	Notice     Notice
	Statements []Statement
	Decisions  []Decision // in the order in which they were proposed
	Objections []Objection
	Appeal     Appeal
	// Public is the notice for the public, once there is one: see PublicAt.
	PublicZH, PublicEN string
}

// Decision is the last one proposed, signed or not; the zero value when there is none.
func (f File) Decision() Decision {
	if len(f.Decisions) == 0 {
		return Decision{}
	}
	return f.Decisions[len(f.Decisions)-1]
}

// Made is the decision that counts: the last one that was signed; the zero value when there is none.
func (f File) Made() (d Decision) {
	for _, x := range f.Decisions {
		if !x.SignedAt.IsZero() {
			d = x
		}
	}
	return d
}

// first is the decision from which the effect of d runs: the one that it revises, or d itself.
func (f File) first(d Decision) Decision {
	for _, x := range f.Decisions {
		if x.ID == d.Revises {
			return x
		}
	}
	return d
}

// AppealUntil is the end of the period in which a signed sanction may be appealed. There is one appeal.
func (d Decision) AppealUntil() time.Time {
	if d.SignedAt.IsZero() || d.Outcome == Dismissed || d.Revises != "" {
		return time.Time{}
	}
	return calendar.China().After(d.SignedAt, AppealDays, nil)
}

// FinalAt is when nothing can be said against the decision any more, as far as is known now: zero while it is not
// signed, or an appeal waits for its answer.
func (f File) FinalAt() time.Time {
	d := f.Made()
	switch {
	case d.SignedAt.IsZero():
		return time.Time{}
	case d.Outcome == Dismissed:
		return d.SignedAt
	case !f.Appeal.FiledAt.IsZero():
		return f.Appeal.AnsweredAt
	}
	return d.AppealUntil()
}

// Final reports whether the decision is final at t.
func (f File) Final(t time.Time) bool {
	at := f.FinalAt()
	return !at.IsZero() && !t.Before(at)
}

// Effect is from when until when the sanction has effect: zero times when it has none, or none yet known.
func (f File) Effect() (from, until time.Time) {
	d := f.Made()
	first := f.first(d)
	if d.SignedAt.IsZero() || d.Outcome == Dismissed || f.State == Annulled && first.Deferred {
		return from, until
	}
	from = first.SignedAt
	if first.Deferred {
		if from = f.FinalAt(); from.IsZero() {
			return from, until
		}
	}
	if first.EffectiveFrom.After(from) {
		from = first.EffectiveFrom
	}
	until = d.term(from)
	if d.Revises != "" && until.Before(d.SignedAt) { // what had effect before it was revised, had
		until = d.SignedAt
	}
	ended := d.EndedAt
	switch {
	case f.State == Annulled:
		ended = f.Appeal.AnsweredAt
	case ended.IsZero():
		ended = first.EndedAt
	}
	if ended.IsZero() || until.Before(ended) {
		return from, until
	}
	if !ended.After(from) {
		return time.Time{}, time.Time{}
	}
	return from, ended
}

// term is the end of what begins at from: 24:00 in Beijing on the day on which the last month is over. A month that
// lacks the day ends with its last (Civil Code of the PRC, art. 202 and 203).
func (d Decision) term(from time.Time) time.Time {
	n := d.Months
	if d.Outcome == Warning {
		n = WarningMonths
	}
	last := calendar.Period{Months: n}.SameTime(from, calendar.Beijing()).Add(-time.Microsecond)
	return calendar.Midnight(last, 1, calendar.Beijing()).UTC()
}

// InForce reports whether the sanction has effect at t.
func (f File) InForce(t time.Time) bool {
	from, until := f.Effect()
	return !from.IsZero() && !t.Before(from) && (until.IsZero() || t.Before(until))
}

// Waits says for what the file waits, and until when: "notice", "statement", "decision", "signature", "appeal",
// "answer", or "" when it waits for nothing. A time that has passed is overdue.
func (f File) Waits(t time.Time) (what string, until time.Time) {
	switch f.State {
	case Open:
		return "notice", until
	case Noticed:
		return "statement", f.Notice.DueAt
	case Stated:
		return "decision", until
	case Proposed:
		return "signature", until
	case Appealed, Revising:
		return "answer", f.Appeal.DueAt
	case Decided:
		if end := f.Made().AppealUntil(); t.Before(end) {
			return "appeal", end
		}
	}
	return "", until
}

// Overdue reports whether the file waits past a time.
func (f File) Overdue(t time.Time) bool {
	_, until := f.Waits(t)
	return !until.IsZero() && !t.Before(until)
}

// Service holds the verbs about compliance.
type Service struct {
	DB      *db.DB
	Events  *event.Log
	Seal    *seal.Keyring
	Members *member.Service
	Second  []member.Role // who may give the second signature, beside supervisors
	Prefix  string        // of numbers: "FS"
	BaseURL string        // of this platform
	Notify  func()        // kicks the deliveries, after the commit
}

// seconds are the roles whose people may give the second signature.
func (s *Service) seconds() []member.Role {
	return append(slices.Clone(s.Second), member.Supervisor)
}
