// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/csaf"
)

// csafScores is what is read of a document beside what csaf.Read and csaf.ReadVEX do.
type csafScores struct {
	Document struct {
		Severity struct{ Text string } `json:"aggregate_severity"`
	} `json:"document"`
	Vulnerabilities []struct {
		Scores  []csafScore `json:"scores"` // 2.0
		Metrics []struct {
			Content csafScore `json:"content"`
		} `json:"metrics"` // 2.1
		Notes []struct{ Category, Text string } `json:"notes"`
	} `json:"vulnerabilities"`
}

type csafScore struct {
	V3 cveVector `json:"cvss_v3"`
	V4 cveVector `json:"cvss_v4"`
}

// readCSAF makes a record of each vulnerability of a document in CSAF 2.0 or 2.1, or one of a document that names none.
func readCSAF(doc []byte) ([]*arrival, error) {
	f, err := csaf.Read(doc)
	switch {
	case errors.Is(err, csaf.ErrSyntax):
		return nil, refuse("", RefusedSyntax, wrongJSON(doc, &csaf.Foreign{}))
	case errors.Is(err, csaf.ErrVersion):
		return nil, refuse("document.csaf_version", RefusedVersion, "")
	case errors.Is(err, csaf.ErrID):
		return nil, refuse("document.tracking.id", RefusedField, "")
	case errors.Is(err, csaf.ErrDraft):
		return nil, refuse("document.tracking.status", RefusedDraft, "")
	case err != nil:
		return nil, refuse("", RefusedBound, err.Error())
	}
	vex, err := csaf.ReadVEX(doc)
	if err != nil && !errors.Is(err, csaf.ErrNoStatements) {
		return nil, refuse("", RefusedBound, err.Error())
	}
	var more csafScores
	if err := json.Unmarshal(doc, &more); err != nil {
		return nil, refuse("", RefusedSyntax, text(err.Error(), 200))
	}
	d := f.Document
	id := text(d.Tracking.ID, 100)
	base := Record{Source: CSAF, Key: text(d.Publisher.Name, 100) + ":" + id, State: Published, Issuer: d.Publisher.Name, Title: d.Title, Published: d.Tracking.InitialReleaseDate.Time, Modified: d.Tracking.CurrentReleaseDate.Time}
	base.document = base.Key
	if f.Withdrawn() {
		base.State, base.Withdrawn = Withdrawn, base.Modified
	}
	if len(f.Vulnerabilities) == 0 {
		a := &arrival{Record: base, names: names(base.Key, nil, append([]string{id}, d.Tracking.Aliases...))}
		return []*arrival{a}, a.finish(doc)
	}
	claims := csafClaims(vex)
	var out []*arrival
	seen := map[string]bool{}
	for i, v := range f.Vulnerabilities {
		a := &arrival{Record: base}
		number := strings.TrimSpace(v.CVE)
		var aliases []string
		if number != "" {
			aliases = append(aliases, number)
		}
		for _, x := range v.IDs {
			if fold(x.Text) != "" && number == "" {
				number = x.Text
			}
		}
		if number == "" {
			number = v.Title
		}
		if fold(number) == "" {
			number = "vulnerabilities[" + strconv.Itoa(i) + "]"
		}
		a.Key = base.Key + "#" + text(number, 100)
		if seen[a.Key] {
			continue // the document breaks mandatory test 6.1.23: the first counts
		}
		seen[a.Key] = true
		if t := text(v.Title, maxTitle); t != "" && t != number {
			a.Title = t
		}
		if i < len(more.Vulnerabilities) {
			m := more.Vulnerabilities[i]
			var vectors []string
			for _, s := range m.Scores {
				vectors = append(vectors, s.V4.Vector, s.V3.Vector)
			}
			for _, s := range m.Metrics {
				vectors = append(vectors, s.Content.V4.Vector, s.Content.V3.Vector)
			}
			a.rate(vectors...)
			for _, n := range m.Notes {
				if a.Summary == "" && (n.Category == "summary" || n.Category == "description") {
					a.Summary = n.Text
				}
			}
		}
		a.rateWord(more.Document.Severity.Text)
		a.names = names(a.Key, aliases, append([]string{id}, d.Tracking.Aliases...))
		a.claims = claims[strings.TrimSpace(v.CVE)]
		if v.CVE == "" && len(v.IDs) > 0 {
			a.claims = claims[strings.TrimSpace(v.IDs[0].Text)]
		}
		body := doc
		if len(out) > 0 {
			body = nil
		}
		if err := a.finish(body); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// csafClaims are the claims of a document's statements that products are affected, by the vulnerability. A statement
// about a part of a whole is one about the whole: the whole is what people have.
func csafClaims(vex csaf.VEX) map[string][]Claim {
	type place struct {
		vuln, ecosystem string // with its release
		Package
	}
	out, at := map[string][]Claim{}, map[place]int{}
	for _, s := range vex.Statements {
		if s.Status != csaf.VEXAffected {
			continue
		}
		var claims claimList
		for _, x := range vex.Products[s.Product].Claims() {
			if x.CPEs != nil {
				claims.applies(x.CPEs)
				continue
			}
			claims.said(x.Says, x.Vendor, x.Product)
			for _, m := range x.Models {
				claims.said(x.Says, x.Vendor, m)
			}
		}
		for _, c := range claims.list {
			p := place{s.Vulnerability, "", c.Package}
			if c.Says.Package != nil {
				p.ecosystem = c.Says.Package.Ecosystem
			}
			i, ok := at[p]
			switch list := out[s.Vulnerability]; {
			case ok: // the same product in another version
				old := &list[i]
				old.CPEs = append(old.CPEs, c.CPEs...)
				old.Says.Ranges, old.Says.Versions = append(old.Says.Ranges, c.Says.Ranges...), append(old.Says.Versions, c.Says.Versions...)
			case len(list) < maxClaims:
				at[p] = len(list)
				out[s.Vulnerability] = append(list, c)
			}
		}
	}
	return out
}
