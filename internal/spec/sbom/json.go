// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

// parseJSON tells the two formats apart and reads either. Its sections are found first and read in the order in which
// they build on each other.
func parseJSON(b []byte) (Document, error) {
	if err := checkJSON(b); err != nil {
		return Document{}, err
	}
	w := &walker{b: b}
	sections := map[string]int{}
	var format, version, spdx string
	if err := w.object("{}", func(name string) (err error) {
		w.blank()
		switch name {
		case "bomFormat", "specVersion", "spdxVersion", "@graph", "metadata", "components", "dependencies", "name", "documentDescribes", "packages", "relationships":
			sections[name] = w.i
		}
		switch name {
		case "bomFormat":
			format, err = w.text(CycloneDX)
		case "specVersion":
			version, err = w.text("1.6")
		case "spdxVersion":
			spdx, err = w.text("SPDX-2.3")
		default:
			w.skip()
		}
		return err
	}); err != nil {
		return Document{}, err
	}
	r := &jsonReader{walker: w, sections: sections}
	switch _, graph := sections["@graph"]; {
	case format == CycloneDX:
		if !readsCycloneDX(version) {
			return Document{}, r.wrongVersion("specVersion", "1.6")
		}
		r.builder = newBuilder(CycloneDX, version)
		return r.cycloneDX()
	case graph:
		return Document{}, r.wrongVersion("@graph", "SPDX-2.3")
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
	sections map[string]int // where the members of the document begin
}

func (r *jsonReader) wrongVersion(field, example string) error {
	e := &Refused{Rule: Version, Field: field, Example: example}
	if i, ok := r.sections[field]; ok {
		e.Line = lineAt(r.b, i)
	}
	return e
}

// section reads a member of the document, when it is there.
func (r *jsonReader) section(name string, read func() error) error {
	i, ok := r.sections[name]
	if !ok {
		return nil
	}
	r.i, r.path = i, append(r.path[:0], step{name: name})
	return read()
}

func (r *jsonReader) cycloneDX() (Document, error) {
	if err := r.section("metadata", func() error {
		return r.object("{}", func(name string) error {
			if name != "component" {
				r.skip()
				return nil
			}
			return r.component(product, true)
		})
	}); err != nil {
		return Document{}, err
	}
	if err := r.section("components", func() error { return r.components(product, true) }); err != nil {
		return Document{}, err
	}
	if err := r.section("dependencies", func() error { return r.array("[]", r.dependency) }); err != nil {
		return Document{}, err
	}
	return r.done()
}

// components reads a list of components. Those at the top are in the product somehow: nothing says yet below what.
func (r *jsonReader) components(parent int, top bool) error {
	if top {
		parent = nowhere
	}
	return r.array("[]", func() error { return r.component(parent, false) })
}

func (r *jsonReader) component(parent int, root bool) error {
	var c Component
	start, nested := r.i, -1
	if err := r.object("{}", func(name string) (err error) {
		switch name {
		case "bom-ref":
			c.Ref, err = r.text("pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1")
		case "type":
			c.Type, err = r.text("library")
		case "group":
			c.Group, err = r.text("org.apache.logging.log4j")
		case "name":
			c.Name, err = r.text("log4j-core")
		case "version":
			c.Version, err = r.text("2.17.1")
		case "purl":
			c.PURL, err = r.text("pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1")
		case "cpe":
			c.CPE, err = r.text("cpe:2.3:a:apache:log4j:2.17.1:*:*:*:*:*:*:*")
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
	if r.b[r.i-1] == 'l' { // null
		return nil
	}
	end, i := r.i, product
	r.i = start
	if c.Name == "" {
		c.Name = nameFromPURL(c.PURL)
	}
	if root {
		if c.Name != "" {
			if err := r.check(c, r.here()); err != nil {
				return err
			}
		}
		r.root(c)
	} else {
		var err error
		if i, err = r.add(c, parent, r.here()); err != nil {
			return err
		}
	}
	if nested >= 0 {
		r.i = nested
		r.path = append(r.path, step{name: "components"})
		if err := r.components(i, false); err != nil {
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
	ref, on := "", -1
	if err := r.object("{}", func(name string) (err error) {
		switch name {
		case "ref":
			ref, err = r.text("pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1")
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
	end, parent := r.i, r.named(ref)
	r.i = on
	r.path = append(r.path, step{name: "dependsOn"})
	if err := r.array("[]", func() error {
		child, err := r.text("pkg:maven/org.apache.logging.log4j/log4j-api@2.17.1")
		if err != nil {
			return err
		}
		return r.edge(parent, r.named(child), r.here())
	}); err != nil {
		return err
	}
	r.i, r.path = end, r.path[:len(r.path)-1]
	return nil
}
