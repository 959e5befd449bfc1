// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/member"
)

var proposed = regexp.MustCompile(`name="decision" value="([^"]+)"`)

// The ladder by pages alone, in both languages: from the question to an appeal that is answered.
func TestInquiryPages(t *testing.T) {
	each(t, func(h *house) {
		h.person("desk", "second", member.Supervisor)
		h.person("desk", "third", member.Supervisor)
		for _, lang := range []string{"zh-CN", "en"} {
			first, second, third := h.signedIn(lang, "supervisor", "desk"), h.signedIn(lang, "second", "desk"), h.signedIn(lang, "third", "desk")
			own, other := h.signedIn(lang, "engineer", "cloud"), h.signedIn(lang, "outsider", "lab")
			first.sound(first.get("/inquiries"))
			own.sound(own.get("/inquiries"))
			if p := first.post("/inquiries", url.Values{"organisation": {h.orgs["cloud"]}, "question": {"Q"}, "evidence": {"FS-R-2021-000099"}}); p.status != http.StatusUnprocessableEntity {
				t.Errorf("evidence that leads nowhere: %d", p.status)
			}
			file := first.post("/inquiries", url.Values{"organisation": {h.orgs["cloud"]}, "question": {"When <b>did</b> you learn of it?"}, "evidence": {"https://advisories.example.org/17"}})
			if file.status != http.StatusOK || !strings.HasPrefix(file.path, "/inquiries/") {
				t.Fatalf("opened: %d %s", file.status, file.path)
			}
			first.sound(file)
			act := func(v *visitor, do, field, text string, more ...string) page {
				t.Helper()
				f := url.Values{"do": {do}, field: {text}}
				for i := 0; i < len(more); i += 2 {
					f.Set(more[i], more[i+1])
				}
				p := v.post(file.path, f)
				if p.status != http.StatusOK {
					t.Errorf("%s: %d", do, p.status)
				}
				v.sound(p)
				return p
			}
			act(first, "serve", "text", "We intend to decide.")
			act(first, "extend", "at", h.clock.Now().AddDate(0, 2, 0).Format("2006-01-02T15:04"))
			if p := first.post(file.path, url.Values{"do": {"propose"}, "outcome": {"warning"}, "reasons": {"r"}}); p.status != http.StatusUnprocessableEntity {
				t.Errorf("unheard: %d", p.status)
			}
			act(own, "state", "text", "The day after.", "at", "2021-11-24T08:00")
			act(own, "object", "text", "That was <b>not</b> us.", "about", "evidence/0")
			act(first, "propose", "reasons", "Late.", "outcome", "suspension", "months", "6", "public_zh", "未按期报送。", "publish", "effect", "conditions", "Mend it.")
			if p := second.post(file.path, url.Values{"do": {"sign"}, "decision": {proposed.FindStringSubmatch(second.get(file.path).body)[1]}}); p.status != http.StatusUnprocessableEntity {
				t.Errorf("signed over an open objection: %d", p.status)
			}
			objection := regexp.MustCompile(`name="objection" value="([^"]+)"`).FindStringSubmatch(first.get(file.path).body)
			act(first, "reject", "text", "It was.", "objection", objection[1])
			waiting := second.get(file.path)
			second.sound(waiting)
			id := proposed.FindStringSubmatch(waiting.body)
			if id == nil || proposed.MatchString(first.get(file.path).body) || proposed.MatchString(own.get(file.path).body) {
				t.Fatal("the button to sign is not for the second person alone")
			}
			act(second, "sign", "decision", id[1])
			for _, page := range []string{file.path + "/notice", file.path + "/decision", "/decisions", "/policy"} {
				own.sound(own.get(page))
			}
			if p := other.get(file.path + "/decision"); p.status != http.StatusNotFound {
				t.Errorf("another's letter: %d", p.status)
			}
			act(own, "rectify", "text", "We have mended it.")
			act(own, "appeal", "grounds", "We were in time.")
			act(third, "annul", "text", "You were.")
			third.sound(third.get("/decisions"))
			for v, status := range map[*visitor]int{own: 200, third: 200, other: 404, h.signedIn(lang, "analyst", "desk"): 404} {
				if p := v.get(file.path); p.status != status {
					t.Errorf("file: %d, want %d", p.status, status)
				}
			}
			if p := own.post(file.path, url.Values{"do": {"dance"}}); p.status != http.StatusUnprocessableEntity {
				t.Errorf("no such button: %d", p.status)
			}
		}
	})
}
