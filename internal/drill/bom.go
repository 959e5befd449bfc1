// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"encoding/json"
	"slices"
	"strings"
)

type object = map[string]any

// cycloneDX writes what the product contains as a CycloneDX 1.4 document. "a > b" is a chain: the product brings a
// along, and a brings b.
func (w Product) cycloneDX() ([]byte, error) {
	depends := map[string][]string{"root": nil}
	var order []string
	for _, chain := range w.Contains {
		from := "root"
		for purl := range strings.SplitSeq(chain, ">") {
			purl = strings.TrimSpace(purl)
			if _, ok := depends[purl]; !ok {
				depends[purl] = nil
				order = append(order, purl)
			}
			if !slices.Contains(depends[from], purl) {
				depends[from] = append(depends[from], purl)
			}
			from = purl
		}
	}
	var components []object
	edges := []object{{"ref": "root", "dependsOn": depends["root"]}}
	for _, purl := range order {
		path, version, _ := strings.Cut(purl, "@")
		name := path[strings.LastIndex(path, "/")+1:]
		components = append(components, object{"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl})
		edges = append(edges, object{"ref": purl, "dependsOn": append([]string{}, depends[purl]...)})
	}
	return json.Marshal(object{"bomFormat": "CycloneDX", "specVersion": "1.4", "version": 1,
		"metadata":   object{"component": object{"type": "application", "bom-ref": "root", "name": w.Name.EN, "version": w.Version}},
		"components": components, "dependencies": edges})
}
