// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package transparency tells the public how the platform keeps its promises: how long things took, what fell overdue by
// law and by kind of organisation, the platform's own breaches one by one, what became of inquiries. Published editions
// are frozen and stand in the evidence log; what they say of members can be traced to nobody, in one edition or in the
// difference of two.
package transparency

import (
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
)

// Format names the form of the figures.
const Format = "fengsui-transparency/v1"

// K is the least number of organisations behind a figure about members.
const K = 5

// Figures are what is published of a period.
type Figures struct {
	Format   string    `json:"format"`
	Period   string    `json:"period" doc:"2021, 2021-Q4 or rolling"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	AsOf     time.Time `json:"as_of" doc:"what happened later is left out"`
	Volume   Volume    `json:"volume"`
	Spans    []Span    `json:"spans" nullable:"false" doc:"how long things took"`
	Trend    []Point   `json:"trend" nullable:"false" doc:"the same, quarter by quarter"`
	Members  *Members  `json:"members,omitempty" doc:"what fell overdue at members; in editions of quarters and years alone"`
	Warnings []Warned  `json:"warnings" nullable:"false"`
	Breaches Breaches  `json:"breaches" doc:"of the platform's own clocks"`
	Conduct  Conduct   `json:"conduct" doc:"inquiries and what became of them"`
	Readers  Readers   `json:"readers" doc:"of undisclosed cases"`
	Log      Log       `json:"log" doc:"the evidence log when the figures were made"`
}

// Volume counts what came in and went out in the period.
type Volume struct {
	Reports    int `json:"reports"`
	Anonymous  int `json:"anonymous" doc:"reports without an account"`
	Cases      int `json:"cases"`
	Duplicates int `json:"duplicates" doc:"reports that joined a case that was there"`
	Advisories int `json:"advisories"`
}

// Names of spans, in the order of a report's way.
const (
	ToReceipt  = "receipt"
	ToTransfer = "transfer"
	ToPerson   = "taken"
	ToVerified = "verified"
	ToProvider = "provider"
	ToWarning  = "warning"
	ToAdvisory = "advisory"
)

// SpanNames lists them.
var SpanNames = []string{ToReceipt, ToTransfer, ToPerson, ToVerified, ToProvider, ToWarning, ToAdvisory}

// A Span is how long one step took, counted from the receipt of the first report. Percentiles are by nearest rank over all
// that began; what is still open counts as longest. A percentile that falls on what is open is absent.
type Span struct {
	Name string `json:"name" enum:"receipt,transfer,taken,verified,provider,warning,advisory"`
	N    int    `json:"n" doc:"how many began, or, of warnings and advisories, were issued"`
	Open int    `json:"open" doc:"of these, not there yet"`
	P50  *int   `json:"p50_minutes,omitempty"`
	P90  *int   `json:"p90_minutes,omitempty"`
	Max  *int   `json:"max_minutes,omitempty"`
	Bins []int  `json:"bins" nullable:"false" doc:"how many took up to 1, 4, 24, 72, 168, 336 and 720 hours, and longer"`
}

// BinHours are the upper ends of Span.Bins, but for the last.
var BinHours = []int{1, 4, 24, 72, 168, 336, 720}

// A Point is one quarter of the trend, with its medians in the order of SpanNames.
type Point struct {
	Quarter string   `json:"quarter"`
	Medians []Median `json:"medians" nullable:"false"`
}

// A Median is that of one span, absent where there is none.
type Median struct {
	Name string `json:"name"`
	N    int    `json:"n"`
	P50  *int   `json:"p50_minutes,omitempty"`
}

// A Count is how many duties fell due and how many of them were met too late or not at all, in the latest arguable reading.
type Count struct {
	N    int `json:"duties"`
	Late int `json:"late"`
}

// A Group is a row of a breakdown. A withheld group has no figures: too few organisations stand behind it, or others could
// be worked out from it.
type Group struct {
	Key      string `json:"key"`
	Withheld bool   `json:"withheld,omitempty"`
	Count
}

// Members is what fell overdue at members.
type Members struct {
	K        int      `json:"k" doc:"least number of organisations behind a figure"`
	Quarters []string `json:"quarters" nullable:"false" doc:"whose published figures these are, added up"`
	Held     bool     `json:"held,omitempty" doc:"corrections that touch too few organisations to be shown were held back"`
	Total    Group    `json:"total"`
	ByLaw    []Group  `json:"by_law" nullable:"false"`
	ByKind   []Group  `json:"by_kind" nullable:"false"`
}

// Warned is how warnings of a level fared. Answers count those that came by the time limit, and all; fixed is of those
// that had an affected product.
type Warned struct {
	Level      string `json:"level" enum:"red,orange,yellow,blue,notice"`
	Warnings   int    `json:"warnings"`
	Revisions  int    `json:"revisions"`
	Recipients int    `json:"recipients"`
	InTime     int    `json:"answered_in_time"`
	Answered   int    `json:"answered"`
	Affected   int    `json:"affected" doc:"recipients with a product that contains it"`
	Fixed      int    `json:"fixed"`
}

// Breaches are the platform's own clocks that ran out in the period.
type Breaches struct {
	Due  int      `json:"due" doc:"clocks of the platform that fell due"`
	List []Breach `json:"list" nullable:"false"`
	More int      `json:"more,omitempty" doc:"that are not in the list, which ends with the 1000th"`
}

// A Breach is one clock of the platform that ran out.
type Breach struct {
	DutyID   string    `json:"duty"`
	Number   string    `json:"number" doc:"of the report"`
	Rule     string    `json:"clock"`
	DueAt    time.Time `json:"due_at"`
	MetAt    time.Time `json:"met_at,omitzero"`
	Late     int       `json:"late_minutes" doc:"until it was met, or until the figures were made"`
	ReasonZH string    `json:"reason_zh,omitempty"`
	ReasonEN string    `json:"reason_en,omitempty"`
}

// Conduct counts inquiries and what became of them.
type Conduct struct {
	Inquiries    int `json:"inquiries" doc:"opened"`
	Dismissed    int `json:"dismissed"`
	Warnings     int `json:"warnings"`
	Restrictions int `json:"restrictions"`
	Suspensions  int `json:"suspensions"`
	Appeals      int `json:"appeals" doc:"filed"`
	Upheld       int `json:"upheld"`
	Revised      int `json:"revised" doc:"upheld in part"`
	Annulled     int `json:"annulled"`
	Waiting      int `json:"waiting" doc:"appeals without an answer"`
}

// Readers counts who read undisclosed cases.
type Readers struct {
	Cases   int `json:"cases"`
	Staff   int `json:"staff" doc:"readings by the platform's people"`
	Members int `json:"members" doc:"readings by reporters and parties"`
	People  int `json:"people" doc:"different persons"`
}

// Log is the evidence log when the figures were made.
type Log struct {
	Events     int    `json:"events" doc:"recorded in the period"`
	Size       int64  `json:"size"`
	Root       string `json:"root,omitempty"`
	Checkpoint string `json:"checkpoint,omitempty" doc:"the signed note"`
}

// Edition is what was published of a period. Editions are never changed: a correction is another one.
type Edition struct {
	ID, Period  string
	N           int // 1 for the first, 0 for a draft
	State       State
	Figures     Figures
	Digest      string // hex(SHA-256(blind ‖ figures)), as in the evidence log
	Changes     []Change
	DraftedBy   string // account
	DraftedAt   time.Time
	FirstBy     string // accounts of the two that published it; neither drafted it
	FirstAt     time.Time
	SecondBy    string
	PublishedAt time.Time
	FellBy      string
	FellWhy     string

	figures, blind []byte
	event          string
}

// State of an edition.
type State string

// The states.
const (
	Draft     State = "draft"
	Published State = "published"
	Fell      State = "fell"
)

// A Change is a figure that another edition of the same period says differently.
type Change struct {
	Path   string `json:"path"`
	Before string `json:"before" doc:"JSON, or empty for what was not there"`
	After  string `json:"after"`
}

// Service holds the verbs about transparency.
type Service struct {
	DB       *db.DB
	Events   *event.Log
	Evidence *evidence.Log
	Second   []member.Role // who may publish, beside supervisors

	live memory
}

// on is what the events of an edition have in common.
type on struct {
	EditionID string `json:"edition"`
	Period    string `json:"period"`
}

// About puts an event on the edition's time line.
func (o on) About() event.About {
	return event.About{Number: "transparency/" + o.Period, Subjects: []string{"transparency/" + o.EditionID}}
}

// Events of this package.
type (
	// Drafted: somebody froze the figures of a period.
	Drafted struct {
		on
		ContentDigest string `json:"content_digest"`
	}
	// Signed: the first of two persons signed.
	Signed struct{ on }
	// Issued: the second person signed, and the edition is public. Its digest stands in the evidence log.
	Issued struct {
		on
		N             int    `json:"n"`
		ContentDigest string `json:"content_digest"`
		First         string `json:"first"` // account
	}
	// Dropped: a draft is not published.
	Dropped struct{ on }
	// Explained: a reason was put on record for a breach of the platform's own clocks.
	Explained struct {
		DutyID string `json:"duty"`
	}
)

// Kind is the stored name.
func (Drafted) Kind() string { return "transparency.drafted" }

// Kind is the stored name.
func (Signed) Kind() string { return "transparency.signed" }

// Kind is the stored name.
func (Issued) Kind() string { return "transparency.published" }

// Kind is the stored name.
func (Dropped) Kind() string { return "transparency.dropped" }

// Kind is the stored name.
func (Explained) Kind() string { return "transparency.explained" }

// About puts the event on the duty's time line.
func (e Explained) About() event.About { return event.About{Subjects: []string{"duty/" + e.DutyID}} }
