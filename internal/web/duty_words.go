// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"github.com/fengsui/fengsui/internal/duty"
)

// timed leaves out duties without a clock.
func timed(ds []duty.Duty) (out []duty.Duty) {
	for _, d := range ds {
		if !d.DueAt.IsZero() {
			out = append(out, d)
		}
	}
	return out
}

// dutyHref is where a duty is met: by another receiver's form, in its case when there is one, else in its report.
func (v *view) dutyHref(d duty.Duty) string {
	switch pack := dutyForm(d); {
	case pack != "" && d.ReportID != "":
		return "/reports/" + pathEscape(d.ReportID) + "/filings/" + pack
	case d.CaseID != "" && d.Rule != duty.RuleReport && d.Rule != duty.RulePartner:
		return "/cases/" + pathEscape(d.CaseID)
	case d.ReportID != "":
		return "/reports/" + pathEscape(d.ReportID)
	}
	return "/reports/new?flash=1"
}

// memberLead says in one sentence how urgent it is.
func (v *view) memberLead(h memberHome) string {
	overdue, open := urgent(h.Duties, v.Now)
	switch {
	case overdue > 0:
		return v.T("web.member-home.lead-overdue", overdue, open)
	case open > 0:
		return v.T("web.member-home.lead-open", open, v.nearest(h.Duties))
	case len(h.Drafts) > 0:
		return v.T("web.member-home.lead-unsent", len(h.Drafts))
	}
	return v.T("web.member-home.lead-none")
}

// nearest is the time left to the next open duty.
func (v *view) nearest(ds []duty.Duty) string {
	for _, d := range ds {
		switch d.StateAt(v.Now) {
		case duty.Running:
			if !d.DueAt.IsZero() {
				return v.P.Left(d.DueAt, v.Now)
			}
		case duty.Arguable:
			return v.P.Left(d.LatestAt, v.Now)
		}
	}
	return ""
}

// onTime is how many of the duties that were met were met on time, and how many were met.
func onTime(ds []duty.Duty) (good, met int) {
	for _, d := range ds {
		if d.MetAt.IsZero() || !d.VoidAt.IsZero() {
			continue
		}
		met++
		if !d.MetAt.After(d.DueAt) {
			good++
		}
	}
	return good, met
}
