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
)

// Outcome of a decision.
type Outcome string

// The outcomes, the mildest first.
const (
	Dismissed   Outcome = "dismissed"   // nothing is held against the organisation
	Warning     Outcome = "warning"     // 警告
	Restriction Outcome = "restriction" // 限制, on record for its term
	Suspension  Outcome = "suspension"  // 暂停合作单位资格: see member.Suspend
)

// Outcomes lists them in the order in which they are shown.
var Outcomes = []Outcome{Dismissed, Warning, Restriction, Suspension}

// Timed reports whether the outcome lasts for a number of months.
func (o Outcome) Timed() bool { return o == Restriction || o == Suspension }

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
	Failed        bool      // for good
}

// A Statement is what the organisation says.
type Statement struct {
	ID, Text string    // sealed
	Anchor   time.Time // when it says that it learnt of the matter; zero when it does not contest that. Sealed
	By       string    // account
	At       time.Time
}

// A DutyRow is a row of the duty register as it stood when the decision was proposed.
type DutyRow struct {
	ID       string     `json:"id"`
	Rule     string     `json:"rule"`
	AnchorAt time.Time  `json:"anchor_at"`
	DueAt    time.Time  `json:"due_at"`
	LatestAt time.Time  `json:"latest_at"`
	MetAt    time.Time  `json:"met_at,omitzero"`
	State    duty.State `json:"state"`
}

// A Decision is proposed by one person and made by the signature of another.
type Decision struct {
	ID            string
	Outcome       Outcome
	Months        int       // of a timed outcome
	EffectiveFrom time.Time // not before
	Deferred      bool      // the effect waits until the decision is final
	Reasons       string    // sealed
	Duties        []DutyRow // annexed, sealed
	ProposedBy    string    // account
	ProposedAt    time.Time
	SignedBy      string // another account
	SignedAt      time.Time
	FellBy        string // who did not sign, or made a statement in between
	FellAt        time.Time
	FellWhy       string    // sealed
	AppliedAt     time.Time // the suspension was entered in the directory of members
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

// A File is everything about an inquiry: the supervisor and the organisation read the same.
type File struct {
	Inquiry
	Notice     Notice
	Statements []Statement
	Decisions  []Decision // the last one counts
	Appeal     Appeal
	// Public is the notice for the public once the decision is final and a sanction.
	PublicZH, PublicEN string
}

// Decision is the last one proposed, signed or not; the zero value when there is none.
func (f File) Decision() Decision {
	if len(f.Decisions) == 0 {
		return Decision{}
	}
	return f.Decisions[len(f.Decisions)-1]
}

// AppealUntil is the end of the period in which a signed sanction may be appealed.
func (d Decision) AppealUntil() time.Time {
	if d.SignedAt.IsZero() || d.Outcome == Dismissed {
		return time.Time{}
	}
	return calendar.China().After(d.SignedAt, AppealDays, nil)
}

// FinalAt is when nothing can be said against the decision any more, as far as is known now: zero while it is not
// signed, or an appeal waits for its answer.
func (f File) FinalAt() time.Time {
	d := f.Decision()
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

// Effect is from when until when the sanction has effect: zero times when it has none, or none yet known. The end is
// zero for an outcome without a term.
func (f File) Effect() (from, until time.Time) {
	d := f.Decision()
	if d.SignedAt.IsZero() || d.Outcome == Dismissed || f.State == Annulled && d.Deferred {
		return from, until
	}
	from = d.SignedAt
	if d.Deferred {
		if from = f.FinalAt(); from.IsZero() {
			return from, until
		}
	}
	if d.EffectiveFrom.After(from) {
		from = d.EffectiveFrom
	}
	if d.Outcome.Timed() {
		until = calendar.Period{Months: d.Months}.SameTime(from, calendar.Beijing()).UTC()
	}
	ended := d.EndedAt
	if f.State == Annulled {
		ended = f.Appeal.AnsweredAt
	}
	if ended.IsZero() || !until.IsZero() && until.Before(ended) {
		return from, until
	}
	if !ended.After(from) {
		return time.Time{}, time.Time{}
	}
	return from, ended
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
	case Appealed:
		return "answer", f.Appeal.DueAt
	case Decided:
		if end := f.Decision().AppealUntil(); t.Before(end) {
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
