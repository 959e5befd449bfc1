// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/spec/csaf"
	"github.com/fengsui/fengsui/internal/spec/cve"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

func readCVE(doc []byte) ([]Record, error) {
	x, err := cve.Read(doc)
	if err != nil {
		return nil, err
	}
	m, cna := x.Metadata, x.Containers.CNA
	r := Record{Format: FormatCVE, Name: m.CVEID, URL: "https://www.cve.org/CVERecord?id=" + m.CVEID, Idents: append([]string{m.CVEID}, x.Aliases()...), Title: x.Title(),
		withdrawn: m.State == cve.Rejected, PublicAt: first(cna.DatePublic.Time, m.DatePublished.Time), ModifiedAt: first(m.DateUpdated.Time, m.DateRejected.Time, m.DatePublished.Time)}
	r.thankCVE("containers.cna", cna)
	for i, c := range x.Containers.ADP {
		r.thankCVE(fmt.Sprintf("containers.adp[%d]", i), c)
	}
	r.issuer("cveMetadata.assignerShortName", m.AssignerShortName)
	r.issuer("containers.cna.providerMetadata.shortName", cna.Provider.ShortName)
	for i, e := range cna.Timeline {
		r.date(saysWhat(e.Value), fmt.Sprintf("containers.cna.timeline[%d]", i), e.Value, e.Time.Time)
	}
	r.date(DateReserved, "cveMetadata.dateReserved", "", m.DateReserved.Time)
	r.date(DateReserved, "containers.cna.dateAssigned", "", cna.DateAssigned.Time)
	r.date(DatePublic, "containers.cna.datePublic", "", cna.DatePublic.Time)
	r.date(DatePublic, "cveMetadata.datePublished", "", m.DatePublished.Time)
	for _, a := range cna.Affected {
		w := Ware{PURL: a.PackageURL, Vendor: word(a.Vendor), Product: word(a.Product)}
		if w.Product == "" {
			w.Product = word(a.PackageName)
		}
		r.ware(w)
	}
	return []Record{r}, nil
}

func (r *Record) thankCVE(where string, c cve.Container) {
	for i, k := range c.Credits {
		if strings.TrimSpace(k.Value) != "" {
			r.Thanks = append(r.Thanks, Thanks{Field: fmt.Sprintf("%s.credits[%d].value", where, i), Text: k.Value, Role: k.Type})
		}
	}
}

func readOSV(doc []byte) ([]Record, error) {
	x, err := osv.Read(doc)
	if err != nil {
		return nil, err
	}
	at := func(t *time.Time) time.Time {
		if t == nil {
			return time.Time{}
		}
		return *t
	}
	r := Record{Format: FormatOSV, Name: x.ID, URL: "https://osv.dev/vulnerability/" + url.PathEscape(x.ID), Idents: append([]string{x.ID}, x.Aliases...), Title: x.Summary,
		withdrawn: x.Withdrawn != nil, WithdrawnAt: first(at(x.Withdrawn)), PublicAt: first(at(x.Published)), ModifiedAt: first(x.Modified)}
	for i, c := range x.Credits {
		r.Thanks = append(r.Thanks, Thanks{Field: fmt.Sprintf("credits[%d].name", i), Text: c.Name, Links: c.Contact, Role: strings.ReplaceAll(strings.ToLower(c.Type), "_", " ")})
	}
	r.date(DatePublic, "published", "", at(x.Published))
	for _, a := range x.Affected {
		if p := a.Package; p != nil {
			r.ware(Ware{PURL: p.PURL, Product: p.Name})
		}
	}
	return []Record{r}, nil
}

func readCSAF(doc []byte) (out []Record, err error) {
	x, err := csaf.Read(doc)
	if err != nil {
		return nil, err
	}
	d := x.Document
	var whole []Thanks
	for i, a := range d.Acknowledgments {
		whole = append(whole, acknowledged(fmt.Sprintf("document.acknowledgments[%d]", i), a, len(x.Vulnerabilities) > 1))
	}
	var wares []Ware
	for _, p := range x.Products() {
		wares = append(wares, Ware{PURL: p.PURL, Vendor: p.Vendor, Product: p.Name})
	}
	name := d.Publisher.Name + "/" + d.Tracking.ID
	base := Record{Format: FormatCSAF, Name: name, URL: citable(x), Title: d.Title, withdrawn: x.Withdrawn(), PublicAt: first(d.Tracking.InitialReleaseDate.Time), ModifiedAt: first(d.Tracking.CurrentReleaseDate.Time)}
	base.issuer("document.publisher.name", d.Publisher.Name)
	for i, v := range x.Vulnerabilities {
		r := base
		r.Idents = identsOf(v)
		if len(r.Idents) == 0 {
			r.Idents = []string{fmt.Sprintf("%s#%d", ascii(name), i)}
		}
		r.Name = name + "#" + r.Idents[0]
		if len(x.Vulnerabilities) > 1 || d.Title == "" {
			r.Title = strings.Trim(d.Title+" · "+v.Title, " ·")
		}
		r.Issuers = slices.Clone(base.Issuers)
		for k, a := range v.Acknowledgments {
			r.Thanks = append(r.Thanks, acknowledged(fmt.Sprintf("vulnerabilities[%d].acknowledgments[%d]", i, k), a, false))
		}
		r.Thanks = append(r.Thanks, whole...)
		r.date(DateDiscovered, fmt.Sprintf("vulnerabilities[%d].discovery_date", i), "", v.DiscoveryDate.Time)
		r.date(DatePublic, fmt.Sprintf("vulnerabilities[%d].disclosure_date", i), "", v.Public())
		r.date(DatePublic, "document.tracking.initial_release_date", "", d.Tracking.InitialReleaseDate.Time)
		r.PublicAt = first(v.Public(), r.PublicAt)
		for _, w := range wares {
			r.ware(w)
		}
		out = append(out, r)
	}
	return out, nil
}

// identsOf are the numbers of one flaw of an advisory: its CVE, and what other systems call it.
func identsOf(v csaf.ForeignVulnerability) (out []string) {
	if v.CVE != "" {
		out = append(out, v.CVE)
	}
	for _, id := range v.IDs {
		if known := strings.ToUpper(id.Text); strings.HasPrefix(known, "CNVD-") || strings.HasPrefix(known, "CNNVD-") || strings.HasPrefix(known, "GHSA-") || strings.HasPrefix(known, "EUVD-") {
			out = append(out, id.Text)
		}
	}
	return out
}

var notInIdent = regexp.MustCompile(`[^A-Za-z0-9:._/-]+`)

func ascii(s string) string { return "CSAF:" + notInIdent.ReplaceAllString(s, "-") }

func acknowledged(field string, a csaf.Acknowledgment, whole bool) Thanks {
	var parts []string
	parts = append(parts, strings.Join(a.Names, ", "))
	parts = append(parts, a.Organization, a.Summary)
	return Thanks{Field: field, Text: strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · "), Org: a.Organization, Names: a.Names, Links: a.URLs, Whole: whole,
		Role: roleOf(a.Summary)}
}

// roleOf reads from an acknowledgment's summary whether it is for something else than the find.
func roleOf(summary string) string {
	s := strings.ToLower(summary)
	switch {
	case saysFound.MatchString(s), saysReported.MatchString(s):
		return cve.Reporter
	case strings.Contains(s, "coordinat"), strings.Contains(s, "协调"):
		return cve.Coordinator
	}
	return ""
}

// citable is an https address under which the advisory can be found.
func citable(x csaf.Foreign) string {
	var any string
	for _, ref := range x.Document.References {
		if strings.HasPrefix(ref.URL, "https://") {
			if ref.Category == csaf.Self {
				return ref.URL
			}
			if any == "" {
				any = ref.URL
			}
		}
	}
	if any == "" {
		any = x.Document.Publisher.Namespace
	}
	return any
}
