// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import (
	"encoding/xml"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// An Analysis is what a CycloneDX document says of one vulnerability in what it describes or points to (since 1.4,
// vulnerabilities[].analysis): its VEX statement.
type Analysis struct {
	ID            string    // of the vulnerability: "CVE-2021-44228"
	Aliases       []string  // the same vulnerability elsewhere (references[].id)
	State         string    // resolved, resolved_with_pedigree, exploitable, in_triage, false_positive or not_affected
	Justification string    // code_not_present …, or ""
	Detail        string    // why, or ""
	At            time.Time // when it was last said; the zero time where the document does not say
	Affects       []string  // bom-refs of the document, or BOM-Links (urn:cdx:serial/version#bom-ref) to others
}

// Limits of the analyses.
const (
	MaxAnalyses = 50_000
	MaxAffects  = 1_000_000 // references of all analyses
	MaxAliases  = 100       // of one vulnerability
	MaxDetail   = 16 << 10  // bytes
)

// ParseVEX reads a document for its analyses: unlike with Parse it need not hold a component, but an analysis. Every
// error is a *Refused.
func ParseVEX(b []byte) (Document, error) {
	d, err := parse(b, whole)
	if err == nil && len(d.Analyses) == 0 {
		err = &Refused{Rule: Unsaid, Field: "vulnerabilities", Example: `"analysis": {"state": "not_affected"}`}
	}
	if err != nil {
		return Document{}, err
	}
	return d, nil
}

// analysis takes over an analysis, when it says something about something.
func (b *builder) analysis(a Analysis, at string) error {
	if a.State == "" || a.ID == "" && len(a.Aliases) == 0 || len(a.Affects) == 0 {
		return nil
	}
	if b.affects += len(a.Affects); b.affects > MaxAffects || len(b.doc.Analyses) >= MaxAnalyses {
		return &Refused{Rule: Analyses, Limit: MaxAnalyses}
	}
	if a.ID == "" {
		a.ID, a.Aliases = a.Aliases[0], a.Aliases[1:]
	}
	for _, t := range append([]limited{{".id", a.ID, MaxVersion}, {".analysis.state", a.State, MaxVersion}, {".analysis.justification", a.Justification, MaxVersion}},
		append(each(".references", a.Aliases, MaxVersion), each(".affects", a.Affects, MaxLocator)...)...) {
		if err := t.check(t.name); err != nil {
			return err
		}
	}
	if len(a.Detail) > MaxDetail {
		return &Refused{Rule: Length, Field: ".analysis.detail", Limit: MaxDetail}
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(form, at); err == nil {
			a.At = t.UTC()
			break
		}
	}
	b.doc.Analyses = append(b.doc.Analyses, a)
	return nil
}

func each(name string, values []string, limit int) []limited {
	out := make([]limited, len(values))
	for i, v := range values {
		out[i] = limited{name, v, limit}
	}
	return out
}

// vulnerability reads one of a JSON document.
func (r *jsonReader) vulnerability() error {
	var a Analysis
	var updated, issued, said string
	list := func(into *[]string, member, example string, most int) error {
		return r.array("[]", func() error {
			return r.object("{}", func(name []byte) error {
				if string(name) != member {
					r.skip()
					return nil
				}
				s, err := r.text(example)
				if s != "" && len(*into) < most {
					*into = append(*into, s)
				}
				return err
			})
		})
	}
	if err := r.object("{}", func(name []byte) error {
		switch string(name) {
		case "id":
			return r.into(&a.ID, "CVE-2021-44228")
		case "references":
			return list(&a.Aliases, "id", "GHSA-jfh8-c2jp-5v3q", MaxAliases)
		case "affects":
			return list(&a.Affects, "ref", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#log4j-core", MaxAffects+1)
		case "updated":
			return r.into(&updated, "2021-12-14T08:00:00Z")
		case "analysis":
			return r.object("{}", func(name []byte) error {
				switch string(name) {
				case "state":
					return r.into(&a.State, "not_affected")
				case "justification":
					return r.into(&a.Justification, "code_not_reachable")
				case "detail":
					return r.into(&a.Detail, "")
				case "firstIssued":
					return r.into(&issued, "2021-12-14T08:00:00Z")
				case "lastUpdated":
					return r.into(&said, "2021-12-14T08:00:00Z")
				}
				r.skip()
				return nil
			})
		}
		r.skip()
		return nil
	}); err != nil {
		return err
	}
	return r.place(r.analysis(a, firstOf(said, issued, updated)))
}

func firstOf(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}

// vulnerability reads one of an XML document.
func (r *xmlReader) vulnerability(xml.StartElement) error {
	var a Analysis
	var updated, issued, said string
	list := func(element, member string, into *[]string, most int) func(xml.StartElement) error {
		return func(xml.StartElement) error {
			return r.children(map[string]func(xml.StartElement) error{element: func(xml.StartElement) error {
				return r.children(map[string]func(xml.StartElement) error{member: func(e xml.StartElement) error {
					var s string
					err := r.text(&s)(e)
					if s != "" && len(*into) < most {
						*into = append(*into, s)
					}
					return err
				}})
			}})
		}
	}
	if err := r.children(map[string]func(xml.StartElement) error{
		"id": r.text(&a.ID), "updated": r.text(&updated),
		"references": list("reference", "id", &a.Aliases, MaxAliases), "affects": list("target", "ref", &a.Affects, MaxAffects+1),
		"analysis": func(xml.StartElement) error {
			return r.children(map[string]func(xml.StartElement) error{"state": r.text(&a.State), "justification": r.text(&a.Justification),
				"detail": r.text(&a.Detail), "firstIssued": r.text(&issued), "lastUpdated": r.text(&said)})
		},
	}); err != nil {
		return err
	}
	return r.place(r.analysis(a, firstOf(said, issued, updated)))
}

// A Link is a BOM-Link (CycloneDX): a document by its serial number and version, or an element of it.
type Link struct {
	Serial   string // "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", as serialNumber has it
	Revision int
	Ref      string // bom-ref, or "" for what the document is about
}

// ParseLink reads a BOM-Link: urn:cdx:serial/version#bom-ref. ok is false for every other reference.
func ParseLink(s string) (l Link, ok bool) {
	rest, ok := strings.CutPrefix(s, "urn:cdx:")
	if !ok {
		return Link{}, false
	}
	rest, ref, _ := strings.Cut(rest, "#")
	serial, version, ok := strings.Cut(rest, "/")
	n, err := strconv.Atoi(version)
	if !ok || err != nil || n < 1 || serial == "" {
		return Link{}, false
	}
	if plain, err := url.PathUnescape(ref); err == nil {
		ref = plain
	}
	return Link{Serial: "urn:uuid:" + strings.ToLower(serial), Revision: n, Ref: ref}, true
}
