// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/fengsui/fengsui/internal/calendar"
)

// MaxSize is the largest file that is read.
const MaxSize = 1 << 20

// A Problem is what is wrong with a pack, and where.
type Problem struct {
	File   string
	Line   int
	Reason string
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason) }

// Problems are the reasons why a pack is refused, by line.
type Problems []Problem

// Error says them all, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Parse reads a pack and refuses a wrong one with Problems: what is no YAML, has unknown or double keys, names roles,
// facts, anchors or calendars that nobody knows, lacks a text in one language, or has a duty that none of its tests
// looks at. It does not run the tests.
func Parse(file string, data []byte) (*Pack, error) {
	if len(data) > MaxSize {
		return nil, Problems{{file, 1, "the file is larger than a pack may be"}}
	}
	var p Pack
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&p); err != nil {
		return nil, yamlProblems(file, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, Problems{{file, 1, "a file holds one pack: there is a second document"}}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, yamlProblems(file, err)
	}
	c := check{file: file, root: &root, pack: &p}
	c.all()
	if len(c.found) > 0 {
		slices.SortStableFunc(c.found, func(a, b Problem) int { return a.Line - b.Line })
		return nil, c.found
	}
	for _, d := range p.Duties {
		d.pack = &p
	}
	p.text = bytes.Clone(data)
	for i := range p.Tests {
		p.lines = append(p.lines, find(&root, "tests", i).Line)
	}
	return &p, nil
}

var lineOf = regexp.MustCompile(`line (\d+): (.*)`)

// yamlProblems takes the line out of the decoder's message.
func yamlProblems(file string, err error) (ps Problems) {
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

// UnmarshalYAML reads a day: 2021-09-01.
func (d *Date) UnmarshalYAML(n *yaml.Node) error {
	t, err := time.Parse(time.DateOnly, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		return fmt.Errorf("line %d: %q is no day such as 2021-09-01", n.Line, n.Value)
	}
	d.Time = t
	return nil
}

// UnmarshalYAML reads an ISO 8601 period.
func (p *Period) UnmarshalYAML(n *yaml.Node) (err error) {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: a period is written as P2D, PT24H or P1M", n.Line)
	}
	if p.Period, err = calendar.ParsePeriod(n.Value); err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	return nil
}

// UnmarshalYAML reads one value or a list.
func (v *Values) UnmarshalYAML(n *yaml.Node) error {
	switch n.Kind {
	case yaml.ScalarNode:
		*v = Values{n.Value}
		return nil
	case yaml.SequenceNode:
		for _, x := range n.Content {
			if x.Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: a value of a fact is one word", x.Line)
			}
			*v = append(*v, x.Value)
		}
		return nil
	}
	return fmt.Errorf("line %d: a fact has one value or a list of them", n.Line)
}

// find walks down the document: strings are keys, numbers places in lists. It returns the deepest node that is there.
func find(n *yaml.Node, path ...any) *yaml.Node {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for _, step := range path {
		next := (*yaml.Node)(nil)
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
			return n
		}
		n = next
	}
	return n
}
