// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package osv writes vulnerability records in the Open Source Vulnerability format (OSV schema 1.7) and decides which
// versions a record affects.
package osv

import (
	"encoding/json"
	"time"
)

// SchemaVersion is the version of the schema that records are written in.
const SchemaVersion = "1.7.5"

// A Record is one vulnerability (https://ossf.github.io/osv-schema/). ID and Modified are required.
// A record with Withdrawn affects nothing, whatever it says: leave it out before asking Affects.
type Record struct {
	SchemaVersion    string          `json:"schema_version,omitempty"`
	ID               string          `json:"id"`
	Modified         time.Time       `json:"modified"`
	Published        *time.Time      `json:"published,omitempty"`
	Withdrawn        *time.Time      `json:"withdrawn,omitempty"`
	Aliases          []string        `json:"aliases,omitempty"`
	Related          []string        `json:"related,omitempty"`
	Upstream         []string        `json:"upstream,omitempty"`
	Summary          string          `json:"summary,omitempty"`
	Details          string          `json:"details,omitempty"`
	Severity         []Severity      `json:"severity,omitempty"`
	Affected         []Affected      `json:"affected,omitempty"`
	References       []Reference     `json:"references,omitempty"`
	Credits          []Credit        `json:"credits,omitempty"`
	DatabaseSpecific json.RawMessage `json:"database_specific,omitempty"` // an object
}

// MarshalJSON writes every time in UTC, as the schema wants it.
func (r Record) MarshalJSON() ([]byte, error) {
	type record Record // without this method
	utc := record(r)
	utc.Modified = r.Modified.UTC()
	for _, t := range []**time.Time{&utc.Published, &utc.Withdrawn} {
		if *t != nil {
			u := (*t).UTC()
			*t = &u
		}
	}
	return json.Marshal(utc)
}

// The types of a Severity.
const (
	CVSSv2 = "CVSS_V2"
	CVSSv3 = "CVSS_V3"
	CVSSv4 = "CVSS_V4"
	Ubuntu = "Ubuntu"
)

// Severity is a vector string, or Ubuntu's word.
type Severity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

// Affected is one package, or one thing outside every ecosystem, with the versions that are affected.
type Affected struct {
	Package           *Package        `json:"package,omitempty"` // nil for things outside every ecosystem
	Severity          []Severity      `json:"severity,omitempty"`
	Ranges            []Range         `json:"ranges,omitempty"`
	Versions          []string        `json:"versions,omitempty"`
	EcosystemSpecific json.RawMessage `json:"ecosystem_specific,omitempty"` // an object
	DatabaseSpecific  json.RawMessage `json:"database_specific,omitempty"`  // an object
}

// Package names a package.
type Package struct {
	Ecosystem string `json:"ecosystem"` // one of the schema's, perhaps with a release: "Debian:12"
	Name      string `json:"name"`
	PURL      string `json:"purl,omitempty"`
}

// The types of a Range.
const (
	RangeGit       = "GIT"       // commits of Repo
	RangeSemVer    = "SEMVER"    // SemVer 2.0.0
	RangeEcosystem = "ECOSYSTEM" // the order of the package's ecosystem
)

// Range is a stretch of versions, told by events.
type Range struct {
	Type             string          `json:"type"`
	Repo             string          `json:"repo,omitempty"` // for RangeGit
	Events           []Event         `json:"events"`
	DatabaseSpecific json.RawMessage `json:"database_specific,omitempty"` // an object
}

// Event is a turn in a range: exactly one of its fields is set.
type Event struct {
	Introduced   string `json:"introduced,omitempty"`    // affected from here on; "0" is before every version
	Fixed        string `json:"fixed,omitempty"`         // no longer affected from here on
	LastAffected string `json:"last_affected,omitempty"` // no longer affected after this
	Limit        string `json:"limit,omitempty"`         // the range says nothing from here on; "*" is after every version
}

// The types of a Reference.
const (
	RefAdvisory   = "ADVISORY"
	RefArticle    = "ARTICLE"
	RefDetection  = "DETECTION"
	RefDiscussion = "DISCUSSION"
	RefReport     = "REPORT"
	RefFix        = "FIX"
	RefIntroduced = "INTRODUCED"
	RefGit        = "GIT"
	RefPackage    = "PACKAGE"
	RefEvidence   = "EVIDENCE"
	RefWeb        = "WEB"
)

// Reference is a link to more.
type Reference struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// The types of a Credit.
const (
	Finder               = "FINDER"
	Reporter             = "REPORTER"
	Analyst              = "ANALYST"
	Coordinator          = "COORDINATOR"
	RemediationDeveloper = "REMEDIATION_DEVELOPER"
	RemediationReviewer  = "REMEDIATION_REVIEWER"
	RemediationVerifier  = "REMEDIATION_VERIFIER"
	Tool                 = "TOOL"
	Sponsor              = "SPONSOR"
	Other                = "OTHER"
)

// Credit thanks somebody.
type Credit struct {
	Name    string   `json:"name"`
	Contact []string `json:"contact,omitempty"` // URLs
	Type    string   `json:"type,omitempty"`
}
