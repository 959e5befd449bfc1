// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Limits of a document in YAML; each anchor could stand for many times its size, so that there are none.
const (
	maxYAML      = 8 << 20 // bytes
	maxYAMLDepth = 50
)

// fromYAML is a document in YAML as JSON. What OSV has as text stays text, though it looks like a number.
func fromYAML(doc []byte) ([]byte, error) {
	if len(doc) > maxYAML {
		return nil, refuse("", RefusedBound, "more than 8 MiB of YAML")
	}
	var root yaml.Node
	if err := yaml.Unmarshal(doc, &root); err != nil {
		return nil, refuse("", RefusedSyntax, text(err.Error(), 200))
	}
	if len(root.Content) != 1 {
		return nil, refuse("", RefusedSyntax, "no document")
	}
	v, err := plain(root.Content[0], "", 0)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// plain is a node as JSON has it. key is the name under which it stands.
func plain(n *yaml.Node, key string, depth int) (any, error) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return nil, refuse("line "+strconv.Itoa(n.Line), RefusedSyntax, "anchors (&) and aliases (*) are not allowed")
	case depth > maxYAMLDepth:
		return nil, refuse("line "+strconv.Itoa(n.Line), RefusedBound, "nested too deeply")
	}
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i].Value
			v, err := plain(n.Content[i+1], k, depth+1)
			if err != nil {
				return nil, err
			}
			out[k] = v
		}
		return out, nil
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := plain(c, key, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	switch n.Tag {
	case "!!null":
		return nil, nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true"), nil
	case "!!int", "!!float":
		f, err := strconv.ParseFloat(n.Value, 64)
		switch key {
		case "versions", "introduced", "fixed", "last_affected", "limit", "id", "score", "name", "summary", "details":
		default:
			if err == nil && json.Valid([]byte(n.Value)) {
				return json.Number(n.Value), nil
			}
			if err == nil && f == f && f < 1e300 && f > -1e300 {
				return f, nil
			}
		}
		return n.Value, nil
	case "!!timestamp":
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", time.DateOnly} {
			if at, err := time.Parse(layout, n.Value); err == nil {
				return at.UTC().Format(time.RFC3339Nano), nil
			}
		}
	}
	return n.Value, nil
}
