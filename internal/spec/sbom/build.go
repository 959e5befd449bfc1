// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import (
	"hash/maphash"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// product stands for the product itself where an edge begins; nowhere for a reference that leads out of the document.
const (
	product = -1
	nowhere = -2
)

// A builder puts a document together from its parts, in the order in which they are found. What it refuses does not say
// where that stands: who reads the document knows.
type builder struct {
	doc     Document
	refs    map[string]int // by bom-ref or SPDXID: an index, or product
	same    map[uint64]int // by the digest of everything but the reference: an index
	seed    maphash.Seed
	likely  int // how many components there are
	count   int // of components, repetitions too
	affects int // references of all analyses
}

func newBuilder(format, version string) *builder {
	return &builder{doc: Document{Format: format, SpecVersion: version}, refs: map[string]int{}, same: map[uint64]int{}, seed: maphash.MakeSeed()}
}

// expect makes room for some of n components, and says how many more to make room for once so many have been real.
func (b *builder) expect(n int) {
	b.likely = min(n, MaxComponents)
	n = min(n, 1<<12)
	b.refs, b.same, b.doc.Components = make(map[string]int, n), make(map[uint64]int, n), make([]Component, 0, n)
}

// root says what the product itself is.
func (b *builder) root(c Component) {
	b.doc.RootName, b.doc.RootVersion, b.doc.RootPURL = c.Name, c.Version, c.PURL
	if c.Group != "" {
		b.doc.RootName = c.Group + "/" + c.Name
	}
	if b.doc.RootRef = c.Ref; c.Ref != "" {
		b.refs[c.Ref] = product
	}
}

// add adds a component below a parent, unless it is there already, and returns its index. A package URL without a name
// names nothing: some tools list the program itself so, and it is passed over.
func (b *builder) add(c Component, parent int) (int, error) {
	if b.count++; b.count > MaxComponents {
		return 0, &Refused{Rule: Components, Limit: MaxComponents}
	}
	if c.Name == "" && c.PURL != "" {
		return nowhere, nil
	}
	if err := b.check(&c); err != nil {
		return 0, err
	}
	i, known := nowhere, false
	if c.Ref != "" {
		i, known = b.refs[c.Ref]
	}
	if !known {
		i = b.intern(c)
		if c.Ref != "" {
			b.refs[c.Ref] = i
		}
	}
	return i, b.edge(parent, i)
}

// intern returns the index of a component that is the same but for the reference, which may be this one.
func (b *builder) intern(c Component) int {
	at := b.digest(&c)
	for ; ; at++ {
		i, taken := b.same[at]
		if !taken {
			break
		}
		if old := b.doc.Components[i]; old.same(&c) {
			return i
		}
	}
	i := len(b.doc.Components)
	if i == cap(b.doc.Components) && i < b.likely {
		b.doc.Components = slices.Grow(b.doc.Components, b.likely-i)
	}
	b.doc.Components = append(b.doc.Components, c)
	b.same[at] = i
	return i
}

func (b *builder) digest(c *Component) uint64 {
	var h maphash.Hash
	h.SetSeed(b.seed)
	for _, s := range [...]string{c.Type, c.Group, c.Name, c.Version, c.PURL, c.CPE} {
		_, _ = h.WriteString(s) // never fails
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

func (c *Component) same(d *Component) bool {
	return c.Name == d.Name && c.Version == d.Version && c.PURL == d.PURL && c.CPE == d.CPE && c.Group == d.Group && c.Type == d.Type
}

// named returns the index of what a reference names.
func (b *builder) named(ref string) int {
	if i, ok := b.refs[ref]; ok {
		return i
	}
	return nowhere
}

// edge says that the parent contains or depends on the child.
func (b *builder) edge(parent, child int) error {
	switch {
	case parent == nowhere || child < 0 || parent == child:
		return nil
	case len(b.doc.Edges)+len(b.doc.Roots) >= MaxEdges+MaxComponents:
		return &Refused{Rule: Edges, Limit: MaxEdges}
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
	if err := (limited{"serialNumber", d.Serial, MaxVersion}).check("serialNumber"); err != nil {
		return Document{}, err
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

// spdxNames are the names of SPDX for what CycloneDX calls otherwise.
var spdxNames = map[string]string{".bom-ref": ".SPDXID", ".type": ".primaryPackagePurpose", ".version": ".versionInfo", ".purl": ".externalRefs",
	".cpe": ".externalRefs"}

// check bounds what a component says of itself.
func (b *builder) check(c *Component) error {
	if c.Name == "" {
		return &Refused{Rule: Required, Field: ".name", Example: "log4j-core"}
	}
	for _, t := range [...]limited{{".bom-ref", c.Ref, MaxLocator}, {".type", c.Type, MaxVersion}, {".group", c.Group, MaxName}, {".name", c.Name, MaxName},
		{".version", c.Version, MaxVersion}, {".purl", c.PURL, MaxLocator}, {".cpe", c.CPE, MaxLocator}} {
		err := t.check(t.name)
		if err == nil {
			continue
		}
		if name, ok := spdxNames[t.name]; ok && b.doc.Format == SPDX {
			err = t.check(name)
		}
		return err
	}
	return nil
}

// A limited value is a text of bounded length without control characters.
type limited struct {
	name, value string
	limit       int // bytes
}

func (t limited) check(name string) error {
	switch {
	case len(t.value) > t.limit:
		return &Refused{Rule: Length, Field: name, Limit: t.limit}
	case !printable(t.value):
		return &Refused{Rule: Characters, Field: name}
	}
	return nil
}

// printable reports whether s has no control characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return !strings.ContainsFunc(s, unicode.IsControl)
		}
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
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
