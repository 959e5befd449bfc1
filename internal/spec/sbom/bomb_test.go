// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom_test

import (
	"bytes"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// TestBombs feeds what is made to use up memory and holds what is allocated for it, all in all, to a few times the
// input.
func TestBombs(t *testing.T) {
	fill := func(before, unit, after string, size int) []byte {
		return []byte(before + strings.Repeat(unit, (size-len(before)-len(after))/len(unit)) + after)
	}
	const cdx = `{"bomFormat":"CycloneDX","specVersion":"1.6",`
	const bom = `<bom xmlns="http://cyclonedx.org/schema/bom/1.6">`
	const tags = "SPDXVersion: SPDX-2.3\n"
	lines := func(line func(i int) string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(line(i))
		}
		return b.String()
	}
	for name, e := range map[string]struct {
		in   func() []byte
		rule sbom.Rule
		most uint64 // MiB
	}{
		"100 MB":        {func() []byte { return make([]byte, 100_000_000) }, sbom.Size, 1},
		"deep JSON":     {func() []byte { return fill(cdx+`"x":`, "[", "", sbom.MaxSize) }, sbom.Depth, 1},
		"deep in text":  {func() []byte { return fill(cdx+`"x":"\"`, "[", `"}`, 1<<20) }, sbom.Empty, 1},
		"nested":        {func() []byte { return fill(cdx+`"components":[`, `{"name":"a","components":[`, "", sbom.MaxSize) }, sbom.Depth, 1},
		"many members":  {func() []byte { return fill("{", `"k":{},`, `"z":0}`, sbom.MaxSize) }, sbom.Format, 192},
		"empty objects": {func() []byte { return fill(cdx+`"components":[`, "{},", "{}]}", sbom.MaxSize) }, sbom.Required, 1},
		"components": {func() []byte {
			return []byte(cdx + `"components":[` + lines(func(i int) string { return `{"name":"` + strconv.Itoa(i) + `"},` }, sbom.MaxComponents) + `{"name":"z"}]}`)
		}, sbom.Components, 256},
		"the same component": {func() []byte { return fill(cdx+`"components":[`, `{"name":"a"},`, `{"name":"a"}]}`, sbom.MaxSize) }, sbom.Components, 64},
		"edges": {func() []byte {
			return []byte(cdx + `"components":[{"name":"a","bom-ref":"a"},{"name":"b","bom-ref":"b"}],"dependencies":[{"ref":"a","dependsOn":[` +
				lines(func(int) string { return `"b",` }, sbom.MaxEdges+sbom.MaxComponents) + `"b"]}]}`)
		}, sbom.Edges, 256},
		"dangling edges": {func() []byte {
			return fill(cdx+`"components":[],"dependencies":[{"ref":"a","dependsOn":[`, `"b",`, `"b"]}]}`, sbom.MaxSize)
		}, sbom.Empty, 256},
		"one long name": {func() []byte { return fill(cdx+`"components":[{"name":"`, "a", `"}]}`, sbom.MaxSize) }, sbom.Length, 129},
		"billion laughs": {func() []byte {
			return []byte(`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>` + bom + `&lol1;</bom>`)
		}, sbom.Doctype, 1},
		"external entity": {func() []byte {
			return []byte(`<!DOCTYPE bom [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + bom + `&x;</bom>`)
		}, sbom.Doctype, 1},
		"late DTD":        {func() []byte { return []byte(bom + `<!ENTITY x "y"></bom>`) }, sbom.Doctype, 1},
		"deep XML":        {func() []byte { return fill(bom, "<a>", "", sbom.MaxSize) }, sbom.Depth, 1},
		"many elements":   {func() []byte { return fill(bom, "<a/>", "</bom>", sbom.MaxSize) }, sbom.Elements, 1},
		"many attributes": {func() []byte { return fill("<bom ", `a="" `, "/>", sbom.MaxSize) }, sbom.Length, 1},
		"tags":            {func() []byte { return fill(tags, "PackageName: a\n", "", sbom.MaxSize) }, sbom.Components, 1024},
		"one long line":   {func() []byte { return fill(tags+"PackageName: ", "a", "", sbom.MaxSize) }, sbom.Length, 1},
		"one long text":   {func() []byte { return fill(tags+"PackageName: a\nPackageComment: <text>", "a\n", "", sbom.MaxSize) }, sbom.Syntax, 1},
		"zip bomb":        {func() []byte { return zipped(t, make([]byte, 4*sbom.MaxSize)) }, sbom.Size, 1024},
		"zip in zip":      {func() []byte { return zipped(t, zipped(t, []byte(cdx+`"components":[]}`))) }, sbom.Encoding, 1},
	} {
		in := e.in()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		_, err := sbom.Parse(in)
		runtime.ReadMemStats(&after)
		var r *sbom.Refused
		if !errors.As(err, &r) || r.Rule != e.rule {
			t.Errorf("%s: got %v, want %s", name, err, e.rule)
		}
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > e.most {
			t.Errorf("%s: %d MiB were allocated for %d MiB", name, used, len(in)>>20)
		}
	}
}

// TestLargest reads as much as is allowed.
func TestLargest(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[`)
	for i := range 100_000 {
		if i > 0 {
			b.WriteByte(',')
		}
		n := strconv.Itoa(i)
		b.WriteString(`{"type":"library","bom-ref":"` + n + `","name":"name-` + n + `","version":"1.` + n + `","purl":"pkg:npm/name-` + n + `@1.` + n +
			`","hashes":[{"alg":"SHA-256","content":"` + strings.Repeat("a", 64) + `"}],"licenses":[{"license":{"id":"MIT"}}]}`)
	}
	b.WriteString(`],"dependencies":[`)
	for i := range 99_999 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"ref":"` + strconv.Itoa(i) + `","dependsOn":["` + strconv.Itoa(i+1) + `","` + strconv.Itoa((i*7)%100_000) + `"]}`)
	}
	b.WriteString(`]}`)
	d, err := sbom.Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Components) != 100_000 || len(d.Edges) < 190_000 || len(d.Roots) != 1 {
		t.Errorf("%d components, %d edges, %d roots", len(d.Components), len(d.Edges), len(d.Roots))
	}
}
