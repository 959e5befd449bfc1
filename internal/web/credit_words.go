// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/web/look"
)

// creditLead says what the list is about, to a member or a supervisor.
func (v *view) creditLead() string {
	if v.Actor.Staff() {
		return v.T("web.credit.lead")
	}
	return v.T("web.credit.lead-member")
}

// first are the first n of some words.
func (v *view) first(words []string, n int) string {
	out := strings.Join(words[:min(len(words), n)], v.T("web.comma"))
	if len(words) > n {
		out += " …"
	}
	return out
}

// creditTabs are the states by which the list is narrowed.
func (v *view) creditTabs(q credit.Filter) []look.Tab {
	out := []look.Tab{{Href: "/credits", Label: v.T("web.credit.filter-all"), Current: q.State == ""}}
	for _, s := range credit.States {
		if s != credit.Merged {
			out = append(out, look.Tab{Href: "/credits?state=" + string(s), Label: v.T("credit.state." + string(s)), Current: q.State == s})
		}
	}
	return out
}

// leadOf is the lead from which an inquiry came. The inquiry's page is worth more than the way back: when it fails, it is
// not shown.
func (v *view) leadOf(inquiryID string) (credit.Lead, bool) {
	l, ok, err := v.s.Credits.OfInquiry(v.Context(), v.Actor, inquiryID)
	return l, ok && err == nil
}

// leadWords are what was said and done about a lead, as points of a time line.
func (v *view) leadWords(x creditSheet) (out []look.Moment) {
	for _, w := range x.Words {
		by := event.By{Account: w.By, Org: w.ByOrg}
		kind := "person"
		if w.By == "" {
			by.Via, kind = "system", ""
		}
		note := v.who(by, x.Orgs, x.People)
		if w.Text != "" {
			note = w.Text + " — " + note
		}
		out = append(out, look.Moment{Kind: kind, At: v.P.DateTime(w.At), ISO: w.At.UTC().Format(time.RFC3339), Title: v.T("credit.word." + string(w.Kind)), Note: note})
	}
	return out
}

// reportNumber is the number of the report that answered the lead.
func (x creditSheet) reportNumber() string {
	for _, n := range x.Near {
		if n.ReportID == x.ReportID {
			return n.Number
		}
	}
	return x.ReportID
}

func (v *view) partnerKey(partner bool) string {
	if partner {
		return "web.credit.partner"
	}
	return "web.credit.no-partner"
}

// chosenAnchor is what the reader chose, or the proposed date.
func (v *view) chosenAnchor(x creditSheet, f *form) string {
	if s := f.Get("anchor"); s != "" {
		return s
	}
	return v.anchorOptions(x)[0].Value
}

func (v *view) wrongWhy(f *form, mine bool) string {
	if !mine {
		return ""
	}
	return f.Wrong("why")
}
