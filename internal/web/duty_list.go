// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/filing"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/web/look"
)

// dutyList is what the member's organisation owes.
func (s *Server) dutyList(v *view) error { return s.dutyListShow(v, "") }

func (s *Server) dutyListShow(v *view, secret string) error {
	ds, err := s.Duties.Owed(v.Context(), v.Actor, v.Actor.OrgID, false)
	if err != nil {
		return err
	}
	o := owe{Secret: secret}
	o.sort(v, ds)
	ts, err := s.Duties.Tasks(v.Context(), v.Actor, v.Actor.OrgID)
	if err != nil {
		return err
	}
	for _, t := range ts {
		if t.Open() {
			o.Clashes++
		}
	}
	if x, err := s.Duties.CalendarAddress(v.Context(), v.Actor); err == nil {
		o.Calendar = &x
	} else if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Withheld) {
		return err
	}
	return v.ok(dutyListPage(v, o))
}

// owe is what an organisation owes, by urgency.
type owe struct {
	First    *duty.Duty // what burns most, nil for nothing
	Groups   []oweGroup
	Over     []duty.Duty // met, waived, void: the latest first
	Open     int
	Calendar *duty.Subscription // nil for none
	Secret   string             // of a new calendar address, shown this once
	Clashes  int                // decisions that clashing laws ask for, still open
}

// oweGroup is what falls due in one span of time: "overdue", "today", "week", "later", "still".
type oweGroup struct {
	Name   string
	Duties []duty.Duty
}

// sort puts the duties where they belong at v.Now; ds has the latest due first.
func (o *owe) sort(v *view, ds []duty.Duty) {
	now := v.Now.In(calendar.Beijing())
	tonight := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, now.Location())
	monday := tonight.AddDate(0, 0, (7-int(now.Weekday()))%7)
	groups := map[string][]duty.Duty{}
	for _, d := range slices.Backward(ds) {
		name := "later"
		switch state := d.StateAt(v.Now); {
		case state == duty.Met || state == duty.MetLate || state == duty.Waived || state == duty.Void:
			continue
		case state == duty.Overdue:
			name = "overdue"
		case state == duty.Paused || d.DueAt.IsZero():
			name = "still"
		case d.DueAt.Before(tonight): // also what is past the strict reading, before the latest arguable one
			name = "today"
		case d.DueAt.Before(monday):
			name = "week"
		}
		groups[name] = append(groups[name], d)
		if name != "still" {
			o.Open++
		}
	}
	for _, name := range []string{"overdue", "today", "week", "later", "still"} {
		if g := groups[name]; len(g) > 0 {
			if o.First == nil && name != "still" {
				o.First = &g[0]
			}
			o.Groups = append(o.Groups, oweGroup{name, g})
		}
	}
	for _, d := range ds {
		if !d.MetAt.IsZero() || !d.VoidAt.IsZero() {
			o.Over = append(o.Over, d)
		}
	}
}

// dutyNext says in one line what has to be done.
func (v *view) dutyNext(d duty.Duty) string {
	switch d.Rule {
	case duty.RuleReport, duty.RulePartner, duty.RuleVerify, duty.RuleUpstream, duty.RuleRemedy:
		return v.T("duty.next." + d.Rule)
	}
	if x := lawpack.Lookup(d.Rule, d.Pack); x != nil {
		return x.Text.In(v.P)
	}
	return ""
}

// dutyForm is the receiver's form that meets a duty outside this platform, "" for none.
func dutyForm(d duty.Duty) string {
	for _, p := range filing.Packs() {
		if p.Jurisdiction != "CN" && slices.Contains(p.Meets, d.Rule) {
			return p.ID
		}
	}
	return ""
}

// dutyExport is the member's own part of the register as a file.
func (s *Server) dutyExport(v *view) error {
	q, err := v.registerQuery()
	return s.export(v, q, err)
}

// oweLead says in one sentence what burns.
func (v *view) oweLead(o owe) string {
	overdue := 0
	for _, g := range o.Groups {
		if g.Name == "overdue" {
			overdue = len(g.Duties)
		}
	}
	switch {
	case overdue > 0:
		return v.T("web.duty.lead-overdue", overdue, o.Open)
	case o.First != nil:
		return v.T("web.duty.lead-open", o.Open, v.clock(*o.First).Hero)
	case len(o.Groups) > 0:
		return v.T("web.duty.lead-still")
	}
	return v.T("web.duty.lead-none")
}

// oweNone reassures: nothing is owed, and how it was so far.
func (v *view) oweNone(o owe) string {
	if _, met := onTime(o.Over); met > 0 {
		return v.oweOnTime(o) + v.T("web.duty.none-sep") + v.T("web.duty.none-why")
	}
	return v.T("web.duty.none-why")
}

// oweOnTime is how many of the duties that were met were met on time by the strict reading.
func (v *view) oweOnTime(o owe) string {
	good, met := onTime(o.Over)
	if met == 0 {
		return v.T("web.duty.count", len(o.Over))
	}
	return v.T("web.duty.on-time-of", good, met)
}

// oweKind makes the first thing to do stand out.
func oweKind(first bool) string {
	if first {
		return look.Primary
	}
	return look.Quiet
}

// oweDo names the button that leads to where a duty is met.
func (v *view) oweDo(d duty.Duty) string {
	switch {
	case dutyForm(d) != "":
		return v.T("web.duty.do-form")
	case d.Rule == duty.RuleReport || d.Rule == duty.RulePartner:
		return v.T("web.duty.do-report")
	case d.Rule == duty.RuleUpstream:
		return v.T("web.duty.do-upstream")
	}
	return v.T("web.duty.do-verify")
}

// clashesOpen counts the decisions that wait; nothing where none does.
func (v *view) clashesOpen(n int) string {
	if n == 0 {
		return ""
	}
	return v.T("web.duty.clashes-open", n)
}
