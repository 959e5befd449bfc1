// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/spec/strictyaml"
)

// MaxSize is the largest file that is read.
const MaxSize = 1 << 20

// A Problem is what is wrong with a pack, and where; Problems are all of them.
type (
	Problem  = strictyaml.Problem
	Problems = strictyaml.Problems
)

// Parse reads a pack and refuses a wrong one with Problems: what is no YAML, has unknown or double keys, names roles,
// facts, anchors or calendars that nobody knows, lacks a text in one language, or has a duty that none of its tests
// looks at. It does not run the tests.
func Parse(file string, data []byte) (*Pack, error) {
	var p Pack
	root, err := strictyaml.Read(file, "pack", data, MaxSize, &p)
	if err != nil {
		return nil, err
	}
	c := check{file: file, root: root, pack: &p}
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
		p.lines = append(p.lines, strictyaml.Line(root, "tests", i))
	}
	return &p, nil
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
