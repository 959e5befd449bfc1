// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"strings"
	"testing"
	"time"
)

// What is owed stands by urgency with what to do next, what is met is folded, and the calendar address works until it is
// closed.
func TestWhatWeOweAndTheCalendar(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		if p := v.get("/duties"); !strings.Contains(p.body, "Nothing is owed") {
			h.Error("there is no empty state")
		}
		form := flash()
		form.Set("relation", "provider")
		v.post("/reports", form)
		p := v.get("/duties")
		v.sound(p)
		for _, want := range []string{"Next: ", "Have it verified", "File and corrections", "Done", "RMSV 2021 art. 7(2)", "/duties/calendar.ics"} {
			if !strings.Contains(p.body, want) {
				h.Errorf("the page lacks %q", want)
			}
		}
		h.clock.Advance(6 * time.Hour)
		if p := v.get("/duties"); !strings.Contains(p.body, "overdue, ") || !strings.Contains(p.body, "Overdue") {
			h.Error("nothing is overdue after six hours")
		}
		if p := v.get("/duties/calendar.ics"); !strings.HasPrefix(p.body, "BEGIN:VCALENDAR") || strings.Contains(p.body, form.Get("product")) {
			h.Errorf("calendar: %s", p.body)
		}
		p = v.post("/duties/calendar", nil)
		_, rest, ok := strings.Cut(p.body, "/calendar/fsc_")
		if !ok {
			h.Fatalf("no address: %s", p.body)
		}
		secret, _, _ := strings.Cut(rest, "<")
		guest := h.visitor("en")
		if p := guest.get("/calendar/fsc_" + secret); p.status != 200 || !strings.HasPrefix(p.body, "BEGIN:VCALENDAR") {
			h.Errorf("%d %s", p.status, p.body)
		}
		if p := v.get("/duties"); strings.Contains(p.body, secret) {
			h.Error("the address is shown twice")
		}
		v.post("/duties/calendar/close", nil)
		if p := guest.get("/calendar/fsc_" + secret); p.status != 404 {
			h.Errorf("closed: %d", p.status)
		}
	})
}

// The register filters, says of which day it is, and exports what it shows; members export their own part alone.
func TestTheRegisterOfADay(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		form := flash()
		form.Set("relation", "provider")
		v.post("/reports", form)
		s := h.signedIn("en", "supervisor", "desk")
		p := s.get("/register")
		s.sound(p)
		if !strings.Contains(p.body, "Verify at once") {
			h.Errorf("register: %s", p.body)
		}
		p = s.get("/register?state=&as_of=2020-01-01T00:00")
		s.sound(p)
		if !strings.Contains(p.body, "As known on 2020-01-01 00:00 (UTC+8).") || !strings.Contains(p.body, "No duty matches") {
			h.Error("the register of a day before anything happened is not empty")
		}
		if p := s.get("/register?state=never"); p.status != 422 {
			h.Errorf("bad state: %d", p.status)
		}
		if p := s.get("/register?as_of=yesterday"); p.status != 422 {
			h.Errorf("bad time: %d", p.status)
		}
		if p := s.get("/register/export?format=csv&state=open"); !strings.HasPrefix(p.body, "\uFEFFReport,Organisation") || !strings.Contains(p.body, "Verify at once") {
			h.Errorf("csv: %s", p.body)
		}
		if p := v.get("/register/export?format=csv"); p.status != 404 {
			h.Errorf("a member exports the register: %d", p.status)
		}
		if p := v.get("/duties/export?format=jsonl"); !strings.Contains(p.body, `"sentence":"RMSV 2021 art. 7(2)`) {
			h.Errorf("own part: %s", p.body)
		}
	})
}

// A form of another receiver is filled in, says what is missing and where to enter it, and what was handed in stands there.
func TestFormsOfOtherReceivers(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		form := flash()
		form.Set("relation", "provider")
		p := v.post("/reports", form)
		_, rest, _ := strings.Cut(p.body+p.path, "/reports/0")
		id := "0" + rest[:35]
		list := v.get("/reports/" + id + "/filings")
		v.sound(list)
		if !strings.Contains(list.body, "CNNVD") || !strings.Contains(list.body, "A legal decision comes first") {
			h.Error("the list lacks receivers or the clash")
		}
		here := "/reports/" + id + "/filings/cnvd"
		p = v.get(here)
		v.sound(p)
		if !strings.Contains(p.body, "漏洞标题") || !strings.Contains(p.body, "/supplement#f-versions") || !strings.Contains(p.body, "data-copy") {
			h.Errorf("form: %s", p.body)
		}
		if p := v.post(here, map[string][]string{"at": {"2099-01-01T00:00"}}); p.status != 422 || !strings.Contains(p.body, "something must show it") {
			h.Errorf("handed in without evidence: %d", p.status)
		}
		if p := v.post(here, map[string][]string{"at": {"2021-11-24T10:00"}, "number": {"CNVD-C-2021-1"}}); !strings.Contains(v.get(here).body, "CNVD-C-2021-1") {
			h.Errorf("not recorded: %d %s", p.status, p.body)
		}
		if p := v.get(here + "/form.json"); !strings.Contains(p.body, `"label_zh": "漏洞标题"`) {
			h.Errorf("json: %s", p.body)
		}
		other := h.signedIn("en", "outsider", "lab")
		for _, path := range []string{"/reports/" + id + "/filings", here, here + "/form.json"} {
			if p := other.get(path); p.status != 404 {
				h.Errorf("%s: %d", path, p.status)
			}
		}
	})
}
