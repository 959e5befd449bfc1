// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package casework turns reports into verified, graded vulnerabilities: triage, duplicates, verification, grading,
// telling the upstream provider, and who may read what while nothing is public.
package casework

import (
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
)

// A Case is one vulnerability on its way through the platform. Number is the vulnerability's: "FS-2021-000001".
type Case struct {
	ID, Number  string
	State       State
	StateSince  time.Time
	Content     Content // undisclosed until PublishedAt
	Rev         int
	Technical   string // GB/T 30279 technical grade: "critical" …, "" before grading
	Composite   string // GB/T 30279 composite grade
	Exploited   string // "yes", "no", "unknown"
	Assignee    string // account
	DuplicateOf string // case
	OpenedAt    time.Time
	UpdatedAt   time.Time
	PublishedAt time.Time
}

// Content is what the platform holds to be true of the vulnerability, normalised from the reports. Sealed at rest.
type Content struct {
	Title         string            `json:"title"`
	TitleEN       string            `json:"title_en"`
	Description   string            `json:"description"`
	DescriptionEN string            `json:"description_en"`
	CWE           string            `json:"cwe"`
	Aliases       []string          `json:"aliases"`
	Affected      []report.Affected `json:"affected"`
	Fix           string            `json:"fix"`
	FixEN         string            `json:"fix_en"`
	Workaround    string            `json:"workaround"`
	WorkaroundEN  string            `json:"workaround_en"`
	References    []Reference       `json:"references"`
	Credits       []string          `json:"credits"`
}

// A Reference points to something public.
type Reference struct {
	Kind string `json:"kind"` // OSV reference type in lower case: "advisory", "fix", "report", "web"
	URL  string `json:"url"`
}

// Relation of an organisation to a case.
type Relation string

// The relations.
const (
	Reporter   Relation = "reporter"   // reported it
	Upstream   Relation = "upstream"   // provides the flawed product or component
	Downstream Relation = "downstream" // its product contains the component
	Invited    Relation = "invited"    // takes part by decision of an analyst
)

// PartyStatus is what a party says of its product, in the terms of VEX.
type PartyStatus string

// The statuses.
const (
	NotContacted  PartyStatus = "not-contacted"
	Contacted     PartyStatus = "contacted"
	Acknowledged  PartyStatus = "acknowledged"
	Investigating PartyStatus = "under-investigation"
	Affected      PartyStatus = "affected"
	NotAffected   PartyStatus = "not-affected"
	Fixed         PartyStatus = "fixed"
)

// A Party is an organisation that takes part in a case.
type Party struct {
	CaseID, OrgID string
	Relation      Relation
	Status        PartyStatus
	Since         time.Time
	Why           string // of the status, in the party's words: sealed
}

// A Verification records how a report was checked.
type Verification struct {
	ID, CaseID  string
	Result      string // "reproduced", "partly", "not-reproduced", "not-attempted"
	Environment string // sealed
	Steps       string // sealed
	Remark      string // sealed
	AccountID   string
	OrgID       string // of the provider that confirmed its own flaw; "" for the platform
	At          time.Time
}

// A Grade is one opinion on how grave the vulnerability is.
type Grade struct {
	ID, CaseID       string
	Scheme           string // one of Schemes
	Vector           string
	Value            string // "critical", "high", "medium", "low", "none"
	Score            string // "10.0" for CVSS; "9×9" (exploitability × impact) for GB/T 30279
	Rationale        string // sealed
	AccountID, OrgID string
	At               time.Time
}

// A Notice tells the provider of an upstream product about the flaw in it (art. 7 (1): at once).
type Notice struct {
	ID, CaseID, ReportID string // ReportID: the case's first report, when the notice was sent
	Number               string // of the case
	OrgID                string // the provider, when it is a member
	Email                string // its address, when it is not
	Reason               string // why it is thought to be the provider: an i18n key, space, argument; sealed
	Text                 string // sealed
	ByAccount            string
	SentAt, DeliveredAt  time.Time
	OpenedAt, AckedAt    time.Time
}

// Service holds the verbs about cases.
type Service struct {
	DB       *db.DB
	Events   *event.Log
	Seal     *seal.Keyring
	Duties   *duty.Service
	Reports  *report.Service
	Products *product.Service
	Prefix   string // of numbers: "FS"
	BaseURL  string // of this platform, for guest links
	Notify   func() // kicks the delivery of notices, after the commit
}

// on is what all events of a case have in common.
type on struct {
	CaseID string `json:"case"`
	Number string `json:"number"`
}

// About puts an event on the case's time line.
func (o on) About() event.About {
	return event.About{Number: o.Number, Subjects: []string{"case/" + o.CaseID}}
}

func (c Case) on() on { return on{c.ID, c.Number} }

// Events of this package.
type (
	// Opened: a report became a case.
	Opened struct {
		on
		ReportID string `json:"report"`
	}
	// Joined: a report turned out to concern a case that exists.
	Joined struct {
		on
		ReportID string `json:"report"`
	}
	// Taken: somebody works on the case from now on.
	Taken struct {
		on
		AccountID string `json:"account"`
	}
	// Moved: the case went from one state to another by a decision that has no event of its own. When its reporters are
	// to hear of it, it stands on their reports' time lines. Why is sealed elsewhere and never in the stored event:
	// TimeLine and Reasons put it in for those who may read it.
	Moved struct {
		on
		From    State    `json:"from"`
		To      State    `json:"to"`
		Why     string   `json:"why,omitempty"`
		Reports []string `json:"reports,omitempty"`
	}
	// Verified: an analyst recorded the verification, or a provider that of its own flaw.
	Verified struct {
		on
		VerificationID string `json:"verification"`
		Result         string `json:"result"`
		OrgID          string `json:"org,omitempty"`
	}
	// Graded: the vulnerability was graded. Again: the grade stands, and what is affected has changed since.
	Graded struct {
		on
		Technical string `json:"technical"`
		Composite string `json:"composite"`
		Again     bool   `json:"again,omitempty"`
	}
	// Edited: the normalised content changed.
	Edited struct {
		on
		Rev int `json:"rev"`
	}
	// UpstreamNotified: the notice to the upstream provider left.
	UpstreamNotified struct {
		on
		NoticeID string `json:"notice"`
		OrgID    string `json:"org,omitempty"`
	}
	// UpstreamReached: the notice arrived at the upstream provider, or could not be delivered for good.
	UpstreamReached struct {
		on
		NoticeID string         `json:"notice"`
		OrgID    string         `json:"org,omitempty"`
		Channel  string         `json:"channel"` // of package delivery, or "inbox", "link"
		State    delivery.State `json:"state"`
	}
	// UpstreamAcknowledged: the upstream provider confirmed the notice.
	UpstreamAcknowledged struct {
		on
		NoticeID string `json:"notice"`
		OrgID    string `json:"org,omitempty"`
	}
	// PartyAnswered: a party said how its product stands.
	PartyAnswered struct {
		on
		OrgID  string      `json:"org"`
		Status PartyStatus `json:"status"`
	}
)

// Kind is the stored name.
func (Opened) Kind() string { return "case.opened" }

// Kind is the stored name.
func (Joined) Kind() string { return "case.joined" }

// Kind is the stored name.
func (Taken) Kind() string { return "case.taken" }

// Kind is the stored name.
func (Moved) Kind() string { return "case.moved" }

// Kind is the stored name.
func (Verified) Kind() string { return "case.verified" }

// Kind is the stored name.
func (Graded) Kind() string { return "case.graded" }

// Kind is the stored name.
func (Edited) Kind() string { return "case.edited" }

// Kind is the stored name.
func (UpstreamNotified) Kind() string { return "case.upstream-notified" }

// Kind is the stored name.
func (UpstreamReached) Kind() string { return "case.upstream-reached" }

// Kind is the stored name.
func (UpstreamAcknowledged) Kind() string { return "case.upstream-acknowledged" }

// Kind is the stored name.
func (PartyAnswered) Kind() string { return "case.party-answered" }

// About puts it on the case's and the report's time lines.
func (e Opened) About() event.About { return withReports(e.on, e.ReportID) }

// About puts it on the case's and the report's time lines.
func (e Joined) About() event.About { return withReports(e.on, e.ReportID) }

// About puts it on the case's time line and on those of the reports whose reporters are to hear of it.
func (e Moved) About() event.About { return withReports(e.on, e.Reports...) }

func withReports(o on, reports ...string) event.About {
	a := o.About()
	for _, id := range reports {
		a.Subjects = append(a.Subjects, "report/"+id)
	}
	return a
}
