// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package openvex reads OpenVEX documents (OpenVEX specification 0.2.0): what somebody says of vulnerabilities in products.
// Documents of the versions before it, where products and vulnerabilities are bare texts, are read too.
package openvex

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/spec/bound"
)

// A Status is how a product stands to a vulnerability.
type Status string

// The statuses.
const (
	NotAffected        Status = "not_affected"
	Affected           Status = "affected"
	Fixed              Status = "fixed"
	UnderInvestigation Status = "under_investigation"
)

// Statuses lists them.
var Statuses = []Status{Affected, NotAffected, Fixed, UnderInvestigation}

// A Justification says in a machine's words why a product is not affected.
type Justification string

// The justifications.
const (
	ComponentNotPresent    Justification = "component_not_present"
	CodeNotPresent         Justification = "vulnerable_code_not_present"
	CodeNotInExecutePath   Justification = "vulnerable_code_not_in_execute_path"
	CodeNotControllable    Justification = "vulnerable_code_cannot_be_controlled_by_adversary"
	InlineMitigationsExist Justification = "inline_mitigations_already_exist"
)

// Limits of a document, beside those of its size.
const (
	maxStatements = 20_000
	maxProducts   = 200_000  // of all statements, with their parts
	maxName       = 2048     // bytes of a name, an id or a URL
	maxText       = 16 << 10 // bytes of a statement's free text
)

// Examples of what would do.
const (
	exampleContext       = "https://openvex.dev/ns/v0.2.0"
	exampleVulnerability = "CVE-2021-44228"
	exampleProduct       = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
	exampleTime          = "2021-12-14T08:00:00Z"
)

// Justifications lists them.
var Justifications = []Justification{ComponentNotPresent, CodeNotPresent, CodeNotInExecutePath, CodeNotControllable, InlineMitigationsExist}

// A Document is what one author says.
type Document struct {
	ID         string // the document's own name for itself, an IRI
	Author     string
	Version    int
	Statements []Statement
}

// A Statement says one thing of one vulnerability in products.
type Statement struct {
	Vulnerability string // "CVE-2021-44228"
	Aliases       []string
	Products      []Product
	Status        Status
	Justification Justification // "" unless not affected, and even then where Reason says it
	Reason        string        // impact statement, action statement or notes
	At            time.Time     // when it was last said
}

// A Product is what a statement is about, or a part of it.
type Product struct {
	ID         string // package URL, IRI or whatever the author wrote, or ""
	PURL, CPE  string // as written, or ""
	Components []Product
}

// A Rule names what a document breaks.
type Rule string

// The rules.
const (
	Bounds     Rule = "bounds"     // size, depth, number of values and statements
	Syntax     Rule = "syntax"     // JSON with values of the types that belong there
	Context    Rule = "context"    // @context of OpenVEX
	Required   Rule = "required"   // something
	OneOf      Rule = "one-of"     // a word of the specification
	Length     Rule = "length"     // at most Limit bytes
	Characters Rule = "characters" // UTF-8 without control characters
	Time       Rule = "time"       // RFC 3339
	Reasoned   Rule = "reasoned"   // a justification or an impact statement of who is not affected
)

// Refused says why a document was not read.
type Refused struct {
	Rule    Rule
	Field   string // "statements[3].status", or ""
	Limit   int
	Example string
}

func (r *Refused) Error() string {
	return strings.TrimSpace("openvex: document refused: " + string(r.Rule) + " " + r.Field)
}

type foreign struct {
	Context    string            `json:"@context"`
	ID         string            `json:"@id"`
	Author     string            `json:"author"`
	Timestamp  string            `json:"timestamp"`
	Updated    string            `json:"last_updated"`
	Version    json.RawMessage   `json:"version"`
	Statements []json.RawMessage `json:"statements"`
}

type foreignStatement struct {
	Vulnerability json.RawMessage   `json:"vulnerability"`
	Timestamp     string            `json:"timestamp"`
	Updated       string            `json:"last_updated"`
	Products      []json.RawMessage `json:"products"`
	Status        string            `json:"status"`
	Notes         string            `json:"status_notes"`
	Justification string            `json:"justification"`
	Impact        string            `json:"impact_statement"`
	Action        string            `json:"action_statement"`
}

type foreignProduct struct {
	ID          string `json:"@id"`
	Identifiers struct {
		PURL  string `json:"purl"`
		CPE23 string `json:"cpe23"`
		CPE22 string `json:"cpe22"`
	} `json:"identifiers"`
	Subcomponents []json.RawMessage `json:"subcomponents"`
}

// namespace begins every @context.
const namespace = "https://openvex.dev/ns"

// Is reports whether a JSON text is meant as OpenVEX.
func Is(b []byte) bool {
	var x struct {
		Context string `json:"@context"`
	}
	return bound.Document.Check(b) == nil && json.Unmarshal(b, &x) == nil && strings.HasPrefix(x.Context, namespace)
}

// Read reads a document. Every error is a *Refused.
func Read(b []byte) (Document, error) {
	var f foreign
	if bound.Document.Check(b) != nil {
		return Document{}, &Refused{Rule: Bounds, Limit: bound.Document.Bytes}
	}
	if !utf8.Valid(b) {
		return Document{}, &Refused{Rule: Characters}
	}
	if json.Unmarshal(b, &f) != nil {
		return Document{}, &Refused{Rule: Syntax}
	}
	r := &reader{}
	r.that(strings.HasPrefix(f.Context, namespace), Refused{Rule: Context, Field: "@context", Example: exampleContext})
	d := Document{ID: r.line("@id", f.ID), Author: r.line("author", f.Author)}
	_ = json.Unmarshal(bytes.Trim(f.Version, `"`), &d.Version) // a text in the versions before 0.2.0; without a number it is 0
	r.that(len(f.Statements) > 0, Refused{Rule: Required, Field: "statements", Example: "[…]"})
	r.that(len(f.Statements) <= maxStatements, Refused{Rule: Bounds, Field: "statements", Limit: maxStatements})
	for i, raw := range f.Statements {
		if r.err != nil {
			break
		}
		r.at = fmt.Sprintf("statements[%d]", i)
		d.Statements = append(d.Statements, r.statement(raw, f))
	}
	if r.err != nil {
		return Document{}, r.err
	}
	return d, nil
}

// A reader keeps the first rule that is broken.
type reader struct {
	err      error
	at       string
	products int
}

func (r *reader) that(ok bool, otherwise Refused) {
	if !ok && r.err == nil {
		if r.at != "" {
			otherwise.Field = strings.TrimSuffix(r.at+"."+otherwise.Field, ".")
		}
		r.err = &otherwise
	}
}

// line is one line of text.
func (r *reader) line(field, s string) string {
	s = strings.TrimSpace(s)
	r.that(len(s) <= maxName, Refused{Rule: Length, Field: field, Limit: maxName})
	r.that(!strings.ContainsFunc(s, unicode.IsControl), Refused{Rule: Characters, Field: field})
	return s
}

func (r *reader) statement(raw json.RawMessage, f foreign) Statement {
	var in foreignStatement
	r.that(json.Unmarshal(raw, &in) == nil, Refused{Rule: Syntax})
	s := Statement{Status: Status(in.Status), Justification: Justification(in.Justification), At: r.time(in.Updated, in.Timestamp, f.Updated, f.Timestamp)}
	s.Vulnerability, s.Aliases = r.vulnerability(in.Vulnerability)
	r.that(slices.Contains(Statuses, s.Status), Refused{Rule: OneOf, Field: "status", Example: string(NotAffected)})
	if s.Status != NotAffected {
		s.Justification = ""
	}
	r.that(s.Justification == "" || slices.Contains(Justifications, s.Justification), Refused{Rule: OneOf, Field: "justification", Example: string(CodeNotInExecutePath)})
	switch s.Status {
	case NotAffected:
		r.that(s.Justification != "" || strings.TrimSpace(in.Impact) != "", Refused{Rule: Reasoned, Field: "justification", Example: string(CodeNotInExecutePath)})
		s.Reason = firstText(in.Impact, in.Notes)
	case Affected:
		s.Reason = firstText(in.Action, in.Notes)
	default:
		s.Reason = firstText(in.Notes, in.Impact, in.Action)
	}
	r.that(len(s.Reason) <= maxText, Refused{Rule: Length, Field: "impact_statement", Limit: maxText})
	r.that(len(in.Products) > 0, Refused{Rule: Required, Field: "products", Example: exampleProduct})
	for _, raw := range in.Products {
		if r.err != nil {
			break
		}
		s.Products = append(s.Products, r.product(raw, true))
	}
	return s
}

func firstText(ss ...string) string {
	for _, s := range ss {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

// vulnerability is an object with a name, or before 0.2.0 the name.
func (r *reader) vulnerability(raw json.RawMessage) (name string, aliases []string) {
	var x struct {
		ID      string   `json:"@id"`
		Name    string   `json:"name"`
		Aliases []string `json:"aliases"`
	}
	if json.Unmarshal(raw, &x.Name) != nil {
		r.that(raw == nil || json.Unmarshal(raw, &x) == nil, Refused{Rule: Syntax, Field: "vulnerability"})
	}
	if x.Name == "" {
		x.Name = x.ID[strings.LastIndex(x.ID, "/")+1:]
	}
	name = r.line("vulnerability.name", x.Name)
	r.that(name != "", Refused{Rule: Required, Field: "vulnerability.name", Example: exampleVulnerability})
	for _, a := range x.Aliases[:min(len(x.Aliases), 100)] {
		if a = r.line("vulnerability.aliases", a); a != "" {
			aliases = append(aliases, a)
		}
	}
	return name, aliases
}

// product is an object with an id or identifiers, or before 0.2.0 the id.
func (r *reader) product(raw json.RawMessage, top bool) (p Product) {
	r.products++
	r.that(r.products <= maxProducts, Refused{Rule: Bounds, Field: "products", Limit: maxProducts})
	var x foreignProduct
	if json.Unmarshal(raw, &x.ID) != nil {
		r.that(json.Unmarshal(raw, &x) == nil, Refused{Rule: Syntax, Field: "products"})
	}
	p = Product{ID: r.line("products.@id", x.ID), PURL: r.line("products.identifiers.purl", x.Identifiers.PURL), CPE: r.line("products.identifiers.cpe23", firstText(x.Identifiers.CPE23, x.Identifiers.CPE22))}
	switch {
	case p.PURL == "" && strings.HasPrefix(p.ID, "pkg:"):
		p.PURL = p.ID
	case p.CPE == "" && strings.HasPrefix(p.ID, "cpe:"):
		p.CPE = p.ID
	}
	r.that(p.ID+p.PURL+p.CPE != "", Refused{Rule: Required, Field: "products.@id", Example: exampleProduct})
	if top {
		for _, raw := range x.Subcomponents {
			if r.err != nil {
				break
			}
			p.Components = append(p.Components, r.product(raw, false))
		}
	}
	return p
}

// time is the first time that is given: of a statement before that of the document.
func (r *reader) time(ss ...string) time.Time {
	s := firstText(ss...)
	r.that(s != "", Refused{Rule: Required, Field: "timestamp", Example: exampleTime})
	at, err := time.Parse(time.RFC3339, s)
	r.that(s == "" || err == nil && at.Year() >= 1990 && at.Year() < 2200, Refused{Rule: Time, Field: "timestamp", Example: exampleTime})
	return at.UTC()
}
