// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import "bytes"

// parseJSON tells the formats apart and reads each. Its sections are found first and read in the order in which they
// build on each other.
func parseJSON(b []byte, of extent) (Document, error) {
	r := &jsonReader{walker: &walker{b: b}, sections: map[string]member{}, of: of}
	if err := checkJSON(b, func(m member) {
		r.i = m.name
		switch name := r.raw(); string(name) {
		case "@graph", "@context", "metadata", "components", "dependencies", "vulnerabilities", "serialNumber", "version",
			"name", "documentDescribes", "packages", "relationships", "bomFormat", "specVersion", "spdxVersion":
			r.sections[string(name)] = m
		}
	}); err != nil {
		return Document{}, err
	}
	var format, version, spdx string
	if err := r.each(
		section{"bomFormat", func() error { return r.into(&format, CycloneDX) }},
		section{"specVersion", func() error { return r.into(&version, "1.6") }},
		section{"spdxVersion", func() error { return r.into(&spdx, "SPDX-2.3") }},
	); err != nil {
		return Document{}, err
	}
	switch _, graph := r.sections["@graph"]; {
	case format == CycloneDX:
		if !readsCycloneDX(version) {
			return Document{}, r.wrongVersion("specVersion", "1.6")
		}
		r.builder = newBuilder(CycloneDX, version)
		r.builder.expect(r.sections["components"].commas + 1)
		return r.cycloneDX()
	case graph:
		return r.spdx3()
	case spdx != "":
		short, ok := readsSPDX(spdx)
		if !ok {
			return Document{}, r.wrongVersion("spdxVersion", "SPDX-2.3")
		}
		return r.spdx(short)
	}
	return Document{}, &Refused{Rule: Format, Field: "bomFormat", Line: 1, Example: CycloneDX}
}

func readsCycloneDX(version string) bool {
	return len(version) == 3 && version[:2] == "1." && version[2] >= '2' && version[2] <= '7'
}

func readsSPDX(version string) (short string, ok bool) {
	return version[min(len(version), len("SPDX-")):], version == "SPDX-2.2" || version == "SPDX-2.3"
}

type jsonReader struct {
	*walker
	*builder
	sections map[string]member // of the document
	of       extent
}

func (r *jsonReader) wrongVersion(field, example string) error {
	e := &Refused{Rule: Version, Field: field, Example: example}
	if m, ok := r.sections[field]; ok {
		e.Line = lineAt(r.b, m.value)
	}
	return e
}

// section reads a member of the document, when it is there.
func (r *jsonReader) section(name string, read func() error) error {
	m, ok := r.sections[name]
	if !ok {
		return nil
	}
	r.i, r.path = m.value, append(r.path[:0], step{name: []byte(name)})
	return read()
}

// A section is a member of the document and what reads it.
type section struct {
	name string
	read func() error
}

// each reads sections in the order given.
func (r *jsonReader) each(sections ...section) error {
	for _, s := range sections {
		if err := r.section(s.name, s.read); err != nil {
			return err
		}
	}
	return nil
}

// into reads a text and keeps it.
func (r *jsonReader) into(field *string, example string) (err error) {
	*field, err = r.text(example)
	return err
}

func (r *jsonReader) cycloneDX() (Document, error) {
	sections := []section{
		{"serialNumber", func() error { return r.into(&r.doc.Serial, "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79") }},
		{"version", func() error { r.doc.Revision = r.number(); return nil }},
		{"metadata", func() error {
			return r.object("{}", func(name []byte) error {
				if string(name) != "component" {
					r.skip()
					return nil
				}
				return r.component(product, true)
			})
		}},
		{"components", func() error { return r.components(nowhere) }}, // those at the top are in the product somehow: nothing says yet below what
		{"dependencies", func() error { return r.array("[]", r.dependency) }},
		{"vulnerabilities", func() error { return r.array("[]", r.vulnerability) }},
	}
	if r.of == parts {
		sections = sections[:len(sections)-2]
	}
	if err := r.each(sections...); err != nil {
		return Document{}, err
	}
	return r.done()
}

// number returns the whole number at hand, and 0 where there is something else; it passes over the value.
func (r *jsonReader) number() int {
	r.blank()
	start := r.i
	r.skip()
	n := 0
	for _, c := range bytes.TrimSpace(r.b[start:r.i]) {
		if c < '0' || c > '9' || n > 1e8 {
			return 0
		}
		n = 10*n + int(c-'0')
	}
	return n
}

func (r *jsonReader) components(parent int) error {
	return r.array("[]", func() error { return r.component(parent, false) })
}

func (r *jsonReader) component(parent int, root bool) error {
	var c Component
	r.blank()
	start, nested := r.i, -1
	if err := r.object("{}", func(name []byte) (err error) {
		switch string(name) {
		case "bom-ref":
			err = r.into(&c.Ref, "pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1")
		case "type":
			err = r.into(&c.Type, "library")
		case "group":
			err = r.into(&c.Group, "org.apache.logging.log4j")
		case "name":
			err = r.into(&c.Name, "log4j-core")
		case "version":
			err = r.into(&c.Version, "2.17.1")
		case "purl":
			var b []byte
			if b, err = r.bytes("pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1"); string(b) == c.Ref {
				c.PURL = c.Ref // as most tools write it
			} else {
				c.PURL = r.texts.keep(b)
			}
		case "cpe":
			err = r.into(&c.CPE, "cpe:2.3:a:apache:log4j:2.17.1:*:*:*:*:*:*:*")
		case "components":
			r.blank()
			nested = r.i
			r.skip()
		default:
			r.skip()
		}
		return err
	}); err != nil {
		return err
	}
	if r.b[start] == 'n' { // null
		return nil
	}
	end, i := r.i, product
	r.i = start
	if c.Name == "" {
		c.Name = nameFromPURL(c.PURL)
	}
	if root {
		if c.Name != "" {
			if err := r.check(&c); err != nil {
				return r.place(err)
			}
		}
		r.root(c)
	} else {
		var err error
		if i, err = r.add(c, parent); err != nil {
			return r.place(err)
		}
	}
	if nested >= 0 {
		r.i = nested
		r.path = append(r.path, step{name: []byte("components")})
		if err := r.components(i); err != nil {
			return err
		}
		r.path = r.path[:len(r.path)-1]
	}
	r.i = end
	return nil
}

// dependency reads what one component depends on. What it provides (an implementation of a specification, since 1.6) is
// no part of it.
func (r *jsonReader) dependency() error {
	parent, on := nowhere, -1
	if err := r.object("{}", func(name []byte) (err error) {
		var b []byte
		switch string(name) {
		case "ref":
			b, err = r.bytes("pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1")
			parent = r.find(b)
		case "dependsOn":
			r.blank()
			on = r.i
			r.skip()
		default:
			r.skip()
		}
		return err
	}); err != nil || on < 0 {
		return err
	}
	end := r.i
	r.i = on
	r.path = append(r.path, step{name: []byte("dependsOn")})
	if err := r.array("[]", func() error {
		child, err := r.bytes("pkg:maven/org.apache.logging.log4j/log4j-api@2.17.1")
		if err != nil {
			return err
		}
		return r.place(r.edge(parent, r.find(child)))
	}); err != nil {
		return err
	}
	r.i, r.path = end, r.path[:len(r.path)-1]
	return nil
}

// find returns the index of what a reference names.
func (r *jsonReader) find(ref []byte) int {
	if i, ok := r.refs[string(ref)]; ok {
		return i
	}
	return nowhere
}
