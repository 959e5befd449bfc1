// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// shape writes a document as "root: parts | parent>child".
func shape(d sbom.Document) string {
	var roots, edges []string
	for _, i := range d.Roots {
		roots = append(roots, d.Components[i].Name)
	}
	for _, e := range d.Edges {
		edges = append(edges, d.Components[e[0]].Name+">"+d.Components[e[1]].Name)
	}
	return d.RootName + ": " + strings.Join(roots, " ") + " | " + strings.Join(edges, " ")
}

func TestShapes(t *testing.T) {
	cdx := func(s string) string { return `{"bomFormat":"CycloneDX","specVersion":"1.6",` + s + `}` }
	c := func(name, more string) string {
		return `{"type":"library","name":"` + name + `","bom-ref":"` + name + `"` + more + `}`
	}
	spdx := func(relations string) string {
		s := `{"spdxVersion":"SPDX-2.3","name":"doc","packages":[`
		for i, n := range []string{"p", "q", "r"} {
			if i > 0 {
				s += ","
			}
			s += `{"SPDXID":"SPDXRef-` + n + `","name":"` + n + `","versionInfo":"NOASSERTION"}`
		}
		return s + `],` + relations + `}`
	}
	rel := func(a, kind, b string) string {
		return `{"spdxElementId":"SPDXRef-` + a + `","relationshipType":"` + kind + `","relatedSpdxElement":"SPDXRef-` + b + `"}`
	}
	for name, e := range map[string]struct{ in, want string }{
		"nested": {cdx(`"components":[` + c("a", `,"components":[`+c("b", `,"components":[`+c("c", "")+`]`)+`]`) + `]`), ": a | a>b b>c"},
		"nested in the product": {cdx(`"metadata":{"component":{"type":"application","name":"p","group":"g","components":[` + c("a", "") + `]}}`),
			"g/p: a | "},
		"without a graph":                         {cdx(`"components":[` + c("a", "") + `,` + c("b", "") + `]`), ": a b | "},
		"dependencies first, null, dangling, own": {cdx(`"dependencies":[{"ref":"a","dependsOn":["b","nowhere","a","b"]},{"ref":"gone","dependsOn":["a"]},{"ref":"b","dependsOn":null},null],"components":[` + c("a", "") + `,` + c("b", "") + `],"metadata":null`), ": a | a>b"},
		"circles": {cdx(`"components":[` + c("a", "") + `,` + c("b", "") + `,` + c("c", "") + `],"dependencies":[{"ref":"a","dependsOn":["b"]},{"ref":"b","dependsOn":["a"]},{"ref":"c","dependsOn":["c"]}]`), ": a c | a>b b>a"},
		"the product among its components": {cdx(`"metadata":{"component":` + c("p", "") + `},"components":[` + c("p", "") + `,` + c("a", "") + `],"dependencies":[{"ref":"p","dependsOn":["a"]},{"ref":"a","dependsOn":["p"]}]`),
			"p: a | "},
		"twice":                  {cdx(`"components":[` + c("a", "") + `,{"name":"a","type":"library","bom-ref":"x"},` + c("b", "") + `,` + c("b", "") + `],"dependencies":[{"ref":"x","dependsOn":["b"]},{"ref":"a","dependsOn":["b"]}]`), ": a | a>b"},
		"nameless packages":      {cdx(`"components":[` + c("a", "") + `,{"purl":"pkg:golang/@%28devel%29","bom-ref":"x","components":[` + c("b", "") + `]}],"dependencies":[{"ref":"x","dependsOn":["a"]},{"ref":"a","dependsOn":["x"]}]`), ": a b | "},
		"version ranges":         {`{"bomFormat":"CycloneDX","specVersion":"1.7","components":[{"type":"library","name":"a","isExternal":true,"versionRange":"vers:npm/>=1|<2"},{"type":"library","name":"b","isExternal":false,"version":"1"}]}`, ": a b | "},
		"without references":     {cdx(`"components":[{"purl":"pkg:npm/%40x/y@1?a=b#c"},{"name":"z"}]`), ": y z | "},
		"what is provided":       {cdx(`"components":[` + c("a", "") + `,` + c("b", "") + `],"dependencies":[{"ref":"a","provides":["b"]}]`), ": a b | "},
		"escapes":                {cdx(`"components":[{"na\u006de":"\u7ec4\u4ef6 \"x\" \\","type":"library"}]`), `: 组件 "x" \ | `},
		"the product alone":      {cdx(`"metadata":{"component":{"name":"p","type":"application"}}`), "p:  | "},
		"spdx about one":         {spdx(`"relationships":[` + rel("DOCUMENT", "DESCRIBES", "p") + `,` + rel("p", "CONTAINS", "q") + `]`), "p: q r | "},
		"spdx about one, older":  {spdx(`"documentDescribes":["SPDXRef-q"],"relationships":[` + rel("r", "DEPENDENCY_OF", "p") + `]`), "q: p | p>r"},
		"spdx about several":     {spdx(`"documentDescribes":["SPDXRef-p","SPDXRef-q"],"relationships":[` + rel("p", "DEPENDS_ON", "q") + `,` + rel("q", "DEPENDS_ON", "r") + `]`), "doc: p q | p>q q>r"},
		"spdx about nothing":     {spdx(`"relationships":[` + rel("q", "CONTAINED_BY", "p") + `,` + rel("r", "DEV_DEPENDENCY_OF", "q") + `]`), "doc: p | p>q q>r"},
		"spdx about a file":      {spdx(`"documentDescribes":["SPDXRef-File"],"relationships":[]`), "doc: p q r | "},
		"tag-value, files apart": {"SPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: doc\n# x\nPackageName: p\nSPDXID: SPDXRef-p\nFileName: ./f\nSPDXID: SPDXRef-f\nPackageName: <text>q</text>\nSPDXID: SPDXRef-q\nRelationship: SPDXRef-p CONTAINS SPDXRef-f\nRelationship: SPDXRef-p DYNAMIC_LINK SPDXRef-q\n", "doc: p | p>q"},
		"CPE names": {"# devices\r\n\ncpe:2.3:h:Beacon:XR-5600:-:*:*:*:*:*:*:*\r\ncpe:2.3:o:beacon:xr\\-5600_firmware:3.2.1:rc\\.1:*:*:*:*:*:*\ncpe:/a:apache:log4j%2b:2.14.1\ncpe:/a:apache:log4j%2b:2.14.1\n",
			": XR-5600 xr-5600_firmware log4j+ | "},
		"XML, nested and mixed": {`<?xml version="1.0" encoding="UTF-8"?><!-- <x a='>' --><b:bom xmlns:b="http://cyclonedx.org/schema/bom/1.3"><b:metadata><b:tools><b:tool><b:name>t</b:name></b:tool></b:tools>
			<b:component><b:name>p</b:name></b:component></b:metadata><b:components><b:component type="library"><b:name>a &amp; <![CDATA[<b>]]></b:name><b:pedigree><b:ancestors><b:component><b:name>old</b:name></b:component></b:ancestors></b:pedigree>
			<b:components><b:component><b:name>c</b:name></b:component></b:components></b:component></b:components></b:bom>`, "p: a & <b> | a & <b>>c"},
	} {
		got, err := sbom.Parse([]byte(e.in))
		if err != nil || shape(got) != e.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, shape(got), e.want)
		}
	}
}

// TestParseParts reads the same components without the graph, and does not mind what is wrong with that.
func TestParseParts(t *testing.T) {
	const components = `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"name":"p","bom-ref":"p"}},"components":[
		{"name":"a","bom-ref":"a","components":[{"name":"b","bom-ref":"b"}]},{"name":"c","bom-ref":"a"},{"name":"b","bom-ref":"d"}]`
	want, err := sbom.Parse([]byte(components + `,"dependencies":[{"ref":"a","dependsOn":["p"]}]}`))
	if err != nil || len(want.Components) != 2 || len(want.Edges) == 0 {
		t.Fatalf("%v: %s", err, shape(want))
	}
	want.Edges, want.Roots = nil, nil
	for name, more := range map[string]string{"with a graph": `,"dependencies":[{"ref":"a","dependsOn":["b"]}]`, "without": "",
		"with a wrong one": `,"dependencies":[{"ref":"a","dependsOn":["b",{}]}],"vulnerabilities":5`} {
		got, err := sbom.ParseParts([]byte(components + more + "}"))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	var r *sbom.Refused
	for rule, in := range map[sbom.Rule]string{sbom.Type: `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":5}]}`, sbom.Syntax: components, sbom.Empty: `{"bomFormat":"CycloneDX","specVersion":"1.6"}`} {
		if d, err := sbom.ParseParts([]byte(in)); !errors.As(err, &r) || r.Rule != rule || d.Components != nil {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestWithoutKeepsEverythingReachable(t *testing.T) {
	d, err := sbom.Parse([]byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"a","components":[
		{"type":"file","name":"f","components":[{"type":"library","name":"b","components":[{"type":"library","name":"c"}]}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := shape(d.Without(func(c sbom.Component) bool { return c.Type == "file" })); got != ": a b | b>c" {
		t.Error(got)
	}
}

func TestParseRefuses(t *testing.T) {
	cdx := func(s string) string { return "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\n" + s + "}" }
	xml := func(s string) string { return "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">\n" + s + "</bom>" }
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, e := range map[string]struct {
		in    string
		rule  sbom.Rule
		field string
		line  int
	}{
		"nothing":            {"", sbom.Format, "", 1},
		"prose":              {"Dear platform, we use Log4j.", sbom.Format, "", 1},
		"a list":             {"[]", sbom.Format, "", 1},
		"another JSON":       {"{}", sbom.Format, "bomFormat", 1},
		"another XML":        {"<html/>", sbom.Format, "", 1},
		"UTF-16":             {"\xff\xfe{\x00}\x00", sbom.Encoding, "", 1},
		"a wrong byte":       {cdx("\n\"x\":\"\xff\""), sbom.Encoding, "", 3},
		"GBK":                {`<?xml version="1.0" encoding="GBK"?><bom/>`, sbom.Encoding, "", 1},
		"CycloneDX 1.1":      {`{"bomFormat":"CycloneDX","specVersion":"1.1"}`, sbom.Version, "specVersion", 1},
		"CycloneDX 2.0":      {"{\"bomFormat\":\"CycloneDX\",\n\"specVersion\":\"2.0\"}", sbom.Version, "specVersion", 2},
		"CycloneDX unsaid":   {`{"bomFormat":"CycloneDX"}`, sbom.Version, "specVersion", 0},
		"CycloneDX 1.0 XML":  {`<bom xmlns="http://cyclonedx.org/schema/bom/1.0"/>`, sbom.Version, "", 1},
		"SPDX 2.1":           {`{"spdxVersion":"SPDX-2.1"}`, sbom.Version, "spdxVersion", 1},
		"SPDX 3 unsaid":      {`{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]}`, sbom.Version, "@graph", 1},
		"SPDX 4":             {`{"@context":"https://spdx.org/rdf/4.0/spdx-context.jsonld","@graph":[{"type":"CreationInfo","specVersion":"4.0"}]}`, sbom.Version, "@graph", 1},
		"another graph":      {`{"@context":"https://schema.org","@graph":[]}`, sbom.Format, "@context", 1},
		"a broken CPE":       {"cpe:2.3:a:x:y:1:*:*:*:*:*:*:*\ncpe:2.3:a:x\n", sbom.Syntax, "", 2},
		"a CPE of nothing":   {"cpe:2.3:a:x:*:1:*:*:*:*:*:*:*\n", sbom.Syntax, "", 1},
		"SPDX RDF":           {`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>`, sbom.Form, "", 1},
		"YAML anchors":       {"spdxVersion: SPDX-2.3\npackages: &a\n- name: x\n", sbom.Syntax, "", 2},
		"two YAML documents": {"spdxVersion: SPDX-2.3\n---\na: b\n", sbom.Syntax, "", 1},
		"broken YAML":        {"spdxVersion: SPDX-2.3\na: [b\n", sbom.Syntax, "", 1},
		"SPDX tags 2.1":      {"# x\nSPDXVersion: SPDX-2.1\n", sbom.Version, "SPDXVersion", 2},
		"cut off":            {cdx("\"components\":[{\"name\":\"a\"")[:70], sbom.Syntax, "", 2},
		"cut off XML":        {`<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components>`, sbom.Syntax, "", 1},
		"crossed XML":        {xml("<a><b></a></b>"), sbom.Syntax, "", 2},
		"entity":             {xml("<components><component><name>&x;</name></component></components>"), sbom.Syntax, "", 2},
		"a line of nothing":  {"SPDXVersion: SPDX-2.3\nnonsense\n", sbom.Syntax, "", 2},
		"open text":          {"SPDXVersion: SPDX-2.3\nDocumentComment: <text>x\ny\n", sbom.Syntax, "", 2},
		"a number":           {cdx(`"components":[{"name":"a"},` + "\n" + `{"name":5}]`), sbom.Type, "components[1].name", 3},
		"an object":          {cdx(`"components":{}`), sbom.Type, "components", 2},
		"a wrong format":     {`{"bomFormat":5}`, sbom.Type, "bomFormat", 1},
		"a wrong edge":       {cdx(`"components":[{"name":"a"}],"dependencies":[{"ref":"a","dependsOn":["a",{}]}]`), sbom.Type, "dependencies[0].dependsOn[1]", 2},
		"no name":            {cdx(`"components":[{"name":"a","components":[{"type":"library"}]}]`), sbom.Required, "components[0].components[0].name", 2},
		"no name in XML":     {xml("<components><component/></components>"), sbom.Required, "components[0].name", 2},
		"no name in SPDX":    {`{"spdxVersion":"SPDX-2.3","packages":[{"SPDXID":"SPDXRef-a","name":"NOASSERTION"}]}`, sbom.Required, "packages[0].name", 1},
		"long name":          {cdx(`"components":[{"name":"` + long(sbom.MaxName+1) + `"}]`), sbom.Length, "components[0].name", 2},
		"long SPDX version":  {"SPDXVersion: SPDX-2.3\nPackageName: a\nPackageVersion: " + long(300), sbom.Length, "packages[0].versionInfo", 2},
		"long tag":           {`<bom xmlns="` + long(70_000) + `"/>`, sbom.Length, "", 1},
		"NUL":                {cdx(`"components":[{"name":"a\u0000b"}]`), sbom.Characters, "components[0].name", 2},
		"NUL in the product": {cdx(`"metadata":{"component":{"name":"a","version":"\u0000"}}`), sbom.Characters, "metadata.component.version", 2},
		"empty":              {cdx(`"components":[]`), sbom.Empty, "", 0},
		"empty XML":          {xml(""), sbom.Empty, "", 0},
		"empty SPDX":         {`{"spdxVersion":"SPDX-2.3","name":"x"}`, sbom.Empty, "", 0},
		"broken gzip":        {"\x1f\x8b\x08\x00nonsense", sbom.Packed, "", 0},
		"DTD":                {`<!DOCTYPE bom><bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>`, sbom.Doctype, "", 1},
	} {
		_, err := sbom.Parse([]byte(e.in))
		var r *sbom.Refused
		if !errors.As(err, &r) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		got := fmt.Sprintf("%s %s %d", r.Rule, r.Field, r.Line)
		if diff := cmp.Diff(fmt.Sprintf("%s %s %d", e.rule, e.field, e.line), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if strings.Contains(err.Error(), "xxxx") {
			t.Errorf("%s: the error carries what was submitted", name)
		}
	}
}
