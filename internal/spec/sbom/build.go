// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import (
	"slices"
	"strings"
	"unicode"
)

// product stands for the product itself where an edge begins; nowhere for a reference that leads out of the document.
const (
	product = -1
	nowhere = -2
)

// A builder puts a document together from its parts, in the order in which they are found.
type builder struct {
	doc   Document
	refs  map[string]int    // by bom-ref or SPDXID: an index, or product
	same  map[Component]int // by everything but the reference
	count int               // of components, repetitions too
}

func newBuilder(format, version string) *builder {
	return &builder{doc: Document{Format: format, SpecVersion: version}, refs: map[string]int{}, same: map[Component]int{}}
}

// root says what the product itself is.
func (b *builder) root(c Component) {
	b.doc.RootName, b.doc.RootVersion, b.doc.RootPURL = c.Name, c.Version, c.PURL
	if c.Group != "" {
		b.doc.RootName = c.Group + "/" + c.Name
	}
	if c.Ref != "" {
		b.refs[c.Ref] = product
	}
}

// add adds a component below a parent, unless it is there already, and returns its index.
func (b *builder) add(c Component, parent int, at place) (int, error) {
	if b.count++; b.count > MaxComponents {
		return 0, at.refuse(Refused{Rule: Components, Limit: MaxComponents})
	}
	if err := b.check(c, at); err != nil {
		return 0, err
	}
	i, known := nowhere, false
	if c.Ref != "" {
		i, known = b.refs[c.Ref]
	}
	if !known {
		key := c
		key.Ref = ""
		if i, known = b.same[key]; !known {
			i = len(b.doc.Components)
			b.doc.Components = append(b.doc.Components, c)
			b.same[key] = i
		}
		if c.Ref != "" {
			b.refs[c.Ref] = i
		}
	}
	return i, b.edge(parent, i, at)
}

// named returns the index of what a reference names.
func (b *builder) named(ref string) int {
	if i, ok := b.refs[ref]; ok {
		return i
	}
	return nowhere
}

// edge says that the parent contains or depends on the child.
func (b *builder) edge(parent, child int, at place) error {
	switch {
	case parent == nowhere || child < 0 || parent == child:
		return nil
	case len(b.doc.Edges)+len(b.doc.Roots) >= MaxEdges+MaxComponents:
		return at.refuse(Refused{Rule: Edges, Limit: MaxEdges})
	case parent == product:
		b.doc.Roots = append(b.doc.Roots, child)
	default:
		b.doc.Edges = append(b.doc.Edges, [2]int{parent, child})
	}
	return nil
}

// done sorts out the edges and finds the roots.
func (b *builder) done() (Document, error) {
	d := b.doc
	if d.RootName == "" && len(d.Components) == 0 {
		return Document{}, &Refused{Rule: Empty, Example: "pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1"}
	}
	slices.SortFunc(d.Edges, func(x, y [2]int) int { return slices.Compare(x[:], y[:]) })
	d.Edges = slices.Compact(d.Edges)
	d.Roots = withUnreached(len(d.Components), d.Edges, d.Roots)
	return d, nil
}

// Without returns the document without the components for which drop is true. What only they led to becomes a root.
func (d Document) Without(drop func(Component) bool) Document {
	at, kept := make([]int, len(d.Components)), []Component(nil)
	for i, c := range d.Components {
		if at[i] = nowhere; !drop(c) {
			at[i] = len(kept)
			kept = append(kept, c)
		}
	}
	var edges [][2]int
	for _, e := range d.Edges {
		if p, c := at[e[0]], at[e[1]]; p != nowhere && c != nowhere {
			edges = append(edges, [2]int{p, c})
		}
	}
	var roots []int
	for _, i := range d.Roots {
		if at[i] != nowhere {
			roots = append(roots, at[i])
		}
	}
	d.Components, d.Edges, d.Roots = kept, edges, withUnreached(len(kept), edges, roots)
	return d
}

// withUnreached adds to roots what no root leads to: first what has no parent, then one of every circle that is left.
func withUnreached(n int, edges [][2]int, roots []int) []int {
	first, child := make([]int, n+1), make([]bool, n) // the edges of i are edges[first[i]:first[i+1]]
	for _, e := range edges {
		first[e[0]+1]++
		child[e[1]] = true
	}
	for i := range n {
		first[i+1] += first[i]
	}
	reached := make([]bool, n)
	var stack []int
	reach := func(i int) {
		for stack = append(stack[:0], i); len(stack) > 0; {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if reached[i] {
				continue
			}
			reached[i] = true
			for _, e := range edges[first[i]:first[i+1]] {
				if !reached[e[1]] {
					stack = append(stack, e[1])
				}
			}
		}
	}
	for _, i := range roots {
		reach(i)
	}
	for _, circles := range []bool{false, true} {
		for i := range n {
			if !reached[i] && (circles || !child[i]) {
				roots = append(roots, i)
				reach(i)
			}
		}
	}
	slices.Sort(roots)
	return slices.Compact(roots)
}

// A place is where in a document something stands, for an error that may have to name it.
type place struct {
	field func() string
	line  func() int
}

func (p place) refuse(r Refused) error {
	if p.field != nil {
		r.Field = p.field() + r.Field
	}
	if p.line != nil {
		r.Line = p.line()
	}
	return &r
}

// spdxNames are the names of SPDX for what CycloneDX calls otherwise.
var spdxNames = map[string]string{".bom-ref": ".SPDXID", ".type": ".primaryPackagePurpose", ".version": ".versionInfo", ".purl": ".externalRefs",
	".cpe": ".externalRefs"}

func (b *builder) check(c Component, at place) error {
	if c.Name == "" {
		return at.refuse(Refused{Rule: Required, Field: ".name", Example: "log4j-core"})
	}
	for _, t := range []struct {
		name, value string
		limit       int
	}{{".bom-ref", c.Ref, MaxLocator}, {".type", c.Type, MaxVersion}, {".group", c.Group, MaxName}, {".name", c.Name, MaxName},
		{".version", c.Version, MaxVersion}, {".purl", c.PURL, MaxLocator}, {".cpe", c.CPE, MaxLocator}} {
		if name, ok := spdxNames[t.name]; ok && b.doc.Format == SPDX {
			t.name = name
		}
		if len(t.value) > t.limit {
			return at.refuse(Refused{Rule: Length, Field: t.name, Limit: t.limit})
		}
		if strings.ContainsFunc(t.value, unicode.IsControl) {
			return at.refuse(Refused{Rule: Characters, Field: t.name})
		}
	}
	return nil
}

// nameFromPURL is the last element of a package URL's path, for a component that has no name of its own.
func nameFromPURL(s string) string {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "pkg:"), "?")
	s, _, _ = strings.Cut(s, "#")
	if at := strings.LastIndex(s, "@"); at > 0 {
		s = s[:at]
	}
	return s[strings.LastIndex(s, "/")+1:]
}

// known leaves out the words for "not known" (SPDX 2.3, 7.3 and 7.21).
func known(s string) string {
	if s = strings.TrimSpace(s); s == "NOASSERTION" || s == "NONE" {
		return ""
	}
	return s
}
