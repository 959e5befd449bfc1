// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import (
	"bytes"
	"strings"
)

// An spdx3Reader reads the graph of an SPDX 3 document: what it is about first, then packages, then relationships.
type spdx3Reader struct {
	*jsonReader
	roots     map[string][]string // by document or collection: what it is about (rootElement)
	version   string
	documents []string
	described []string
	name      string // of the document
}

// An element of the graph, with what is read of any. Its texts must be copied to be kept.
type element struct {
	id, kind, name, version, packageVersion, purl, purpose, relation, from []byte
	to, rootElement, identifiers                                           int // where they stand, or -1
}

// spdx3 reads an SPDX 3 document in JSON-LD, in the compact form that its own schema asks for (SPDX 3.0.1, annex on
// serialization).
func (r *jsonReader) spdx3() (Document, error) {
	if m, ok := r.sections["@context"]; !ok || !bytes.Contains(r.b[m.value:min(len(r.b), m.value+4096)], []byte("spdx.org/rdf/")) {
		return Document{}, &Refused{Rule: Format, Field: "@context", Line: 1, Example: "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}
	}
	s := &spdx3Reader{jsonReader: r, roots: map[string][]string{}}
	r.builder = newBuilder(SPDX, "")
	if err := s.graph(s.collect); err != nil {
		return Document{}, err
	}
	if s.version != "3.0" && !strings.HasPrefix(s.version, "3.0.") || len(s.version) > 10 {
		return Document{}, r.wrongVersion("@graph", "3.0.1")
	}
	r.doc.SpecVersion = s.version
	s.resolve()
	if err := s.graph(s.pack); err != nil {
		return Document{}, err
	}
	for _, ref := range s.described {
		if err := r.edge(product, r.named(ref)); err != nil {
			return Document{}, err
		}
	}
	if err := s.graph(s.relate); err != nil {
		return Document{}, err
	}
	if r.doc.RootName == "" && len(r.doc.Components) > 0 && len(s.name) <= MaxName && printable(s.name) {
		r.doc.RootName = s.name
	}
	return r.done()
}

// graph calls do for every element.
func (r *spdx3Reader) graph(do func(element) error) error {
	return r.section("@graph", func() error {
		return r.array("[]", func() error {
			e := element{to: -1, rootElement: -1, identifiers: -1}
			if err := r.object("{}", func(name []byte) (err error) {
				into := func(field *[]byte) {
					if r.blank(); r.b[r.i] != '"' {
						r.skip() // an element inside: what it is does not matter here
						return
					}
					*field = bytes.TrimSpace(r.raw())
				}
				later := func(at *int) {
					r.blank()
					*at = r.i
					r.skip()
				}
				switch string(name) {
				case "spdxId", "@id":
					into(&e.id)
				case "type", "@type":
					into(&e.kind)
				case "name":
					into(&e.name)
				case "specVersion":
					into(&e.version)
				case "software_packageVersion":
					into(&e.packageVersion)
				case "software_packageUrl":
					into(&e.purl)
				case "software_primaryPurpose":
					into(&e.purpose)
				case "relationshipType":
					into(&e.relation)
				case "from":
					into(&e.from)
				case "to":
					later(&e.to)
				case "rootElement":
					later(&e.rootElement)
				case "externalIdentifier":
					later(&e.identifiers)
				default:
					r.skip()
				}
				return nil
			}); err != nil {
				return err
			}
			end := r.i
			err := r.place(do(e))
			r.i = end
			return err
		})
	})
}

// references calls do for every reference of a member that stands at i: one, or a list of them.
func (r *spdx3Reader) references(i int, do func(ref []byte) error) error {
	if i < 0 {
		return nil
	}
	r.i = i
	one := func() error {
		if r.blank(); r.b[r.i] != '"' {
			r.skip()
			return nil
		}
		return do(bytes.TrimSpace(r.raw()))
	}
	if r.b[i] == '[' {
		return r.array("[]", one)
	}
	return one()
}

// collect notes what documents and collections are about.
func (r *spdx3Reader) collect(e element) error {
	about := func(whole string, at int) error {
		return r.references(at, func(ref []byte) error {
			if len(r.roots[whole]) < 2 { // one, or several
				r.roots[whole] = append(r.roots[whole], string(ref))
			}
			return nil
		})
	}
	switch string(e.kind) {
	case "CreationInfo":
		if r.version == "" {
			r.version = string(e.version)
		}
	case "SpdxDocument":
		if len(r.documents) < 2 {
			r.documents = append(r.documents, string(e.id))
		}
		r.name = known(string(e.name))
		return about(string(e.id), e.rootElement)
	case "software_Sbom", "Bom", "Bundle":
		return about(string(e.id), e.rootElement)
	case "Relationship", "LifecycleScopedRelationship":
		if string(e.relation) == "describes" {
			return about(string(e.from), e.to)
		}
	}
	return nil
}

// resolve finds what the document is about: through the list of components that it holds, as a rule.
func (r *spdx3Reader) resolve() {
	if len(r.documents) != 1 {
		return
	}
	refs := []string{r.documents[0]}
	for range 4 { // a document, its list of components, and room
		var next []string
		for _, ref := range refs {
			if about, ok := r.roots[ref]; ok {
				next = append(next, about...)
			} else {
				next = append(next, ref)
			}
		}
		refs = next[:min(len(next), 8)]
	}
	for whole := range r.roots { // a document and its list stand for the product itself
		r.refs[whole] = product
	}
	for _, ref := range refs {
		if ref != r.documents[0] && (len(r.described) == 0 || r.described[0] != ref) {
			r.described = append(r.described, ref)
		}
	}
}

// pack takes a package over.
func (r *spdx3Reader) pack(e element) error {
	switch string(e.kind) {
	case "software_Package", "ai_AIPackage", "dataset_DatasetPackage":
	default:
		return nil
	}
	keep := func(b []byte) string { return known(r.texts.keep(b)) }
	c := Component{Ref: keep(e.id), Name: keep(e.name), Version: keep(e.packageVersion), PURL: keep(e.purl), Type: strings.ToLower(keep(e.purpose))}
	if string(e.kind) == "dataset_DatasetPackage" {
		c.Type = "data"
	}
	if err := r.identify(&c, e.identifiers); err != nil {
		return err
	}
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
	if i, ok := r.refs[c.Ref]; ok && i == product { // a package may describe others and is still a part
		delete(r.refs, c.Ref)
	}
	_, err := r.add(c, nowhere)
	return err
}

// identify takes a package URL or a CPE from external identifiers, the first of each.
func (r *spdx3Reader) identify(c *Component, at int) error {
	if at < 0 || r.b[at] != '[' {
		return nil
	}
	r.i = at
	return r.array("[]", func() error {
		var kind, id string
		if err := r.object("{}", func(name []byte) error {
			switch string(name) {
			case "externalIdentifierType":
				return r.into(&kind, "cpe23")
			case "identifier":
				return r.into(&id, "cpe:2.3:a:apache:log4j:2.17.1:*:*:*:*:*:*:*")
			}
			r.skip()
			return nil
		}); err != nil {
			return err
		}
		switch kind {
		case "cpe23", "cpe22":
			reference(c, kind+"Type", id)
		case "packageUrl", "packageURL":
			reference(c, "purl", id)
		}
		return nil
	})
}

// relate adds the edges that a relationship stands for (SPDX 3.0.1, RelationshipType).
func (r *spdx3Reader) relate(e element) error {
	switch string(e.kind) {
	case "Relationship", "LifecycleScopedRelationship":
	default:
		return nil
	}
	way := down
	switch string(e.relation) {
	case "describes", "contains", "dependsOn", "hasStaticLink", "hasDynamicLink", "hasPrerequisite", "hasOptionalDependency",
		"hasProvidedDependency", "hasOptionalComponent":
	case "generates":
		way = upward
	default:
		return nil
	}
	from := r.find(e.from)
	return r.references(e.to, func(ref []byte) error {
		if way == upward {
			return r.edge(r.find(ref), from)
		}
		return r.edge(from, r.find(ref))
	})
}
