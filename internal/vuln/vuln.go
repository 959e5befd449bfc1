// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package vuln keeps what the world publicly knows of vulnerabilities: records in OSV, CVE and CSAF, the catalogue of
// those that are known to be exploited, and EPSS. It imports them again and again, joins the records of one vulnerability
// by their names, and hands what they claim of packages and products to those who match. Everything in it is public.
package vuln

import (
	"net/http"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
)

// A Source is the sort of a public record.
type Source string

// The sources.
const (
	OSV  Source = "osv"
	CVE  Source = "cve"
	CSAF Source = "csaf"
	KEV  Source = "kev" // CISA's catalogue of known exploited vulnerabilities
)

// Sources lists them in the order in which they are shown.
var Sources = []Source{CVE, OSV, CSAF, KEV}

// A State says whether a record counts.
type State string

// The states. Only published records claim anything.
const (
	Published State = "published"
	Withdrawn State = "withdrawn" // its publisher took it back
	Rejected  State = "rejected"  // the number is not to be used (CVE)
)

// Live reports whether a record in this state counts.
func (s State) Live() bool { return s == Published }

// A Severity is a word of CVSS's qualitative scale; "" when nothing is said.
type Severity string

// Severities lists them, the worst first.
var Severities = []Severity{"critical", "high", "medium", "low", "none"}

// rank orders severities, the worst first.
func (s Severity) rank() int {
	for i, x := range Severities {
		if x == s {
			return i
		}
	}
	return len(Severities)
}

// A Record is what one public source says of one vulnerability.
type Record struct {
	ID        int64
	Source    Source
	Key       string // the source's own name for it: "GHSA-…", "CVE-…", "publisher:document#CVE-…"
	Vuln      int64  // records that are joined by their names have one
	State     State
	Issuer    string // who says it, as far as the record or its number tells
	Title     string
	Summary   string
	CVSS      string // vector, or ""
	Score     int    // of the vector, in tenths; 0 without one
	Severity  Severity
	Published time.Time
	Modified  time.Time
	Withdrawn time.Time
	Seq       int64
	Digest    string    // hex(SHA-256) of the document as it came
	Origin    string    // file, entry of an archive, or URL
	Run       string    // the import that brought it
	Imported  time.Time // when

	document string // of CSAF: what the records of one document have in common
}

// Service holds the verbs about publicly known vulnerabilities.
type Service struct {
	DB      *db.DB
	Events  *event.Log
	Feeds   []Feed        // what is imported again and again
	Scratch string        // directory for downloads; "" means the system's
	Client  *http.Client  // nil means one that reaches public addresses only
	Private bool          // http and private addresses may be read: for tests and closed networks
	Lease   time.Duration // an import that gives no sign of life for so long is taken for dead; 0 means 15 seconds
}

// Imported: an import has ended, completely or not; what it took in is there. It is public, so that it stands on no time line.
type Imported struct {
	Run       string `json:"run"`
	From      string `json:"kind"`   // osv, cve, csaf, kev, epss
	State     string `json:"state"`  // done, cancelled, failed, interrupted
	Source    string `json:"source"` // hex(SHA-256) of path or URL, which may name machines
	Records   int    `json:"records"`
	New       int    `json:"new"`
	Changed   int    `json:"changed"`
	Withdrawn int    `json:"withdrawn"`
	Refused   int    `json:"refused"`
	Digest    string `json:"digest"` // hex(SHA-256) over the digests of what was taken, in order
}

// About puts it on no time line.
func (Imported) About() event.About { return event.About{} }

// Kind is the stored name.
func (Imported) Kind() string { return "vuln.imported" }
