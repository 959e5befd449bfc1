// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package csaf writes security advisories in the Common Security Advisory Framework 2.0 (OASIS standard, 18 November
// 2022), in one canonical form, and holds them to the mandatory tests of its section 6.1.
package csaf

import "time"

// Version of the standard that documents are written in.
const Version = "2.0"

// SecurityAdvisory is the category of the profile that documents are written in (section 4.4).
const SecurityAdvisory = "csaf_security_advisory"

// A Document is one CSAF document. Fields stand in the order of their keys, as optional test 6.2.13 wants them.
type Document struct {
	Document        Meta            `json:"document"`
	ProductTree     *ProductTree    `json:"product_tree,omitempty"`
	Vulnerabilities []Vulnerability `json:"vulnerabilities,omitempty"`
}

// Meta is what describes the document itself (section 3.2.1).
type Meta struct {
	Acknowledgments   []Acknowledgment `json:"acknowledgments,omitempty"`
	AggregateSeverity *Severity        `json:"aggregate_severity,omitempty"`
	Category          string           `json:"category"`
	CSAFVersion       string           `json:"csaf_version"`
	Distribution      *Distribution    `json:"distribution,omitempty"`
	Lang              string           `json:"lang,omitempty"`
	Notes             []Note           `json:"notes,omitempty"`
	Publisher         Publisher        `json:"publisher"`
	References        []Reference      `json:"references,omitempty"`
	SourceLang        string           `json:"source_lang,omitempty"`
	Title             string           `json:"title"`
	Tracking          Tracking         `json:"tracking"`
}

// Acknowledgment thanks somebody.
type Acknowledgment struct {
	Names        []string `json:"names,omitempty"`
	Organization string   `json:"organization,omitempty"`
	Summary      string   `json:"summary,omitempty"`
	URLs         []string `json:"urls,omitempty"`
}

// Severity is the publisher's own word for how grave the whole is.
type Severity struct {
	Namespace string `json:"namespace,omitempty"` // URL that defines the words
	Text      string `json:"text"`
}

// Distribution says how far the document may travel.
type Distribution struct {
	Text string `json:"text,omitempty"`
	TLP  *TLP   `json:"tlp,omitempty"`
}

// TLP is a label of the Traffic Light Protocol as CSAF 2.0 knows it: WHITE, GREEN, AMBER or RED.
type TLP struct {
	Label string `json:"label"`
	URL   string `json:"url,omitempty"`
}

// White is TLP 2.0's CLEAR under the name that CSAF 2.0 has for it.
const White = "WHITE"

// The categories of a Note.
const (
	Description     = "description"
	Details         = "details"
	FAQ             = "faq"
	General         = "general"
	LegalDisclaimer = "legal_disclaimer"
	OtherNote       = "other"
	Summary         = "summary"
)

// Note is a text.
type Note struct {
	Audience string `json:"audience,omitempty"`
	Category string `json:"category"`
	Text     string `json:"text"`
	Title    string `json:"title,omitempty"`
}

// The categories of a Publisher.
const (
	Coordinator = "coordinator"
	Discoverer  = "discoverer"
	OtherParty  = "other"
	Translator  = "translator"
	User        = "user"
	Vendor      = "vendor"
)

// Publisher names who publishes.
type Publisher struct {
	Category         string `json:"category"`
	ContactDetails   string `json:"contact_details,omitempty"`
	IssuingAuthority string `json:"issuing_authority,omitempty"`
	Name             string `json:"name"`
	Namespace        string `json:"namespace"` // URL under the publisher's control
}

// The categories of a Reference.
const (
	Self     = "self"
	External = "external"
)

// Reference is a link to more.
type Reference struct {
	Category string `json:"category,omitempty"`
	Summary  string `json:"summary"`
	URL      string `json:"url"`
}

// The states of a document.
const (
	Draft   = "draft"
	Interim = "interim"
	Final   = "final"
)

// Tracking identifies the document and tells its history. Version counts in whole numbers or by SemVer, never mixed.
type Tracking struct {
	Aliases            []string   `json:"aliases,omitempty"`
	CurrentReleaseDate time.Time  `json:"current_release_date"`
	Generator          *Generator `json:"generator,omitempty"`
	ID                 string     `json:"id"`
	InitialReleaseDate time.Time  `json:"initial_release_date"`
	RevisionHistory    []Revision `json:"revision_history"`
	Status             string     `json:"status"`
	Version            string     `json:"version"`
}

// Generator says what wrote the document.
type Generator struct {
	Date   *time.Time `json:"date,omitempty"`
	Engine Engine     `json:"engine"`
}

// Engine names a program.
type Engine struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// Revision is one published state of the document.
type Revision struct {
	Date    time.Time `json:"date"`
	Number  string    `json:"number"`
	Summary string    `json:"summary"`
}
