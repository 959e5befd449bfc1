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

// TestOrganisationLooksAfterItself: its administrator sets the channels and adds people; secrets are shown once.
func TestOrganisationLooksAfterItself(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		if p := v.get("/"); !strings.Contains(p.body, `href="/settings"`) {
			h.Error("the menu does not lead to the settings")
		}
		form := url.Values{"email": {"psirt@cloud.example"}, "phone": {"010-5555-0123"}, "webhook_url": {"https://hooks.cloud.example/in"}}
		p := v.post("/settings", form)
		v.sound(p)
		secret := regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`).FindString(p.body)
		if p.status != http.StatusOK || secret == "" {
			h.Fatalf("no signing secret: %d", p.status)
		}
		if again := v.post("/settings", form); strings.Contains(again.body+v.get("/settings").body, "whsec_") {
			h.Error("the secret is shown twice")
		}
		o, err := h.Members.Org(h.Context(), member.System(), h.orgs["cloud"])
		if h.ok(err); o.Email != "psirt@cloud.example" || o.Phone != "010-5555-0123" || o.WebhookURL != "https://hooks.cloud.example/in" {
			h.Errorf("channels: %+v", o)
		}
		form.Set("webhook_url", "http://hooks.cloud.example/in")
		p = v.post("/settings", form)
		v.sound(p)
		if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, `href="#f-webhook_url"`) {
			h.Errorf("a webhook without TLS: %d", p.status)
		}

		person := url.Values{"name": {"Newcomer"}, "email": {"newcomer@cloud.example"}, "roles": {"engineer"}}
		p = v.post("/settings/people", person)
		v.sound(p)
		password := regexp.MustCompile(`[A-Z2-7]{26}`).FindString(p.body)
		if p.status != http.StatusOK || password == "" || strings.Contains(v.get("/settings").body, password) {
			h.Fatalf("the password is shown never, or twice: %d", p.status)
		}
		newcomer := h.visitor("en")
		if p := newcomer.post("/sign-in", url.Values{"email": {"newcomer@cloud.example"}, "password": {password}}); p.path != "/" || p.status != http.StatusOK {
			h.Errorf("the newcomer cannot sign in: %d %s", p.status, p.path)
		}
		p = v.post("/settings/people", person)
		v.sound(p)
		if p.status != http.StatusUnprocessableEntity {
			h.Errorf("the same address twice: %d", p.status)
		}
		p = v.post("/settings/people", url.Values{"name": {"Nobody"}, "email": {"nobody"}, "roles": {"engineer"}})
		v.sound(p)
		if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, `href="#f-person-email"`) || !strings.Contains(p.body, `id="f-person-email"`) {
			h.Errorf("no address: %d", p.status)
		}
		person.Set("email", "boss@cloud.example")
		person.Set("roles", "supervisor")
		if p := v.post("/settings/people", person); p.status == http.StatusOK {
			h.Error("an organisation has made a supervisor")
		}
		for _, who := range []*visitor{newcomer, h.signedIn("en", "outsider", "lab"), h.signedIn("en", "supervisor", "desk")} {
			for _, p := range []page{who.get("/settings"), who.post("/settings", form), who.post("/settings/people", person)} {
				if p.status != http.StatusForbidden {
					h.Errorf("somebody who is no administrator: %d", p.status)
				}
			}
		}
	})
}
