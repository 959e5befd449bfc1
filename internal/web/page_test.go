// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/evidence"
)

// flash is the four facts of a flash report.
func flash() url.Values {
	return url.Values{"do": {"submit"}, "flash": {"1"}, "product": {"Lantern Gateway"}, "harm": {"an attacker reads every letter"}, "exploited": {"unknown"},
		"learned_at": {learned.Add(8 * 3600e9).UTC().Format("2006-01-02T15:04")}}
}

var (
	inline   = regexp.MustCompile(`(?i)\sstyle=|<style|\son[a-z]+=|<script(?:\s[^>]*)?>[^<]|javascript:`)
	rawKey   = regexp.MustCompile(`^(?:web|look|duty|report|member|fault|rule|warning|case|product|advisory)\.[a-z0-9_.-]+$`)
	code     = regexp.MustCompile(`<code[^>]*>[^<]*</code>`)
	element  = regexp.MustCompile(`<[^>]*>`)
	id       = regexp.MustCompile(`\sid="([^"]*)"`)
	control  = regexp.MustCompile(`<(?:input|select|textarea)\b[^>]*>`)
	named    = regexp.MustCompile(`\sname="([^"]*)"`)
	describe = regexp.MustCompile(`aria-describedby="([^"]*)"`)
)

// sound checks what every page owes to everybody: one heading, words instead of keys, labels, nothing inline.
func (v *visitor) sound(p page) {
	v.Helper()
	if n := strings.Count(p.body, "<h1"); n != 1 {
		v.Errorf("%s has %d main headings", p.path, n)
	}
	if !strings.Contains(p.body, `<html lang="`+v.lang+`"`) {
		v.Errorf("%s is not in %s", p.path, v.lang)
	}
	if found := inline.FindString(p.body); found != "" {
		v.Errorf("%s has inline code or style: %q", p.path, found)
	}
	for _, text := range element.Split(code.ReplaceAllString(p.body, ""), -1) {
		if key := strings.TrimSpace(text); rawKey.MatchString(key) {
			v.Errorf("%s shows the key %q instead of words", p.path, key)
		}
	}
	ids := map[string]bool{}
	for _, m := range id.FindAllStringSubmatch(p.body, -1) {
		if ids[m[1]] {
			v.Errorf("%s has the id %q twice", p.path, m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range describe.FindAllStringSubmatch(p.body, -1) {
		for _, one := range strings.Fields(m[1]) {
			if !ids[one] {
				v.Errorf("%s: %q describes nothing", p.path, one)
			}
		}
	}
	for _, c := range control.FindAllString(p.body, -1) {
		own := id.FindStringSubmatch(c)
		if strings.Contains(c, `type="hidden"`) || strings.Contains(c, `type="radio"`) || strings.Contains(c, `type="checkbox"`) {
			continue // hidden, or inside their label
		}
		if own == nil || !strings.Contains(p.body, `for="`+own[1]+`"`) {
			v.Errorf("%s: %s has no label", p.path, named.FindString(c))
		}
	}
}

// everywhere are the pages that each may open.
var everywhere = map[string][]string{
	"":              {"/", "/sign-in", "/join", "/reports/new", "/reports/new?flash=1", "/status", "/advisories", "/evidence", "/api/docs"},
	"engineer":      {"/", "/duties", "/reports", "/drafts", "/warnings", "/products", "/members", "/tokens", "/reports/new"},
	"analyst":       {"/", "/cases", "/warnings", "/register", "/register?state=overdue", "/reports", "/members", "/products"},
	"supervisor":    {"/register", "/journal", "/members"},
	"auditor":       {"/journal", "/members", "/evidence"},
	"administrator": {"/members", "/members?status=applicant"},
}

func TestEveryPageIsSoundInBothLanguages(t *testing.T) {
	each(t, func(h *house) {
		h.signedIn("en", "engineer", "cloud").post("/reports", flash())
		h.settle()
		for _, lang := range []string{"zh-CN", "en"} {
			for who, paths := range everywhere {
				v := h.visitor(lang)
				if who == "engineer" {
					v = h.signedIn(lang, who, "cloud")
				} else if who != "" {
					v = h.signedIn(lang, who, "desk")
				}
				for _, path := range paths {
					p := v.get(path)
					if p.status != http.StatusOK {
						h.Errorf("%s as %q: %d", path, who, p.status)
					}
					v.sound(p)
				}
			}
		}
	})
}

func TestFlashReportWithoutAnAccount(t *testing.T) {
	each(t, func(h *house) {
		v := h.visitor("en")
		p := v.post("/reports", flash())
		v.sound(p)
		secret := regexp.MustCompile(`fsr_[a-z0-9]+`).FindString(p.body)
		if p.status != http.StatusOK || secret == "" || !strings.Contains(p.body, "FS-R-") {
			h.Fatalf("no receipt: %d", p.status)
		}
		p = h.visitor("en").get("/status/" + secret)
		v.sound(p)
		if p.status != http.StatusOK || strings.Contains(p.body, "every letter") {
			h.Errorf("the status page shows what the report says, or nothing: %d", p.status)
		}
		r := v.get("/status/" + secret + "/receipt.json?version=1")
		verdict, err := evidence.Verify([]byte(r.body), h.Evidence.PublicKey())
		if err != nil || !strings.HasPrefix(verdict.Entry.Subject, "FS-R-") {
			h.Errorf("the receipt does not hold: %v", err)
		}
		printed := v.get("/status/" + secret + "/receipt?version=1")
		v.sound(printed)
		if printed.status != http.StatusOK || !strings.Contains(printed.body, verdict.Entry.Digest) || !strings.Contains(printed.body, "<path d=\"M4 4h7v1h-7z") || strings.Contains(printed.body, "every letter") {
			h.Errorf("the printed receipt: %d", printed.status)
		}
		if p := v.get("/status/fsr_" + strings.Repeat("a", 26)); p.status != http.StatusNotFound {
			h.Errorf("a wrong secret: %d", p.status)
		}
	})
}

func TestFormSaysAllThatIsWrongAndKeepsWhatWasWritten(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		p := v.post("/reports", url.Values{"do": {"submit"}, "key": {"k1"}, "technical": {"<b>the lock</b> opens"}, "learned_at": {"yesterday"}})
		v.sound(p)
		if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, "&lt;b&gt;the lock&lt;/b&gt; opens") || !strings.Contains(p.body, `value="k1"`) || !strings.Contains(p.body, `href="#f-learned_at"`) {
			h.Errorf("the form forgets, or does not say what is wrong: %d", p.status)
		}
		p = v.post("/reports", url.Values{"do": {"submit"}, "technical": {"the lock opens"}})
		for _, name := range []string{"product", "versions", "harm", "scope", "relation", "learned_at"} {
			if !strings.Contains(p.body, `href="#f-`+name+`"`) {
				h.Errorf("nothing is said about %s", name)
			}
		}
	})
}

func TestAskingWhatOneOwesReportsNothing(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		form := flash()
		form.Set("do", "owe")
		form.Set("relation", "embeds")
		form.Set("upstream", "yes")
		p := v.post("/reports", form)
		v.sound(p)
		for _, want := range []string{"Tell the upstream provider at once", "Report to the platform", "an attacker reads every letter"} {
			if !strings.Contains(p.body, want) {
				h.Errorf("the page lacks %q", want)
			}
		}
		if p := v.get("/reports"); strings.Contains(p.body, "FS-R-") {
			h.Error("asking has made a report")
		}
	})
}

func TestSentTwiceIsOneReport(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		form := flash()
		form.Set("key", "the form's own key")
		v.post("/reports", form)
		v.post("/reports", form)
		numbers := map[string]bool{}
		for _, n := range regexp.MustCompile(`FS-R-\d{4}-\d{6}`).FindAllString(v.get("/reports").body, -1) {
			numbers[n] = true
		}
		if len(numbers) != 1 {
			h.Errorf("two clicks made %v", slices.Collect(maps.Keys(numbers)))
		}
	})
}

func TestWhatIsNotForYouIsNotThere(t *testing.T) {
	each(t, func(h *house) {
		mine := h.signedIn("en", "engineer", "cloud")
		p := mine.post("/reports", flash())
		h.settle()
		path := regexp.MustCompile(`/reports/[0-9a-f-]{36}`).FindString(p.body)
		other := h.signedIn("en", "outsider", "lab")
		theirs, missing := other.get(path), other.get("/reports/01900000-0000-7000-8000-000000000000")
		other.sound(theirs)
		if theirs.status != http.StatusNotFound || missing.status != http.StatusNotFound || theirs.body != strings.ReplaceAll(missing.body, "/reports/01900000-0000-7000-8000-000000000000", path) {
			h.Errorf("one can tell what exists: %d %d", theirs.status, missing.status)
		}
		for _, path := range []string{"/cases", "/journal", "/register"} {
			if p := other.get(path); p.status != http.StatusNotFound && p.status != http.StatusForbidden {
				h.Errorf("%s is open to a member: %d", path, p.status)
			}
		}
		if p := h.visitor("en").get(path); p.path != "/sign-in" {
			h.Errorf("a stranger got to %s", p.path)
		}
		if p := mine.get(path); p.status != http.StatusOK || !strings.Contains(p.body, "every letter") || !strings.Contains(p.header.Get("Cache-Control"), "no-store") {
			h.Errorf("the reporter cannot read its own report, or it is kept by the browser: %d", p.status)
		}
	})
}

func TestApplicationSuspensionAndReturn(t *testing.T) {
	each(t, func(h *house) {
		v := h.visitor("en")
		p := v.post("/join", url.Values{"name_en": {"Bell Tower"}, "roles": {"provider"}, "email": {"security@bell.example"}, "why": {"we make bells"},
			"person_name": {"Ringer"}, "person_email": {"ringer@bell.example"}, "password": {password}})
		v.sound(p)
		boss := h.signedIn("en", "administrator", "desk")
		_, list, _ := strings.Cut(boss.get("/members?status=applicant").body, "<tbody>")
		path := regexp.MustCompile(`/members/[0-9a-f-]{36}`).FindString(list)
		if path == "" {
			h.Fatal("the application is not on the list")
		}
		boss.sound(boss.get(path))
		boss.post(path+"/approve", url.Values{"do": {"approve"}, "level": {"0"}})
		ringer := h.signedIn("en", "ringer", "bell")
		judge := h.signedIn("en", "supervisor", "desk")
		for _, way := range []string{"/suspend", "/reinstate"} { // nobody does it alone
			if p := judge.post(path+way, url.Values{"why": {"late"}, "until": {"2022-05-24T00:00"}}); p.status != http.StatusNotFound && p.status != http.StatusMethodNotAllowed {
				h.Errorf("%s: %d", way, p.status)
			}
		}
		h.suspend(path[len("/members/"):])
		if p := ringer.get("/"); !strings.Contains(p.body, "We can still report") {
			h.Error("the suspended are not told what they may do")
		}
		if p := ringer.post("/reports", flash()); p.status != http.StatusOK || !strings.Contains(p.body, "FS-R-") {
			h.Errorf("the suspended cannot report: %d", p.status)
		}
		judge.sound(judge.get(path))
	})
}

func TestTokenIsShownOnceAndWorksUntilRevoked(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		p := v.post("/tokens", url.Values{"name": {"scanner"}, "scopes": {"report"}, "days": {"90"}})
		v.sound(p)
		plain := regexp.MustCompile(`fst_[A-Za-z0-9_-]{20,}`).FindString(p.body)
		if plain == "" || strings.Contains(v.get("/tokens").body, plain) {
			h.Error("the token is shown never, or twice")
		}
		v.post(regexp.MustCompile(`/tokens/[0-9a-f-]{36}/revoke`).FindString(v.get("/tokens").body), url.Values{})
		if p := v.get("/tokens"); !strings.Contains(p.body, "revoked") {
			h.Error("the token is not revoked")
		}
	})
}

func TestPreferencesReturnHereAndNowhereElse(t *testing.T) {
	each(t, func(h *house) {
		v := h.visitor("en")
		p := v.post("/preferences", url.Values{"lang": {"zh-CN"}, "theme": {"dark"}, "next": {"/evidence"}})
		if p.path != "/evidence" || !strings.Contains(p.body, `<html lang="zh-CN" data-theme="dark"`) {
			h.Errorf("the choice is not kept: %s", p.path)
		}
		for _, next := range []string{"https://elsewhere.example/", "//elsewhere.example", `/\elsewhere.example`} {
			if p := v.post("/preferences", url.Values{"next": {next}}); p.path != "/" {
				h.Errorf("%s leads to %s", next, p.path)
			}
		}
	})
}

func TestReceiptThatWasTouchedIsRefused(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		path := regexp.MustCompile(`/reports/[0-9a-f-]{36}`).FindString(v.post("/reports", flash()).body)
		receipt := v.get(path + "/receipt.json").body
		if !json.Valid([]byte(receipt)) {
			h.Fatal("no receipt")
		}
		p := v.upload("/evidence", "receipt", []byte(receipt))
		v.sound(p)
		if p.status != http.StatusOK || !strings.Contains(p.body, "The receipt holds") {
			h.Errorf("a good receipt: %d", p.status)
		}
		p = v.upload("/evidence", "receipt", []byte(strings.Replace(receipt, "Lantern", "Candle", 1)))
		if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, "does not hold") {
			h.Errorf("a touched receipt: %d", p.status)
		}
	})
}
