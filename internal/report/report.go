// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package report takes in what providers and finders tell the platform about a vulnerability, stage by stage, and
// answers with a signed receipt.
package report

import (
	"time"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/seal"
)

// Content is what a report says: the statutory items (Provisions of 2021, art. 7 (2): product name, model, version,
// technical characteristics, harm, impact scope) and what analysts need beside them. It is undisclosed: sealed at rest.
type Content struct {
	Title     string        `json:"title"`      // generated from product and weakness when empty
	Vendor    string        `json:"vendor"`     // provider of the product
	Product   string        `json:"product"`    // statutory: product name
	Model     string        `json:"model"`      // statutory: model, for hardware
	Versions  string        `json:"versions"`   // statutory: affected versions, free text
	PURL      string        `json:"purl"`       // package URL of the component, without version
	Technical string        `json:"technical"`  // statutory: technical characteristics
	Harm      string        `json:"harm"`       // statutory
	Scope     string        `json:"scope"`      // statutory: impact scope
	CWE       string        `json:"cwe"`        // "CWE-502"
	CVSS      string        `json:"cvss"`       // vector, any version
	Aliases   []string      `json:"aliases"`    // CVE, CNVD, CNNVD, GHSA …
	Exploited string        `json:"exploited"`  // "yes", "no", "unknown"
	Public    string        `json:"public"`     // are details public: "yes", "no", "unknown"
	Fix       string        `json:"fix"`        // what mends or mitigates it
	Upstream  string        `json:"upstream"`   // "yes": the flaw lies in an upstream component; "no", "unknown"
	Told      []Told        `json:"told"`       // whom the reporter has told already
	Relation  duty.Relation `json:"relation"`   // of the reporter to the product
	LearnedAt time.Time     `json:"learned_at"` // when the reporter learned of it: the anchor of its clocks
	LearnedBy string        `json:"learned_by"` // how
	Credit    string        `json:"credit"`     // whom to name in an advisory, or ""
	Affected  []Affected    `json:"affected"`   // machine-readable ranges, when known

	Kind string `json:"kind,omitempty"` // Generic, Event, or "" for Generic: how soon the platform verifies it follows from it
}

// Kinds of reports, as the neighbouring databases tell them apart.
const (
	Generic = "generic" // 通用型: a flaw of a product, wherever it is used
	Event   = "event"   // 事件型: a flaw of one system in use
)

// Told is one party that the reporter informed outside the platform.
type Told struct {
	Who string    `json:"who"`
	At  time.Time `json:"at"`
}

// Affected is a version range of a package (OSV 1.7 semantics) or, without a purl, of a product.
type Affected struct {
	PURL         string   `json:"purl,omitempty"`
	Vendor       string   `json:"vendor,omitempty"`
	Product      string   `json:"product,omitempty"`
	Model        string   `json:"model,omitempty"`
	Introduced   string   `json:"introduced,omitempty"` // "" or "0": from the beginning
	Fixed        string   `json:"fixed,omitempty"`
	LastAffected string   `json:"last_affected,omitempty"`
	Versions     []string `json:"versions,omitempty"` // listed one by one
}

// State of a report.
type State string

// The states; what becomes of it in casework shows in the case.
const (
	Received  State = "received"
	Withdrawn State = "withdrawn"
)

// A Report is a received report. Content is the newest version's and empty unless it was asked for.
type Report struct {
	ID, Number       string
	OrgID, AccountID string // empty for a report without an account
	Contact          string // of a reporter without an account
	Relation         duty.Relation
	Flash            bool
	Version          int
	Completeness     int // per cent of the statutory items
	State            State
	LearnedAt        time.Time // as its first stage says: a later stage does not move the clocks
	ReceivedAt       time.Time
	EventID          string // of its reception: handle of the receipt
	Content          Content
}

// A Version is one stage of a report.
type Version struct {
	N       int
	At      time.Time
	EventID string
	Content Content
}

// An Attachment is a file that belongs to a report. Its bytes are sealed.
type Attachment struct {
	ID, ReportID, Name, MediaType string
	Size                          int64
	SHA256                        string
	Blob                          string
	At                            time.Time
}

// Service holds the verbs about reports.
type Service struct {
	DB       *db.DB
	Events   *event.Log
	Evidence *evidence.Log
	Seal     *seal.Keyring
	Duties   *duty.Service
	Blobs    blob.Store
	Prefix   string // of numbers: "FS"
	Notify   func() // kicks the delivery of transfers, after the commit

	accepting db.Group[*submission]
}

// Submitted: a report was received.
type Submitted struct {
	ReportID      string    `json:"report"`
	Number        string    `json:"number"`
	Version       int       `json:"version"`
	OrgID         string    `json:"org,omitempty"`
	LearnedAt     time.Time `json:"learned_at"`
	ContentDigest string    `json:"content_digest"` // hex SHA-256 of a salt and the content
	Attachments   []string  `json:"attachments,omitempty"`
}

// Kind is the stored name.
func (Submitted) Kind() string { return "report.submitted" }

// About puts it on the report's and its organisation's time lines.
func (e Submitted) About() event.About { return aboutReport(e.Number, e.ReportID, e.OrgID) }

// Supplemented: a further stage of a report was received.
type Supplemented struct {
	ReportID      string   `json:"report"`
	Number        string   `json:"number"`
	Version       int      `json:"version"`
	OrgID         string   `json:"org,omitempty"`
	ContentDigest string   `json:"content_digest"`
	Attachments   []string `json:"attachments,omitempty"` // hex SHA-256 of the files that came with this stage
}

// Kind is the stored name.
func (Supplemented) Kind() string { return "report.supplemented" }

// About puts it on the report's and its organisation's time lines.
func (e Supplemented) About() event.About { return aboutReport(e.Number, e.ReportID, e.OrgID) }

// Transferred: a transfer to an authority ended, as delivered or as failed for good (art. 7 ¶2).
type Transferred struct {
	ReportID string         `json:"report"`
	Number   string         `json:"number"`
	Version  int            `json:"version"`
	OrgID    string         `json:"org"` // the authority
	Channel  string         `json:"channel"`
	State    delivery.State `json:"state"`
}

// Kind is the stored name.
func (Transferred) Kind() string { return "report.transferred" }

// About puts it on the report's and the authority's time lines.
func (e Transferred) About() event.About { return aboutReport(e.Number, e.ReportID, e.OrgID) }

func aboutReport(number, id, org string) event.About {
	a := event.About{Number: number, Subjects: []string{"report/" + id}}
	if org != "" {
		a.Subjects = append(a.Subjects, "org/"+org)
	}
	return a
}
