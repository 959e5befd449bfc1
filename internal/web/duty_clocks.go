// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/web/look"
)

// started leaves out what has no clock at all: what is encouraged.
func started(ds []duty.Duty) (out []duty.Duty) {
	for _, d := range ds {
		if d.Force != duty.Encouraged {
			out = append(out, d)
		}
	}
	return out
}

// stops are the platform's clocks for a report as steps of its way.
func (v *view) stops(x reportView) (out []look.Stop) {
	for _, d := range x.Clocks {
		c := v.clock(d)
		s := look.Stop{State: c.State, Label: c.Label, Word: c.Word, Hero: c.Hero, Text: c.Sentence, Who: v.holder(x, d)}
		if state := d.StateAt(v.Now); state == duty.Met || state == duty.MetLate {
			s.State = string(state)
			s.Hero = v.T("web.parcel.done", v.P.DateTime(d.MetAt))
		}
		out = append(out, s)
	}
	return out
}

// holder says who has the report at a step. Of people nobody is named: the reporter deals with the platform.
func (v *view) holder(x reportView, d duty.Duty) string {
	switch d.Rule {
	case duty.RuleDisseminate:
		var done, all int
		for _, t := range x.Transfers {
			if all++; t.State == delivery.Delivered {
				done++
			}
		}
		if all > 0 {
			return v.T("web.parcel.authorities", done, all)
		}
		return v.T("web.parcel.with-system")
	case duty.RuleAcknowledge:
		return v.T("web.parcel.with-system")
	}
	switch {
	case d.StateAt(v.Now) == duty.NotTriggered:
		return ""
	case x.Asked != "" && d.MetAt.IsZero():
		return v.T("web.parcel.with-you")
	}
	return v.T("web.parcel.with-analysts")
}

func (v *view) taskTime(t duty.Task) string {
	switch {
	case !t.Open():
		return v.P.DateTime(t.AnsweredAt)
	case t.DueAt.IsZero():
		return ""
	}
	return v.P.Left(t.DueAt, v.Now)
}

func (v *view) taskTone(t duty.Task) string {
	switch {
	case !t.Open():
		return look.Good
	case !t.DueAt.IsZero() && v.Now.After(t.DueAt):
		return look.Bad
	}
	return look.Wait
}

func (v *view) taskWord(t duty.Task) string {
	if t.Open() {
		return v.T("web.clash.open")
	}
	return v.T("web.clash.decided")
}
