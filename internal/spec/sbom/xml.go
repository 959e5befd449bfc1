// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// The namespaces of CycloneDX, before its version, and of RDF.
const (
	cycloneDXNamespace = "http://cyclonedx.org/schema/bom/"
	rdfNamespace       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
)

// parseXML reads a CycloneDX document in XML. It has no document type and so no entities of its own.
func parseXML(b []byte) (Document, error) {
	if err := checkXML(b); err != nil {
		return Document{}, err
	}
	r := &xmlReader{dec: xml.NewDecoder(bytes.NewReader(b))}
	var bom xml.StartElement
	for bom.Name.Local == "" {
		t, err := r.next()
		if err != nil {
			return Document{}, err
		}
		bom, _ = t.(xml.StartElement)
	}
	if bom.Name.Space == rdfNamespace {
		return Document{}, r.place(&Refused{Rule: Form, Example: "SPDX 2.3 JSON"})
	}
	version, ok := strings.CutPrefix(bom.Name.Space, cycloneDXNamespace)
	if !ok || bom.Name.Local != "bom" {
		return Document{}, r.place(&Refused{Rule: Format, Example: `<bom xmlns="` + cycloneDXNamespace + `1.6">`})
	}
	if !readsCycloneDX(version) {
		return Document{}, r.place(&Refused{Rule: Version, Example: cycloneDXNamespace + "1.6"})
	}
	r.builder = newBuilder(CycloneDX, version)
	r.doc.Serial = attribute(bom, "serialNumber")
	if n, err := strconv.Atoi(attribute(bom, "version")); err == nil && n > 0 {
		r.doc.Revision = n
	}
	if err := r.children(map[string]func(xml.StartElement) error{ // in the order of the schema, so that dependencies find components
		"metadata": func(xml.StartElement) error {
			return r.children(map[string]func(xml.StartElement) error{
				"component": func(e xml.StartElement) error { return r.component(e, product, true) },
			})
		},
		"components": func(xml.StartElement) error { return r.components(func() int { return nowhere }) },
		"dependencies": func(xml.StartElement) error {
			return r.children(map[string]func(xml.StartElement) error{"dependency": r.dependency})
		},
		"vulnerabilities": func(xml.StartElement) error {
			return r.children(map[string]func(xml.StartElement) error{"vulnerability": r.vulnerability})
		},
	}); err != nil {
		return Document{}, err
	}
	return r.done()
}

// checkXML bounds the depth, the number and the length of the tags of an XML text and refuses declarations, before
// anything is built from it.
func checkXML(b []byte) error {
	depth, elements := 0, 0
	for i := 0; i < len(b); {
		n := bytes.IndexByte(b[i:], '<')
		if n < 0 {
			break
		}
		i += n
		refuse := func(r Refused) error { r.Line = lineAt(b, i); return &r }
		if skip := notTag(b[i:]); skip > 0 {
			i += skip
			continue
		}
		if bytes.HasPrefix(b[i:], []byte("<!")) {
			return refuse(Refused{Rule: Doctype})
		}
		n = tagEnd(b[i:min(len(b), i+maxTag)])
		if n < 0 && len(b)-i > maxTag {
			return refuse(Refused{Rule: Length, Limit: maxTag})
		}
		if n < 0 {
			return refuse(Refused{Rule: Syntax})
		}
		switch tag := b[i : i+n+1]; {
		case tag[1] == '/':
			depth--
		default:
			if elements++; elements > MaxElements {
				return refuse(Refused{Rule: Elements, Limit: MaxElements})
			}
			if tag[n-1] == '/' {
				break
			}
			if depth++; depth > MaxDepth {
				return refuse(Refused{Rule: Depth, Limit: MaxDepth})
			}
		}
		i += n + 1
	}
	return nil
}

// maxTag bounds a tag with its attributes, in bytes.
const maxTag = 64 << 10

// notTag returns the length of the comment, literal text or instruction that b begins with, or 0.
func notTag(b []byte) int {
	for begin, end := range map[string]string{"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"} {
		if bytes.HasPrefix(b, []byte(begin)) {
			if n := bytes.Index(b[len(begin):], []byte(end)); n >= 0 {
				return len(begin) + n + len(end)
			}
			return len(b)
		}
	}
	return 0
}

// tagEnd returns where the tag that b begins with is closed, or -1: a ">" in a quoted value does not close it.
func tagEnd(b []byte) int {
	quote := byte(0)
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return -1
}

type xmlReader struct {
	*builder
	dec   *xml.Decoder
	path  path
	depth int
}

// place says of what is refused where it stands.
func (r *xmlReader) place(err error) error {
	return placed(err, r.path, func() int { line, _ := r.dec.InputPos(); return line })
}

// next returns the next token.
func (r *xmlReader) next() (xml.Token, error) {
	t, err := r.dec.Token()
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, &Refused{Rule: Syntax, Line: syntax.Line}
	case errors.Is(err, io.EOF):
		return nil, r.place(&Refused{Rule: Syntax})
	case err != nil:
		return nil, &Refused{Rule: Encoding, Line: 1} // the XML declaration names another one
	}
	switch t.(type) {
	case xml.StartElement:
		r.depth++
	case xml.EndElement:
		r.depth--
	}
	return t, nil
}

// children reads the elements inside the one at hand, up to its end, and passes over those that are not named.
func (r *xmlReader) children(read map[string]func(xml.StartElement) error) error {
	own, seen := r.depth, 0
	for {
		t, err := r.next()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.EndElement:
			if r.depth < own {
				return nil
			}
		case xml.StartElement:
			do, ok := read[t.Name.Local]
			if !ok || r.depth != own+1 {
				continue
			}
			n := len(r.path)
			if name := t.Name.Local; name == "component" || name == "dependency" || name == "vulnerability" {
				r.path = append(r.path, step{n: seen})
				seen++
			} else {
				r.path = append(r.path, step{name: []byte(name)})
			}
			if err := do(t); err != nil {
				return err
			}
			r.path = r.path[:n]
		}
	}
}

// text reads the text of the element at hand, up to its end, into a field.
func (r *xmlReader) text(into *string) func(xml.StartElement) error {
	return func(xml.StartElement) error {
		own := r.depth
		var s strings.Builder
		for {
			t, err := r.next()
			if err != nil {
				return err
			}
			switch t := t.(type) {
			case xml.CharData:
				s.Write(t)
			case xml.EndElement:
				if r.depth < own {
					*into = strings.TrimSpace(s.String())
					return nil
				}
			}
		}
	}
}

func (r *xmlReader) components(parent func() int) error {
	return r.children(map[string]func(xml.StartElement) error{
		"component": func(e xml.StartElement) error { return r.component(e, parent(), false) },
	})
}

// component reads a component. What it contains stands last in it, so that it is known by then.
func (r *xmlReader) component(e xml.StartElement, parent int, root bool) error {
	c := Component{Ref: attribute(e, "bom-ref"), Type: attribute(e, "type")}
	index, added := product, false
	add := func() (err error) {
		if added {
			return nil
		}
		added = true
		if c.Name == "" {
			c.Name = nameFromPURL(c.PURL)
		}
		if !root {
			index, err = r.add(c, parent)
			return r.place(err)
		}
		if c.Name != "" {
			err = r.place(r.check(&c))
		}
		r.root(c)
		return err
	}
	if err := r.children(map[string]func(xml.StartElement) error{
		"group": r.text(&c.Group), "name": r.text(&c.Name), "version": r.text(&c.Version), "purl": r.text(&c.PURL), "cpe": r.text(&c.CPE),
		"components": func(xml.StartElement) error {
			if err := add(); err != nil {
				return err
			}
			return r.components(func() int { return index })
		},
	}); err != nil {
		return err
	}
	return add()
}

// dependency reads what one component depends on.
func (r *xmlReader) dependency(e xml.StartElement) error {
	parent := r.named(attribute(e, "ref"))
	return r.children(map[string]func(xml.StartElement) error{"dependency": func(e xml.StartElement) error {
		if err := r.edge(parent, r.named(attribute(e, "ref"))); err != nil {
			return r.place(err)
		}
		return r.children(nil)
	}})
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}
