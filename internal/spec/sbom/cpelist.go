// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import (
	"bytes"
	"net/url"
	"strings"
)

// CPE is the format of a list of CPE names, one a line: what an operator has who is given no other list (NISTIR 7695,
// formatted strings of 2.3 and URIs of 2.2). Empty lines and those that begin with "#" are passed over.
const CPE = "CPE"

// isCPEList reports whether the first line that says something is a CPE name.
func isCPEList(b []byte) bool {
	for len(b) > 0 {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return bytes.HasPrefix(bytes.ToLower(line[:min(len(line), 5)]), []byte("cpe:"))
		}
		b = rest
	}
	return false
}

// parseCPEList reads a list of CPE names.
func parseCPEList(b []byte) (Document, error) {
	r := newBuilder(CPE, "2.3")
	for n := 1; len(b) > 0; n++ {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		refuse := func(r Refused) (Document, error) { r.Line = n; return Document{}, &r }
		if len(line) > MaxLocator {
			return refuse(Refused{Rule: Length, Limit: MaxLocator})
		}
		c, ok := fromCPE(string(line))
		if !ok {
			return refuse(Refused{Rule: Syntax, Example: "cpe:2.3:h:example:router_firmware:3.2.1:*:*:*:*:*:*:*"})
		}
		i, err := r.add(c, nowhere)
		if err == nil {
			err = r.edge(product, i)
		}
		if err != nil {
			return Document{}, placed(err, nil, func() int { return n })
		}
	}
	return r.done()
}

// types are what CycloneDX calls the parts of CPE.
var types = map[string]string{"a": "application", "o": "operating-system", "h": "device"}

// fromCPE is the component that a CPE name names; ok is false for what is none.
func fromCPE(s string) (c Component, ok bool) {
	if uri, isURI := strings.CutPrefix(strings.ToLower(s), "cpe:/"); isURI {
		if s, ok = fromURI(uri); !ok {
			return Component{}, false
		}
	}
	var parts []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ':':
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	parts = append(parts, s[start:])
	if len(parts) != 13 || !strings.EqualFold(parts[0], "cpe") || parts[1] != "2.3" || types[strings.ToLower(parts[2])] == "" {
		return Component{}, false
	}
	value := func(i int) string {
		if parts[i] == "*" || parts[i] == "-" {
			return ""
		}
		return strings.NewReplacer(`\\`, `\`, `\`, "").Replace(parts[i])
	}
	c = Component{Type: types[strings.ToLower(parts[2])], Group: value(3), Name: value(4), Version: value(5), CPE: s}
	if u := value(6); u != "" && c.Version != "" {
		c.Version += " " + u
	}
	return c, c.Name != ""
}

// fromURI writes a CPE 2.2 URI, without its scheme, as a formatted string of 2.3 (NISTIR 7695, 6.1).
func fromURI(s string) (string, bool) {
	parts := strings.Split(s, ":")
	if len(parts) < 3 || len(parts) > 7 {
		return "", false
	}
	out := []string{"cpe", "2.3"}
	for i, p := range parts {
		plain, err := url.PathUnescape(p)
		switch {
		case err != nil:
			return "", false
		case i == 5 && strings.HasPrefix(plain, "~"): // the packed attributes of 2.3, which nothing here reads
			plain = ""
		}
		switch plain {
		case "":
			plain = "*"
		case "-":
		default:
			var b strings.Builder
			for _, r := range plain {
				if r < 0x80 && !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-') {
					b.WriteByte('\\')
				}
				b.WriteRune(r)
			}
			plain = b.String()
		}
		out = append(out, plain)
	}
	for len(out) < 13 {
		out = append(out, "*")
	}
	return strings.Join(out, ":"), true
}
