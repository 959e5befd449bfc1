// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/osv"
)

// readOSV makes a record of a document in OSV (schema 1.0 to 1.7).
func readOSV(doc []byte) ([]*arrival, error) {
	r, err := osv.Read(doc) // which keeps to the limits
	var broken *osv.Refused
	if errors.As(err, &broken) && broken.Field == "modified" {
		r, err = unmodified(doc, err)
	}
	switch {
	case errors.As(err, &broken):
		return nil, refuse(broken.Field, RefusedField, string(broken.Rule))
	case errors.Is(err, osv.ErrSyntax):
		return nil, refuse("", RefusedSyntax, wrongJSON(doc, &osv.Record{}))
	case err != nil:
		return nil, refuse("", RefusedBound, err.Error())
	}
	if fold(r.ID) == "" {
		return nil, refuse("id", RefusedField, "")
	}
	a := &arrival{Record: Record{Source: OSV, Key: r.ID, State: Published, Issuer: issuerOf(r.ID), Title: r.Summary, Summary: r.Details, Modified: r.Modified}}
	if r.Published != nil {
		a.Published = *r.Published
	}
	if r.Withdrawn != nil {
		a.State, a.Withdrawn = Withdrawn, *r.Withdrawn
	}
	var vectors []string
	for _, s := range r.Severity {
		vectors = append(vectors, s.Score)
	}
	for _, x := range r.Affected {
		for _, s := range x.Severity {
			vectors = append(vectors, s.Score)
		}
	}
	a.rate(vectors...)
	var own struct {
		Severity string `json:"severity"`
	}
	if len(r.DatabaseSpecific) > 0 && json.Unmarshal(r.DatabaseSpecific, &own) == nil {
		a.rateWord(own.Severity)
	}
	for _, s := range r.Severity {
		if s.Type == osv.Ubuntu {
			a.rateWord(s.Score)
		}
	}
	a.names = names(r.ID, r.Aliases, nil)
	for _, x := range r.Affected {
		if c, ok := claimOf(x); ok {
			a.claims = append(a.claims, c)
		}
	}
	return []*arrival{a}, a.finish(doc)
}

// unmodified reads a record whose time of modification is the zero time, as in the Go database's repository, where the
// times are filled in when it is published: what comes last is then the newest. A time of publication stands in for it.
func unmodified(doc []byte, why error) (r osv.Record, err error) {
	var has struct{ Modified json.RawMessage }
	if err := errors.Join(json.Unmarshal(doc, &has), json.Unmarshal(doc, &r)); err != nil {
		return r, osv.ErrSyntax
	}
	if len(has.Modified) == 0 {
		return r, why
	}
	if r.Published != nil {
		r.Modified = *r.Published
	}
	return r, nil
}

// claimOf makes a claim of one affected package; what names none, commits of a repository, claims nothing that an
// inventory could hold.
func claimOf(x osv.Affected) (Claim, bool) {
	if x.Package == nil || strings.TrimSpace(x.Package.Ecosystem) == "" || x.Package.Name == "" {
		return Claim{}, false
	}
	p := PackageOf(x.Package.Ecosystem, x.Package.Name)
	p.Ecosystem, p.Name = storable(p.Ecosystem), storable(p.Name)
	if p.Ecosystem == "" || p.Name == "" || len(p.Name) > 1000 {
		return Claim{}, false
	}
	return Claim{Kind: ByPackage, Package: p, Says: x}, true
}

// storable is s when both databases can store it, else "".
func storable(s string) string {
	if strings.ContainsRune(s, 0) || strings.ToValidUTF8(s, "") != s {
		return ""
	}
	return s
}

// wrongJSON says where a document is no JSON of into.
func wrongJSON(doc []byte, into any) string {
	if err := json.Unmarshal(doc, into); err != nil {
		return text(err.Error(), 200)
	}
	return ""
}

// issuers are known by the beginnings of their numbers (OSV schema, "id").
var issuers = map[string]string{"GHSA": "GitHub", "PYSEC": "PyPA", "GO": "Go", "RUSTSEC": "RustSec", "OSV": "OSS-Fuzz", "BIT": "Bitnami", "ALSA": "AlmaLinux", "ALBA": "AlmaLinux", "ALEA": "AlmaLinux",
	"DSA": "Debian", "DLA": "Debian", "DTSA": "Debian", "DEBIAN": "Debian", "UBUNTU": "Ubuntu", "USN": "Ubuntu", "ALPINE": "Alpine", "RHSA": "Red Hat", "RHBA": "Red Hat", "RHEA": "Red Hat",
	"SUSE": "SUSE", "OPENSUSE": "openSUSE", "RLSA": "Rocky Linux", "RXSA": "Rocky Linux", "MGASA": "Mageia", "OESA": "openEuler", "MAL": "OpenSSF", "RSEC": "R Consortium", "HSEC": "Haskell",
	"JLSEC": "Julia", "DRUPAL": "Drupal", "CGA": "Chainguard", "EEF": "Erlang Ecosystem Foundation", "PSF": "Python Software Foundation", "CURL": "curl", "ASB": "Android", "PUB": "Android", "GSD": "GSD", "UVI": "GSD"}

func issuerOf(id string) string {
	head, _, _ := strings.Cut(id, "-")
	if n, ok := issuers[strings.ToUpper(head)]; ok {
		return n
	}
	return head
}
