// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/strictyaml"
	"github.com/fengsui/fengsui/internal/warning"
)

// Bounds of a scenario.
const (
	MaxSize  = 1 << 20
	maxMoves = 500
	maxCast  = 200
	maxDays  = 60
)

// A Problem is what is wrong with a scenario, and where; Problems are all of them.
type (
	Problem  = strictyaml.Problem
	Problems = strictyaml.Problems
)

// Parse reads a scenario and refuses a wrong one with Problems: what is no YAML, has unknown keys, names people, moves,
// flaws, rules or events that are not there, or moves that wait for each other.
func Parse(file string, data []byte) (*Scenario, error) {
	s := Scenario{Source: data}
	root, err := strictyaml.Read(file, "scenario", data, MaxSize, &s)
	if err != nil {
		return nil, err
	}
	c := check{file: file, root: root, s: &s}
	c.all()
	if len(c.found) > 0 {
		slices.SortStableFunc(c.found, func(a, b Problem) int { return a.Line - b.Line })
		return nil, c.found
	}
	return &s, nil
}

// check looks a scenario over.
type check struct {
	file  string
	root  *yaml.Node
	s     *Scenario
	found Problems
}

// that notes reason at a place of the file, unless ok.
func (c *check) that(ok bool, path []any, reason string, args ...any) {
	if !ok {
		c.found = append(c.found, Problem{File: c.file, Line: strictyaml.Line(c.root, path...), Reason: fmt.Sprintf(reason, args...)})
	}
}

var (
	idForm      = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)
	versionForm = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
)

func at(path ...any) []any { return path }

func (c *check) all() {
	s := c.s
	c.that(s.Schema == Schema, at("schema"), "the schema of this file format is %s", Schema)
	c.that(idForm.MatchString(s.ID), at("id"), "an id is short and in lower case, such as log4j2-2021")
	c.that(versionForm.MatchString(s.Version), at("version"), "a version is written as 1.0.0")
	c.text(s.Title, at("title"))
	c.text(s.Brief, at("brief"))
	c.that(!s.Start.IsZero() && s.End.After(s.Start.Time), at("end"), "an exercise has a start and a later end")
	c.that(len(s.Cast) <= maxCast, at("cast"), "at most %d organisations take part", maxCast)
	c.that(len(s.Moves) > 0 && len(s.Moves) <= maxMoves, at("moves"), "a scenario has between 1 and %d moves", maxMoves)
	c.cast()
	for name, f := range s.Flaws {
		c.flaw(name, f)
	}
	seen := map[string]bool{}
	for i, m := range s.Moves {
		c.that(idForm.MatchString(m.ID) && !seen[m.ID], at("moves", i, "id"), "every move has an id of its own, such as first-report")
		seen[m.ID] = true
		c.move(i, m)
	}
	seen = map[string]bool{}
	for i, g := range s.Goals {
		c.that(idForm.MatchString(g.ID) && !seen[g.ID], at("goals", i, "id"), "every goal has an id of its own, such as warned-in-time")
		seen[g.ID] = true
		c.goal(i, g)
	}
	if s.WhatIf != nil {
		c.whatIf(*s.WhatIf)
	}
}

func (c *check) text(t Text, path []any) {
	c.that(strings.TrimSpace(t.ZH) != "" && strings.TrimSpace(t.EN) != "", path, "the text is needed in both languages: zh and en")
}

func (c *check) cast() {
	slugs, keys, desk := map[string]bool{}, map[string]bool{}, 0
	for i, o := range c.s.Cast {
		c.that(idForm.MatchString(o.Slug) && !slugs[o.Slug], at("cast", i, "slug"), "every organisation has a short name of its own")
		slugs[o.Slug] = true
		c.text(o.Name, at("cast", i, "name"))
		for _, r := range o.Roles {
			c.that(slices.Contains(member.OrgRoles, r), at("cast", i, "roles"), "%q is no role of an organisation", r)
		}
		if slices.Contains(o.Roles, member.Platform) {
			desk++
		}
		c.that(o.Partner >= 0 && o.Partner <= 3, at("cast", i, "partner"), "the level of a partner unit is 1, 2 or 3")
		for j, p := range o.People {
			c.that(idForm.MatchString(p.Key) && !keys[p.Key], at("cast", i, "people", j, "key"), "every person has a key of its own")
			keys[p.Key] = true
			c.text(p.Name, at("cast", i, "people", j, "name"))
			c.text(p.Seat, at("cast", i, "people", j, "seat"))
			for _, r := range p.Roles {
				c.that(slices.Contains(member.Roles, r), at("cast", i, "people", j, "roles"), "%q is no role of a person", r)
			}
		}
		for j, x := range o.Products {
			c.text(x.Name, at("cast", i, "products", j, "name"))
			c.that(slices.Contains(product.Kinds, x.Kind), at("cast", i, "products", j, "kind"), "%q is no kind of product", x.Kind)
			c.that(x.Version != "", at("cast", i, "products", j, "version"), "a product has a version")
		}
	}
	c.that(desk == 1, at("cast"), "one organisation runs the platform: it has the role %q", member.Platform)
}

func (c *check) flaw(name string, f Flaw) {
	p := func(key string) []any { return at("flaws", name, key) }
	c.text(f.Title, p("title"))
	c.text(f.Technical, p("technical"))
	c.text(f.Fix, p("fix"))
	for key, v := range map[string]string{"vendor": f.Vendor, "product": f.Product, "versions": f.Versions, "harm": f.Harm, "scope": f.Scope, "cvss": f.CVSS, "gbt": f.GBT} {
		c.that(strings.TrimSpace(v) != "", p(key), "%s is needed: the case is graded and warned of by it", key)
	}
}

// needs says what a verb takes beside who does it.
var needs = map[Verb]struct{ who, flaw, learned, level, answer, text, case_ bool }{
	Tell: {}, Report: {who: true, flaw: true, learned: true}, Flash: {who: true, flaw: true, learned: true}, Take: {who: true, case_: true}, Join: {who: true, case_: true},
	Notify: {who: true, flaw: true}, Verify: {who: true, flaw: true}, Grade: {who: true, flaw: true}, Approve: {who: true, level: true}, Release: {who: true},
	Revise: {who: true, text: true}, Answer: {who: true, answer: true}, Draft: {who: true}, Publish: {who: true},
}

func (c *check) move(i int, m Move) {
	p := func(key string) []any { return at("moves", i, key) }
	c.text(m.Say, p("say"))
	n, known := needs[m.Do]
	c.that(known, p("do"), "%q is nothing that can be done; known are %v", m.Do, Verbs)
	c.that(m.At.IsZero() != (m.After == ""), p("at"), "a move has either a moment (at) or another move that it follows (after)")
	if m.After != "" {
		_, ok := c.s.move(m.After)
		c.that(ok, p("after"), "there is no move %q", m.After)
		c.that(!ok || !c.circle(m), p("after"), "the moves wait for each other")
	}
	if m.On != "" {
		on, ok := c.s.move(m.On)
		c.that(ok && (on.Do == Report || on.Do == Flash), p("on"), "%q is no report", m.On)
	}
	_, _, ok := c.s.person(m.Who)
	c.that(ok || m.Who == "" && !n.who, p("who"), "%q is nobody in the cast", m.Who)
	_, _, ok = c.s.person(m.By)
	c.that(ok && m.By != m.Who || m.Do != Revise, p("by"), "a revision needs a second person of the cast")
	_, ok = c.s.Flaws[m.Flaw]
	c.that(ok || m.Flaw == "" && !n.flaw, p("flaw"), "there is no flaw %q", m.Flaw)
	c.that(!n.learned || !m.Learned.IsZero(), p("learned"), "a report says since when the reporter knows")
	c.that(!n.level || slices.Contains(warning.Levels, warning.Level(m.Level)), p("level"), "%q is no level of a warning", m.Level)
	c.that(!n.answer || slices.Contains(warning.Answers, warning.Answer(m.Answer)), p("answer"), "%q is no answer; known are %v", m.Answer, warning.Answers)
	if n.text {
		c.text(m.Text, p("text"))
	}
}

// circle reports whether m waits for itself.
func (c *check) circle(m Move) bool {
	from := m.ID
	for range c.s.Moves {
		next, ok := c.s.move(m.After)
		if !ok || m.After == "" {
			return false
		}
		if next.ID == from {
			return true
		}
		m = next
	}
	return true
}

// scored are the kinds of events that a goal can wait for.
var scored = []string{"report.submitted", "report.transferred", "case.taken", "case.upstream-notified", "case.upstream-acknowledged", "case.verified", "case.graded", "match.found",
	"warning.approved", "warning.released", "warning.answered", "advisory.published"}

func (c *check) goal(i int, g Goal) {
	p := func(keys ...any) []any { return append(at("goals", i), keys...) }
	c.text(g.Text, p("text"))
	c.that(g.Points > 0 && g.Points <= 1000, p("points"), "a goal is worth between 1 and 1000 points")
	n := 0
	if g.Time != nil {
		n++
		_, ok := c.s.move(g.Time.From)
		c.that(ok || slices.Contains(scored, g.Time.From), p("time", "from"), "%q is neither a move nor an event; known events are %v", g.Time.From, scored)
		c.that(slices.Contains(scored, g.Time.To), p("time", "to"), "%q is no event; known are %v", g.Time.To, scored)
		c.that(g.Time.Within.Duration() > 0, p("time", "within"), "the time allowed is longer than nothing: PT4H")
	}
	if g.Share != nil {
		n++
		c.that(g.Share.Percent > 0 && g.Share.Percent <= 100, p("answered", "percent"), "a share is between 1 and 100 percent")
		c.that(g.Share.After.Duration() > 0, p("answered", "after"), "the time allowed is longer than nothing: PT12H")
	}
	if g.Exact != nil {
		n++
		for _, slug := range g.Exact.Orgs {
			c.that(c.org(slug), p("affected", "orgs"), "there is no organisation %q", slug)
		}
	}
	if g.Duty != nil {
		n++
		c.that(c.org(g.Duty.Org), p("duty", "org"), "there is no organisation %q", g.Duty.Org)
		c.that(slices.Contains(duty.Rules, g.Duty.Rule), p("duty", "rule"), "there is no duty %q; known are %v", g.Duty.Rule, duty.Rules)
	}
	c.that(n == 1, p(), "a goal measures one thing: time, answered, affected or duty")
}

func (c *check) org(slug string) bool {
	return slices.ContainsFunc(c.s.Cast, func(o Organisation) bool { return o.Slug == slug })
}

func (c *check) whatIf(w WhatIf) {
	p := func(key string) []any { return at("what_if", key) }
	c.text(w.Label, p("label"))
	_, _, ok := c.s.person(w.Who)
	c.that(ok, p("who"), "%q is nobody in the cast", w.Who)
	_, ok = c.s.Flaws[w.Flaw]
	c.that(ok, p("flaw"), "there is no flaw %q", w.Flaw)
	c.that(!w.Base.IsZero(), p("base"), "day 0 is the moment at which the reporter learned of the flaw")
	c.that(w.Days > 0 && w.Days <= maxDays, p("days"), "between 1 and %d days can be asked for", maxDays)
	m, ok := c.s.move(w.For)
	c.that(ok && (m.Do == Report || m.Do == Flash), p("for"), "%q is no report", w.For)
	_, ok = c.s.move(w.Leak)
	c.that(ok, p("leak"), "there is no move %q", w.Leak)
}
