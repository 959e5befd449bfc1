// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package evaluation is the yearly evaluation of partner units: a score that is summed up from rows anybody concerned can
// look at, a draft that the unit may object to, and a level that two persons decide on. The same rows give the same score,
// at any time.
package evaluation

import (
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// State of an evaluation. Whether the term for objections has ended is asked of the time: see Evaluation.Waits.
type State string

// The states.
const (
	Drafted  State = "drafted"  // the unit reads it and may object
	Objected State = "objected" // an objection waits for its answer
	Answered State = "answered" // every objection was answered
	Proposed State = "proposed" // a level waits for the second signature
	Final    State = "final"
)

// States lists them in their order.
var States = []State{Drafted, Objected, Answered, Proposed, Final}

// A Round is the evaluation of one year, for all units at once.
type Round struct {
	Year        int
	Scheme      string // "partner@1.0.0"
	Digest      string // of the scheme's text
	From, Until time.Time
	ObjectUntil time.Time
	DraftedBy   string // account
	DraftedAt   time.Time
	Spread      []Bin // how the drafted scores lay; nil with too few units
}

// A Bin is how many units had a score from From to below To, in points.
type Bin struct {
	From int `json:"from"`
	To   int `json:"to"`
	N    int `json:"n"`
}

// An Evaluation is the one of a unit in a year.
type Evaluation struct {
	ID, Number, OrgID string // Number: "FS-E-2021-000001"
	Year              int
	State             State
	Rev               int
	Result            Result
	Before            int // level when it was drafted
	Objections        []Objection

	Level         int       // as proposed, 0 for none
	EffectiveFrom time.Time // of the level
	Reasons       string    // sealed
	ProposedBy    string    // account
	ProposedAt    time.Time
	SignedBy      string // another account
	SignedAt      time.Time
	AppliedAt     time.Time // the level was entered in the directory of members
	OpenedAt      time.Time // by a person of the unit

	Round Round
}

// An Objection is what the unit says against a row, or against a criterion as a whole.
type Objection struct {
	ID, Criterion string
	Ref           string // of a row, or ""
	Text          string // sealed
	By            string // account
	At            time.Time
	Accepted      bool
	Outcome       string // that the row has instead, once accepted; "" lets it not count
	Answer        string // sealed
	AnsweredBy    string
	AnsweredAt    time.Time
}

// Waits says for what the evaluation waits, and until when: "objections", "answer", "proposal", "signature", "effect", or ""
// when it waits for nothing.
func (e Evaluation) Waits(t time.Time) (what string, until time.Time) {
	switch e.State {
	case Objected:
		return "answer", until
	case Drafted, Answered:
		if t.Before(e.Round.ObjectUntil) {
			return "objections", e.Round.ObjectUntil
		}
		return "proposal", until
	case Proposed:
		return "signature", until
	}
	if e.AppliedAt.IsZero() {
		return "effect", e.EffectiveFrom
	}
	return "", until
}

// Service holds the verbs about evaluations.
type Service struct {
	DB      *db.DB
	Events  *event.Log
	Seal    *seal.Keyring
	Members *member.Service
	Second  []member.Role // who may give the second signature, beside supervisors
	Prefix  string        // of numbers: "FS"
}

func (s *Service) seconds() []member.Role {
	return append(slices.Clone(s.Second), member.Supervisor)
}

// on is what the events of an evaluation have in common. They hold no texts.
type on struct {
	EvaluationID string `json:"evaluation"`
	Number       string `json:"number"`
	OrgID        string `json:"org"`
	Year         int    `json:"year"`
}

// About puts an event on the time lines of the evaluation and the unit.
func (o on) About() event.About {
	return event.About{Number: o.Number, Subjects: []string{"evaluation/" + o.EvaluationID, "org/" + o.OrgID}}
}

func (e Evaluation) on() on { return on{e.ID, e.Number, e.OrgID, e.Year} }

// Events of this package.
type (
	// WasDrafted: a unit can read what its year comes to.
	WasDrafted struct {
		on
		Scheme string `json:"scheme"`
		Digest string `json:"digest"` // of the scheme's text
		Score  Milli  `json:"score_milli"`
		Result string `json:"result_digest"` // hex(SHA-256) of the result with its rows
	}
	// WasObjected: the unit objected to a row or a criterion.
	WasObjected struct {
		on
		ObjectionID string `json:"objection"`
	}
	// WasAnswered: an objection was accepted or not.
	WasAnswered struct {
		on
		ObjectionID string `json:"objection"`
		Accepted    bool   `json:"accepted"`
		Score       Milli  `json:"score_milli"`
	}
	// WasProposed: a level waits for the second signature.
	WasProposed struct {
		on
		Level int `json:"level"`
	}
	// WasRefused: the proposed level was not signed.
	WasRefused struct{ on }
	// WasDecided: the second person signed.
	WasDecided struct {
		on
		Level         int       `json:"level"`
		EffectiveFrom time.Time `json:"effective_from"`
		Score         Milli     `json:"score_milli"`
		Result        string    `json:"result_digest"`
		First         string    `json:"first"` // account
	}
)

// Kind is the stored name.
func (WasDrafted) Kind() string { return "evaluation.drafted" }

// Kind is the stored name.
func (WasObjected) Kind() string { return "evaluation.objected" }

// Kind is the stored name.
func (WasAnswered) Kind() string { return "evaluation.answered" }

// Kind is the stored name.
func (WasProposed) Kind() string { return "evaluation.proposed" }

// Kind is the stored name.
func (WasRefused) Kind() string { return "evaluation.refused" }

// Kind is the stored name.
func (WasDecided) Kind() string { return "evaluation.decided" }
