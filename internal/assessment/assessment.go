// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package assessment keeps what members say of vulnerabilities in their own products: affected, not affected and why,
// fixed, under investigation; said by a person here, or taken from a VEX document (OpenVEX, CSAF, CycloneDX).
//
// Statements are added and never changed. Of those about one thing, the one that was said last counts. A statement hides
// nothing: whoever shows a finding shows it with the statement that speaks about it.
package assessment

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/spec/openvex"
)

// A Status is how a product stands to a vulnerability: one of OpenVEX's four.
type Status = openvex.Status

// The statuses.
const (
	Affected           = openvex.Affected
	NotAffected        = openvex.NotAffected
	Fixed              = openvex.Fixed
	UnderInvestigation = openvex.UnderInvestigation
)

// A Justification says why a product is not affected: one of OpenVEX's five.
type Justification = openvex.Justification

// A Statement is one thing that a member says.
type Statement struct {
	ID, OrgID     string
	ProductID     string
	Version       string    // of the product; "" for every version
	Vuln          string    // a name of the vulnerability, as it was written: "CVE-2021-44228"
	Aliases       []string  // further names of it, in capitals
	Component     Component // zero for the product as a whole
	Status        Status
	Justification Justification // "" unless not affected
	Reason        string        // in the member's words, or ""
	At            time.Time     // when it was said
	RecordedAt    time.Time     // when it came here
	AccountID     string
	Via           string // web, api, cli; system: it stood in a component list
	Source        Source // zero when a person said it here

	vendor string // key of the vendor's name in the document, where it is another one than the product's: it counts while both are one vendor's
}

// A Component is what a statement is about within a product, named as the directory names components.
type Component struct {
	Ecosystem, Name string
	Version         string // "" for every version
}

// A Source is the document that a statement was taken from.
type Source struct {
	ID     string
	Format string // OpenVEX, CSAF, CycloneDX
	Name   string // the document's own id
	Author string
	SHA256 string
	At     time.Time // when it was taken in
}

// Suppresses reports whether a finding that the statement speaks about needs no attention any more.
func (s Statement) Suppresses() bool { return s.Status == NotAffected || s.Status == Fixed }

// Speaks reports whether the statement speaks about a vulnerability by any of its names, in capitals, in a component of
// a version of its product.
func (s Statement) Speaks(version string, names []string, c product.Component) bool {
	switch {
	case s.Version != "" && s.Version != version:
		return false
	case s.Component.Name != "" && (s.Component.Ecosystem != c.Ecosystem || s.Component.Name != c.Name):
		return false
	case s.Component.Version != "" && s.Component.Version != c.Version:
		return false
	}
	return slices.Contains(names, Fold(s.Vuln)) || slices.ContainsFunc(s.Aliases, func(a string) bool { return slices.Contains(names, a) })
}

// Ruling returns which of a product's statements counts for a vulnerability in a component of a version: the one that was
// said last; of those said at the same time, the narrower. It is nil when none speaks. Names are those of the
// vulnerability by Fold.
func Ruling(ss []Statement, version string, names []string, c product.Component) *Statement {
	var best *Statement
	for i := range ss {
		if s := &ss[i]; s.Speaks(version, names, c) && (best == nil || s.over(best)) {
			best = s
		}
	}
	return best
}

// over reports whether s counts where both speak.
func (s *Statement) over(t *Statement) bool {
	return cmp.Or(s.At.Compare(t.At), cmp.Compare(s.narrow(), t.narrow()), strings.Compare(s.ID, t.ID)) > 0
}

// narrow counts what narrows a statement down.
func (s *Statement) narrow() (n int) {
	for _, part := range []string{s.Component.Name, s.Component.Version, s.Version} {
		if part != "" {
			n++
		}
	}
	return n
}

// maxName bounds the name of a vulnerability, in bytes.
const maxName = 200

// Fold is the name of a vulnerability as names are compared: in capitals, without blanks around it. It is "" for what
// cannot be one.
func Fold(name string) string {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return ""
	}
	return strings.ToUpper(name)
}

// Service holds the verbs about assessments.
type Service struct {
	DB       *db.DB
	Events   *event.Log
	Seal     *seal.Keyring
	Blobs    blob.Store
	Products *product.Service
}

// Made: a member said something of a vulnerability in a product.
type Made struct {
	ID        string `json:"assessment"`
	ProductID string `json:"product"`
	OrgID     string `json:"org"`
	Vuln      string `json:"vuln"`
	Status    string `json:"status"`
	Digest    string `json:"digest"` // of the whole statement
}

// Kind is the stored name.
func (Made) Kind() string { return "assessment.made" }

// About puts it on the organisation's time line.
func (e Made) About() event.About {
	return event.About{Subjects: []string{"org/" + e.OrgID, "product/" + e.ProductID}}
}

// Imported: statements were taken from a document.
type Imported struct {
	DocumentID string   `json:"document"`
	OrgID      string   `json:"org"`
	SHA256     string   `json:"sha256"`
	Statements int      `json:"statements"`
	ProductIDs []string `json:"products"`
	Digest     string   `json:"digest"` // of all statements
}

// Kind is the stored name.
func (Imported) Kind() string { return "assessment.imported" }

// maxSubjects bounds on how many products' time lines one import stands.
const maxSubjects = 500

// About puts it on the organisation's time line and on those of the products.
func (e Imported) About() event.About {
	subjects := []string{"org/" + e.OrgID}
	for _, id := range e.ProductIDs[:min(len(e.ProductIDs), maxSubjects)] {
		subjects = append(subjects, "product/"+id)
	}
	return event.About{Subjects: subjects}
}
