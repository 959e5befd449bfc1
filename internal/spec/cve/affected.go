// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cve

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/purl"
	"github.com/fengsui/fengsui/internal/spec/vers"
)

// A Status is how a version stands to the flaw.
type Status string

// The statuses.
const (
	StatusAffected   Status = "affected"
	StatusUnaffected Status = "unaffected"
	StatusUnknown    Status = "unknown"
)

// A Version is one version, or a stretch that begins with it: up to LessThan, which is outside, or to LessThanOrEqual.
type Version struct {
	Version         string   `json:"version"` // "0" is before every version
	Status          Status   `json:"status"`
	VersionType     string   `json:"versionType"`
	LessThan        string   `json:"lessThan"` // "*" is after every version
	LessThanOrEqual string   `json:"lessThanOrEqual"`
	Changes         []Change `json:"changes"` // in any order
}

// A Change is a version from which on, within the stretch, the status is another one.
type Change struct {
	At     string `json:"at"`
	Status Status `json:"status"`
}

// Versions is a list of versions; an entry that has another form is left out.
type Versions []Version

// UnmarshalJSON reads the list.
func (v *Versions) UnmarshalJSON(b []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(b, &list) != nil {
		return nil
	}
	for _, raw := range most(list, maxVersions) {
		var one Version
		if json.Unmarshal(raw, &one) == nil {
			*v = append(*v, one)
		}
	}
	return nil
}

// Applies is a record's cpeApplicability; a configuration that has another form is left out.
type Applies cpe.Applicability

// UnmarshalJSON reads the list.
func (a *Applies) UnmarshalJSON(b []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(b, &list) != nil {
		return nil
	}
	for _, raw := range most(list, maxAffected) {
		var one cpe.Configuration
		if json.Unmarshal(raw, &one) == nil {
			*a = append(*a, one)
		}
	}
	return nil
}

// registries are the collections whose packages have an OSV ecosystem, by host.
var registries = map[string]string{
	"registry.npmjs.org": "npm", "npmjs.com": "npm", "npmjs.org": "npm", "pypi.org": "PyPI", "pypi.python.org": "PyPI", "repo.maven.apache.org": "Maven", "repo1.maven.org": "Maven", "central.sonatype.com": "Maven",
	"mvnrepository.com": "Maven", "rubygems.org": "RubyGems", "packagist.org": "Packagist", "repo.packagist.org": "Packagist", "crates.io": "crates.io", "nuget.org": "NuGet", "api.nuget.org": "NuGet", "pkg.go.dev": "Go",
	"proxy.golang.org": "Go", "hex.pm": "Hex", "repo.hex.pm": "Hex", "pub.dev": "Pub", "hackage.haskell.org": "Hackage", "cran.r-project.org": "CRAN",
}

// Package is the package of an OSV ecosystem that the entry names, by its packageURL or by collectionURL and packageName,
// or nil.
func (a Affected) Package() *osv.Package {
	if p, err := purl.Parse(a.PackageURL); err == nil && p.Ecosystem() != "" {
		return &osv.Package{Ecosystem: p.Ecosystem(), Name: p.FullName(), PURL: a.PackageURL}
	}
	u, err := url.Parse(strings.TrimSpace(a.CollectionURL))
	name := strings.TrimSpace(a.PackageName)
	if err != nil || name == "" {
		return nil
	}
	ecosystem := registries[strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")]
	switch {
	case ecosystem == "":
		return nil
	case ecosystem == "Maven" && !strings.Contains(name, ":"):
		group, artifact, ok := strings.Cut(name, "/")
		if !ok || strings.Contains(artifact, "/") {
			return nil // an artifact without its group
		}
		name = group + ":" + artifact
	}
	return &osv.Package{Ecosystem: ecosystem, Name: name}
}

// nothing are the texts that records put where they do not know a version, and everything where they mean all of them.
var (
	nothing    = []string{"", "n/a", "na", "-", "?", "unspecified", "unknown", "none", "various", "see references", "see advisory", "not applicable"}
	everything = []string{"*", "all", "any", "all versions", "all version"}
)

func isOne(text string, of []string) bool {
	return slices.Contains(of, strings.ToLower(strings.TrimSpace(text)))
}

// A Claim is what an entry says of one thing, in the terms of OSV: a package, or a vendor's product, whose Package is nil
// and whose versions stand in natural order. The same versions are said of the CPE names that the entry gives.
type Claim struct {
	Vendor  string // "" where the entry gives none
	Product string
	Says    osv.Affected      // nothing in it where the entry calls no version affected
	CPEs    cpe.Applicability // of the entry's own cpes, with the versions
	// Exact is false where OSV's events cannot say what the entry does, or something in it cannot be read: Says then takes
	// in more, never less. Status decides single versions.
	Exact bool
	// Rest is what the entry says of versions that it does not list; StatusUnknown is no word that they are safe.
	Rest Status
}

// Claims returns what the entry says of the package it names, if any, and of the vendor's product, if it names one. An
// entry that calls every version unaffected has no claim.
//
// Versions follow the CVE record format's rules: the first entry of versions that takes in a version decides, the last
// change before it counts, and the rest has the default status. What the entry leaves open is told by Rest, and by a range
// that nobody can read (osv.BadRange) where a bound cannot be read.
func (a Affected) Claims() (out []Claim) {
	vendor, product := strings.TrimSpace(a.Vendor), strings.TrimSpace(a.Product)
	if isOne(vendor, nothing) {
		vendor = ""
	}
	if isOne(product, nothing) {
		product = ""
	}
	if p := a.Package(); p != nil {
		if c, ok := a.claim(p.Ecosystem); ok {
			c.Vendor, c.Product, c.Says.Package, c.CPEs = vendor, product, p, nil
			out = append(out, c)
		}
	}
	if product == "" && len(a.CPEs) == 0 {
		return out
	}
	if c, ok := a.claim(vers.Natural); ok {
		c.Vendor, c.Product = vendor, product
		out = append(out, c)
	}
	return out
}

// Claims returns what all entries of the container say. Where one entry tells a product's versions and another only its
// commits, as the Linux kernel's do, the commits are left out: they say the same of the source, and of no version.
func (c Container) Claims() (out []Claim) {
	inVersions := map[string]bool{}
	for _, a := range c.Affected {
		for _, claim := range a.Claims() {
			out = append(out, claim)
			if !claim.onlyCommits() {
				inVersions[claim.of()] = true
			}
		}
	}
	return slices.DeleteFunc(out, func(claim Claim) bool { return claim.onlyCommits() && inVersions[claim.of()] })
}

// of is what the claim is about.
func (c Claim) of() string {
	if p := c.Says.Package; p != nil {
		return p.Ecosystem + "\x00" + p.Name
	}
	return "\x00" + strings.ToLower(c.Vendor+"\x00"+c.Product)
}

// onlyCommits reports whether the claim tells commits and nothing else.
func (c Claim) onlyCommits() bool {
	return len(c.Says.Ranges) > 0 && len(c.Says.Versions) == 0 && !slices.ContainsFunc(c.Says.Ranges, func(r osv.Range) bool { return r.Type != osv.RangeGit })
}

func (a Affected) claim(ecosystem string) (Claim, bool) {
	line := a.line(ecosystem)
	c := Claim{Exact: true, Rest: a.rest()}
	for _, s := range line.stretches(StatusAffected) {
		r, exact := s.events(line)
		c.Says.Ranges = append(c.Says.Ranges, r)
		c.Exact = c.Exact && exact
	}
	c.Exact = c.Exact && !line.guessed && len(line.commits) == 0 && len(line.unread) == 0 && len(line.listed) == 0
	c.Says.Ranges = append(c.Says.Ranges, line.commits...)
	c.Says.Ranges = append(c.Says.Ranges, line.unread...)
	c.Says.Versions = line.listed
	if ecosystem == vers.Natural {
		c.CPEs = a.criteria(line)
	}
	open := slices.Contains(line.pieces, StatusUnknown) || line.guessed
	return c, len(c.Says.Ranges)+len(c.Says.Versions) > 0 || open
}

func (a Affected) rest() Status {
	switch a.DefaultStatus {
	case StatusAffected, StatusUnaffected:
		return a.DefaultStatus
	}
	return StatusUnknown
}

// criteria says the versions of the entry of its CPE names. A name with a version of its own says only that.
func (a Affected) criteria(l line) cpe.Applicability {
	var matches []cpe.Criterion
	stretches := l.stretches(StatusAffected)
	tooMany := (len(stretches)+len(l.unread)+len(l.listed))*min(len(a.CPEs), maxCPEs) > maxCriteria
	for _, text := range most(a.CPEs, maxCPEs) {
		n, err := cpe.Parse(text)
		if err != nil || n.Key() == "" {
			continue
		}
		if n[cpe.Version] != cpe.Any {
			matches = append(matches, cpe.Criterion{Vulnerable: true, Criteria: n})
			continue
		}
		if tooMany {
			matches = append(matches, cpe.Criterion{Vulnerable: true, Criteria: n, StartIncluding: "?"}) // unknown, whatever the version
			continue
		}
		before := len(matches)
		for _, s := range stretches {
			matches = append(matches, s.criterion(n))
		}
		for _, r := range l.unread {
			matches = append(matches, cpe.Criterion{Vulnerable: true, Criteria: n, StartIncluding: unreadable(r)}) // unknown, whatever the version
		}
		for _, v := range l.listed {
			matches = append(matches, cpe.Criterion{Vulnerable: true, Criteria: n, StartIncluding: v, EndIncluding: v})
		}
		if len(matches) == before && len(a.Versions) == 0 && a.rest() != StatusUnaffected {
			matches = append(matches, cpe.Criterion{Vulnerable: true, Criteria: n})
		}
	}
	if len(matches) == 0 {
		return nil
	}
	return cpe.Applicability{{Nodes: []cpe.Node{{Operator: cpe.Or, Matches: matches}}}}
}

// unreadable returns the bound of r that is no version.
func unreadable(r osv.Range) string {
	for _, e := range r.Events {
		at := e.Introduced + e.Fixed + e.LastAffected
		if _, err := vers.Parse(vers.Natural, at); err != nil && at != "" {
			return at
		}
	}
	return "?"
}

// Limits of the CPE names of one entry, and of the criteria that come of them and its versions.
const (
	maxCPEs     = 200
	maxCriteria = 10_000
)

// StatusOf decides on one version of the package in an OSV ecosystem, or of the product in vers.Natural. It is
// StatusUnknown where the entry says so or says nothing of it, and where the version or a bound that might decide cannot
// be read.
func (a Affected) StatusOf(ecosystem, version string) Status {
	return a.line(ecosystem).statusOf(version)
}
