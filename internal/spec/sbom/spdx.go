// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import "strings"

// document is the reference to an SPDX document itself (SPDX 2.3, 6.3).
const document = "SPDXRef-DOCUMENT"

// An spdxReader puts the packages and relationships of an SPDX document together.
type spdxReader struct {
	*builder
	described []string // the first two elements that the document says it describes
	name      string   // of the document
}

func newSPDXReader(version string) *spdxReader {
	r := &spdxReader{builder: newBuilder(SPDX, version)}
	r.refs[document] = product
	return r
}

// describes notes what the document describes; it must be known before the packages are read. A document about one
// package is the component list of that package; one about several is a list of several parts.
func (r *spdxReader) describes(ref string) {
	if ref != document && len(r.described) < 2 && (len(r.described) == 0 || r.described[0] != ref) {
		r.described = append(r.described, ref)
	}
}

// relation notes what a relationship says about what the document describes.
func (r *spdxReader) relation(from, kind, to string) {
	switch {
	case kind == "DESCRIBES" && from == document:
		r.describes(to)
	case kind == "DESCRIBED_BY" && to == document:
		r.describes(from)
	}
}

func (r *spdxReader) pack(c Component, at place) error {
	c.Name, c.Version, c.Type = known(c.Name), known(c.Version), strings.ToLower(c.Type)
	if c.Name == "" {
		c.Name = nameFromPURL(c.PURL)
	}
	if len(r.described) == 1 && c.Ref == r.described[0] {
		if err := r.check(c, at); err != nil {
			return err
		}
		r.root(c)
		return nil
	}
	_, err := r.add(c, nowhere, at)
	return err
}

// reference takes a package URL or a CPE from an external reference (SPDX 2.3, 7.21 and annex F), the first of each.
func reference(c *Component, kind, locator string) {
	switch kind {
	case "purl":
		if c.PURL == "" {
			c.PURL = known(locator)
		}
	case "cpe23Type", "cpe22Type":
		if c.CPE == "" || kind == "cpe23Type" && strings.HasPrefix(c.CPE, "cpe:/") {
			c.CPE = known(locator)
		}
	}
}

// relate adds the edge that a relationship stands for (SPDX 2.3, 11.1): from the whole to the part, from what needs to
// what it needs. Others, such as VARIANT_OF, are none.
func (r *spdxReader) relate(from, kind, to string, at place) error {
	switch kind {
	case "DESCRIBES", "CONTAINS", "DEPENDS_ON", "DYNAMIC_LINK", "STATIC_LINK", "GENERATED_FROM", "HAS_PREREQUISITE":
		return r.edge(r.named(from), r.named(to), at)
	case "DESCRIBED_BY", "CONTAINED_BY", "GENERATES", "PREREQUISITE_FOR", "DEPENDENCY_OF":
		return r.edge(r.named(to), r.named(from), at)
	}
	if strings.HasSuffix(kind, "_DEPENDENCY_OF") {
		return r.edge(r.named(to), r.named(from), at)
	}
	return nil
}

func (r *spdxReader) done() (Document, error) {
	if r.doc.RootName == "" && len(r.doc.Components) > 0 {
		r.doc.RootName = known(r.name)
	}
	return r.builder.done()
}

// spdx reads an SPDX document in JSON.
func (r *jsonReader) spdx(version string) (Document, error) {
	s := newSPDXReader(version)
	r.builder = s.builder
	element := func(into *string) func() error {
		return func() (err error) { *into, err = r.text("SPDXRef-Package"); return err }
	}
	described := func(do func(ref string) error) func() error {
		return func() error {
			return r.array("[]", func() error {
				var ref string
				if err := element(&ref)(); err != nil {
					return err
				}
				return do(ref)
			})
		}
	}
	relations := func(do func(from, kind, to string) error) func() error {
		return func() error {
			return r.array("[]", func() error {
				var from, kind, to string
				read := map[string]func() error{"spdxElementId": element(&from), "relationshipType": element(&kind), "relatedSpdxElement": element(&to)}
				if err := r.members(read); err != nil {
					return err
				}
				return do(from, kind, to)
			})
		}
	}
	for _, x := range []struct {
		section string
		read    func() error
	}{
		{"name", func() (err error) { s.name, err = r.text("log4j-2.17.1"); return err }},
		{"documentDescribes", described(func(ref string) error { s.describes(ref); return nil })},
		{"relationships", relations(func(from, kind, to string) error { s.relation(from, kind, to); return nil })},
		{"packages", func() error { return r.array("[]", func() error { return r.pack(s) }) }},
		{"relationships", relations(func(from, kind, to string) error { return s.relate(from, kind, to, r.here()) })},
		{"documentDescribes", described(func(ref string) error { return s.edge(product, s.named(ref), r.here()) })},
	} {
		if err := r.section(x.section, x.read); err != nil {
			return Document{}, err
		}
	}
	return s.done()
}

func (r *jsonReader) pack(s *spdxReader) error {
	var c Component
	into := func(field *string, example string) func() error {
		return func() (err error) { *field, err = r.text(example); return err }
	}
	if err := r.members(map[string]func() error{
		"SPDXID": into(&c.Ref, "SPDXRef-Package"), "name": into(&c.Name, "log4j-core"), "versionInfo": into(&c.Version, "2.17.1"),
		"primaryPackagePurpose": into(&c.Type, "LIBRARY"),
		"externalRefs": func() error {
			return r.array("[]", func() error {
				var kind, locator string
				err := r.members(map[string]func() error{"referenceType": into(&kind, "purl"), "referenceLocator": into(&locator, "pkg:npm/express@4.17.1")})
				reference(&c, kind, locator)
				return err
			})
		},
	}); err != nil {
		return err
	}
	if r.b[r.i-1] == 'l' { // null
		return nil
	}
	return s.pack(c, r.here())
}
