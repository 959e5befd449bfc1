// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Case is one of a pack's own tests: with these facts, this is owed.
type Case struct {
	Name     string               `yaml:"name"`
	Roles    []Role               `yaml:"roles"`
	Facts    map[string]string    `yaml:"facts"`
	Anchors  map[string]time.Time `yaml:"anchors"`
	Done     map[string]time.Time `yaml:"done"`
	Declared []DeclaredDays       `yaml:"declared"`
	Now      time.Time            `yaml:"now"` // none means the last of the anchors
	Want     map[string]Wanted    `yaml:"want"`
	Absent   []string             `yaml:"absent"` // duties that are not owed
}

// DeclaredDays is a declared period in a test.
type DeclaredDays struct {
	From time.Time `yaml:"from"`
	To   time.Time `yaml:"to"`
}

// Wanted is what a test says of one duty: what is left out is not compared, except that without a due time the duty
// must have none.
type Wanted struct {
	State       State     `yaml:"state"`
	Due         time.Time `yaml:"due"`
	Latest      time.Time `yaml:"latest"` // none means: the same as due
	Provisional bool      `yaml:"provisional"`
}

// tests checks the section itself: known names, times with a zone, and every duty looked at.
func (c *check) tests(ids map[string]bool) {
	seen := map[string]bool{}
	for i, t := range c.pack.Tests {
		at := func(rest ...any) []any { return append([]any{"tests", i}, rest...) }
		c.that(t.Name != "", "a test has a name", at("name")...)
		for k, r := range t.Roles {
			c.that(slices.Contains(Roles, r), fmt.Sprintf("%q is no role", r), at("roles", k)...)
		}
		for fact, v := range t.Facts {
			allowed, ok := FactValues[fact]
			c.that(ok && slices.Contains(allowed, v), fmt.Sprintf("%s: %s is no fact with this value", fact, v), at("facts", fact)...)
		}
		for a := range t.Anchors {
			c.anchor(a, at("anchors", a)...)
		}
		c.that(len(t.Anchors) > 0 || !t.Now.IsZero(), "a test needs an anchor or says what time it is", at("now")...)
		for id := range t.Done {
			c.that(ids[id], fmt.Sprintf("the pack has no duty %q", id), at("done", id)...)
		}
		for id := range t.Want {
			c.that(ids[id], fmt.Sprintf("the pack has no duty %q", id), at("want", id)...)
			seen[id] = true
		}
		for k, id := range t.Absent {
			c.that(ids[id], fmt.Sprintf("the pack has no duty %q", id), at("absent", k)...)
		}
	}
	for i, d := range c.pack.Duties {
		c.that(d == nil || seen[d.ID], "none of the pack's tests looks at this duty", "duties", i)
	}
}

// Test runs the pack's own tests and returns what does not come out as they say.
func (p *Pack) Test() (failed []string) {
	for _, t := range p.Tests {
		for _, f := range p.test(t) {
			failed = append(failed, t.Name+": "+f)
		}
	}
	return failed
}

// Failed runs the pack's own tests and returns what does not come out as they say, each at the line of its test.
func (p *Pack) Failed() (failed Problems) {
	for i, t := range p.Tests {
		for _, f := range p.test(t) {
			failed = append(failed, Problem{File: p.Ref(), Line: p.lines[i], Reason: t.Name + ": " + f})
		}
	}
	return failed
}

func (p *Pack) test(t Case) (failed []string) {
	in := Input{Roles: t.Roles, Facts: t.Facts, Now: t.Now}
	for name, at := range t.Anchors {
		in.Anchors = append(in.Anchors, Anchor{Name: name, At: at})
		if t.Now.IsZero() && at.After(in.Now) {
			in.Now = at
		}
	}
	for _, d := range t.Declared {
		in.Declared = append(in.Declared, Declared{From: d.From, To: d.To})
	}
	for _, d := range p.Duties {
		if at, ok := t.Done[d.ID]; ok {
			to := d.Recipients
			if len(to) == 0 {
				to = []string{""}
			}
			for _, r := range to {
				in.Done = append(in.Done, Done{Duty: d.Key(), Recipient: r, At: at, Evidence: "test"})
			}
		}
	}
	got := map[string]Owed{}
	for _, o := range Evaluate([]*Pack{p}, in) {
		got[o.Duty.ID] = o
	}
	for _, d := range p.Duties {
		want, wanted := t.Want[d.ID]
		o, owed := got[d.ID]
		switch {
		case wanted && !owed:
			failed = append(failed, d.ID+" is not owed")
		case wanted:
			if why := want.differs(o); why != "" {
				failed = append(failed, d.ID+": "+why)
			}
		case owed && slices.Contains(t.Absent, d.ID):
			failed = append(failed, d.ID+" is owed")
		}
	}
	return failed
}

func (w Wanted) differs(o Owed) string {
	var why []string
	if w.Latest.IsZero() {
		w.Latest = w.Due
	}
	if w.State != "" && w.State != o.State {
		why = append(why, fmt.Sprintf("is %s, not %s", o.State, w.State))
	}
	if !w.Due.Equal(o.DueAt) {
		why = append(why, fmt.Sprintf("is due %s, not %s", o.DueAt, w.Due))
	}
	if !w.Latest.Equal(o.LatestAt) {
		why = append(why, fmt.Sprintf("is arguable until %s, not %s", o.LatestAt, w.Latest))
	}
	if w.Provisional != o.Provisional {
		why = append(why, fmt.Sprintf("provisional is %v", o.Provisional))
	}
	return strings.Join(why, "; ")
}
