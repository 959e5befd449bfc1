// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/web/look"
)

// dutyCrumbs is the way to a duty's file: members come from what they owe, staff from the register.
func (v *view) dutyCrumbs(x dutyFile) []look.Link {
	if x.OrgID == v.Actor.OrgID {
		return []look.Link{{Href: "/duties", Label: v.T("web.nav.duties")}}
	}
	return []look.Link{{Href: "/register", Label: v.T("web.nav.register")}}
}

func (v *view) dutyLead(x dutyFile) string {
	if x.OwedTo == duty.Reporter {
		return v.T("web.duty.lead-service")
	}
	return v.T("web.duty.lead-file")
}

// since is from when the i-th derivation held; the first since the duty was recorded.
func (x dutyFile) since(i int) time.Time {
	if i == 0 {
		return x.CreatedAt
	}
	return x.Past[i-1].Until
}

// iso is a time as machines read it.
func (v *view) iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// anchorTime is an asserted time, and what it is in the zone in which it was given.
func (v *view) anchorTime(a duty.Anchor) string {
	if a.At.IsZero() {
		return v.T("web.duty.taken-back")
	}
	s := v.P.DateTime(a.At)
	loc, err := time.LoadLocation(a.Zone)
	if err != nil || loc.String() == calendar.Beijing().String() || a.At.In(loc).Format(time.DateTime) == a.At.In(calendar.Beijing()).Format(time.DateTime) {
		return s
	}
	return v.T("web.duty.in-zone", s, a.At.In(loc).Format("2006-01-02 15:04"), a.Zone)
}

func (v *view) anchorBy(x dutyFile, a duty.Anchor) string {
	if a.By.Via == duty.Recorded {
		return v.T("web.duty.recorded-itself")
	}
	return v.actBy(x, a.By.Account, a.By.Org)
}

func (v *view) pauseSpan(a duty.Act) string {
	if a.EndedAt.IsZero() {
		return v.T("web.duty.pause-open", v.P.DateTime(a.From))
	}
	return v.T("web.duty.pause-span", v.P.DateTime(a.From), v.P.DateTime(a.To), v.P.Span(a.To.Sub(a.From)))
}

func (v *view) kindOptions(ks []duty.ActKind) (out []look.Option) {
	for _, k := range ks {
		out = append(out, look.Option{Value: string(k), Label: v.T("web.duty.act." + string(k)), Hint: v.T("web.duty.act-hint." + string(k))})
	}
	return out
}

// only is what was typed into a field of one of several forms on the page that share its name.
func (v *view) only(f *form, do, name string) string {
	if f.Get("do") != do {
		return ""
	}
	return f.Get(name)
}

// wrongOf says what is wrong with a field of one of several forms.
func (v *view) wrongOf(f *form, do, name string) string {
	if f.Get("do") != do {
		return ""
	}
	return f.Wrong(name)
}
