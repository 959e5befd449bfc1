// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/strictyaml"
)

// MaxSize is the largest scheme that is read.
const MaxSize = 256 << 10

// Limits of a scheme.
const (
	maxCriteria = 40
	maxTests    = 100
	maxRows     = 100_000 // of one outcome in a test
	maxPoints   = 1_000_000
)

// A Problem is what is wrong with a scheme, and where; Problems are all of them.
type (
	Problem  = strictyaml.Problem
	Problems = strictyaml.Problems
)

// Parse reads a scheme, and refuses a wrong one with Problems: what is no YAML, has unknown keys, lacks a text in one
// language, names what nobody measures, would let somebody lose by doing better, or fails its own tests.
func Parse(file string, data []byte) (*Scheme, error) {
	var s Scheme
	root, err := strictyaml.Read(file, "scheme", data, MaxSize, &s)
	if err != nil {
		return nil, err
	}
	s.text = bytes.Clone(data)
	l := lint{file: file, s: &s, root: root}
	l.all()
	if len(l.found) == 0 {
		l.tests()
	}
	if len(l.found) > 0 {
		slices.SortStableFunc(l.found, func(a, b Problem) int { return a.Line - b.Line })
		return nil, l.found
	}
	return &s, nil
}

var decimal = regexp.MustCompile(`^(\d{1,7})(?:\.(\d{1,3}))?$`)

// UnmarshalYAML reads a number with at most three decimals.
func (m *Milli) UnmarshalYAML(n *yaml.Node) error {
	x := decimal.FindStringSubmatch(n.Value)
	if n.Kind != yaml.ScalarNode || x == nil {
		return fmt.Errorf("line %d: %q is no number with at most three decimals", n.Line, n.Value)
	}
	whole, _ := strconv.Atoi(x[1])
	part, _ := strconv.Atoi((x[2] + "000")[:3])
	*m = Milli(whole*1000 + part)
	return nil
}

// lint collects what is wrong with a scheme.
type lint struct {
	file  string
	s     *Scheme
	root  *yaml.Node
	found Problems
}

func (l *lint) that(ok bool, path []any, format string, args ...any) {
	if !ok {
		l.found = append(l.found, Problem{File: l.file, Line: strictyaml.Line(l.root, path...), Reason: fmt.Sprintf(format, args...)})
	}
}

func at(path ...any) []any { return path }

var (
	idForm      = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)
	versionForm = regexp.MustCompile(`^\d{1,4}\.\d{1,4}\.\d{1,4}$`)
)

func (l *lint) all() {
	s := l.s
	l.that(s.Schema == "evaluation/v1", at("schema"), "schema must be evaluation/v1")
	l.that(idForm.MatchString(s.ID), at("id"), "id must be of lower-case letters, digits and hyphens")
	l.that(versionForm.MatchString(s.Version), at("version"), "version must be three numbers: 1.0.0")
	l.both(s.Title, "title")
	l.that(s.Years.From >= 2000 && s.Years.From < 3000 && (s.Years.To == 0 || s.Years.To >= s.Years.From), at("years"), "years: from must be a year, and to must not lie before it")
	l.that(s.Term >= 5 && s.Term <= 60, at("term"), "term must be 5 to 60 working days")
	l.levels()
	l.that(len(s.Criteria) > 0 && len(s.Criteria) <= maxCriteria, at("criteria"), "there must be 1 to %d criteria", maxCriteria)
	seen, measured := map[string]bool{}, map[string]bool{}
	sum := Milli(0)
	for i, c := range s.Criteria {
		if c == nil {
			l.that(false, at("criteria", i), "the criterion is empty")
			continue
		}
		l.that(idForm.MatchString(c.ID), at("criteria", i), "the id of a criterion must be of lower-case letters, digits and hyphens")
		l.that(!seen[c.ID], at("criteria", i), "the criterion %q stands there twice", c.ID)
		l.that(!measured[c.Measure], at("criteria", i, "measure"), "%q is measured twice: nobody pays twice for the same", c.Measure)
		seen[c.ID], measured[c.Measure] = true, true
		l.criterion(i, c)
		if c.Kind != KindDeduct {
			sum += c.Points
		}
	}
	l.that(sum == 100_000, at("criteria"), "the points of all criteria but deductions must be 100 in all: they are %s", sum)
	l.that(len(s.Tests) > 0 && len(s.Tests) <= maxTests, at("tests"), "there must be 1 to %d tests", maxTests)
}

func (l *lint) both(t Text, path ...any) {
	l.that(strings.TrimSpace(t.ZH) != "" && strings.TrimSpace(t.EN) != "", path, "the text must stand there in zh and en")
}

func (l *lint) levels() {
	ls := l.s.Levels
	l.that(len(ls) == 3, at("levels"), "there are three levels: 1, 2 and 3")
	for i, x := range ls {
		l.that(x.Level == i+1, at("levels", i), "levels must stand there from 1, the highest, to 3")
		l.that(i == 0 || x.From < ls[i-1].From, at("levels", i), "a lower level must begin at a lower score")
		l.that(x.From > 0 && x.From <= 100_000, at("levels", i), "a level begins at a score above 0 and up to 100")
	}
}

func (l *lint) criterion(i int, c *Criterion) {
	path := func(more ...any) []any { return append(at("criteria", i), more...) }
	l.both(c.Title, path("title")...)
	l.both(c.Text, path("text")...)
	m, ok := measures[c.Measure]
	l.that(ok, path("measure"), "%q is measured by nobody; there are %s", c.Measure, strings.Join(measureNames(), ", "))
	l.that(c.Points > 0 && c.Points <= maxPoints/10, path("points"), "points must be above 0 and at most 100")
	for _, r := range c.Roles {
		l.that(slices.Contains(member.OrgRoles, member.OrgRole(r)), path("roles"), "%q is no role of an organisation", r)
	}
	if !ok {
		return
	}
	l.that(c.Kind == m.kind, path("kind"), "%s is a criterion of kind %s", c.Measure, m.kind)
	l.that((c.Target > 0) == (m.kind == KindCount), path("target"), "a target above 0 belongs to a count, and to nothing else")
	l.that((c.Days > 0) == m.term, path("days"), "days belong to measures with a term, and to nothing else")
	l.that(c.Days >= 0 && c.Days <= 3660, path("days"), "days must be 1 to 3660")
	l.values(c, m, path)
}

// values holds what outcomes are worth to their order: who does better never gets less.
func (l *lint) values(c *Criterion, m measure, path func(...any) []any) {
	for o := range c.Values {
		l.that(slices.Contains(m.outcomes, o), path("values"), "%q is no outcome of %s; there are %s", o, c.Measure, strings.Join(m.outcomes, ", "))
	}
	for j, o := range m.outcomes {
		v, ok := c.Values[o]
		l.that(ok, path("values"), "the outcome %q has no value", o)
		l.that(c.Kind == KindCount || c.Kind == KindDeduct || v <= 1000, path("values"), "the value of %q must be at most 1", o)
		l.that(v <= maxPoints, path("values"), "the value of %q is too large", o)
		if j == 0 || m.unordered {
			continue
		}
		better := c.Values[m.outcomes[j-1]]
		costs := c.Kind == KindClean || c.Kind == KindDeduct
		l.that(costs && v >= better || !costs && v <= better, path("values"), "%q must not be better for the unit than %q", o, m.outcomes[j-1])
	}
}

// tests runs the scheme's own tests.
func (l *lint) tests() {
	for i := range l.s.Tests {
		t := &l.s.Tests[i]
		t.line = strictyaml.Line(l.root, "tests", i)
		rows := map[string][]Row{}
		for criterion, outcomes := range t.Rows {
			c := l.s.Criterion(criterion)
			l.that(c != nil, at("tests", i, "rows"), "there is no criterion %q", criterion)
			if c == nil {
				continue
			}
			for o, n := range outcomes {
				_, known := c.Values[o]
				l.that(known && n >= 0 && n <= maxRows, at("tests", i, "rows"), "%s: %q is no outcome, or its number is wrong", criterion, o)
				for k := range min(max(n, 0), maxRows) {
					rows[criterion] = append(rows[criterion], Row{Kind: "test", ID: fmt.Sprint(o, k), Outcome: o})
				}
			}
		}
		roles := make([]member.OrgRole, len(t.Roles))
		for j, r := range t.Roles {
			roles[j] = member.OrgRole(r)
		}
		got := l.s.Score(roles, rows)
		l.that(got.Score == t.Want.Score && got.Level == t.Want.Level, at("tests", i), "test %q: the score is %s, level %d, not %s, level %d", t.Name, got.Score, got.Level, t.Want.Score, t.Want.Level)
		for id, want := range t.Want.Criteria {
			line := got.Line(id)
			l.that(line != nil && line.Earned == want, at("tests", i), "test %q: %s earns %s, not %s", t.Name, id, earned(line), want)
		}
	}
}

func earned(l *Line) string {
	if l == nil {
		return "nothing"
	}
	return l.Earned.String()
}

// newer reports whether version a comes after b.
func newer(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, _ := strconv.Atoi(x[i])
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m > n
		}
	}
	return len(x) > len(y)
}
