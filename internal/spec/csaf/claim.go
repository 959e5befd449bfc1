// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf

import (
	"strings"

	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/purl"
	"github.com/fengsui/fengsui/internal/spec/vers"
)

// A Claim is what it means that a product of a document is affected, in the terms of OSV: a package, or a vendor's
// product, whose Package is nil and whose versions stand in natural order; or products by their CPE name.
type Claim struct {
	Vendor, Product string   // of a vendor's product
	Models          []string // by which it is known too
	Says            osv.Affected
	CPEs            cpe.Applicability // instead of the three, for a CPE name
	Exact           bool              // false where Says takes in more than the document says, or cannot be read
}

// Claims returns what it means that p is affected: one claim for each package URL with an OSV ecosystem, one for the CPE
// name, and one for the vendor's product. A range is read as a version range specifier or as people's words (vls), and
// where it is not understood nothing is decided by it (osv.BadRange). A product without version and range means every
// version.
func (p VEXProduct) Claims() (out []Claim) {
	says, exact := p.says(vers.Natural)
	for _, text := range p.PURLs {
		u, err := purl.Parse(text)
		if err != nil || u.Ecosystem() == "" {
			continue
		}
		var c Claim
		c.Says, c.Exact = p.says(u.Ecosystem())
		c.Says.Package = &osv.Package{Ecosystem: u.Ecosystem(), Name: u.FullName(), PURL: text}
		if r := u.Release(); r != "" {
			c.Says.Package.Ecosystem += ":" + r
		}
		if u.Version != "" && p.Range == "" {
			c.Says.Ranges, c.Exact = only(u.Version), true
		}
		out = append(out, c)
	}
	if n, err := cpe.Parse(p.CPE); err == nil {
		out = append(out, Claim{CPEs: cpe.Applicability{{Nodes: []cpe.Node{{Operator: cpe.Or, Matches: criteria(n, says)}}}}, Exact: exact})
	}
	name := strings.TrimSpace(p.Product)
	if name == "" {
		name = strings.TrimSpace(p.Name)
	}
	if name != "" {
		out = append(out, Claim{Vendor: strings.TrimSpace(p.Vendor), Product: name, Models: p.Models, Says: says, Exact: exact})
	}
	return out
}

func only(version string) []osv.Range {
	return []osv.Range{{Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: version}, {LastAffected: version}}}}
}

func (p VEXProduct) says(scheme string) (a osv.Affected, exact bool) {
	switch {
	case p.Range != "":
		a.Ranges, exact, _ = osv.FromText(scheme, p.Range)
	case p.Version == "":
		a.Ranges, exact = []osv.Range{{Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: "0"}}}}, true
	default:
		ok := false
		if a.Ranges, exact, ok = osv.FromText(scheme, p.Version); !ok {
			a.Ranges, a.Versions = nil, []string{p.Version} // a name for a version, as it is written
		}
	}
	return a, exact
}

// criteria are a CPE name with versions. A name that has a version says that one.
func criteria(n cpe.Name, says osv.Affected) (out []cpe.Criterion) {
	c := cpe.Criterion{Vulnerable: true, Criteria: n}
	if n[cpe.Version] != cpe.Any {
		return []cpe.Criterion{c}
	}
	for _, v := range says.Versions {
		c := c
		c.StartIncluding, c.EndIncluding = v, v
		out = append(out, c)
	}
	for _, r := range says.Ranges {
		c := c
		for _, e := range r.Events {
			switch {
			case e.Introduced != "" && e.Introduced != "0":
				c.StartIncluding = e.Introduced
			case e.Fixed != "":
				c.EndExcluding = e.Fixed
			case e.LastAffected != "":
				c.EndIncluding = e.LastAffected
			}
		}
		out = append(out, c)
	}
	return out
}
