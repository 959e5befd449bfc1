// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/cve"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

// cveBody is what is read of a CVE record beside what cve.Read does.
type cveBody struct {
	Containers struct {
		CNA cveContainer   `json:"cna"`
		ADP []cveContainer `json:"adp"`
	} `json:"containers"`
}

type cveContainer struct {
	Metrics  []json.RawMessage        `json:"metrics"` // each read by itself: what is measured otherwise must not hide the others
	Rejected []struct{ Value string } `json:"rejectedReasons"`
}

type cveMetric struct {
	V40 cveVector `json:"cvssV4_0"`
	V31 cveVector `json:"cvssV3_1"`
	V30 cveVector `json:"cvssV3_0"`
}

type cveVector struct {
	Vector string `json:"vectorString"`
}

// readCVE makes a record of a document in CVE JSON 5.0 to 5.2.
func readCVE(doc []byte) ([]*arrival, error) {
	r, err := cve.Read(doc)
	switch {
	case errors.Is(err, cve.ErrSyntax):
		return nil, refuse("", RefusedSyntax, wrongJSON(doc, &cve.Record{}))
	case errors.Is(err, cve.ErrVersion):
		return nil, refuse("dataVersion", RefusedVersion, text(r.DataVersion, 20))
	case errors.Is(err, cve.ErrID):
		return nil, refuse("cveMetadata.cveId", RefusedField, "")
	case errors.Is(err, cve.ErrState):
		return nil, refuse("cveMetadata.state", RefusedField, "")
	case err != nil:
		return nil, refuse("", RefusedBound, err.Error())
	}
	var body cveBody
	if err := json.Unmarshal(doc, &body); err != nil {
		return nil, refuse("", RefusedSyntax, text(err.Error(), 200))
	}
	cna := r.Containers.CNA
	a := &arrival{Record: Record{Source: CVE, Key: r.Metadata.CVEID, State: Published, Issuer: cna.Provider.ShortName, Title: r.Title(), Published: r.Metadata.DatePublished.Time, Modified: r.Metadata.DateUpdated.Time}}
	if a.Issuer == "" {
		a.Issuer = r.Metadata.AssignerShortName
	}
	for _, c := range append([]cve.Container{cna}, r.Containers.ADP...) {
		if c.Provider.DateUpdated.After(a.Modified) { // what others add counts as a change
			a.Modified = c.Provider.DateUpdated.Time
		}
	}
	a.Summary = english(cna.Descriptions)
	if r.Metadata.State == cve.Rejected {
		a.State, a.Withdrawn = Rejected, r.Metadata.DateRejected.Time
		if a.Withdrawn.IsZero() {
			a.Withdrawn = a.Modified
		}
		for _, x := range body.Containers.CNA.Rejected {
			if a.Title == "" {
				a.Title = text(x.Value, maxTitle)
			}
		}
	}
	var vectors []string
	for _, c := range append([]cveContainer{body.Containers.CNA}, body.Containers.ADP...) {
		for _, raw := range c.Metrics {
			var m cveMetric
			if json.Unmarshal(raw, &m) == nil {
				vectors = append(vectors, m.V40.Vector, m.V31.Vector, m.V30.Vector)
			}
		}
	}
	a.rate(vectors...)
	a.names = names(a.Key, r.Aliases(), nil)
	var claims claimList
	for _, c := range append([]cve.Container{cna}, r.Containers.ADP...) {
		for _, x := range c.Claims() {
			claims.said(x.Says, x.Vendor, x.Product)
			claims.applies(x.CPEs)
		}
		claims.applies(cpe.Applicability(c.Applies))
	}
	a.claims = claims.list
	return []*arrival{a}, a.finish(doc)
}

func english(ts []cve.Text) string {
	for _, t := range ts {
		if strings.HasPrefix(strings.ToLower(t.Lang), "en") {
			return t.Value
		}
	}
	if len(ts) > 0 {
		return ts[0].Value
	}
	return ""
}

// A claimList gathers claims, each once.
type claimList struct {
	list []Claim
	seen map[string]bool
	work int // configurations that were taken apart
}

// maxConfigurations bounds what is kept of one record's applicability, which is kept once for each name in it.
const maxConfigurations = 2_000

func (l *claimList) add(c Claim) {
	key := c.Ecosystem + "\x00" + c.Name + "\x00" + string(c.encode())
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	if !l.seen[key] && len(l.list) < maxClaims {
		l.seen[key] = true
		l.list = append(l.list, c)
	}
}

// said adds what is said of a package or, without one, of a vendor's product.
func (l *claimList) said(says osv.Affected, vendor, product string) {
	if says.Package != nil {
		if c, ok := claimOf(says); ok {
			l.add(c)
		}
		return
	}
	p := WareOf(vendor, product)
	if strings.TrimSpace(product) != "" && storable(p.Name) != "" && len(p.Name) <= 500 && p.Name != "/" {
		l.add(Claim{Kind: ByWare, Package: p, Says: says})
	}
}

// applies adds one claim for each name that configurations call vulnerable, with what of them is about it.
func (l *claimList) applies(configurations cpe.Applicability) {
	at := map[string]*Claim{}
	var order []string
	for _, c := range configurations {
		keys, _ := cpe.Applicability{c}.Keys()
		for _, key := range keys {
			if l.work++; l.work > maxConfigurations {
				break
			}
			if at[key] == nil {
				at[key] = &Claim{Kind: ByCPE, Package: Package{EcosystemCPE, key}}
				order = append(order, key)
			}
			at[key].CPEs = append(at[key].CPEs, about(c, key))
		}
	}
	for _, key := range order {
		l.add(*at[key])
	}
}

// about leaves of a configuration what decides about products of one name: where any of several suffices, other
// vulnerable ones decide nothing.
func about(c cpe.Configuration, key string) cpe.Configuration {
	if c.Negate {
		return c
	}
	out := cpe.Configuration{Operator: c.Operator}
	for _, n := range c.Nodes {
		if n.Operator == cpe.And || n.Negate {
			out.Nodes = append(out.Nodes, n)
			continue
		}
		thin := cpe.Node{Operator: n.Operator}
		has := slices.ContainsFunc(n.Matches, func(m cpe.Criterion) bool { return m.Vulnerable && m.Criteria.Key() == key })
		for _, m := range n.Matches {
			if !has || !m.Vulnerable || m.Criteria.Key() == key || m.Criteria.Key() == "" {
				m.ID = ""
				thin.Matches = append(thin.Matches, m)
			}
		}
		if has || c.Operator == cpe.And {
			out.Nodes = append(out.Nodes, thin)
		}
	}
	return out
}
