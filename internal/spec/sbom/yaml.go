// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// maxYAML bounds a document in YAML, in bytes: the library builds it as a tree.
const maxYAML = 8 << 20

// writtenInYAML reports whether an SPDX document is written in YAML: one of its first lines gives the version.
func writtenInYAML(b []byte) bool {
	b = b[:min(len(b), 4096)]
	return bytes.HasPrefix(b, []byte("spdxVersion:")) || bytes.Contains(b, []byte("\nspdxVersion:"))
}

// parseYAML reads an SPDX document in YAML (SPDX 2.3, annex on formats), which says the same as in JSON. Anchors, by
// which a few bytes stand for many, are refused.
func parseYAML(b []byte) (Document, error) {
	if len(b) > maxYAML {
		return Document{}, &Refused{Rule: Form, Limit: maxYAML, Example: "SPDX-2.3 JSON"}
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	var root yaml.Node
	if err := dec.Decode(&root); err != nil || len(root.Content) != 1 {
		return Document{}, &Refused{Rule: Syntax, Line: yamlLine(err)}
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Document{}, &Refused{Rule: Syntax, Line: 1}
	}
	var out bytes.Buffer
	if err := asJSON(&out, root.Content[0], 0); err != nil {
		return Document{}, err
	}
	d, err := parseJSON(out.Bytes(), whole)
	if r := (*Refused)(nil); errors.As(err, &r) {
		r.Line = 0 // of another text
	}
	return d, err
}

// yamlLine is the line that a message of the library names, or 1.
func yamlLine(err error) int {
	line := 1
	if err != nil {
		_, _ = fmt.Sscanf(err.Error(), "yaml: line %d:", &line) // without a number it stays
	}
	return max(line, 1)
}

// asJSON writes a node as JSON. Scalars become texts, as everything is that is read of SPDX.
func asJSON(out *bytes.Buffer, n *yaml.Node, depth int) error {
	if depth > MaxDepth {
		return &Refused{Rule: Depth, Limit: MaxDepth, Line: n.Line}
	}
	between := func(i int) {
		if i > 0 {
			out.WriteByte(',')
		}
	}
	text := func(s string) {
		b, _ := json.Marshal(s) // a text always can be
		out.Write(b)
	}
	switch {
	case n.Anchor != "" || n.Kind == yaml.AliasNode:
		return &Refused{Rule: Syntax, Line: n.Line}
	case n.Kind == yaml.MappingNode:
		out.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			between(i)
			text(n.Content[i].Value)
			out.WriteByte(':')
			if err := asJSON(out, n.Content[i+1], depth+1); err != nil {
				return err
			}
		}
		out.WriteByte('}')
	case n.Kind == yaml.SequenceNode:
		out.WriteByte('[')
		for i, x := range n.Content {
			between(i)
			if err := asJSON(out, x, depth+1); err != nil {
				return err
			}
		}
		out.WriteByte(']')
	case n.Tag == "!!null":
		out.WriteString("null")
	default:
		text(n.Value)
	}
	return nil
}
