// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/spec/csaf"
)

// CSAFPath is where the CSAF document of a published advisory stands, below the platform's URL: in the folder of the
// year of its first release (CSAF 2.0, section 7.1.11).
func CSAFPath(a Advisory) string {
	return fmt.Sprintf("/csaf/%d/%s", a.PublishedAt.UTC().Year(), csaf.FileName(a.Number))
}

// CSAF returns a published advisory as a CSAF 2.0 security advisory in both languages, with the history of its revisions.
func (s *Service) CSAF(a Advisory, revs []Revision) csaf.Document {
	c := a.Content
	c.Number = a.Number
	p := tree(c)
	d := csaf.Document{
		Document: csaf.Meta{
			Category: csaf.SecurityAdvisory, CSAFVersion: csaf.Version, Lang: i18n.Chinese, Title: s.Publisher.mark() + a.Number + " " + both(c.Title, c.TitleEN),
			Distribution: &csaf.Distribution{TLP: &csaf.TLP{Label: csaf.White, URL: "https://www.first.org/tlp/"}},
			Publisher:    csaf.Publisher{Category: csaf.Coordinator, Name: s.Publisher.name(), Namespace: s.Publisher.Namespace, ContactDetails: s.Publisher.Contact},
			References: []csaf.Reference{{Category: csaf.Self, Summary: "CSAF", URL: s.BaseURL + CSAFPath(a)},
				{Category: csaf.Self, Summary: "HTML", URL: s.BaseURL + "/advisories/" + url.PathEscape(a.Number)}},
			Tracking: tracking(a, revs),
		},
		ProductTree:     &p.tree,
		Vulnerabilities: []csaf.Vulnerability{s.vulnerability(c, p)},
	}
	if c.Composite != "" {
		d.Document.AggregateSeverity = &csaf.Severity{Text: grade(c.Composite)}
	}
	return d
}

// mark stands before the titles of an exercise.
func (p Publisher) mark() string {
	if p.Exercise {
		return "[演练 EXERCISE] "
	}
	return ""
}

func (p Publisher) name() string { return cmpOr(both(p.NameZH, p.NameEN), "Fengsui") }

// both writes a text of one line in both languages.
func both(zh, en string) string {
	if strings.TrimSpace(zh) == "" || strings.TrimSpace(en) == "" || zh == en {
		return cmpOr(zh, en)
	}
	return zh + " / " + en
}

// say is both for a text of our own.
func say(key string, args ...any) string {
	return both(i18n.For(i18n.Chinese).T(key, args...), i18n.For(i18n.English).T(key, args...))
}

func tracking(a Advisory, revs []Revision) csaf.Tracking {
	t := csaf.Tracking{ID: a.Number, Status: csaf.Final, Version: strconv.Itoa(a.Revision), InitialReleaseDate: a.PublishedAt, CurrentReleaseDate: a.UpdatedAt,
		Generator: &csaf.Generator{Date: &a.UpdatedAt, Engine: csaf.Engine{Name: "Fengsui"}}}
	for i, r := range revs {
		if r.N > a.Revision {
			break
		}
		summary := strings.TrimSpace(r.Summary)
		switch {
		case summary == "" && i == 0:
			summary = say("advisory.first-release")
		case summary == "":
			summary = say("advisory.revised")
		}
		t.RevisionHistory = append(t.RevisionHistory, csaf.Revision{Date: r.At, Number: strconv.Itoa(r.N), Summary: summary})
	}
	return t
}

func (s *Service) vulnerability(c Content, p products) csaf.Vulnerability {
	v := csaf.Vulnerability{Title: both(c.Title, c.TitleEN), ProductStatus: &csaf.ProductStatus{KnownAffected: p.affected, UnderInvestigation: p.asked, Fixed: p.fixed, FirstFixed: p.fixed},
		Notes: notes(c), References: references(c), Remediations: remediations(c, p.targets()), Threats: threats(c, p.targets())}
	v.IDs = []csaf.ID{{SystemName: s.Publisher.name(), Text: c.Number}}
	for _, alias := range distinct(c.Aliases) {
		upper := strings.ToUpper(alias)
		system, _, _ := strings.Cut(upper, "-")
		switch {
		case csaf.IsCVE(upper) && v.CVE == "":
			v.CVE = upper
		case system != "" && upper != v.CVE:
			v.IDs = append(v.IDs, csaf.ID{SystemName: system, Text: alias})
		}
	}
	if w, ok := csaf.Weakness(c.CWE); ok {
		v.CWE = &w
	}
	for _, g := range c.Grades {
		if score, err := csaf.Score3(g.Vector); err == nil && strings.HasPrefix(g.Scheme, "cvss-3") {
			v.Scores = append(v.Scores, csaf.Score{CVSSv3: score, Products: p.targets()})
		}
	}
	if names := present(c.Credits); len(names) > 0 {
		v.Acknowledgments = []csaf.Acknowledgment{{Names: names, Summary: say("advisory.thanks")}}
	}
	return v
}

// present leaves out blank texts.
func present(texts []string) (out []string) {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// distinct leaves out blank texts and those that differ from an earlier one by nothing but case.
func distinct(texts []string) (out []string) {
	for _, t := range present(texts) {
		if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, t) }) {
			out = append(out, t)
		}
	}
	return out
}

func notes(c Content) (out []csaf.Note) {
	zh, en := i18n.For(i18n.Chinese), i18n.For(i18n.English)
	add := func(category, title, text string) {
		if strings.TrimSpace(text) != "" {
			out = append(out, csaf.Note{Category: category, Title: title, Text: text})
		}
	}
	add(csaf.Description, zh.T("advisory.description"), c.Description)
	add(csaf.Description, en.T("advisory.description"), c.DescriptionEN)
	if len(out) == 0 {
		add(csaf.Summary, zh.T("advisory.description"), cmpOr(both(c.Title, c.TitleEN), c.Number))
	}
	for _, g := range c.Grades {
		if g.Scheme == "cvss-4.0" { // CSAF 2.0 has no field for it
			add(csaf.Details, "CVSS 4.0", g.Vector+" ("+g.Score+")")
		}
	}
	if _, ok := csaf.Weakness(c.CWE); !ok {
		add(csaf.Details, "CWE", c.CWE)
	}
	return out
}

func references(c Content) (out []csaf.Reference) {
	for _, r := range linked(c) {
		out = append(out, csaf.Reference{Category: csaf.External, Summary: cmpOr(r.Kind, "web"), URL: r.URL})
	}
	return out
}

// linked is the references that are links to the web.
func linked(c Content) (out []casework.Reference) {
	for _, r := range c.References {
		if u, err := url.Parse(r.URL); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
			out = append(out, r)
		}
	}
	return out
}

func remediations(c Content, targets []string) (out []csaf.Remediation) {
	add := func(category, zh, en, link string) {
		if text := paragraphs(zh, en); text != "" {
			out = append(out, csaf.Remediation{Category: category, Details: text, ProductIDs: targets, URL: link})
		}
	}
	fix := ""
	for _, r := range linked(c) {
		if r.Kind == "fix" || fix == "" && r.Kind == "advisory" {
			fix = r.URL
		}
	}
	add(csaf.VendorFix, c.Fix, c.FixEN, fix)
	if len(out) == 0 {
		add(csaf.NoneAvailable, i18n.For(i18n.Chinese).T("advisory.no-fix"), i18n.For(i18n.English).T("advisory.no-fix"), "")
	}
	add(csaf.Workaround, c.Workaround, c.WorkaroundEN, "")
	return out
}

// paragraphs writes a longer text in both languages.
func paragraphs(texts ...string) string { return strings.Join(present(texts), "\n\n") }

func threats(c Content, targets []string) (out []csaf.Threat) {
	switch c.Exploited {
	case "yes":
		out = append(out, csaf.Threat{Category: csaf.ExploitStatus, Details: say("advisory.exploited"), ProductIDs: targets})
	case "no":
		out = append(out, csaf.Threat{Category: csaf.ExploitStatus, Details: say("advisory.not-exploited"), ProductIDs: targets})
	}
	if g, ok := national(c); ok {
		out = append(out, csaf.Threat{Category: csaf.Impact, Details: say("advisory.national-grade", grade(c.Technical), cmpOr(grade(c.Composite), "-"), g.Vector), ProductIDs: targets})
	}
	return out
}
