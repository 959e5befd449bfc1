// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/warning"
)

// A Screen is one page of the demo, as one person of the cast sees it.
type Screen struct {
	Name      string
	AccountID string // "" for a visitor who has not signed in
	Path      string
}

// Account is the id of a person of the cast, by key: "analyst", "officer", "engineer" …
func (d *Demo) Account(key string) string { return d.who[key].ID }

// Screens lists every page that the demo shows, for pictures and for browser tests.
func (d *Demo) Screens(ctx context.Context) (out []Screen, err error) {
	ws, _, err := d.s.Warnings.List(ctx, d.as("analyst"), warning.Filter{})
	if err != nil {
		return nil, err
	}
	rs, _, err := d.s.Reports.List(ctx, d.as("finder"), report.Filter{})
	if err != nil {
		return nil, err
	}
	ns, err := d.s.Cases.NoticesOf(ctx, d.as("upstream"))
	if err != nil {
		return nil, err
	}
	ps, _, err := d.s.Products.List(ctx, d.as("engineer"), product.Filter{})
	if err != nil {
		return nil, err
	}
	as, _, err := d.s.Advisories.Public(ctx, advisory.Filter{Limit: 1})
	if err != nil {
		return nil, err
	}
	add := func(name, who, path string) {
		id := ""
		if who != "" {
			id = d.Account(who)
		}
		out = append(out, Screen{name, id, path})
	}
	add("home-public", "", "/")
	add("sign-in", "", "/sign-in")
	add("join", "", "/join")
	add("advisories", "", "/advisories")
	add("status", "", "/status")
	add("evidence", "", "/evidence")
	add("drills", "", "/drills")
	add("drill-what-if", "", "/drills/log4j2-2021")
	add("laws", "", "/laws")
	add("laws-upcoming", "", "/laws?upcoming=yes")
	add("law", "", "/laws/cn-rmsv-2021")
	add("law-packs", "supervisor", "/law-packs")
	add("api-docs", "", "/api/docs")
	add("nowhere", "", "/no/such/page")
	add("report-new-visitor", "", "/reports/new?flash=yes")
	add("home-member", "provider", "/")
	add("report-flash", "provider", "/reports/new?flash=yes")
	add("report-full", "provider", "/reports/new?example=yes")
	add("duties", "finder", "/duties")
	add("reports", "finder", "/reports")
	add("drafts", "finder", "/drafts")
	add("tokens", "provider", "/tokens")
	add("members", "supervisor", "/members")
	add("member", "administrator", "/members/"+d.orgs[skyharbor].ID)
	add("register", "supervisor", "/register")
	add("reminders-staff", "officer", "/reminders")
	add("reminders", "finder", "/reminders")
	add("calls", "officer", "/calls")
	add("roster", "provider", "/roster")
	add("register-all", "supervisor", "/register?state=&side=")
	add("register-acts", "supervisor", "/register/acts")
	add("register-past", "supervisor", "/register?state=&as_of=2021-11-26T12:00")
	add("owe-nothing", "provider", "/duties")
	add("inquiries", "supervisor", "/inquiries")
	add("evaluations", "supervisor", "/evaluations")
	add("transparency", "", "/transparency")
	add("transparency-edition", "", "/transparency/2021-Q3")
	add("credits", "supervisor", "/credits")
	add("credits-member", "provider", "/credits")
	add("member-names", "provider", "/members/"+d.orgs[skyharbor].ID+"/names")
	leads, _, err := d.s.Credits.List(ctx, d.as("supervisor"), credit.Filter{})
	if err != nil {
		return nil, err
	}
	for _, l := range leads {
		if l.State == credit.Asked {
			add("credit", "provider", "/credits/"+l.ID)
			add("credit-staff", "supervisor", "/credits/"+l.ID)
		} else {
			add("credit-waiting", "supervisor", "/credits/"+l.ID)
		}
	}
	add("decisions", "", "/decisions")
	add("policy", "", "/policy")
	files, _, err := d.s.Compliance.List(ctx, d.as("supervisor"), compliance.Filter{})
	if err != nil {
		return nil, err
	}
	for _, x := range files {
		switch {
		case x.OrgID == d.orgs["guanlan"].ID:
			add("inquiry-over", "supervisor", "/inquiries/"+x.ID)
			add("inquiry-letter", "supervisor", "/inquiries/"+x.ID+"/decision")
			add("inquiry-notice", "supervisor", "/inquiries/"+x.ID+"/notice")
			add("decision", "", "/decisions/"+x.Number)
		case x.OrgID == d.orgs["qingqiong"].ID:
			add("inquiry", "supervisor", "/inquiries/"+x.ID)
			add("inquiry-mirror", "qingqiong", "/inquiries/"+x.ID)
		}
	}
	if err := d.dutyScreens(ctx, rs, add); err != nil {
		return nil, err
	}
	if err := errors.Join(d.lawScreens(ctx, add), d.knownScreens(ctx, add), d.receiverScreens(ctx, add)); err != nil {
		return nil, err
	}
	add("journal", "auditor", "/journal")
	add("home-staff", "analyst", "/")
	add("cases", "analyst", "/cases")
	add("products", "engineer", "/products")
	add("warnings-staff", "officer", "/warnings")
	add("warnings", "engineer", "/warnings")
	add("warnings-owed", "provider", "/warnings")
	add("settings", "provider", "/settings")
	add("reach", "provider", "/settings/reach")
	add("bundle", "provider", "/warning-bundle")
	add("vendors", "analyst", "/vendors")
	add("reachability", "supervisor", "/reachability")
	calls, _, err := d.s.Duties.Calls(ctx, d.as("officer"), duty.CallFilter{Limit: 1})
	if err != nil {
		return nil, err
	}
	for _, c := range calls {
		add("call", "officer", "/calls/"+c.ID)
	}
	letters, _, _, err := d.s.Duties.Inbox(ctx, d.as("officer"), "", 1)
	if err != nil {
		return nil, err
	}
	for _, l := range letters {
		add("letter", "officer", "/reminders/"+l.ID)
	}
	for _, r := range rs {
		c, err := d.s.Cases.OfReport(ctx, d.as("analyst"), r.ID)
		if err != nil {
			return nil, err
		}
		switch {
		case c.ID == d.story.caseID:
			add("report", "finder", "/reports/"+r.ID)
			add("filings", "finder", "/reports/"+r.ID+"/filings")
			add("filing", "finder", "/reports/"+r.ID+"/filings/cnnvd")
			add("filing-abroad", "finder", "/reports/"+r.ID+"/filings/eu-srp-72h")
		case c.State == casework.NeedsInfo:
			add("report-asked", "finder", "/reports/"+r.ID)
			add("report-supplement", "finder", "/reports/"+r.ID+"/supplement")
		}
	}
	for _, p := range ps {
		if p.Model == terminal {
			add("product-changes", "engineer", "/products/"+p.ID+"/changes")
		}
	}
	for _, p := range ps[:min(1, len(ps))] {
		add("product", "engineer", "/products/"+p.ID)
	}
	for _, a := range as[:min(1, len(as))] {
		add("advisory", "", "/advisories/"+a.Number)
	}
	for _, n := range ns[:min(1, len(ns))] {
		add("notice", "upstream", "/notices/"+n.ID)
	}
	if kase := "/cases/" + d.story.caseID; d.story.caseID != "" {
		add("case", "analyst", kase)
		add("case-edit", "analyst", kase+"/edit")
		add("case-grade", "analyst", kase+"/grade?AV=N&AC=L&PR=N&UI=N&C=H&I=H&A=H&E=L&RL=H&S=H")
		add("case-party", "upstream", kase)
	}
	if err := d.reviewed(ctx, add); err != nil {
		return nil, err
	}
	for _, w := range ws {
		if w.CreatedAt.Before(storyYear) {
			continue
		}
		if w.CaseID != d.story.caseID {
			add("warning-answered", "engineer", "/warnings/"+w.ID)
			add("warning-sheet", "engineer", "/warnings/"+w.ID+"/sheet")
			add("warning-amended", "officer", "/warnings/"+w.ID)
			add("warning-board", "officer", "/warnings/"+w.ID+"/board")
			continue
		}
		add("warning-staff", "deputy", "/warnings/"+w.ID)
		add("warning-edit", "officer", "/warnings/"+w.ID+"/edit")
		add("warning-try", "officer", "/warnings/"+w.ID+"/edit?try=yes&as="+grid)
		add("warning-as", "officer", "/warnings/"+w.ID+"/as/"+d.orgs[grid].ID)
	}
	return out, nil
}
