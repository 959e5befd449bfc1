// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package warning warns every partner unit, the affected first, and follows each one's acknowledgement and fix.
package warning

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/spec/openvex"
)

// Level of a warning (公共互联网网络安全突发事件应急预案, 2017): a colour, or a risk notice below the colours.
type Level string

// The levels.
const (
	Red    Level = "red"    // 红色预警
	Orange Level = "orange" // 橙色预警
	Yellow Level = "yellow" // 黄色预警
	Blue   Level = "blue"   // 蓝色预警
	Risk   Level = "notice" // 风险提示
)

// Levels lists the levels, gravest first.
var Levels = []Level{Red, Orange, Yellow, Blue, Risk}

// TwoPersons reports whether a warning of this level needs a second person's release.
func (l Level) TwoPersons() bool { return l == Red || l == Orange }

// State of a warning.
type State string

// The states.
const (
	Draft   State = "draft"
	Pending State = "pending" // approved by one person, waits for the second
	Out     State = "released"
)

// Content is what a warning says, in both languages. Sealed at rest.
type Content struct {
	Title      string `json:"title"`
	TitleEN    string `json:"title_en"`
	Summary    string `json:"summary"`
	SummaryEN  string `json:"summary_en"`
	Scope      string `json:"scope"` // possible scope and harm
	ScopeEN    string `json:"scope_en"`
	Measures   string `json:"measures"` // what to do now, one measure a line
	MeasuresEN string `json:"measures_en"`
	Issuer     string `json:"issuer"` // issuing body
	Phone      string `json:"phone"`
	Basis      string `json:"basis,omitempty"` // decision on which it is issued: of a red warning, the national office's
	Labels     Labels `json:"labels,omitzero"`
	Pack       Pack   `json:"pack,omitzero"`
	Leads      Leads  `json:"leads,omitzero"`
}

// A Warning is one warning; its Revision counts its releases.
type Warning struct {
	ID, Number, CaseID string
	Revision           int
	Rev                int // counts the changes of a draft: who edits or decides says which one he has seen
	Kind               Kind
	Significant        bool   // of a released revision: it reached everybody at once; else it is editorial
	Exercise           bool   // it is marked as such everywhere, and counts nowhere
	Territory          string // the province it is issued for; "" for the whole country
	Level              Level
	TLP                string
	State              State
	Content            Content
	Products, Orgs     int       // the numbers in Content.Scope: products that match, and organisations they belong to
	RespondBy          time.Time // time limit for the answer; of a draft without one: what it would be if released now
	Limited            bool      // of a draft: RespondBy was set by hand
	Known              Snapshot  // of a released revision: what was known then
	DraftedBy          string    // accounts
	ApprovedBy         string
	ReleasedBy         string
	CreatedAt          time.Time
	ReleasedAt         time.Time
}

// Waves of a release.
const (
	WaveAffected = 1 // its products contain the flaw, or an earlier revision said so
	WaveSector   = 2 // same sector as an affected unit
	WaveAll      = 3 // every other partner unit
)

// Answer is what a recipient says.
type Answer string

// The answers, in the terms of VEX.
const (
	Unanswered  Answer = ""
	Checking    Answer = "checking"
	AffectedYes Answer = "affected"
	AffectedNo  Answer = "not-affected"
	FixedAll    Answer = "fixed"
)

// Answers lists what can be answered.
var Answers = []Answer{Checking, AffectedYes, AffectedNo, FixedAll}

// A Recipient is one organisation's copy of a warning: its inbox row.
type Recipient struct {
	WarningID     string
	Revision      int
	OrgID         string
	Wave          int
	Products      int // of its products that match
	At            time.Time
	ReadAt        time.Time
	AckedAt       time.Time // of the first answer
	Answer        Answer
	Justification openvex.Justification // of AffectedNo, or ""
	Comment       string
	Assets        int // affected assets, as the unit counts them
	AnsweredBy    string
	AnsweredVia   string
	FixedAt       time.Time
	SaidIn        int    // the revision that was answered; 0 while nothing was
	Was           Answer // the answer that this revision made void
	Carried       string // Stands, one of Voids, or "" when nothing came along
}

// Service holds the verbs about warnings.
type Service struct {
	DB           *db.DB
	Events       *event.Log
	Seal         *seal.Keyring
	Cases        *casework.Service
	Matches      *match.Service
	Members      *member.Service
	Destinations *destination.Service
	Blobs        blob.Store // proofs of answers
	Territory    string     // province whose authority runs this platform, as members' regions are written; "" for the central authority
	Prefix       string     // of numbers: "FS"
	BaseURL      string     // of this platform, for links
	ReplyDomain  string     // of reply addresses, whose mail a gateway hands in; "" for none
	Notify       func()     // kicks the deliveries, after the commit

	// Documents returns what is published about a case, by file name; nil for none. It belongs to a package above this one.
	Documents func(ctx context.Context, tx *db.Tx, caseID string) (map[string][]byte, error)
	PeersMin  int // how many units a figure that peers see stands for at least; 0 is DefaultPeers

	counted counted
}

type on struct {
	WarningID string `json:"warning"`
	Number    string `json:"number"`
	CaseID    string `json:"case"`
}

// About puts an event on the warning's and the case's time lines.
func (o on) About() event.About {
	return event.About{Number: o.Number, Subjects: []string{"warning/" + o.WarningID, "case/" + o.CaseID}}
}

// Events of this package.
type (
	// Drafted: a warning was drafted.
	Drafted struct{ on }
	// Edited: a person changed a draft; Voided says that an approval fell with it.
	Edited struct {
		on
		Revision int  `json:"revision"`
		Voided   bool `json:"voided,omitempty"`
	}
	// Revised: a further revision of a released warning was begun.
	Revised struct {
		on
		Revision int  `json:"revision"`
		As       Kind `json:"kind"`
	}
	// Approved: the first of two persons approved the release.
	Approved struct{ on }
	// Released: a revision of a warning went out.
	Released struct {
		on
		Revision   int   `json:"revision"`
		Level      Level `json:"level"`
		Recipients int   `json:"recipients"`
		Affected   int   `json:"affected"`
		As         Kind  `json:"kind"`
		Editorial  bool  `json:"editorial,omitempty"`
		Exercise   bool  `json:"exercise,omitempty"`
		Reopened   int   `json:"reopened"` // answers that it made void
	}
	// Extended: units that turned out to be affected after the release got the warning as well, or were told so.
	Extended struct {
		on
		Revision   int `json:"revision"`
		Recipients int `json:"recipients"`
	}
	// Undelivered: a channel failed for good; the warning stands in the unit's inbox only.
	Undelivered struct {
		on
		Revision int    `json:"revision"`
		OrgID    string `json:"org"`
		Channel  string `json:"channel"`
	}
	// Answered: a unit acknowledged.
	Answered struct {
		on
		Revision int    `json:"revision"`
		OrgID    string `json:"org"`
		Answer   Answer `json:"answer"`

		Justification openvex.Justification `json:"justification,omitempty"`
		Exercise      bool                  `json:"exercise,omitempty"`
	}
)

// Kind is the stored name.
func (Drafted) Kind() string { return "warning.drafted" }

// Kind is the stored name.
func (Approved) Kind() string { return "warning.approved" }

// Kind is the stored name.
func (Released) Kind() string { return "warning.released" }

// Kind is the stored name.
func (Answered) Kind() string { return "warning.answered" }

// Kind is the stored name.
func (Edited) Kind() string { return "warning.edited" }

// Kind is the stored name.
func (Revised) Kind() string { return "warning.revised" }

// Kind is the stored name.
func (Extended) Kind() string { return "warning.extended" }

// Kind is the stored name.
func (Undelivered) Kind() string { return "warning.undelivered" }

// About puts it on the warning's, the case's and the unit's time lines.
func (e Answered) About() event.About { return withOrg(e.on, e.OrgID) }

// About puts it on the warning's, the case's and the unit's time lines.
func (e Undelivered) About() event.About { return withOrg(e.on, e.OrgID) }

func withOrg(o on, org string) event.About {
	a := o.About()
	a.Subjects = append(a.Subjects, "org/"+org)
	return a
}

func (w Warning) on() on { return on{w.ID, w.Number, w.CaseID} }
