// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"net/url"
	"strings"
	"time"
)

// register asks the register of duties in every form, as everybody.
func (w *walk) register() {
	all := w.do(rq{op: "read-register", as: "supervisor"})
	own := w.do(rq{op: "read-register", as: "engineer"})
	if all.len("items") < own.len("items") || own.len("items") == 0 || own.text("items.0.organisation") != w.orgs["cloud"] || own.text("items.0.sentence") == "" || own.text("items.0.number") == "" {
		w.Errorf("register: %s\nown: %s", all.raw, own.raw)
	}
	first := w.do(rq{op: "read-register", as: "supervisor", query: "limit=1&sort=-due"})
	second := w.do(rq{op: "read-register", as: "supervisor", query: "limit=1&sort=-due&after=" + first.text("next")})
	if first.text("next") == "" || first.text("items.0.id") == second.text("items.0.id") {
		w.Errorf("pages: %s, %s", first.raw, second.raw)
	}
	before := url.QueryEscape(learned.Add(-24 * time.Hour).Format(time.RFC3339))
	if a := w.do(rq{op: "read-register", as: "supervisor", query: "as_of=" + before}); a.len("items") != 0 {
		w.Errorf("before anything was known: %s", a.raw)
	}
	w.do(rq{op: "read-register", as: "engineer", query: "organisation=" + w.orgs["lab"], want: 404})
	w.do(rq{op: "read-register", as: "administrator", query: "organisation=" + w.orgs["lab"], want: 404})
	w.do(rq{op: "read-register", as: "supervisor", query: "state=never&sort=name&limit=3", want: 422})
	w.do(rq{op: "read-register", as: "supervisor", query: "after=nowhere", want: 422})
	w.do(rq{op: "read-register", want: 401})

	csv := w.do(rq{op: "export-register", as: "supervisor", query: "law=RMSV+2021"})
	if !bytes.HasPrefix(csv.raw, []byte{0xEF, 0xBB, 0xBF}) || !strings.Contains(csv.header.Get("Content-Disposition"), ".csv") || !strings.Contains(string(csv.raw), "RMSV 2021") {
		w.Errorf("csv: %q %v", csv.raw, csv.header)
	}
	w.do(rq{op: "export-register", as: "engineer", query: "format=jsonl"})
	w.do(rq{op: "export-register", as: "engineer", query: "format=xlsx", want: 422})
	w.do(rq{op: "export-register", as: "engineer", query: "organisation=" + w.orgs["lab"], want: 404})
	w.do(rq{op: "export-register", want: 401})

	ics := w.do(rq{op: "get-duty-calendar", as: "engineer"})
	if !bytes.HasPrefix(ics.raw, []byte("BEGIN:VCALENDAR\r\n")) || bytes.Contains(ics.raw, []byte("Log4j")) {
		w.Errorf("calendar: %s", ics.raw)
	}
	w.do(rq{op: "get-duty-calendar", want: 401})
}
