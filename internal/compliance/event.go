// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/event"
)

// on is what all events of an inquiry have in common. They hold no texts: these are sealed.
type on struct {
	InquiryID string `json:"inquiry"`
	Number    string `json:"number"`
	OrgID     string `json:"org"`
}

// About puts an event on the time lines of the inquiry and the organisation.
func (o on) About() event.About {
	return event.About{Number: o.Number, Subjects: []string{"inquiry/" + o.InquiryID, "org/" + o.OrgID}}
}

func (q Inquiry) on() on { return on{q.ID, q.Number, q.OrgID} }

// Events of this package.
type (
	// Opened: there is a question to an organisation.
	Opened struct{ on }
	// Served: the formal notice left.
	Served struct {
		on
		Until time.Time `json:"until"` // for the statement
	}
	// Reached: the notice, decision or answer arrived, or a channel failed for good.
	Reached struct {
		on
		What    string         `json:"what"`    // "notice", "decision", "answer"
		Channel string         `json:"channel"` // of package delivery
		State   delivery.State `json:"state"`
	}
	// Read: a person of the organisation opened the file for the first time since the notice: the read receipt.
	Read struct {
		on
		AccountID string `json:"account"`
	}
	// Extended: the organisation has longer for its statement.
	Extended struct {
		on
		Until time.Time `json:"until"`
	}
	// StatementMade: the organisation said its side.
	StatementMade struct {
		on
		StatementID string `json:"statement"`
	}
	// DecisionProposed: a decision waits for the second signature.
	DecisionProposed struct {
		on
		DecisionID string `json:"decision"`
	}
	// DecisionFell: the proposed decision was not made.
	DecisionFell struct {
		on
		DecisionID string `json:"decision"`
	}
	// DecisionMade: the second person signed.
	DecisionMade struct {
		on
		DecisionID string  `json:"decision"`
		Outcome    Outcome `json:"outcome"`
		Months     int     `json:"months,omitempty"`
		First      string  `json:"first"` // account that proposed it
	}
	// AppealFiled: the organisation asks for the decision to be annulled.
	AppealFiled struct{ on }
	// AppealAnswered: the decision stands or falls.
	AppealAnswered struct {
		on
		Annulled bool `json:"annulled"`
	}
	// Objected: the organisation contests a line of the file.
	Objected struct {
		on
		ObjectionID string `json:"objection"`
		What        string `json:"about"`
	}
	// ObjectionAnswered: it was found right or not.
	ObjectionAnswered struct {
		on
		ObjectionID string `json:"objection"`
		Accepted    bool   `json:"accepted"`
	}
	// Redelivered: a notice that had reached nobody was served again.
	Redelivered struct {
		on
		Until    time.Time `json:"until"` // for the statement
		ByOthers bool      `json:"otherwise"`
	}
	// RevisionProposed: a milder decision in answer to the appeal waits for the second signature.
	RevisionProposed struct {
		on
		DecisionID string `json:"decision"`
	}
	// Rectified: the organisation told what it has mended.
	Rectified struct {
		on
		StatementID string `json:"statement"`
	}
	// EndedEarly: the sanction ended before its term.
	EndedEarly struct {
		on
		DecisionID string `json:"decision"`
	}
)

// Kind is the stored name.
func (Opened) Kind() string { return "compliance.opened" }

// Kind is the stored name.
func (Served) Kind() string { return "compliance.served" }

// Kind is the stored name.
func (Reached) Kind() string { return "compliance.reached" }

// Kind is the stored name.
func (Read) Kind() string { return "compliance.read" }

// Kind is the stored name.
func (Extended) Kind() string { return "compliance.extended" }

// Kind is the stored name.
func (StatementMade) Kind() string { return "compliance.statement-made" }

// Kind is the stored name.
func (DecisionProposed) Kind() string { return "compliance.decision-proposed" }

// Kind is the stored name.
func (DecisionFell) Kind() string { return "compliance.decision-fell" }

// Kind is the stored name.
func (DecisionMade) Kind() string { return "compliance.decision-made" }

// Kind is the stored name.
func (AppealFiled) Kind() string { return "compliance.appeal-filed" }

// Kind is the stored name.
func (AppealAnswered) Kind() string { return "compliance.appeal-answered" }

// Kind is the stored name.
func (Objected) Kind() string { return "compliance.objected" }

// Kind is the stored name.
func (ObjectionAnswered) Kind() string { return "compliance.objection-settled" }

// Kind is the stored name.
func (Redelivered) Kind() string { return "compliance.redelivered" }

// Kind is the stored name.
func (RevisionProposed) Kind() string { return "compliance.revision-proposed" }

// Kind is the stored name.
func (Rectified) Kind() string { return "compliance.rectified" }

// Kind is the stored name.
func (EndedEarly) Kind() string { return "compliance.ended-early" }
