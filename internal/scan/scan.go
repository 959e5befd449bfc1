// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package scan finds the publicly known vulnerabilities of what component lists name: without a server, from OSV archives as
// they are published or from the database of a platform that has imported them; or by a running platform, which keeps records
// ready. It reads of the records only what the lists need, and answers as the platform does.
package scan

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/cvss"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/purl"
	"github.com/fengsui/fengsui/internal/spec/sbom"
	"github.com/fengsui/fengsui/internal/spec/vers"
	"github.com/fengsui/fengsui/internal/vuln"
)

// A Component is a package in a version that one list or several name.
type Component struct {
	product.Component
	ecosystem string // with its release
	key       []byte // of its version, or nil
}

// A Document is a component list that was read.
type Document struct {
	Name       string
	Format     string // "CycloneDX 1.6"
	Components []int  // which of the scan's components it names, each once, sorted
	Passed     int    // components that no ecosystem's records can be about
}

// A Record is a public record that is about a component.
type Record struct {
	ID       string
	Aliases  []string
	Summary  string
	Severity vuln.Severity // "" when nothing is said
	Score    int           // in tenths; 0 without one
}

// A Finding says that a record is about a component.
type Finding struct {
	Component int
	Record    *Record
	Verdict   osv.Verdict // Hit, or Unknown: a person must look
}

// A Scan is what component lists name, and what is found about it. Add lists first, then look.
type Scan struct {
	Documents  []Document
	Components []Component
	Findings   []Finding // by component and id, after a look
	Read       int       // records looked at
	Unreadable []string  // records that could not be read; the first ones

	seen       map[product.Component]int
	places     map[vuln.Package]int // where a package stands in what follows
	packages   []vuln.Package       // each once
	components [][]int              // of each package
	broken     int
}

// Broken is how many records could not be read.
func (s *Scan) Broken() int { return s.broken }

// Add reads a component list (spec/sbom). Its error is a *sbom.Refused.
func (s *Scan) Add(name string, doc []byte) error {
	d, err := sbom.ParseParts(doc)
	var refused *sbom.Refused
	switch {
	case errors.As(err, &refused) && refused.Rule == sbom.Empty: // nothing is in it, and nothing wrong with it
	case err != nil:
		return err
	}
	cs := named(d)
	if s.seen == nil {
		s.seen, s.places, s.packages = make(map[product.Component]int, len(cs)), make(map[vuln.Package]int, len(cs)), make([]vuln.Package, 0, len(cs))
		s.Components, s.components = cs[:0], make([][]int, 0, len(cs)) // the components of the first list stay where they are
	}
	out := Document{Name: name, Format: strings.TrimSpace(d.Format + " " + d.SpecVersion), Components: make([]int, 0, len(cs))}
	ones := make([]int, len(cs)) // most packages have one component
	for i, c := range cs {
		if c.ecosystem == "" {
			out.Passed++
			continue
		}
		at, ok := s.seen[c.Component]
		if !ok {
			at = len(s.Components)
			s.seen[c.Component] = at
			s.Components = append(s.Components, c)
			p := vuln.Package{Ecosystem: c.Ecosystem, Name: c.Name}
			place, ok := s.places[p]
			if !ok {
				place = len(s.packages)
				s.places[p], s.packages, s.components = place, append(s.packages, p), append(s.components, ones[i:i:i+1])
			}
			s.components[place] = append(s.components[place], at)
		}
		out.Components = append(out.Components, at)
	}
	slices.Sort(out.Components)
	out.Components = slices.Compact(out.Components)
	s.Documents = append(s.Documents, out)
	return nil
}

// of returns the components of a package.
func (s *Scan) of(p vuln.Package) []int {
	if at, ok := s.places[p]; ok {
		return s.components[at]
	}
	return nil
}

// named names the components of a list as the platform's directory does, several at a time.
func named(d sbom.Document) []Component {
	all := d.Components
	if d.RootPURL != "" {
		all = append(all, sbom.Component{Name: d.RootName, Version: d.RootVersion, PURL: d.RootPURL})
	}
	out := make([]Component, len(all))
	each(len(all), 500, func(i int) {
		c := Component{Component: product.Naming(all[i])}
		ecosystem, ok := purl.Known(c.Ecosystem)
		if c.PURL == "" || !ok {
			return
		}
		c.Ecosystem, c.ecosystem = ecosystem, ecosystem
		if c.Release != "" {
			c.ecosystem += ":" + c.Release
		}
		c.key, _ = vers.Key(c.Ecosystem, c.Version)
		out[i] = c
	})
	return out
}

// each calls do with 0 to n-1 from several goroutines, some numbers at a time.
func each(n, some int, do func(int)) {
	var crew sync.WaitGroup
	next := make(chan int, n/some+1)
	for i := 0; i < n; i += some {
		next <- i
	}
	close(next)
	for range workers(len(next)) {
		crew.Go(func() {
			for start := range next {
				for i := start; i < min(n, start+some); i++ {
					do(i)
				}
			}
		})
	}
	crew.Wait()
}

// judge asks what an entry of a record says of the components that it names, and adds what comes of it to out.
func (s *Scan) judge(out []Finding, says osv.Affected, components []int, record func() *Record) []Finding {
	ask := func(c *Component) osv.Verdict { return osv.Affects(says, c.released(says.Package), c.Version) }
	if len(components) > 1 {
		rule := osv.Compile(says)
		ask = func(c *Component) osv.Verdict { return rule.Affects(c.released(says.Package), c.Version, c.key) }
	}
	for _, at := range components {
		if v := ask(&s.Components[at]); v.State != osv.Miss {
			out = append(out, Finding{at, record(), v})
		}
	}
	return out
}

// released is the component's ecosystem with its release as the record writes it: OSV's "Ubuntu:22.04:LTS" is the release
// that package URLs call 22.04.
func (c *Component) released(p *osv.Package) string {
	if p != nil && c.Release != "" && strings.HasPrefix(p.Ecosystem, c.ecosystem+":") {
		return p.Ecosystem
	}
	return c.ecosystem
}

// settle puts findings in order; of several entries of one record the surest counts.
func (s *Scan) settle(found []Finding) {
	ends := make([]int, len(s.Components)) // where the findings of each component end, as they are counted in
	for i := range found {
		ends[found[i].Component]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	in, at := make([]Finding, len(found)), slices.Clone(ends)
	for i := range found {
		c := found[i].Component
		at[c]--
		in[at[c]] = found[i]
	}
	for c, start := range at {
		slices.SortStableFunc(in[start:ends[c]], func(a, b Finding) int {
			return cmp.Or(strings.Compare(a.Record.ID, b.Record.ID), strings.Compare(string(a.Verdict.State), string(b.Verdict.State)))
		})
	}
	s.Findings = slices.CompactFunc(in, func(a, b Finding) bool { return a.Component == b.Component && a.Record.ID == b.Record.ID })
}

// Of returns the findings about the components of a document.
func (s *Scan) Of(d Document) (out []Finding) {
	for _, at := range d.Components {
		i, _ := slices.BinarySearchFunc(s.Findings, at, func(f Finding, at int) int { return cmp.Compare(f.Component, at) })
		for ; i < len(s.Findings) && s.Findings[i].Component == at; i++ {
			out = append(out, s.Findings[i])
		}
	}
	return out
}

// Certain reports whether the component is affected; a person must look at what is not certain.
func (f Finding) Certain() bool { return f.Verdict.State == osv.Hit }

// Word is the verdict as programs read it: affected, or check.
func (f Finding) Word() string {
	if f.Certain() {
		return "affected"
	}
	return "check"
}

// Introduced is the version that begins the affected stretch, or "".
func (f Finding) Introduced() string {
	if o := f.Verdict.Opened; o != nil {
		return o.Introduced
	}
	return ""
}

// LastAffected is the last version of the affected stretch, where the record gives it so, or "".
func (f Finding) LastAffected() string {
	if e := f.Verdict.Closes; e != nil {
		return e.LastAffected
	}
	return ""
}

// Distribution is the component's ecosystem with its release: "Debian:12".
func (c *Component) Distribution() string { return c.ecosystem }

// Fixed is the version that ends the affected stretch, or "".
func (f Finding) Fixed() string {
	if e := f.Verdict.Closes; e != nil {
		return e.Fixed
	}
	return ""
}

// words for severities that records use without a vector.
var severityWords = map[string]vuln.Severity{"critical": "critical", "high": "high", "important": "high", "moderate": "medium", "medium": "medium", "low": "low"}

// rate gives a record the worst of its vectors, or else its publisher's word.
func (r *Record) rate(vectors []osv.Severity, word string) {
	for _, v := range vectors {
		x, err := cvss.Parse(v.Score)
		if err != nil {
			continue
		}
		if score := int(x.Base*10 + 0.5); r.Severity == "" || score > r.Score {
			r.Score, r.Severity = score, vuln.Severity(x.Severity)
		}
	}
	if r.Severity == "" {
		r.Severity = severityWords[strings.ToLower(word)]
	}
}
