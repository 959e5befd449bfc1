// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/cve"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/purl"
)

// cveBody is what is read of a CVE record beside what cve.Read does.
type cveBody struct {
	Containers struct {
		CNA cveContainer   `json:"cna"`
		ADP []cveContainer `json:"adp"`
	} `json:"containers"`
}

type cveContainer struct {
	Affected   []cveAffected            `json:"affected"`
	Metrics    []cveMetric              `json:"metrics"`
	Applies    []json.RawMessage        `json:"cpeApplicability"` // each read by itself: a slip in one must not lose the others
	References []struct{ URL string }   `json:"references"`
	Rejected   []struct{ Value string } `json:"rejectedReasons"`
}

type cveMetric struct {
	V40 cveVector `json:"cvssV4_0"`
	V31 cveVector `json:"cvssV3_1"`
	V30 cveVector `json:"cvssV3_0"`
}

type cveVector struct {
	Vector string `json:"vectorString"`
}

type cveAffected struct {
	Vendor        string       `json:"vendor"`
	Product       string       `json:"product"`
	CollectionURL string       `json:"collectionURL"`
	PackageName   string       `json:"packageName"`
	PackageURL    string       `json:"packageURL"`
	Repo          string       `json:"repo"`
	CPEs          []string     `json:"cpes"`
	DefaultStatus string       `json:"defaultStatus"`
	Versions      []cveVersion `json:"versions"`
}

type cveVersion struct {
	Version         string `json:"version"`
	Status          string `json:"status"`
	VersionType     string `json:"versionType"`
	LessThan        string `json:"lessThan"`
	LessThanOrEqual string `json:"lessThanOrEqual"`
	Changes         []struct {
		At     string `json:"at"`
		Status string `json:"status"`
	} `json:"changes"`
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
	all := append([]cveContainer{body.Containers.CNA}, body.Containers.ADP...)
	var vectors []string
	for _, c := range all {
		for _, m := range c.Metrics {
			vectors = append(vectors, m.V40.Vector, m.V31.Vector, m.V30.Vector)
		}
	}
	a.rate(vectors...)
	a.names = names(a.Key, r.Aliases(), nil)
	seen := map[string]bool{}
	for _, c := range all {
		for _, x := range c.Affected {
			for _, claim := range x.claims() {
				if key := claim.Ecosystem + "\x00" + claim.Name + "\x00" + string(claim.encode()); !seen[key] && len(a.claims) < maxClaims {
					seen[key] = true
					a.claims = append(a.claims, claim)
				}
			}
		}
		a.claims = append(a.claims, applicable(c.Applies)...)
	}
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

// collections are the registries whose packages have an ecosystem, by the host and beginning of the path of a collectionURL.
var collections = []struct{ at, ecosystem string }{
	{"registry.npmjs.org", "npm"}, {"npmjs.com", "npm"}, {"www.npmjs.com", "npm"}, {"pypi.org", "PyPI"}, {"pypi.python.org", "PyPI"}, {"repo.maven.apache.org", "Maven"}, {"repo1.maven.org", "Maven"},
	{"central.sonatype.com", "Maven"}, {"rubygems.org", "RubyGems"}, {"packagist.org", "Packagist"}, {"repo.packagist.org", "Packagist"}, {"crates.io", "crates.io"}, {"www.nuget.org", "NuGet"},
	{"nuget.org", "NuGet"}, {"api.nuget.org", "NuGet"}, {"pkg.go.dev", "Go"}, {"proxy.golang.org", "Go"}, {"hex.pm", "Hex"}, {"repo.hex.pm", "Hex"}, {"pub.dev", "Pub"}, {"hackage.haskell.org", "Hackage"}, {"cran.r-project.org", "CRAN"},
}

// claims are what an entry says of packages, CPE names, and products.
func (x cveAffected) claims() (out []Claim) {
	says, said := x.says()
	if u, err := purl.Parse(x.PackageURL); x.PackageURL != "" && err == nil && u.Ecosystem() != "" {
		says.Package = &osv.Package{Ecosystem: u.Ecosystem(), Name: u.FullName(), PURL: x.PackageURL}
	} else if u, err := url.Parse(x.CollectionURL); x.CollectionURL != "" && err == nil {
		for _, c := range collections {
			if u.Hostname() == c.at && x.PackageName != "" {
				says.Package = &osv.Package{Ecosystem: c.ecosystem, Name: x.PackageName}
				if c.ecosystem == "Maven" && !strings.Contains(x.PackageName, ":") {
					says.Package = nil
				}
			}
		}
	}
	if says.Package != nil {
		if c, ok := claimOf(says); ok {
			out = append(out, c)
		}
		says.Package = nil
	}
	for _, text := range x.CPEs[:min(len(x.CPEs), 200)] {
		n, err := cpe.Parse(text)
		if err != nil || n.Key() == "" {
			continue
		}
		out = append(out, Claim{Kind: ByCPE, Package: Package{EcosystemCPE, n.Key()}, CPEs: cpe.Applicability{{Nodes: []cpe.Node{{Matches: criteria(n, says)}}}}})
	}
	if name := strings.TrimSpace(x.Product); !noVersion[strings.ToLower(name)] && said {
		vendor := strings.TrimSpace(x.Vendor)
		if noVersion[strings.ToLower(vendor)] {
			vendor = ""
		}
		p := WareOf(vendor, name)
		if storable(p.Name) != "" && len(p.Name) <= 500 && p.Name != "/" {
			out = append(out, Claim{Kind: ByWare, Package: p, Says: says})
		}
	}
	return out
}

// says are the versions of an entry in the terms of OSV. said is false where the entry says that nothing is affected.
// What a record leaves open is affected: a claim without versions is never to be read as safe.
func (x cveAffected) says() (out osv.Affected, said bool) {
	affected, unaffected := 0, 0
	for _, v := range x.Versions {
		switch v.Status {
		case "affected":
			affected++
			x.affected(v, &out)
		case "unaffected":
			unaffected++
		}
	}
	if x.DefaultStatus == "affected" {
		out.Ranges = append(out.Ranges, x.complement())
		return out, true
	}
	return out, affected > 0 || unaffected == 0 && x.DefaultStatus != "unaffected"
}

// affected adds one affected version or stretch of versions.
func (x cveAffected) affected(v cveVersion, out *osv.Affected) {
	kind := osv.RangeEcosystem
	if v.VersionType == "git" {
		kind = osv.RangeGit
	}
	from := v.Version
	if noVersion[strings.ToLower(from)] || everyVersion[strings.ToLower(from)] {
		from = "0"
	}
	r := osv.Range{Type: kind, Events: []osv.Event{{Introduced: from}}}
	if kind == osv.RangeGit {
		r.Repo = x.Repo
	}
	for _, c := range v.Changes {
		switch {
		case c.At == "":
		case c.Status == "unaffected":
			r.Events = append(r.Events, osv.Event{Fixed: c.At})
		case c.Status == "affected":
			r.Events = append(r.Events, osv.Event{Introduced: c.At})
		}
	}
	switch {
	case strings.ContainsAny(v.LessThan, "<>"), strings.ContainsAny(v.LessThanOrEqual, "<>"):
		ranges, versions, _ := spell(v.LessThan + v.LessThanOrEqual)
		out.Ranges, out.Versions = append(out.Ranges, ranges...), append(out.Versions, versions...)
		return
	case v.LessThan != "" && v.LessThan != "*":
		r.Events = append(r.Events, osv.Event{Fixed: v.LessThan})
	case v.LessThanOrEqual != "" && v.LessThanOrEqual != "*":
		r.Events = append(r.Events, osv.Event{LastAffected: v.LessThanOrEqual})
	case v.LessThan == "" && v.LessThanOrEqual == "" && len(v.Changes) == 0:
		if kind == osv.RangeGit {
			return // a commit alone says nothing of versions
		}
		ranges, versions, _ := spell(v.Version)
		out.Ranges, out.Versions = append(out.Ranges, ranges...), append(out.Versions, versions...)
		return
	}
	out.Ranges = append(out.Ranges, r)
}

// complement is every version but the unaffected stretches. That a single version is not affected, or a stretch's last
// one, cannot be said in events: it stays in.
func (x cveAffected) complement() osv.Range {
	r := osv.Range{Type: osv.RangeEcosystem}
	first := true
	for _, v := range x.Versions {
		if v.Status != "unaffected" || v.VersionType == "git" || v.LessThan == "" && v.LessThanOrEqual == "" {
			continue
		}
		from := v.Version
		if from == "0" || noVersion[strings.ToLower(from)] || from == "*" {
			first = false
		} else {
			r.Events = append(r.Events, osv.Event{Fixed: from})
		}
		end, wild := strings.CutSuffix(v.LessThan+v.LessThanOrEqual, "*")
		if wild {
			end = after(end)
		}
		if end != "" {
			r.Events = append(r.Events, osv.Event{Introduced: end})
		}
	}
	if first || len(r.Events) == 0 {
		r.Events = slices.Insert(r.Events, 0, osv.Event{Introduced: "0"})
	}
	return r
}

// after is the first version behind all that begin with "5.4.": "5.5"; "" for what "*" alone leaves.
func after(prefix string) string {
	prefix = strings.TrimRight(prefix, ".")
	at := strings.LastIndexByte(prefix, '.') + 1
	n, err := strconv.Atoi(prefix[at:])
	if err != nil {
		return prefix
	}
	return prefix[:at] + strconv.Itoa(n+1)
}

// criteria are a CPE name with versions as criteria.
func criteria(n cpe.Name, says osv.Affected) (out []cpe.Criterion) {
	if n[cpe.Version] != cpe.Any {
		return []cpe.Criterion{{Vulnerable: true, Criteria: n}}
	}
	for _, r := range says.Ranges {
		if r.Type == osv.RangeGit {
			continue
		}
		c := cpe.Criterion{Vulnerable: true, Criteria: n}
		for _, e := range r.Events {
			switch {
			case e.Introduced != "":
				if c.EndExcluding+c.EndIncluding != "" {
					out = append(out, c)
					c = cpe.Criterion{Vulnerable: true, Criteria: n}
				}
				if e.Introduced != "0" {
					c.StartIncluding = e.Introduced
				}
			case e.Fixed != "":
				c.EndExcluding = e.Fixed
			case e.LastAffected != "":
				c.EndIncluding = e.LastAffected
			}
		}
		out = append(out, c)
	}
	for _, v := range says.Versions {
		out = append(out, cpe.Criterion{Vulnerable: true, Criteria: n, StartIncluding: v, EndIncluding: v})
	}
	if len(out) == 0 {
		out = []cpe.Criterion{{Vulnerable: true, Criteria: n}}
	}
	return out
}

// maxConfigurations bounds what is kept of one record's applicability, which is kept once for each name in it.
const maxConfigurations = 2_000

// applicable are the claims of configurations: one for each name that they call vulnerable, with what of them is about it.
func applicable(raw []json.RawMessage) (out []Claim) {
	at := map[string]int{}
	n := 0
	for _, b := range raw {
		var c cpe.Configuration
		if json.Unmarshal(b, &c) != nil {
			continue
		}
		keys, _ := cpe.Applicability{c}.Keys()
		for _, key := range keys {
			if n++; n > maxConfigurations {
				return out
			}
			part := about(c, key)
			i, ok := at[key]
			if !ok {
				i = len(out)
				at[key] = i
				out = append(out, Claim{Kind: ByCPE, Package: Package{EcosystemCPE, key}})
			}
			out[i].CPEs = append(out[i].CPEs, part)
		}
	}
	return out
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
