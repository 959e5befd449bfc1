// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"strings"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/web/look"
	"github.com/fengsui/fengsui/internal/web/static"
)

// chrome is what stands around a page: navigation by role, who one is, the demo's ribbon.
func (v *view) chrome(title string, narrow bool) look.Shell {
	x := look.Shell{P: v.P, Title: title, Theme: v.Theme, Path: v.back(), Narrow: narrow, Nav: v.navigation(), CSS: static.URL("app.css"), JS: static.URL("app.js"), Favicon: static.URL("beacon.svg"), Exercise: v.s.Exercise,
		FooterTop: []look.Link{{Href: "/advisories", Label: v.T("web.nav.advisories")}, {Href: "/reports/new", Label: v.T("web.nav.report")}, {Href: "/status", Label: v.T("web.nav.status")},
			{Href: "/evidence", Label: v.T("web.nav.evidence")}, {Href: "/transparency", Label: v.T("web.transparency.title")}, {Href: "/laws", Label: v.T("web.nav.laws")}, {Href: "/join", Label: v.T("web.nav.join")}, {Href: "/api/docs", Label: v.T("web.nav.api")}}}
	for _, l := range v.s.Footer {
		x.FooterTop = append(x.FooterTop, look.Link{Href: l.Href, Label: v.T(l.Key)})
	}
	if v.Actor.SignedIn() {
		u := look.User{Name: v.Actor.Name, Org: v.Org.Name(v.P.Lang()), Role: v.roles(v.Actor.Roles)}
		if v.Actor.OrgID != "" {
			u.Links = append(u.Links, look.Link{Href: "/members/" + pathEscape(v.Actor.OrgID), Label: v.T("web.nav.org")})
			if v.Actor.Is(member.Engineer, member.OrgAdmin) {
				u.Links = append(u.Links, look.Link{Href: "/inquiries", Label: v.T("web.nav.inquiries")}, look.Link{Href: "/credits", Label: v.T("web.nav.credits")}, look.Link{Href: "/evaluations", Label: v.T("web.evaluation.title")})
			}
			if v.Actor.Is(member.OrgAdmin) {
				u.Links = append(u.Links, look.Link{Href: "/settings", Label: v.T("web.settings.title")})
			}
		}
		if v.Actor.OrgID != "" || v.Actor.Staff() {
			u.Links = append(u.Links, look.Link{Href: "/reminders", Label: v.T("web.reminder.title")})
		}
		if v.Actor.Is(member.DutyOfficer, member.Supervisor) {
			u.Links = append(u.Links, look.Link{Href: "/deliveries", Label: v.T("web.outbox.title")})
		}
		u.Links = append(u.Links, look.Link{Href: "/drafts", Label: v.T("web.nav.drafts")}, look.Link{Href: "/tokens", Label: v.T("web.nav.tokens")})
		x.User = &u
	}
	if v.s.Demo != nil {
		x.Demo = &look.Demo{Now: v.P.DateTime(v.Now)}
		if v.URL.Path != "/sign-in" { // which offers them itself
			x.Demo.Personas = v.personas()
		}
	}
	return x
}

// personas is the demo's cast in the reader's language.
func (v *view) personas() (out []look.Persona) {
	for _, p := range v.s.Demo.Personas {
		name, org, _ := strings.Cut(v.P.Pick(p.NameZH, p.NameEN), " · ")
		out = append(out, look.Persona{ID: p.AccountID, Name: name, Org: org, Role: v.P.Pick(p.RoleZH, p.RoleEN), Icon: p.Icon, Current: p.AccountID == v.Actor.AccountID})
	}
	return out
}

// back is where a change of language or theme returns to: this page, when it can be asked for again.
func (v *view) back() string {
	if v.Method != http.MethodGet {
		return "/"
	}
	return v.URL.RequestURI()
}

// navigation is the way around for the reader's role, in the order of the line.
func (v *view) navigation() []look.NavItem {
	item := func(href, key string, n int) look.NavItem {
		here := v.URL.Path == href || href != "/" && strings.HasPrefix(v.URL.Path, href+"/")
		return look.NavItem{Href: href, Label: v.T(key), Count: n, Current: here}
	}
	report := item("/reports/new", "web.nav.report", 0)
	vulns := item("/vulnerabilities", "web.nav.vulns", 0)
	advisories, evidence, members := item("/advisories", "web.nav.advisories", 0), item("/evidence", "web.nav.evidence", 0), item("/members", "web.nav.members", 0)
	switch a := v.Actor; {
	case !a.SignedIn():
		return []look.NavItem{item("/", "web.nav.home", 0), report, item("/status", "web.nav.status", 0), advisories, vulns, item("/transparency", "web.transparency.title", 0), evidence, item("/api/docs", "web.nav.api", 0)}
	case a.Staff():
		items := []look.NavItem{item("/", "web.nav.home", 0), item("/cases", "web.nav.cases", 0), item("/warnings", "web.nav.warnings", 0), advisories,
			item("/register", "web.nav.register", 0), item("/reports", "web.nav.reports", 0), item("/products", "web.nav.products", 0), vulns, members}
		if a.Is(member.Supervisor) {
			return append(items, item("/credits", "web.nav.credits", 0), item("/inquiries", "web.nav.inquiries", 0), item("/evaluations", "web.nav.evaluations", 0), item("/journal", "web.nav.journal", 0)) // evidence stands at the foot
		}
		return append(items, evidence)
	case a.Is(member.Auditor):
		return []look.NavItem{item("/journal", "web.nav.journal", 0), members, evidence, advisories}
	case a.Is(member.Administrator):
		return []look.NavItem{members, item("/law-packs", "web.nav.law-packs", 0), item("/imports", "web.import.title", 0), item("/deliveries", "web.outbox.title", 0), advisories, evidence, item("/api/docs", "web.nav.api", 0)}
	}
	duties, warnings := v.waiting()
	reports := item("/reports", "web.nav.reports", 0)
	reports.Current = reports.Current && !report.Current
	return []look.NavItem{item("/", "web.nav.home", 0), item("/duties", "web.nav.duties", duties), item("/warnings", "web.nav.warnings", warnings), report, reports,
		item("/products", "web.nav.products", 0), vulns, advisories, evidence}
}

// waiting counts what waits for the reader's organisation: open duties, unanswered warnings. A page is worth more than
// its counters: when they fail, they are not shown.
func (v *view) waiting() (duties, warnings int) {
	if v.Actor.OrgID == "" {
		return 0, 0
	}
	ds, err := v.s.Duties.Owed(v.Context(), v.Actor, v.Actor.OrgID, true)
	if err == nil {
		for _, d := range ds {
			if !d.DueAt.IsZero() {
				duties++
			}
		}
	}
	ws, _, err := v.s.Warnings.Mine(v.Context(), v.Actor, warning.Filter{Open: true, Limit: 100})
	if err == nil {
		warnings = len(ws)
	}
	return duties, warnings
}
