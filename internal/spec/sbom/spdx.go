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

func (r *spdxReader) pack(c Component) error {
	c.Name, c.Version, c.Type = known(c.Name), known(c.Version), strings.ToLower(c.Type)
	if c.Name == "" {
		c.Name = nameFromPURL(c.PURL)
	}
	if len(r.described) == 1 && c.Ref == r.described[0] {
		if err := r.check(&c); err != nil {
			return err
		}
		r.root(c)
		return nil
	}
	_, err := r.add(c, nowhere)
	return err
}

// locates reports whether a reference of a kind says what is not known yet (SPDX 2.3, 7.21 and annex F): the first
// package URL and the first CPE, 2.3 before 2.2.
func locates(c *Component, kind string) bool {
	switch kind {
	case "purl":
		return c.PURL == ""
	case "cpe23Type":
		return c.CPE == "" || strings.HasPrefix(c.CPE, "cpe:/")
	case "cpe22Type":
		return c.CPE == ""
	}
	return false
}

// reference takes a package URL or a CPE from an external reference.
func reference(c *Component, kind, locator string) {
	switch {
	case !locates(c, kind):
	case kind == "purl":
		c.PURL = known(locator)
	default:
		c.CPE = known(locator)
	}
}

// A direction of a relationship.
type direction int

const (
	no     direction = iota // part of the other
	down                    // from the whole to the part, from what needs to what it needs
	upward                  // the other way
)

// directionOf says what a relationship of SPDX 2 stands for (SPDX 2.3, 11.1). Others, such as VARIANT_OF, are no edges.
func directionOf(kind string) direction {
	switch kind {
	case "DESCRIBES", "CONTAINS", "DEPENDS_ON", "DYNAMIC_LINK", "STATIC_LINK", "GENERATED_FROM", "HAS_PREREQUISITE":
		return down
	case "DESCRIBED_BY", "CONTAINED_BY", "GENERATES", "PREREQUISITE_FOR", "DEPENDENCY_OF":
		return upward
	}
	if strings.HasSuffix(kind, "_DEPENDENCY_OF") {
		return upward
	}
	return no
}

// relate adds the edge that a relationship stands for.
func (r *spdxReader) relate(from, kind, to string) error {
	switch directionOf(kind) {
	case down:
		return r.edge(r.named(from), r.named(to))
	case upward:
		return r.edge(r.named(to), r.named(from))
	}
	return nil
}

func (r *spdxReader) done() (Document, error) {
	if r.doc.RootName == "" && len(r.doc.Components) > 0 {
		r.doc.RootName = known(r.name)
	}
	return r.builder.done()
}

// spdx reads an SPDX 2 document in JSON.
func (r *jsonReader) spdx(version string) (Document, error) {
	s := newSPDXReader(version)
	r.builder = s.builder
	described := func(do func(ref string) error) func() error {
		return func() error {
			return r.array("[]", func() error {
				ref, err := r.bytes("SPDXRef-Package")
				if err != nil || len(ref) == 0 {
					return err
				}
				return r.place(do(string(ref)))
			})
		}
	}
	if err := r.each(
		section{"name", func() error { return r.into(&s.name, "log4j-2.17.1") }},
		section{"documentDescribes", described(func(ref string) error { s.describes(ref); return nil })},
		section{"relationships", func() error {
			return r.relations(func(from, kind, to []byte) error {
				if string(kind) == "DESCRIBES" || string(kind) == "DESCRIBED_BY" {
					s.relation(string(from), string(kind), string(to))
				}
				return nil
			})
		}},
		section{"packages", func() error { return r.array("[]", func() error { return r.pack(s) }) }},
		section{"relationships", func() error {
			return r.relations(func(from, kind, to []byte) error {
				switch directionOf(string(kind)) {
				case down:
					return r.edge(r.find(from), r.find(to))
				case upward:
					return r.edge(r.find(to), r.find(from))
				}
				return nil
			})
		}},
		section{"documentDescribes", described(func(ref string) error { return s.edge(product, s.named(ref)) })},
	); err != nil {
		return Document{}, err
	}
	return s.done()
}

// relations calls do for every relationship of an SPDX 2 document.
func (r *jsonReader) relations(do func(from, kind, to []byte) error) error {
	return r.array("[]", func() error {
		var from, kind, to []byte
		if err := r.object("{}", func(name []byte) (err error) {
			switch string(name) {
			case "spdxElementId":
				from, err = r.bytes("SPDXRef-Package")
			case "relationshipType":
				kind, err = r.bytes("DEPENDS_ON")
			case "relatedSpdxElement":
				to, err = r.bytes("SPDXRef-Package")
			default:
				r.skip()
			}
			return err
		}); err != nil {
			return err
		}
		return r.place(do(from, kind, to))
	})
}

func (r *jsonReader) pack(s *spdxReader) error {
	var c Component
	r.blank()
	if r.b[r.i] == 'n' { // null
		r.skip()
		return nil
	}
	if err := r.object("{}", func(name []byte) error {
		switch string(name) {
		case "SPDXID":
			return r.into(&c.Ref, "SPDXRef-Package")
		case "name":
			return r.into(&c.Name, "log4j-core")
		case "versionInfo":
			return r.into(&c.Version, "2.17.1")
		case "primaryPackagePurpose":
			return r.into(&c.Type, "LIBRARY")
		case "externalRefs":
			return r.array("[]", func() error {
				var kind []byte
				locator := -1
				if err := r.object("{}", func(name []byte) (err error) {
					switch string(name) {
					case "referenceType":
						kind, err = r.bytes("purl")
					case "referenceLocator":
						r.blank()
						locator = r.i
						r.skip()
					default:
						r.skip()
					}
					return err
				}); err != nil || locator < 0 {
					return err
				}
				if !locates(&c, string(kind)) { // most of a package's CPEs
					return nil
				}
				end := r.i
				r.i = locator
				s, err := r.text("pkg:npm/express@4.17.1")
				r.i = end
				reference(&c, string(kind), s)
				return err
			})
		}
		r.skip()
		return nil
	}); err != nil {
		return err
	}
	return r.place(s.pack(c))
}
