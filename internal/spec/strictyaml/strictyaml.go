// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package strictyaml reads what people write down as data: law packs, evaluation schemes, scenarios. What is not
// understood is refused with its line.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Problem is what is wrong with a file, and where.
type Problem struct {
	File   string
	Line   int
	Reason string
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason) }

// Problems are the reasons why a file is refused, by line.
type Problems []Problem

// Error says them all, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Read decodes the one document, which is called what, of at most limit bytes into out, and returns its nodes, for Line. It refuses with Problems
// what is no YAML or larger, has unknown or double keys, a second document, or anchors, by which a few bytes stand for many.
func Read(file, what string, data []byte, limit int, out any) (*yaml.Node, error) {
	if len(data) > limit {
		return nil, Problems{{file, 1, "the file is larger than a " + what + " may be"}}
	}
	root := new(yaml.Node)
	if err := yaml.Unmarshal(data, root); err != nil {
		return nil, problems(file, err)
	}
	if at := anchored(root); at > 0 {
		return nil, Problems{{file, at, "anchors (&) and aliases (*) are not allowed"}}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(out); err != nil {
		return nil, problems(file, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, Problems{{file, 1, "a file holds one " + what + ": there is a second document"}}
	}
	return root, nil
}

// anchored is the line of the first anchor or alias, or 0.
func anchored(n *yaml.Node) int {
	if n.Anchor != "" || n.Kind == yaml.AliasNode {
		return n.Line
	}
	for _, c := range n.Content {
		if at := anchored(c); at > 0 {
			return at
		}
	}
	return 0
}

var lineOf = regexp.MustCompile(`line (\d+): (.*)`)

// problems takes the lines out of the decoder's message.
func problems(file string, err error) (ps Problems) {
	messages := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	var t *yaml.TypeError
	if errors.As(err, &t) {
		messages = t.Errors
	}
	for _, m := range messages {
		p := Problem{file, 1, m}
		if at := lineOf.FindStringSubmatch(m); at != nil {
			p.Line, _ = strconv.Atoi(at[1])
			p.Reason = at[2]
		}
		ps = append(ps, p)
	}
	return ps
}

// Line is where the value at a path stands, or the deepest part of the path that is there: strings are keys, numbers
// places in lists.
func Line(root *yaml.Node, path ...any) int {
	n := root
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for _, step := range path {
		var next *yaml.Node
		switch s := step.(type) {
		case int:
			if n.Kind == yaml.SequenceNode && s < len(n.Content) {
				next = n.Content[s]
			}
		case string:
			for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == s {
					next = n.Content[i+1]
				}
			}
		}
		if next == nil {
			break
		}
		n = next
	}
	return max(n.Line, 1)
}
