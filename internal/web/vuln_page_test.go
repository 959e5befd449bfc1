// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/vuln"
)

const lanternFlaw = `{"schema_version":"1.4.0","id":"CVE-2030-0001","modified":"2030-01-02T00:00:00Z","published":"2030-01-01T00:00:00Z","aliases":["GHSA-aaaa-bbbb-cccc"],
"summary":"Spark <i>burns</i>","details":"It burns.","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
"affected":[{"package":{"ecosystem":"npm","name":"spark"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0.1"}]}]}],
"references":[{"type":"WEB","url":"https://example.org/spark"},{"type":"WEB","url":"javascript:alert(1)"}]}`

// learn imports public records, and has them held against the products.
func (h *house) learn(docs map[string]string) {
	h.Helper()
	dir := h.TempDir()
	for name, doc := range docs {
		h.ok(os.WriteFile(filepath.Join(dir, name), []byte(doc), 0o600))
	}
	_, err := h.Vulns.Import(h.Context(), h.actor("administrator", "desk"), vuln.Input{Kind: "osv", Source: dir, Name: "test"})
	h.ok(err)
	h.ok(h.Matches.CatchUp(h.Context()))
}

// TestKnownVulnerabilities: what is public is shown to everybody by any name; whom it concerns only to the member itself
// and to staff; the member's own word moves a finding down and leaves it there with its trace.
func TestKnownVulnerabilities(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		at := v.post("/products", url.Values{"vendor": {"Tower"}, "name": {"Lantern"}, "kind": {"software"}, "versions": {"1.0"}}).path
		h.push(at, "1.0", []byte(`{"bomFormat":"CycloneDX","specVersion":"1.4","version":1,"components":[{"type":"library","name":"spark","version":"1.0.0","purl":"pkg:npm/spark@1.0.0"}]}`))
		h.learn(map[string]string{"a.json": lanternFlaw, "b.json": "{}"})

		public, other := h.visitor("en"), h.signedIn("en", "outsider", "lab")
		for _, name := range []string{"CVE-2030-0001", "ghsa-aaaa-bbbb-cccc"} {
			p := public.get("/vulnerabilities/" + name)
			public.sound(p)
			for _, want := range []string{"Spark &lt;i&gt;burns&lt;/i&gt;", "&lt; 1.0.1", "Critical", "https://example.org/spark"} {
				if p.status != http.StatusOK || !strings.Contains(p.body, want) {
					h.Errorf("%s: %d, or the page lacks %q", name, p.status, want)
				}
			}
			if strings.Contains(p.body, "Lantern") || strings.Contains(p.body, "javascript:alert") {
				h.Error("the public page tells of a member's product, or links to a script")
			}
		}
		if p := public.get("/vulnerabilities?q=burns&kev="); !strings.Contains(p.body, "CVE-2030-0001") {
			h.Error("words do not find it")
		}
		if p := public.get("/vulnerabilities/CVE-2030-9999"); p.status != http.StatusNotFound {
			h.Errorf("a number that nobody has: %d", p.status)
		}
		for _, path := range []string{"/vulnerabilities/CVE-2030-0001", "/concerns?q=spark", "/concerns?q=pkg:npm/spark@1.0.0", at} {
			p := v.get(path)
			v.sound(p)
			for _, want := range []string{"Lantern", "spark", "Upgrade to 1.0.1 or later"} {
				if p.status != http.StatusOK || !strings.Contains(p.body, want) {
					h.Errorf("%s: %d, or the page lacks %q", path, p.status, want)
				}
			}
			if q := other.get(path); strings.Contains(q.body, "Lantern") {
				h.Errorf("%s tells somebody else of the product", path)
			}
		}
		said := url.Values{"vuln": {"CVE-2030-0001"}, "version": {"1.0"}, "ecosystem": {"npm"}, "component": {"spark"}, "status": {"not_affected"}}
		if p := v.post(at+"/assessments", said); p.status != http.StatusUnprocessableEntity {
			h.Errorf("not affected without a reason: %d", p.status)
		}
		if p := other.post(at+"/assessments", said); p.status != http.StatusNotFound {
			h.Errorf("somebody else's word: %d", p.status)
		}
		said.Set("justification", "vulnerable_code_not_in_execute_path")
		said.Set("reason", "Never <b>called</b>.")
		p := v.post(at+"/assessments", said)
		v.sound(p)
		for _, want := range []string{"Never &lt;b&gt;called&lt;/b&gt;.", "the vulnerable code is never executed", "CVE-2030-0001"} {
			if p.status != http.StatusOK || !strings.Contains(p.body, want) {
				h.Errorf("%d, or the assessed product lacks %q", p.status, want)
			}
		}
		if p := v.get("/products"); !strings.Contains(p.body, "nothing known") {
			h.Error("the portfolio does not heed the member's word")
		}
	})
}

// TestImports: administrators and staff see imports and what was refused; for others there are none.
func TestImports(t *testing.T) {
	each(t, func(h *house) {
		h.learn(map[string]string{"a.json": lanternFlaw, "b.json": "{}"})
		one := h.signedIn("zh-CN", "administrator", "desk")
		p := one.get("/imports")
		one.sound(p)
		i := strings.Index(p.body, `href="/imports/`)
		if p.status != http.StatusOK || i < 0 {
			h.Fatalf("imports: %d", p.status)
		}
		path, _, _ := strings.Cut(p.body[i+len(`href="`):], `"`)
		p = one.get(path)
		one.sound(p)
		if p.status != http.StatusOK || !strings.Contains(p.body, "b.json") {
			h.Errorf("%d, or what was refused is not named", p.status)
		}
		if p := one.post(path, nil); p.status != http.StatusConflict {
			h.Errorf("stopping what has ended: %d", p.status)
		}
		member := h.signedIn("zh-CN", "engineer", "cloud")
		for _, at := range []string{"/imports", path} {
			if p := member.get(at); p.status != http.StatusNotFound {
				h.Errorf("a member at %s: %d", at, p.status)
			}
		}
	})
}

// TestImportAgain: administrators have a place imported from now, once however often they press; others have no button, and
// neither has a place that the configuration does not name.
func TestImportAgain(t *testing.T) {
	each(t, func(h *house) {
		dir := h.TempDir()
		h.ok(os.WriteFile(filepath.Join(dir, "a.json"), []byte(lanternFlaw), 0o600))
		_, err := h.Vulns.Import(h.Context(), h.actor("administrator", "desk"), vuln.Input{Kind: "osv", Source: dir})
		h.ok(err)
		admin, staff := h.signedIn("en", "administrator", "desk"), h.signedIn("zh-CN", "analyst", "desk")
		again := regexp.MustCompile(`/imports/[0-9a-f-]+/again`)
		if p := admin.get("/imports"); again.MatchString(p.body) {
			h.Error("a place that nobody named can be imported from again")
		}
		rs, _, err := h.Vulns.Imports(h.Context(), h.actor("administrator", "desk"), "", 1)
		h.ok(err)
		h.Vulns.Feeds = []vuln.Feed{{Kind: "osv", Source: rs[0].Source, Every: time.Hour}}
		if p := staff.get("/imports"); p.status != http.StatusOK || again.MatchString(p.body) {
			h.Errorf("an analyst: %d, or there is a button", p.status)
		}
		p := admin.get("/imports")
		admin.sound(p)
		press := again.FindString(p.body)
		if press == "" || !again.MatchString(admin.get("/imports/"+rs[0].ID).body) {
			h.Fatal("an administrator has no button")
		}
		if p := staff.post(press, nil); p.status != http.StatusNotFound {
			h.Errorf("an analyst presses: %d", p.status)
		}
		if p := admin.post(press, nil); p.path != "/imports" || again.MatchString(p.body) || !strings.Contains(p.body, "begins within a minute") {
			h.Errorf("pressed: %d at %s, or it can be pressed again", p.status, p.path)
		}
		if p := admin.post(press, nil); p.status != http.StatusConflict {
			h.Errorf("pressed twice: %d", p.status)
		}
	})
}
