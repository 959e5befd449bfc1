// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// document writes the component list of a ware, as CycloneDX 1.4 or SPDX 2.3 JSON.
func (w ware) document() ([]byte, error) {
	if w.format == "spdx" {
		return w.spdx()
	}
	return w.cycloneDX()
}

// walk visits every distinct package and every edge of the tree; root stands for the product.
func (w ware) walk(node func(purl string), edge func(from, to string)) {
	seen := map[string]bool{}
	var down func(from string, parts []part)
	down = func(from string, parts []part) {
		for _, x := range parts {
			edge(from, x.purl)
			if seen[x.purl] {
				continue
			}
			seen[x.purl] = true
			node(x.purl)
			down(x.purl, x.with)
		}
	}
	down("root", w.contents)
}

// nameOf splits a purl into group, name and version.
func nameOf(purl string) (group, name, version string) {
	s, version, _ := strings.Cut(strings.TrimPrefix(purl, "pkg:"), "@")
	_, path, _ := strings.Cut(s, "/")
	if i := strings.LastIndex(path, "/"); i >= 0 {
		return path[:i], path[i+1:], version
	}
	return "", path, version
}

type object = map[string]any

func (w ware) cycloneDX() ([]byte, error) {
	var components []object
	depends := map[string][]string{"root": {}}
	w.walk(func(purl string) {
		group, name, version := nameOf(purl)
		components = append(components, object{"type": "library", "bom-ref": purl, "group": group, "name": name, "version": version, "purl": purl})
		depends[purl] = append(depends[purl], []string{}...)
	}, func(from, to string) { depends[from] = append(depends[from], to) })
	dependencies := []object{{"ref": "root", "dependsOn": depends["root"]}}
	for _, c := range components {
		ref := c["bom-ref"].(string)
		dependencies = append(dependencies, object{"ref": ref, "dependsOn": depends[ref]})
	}
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(w.org+"/"+w.en+"/"+w.version))
	return json.MarshalIndent(object{"bomFormat": "CycloneDX", "specVersion": "1.4", "serialNumber": "urn:uuid:" + id.String(), "version": 1,
		"metadata":   object{"component": object{"type": "application", "bom-ref": "root", "name": w.en, "version": w.version}},
		"components": components, "dependencies": dependencies}, "", " ")
}

func (w ware) spdx() ([]byte, error) {
	ids := map[string]string{"root": "SPDXRef-root"}
	packages := []object{{"SPDXID": "SPDXRef-root", "name": w.en, "versionInfo": w.version, "downloadLocation": "NOASSERTION"}}
	relations := []object{{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-root"}}
	type edge struct{ from, to string }
	var edges []edge
	w.walk(func(purl string) {
		group, name, version := nameOf(purl)
		if group != "" {
			name = group + ":" + name
		}
		ids[purl] = fmt.Sprintf("SPDXRef-p%d", len(ids))
		packages = append(packages, object{"SPDXID": ids[purl], "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION",
			"externalRefs": []object{{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}}})
	}, func(from, to string) { edges = append(edges, edge{from, to}) })
	for _, e := range edges {
		relations = append(relations, object{"spdxElementId": ids[e.from], "relationshipType": "DEPENDS_ON", "relatedSpdxElement": ids[e.to]})
	}
	return json.MarshalIndent(object{"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": w.en,
		"documentNamespace": "https://demo.example/spdx/" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(w.org+w.en)).String(),
		"creationInfo":      object{"created": "2021-11-01T00:00:00Z", "creators": []string{"Tool: fengsui-demo"}},
		"packages":          packages, "relationships": relations}, "", " ")
}
