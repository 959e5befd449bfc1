// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom_test

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"

	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// generated is a CycloneDX document of n components as a package manager's plugin writes it: with hashes, licences,
// references and properties that nothing here reads, and a graph.
func generated(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{"component":{"bom-ref":"product","type":"application","name":"product"}},` + "\n" + `"components":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		name, version := "package-"+strconv.Itoa(i%(n/2+1)), fmt.Sprintf("%d.%d.%d", i%7, i%31, i)
		purl := "pkg:npm/%40scope/" + name + "@" + version
		fmt.Fprintf(&b, `
  {"type":"library","bom-ref":%q,"group":"@scope","name":%q,"version":%q,"scope":"required","purl":%q,"cpe":"cpe:2.3:a:scope:%s:%s:*:*:*:*:*:*:*",
   "hashes":[{"alg":"SHA-256","content":"%064x"}],"licenses":[{"license":{"id":"Apache-2.0"}}]}`,
			purl, name, version, purl, name, version, i)
	}
	b.WriteString("],\n" + `"dependencies":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		ref := func(i int) string {
			return strconv.Quote(fmt.Sprintf("pkg:npm/%%40scope/package-%d@%d.%d.%d", i%(n/2+1), i%7, i%31, i))
		}
		fmt.Fprintf(&b, `{"ref":%s,"dependsOn":[%s,%s]}`, ref(i), ref((i*3+1)%n), ref((i*7+2)%n))
	}
	b.WriteString("]}")
	return b.Bytes()
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		doc := generated(n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := sbom.Parse(doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParseXML reads the same as XML.
func BenchmarkParseXML(b *testing.B) {
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(generated(10_000)), cyclonedx.BOMFileFormatJSON).Decode(&bom); err != nil {
		b.Fatal(err)
	}
	var doc bytes.Buffer
	if err := cyclonedx.NewBOMEncoder(&doc, cyclonedx.BOMFileFormatXML).EncodeVersion(&bom, cyclonedx.SpecVersion1_6); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(doc.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sbom.Parse(doc.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}
