// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package sbom reads software bills of materials: CycloneDX 1.2 to 1.7 in JSON and XML (ECMA-424), SPDX 2.2 and 2.3 in
// JSON, YAML and tag-value (ISO/IEC 5962), SPDX 3.0 in JSON-LD; and plain lists of CPE names.
//
// It takes what says which components a product has and how they hang together, and passes over everything else: real
// documents are often wrong in parts that do not matter here. What it keeps is bounded before it is kept; a document is
// walked in place and never built as a tree.
package sbom

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Limits of a document.
const (
	MaxSize       = 64 << 20  // bytes, unpacked
	MaxDepth      = 64        // of JSON or XML
	MaxElements   = 4_000_000 // of XML
	MaxComponents = 200_000
	MaxEdges      = 2_000_000
	MaxName       = 512  // bytes of a group or a name
	MaxVersion    = 256  // bytes
	MaxLocator    = 2048 // bytes of a package URL or a CPE
)

// The formats.
const (
	CycloneDX = "CycloneDX"
	SPDX      = "SPDX"
)

// A Document says what a product is made of.
type Document struct {
	Format      string // CycloneDX, SPDX or CPE
	SpecVersion string // "1.6", "2.3", "3.0.1"
	Serial      string // serialNumber of CycloneDX ("urn:uuid:…"), or ""
	Revision    int    // version of CycloneDX, which BOM-Links name, or 0
	RootName    string // of the product itself, as the document calls it, or ""
	RootVersion string
	RootPURL    string
	RootRef     string      // bom-ref or SPDXID, or ""
	Components  []Component // each once, without the product itself
	Edges       [][2]int    // from a component to one that it contains or depends on, by index; sorted, each once
	Roots       []int       // what the product itself contains or depends on, and what nothing else leads to; sorted
	Analyses    []Analysis  // what CycloneDX says of vulnerabilities, in its order
}

// A Component is a part of a product.
type Component struct {
	Ref     string // bom-ref or SPDXID, "" where the document gives none
	Type    string // of CycloneDX: "library", "file" …; of SPDX the primary purpose in lower case, or ""
	Group   string // of CycloneDX, or ""
	Name    string
	Version string // "" where it is not known
	PURL    string // as written, or ""
	CPE     string // as written, or ""
}

// A Rule names what a document breaks.
type Rule string

// The rules of a document.
const (
	Size       Rule = "size"       // at most Limit bytes, unpacked too
	Packed     Rule = "packed"     // a gzip stream that can be read to its end
	Encoding   Rule = "encoding"   // UTF-8
	Format     Rule = "format"     // one of the formats this package reads
	Form       Rule = "form"       // a form of SPDX that this package reads: RDF is none, nor is long YAML
	Version    Rule = "version"    // a version of the format this package reads
	Syntax     Rule = "syntax"     // well-formed
	Depth      Rule = "depth"      // at most Limit levels
	Elements   Rule = "elements"   // at most Limit elements of XML
	Doctype    Rule = "doctype"    // XML without a document type and entities of its own
	Type       Rule = "type"       // Example is of the type that belongs there
	Required   Rule = "required"   // a name for every component
	Length     Rule = "length"     // at most Limit bytes
	Characters Rule = "characters" // no control characters
	Components Rule = "components" // at most Limit components
	Edges      Rule = "edges"      // at most Limit dependencies
	Empty      Rule = "empty"      // a component, or the product itself
	Analyses   Rule = "analyses"   // at most Limit analyses
	Unsaid     Rule = "unsaid"     // an analysis, where it is read for them
)

// Refused says why a document was not read.
type Refused struct {
	Rule    Rule
	Field   string // where, as the format writes it: "components[3].name", or ""
	Line    int    // 1 is the first, 0 where there is none to name
	Limit   int    // of a rule that has one
	Example string // a value that would do, or ""
}

func (r *Refused) Error() string {
	s := "sbom: document refused: " + string(r.Rule)
	if r.Field != "" {
		s += " at " + r.Field
	}
	if r.Line > 0 {
		s += fmt.Sprintf(" in line %d", r.Line)
	}
	return s
}

// Parse reads a document, gzip-compressed or not; the format is found from its beginning. References to what the
// document does not hold are passed over; what it says twice counts once. Every error is a *Refused.
func Parse(b []byte) (Document, error) { return parseNamed(b, whole) }

// ParseParts is Parse for who asks only what a document names: the same without Edges, Roots and Analyses. Where a format
// tells those apart from its components it passes over them, right or wrong.
func ParseParts(b []byte) (Document, error) {
	d, err := parseNamed(b, parts)
	d.Edges, d.Roots, d.Analyses = nil, nil, nil
	return d, err
}

// An extent is how much of a document is read.
type extent int

const (
	whole extent = iota
	parts        // what ParseParts returns
)

func parseNamed(b []byte, of extent) (Document, error) {
	d, err := parse(b, of)
	if err == nil && d.RootName == "" && len(d.Components) == 0 {
		err = &Refused{Rule: Empty, Example: "pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1"}
	}
	if err != nil {
		return Document{}, err
	}
	return d, nil
}

func parse(b []byte, of extent) (Document, error) {
	if len(b) > MaxSize {
		return Document{}, &Refused{Rule: Size, Limit: MaxSize}
	}
	b, err := unpacked(b)
	if err != nil {
		return Document{}, err
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if !utf8.Valid(b) {
		return Document{}, &Refused{Rule: Encoding, Line: invalidLine(b)}
	}
	switch start := bytes.TrimLeft(b, " \t\r\n"); {
	case bytes.HasPrefix(start, []byte("{")):
		return parseJSON(b, of)
	case bytes.HasPrefix(start, []byte("<")):
		return parseXML(b)
	case bytes.HasPrefix(start, []byte("SPDXVersion:")), bytes.Contains(b, []byte("\nSPDXVersion:")):
		return parseTagValue(b)
	case isCPEList(start):
		return parseCPEList(b)
	case writtenInYAML(start):
		return parseYAML(b)
	}
	return Document{}, &Refused{Rule: Format, Line: 1, Example: `{"bomFormat": "CycloneDX", "specVersion": "1.6"`}
}

func invalidLine(b []byte) int {
	line := 1
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		b = b[n:]
	}
	return line
}
