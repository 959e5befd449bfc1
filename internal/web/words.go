// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/web/look"
)

// field is a form's field with its value and what is wrong with it.
func (f *form) field(name, label string) look.Field {
	return look.Field{Name: name, Label: label, Value: f.Get(name), Wrong: f.Wrong(name)}
}

// wrongs lists the broken rules in the order of the form's check.
func (f *form) wrongs() (out []look.Wrong) {
	if f.Err == nil {
		return nil
	}
	for _, x := range f.Err.Fields {
		for name, y := range f.errs {
			if y.Name == x.Name && y.Rule == x.Rule {
				out = append(out, look.Wrong{Name: f.prefix + name, Text: f.v.T("web.wrong", f.v.fieldName(name), f.Wrong(name))})
				break
			}
		}
	}
	return out
}

// place is where in a list a field stands: "affected[1].purl", "told_who[0]".
var place = regexp.MustCompile(`^(?:affected\[(\d+)\]\.(\w+)|(\w+)\[(\d+)\])$`)

// fieldName is the field's name in the reader's language, in whichever form it stands; in a list, with its place.
func (v *view) fieldName(name string) string {
	if m := place.FindStringSubmatch(name); m != nil {
		if n, err := strconv.Atoi(m[1] + m[4]); err == nil {
			return v.T("web.field-in-row", v.fieldName(m[2]+m[3]), n+1)
		}
	}
	for _, area := range []string{"report", "web.report", "member", "warning", "web.case", "web.product", "web.warning", "web.advisory", "web.inquiry", "web.credit"} {
		if key := area + ".field." + name; i18n.Has(key) {
			return v.T(key)
		}
	}
	return name
}

// options are choices whose words are texts below a key.
func (v *view) options(key string, values ...string) (out []look.Option) {
	for _, x := range values {
		out = append(out, look.Option{Value: x, Label: v.T(key + x)})
	}
	return out
}

// topClock is a clock that stands right below the page's heading.
func (v *view) topClock(d duty.Duty) look.Clock {
	c := v.clock(d)
	c.Top = true
	return c
}

// clock is a duty as a clock that people read.
func (v *view) clock(d duty.Duty) look.Clock {
	state := d.StateAt(v.Now)
	c := look.Clock{Label: duty.Label(v.P, d.Rule), State: string(state), Word: v.T("duty.state." + string(state)), Tags: []string{v.T("duty.force." + string(d.Force))},
		Sentence: duty.Tell(v.P, d, v.Now), From: d.AnchorAt, Due: d.DueAt, Latest: d.LatestAt, Met: d.MetAt, Now: v.Now, FromWord: v.P.DateTime(d.AnchorAt), DueWord: v.P.DateTime(d.DueAt)}
	if d.DueAt.IsZero() {
		c.State, c.Hero = look.Unset, v.T("web.clock.none")
		switch {
		case state == duty.Paused:
			c.Hero = v.T("web.clock.paused", v.P.DateTime(d.PausedAt))
		case state == duty.Met:
			c.Hero = v.T("web.clock.done", v.P.DateTime(d.MetAt))
		case state == duty.Waived || state == duty.Void:
			c.Hero = v.T("web.clock.ended", v.P.DateTime(d.VoidAt))
		case d.Force != duty.Encouraged:
			c.Word, c.Hero = v.T("web.clock.waiting"), ""
			if d.Anchor == "learned" {
				c.Hero = v.T("web.clock.waiting-hero")
			}
		default:
			c.Word = v.T("duty.force.encouraged")
		}
		return c
	}
	if d.LatestAt.After(d.DueAt) {
		c.LateWord = v.endOf(d.LatestAt)
	}
	switch state {
	case duty.Met, duty.MetLate:
		c.Hero = v.T("web.clock.met", v.P.DateTime(d.MetAt), v.P.Span(d.MetAt.Sub(d.AnchorAt)))
	case duty.Void, duty.Waived:
		c.State, c.Hero = look.Void, d.VoidWhy
		if c.Hero == "" {
			c.Hero = v.T("web.clock.ended", v.P.DateTime(d.VoidAt))
		}
	case duty.Arguable:
		c.Hero = v.P.Left(d.LatestAt, v.Now)
	default:
		c.Hero = v.P.Left(d.DueAt, v.Now)
		if state == duty.Overdue {
			c.Hero = v.P.Left(d.LatestAt, v.Now)
		}
	}
	return c
}

// endOf writes a time; midnight is the end of the day that it closes.
func (v *view) endOf(t time.Time) string {
	s := v.P.DateTime(t)
	if strings.HasSuffix(s, " 00:00") {
		return v.P.Date(t.Add(-time.Minute)) + " 24:00"
	}
	return s
}

// urgent is how many duties are past their last reading, and how many are still open.
func urgent(ds []duty.Duty, now time.Time) (overdue, open int) {
	for _, d := range ds {
		if d.DueAt.IsZero() {
			continue
		}
		switch d.StateAt(now) {
		case duty.Overdue:
			overdue++
			open++
		case duty.Running, duty.Arguable:
			open++
		}
	}
	return overdue, open
}

// kind says in words what an event is.
func (v *view) kind(kind string) string {
	if i18n.Has(kind) {
		return v.T(kind)
	}
	return v.T("web.kind." + kind)
}

// moments are events as points of a time line, with who did it when orgs and people name them.
func (v *view) moments(lines []event.Line, orgs map[string]member.Org, people map[string]string) (out []look.Moment) {
	for _, l := range lines {
		out = append(out, look.Moment{Kind: momentKind(l), At: v.P.DateTime(l.At), ISO: l.At.UTC().Format(time.RFC3339), Title: v.kind(l.Kind), Note: v.who(l.By, orgs, people)})
	}
	return out
}

// who names who did something: person and organisation, or the platform itself.
func (v *view) who(by event.By, orgs map[string]member.Org, people map[string]string) string {
	var parts []string
	if name := people[by.Account]; name != "" {
		parts = append(parts, name)
	}
	if o, ok := orgs[by.Org]; ok {
		parts = append(parts, o.Name(v.P.Lang()))
	}
	if len(parts) == 0 && by.Via == "system" {
		return v.T("web.by-platform")
	}
	return strings.Join(parts, " · ")
}

// momentKind is the shape on the time line: what came in, what went out, what a person decided.
func momentKind(l event.Line) string {
	switch l.Kind {
	case "report.submitted", "report.supplemented", "case.party-answered", "case.upstream-acknowledged", "warning.answered":
		return "in"
	case "report.transferred", "case.upstream-notified", "warning.released", "warning.extended", "advisory.published":
		return "out"
	}
	if l.By.Via != "system" && l.By.Account != "" {
		return "person"
	}
	return ""
}

// roles are a person's roles in words.
func (v *view) roles(rs []member.Role) string {
	var words []string
	for _, r := range rs {
		words = append(words, v.T("member.role."+string(r)))
	}
	return strings.Join(words, v.T("web.comma"))
}

// orgRoles are an organisation's roles in words.
func (v *view) orgRoles(rs []member.OrgRole) string {
	var words []string
	for _, r := range rs {
		words = append(words, v.T("member.org-role."+string(r)))
	}
	return strings.Join(words, v.T("web.comma"))
}

// noticeWhy says why somebody is thought to provide a component: a key and its argument.
func (v *view) noticeWhy(n casework.Notice) string {
	key, arg, _ := strings.Cut(n.Reason, " ")
	if !i18n.Has(key) {
		return ""
	}
	return v.T(key, arg)
}
