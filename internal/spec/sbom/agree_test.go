// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/spdx/v2/common"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"
	"github.com/spdx/tools-golang/tagvalue"
	"go.yaml.in/yaml/v3"

	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// A part of the example: a product that depends on a and b, where a depends on b and on c, and d hangs on nothing.
type part struct {
	name, version, purl, cpe string
	needs                    []string
}

var example = []part{
	{"a", "1.0", "pkg:npm/a@1.0", "", []string{"b", "c"}},
	{"b", "2.14.1", "pkg:maven/org.example/b@2.14.1", "cpe:2.3:a:example:b:2.14.1:*:*:*:*:*:*:*", nil},
	{"c", "V3.2.1", "", "", []string{"b"}},
	{"组件“丁”<&>", "", "pkg:generic/d", "", nil},
}

var want = sbom.Document{RootName: "the product", RootVersion: "7", RootPURL: "pkg:npm/product@7",
	Components: []sbom.Component{
		{Name: "a", Version: "1.0", PURL: "pkg:npm/a@1.0"},
		{Name: "b", Version: "2.14.1", PURL: "pkg:maven/org.example/b@2.14.1", CPE: "cpe:2.3:a:example:b:2.14.1:*:*:*:*:*:*:*"},
		{Name: "c", Version: "V3.2.1"},
		{Name: "组件“丁”<&>", PURL: "pkg:generic/d"},
	}, Edges: [][2]int{{0, 1}, {0, 2}, {2, 1}}, Roots: []int{0, 1, 3}}

// cycloneDX writes the example by the format's own library.
func cycloneDX(t testing.TB, format cyclonedx.BOMFileFormat, version cyclonedx.SpecVersion) []byte {
	t.Helper()
	components := []cyclonedx.Component{}
	dependencies := []cyclonedx.Dependency{{Ref: "product", Dependencies: &[]string{"a", "b"}}}
	for _, p := range example {
		components = append(components, cyclonedx.Component{BOMRef: p.name, Type: cyclonedx.ComponentTypeLibrary, Name: p.name, Version: p.version,
			PackageURL: p.purl, CPE: p.cpe, Hashes: &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA1, Value: strings.Repeat("0", 40)}}})
		dependencies = append(dependencies, cyclonedx.Dependency{Ref: p.name, Dependencies: &p.needs})
	}
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{Component: &cyclonedx.Component{BOMRef: "product", Type: cyclonedx.ComponentTypeApplication, Name: "the product",
		Version: "7", PackageURL: "pkg:npm/product@7"}}
	bom.Components, bom.Dependencies = &components, &dependencies
	var b bytes.Buffer
	if err := cyclonedx.NewBOMEncoder(&b, format).SetPretty(true).EncodeVersion(bom, version); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func spdxExample() *spdx.Document {
	id := func(ref string) common.DocElementID { return common.MakeDocElementID("", ref) }
	pack := func(ref, name, version, purl, cpe string) *v2_3.Package {
		p := &v2_3.Package{PackageSPDXIdentifier: common.ElementID(ref), PackageName: name, PackageVersion: version, PackageDownloadLocation: "NOASSERTION",
			PackageCopyrightText: "several\nlines: of <text>\nPackageName: not a package"}
		if purl != "" {
			p.PackageExternalReferences = append(p.PackageExternalReferences, &v2_3.PackageExternalReference{Category: "PACKAGE-MANAGER", RefType: "purl", Locator: purl})
		}
		if cpe != "" {
			p.PackageExternalReferences = append(p.PackageExternalReferences, &v2_3.PackageExternalReference{Category: "SECURITY", RefType: "cpe23Type", Locator: cpe})
		}
		return p
	}
	doc := &spdx.Document{SPDXVersion: "SPDX-2.3", DataLicense: "CC0-1.0", SPDXIdentifier: "DOCUMENT", DocumentName: "a document", DocumentNamespace: "https://example.org/doc",
		CreationInfo: &v2_3.CreationInfo{Created: "2021-11-24T00:00:00Z", Creators: []common.Creator{{Creator: "test", CreatorType: "Tool"}}},
		Packages:     []*v2_3.Package{pack("product", "the product", "7", "pkg:npm/product@7", "")},
		Relationships: []*v2_3.Relationship{
			{RefA: id("DOCUMENT"), RefB: id("product"), Relationship: "DESCRIBES"},
			{RefA: id("product"), RefB: id("a"), Relationship: "CONTAINS"},
			{RefA: id("b"), RefB: id("product"), Relationship: "RUNTIME_DEPENDENCY_OF"},
			{RefA: id("b"), RefB: common.MakeDocElementSpecial("NOASSERTION"), Relationship: "DEPENDS_ON"},
			{RefA: id("b"), RefB: id("elsewhere"), Relationship: "DEPENDS_ON"},
			{RefA: id("b"), RefB: id("a"), Relationship: "VARIANT_OF"},
		}}
	ids := map[string]string{"a": "a", "b": "b", "c": "c"}
	for i, p := range example {
		ref := ids[p.name]
		if ref == "" {
			ref = "d"
		}
		doc.Packages = append(doc.Packages, pack(ref, p.name, p.version, p.purl, p.cpe))
		for _, n := range p.needs {
			r := &v2_3.Relationship{RefA: id(ref), RefB: id(n), Relationship: "DEPENDS_ON"}
			if i == 0 {
				r.RefA, r.RefB, r.Relationship = r.RefB, r.RefA, "DEPENDENCY_OF"
			}
			doc.Relationships = append(doc.Relationships, r)
		}
	}
	return doc
}

// spdx3Example writes the example as a graph, packages last.
func spdx3Example(t testing.TB) []byte {
	t.Helper()
	type object map[string]any
	const space = "https://example.org/doc#"
	graph := []object{
		{"type": "CreationInfo", "@id": "_:creation", "specVersion": "3.0.1", "created": "2021-11-24T00:00:00Z"},
		{"type": "SpdxDocument", "spdxId": space + "doc", "name": "a document", "rootElement": []string{space + "list"}},
		{"type": "software_Sbom", "spdxId": space + "list", "rootElement": []string{space + "product"}},
		{"type": "Relationship", "from": space + "product", "relationshipType": "contains", "to": []string{space + "a"}},
		{"type": "LifecycleScopedRelationship", "scope": "runtime", "from": space + "product", "relationshipType": "dependsOn", "to": space + "b"},
		{"type": "Relationship", "from": space + "b", "relationshipType": "hasDeclaredLicense", "to": []string{space + "a"}},
		{"type": "Relationship", "from": space + "b", "relationshipType": "dependsOn", "to": []any{space + "elsewhere", object{"type": "software_Package"}}},
		{"type": "software_File", "spdxId": space + "file", "name": "readme"},
		{"type": "software_Package", "spdxId": space + "product", "name": "the product", "software_packageVersion": "7", "software_packageUrl": "pkg:npm/product@7"},
	}
	for _, p := range example {
		x := object{"type": "software_Package", "spdxId": space + p.name, "name": p.name, "externalIdentifier": []object{{"externalIdentifierType": "email", "identifier": "x"}}}
		if p.version != "" {
			x["software_packageVersion"] = p.version
		}
		if p.cpe != "" {
			x["externalIdentifier"] = []object{{"externalIdentifierType": "cpe23", "identifier": p.cpe}, {"externalIdentifierType": "packageUrl", "identifier": p.purl}}
		} else if p.purl != "" {
			x["software_packageUrl"] = p.purl
		}
		var to []string
		for _, n := range p.needs {
			to = append(to, space+n)
		}
		graph = append(graph, object{"type": "Relationship", "from": space + p.name, "relationshipType": "dependsOn", "to": to}, x)
	}
	b, err := json.MarshalIndent(object{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func written(t testing.TB, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// documents returns the example in every form.
func documents(t testing.TB) map[string][]byte {
	out := map[string][]byte{}
	for v, name := range map[cyclonedx.SpecVersion]string{cyclonedx.SpecVersion1_2: "1.2", cyclonedx.SpecVersion1_3: "1.3", cyclonedx.SpecVersion1_4: "1.4",
		cyclonedx.SpecVersion1_5: "1.5", cyclonedx.SpecVersion1_6: "1.6", cyclonedx.SpecVersion1_7: "1.7"} {
		for form, f := range map[string]cyclonedx.BOMFileFormat{"JSON": cyclonedx.BOMFileFormatJSON, "XML": cyclonedx.BOMFileFormatXML} {
			doc := cycloneDX(t, f, v) // until 1.3 the library writes 0.0.0 for no version
			out["CycloneDX "+name+" "+form] = bytes.ReplaceAll(doc, []byte("0.0.0"), nil)
		}
	}
	out["SPDX 2.3 JSON"] = written(t, func(b *bytes.Buffer) error { return spdxjson.Write(spdxExample(), b) })
	out["SPDX 2.3 tag-value"] = written(t, func(b *bytes.Buffer) error { return tagvalue.Write(spdxExample(), b) })
	var any map[string]any
	if err := json.Unmarshal(out["SPDX 2.3 JSON"], &any); err != nil {
		t.Fatal(err)
	}
	out["SPDX 2.3 YAML"] = written(t, func(b *bytes.Buffer) error { return yaml.NewEncoder(b).Encode(any) })
	out["SPDX 3.0.1 JSON-LD"] = spdx3Example(t)
	for _, form := range []string{"JSON", "tag-value", "YAML"} {
		out["SPDX 2.2 "+form] = bytes.ReplaceAll(out["SPDX 2.3 "+form], []byte("SPDX-2.3"), []byte("SPDX-2.2"))
	}
	return out
}

// plain leaves out what formats name differently.
func plain(d sbom.Document) sbom.Document {
	d.Format, d.SpecVersion, d.Revision, d.RootRef, d.Components = "", "", 0, "", slices.Clone(d.Components)
	for i := range d.Components {
		d.Components[i].Ref, d.Components[i].Type = "", ""
	}
	return d
}

func TestEveryFormSaysTheSame(t *testing.T) {
	for name, doc := range documents(t) {
		got, err := sbom.Parse(doc)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, doc)
			continue
		}
		if spoken := strings.Fields(name); got.Format != spoken[0] || got.SpecVersion != spoken[1] {
			t.Errorf("%s is called %s %s", name, got.Format, got.SpecVersion)
		}
		if diff := cmp.Diff(want, plain(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		again, err := sbom.Parse(zipped(t, doc))
		if diff := cmp.Diff(got, again); diff != "" || err != nil {
			t.Errorf("%s, compressed: %v (-plain +compressed)\n%s", name, err, diff)
		}
	}
}

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
