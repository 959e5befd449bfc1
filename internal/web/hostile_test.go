// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/warning"
)

// hostile is what an attacker would write into a field: markup that would run, and Markdown that would become a link.
func hostile(field string) string {
	return `x"'></title></textarea></text></svg><img src=x onerror=alert(1)><script>alert(1)</script>[click](javascript:alert(1)) ![x](https://evil.example/` + field + `)`
}

var (
	tag   = regexp.MustCompile(`<([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[^\s"'>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?)*)\s*/?>`)
	attr  = regexp.MustCompile(`([^\s"'>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))`)
	leads = map[string]bool{"href": true, "src": true, "action": true, "formaction": true, "xlink:href": true, "data": true, "poster": true}
)

// inert checks that nothing of what was written became markup: no element that pages do not have, no attribute that runs,
// no link that leads to the attacker or runs.
func (v *visitor) inert(p page) {
	v.Helper()
	if p.status != http.StatusOK {
		v.Errorf("%s: %d", p.path, p.status)
	}
	for _, m := range tag.FindAllStringSubmatch(p.body, -1) {
		name := strings.ToLower(m[1])
		if name == "img" || name == "iframe" || name == "object" || name == "embed" || name == "base" || name == "script" && !strings.Contains(m[2], `src="/static/`) {
			v.Errorf("%s has the element %s", p.path, m[0])
		}
		for _, a := range attr.FindAllStringSubmatch(m[2], -1) {
			key, value := strings.ToLower(a[1]), strings.ToLower(strings.TrimSpace(html.UnescapeString(a[2]+a[3]+a[4])))
			runs := strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "vbscript:") || strings.HasPrefix(value, "data:text") || strings.HasPrefix(value, "https://evil.example")
			if strings.HasPrefix(key, "on") || leads[key] && runs {
				v.Errorf("%s: %s", p.path, m[0])
			}
		}
	}
	for _, dead := range []string{"<img src=x", "<script>alert", "</textarea></text>"} {
		if strings.Contains(p.body, dead) {
			v.Errorf("%s holds %q as it was written", p.path, dead)
		}
	}
}

// TestHostileTextStaysText takes one attacker's words through the whole line and reads every page that shows them.
func TestHostileTextStaysText(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.Context()
		act := func(org, who string, orgRoles []member.OrgRole, roles ...member.Role) member.Actor {
			as, err := h.Members.Accounts(ctx, member.System(), h.orgs[org])
			h.ok(err)
			for _, a := range as {
				if a.Name == who {
					return member.Actor{AccountID: a.ID, OrgID: a.OrgID, Name: a.Name, Roles: roles, OrgRoles: orgRoles, Via: "web"}
				}
			}
			h.Fatalf("nobody is called %s", who)
			return member.Actor{}
		}
		h.person("desk", "officer", member.DutyOfficer)
		engineer := act("cloud", "engineer", []member.OrgRole{member.Provider}, member.Engineer, member.OrgAdmin)
		analyst, officer := act("desk", "analyst", nil, member.Analyst), act("desk", "officer", nil, member.DutyOfficer)

		name := hostile("n")
		p, err := h.Products.Register(ctx, engineer, product.Input{OrgID: engineer.OrgID, Vendor: hostile("vendor"), Name: name, Model: hostile("model"), Versions: []string{hostile("v"), "1.2"}})
		h.ok(err)
		bom := `{"bomFormat":"CycloneDX","specVersion":"1.4","version":1,"components":[{"type":"library","name":"<img src=x onerror=alert(1)>","version":"1.0","purl":"pkg:npm/evil%3Cimg%20src=x%3E@1.0"}]}`
		_, err = h.Products.PushSBOM(ctx, engineer, p.ID, "1.2", []byte(bom))
		h.ok(err)
		c := report.Content{Title: hostile("title"), Vendor: hostile("vendor"), Product: name, Model: hostile("model"), Versions: hostile("versions"), Technical: hostile("technical"), Harm: hostile("harm"),
			Scope: hostile("scope"), Exploited: "yes", Public: "no", Upstream: "no", Relation: duty.MakesProduct, LearnedAt: learned, LearnedBy: hostile("by"), Fix: hostile("fix"), Credit: hostile("credit"),
			Aliases:  []string{"CVE-2021-<img src=x>"},
			Affected: []report.Affected{{Vendor: hostile("vendor"), Product: name, Model: hostile("model"), Introduced: "1.0", Fixed: "1.5"}}}
		r, err := h.Reports.Submit(ctx, engineer, report.Input{Content: c, Attachments: []report.File{{Name: `"><img src=x onerror=alert(1)>.txt`, MediaType: "text/html", Bytes: []byte("<script>alert(1)</script>")}}})
		h.ok(err)
		_, err = h.Reports.SaveDraft(ctx, engineer, "", c)
		h.ok(err)
		h.settle()
		k, err := h.Cases.OfReport(ctx, analyst, r.Report.ID)
		h.ok(err)
		h.ok(h.Cases.Take(ctx, analyst, k.ID))
		h.ok(h.Cases.AskInfo(ctx, analyst, k.ID, hostile("question")))
		h.ok(h.Cases.StartVerifying(ctx, analyst, k.ID))
		content := k.Content
		content.Title, content.TitleEN, content.Description, content.DescriptionEN = hostile("t"), hostile("te"), hostile("d"), hostile("de")
		content.Fix, content.FixEN, content.Workaround, content.WorkaroundEN = hostile("f"), hostile("fe"), hostile("w"), hostile("we")
		content.Credits, content.Aliases = []string{hostile("credit")}, []string{hostile("alias")}
		content.References = []casework.Reference{{Kind: "web", URL: `https://ok.example/"><img src=x onerror=alert(1)>`}}
		for _, u := range []string{"javascript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example", "https:javascript:alert(1)", "java\tscript:alert(1)"} {
			bad := content
			bad.References = []casework.Reference{{Kind: "web", URL: u}}
			if _, err := h.Cases.Edit(ctx, analyst, k.ID, k.Rev, bad); err == nil {
				t.Errorf("the reference %q is taken", u)
			}
		}
		k, err = h.Cases.Get(ctx, analyst, k.ID)
		h.ok(err)
		k, err = h.Cases.Edit(ctx, analyst, k.ID, k.Rev, content)
		h.ok(err)
		_, err = h.Cases.Verify(ctx, analyst, k.ID, casework.VerifyInput{Result: "reproduced", Environment: hostile("env"), Steps: hostile("steps"), Remark: hostile("remark")})
		h.ok(err)
		n, err := h.Cases.NotifyUpstream(ctx, analyst, k.ID, casework.NoticeInput{Email: "guest@upstream.example", Text: hostile("notice")})
		h.ok(err)
		_, err = h.Cases.AddGrade(ctx, analyst, k.ID, casework.GradeInput{Scheme: "gbt30279-2020", Vector: "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H", Rationale: hostile("rationale")})
		h.ok(err)
		h.settle()
		_, err = h.Matches.FindNow(ctx, analyst, k.ID)
		h.ok(err)
		w, err := h.Warnings.Draft(ctx, officer, k.ID)
		h.ok(err)
		text := warning.Content{Title: hostile("wt"), TitleEN: hostile("wte"), Summary: hostile("s"), SummaryEN: hostile("se"), Scope: hostile("sc"), ScopeEN: hostile("sce"), Measures: hostile("m"), MeasuresEN: hostile("me"),
			Issuer: hostile("issuer"), Phone: `"><img src=x onerror=alert(1)>`}
		w, err = h.Warnings.Edit(ctx, officer, w.ID, warning.EditInput{Rev: w.Rev, Level: warning.Yellow, TLP: "GREEN", Content: text})
		h.ok(err)
		a, err := h.Advisories.Draft(ctx, analyst, k.ID)
		h.ok(err)

		staff, boss, own, guest := h.signedIn("en", "officer", "desk"), h.signedIn("zh-CN", "supervisor", "desk"), h.signedIn("zh-CN", "engineer", "cloud"), h.visitor("en")
		before := []string{"/cases", "/cases/" + k.ID, "/cases/" + k.ID + "/edit", "/cases/" + k.ID + "/grade", "/warnings", "/warnings/" + w.ID, "/warnings/" + w.ID + "/edit", "/advisory-drafts/" + a.ID, "/products",
			"/products/" + p.ID, "/reports", "/reports/" + r.Report.ID, "/"}
		for _, path := range before {
			staff.inert(staff.get(path))
		}
		for _, path := range []string{"/", "/journal", "/register", "/members", "/members/" + engineer.OrgID} {
			boss.inert(boss.get(path))
		}
		for _, path := range []string{"/", "/reports", "/reports/" + r.Report.ID, "/reports/" + r.Report.ID + "/supplement", "/cases/" + k.ID, "/drafts", "/duties", "/products", "/products/" + p.ID} {
			own.inert(own.get(path))
		}
		for _, p := range []page{staff.get("/cases/" + k.ID), own.get("/reports/" + r.Report.ID), staff.get("/warnings/" + w.ID), guest.get("/n/" + h.Cases.Link(n.ID))} {
			if !strings.Contains(p.body, "&lt;img src=x onerror=alert(1)&gt;") || !strings.Contains(p.body, "[click](javascript:alert(1))") {
				t.Errorf("%s does not show the text as it was written", p.path)
			}
		}
		guest.inert(guest.get("/status/" + r.Secret))
		guest.inert(guest.get("/n/" + h.Cases.Link(n.ID)))
		for _, path := range []string{"/advisories?q=" + url.QueryEscape(hostile("q")), "/sign-in?next=" + url.QueryEscape(hostile("next"))} {
			guest.inert(guest.get(path))
		}

		_, err = h.Warnings.Release(ctx, officer, w.ID, w.Rev)
		h.ok(err)
		_, err = h.Warnings.Acknowledge(ctx, engineer, w.ID, warning.AnswerInput{Answer: warning.AffectedYes, Comment: hostile("comment")})
		h.ok(err)
		for _, path := range []string{"/warnings/" + w.ID, "/warnings/" + w.ID + "/board", "/cases/" + k.ID} {
			staff.inert(staff.get(path))
		}
		for _, path := range []string{"/", "/warnings", "/warnings/" + w.ID} {
			own.inert(own.get(path))
		}
		guest.inert(guest.get("/w/" + h.Warnings.Link(w.ID, 1, engineer.OrgID)))

		public := a.Content // the linter keeps what looks like an exploit from the public: what it lets pass must be inert too
		soft := `"><b onmouseover=alert(1)>x</b> [click](//evil.example)`
		public.FixReady = true
		for _, f := range []*string{&public.Title, &public.TitleEN, &public.Description, &public.DescriptionEN, &public.Fix, &public.FixEN, &public.Workaround, &public.WorkaroundEN, &public.Credits[0]} {
			*f = soft
		}
		public.References[0].URL = `https://ok.example/"><b onmouseover=alert(1)>`
		a, err = h.Advisories.Edit(ctx, analyst, a.ID, a.Rev, public, `"><b onmouseover=alert(1)>`)
		h.ok(err)
		staff.inert(staff.get("/advisory-drafts/" + a.ID))
		_, err = h.Advisories.Submit(ctx, analyst, a.ID)
		h.ok(err)
		_, err = h.Advisories.Publish(ctx, officer, a.ID, a.Rev)
		h.ok(err)
		for _, path := range []string{"/", "/advisories", "/advisories/" + a.Number, "/advisories?q=mouseover", "/cases/" + k.ID} {
			guest.inert(guest.get(path))
		}
	})
}

// TestSignInLeadsNowhereElse: where one goes after signing in, or changing the language, stays on this platform.
func TestSignInLeadsNowhereElse(t *testing.T) {
	each(t, func(h *house) {
		v := h.visitor("en")
		v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		for _, next := range []string{"//evil.example", "/\\evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", "https://evil.example", "javascript:alert(1)", "/\x00/evil.example"} {
			for _, p := range []page{v.post("/sign-in", url.Values{"email": {"engineer@cloud.example"}, "password": {password}, "next": {next}}), v.post("/preferences", url.Values{"lang": {"en"}, "next": {next}})} {
				if to := p.header.Get("Location"); p.status != http.StatusSeeOther || to != "/" {
					t.Errorf("%q leads to %q (%d)", next, to, p.status)
				}
			}
		}
	})
}

// TestFormsAreBounded: a form without files may not be as large as one with files, and of one that is broken nothing is used.
func TestFormsAreBounded(t *testing.T) {
	each(t, func(h *house) {
		v := h.visitor("en")
		for _, path := range []string{"/sign-in", "/preferences", "/reports", "/evidence", "/join"} {
			if p := v.post(path, url.Values{"title": {strings.Repeat("a", 9<<20)}}); p.status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s takes 9 MiB of text: %d", path, p.status)
			}
			if p := v.send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader("lang=zh-CN&next=/&title=%zz")); p.status != http.StatusUnprocessableEntity || v.lang != "en" {
				t.Errorf("%s takes a broken form: %d", path, p.status)
			}
		}
	})
}
