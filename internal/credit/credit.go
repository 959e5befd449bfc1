// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package credit watches public records (CVE, OSV, CSAF) for members that are thanked for finds they never reported. It
// tells by which rule a record is thought to mean a member, sets the member's reports beside it, and ends in a question:
// when a find was made, and what became of it. Nothing is presumed, and the member sees what the supervisor sees.
package credit

import (
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/seal"
)

// State of a lead.
type State string

// The states.
const (
	Waiting   State = "waiting"   // a person decides whether to ask
	Denied    State = "denied"    // the member says that it is not meant; a person decides
	Asked     State = "asked"     // an inquiry is open, or was
	Dismissed State = "dismissed" // a person decided not to ask, with reasons
	Reported  State = "reported"  // the member has reported the find
	Withdrawn State = "withdrawn" // the record was withdrawn, or no longer names the member
	Merged    State = "merged"    // the find turned out to be another one, which has a lead for the member
)

// States lists them in the order in which they are shown.
var States = []State{Waiting, Denied, Asked, Reported, Dismissed, Withdrawn, Merged}

// moves is the whole state machine: from where a lead may go where.
var moves = map[State][]State{
	Waiting:   {Denied, Asked, Dismissed, Reported, Withdrawn, Merged},
	Denied:    {Waiting, Asked, Dismissed, Reported, Withdrawn, Merged},
	Withdrawn: {Waiting, Merged},
	Reported:  {Merged},
	Dismissed: {Asked, Merged},
	Asked:     {Merged},
}

// CanMove reports whether a lead may go from one state to another.
func CanMove(from, to State) bool { return slices.Contains(moves[from], to) }

// A Lead says that public records thank a member for a find of which the platform holds no report by it. There is one
// for a find and a member, whatever is imported how often.
type Lead struct {
	ID, Number string // Number: "FS-L-2021-000001"
	FindID     string
	OrgID      string
	State      State
	StateSince time.Time
	Confidence Confidence
	Rev        int
	FoundAt    time.Time
	InquiryID  string
	ReportID   string // of the report that closed it, or that came after the question
	Content
}

// Content is what is sealed of a lead.
type Content struct {
	Title   string   `json:"title"`
	Idents  []string `json:"idents"`
	Signs   []Sign   `json:"signs"`
	Anchors []Anchor `json:"anchors"` // the proposed one first
}

// An Anchor is one date from which clocks may run, and what says so.
type Anchor struct {
	Date
	Record string `json:"record"` // name of the record that gives it
}

// Proposed is the anchor that is proposed: the earliest date of the strongest sort, or nothing.
func (c Content) Proposed() (Anchor, bool) {
	if len(c.Anchors) == 0 {
		return Anchor{}, false
	}
	return c.Anchors[0], true
}

// WordKind says what a word about a lead is.
type WordKind string

// The kinds of words.
const (
	SaysNotOurs  WordKind = "not-ours"  // the member: it is not meant
	SaysDismiss  WordKind = "dismissed" // a supervisor: no question is asked
	SaysAsked    WordKind = "asked"     // a supervisor, or the platform: a question was asked
	SaysReported WordKind = "reported"  // the platform: a report of the member is here
	SaysGone     WordKind = "gone"      // the platform: the record was withdrawn or names the member no longer
	SaysBack     WordKind = "back"      // the platform: the record names the member again
	SaysMerged   WordKind = "merged"    // the platform: the find turned out to be another one
)

// A Word is what was said about a lead.
type Word struct {
	ID, LeadID string
	Kind       WordKind
	By         string // account; "" for the platform
	ByOrg      string
	At         time.Time
	Text       string // sealed
}

// Service holds the verbs about credits.
type Service struct {
	DB         *db.DB
	Events     *event.Log
	Seal       *seal.Keyring
	Members    *member.Service
	Cases      *casework.Service
	Products   *product.Service
	Compliance *compliance.Service
	Rules      *rulebook.Book
	Prefix     string // of numbers: "FS"
	Auto       bool   // leads with nothing left to judge open their inquiry by themselves
	Directory  string // watched for records; "" watches none
}

// on is what all events of a lead have in common. They hold no texts: these are sealed.
type on struct {
	LeadID string `json:"lead"`
	Number string `json:"number"`
	OrgID  string `json:"org"`
}

// About puts an event on the time lines of the lead and the organisation.
func (o on) About() event.About {
	return event.About{Number: o.Number, Subjects: []string{"lead/" + o.LeadID, "org/" + o.OrgID}}
}

func (l Lead) on() on { return on{l.ID, l.Number, l.OrgID} }

// Events of this package.
type (
	// Imported: public records came in that were not known, or not in this state.
	Imported struct {
		Records int    `json:"records"`
		Digest  string `json:"digest"` // hex(SHA-256) over their SHA-256, in order
	}
	// Found: public records thank a member for a find that it has not reported here.
	Found struct {
		on
		Confidence Confidence `json:"confidence"`
	}
	// Changed: further records speak of it, or the same ones in another way.
	Changed struct {
		on
		Confidence Confidence `json:"confidence"`
	}
	// Questioned: an inquiry was opened about it.
	Questioned struct {
		on
		InquiryID string `json:"inquiry"`
	}
	// NotOurs: the member says that it is not meant.
	NotOurs struct{ on }
	// LetGo: a person decided not to ask.
	LetGo struct {
		on
		Stranger bool `json:"stranger"` // the spelling does not mean the member, now and later
	}
	// Answered: a report of the member about the find is here.
	Answered struct {
		on
		ReportID string `json:"report"`
		After    bool   `json:"after"` // an inquiry had been opened before
	}
	// Gone: the records were withdrawn, or no longer name the member.
	Gone struct{ on }
	// Back: a record names the member again.
	Back struct{ on }
	// Joined: the find turned out to be another one.
	Joined struct {
		on
		Into string `json:"into"` // lead
	}
)

// About puts it on no time line of its own.
func (Imported) About() event.About { return event.About{} }

// Kind is the stored name.
func (Imported) Kind() string { return "credit.imported" }

// Kind is the stored name.
func (Found) Kind() string { return "credit.found" }

// Kind is the stored name.
func (Changed) Kind() string { return "credit.changed" }

// Kind is the stored name.
func (Questioned) Kind() string { return "credit.questioned" }

// Kind is the stored name.
func (NotOurs) Kind() string { return "credit.not-ours" }

// Kind is the stored name.
func (LetGo) Kind() string { return "credit.let-go" }

// Kind is the stored name.
func (Answered) Kind() string { return "credit.answered" }

// Kind is the stored name.
func (Gone) Kind() string { return "credit.gone" }

// Kind is the stored name.
func (Back) Kind() string { return "credit.back" }

// Kind is the stored name.
func (Joined) Kind() string { return "credit.joined" }

// moveTo changes the state of a loaded lead by the table of moves.
func (l *Lead) moveTo(to State) error {
	if !CanMove(l.State, to) {
		return fault.Clash("credit.cannot-move", string(l.State), string(to))
	}
	l.State = to
	return nil
}
