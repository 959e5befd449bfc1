// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/member"
)

// TestMembersChooseHowTheyAreReached: an administrator adds, chooses, pauses and removes places; secrets are shown once,
// and the last place that is told of what is mandatory stays.
func TestMembersChooseHowTheyAreReached(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		const page = "/settings/reach"
		v.sound(v.get(page))
		p := v.post(page, url.Values{"do": {"add"}, "channel": {"webhook"}, "address": {"https://soc.cloud.example/in"}, "label": {"<SOC>"}})
		v.sound(p)
		secret := regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`).FindString(p.body)
		if p.status != http.StatusOK || secret == "" || strings.Contains(p.body, "<SOC>") || strings.Contains(v.get(page).body, "whsec_") {
			h.Errorf("a new webhook: %d, secret %q", p.status, secret)
		}
		p = v.post(page, url.Values{"do": {"add"}, "channel": {"email"}, "address": {"night"}})
		v.sound(p)
		if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, `id="f-new-address"`) || !strings.Contains(p.body, "night") {
			h.Errorf("no address: %d", p.status)
		}
		by := h.admin("cloud")
		r, err := h.Destinations.Reach(h.Context(), by)
		h.ok(err)
		id := r.Destinations[0].ID
		for _, do := range []string{"test", "rotate", "pause", "resume"} {
			h.clock.Advance(2 * 60e9)
			if p = v.post(page, url.Values{"do": {do}, "id": {id}}); p.status != http.StatusOK {
				h.Errorf("%s: %d", do, p.status)
			}
			v.sound(p)
		}
		_, _, err = h.Members.Configure(h.Context(), by, by.OrgID, member.Channels{Email: "security@cloud.example", WebhookURL: "https://cloud.example/in"})
		h.ok(err)
		p = v.post(page, url.Values{"do": {"rotate"}, "id": {"webhook"}})
		v.sound(p)
		if p.status != http.StatusOK || !strings.Contains(p.body, "whsec_") || !strings.Contains(v.get(page).body, "The former secret signs") {
			h.Errorf("rotate the main secret: %d", p.status)
		}
		_, _, err = h.Members.Configure(h.Context(), by, by.OrgID, member.Channels{Email: "security@cloud.example"})
		h.ok(err)
		if p = v.post(page, url.Values{"do": {"test"}, "id": {"nowhere"}}); p.status != http.StatusNotFound {
			h.Errorf("a test of nothing: %d", p.status)
		}
		pace := url.Values{"do": {"choose"}, "zone": {"Asia/Shanghai"}, "from": {"22:00"}, "until": {"07:00"}, "daily": {"08:30"}, "per_hour": {"10"}}
		pace.Set("how-email-digest", "hourly")
		if p = v.post(page, pace); p.status != http.StatusOK {
			h.Errorf("choose: %d", p.status)
		}
		pace.Set("how-email-mandatory", "none")
		p = v.post(page, pace)
		v.sound(p)
		if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, "last place") {
			h.Errorf("red and orange are muted: %d", p.status)
		}
		if r, err = h.Destinations.Reach(h.Context(), by); err != nil || r.Choices.How("email", "email", destination.Digest) != destination.Hourly || r.Choices.How("email", "email", destination.Mandatory) != destination.Now {
			h.Errorf("%v, %v", r.Choices, err)
		}
		if p = v.post(page, url.Values{"do": {"remove"}, "id": {id}}); p.status != http.StatusOK || strings.Contains(v.get(page).body, "soc.cloud.example") {
			h.Errorf("removed: %d", p.status)
		}
		for _, who := range []*visitor{h.visitor("en"), h.signedIn("en", "supervisor", "desk")} {
			if p := who.get(page); strings.Contains(p.body, "security@cloud.example") {
				h.Error("somebody else reads where a member is reached")
			}
		}
		staff := h.signedIn("en", "supervisor", "desk")
		v.sound(staff.get("/reachability"))
		if p := v.get("/reachability"); p.status == http.StatusOK {
			h.Error("members read who cannot be reached")
		}
	})
}

// TestTestsAreAnsweredByLink: opening a link changes nothing, its button does; wrong links are not there.
func TestTestsAreAnsweredByLink(t *testing.T) {
	each(t, func(h *house) {
		by := h.admin("cloud")
		d, _, err := h.Destinations.Add(h.Context(), by, destination.Input{Channel: "email", Address: "night@cloud.example"})
		h.ok(err)
		state := func() destination.Destination {
			d, err := h.Destinations.Get(h.Context(), by, d.ID)
			h.ok(err)
			return d
		}
		r, err := h.Destinations.Reach(h.Context(), by)
		h.ok(err)
		v := h.visitor("zh-CN")
		reached := "/reached/" + path.Base(h.Destinations.AnswerURL(r.Health[d.ID].Test))
		p := v.get(reached)
		v.sound(p)
		if p.status != http.StatusOK || state().Live() || strings.Contains(p.body, "night@cloud.example") {
			h.Errorf("opening a link: %d, %+v", p.status, state())
		}
		p = v.post(reached, url.Values{})
		v.sound(p)
		if p.status != http.StatusOK || !state().Live() {
			h.Errorf("the button: %d, %+v", p.status, state())
		}
		mute := "/mute/" + path.Base(h.Destinations.MuteURL(by.OrgID, d.ID, destination.Prompt))
		v.sound(v.get(mute))
		if p = v.post(mute, url.Values{"List-Unsubscribe": {"One-Click"}}); p.status != http.StatusOK {
			h.Errorf("mute: %d", p.status)
		}
		if r, err = h.Destinations.Reach(h.Context(), by); err != nil || r.Choices.How(d.ID, "email", destination.Prompt) != destination.None {
			h.Errorf("%v, %v", r.Choices, err)
		}
		for _, wrong := range []string{reached + "x", mute + "x", "/reached/x", "/mute/a.b.mandatory.c"} {
			if p := v.get(wrong); p.status != http.StatusNotFound {
				h.Errorf("%s: %d", wrong, p.status)
			}
			if p := v.post(wrong, url.Values{}); p.status != http.StatusNotFound {
				h.Errorf("POST %s: %d", wrong, p.status)
			}
		}
	})
}

// TestStandInsOnTheRoster: a holder who is away has somebody in the place.
func TestStandInsOnTheRoster(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		by := h.admin("cloud")
		form := url.Values{"officer": {by.AccountID}, "officer_stand_in": {by.AccountID}}
		p := v.post("/roster", form)
		v.sound(p)
		if p.status != http.StatusUnprocessableEntity {
			h.Errorf("one's own stand-in: %d", p.status)
		}
		form = url.Values{"officer": {by.AccountID}, "officer_from": {"2031-01-01T00:00"}, "officer_until": {"2031-01-08T00:00"}}
		if p = v.post("/roster", form); p.status != http.StatusOK {
			h.Errorf("an absence: %d", p.status)
		}
		ps, err := h.Members.Roster(h.Context(), by, by.OrgID)
		h.ok(err)
		if len(ps) != 1 || !ps[0].AwayAt(ps[0].AwayFrom) || ps[0].AwayAt(ps[0].AwayUntil) || ps[0].Post != member.OnDuty {
			h.Errorf("%+v", ps)
		}
		v.sound(v.get("/roster"))
	})
}

// admin is an organisation's administrator, with the account of its first person.
func (h *house) admin(org string) member.Actor {
	h.Helper()
	as, err := h.Members.Accounts(h.Context(), member.System(), h.orgs[org])
	h.ok(err)
	return member.Actor{AccountID: as[0].ID, OrgID: h.orgs[org], Roles: []member.Role{member.OrgAdmin}, Via: "web"}
}
