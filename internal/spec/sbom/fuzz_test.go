// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// FuzzParse holds that every document is either refused by a rule or has a shape that can be relied on.
func FuzzParse(f *testing.F) {
	for _, doc := range documents(f) {
		f.Add(doc)
	}
	f.Add([]byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"name":"p"}},"vulnerabilities":[{"id":"CVE-2021-44228",
		"references":[{"id":"GHSA-jfh8-c2jp-5v3q"}],"analysis":{"state":"not_affected","detail":"x","lastUpdated":"2021-12-14T00:00:00Z"},"affects":[{"ref":"urn:cdx:1/1#a"}]}]}`))
	f.Add([]byte("# devices\ncpe:2.3:o:beacon:xr-5600_firmware:3.2.1:*:*:*:*:*:*:*\ncpe:/a:apache:log4j%2b:2.14.1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := sbom.Parse(b)
		alone, refused := sbom.ParseParts(b)
		if err != nil {
			var r *sbom.Refused
			if !errors.As(err, &r) || refused != nil && !errors.As(refused, &r) {
				t.Fatalf("not a rule: %v, %v", err, refused)
			}
			if r.Line < 0 || r.Line > bytes.Count(b, []byte("\n"))+1 && b[0] != 0x1f {
				t.Fatalf("line %d", r.Line)
			}
			return
		}
		check(t, d)
		parts := d
		parts.Edges, parts.Roots, parts.Analyses = nil, nil, nil
		if diff := cmp.Diff(parts, alone); diff != "" || refused != nil {
			t.Fatalf("its parts alone: %v\n%s", refused, diff)
		}
		for _, a := range d.Analyses {
			if a.ID == "" || a.State == "" || len(a.Affects) == 0 || len(a.Detail) > sbom.MaxDetail || !utf8.ValidString(a.Detail) {
				t.Fatalf("analysis %v", a)
			}
		}
		again, err := sbom.Parse(b)
		if diff := cmp.Diff(d, again); diff != "" || err != nil {
			t.Fatalf("read twice: %v\n%s", err, diff)
		}
	})
}

func check(t *testing.T, d sbom.Document) {
	t.Helper()
	n := len(d.Components)
	next := make([][]int, n)
	for i, e := range d.Edges {
		if e[0] < 0 || e[0] >= n || e[1] < 0 || e[1] >= n || e[0] == e[1] {
			t.Fatalf("edge %v among %d", e, n)
		}
		if i > 0 && (d.Edges[i-1][0] > e[0] || d.Edges[i-1][0] == e[0] && d.Edges[i-1][1] >= e[1]) {
			t.Fatalf("edges %v, %v", d.Edges[i-1], e)
		}
		next[e[0]] = append(next[e[0]], e[1])
	}
	reached := map[int]bool{}
	var reach func(int)
	reach = func(i int) {
		if !reached[i] {
			reached[i] = true
			for _, j := range next[i] {
				reach(j)
			}
		}
	}
	for i, r := range d.Roots {
		if i > 0 && d.Roots[i-1] >= r {
			t.Fatalf("roots %v", d.Roots)
		}
		reach(r)
	}
	if len(reached) != n {
		t.Fatalf("%d of %d components are reached", len(reached), n)
	}
	for _, c := range d.Components {
		if c.Name == "" || len(c.Name) > sbom.MaxName || len(c.Version) > sbom.MaxVersion || len(c.PURL) > sbom.MaxLocator {
			t.Fatalf("component %q", c)
		}
		for _, s := range []string{c.Ref, c.Type, c.Group, c.Name, c.Version, c.PURL, c.CPE} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Fatalf("text %q", s)
			}
		}
	}
}
