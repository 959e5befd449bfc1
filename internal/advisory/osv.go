// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	cvss40 "github.com/pandatix/go-cvss/40"

	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/csaf"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/purl"
)

// OSVPrefix stands before the number in an OSV record: the schema keeps "x_" for databases that it does not list.
const OSVPrefix = "x_"

// own is what OSV has no field for.
type own struct {
	Number    string   `json:"number"`
	URL       string   `json:"url"`
	Technical string   `json:"gbt30279_technical,omitempty"`
	Composite string   `json:"gbt30279_composite,omitempty"`
	Vector    string   `json:"gbt30279_vector,omitempty"`
	RuleSet   string   `json:"gbt30279_rule_set,omitempty"`
	Exploited string   `json:"exploited,omitempty"`
	CWEs      []string `json:"cwe_ids,omitempty"`
	Exercise  bool     `json:"exercise,omitempty"`
}

// OSV returns a published advisory as an OSV record: packages with the ranges of their ecosystems, and what is outside
// every ecosystem, or without versions, as the advisory names it in database_specific.
func (s *Service) OSV(a Advisory) osv.Record {
	c := a.Content
	published := a.PublishedAt
	page := s.BaseURL + "/advisories/" + url.PathEscape(a.Number)
	r := osv.Record{SchemaVersion: osv.SchemaVersion, ID: OSVPrefix + a.Number, Modified: a.UpdatedAt, Published: &published, Aliases: distinct(c.Aliases),
		Summary: s.Publisher.mark() + cmpOr(c.TitleEN, c.Title), Details: paragraphs(c.DescriptionEN, c.FixEN, c.WorkaroundEN, c.Title, c.Description, c.Fix, c.Workaround),
		References: []osv.Reference{{Type: osv.RefAdvisory, URL: page}}}
	for _, ref := range linked(c) {
		r.References = append(r.References, osv.Reference{Type: referenceType(ref.Kind), URL: ref.URL})
	}
	for _, name := range present(c.Credits) {
		r.Credits = append(r.Credits, osv.Credit{Name: name, Type: osv.Finder})
	}
	for _, g := range c.Grades {
		if _, err := csaf.Score3(g.Vector); err == nil {
			r.Severity = append(r.Severity, osv.Severity{Type: osv.CVSSv3, Score: g.Vector})
		} else if _, err := cvss40.ParseVector(g.Vector); err == nil {
			r.Severity = append(r.Severity, osv.Severity{Type: osv.CVSSv4, Score: g.Vector})
		}
	}
	x := own{Number: a.Number, URL: page, Technical: c.Technical, Composite: c.Composite, Exploited: c.Exploited, CWEs: present([]string{c.CWE}), Exercise: s.Publisher.Exercise}
	if g, ok := national(c); ok {
		x.Vector, x.RuleSet = g.Vector, g.Scheme
	}
	for _, f := range c.Affected {
		if !addPackage(&r, f) {
			said, _ := json.Marshal(f) // as below
			r.Affected = append(r.Affected, osv.Affected{Versions: present(f.Versions), DatabaseSpecific: said})
		}
	}
	r.DatabaseSpecific, _ = json.Marshal(x) // texts and lists of texts always marshal
	return r
}

func referenceType(kind string) string {
	kind = strings.ToUpper(kind)
	known := []string{osv.RefAdvisory, osv.RefArticle, osv.RefDetection, osv.RefDiscussion, osv.RefReport, osv.RefFix, osv.RefIntroduced, osv.RefGit, osv.RefPackage, osv.RefEvidence}
	if slices.Contains(known, kind) {
		return kind
	}
	return osv.RefWeb
}

// addPackage puts a package of an ecosystem into the record; entries of one package come together.
func addPackage(r *osv.Record, a report.Affected) bool {
	p, err := purl.Parse(a.PURL)
	if a.PURL == "" || err != nil || p.Ecosystem() == "" {
		return false
	}
	versions := listed(a, p)
	told := a.Introduced != "" || a.Fixed != "" || a.LastAffected != ""
	if !told && len(versions) == 0 {
		return false
	}
	pkg := osv.Package{Ecosystem: p.Ecosystem(), Name: p.FullName()}
	if release := p.Release(); release != "" {
		pkg.Ecosystem += ":" + release
	}
	p.Version = ""
	pkg.PURL = p.String()
	i := slices.IndexFunc(r.Affected, func(f osv.Affected) bool { return f.Package != nil && *f.Package == pkg })
	if i < 0 {
		i = len(r.Affected)
		r.Affected = append(r.Affected, osv.Affected{Package: &pkg})
	}
	to := &r.Affected[i]
	for _, v := range versions {
		if !slices.Contains(to.Versions, v) {
			to.Versions = append(to.Versions, v)
		}
	}
	if told {
		to.Ranges = append(to.Ranges, eventRange(pkg.Ecosystem, a))
	}
	return true
}

// eventRange writes a range as events; a fix says more than the last affected version.
func eventRange(ecosystem string, a report.Affected) osv.Range {
	r := osv.Range{Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: cmpOr(a.Introduced, "0")}}}
	if ecosystem == "Go" || ecosystem == "npm" || ecosystem == "crates.io" {
		r.Type = osv.RangeSemVer
		a.Fixed, a.LastAffected = strings.TrimPrefix(a.Fixed, "v"), strings.TrimPrefix(a.LastAffected, "v")
		r.Events[0].Introduced = strings.TrimPrefix(r.Events[0].Introduced, "v")
	}
	switch {
	case a.Fixed != "":
		r.Events = append(r.Events, osv.Event{Fixed: a.Fixed})
	case a.LastAffected != "":
		r.Events = append(r.Events, osv.Event{LastAffected: a.LastAffected})
	}
	return r
}
