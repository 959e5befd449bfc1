// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/fengsui/fengsui/internal/spec/strictyaml"
)

// check collects what is wrong with a pack that is good YAML.
type check struct {
	file  string
	root  *yaml.Node
	pack  *Pack
	found Problems
}

// that notes a problem at a place unless ok.
func (c *check) that(ok bool, reason string, path ...any) {
	if !ok {
		c.found = append(c.found, Problem{File: c.file, Line: strictyaml.Line(c.root, path...), Reason: reason})
	}
}

// Bounds of what a pack may hold: no law needs more, and whoever checks one must come to an end.
const (
	maxDuties = 200
	maxTests  = 500
	maxDays   = 3660 // working days
	maxYears  = 100
)

var (
	name     = regexp.MustCompile(`^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$`)
	semver   = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	channels = []string{"api", "mail", "phone", "web-manual"}
)

func (c *check) all() {
	p := c.pack
	c.that(p.Schema == Schema, "schema must be "+Schema, "schema")
	c.that(name.MatchString(p.Regime), "regime must be a name of small letters, digits and hyphens", "regime")
	c.that(semver.MatchString(p.Version), "version must be three numbers: 1.0.0", "version")
	c.that(p.Law != "", "law is missing", "law")
	c.text(p.Title, "title")
	c.text(p.Cite, "cite")
	c.that(p.Jurisdiction != "", "jurisdiction is missing", "jurisdiction")
	loc, err := time.LoadLocation(p.Zone)
	c.that(err == nil && p.Zone != "" && p.Zone != "Local", fmt.Sprintf("%q is no time zone", p.Zone), "zone")
	p.loc = loc
	c.that(slices.Contains([]Status{InForce, Proposed, Repealed}, p.Status), "status must be in_force, proposed or repealed", "status")
	c.that(p.Status == Proposed || !p.Effective.From.IsZero(), "a pack in force says from when", "effective")
	c.that(p.Status != Repealed || !p.Effective.To.IsZero(), "a repealed pack says until when", "effective")
	c.that(p.Effective.To.IsZero() || p.Effective.To.After(p.Effective.From.Time), "effective must end after it begins", "effective", "to")
	c.confidence(p.Confidence, "confidence")
	c.that(p.Source != "", "source is missing", "source")
	if p.Note != (Text{}) {
		c.text(p.Note, "note")
	}
	known := map[string]bool{}
	for i, r := range p.Recipients {
		c.that(r.ID != "" && !known[r.ID], "a recipient needs an id of its own", "recipients", i, "id")
		c.text(r.Name, "recipients", i, "name")
		c.that(slices.Contains(channels, r.Channel), "channel must be one of "+strings.Join(channels, ", "), "recipients", i, "channel")
		c.that(r.Jurisdiction != "", "jurisdiction is missing", "recipients", i, "jurisdiction")
		known[r.ID] = true
	}
	c.that(len(p.Duties) > 0, "a pack has at least one duty", "duties")
	if len(p.Duties) > maxDuties || len(p.Tests) > maxTests {
		c.that(len(p.Duties) <= maxDuties, fmt.Sprintf("a pack has %d duties at most", maxDuties), "duties")
		c.that(len(p.Tests) <= maxTests, fmt.Sprintf("a pack has %d tests at most", maxTests), "tests")
		return
	}
	ids := map[string]bool{}
	for i, d := range p.Duties {
		c.that(d != nil, "an empty duty", "duties", i)
		if d == nil {
			continue
		}
		c.that(!ids[d.ID], fmt.Sprintf("the duty %q stands twice", d.ID), "duties", i, "id")
		ids[d.ID] = true
		c.duty(d, known, i)
	}
	c.tests(ids)
}

func (c *check) text(t Text, path ...any) {
	c.that(strings.TrimSpace(t.ZH) != "", "the Chinese text is missing", append(path, "zh")...)
	c.that(strings.TrimSpace(t.EN) != "", "the English text is missing", append(path, "en")...)
}

func (c *check) confidence(x Confidence, path ...any) {
	c.that(slices.Contains([]Confidence{Found, Secondary, Memory}, x), "confidence must be found, secondary or memory", path...)
}

func (c *check) anchor(a string, path ...any) {
	c.that(slices.Contains(Anchors, a), fmt.Sprintf("%q is no anchor", a), path...)
}

func (c *check) period(p Period, path ...any) {
	c.that(p.Years <= maxYears && p.Months <= 12*maxYears, fmt.Sprintf("a period is %d years at most", maxYears), path...)
}

func (c *check) when(w When, path ...any) {
	for fact, values := range w {
		at := append(slices.Clone(path), fact)
		allowed, ok := FactValues[fact]
		c.that(ok, fmt.Sprintf("%q is no fact", fact), at...)
		c.that(len(values) > 0, "no value can be right", at...)
		for _, v := range values {
			c.that(!ok || slices.Contains(allowed, v), fmt.Sprintf("%s cannot be %q; it is one of %s", fact, v, strings.Join(allowed, ", ")), at...)
		}
	}
}

func (c *check) duty(d *Duty, recipients map[string]bool, i int) {
	at := func(rest ...any) []any { return append([]any{"duties", i}, rest...) }
	c.that(name.MatchString(d.ID), "id must be a name of small letters, digits, - and _", at("id")...)
	c.that(d.Rule == "" || name.MatchString(d.Rule), "rule must be a name of small letters, digits and hyphens", at("rule")...)
	c.text(d.Name, at("name")...)
	c.text(d.Text, at("text")...)
	c.that(len(d.Roles) > 0, "roles are missing", at("roles")...)
	for k, r := range d.Roles {
		c.that(slices.Contains(Roles, r), fmt.Sprintf("%q is no role", r), at("roles", k)...)
	}
	c.that(slices.Contains([]Force{Mandatory, Contractual, Encouraged, Policy}, d.Force), "force must be mandatory, contractual, encouraged or policy", at("force")...)
	c.when(d.When, at("when")...)
	c.when(d.Unless, at("unless")...)
	if d.Trigger != "" {
		c.anchor(d.Trigger, at("trigger")...)
	}
	for k, r := range d.Recipients {
		c.that(recipients[r], fmt.Sprintf("the pack has no recipient %q", r), at("recipients", k)...)
	}
	for k, f := range d.Fields {
		c.that(slices.Contains(Fields, f), fmt.Sprintf("%q is no field", f), at("fields", k)...)
	}
	c.that(d.Article != "" || d.Force == Contractual || d.Force == Policy, "article is missing", at("article")...)
	if d.Article != "" {
		c.text(d.Where, at("where")...)
	}
	c.confidence(d.Confidence, at("confidence")...)
	c.due(d, at)
}

func (c *check) due(d *Duty, at func(...any) []any) {
	due := d.Due
	anchored, figure, soft, calendared := true, false, false, false
	switch due.Kind {
	case Immediate, UndueDelay, Synchronous:
		soft = true
	case Duration, Retention:
		figure = true
	case WorkingDays:
		calendared = true
	case EarliestOf, LatestOf, Standing, NoLimit:
		anchored = false
	case StatedInOrder, OnRequest:
		c.anchor(due.By, at("due", "by")...)
	case Before, CalendarGate:
	default:
		c.that(false, fmt.Sprintf("%q is no kind of due time", due.Kind), at("due", "kind")...)
		return
	}
	c.that(anchored == (d.Anchor != "") || due.Kind == NoLimit, map[bool]string{true: "anchor is missing", false: "this kind of due time has no anchor of its own"}[anchored], at("anchor")...)
	if d.Anchor != "" {
		c.anchor(d.Anchor, at("anchor")...)
	}
	c.that(figure == !due.Value.IsZero(), "value is the figure of duration and retention_floor, and only theirs", at("due", "value")...)
	c.that(soft || due.Soft.IsZero(), "soft is a target where the law gives no figure", at("due", "soft")...)
	c.that(due.Days <= maxDays, fmt.Sprintf("there are %d working days at most", maxDays), at("due", "days")...)
	c.period(due.Value, at("due", "value")...)
	c.period(due.Soft, at("due", "soft")...)
	c.that((due.Days > 0) == calendared, "days are the figure of working_days, and only theirs", at("due", "days")...)
	for k, r := range due.Readings {
		c.that(slices.Contains([]Reading{Elapsed, SameTime, WholeDays, CivilDays, NoonAfterRest}, r), fmt.Sprintf("%q is no reading", r), at("due", "readings", k)...)
		calendared = calendared || r == CivilDays || r == NoonAfterRest
	}
	c.that(calendared == (due.Calendar != ""), "calendar says whose days of rest count, where they do", at("due", "calendar")...)
	c.that(due.Calendar == "" || workingCalendar(due.Calendar) != nil, fmt.Sprintf("%q is no calendar", due.Calendar), at("due", "calendar")...)
	many := due.Kind == EarliestOf || due.Kind == LatestOf
	c.that(many == (len(due.Of) > 1), "of lists two terms or more, for earliest_of and latest_of", at("due", "of")...)
	for k, t := range due.Of {
		c.anchor(t.Anchor, at("due", "of", k, "anchor")...)
		c.that(!t.Value.IsZero(), "value is missing", at("due", "of", k, "value")...)
		c.period(t.Value, at("due", "of", k, "value")...)
	}
	if due.Late != (Term{}) {
		c.anchor(due.Late.Anchor, at("due", "late", "anchor")...)
		c.that(many && !due.Late.Value.IsZero(), "late is a term beside of", at("due", "late")...)
	}
	c.period(due.Late.Value, at("due", "late", "value")...)
	for k, o := range due.Override {
		c.period(o.Value, at("due", "override", k, "value")...)
		c.when(o.When, at("due", "override", k, "when")...)
		c.that(len(o.When) > 0 && due.Kind == Duration, "an override changes a duration under facts", at("due", "override", k)...)
		if o.Anchor != "" {
			c.anchor(o.Anchor, at("due", "override", k, "anchor")...)
		}
		c.that(o.Anchor != "" || !o.Value.IsZero(), "an override changes the anchor or the value", at("due", "override", k)...)
	}
	c.that(d.Force != Encouraged || due.Kind == NoLimit || due.Kind == Standing, "what is only encouraged has no time limit", at("due", "kind")...)
	c.that(!d.Pausable || due.Kind == WorkingDays || due.Kind == Duration, "only a clock with a figure can stand still", at("pausable")...)
}
