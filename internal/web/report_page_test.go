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
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

var (
	reportForm = regexp.MustCompile(`(?s)<form[^>]*enctype="multipart/form-data".*?</form>`)
	answer     = regexp.MustCompile(`(?s)<(?:input|textarea)\b([^>]*)>(?:([^<]*)</textarea>)?`)
	attribute  = regexp.MustCompile(`\s(name|value|type)="([^"]*)"`)
)

// filled is what a browser would send of the page's form, without files.
func (v *visitor) filled(p page) url.Values {
	v.Helper()
	out := url.Values{}
	for _, m := range answer.FindAllStringSubmatch(reportForm.FindString(p.body), -1) {
		a := map[string]string{"value": m[2]}
		for _, x := range attribute.FindAllStringSubmatch(m[1], -1) {
			a[x[1]] = x[2]
		}
		if t := a["type"]; a["name"] == "" || t == "file" || (t == "radio" || t == "checkbox") && !strings.Contains(m[1], " checked") {
			continue
		}
		out.Add(a["name"], html.UnescapeString(a["value"]))
	}
	return out
}

// rich is a report as programs send it: with what stands in it several times.
func rich() report.Content {
	const core, api = "pkg:maven/org.example/core", "pkg:maven/org.example/api"
	return report.Content{Title: "Lantern", Vendor: "Tower & Co", Product: "Lantern", Versions: "1 to 3", PURL: core, Technical: "a <b>spark</b>\nthen fire", Harm: "fire", Scope: "towers",
		CWE: "CWE-502", Aliases: []string{"CVE-2021-1", "CNVD-2021-2"}, Exploited: "no", Public: "no", Upstream: "yes", Relation: duty.Found, LearnedAt: learned.Add(17 * time.Second), LearnedBy: "watching",
		Told:     []report.Told{{Who: "security@one.example", At: learned}, {Who: "security@two.example", At: learned.Add(61 * time.Second)}, {Who: "security@three.example", At: learned}},
		Affected: []report.Affected{{PURL: core, Introduced: "1.0", Fixed: "3.1"}, {PURL: api, Introduced: "2.0", LastAffected: "2.9"}, {Vendor: "Tower & Co", Product: "Lantern", Model: "L-1", Versions: []string{"V1", "V2"}}}}
}

// TestSupplementKeepsWhatProgramsReported: opening the form and sending it as it is loses nothing, whatever came first.
func TestSupplementKeepsWhatProgramsReported(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		plain := rich()
		bare := rich()
		bare.Affected = []report.Affected{{PURL: bare.PURL}, {PURL: bare.PURL, Versions: []string{"1.5"}}}
		other := rich()
		other.Affected = other.Affected[1:]
		hardware := rich()
		hardware.PURL, hardware.Told = "", nil
		for name, c := range map[string]report.Content{"plain": plain, "a range without bounds": bare, "another component first": other, "no package": hardware} {
			r, err := h.Reports.Submit(h.Context(), h.actor("engineer", "cloud"), report.Input{Content: c})
			h.ok(err)
			before, err := h.Reports.Get(h.Context(), h.actor("engineer", "cloud"), r.Report.ID)
			h.ok(err)
			form := v.filled(v.get("/reports/" + r.Report.ID + "/supplement"))
			for _, do := range []string{"more", "owe"} { // the form comes back as it was sent, with room for more
				form.Set("do", do)
				p := v.post("/reports/"+r.Report.ID+"/supplement", form)
				v.sound(p)
				form = v.filled(p)
			}
			form.Set("do", "submit")
			form.Set("scope", "all towers")
			if p := v.post("/reports/"+r.Report.ID+"/supplement", form); p.status != http.StatusOK {
				h.Fatalf("%s: %d", name, p.status)
			}
			after, err := h.Reports.Get(h.Context(), h.actor("engineer", "cloud"), r.Report.ID)
			h.ok(err)
			before.Content.Scope = "all towers"
			if diff := cmp.Diff(before.Content, after.Content); diff != "" || after.Version != 2 {
				h.Errorf("%s, version %d: the page changed (-before +after)\n%s", name, after.Version, diff)
			}
		}
	})
}

// TestRowsSayWhichOfThemIsWrong: by the row that the reporter sees, though empty ones come before it.
func TestRowsSayWhichOfThemIsWrong(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		form := flash()
		form.Del("flash")
		form.Set("purl", "pkg:maven/org.example/core")
		form.Set("fixed", "2")
		form["affected_purl"], form["affected_introduced"] = []string{"", "not a purl"}, []string{"", "1"}
		form["told_who"], form["told_at"] = []string{"", "security@one.example"}, []string{"", ""}
		p := v.post("/reports", form)
		v.sound(p)
		for _, want := range []string{`href="#f-affected-1-purl"`, `id="f-affected-1-purl"`, `href="#f-told_at-1"`, `id="f-told_at-1"`} {
			if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, want) {
				h.Errorf("%d without %s", p.status, want)
			}
		}
	})
}

// actor is who has signed in, for the verbs.
func (h *house) actor(who, org string) member.Actor {
	h.Helper()
	as, err := h.Members.Accounts(h.Context(), member.System(), h.orgs[org])
	h.ok(err)
	o, err := h.Members.Org(h.Context(), member.System(), h.orgs[org])
	h.ok(err)
	for _, a := range as {
		if a.Name == who {
			return member.Actor{AccountID: a.ID, OrgID: a.OrgID, Name: a.Name, Roles: a.Roles, OrgRoles: o.Roles, Via: "web", Locale: "en"}
		}
	}
	h.Fatalf("there is no %s", who)
	return member.Actor{}
}

// TestReporterReadsWhatIsAskedAndAnswers: with an account and by the secret alone; the question goes when it is answered.
func TestReporterReadsWhatIsAskedAndAnswers(t *testing.T) {
	const question = "Which port does the gateway listen on?"
	each(t, func(h *house) {
		member, stranger := h.signedIn("en", "engineer", "cloud"), h.visitor("en")
		own := regexp.MustCompile(`/reports/[0-9a-f-]{36}`).FindString(member.post("/reports", flash()).body)
		second := flash()
		second.Set("product", "Beacon")
		secret := regexp.MustCompile(`fsr_[a-z0-9]+`).FindString(stranger.post("/reports", second).body)
		h.settle()
		analyst := h.actor("analyst", "desk")
		r, err := h.Reports.Status(h.Context(), secret)
		h.ok(err)
		for _, id := range []string{strings.TrimPrefix(own, "/reports/"), r.ID} {
			c, err := h.Cases.OfReport(h.Context(), analyst, id)
			h.ok(err)
			h.ok(h.Cases.Take(h.Context(), analyst, c.ID))
			h.ok(h.Cases.AskInfo(h.Context(), analyst, c.ID, question))
		}
		if p := h.signedIn("en", "analyst", "desk").get(own); !strings.Contains(p.body, question) || strings.Contains(p.body, own+"/supplement") {
			h.Error("staff does not read the question, or is led to answer it")
		}
		for at, v := range map[string]*visitor{own: member, "/status/" + secret: stranger} {
			p := v.get(at)
			v.sound(p)
			if n := strings.Count(p.body, question); n != 2 || !strings.Contains(p.body, `href="`+at+`/supplement"`) {
				h.Errorf("%s says %d times what is asked, above and on the time line", at, n)
			}
			p = v.get(at + "/supplement")
			v.sound(p)
			form := v.filled(p)
			if form.Get("harm") != "an attacker reads every letter" {
				h.Errorf("the supplement does not start from the report: %v", form)
			}
			for name, x := range map[string]string{"do": "submit", "versions": "1", "technical": "port 514", "scope": "all", "relation": "finder"} {
				form.Set(name, x)
			}
			p = v.post(at+"/supplement", form)
			v.sound(p)
			if p.status != http.StatusOK {
				h.Fatalf("%s: the answer was not taken: %d", at, p.status)
			}
		}
		h.settle()
		for at, v := range map[string]*visitor{own: member, "/status/" + secret: stranger} {
			if n := strings.Count(v.get(at).body, question); n != 1 {
				h.Errorf("%s still asks, or has forgotten: %d", at, n)
			}
		}
		for _, path := range []string{"/status/fsr_" + strings.Repeat("a", 26) + "/supplement"} {
			if p, q := stranger.get(path), stranger.post(path, second); p.status != http.StatusNotFound || q.status != http.StatusNotFound {
				h.Errorf("a guessed secret: %d, %d", p.status, q.status)
			}
		}
		_, err = h.Reports.SupplementBySecret(h.Context(), analyst, "", report.Input{})
		if !fault.Is(err, fault.NotFound) {
			h.Errorf("no secret: %v", err)
		}
	})
}
