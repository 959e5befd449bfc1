// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"github.com/fengsui/fengsui/internal/event"
)

// on is what all events about a duty have in common. Reasons are sealed elsewhere and never in a stored event.
type on struct {
	DutyID   string `json:"duty"`
	Rule     string `json:"rule"`
	OrgID    string `json:"org"`
	ReportID string `json:"report"`
	CaseID   string `json:"case,omitempty"`
	Number   string `json:"number,omitempty"` // of the report
}

// on is what an event about a duty says of it.
func (d Duty) on() on { return on{d.ID, d.Rule, d.OrgID, d.ReportID, d.CaseID, d.Number} }

// About puts an event on the time lines of the duty, its report, its case and the organisation that owes it.
func (o on) About() event.About {
	a := event.About{Number: o.Number, Subjects: []string{"duty/" + o.DutyID, "org/" + o.OrgID, "report/" + o.ReportID}}
	if o.CaseID != "" {
		a.Subjects = append(a.Subjects, "case/"+o.CaseID)
	}
	return a
}

// Events of this package.
type (
	// AnchorCorrected: somebody asserts another time of the fact from which clocks of a report run.
	AnchorCorrected struct {
		on
		Anchor string   `json:"anchor"`
		N      int      `json:"n"`               // of the assertion
		Duties []string `json:"duties"`          // whose due times were derived again
		Later  bool     `json:"later,omitempty"` // one of them moved later: the supervisor looks at it
	}
	// ActProposed: somebody wants a duty paused, waived, void or alive again.
	ActProposed struct {
		on
		ActID string  `json:"act"`
		Act   ActKind `json:"kind"`
	}
	// ActSigned: a second person signed it.
	ActSigned struct {
		on
		ActID      string  `json:"act"`
		Act        ActKind `json:"kind"`
		ProposedBy string  `json:"proposed_by"`
		Later      bool    `json:"later,omitempty"`
	}
	// ActRefused: it was not signed.
	ActRefused struct {
		on
		ActID string  `json:"act"`
		Act   ActKind `json:"kind"`
	}
	// Resumed: a clock that stood still runs again.
	Resumed struct {
		on
		ActID string `json:"act"`
	}
	// Decided: the organisation recorded a reasoned decision about a duty. Its clock runs on.
	Decided struct {
		on
		ActID string `json:"act"`
	}
	// Seen: the supervisor looked at what moved a due time later.
	Seen struct {
		on
		ActID string `json:"act"`
	}
	// ClashOpened: two duties pull in different directions; a person of the organisation has to decide.
	ClashOpened struct {
		onClash
	}
	// ClashAnswered: a person decided.
	ClashAnswered struct {
		onClash
	}
)

type onClash struct {
	ClashID  string `json:"clash"`
	Name     string `json:"name"` // of the clash, as the law packs have it
	OrgID    string `json:"org"`
	ReportID string `json:"report"`
}

// About puts it on the time lines of the report and of the organisation.
func (o onClash) About() event.About {
	return event.About{Subjects: []string{"clash/" + o.ClashID, "org/" + o.OrgID, "report/" + o.ReportID}}
}

// Kind is the stored name.
func (AnchorCorrected) Kind() string { return "duty.anchor-corrected" }

// Kind is the stored name.
func (ActProposed) Kind() string { return "duty.act-proposed" }

// Kind is the stored name.
func (ActSigned) Kind() string { return "duty.act-signed" }

// Kind is the stored name.
func (ActRefused) Kind() string { return "duty.act-refused" }

// Kind is the stored name.
func (Resumed) Kind() string { return "duty.resumed" }

// Kind is the stored name.
func (Decided) Kind() string { return "duty.decided" }

// Kind is the stored name.
func (Seen) Kind() string { return "duty.seen" }

// Kind is the stored name.
func (ClashOpened) Kind() string { return "duty.clash-opened" }

// Kind is the stored name.
func (ClashAnswered) Kind() string { return "duty.clash-decided" }
