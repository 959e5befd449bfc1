// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import (
	"bytes"
	"strings"
)

// parseTagValue reads an SPDX document in tag-value form (SPDX 2.3, annex on formats). Relationships may stand before the
// packages that they name, so it is gone through three times.
func parseTagValue(b []byte) (Document, error) {
	var version string
	if err := tags(b, func(tag, value string, line int) error {
		if tag == "SPDXVersion" && version == "" {
			short, ok := readsSPDX(value)
			if !ok {
				return &Refused{Rule: Version, Field: tag, Line: line, Example: "SPDX-2.3"}
			}
			version = short
		}
		return nil
	}); err != nil {
		return Document{}, err
	}
	r := &tagReader{spdxReader: newSPDXReader(version)}
	for _, pass := range []func(tag, value string, line int) error{
		func(tag, value string, _ int) error {
			switch tag {
			case "DocumentName":
				r.name = value
			case "Relationship":
				if f := strings.Fields(value); len(f) == 3 {
					r.relation(f[0], f[1], f[2])
				}
			}
			return nil
		},
		r.tag,
		func(tag, value string, line int) error {
			if f := strings.Fields(value); tag == "Relationship" && len(f) == 3 {
				return placed(r.relate(f[0], f[1], f[2]), nil, func() int { return line })
			}
			return nil
		},
	} {
		if err := tags(b, pass); err != nil {
			return Document{}, err
		}
		if err := r.flush(); err != nil {
			return Document{}, err
		}
	}
	return r.done()
}

// tags calls do for every tag with its value, of which a text that spans lines gives the first only.
func tags(b []byte, do func(tag, value string, line int) error) error {
	inText, opened := false, 0
	for n := 1; len(b) > 0; n++ {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		if inText {
			inText = !bytes.Contains(line, []byte("</text>"))
			continue
		}
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		tag, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return &Refused{Rule: Syntax, Line: n, Example: "PackageName: log4j-core"}
		}
		value = bytes.TrimSpace(value)
		if text, ok := bytes.CutPrefix(value, []byte("<text>")); ok {
			var closed bool
			value, _, closed = bytes.Cut(text, []byte("</text>"))
			inText, opened = !closed, n
		}
		if len(value) > 8*MaxLocator { // nothing that is kept is as long; what should be is refused by its own limit
			value = value[:8*MaxLocator]
		}
		if err := do(string(bytes.TrimSpace(tag)), string(bytes.TrimSpace(value)), n); err != nil {
			return err
		}
	}
	if inText {
		return &Refused{Rule: Syntax, Line: opened, Example: "</text>"}
	}
	return nil
}

type tagReader struct {
	*spdxReader
	in   bool // a package
	c    Component
	n    int // packages begun
	line int // where the package began
}

// tag takes what belongs to a package; it ends where another element begins.
func (r *tagReader) tag(tag, value string, line int) error {
	switch tag {
	case "PackageName":
		if err := r.flush(); err != nil {
			return err
		}
		r.in, r.line, r.c = true, line, Component{Name: value}
		r.n++
	case "FileName", "SnippetSPDXID", "LicenseID":
		return r.flush()
	}
	if !r.in {
		return nil
	}
	switch tag {
	case "SPDXID":
		r.c.Ref = value
	case "PackageVersion":
		r.c.Version = value
	case "PrimaryPackagePurpose":
		r.c.Type = value
	case "ExternalRef":
		if f := strings.Fields(value); len(f) == 3 {
			reference(&r.c, f[1], f[2])
		}
	}
	return nil
}

func (r *tagReader) flush() error {
	if !r.in {
		return nil
	}
	r.in = false
	return placed(r.pack(r.c), path{{name: []byte("packages")}, {n: r.n - 1}}, func() int { return r.line })
}
