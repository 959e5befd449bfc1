// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"time"
)

// duties walks a duty's file: corrected, decided about, paused with two signatures; and a clash that a person decides.
func (w *walk) duties() {
	owed := w.do(rq{op: "list-duties", as: "engineer", query: "open=true"}).text("items.0.id")
	file := w.do(rq{op: "get-duty", as: "engineer", path: []string{owed}})
	if file.len("anchors") != 1 || file.len("past") != 0 {
		w.Errorf("file: %s", file.raw)
	}
	w.do(rq{op: "get-duty", as: "operator", path: []string{owed}, want: 404})
	w.do(rq{op: "get-duty", as: "auditor", path: []string{owed}, want: 404})
	at := learned.Add(-6 * time.Hour).Format(time.RFC3339)
	w.do(rq{op: "correct-anchor", as: "engineer", path: []string{owed}, body: object{"at": at, "why": " "}, want: 422})
	w.do(rq{op: "correct-anchor", as: "operator", path: []string{owed}, body: object{"at": at, "why": "mail"}, want: 404})
	changes := w.do(rq{op: "correct-anchor", as: "engineer", path: []string{owed}, body: object{"at": at, "zone": "Europe/Berlin", "why": "the mail of that night"}})
	if changes.len("items") < 2 || changes.at("items.0.later") != false || changes.text("items.0.was.sentence") == changes.text("items.0.is.sentence") {
		w.Errorf("changes: %s", changes.raw)
	}
	if file = w.do(rq{op: "get-duty", as: "analyst", path: []string{owed}}); file.len("anchors") != 2 || file.len("past") != 1 || file.text("anchors.1.why") != "the mail of that night" {
		w.Errorf("file after the correction: %s", file.raw)
	}
	w.do(rq{op: "decide-duty", as: "engineer", path: []string{owed}, body: object{"why": "our counsel looks at it"}, want: 201})
	w.do(rq{op: "decide-duty", as: "analyst", path: []string{owed}, body: object{"why": "x"}, want: 403})

	clocks := w.do(rq{op: "list-clocks", as: "engineer", path: []string{w.report}})
	if clocks.len("items") != 4 || clocks.text("items.0.state") != "met" || clocks.text("items.3.state") != "not-triggered" {
		w.Errorf("the platform's clocks: %s", clocks.raw)
	}
	w.do(rq{op: "list-clocks", as: "operator", path: []string{w.report}, want: 404})
	verify := clocks.text("items.2.id")
	w.do(rq{op: "get-duty", as: "engineer", path: []string{verify}, want: 404}) // the file is the platform's own
	pause := object{"kind": "pause", "why": "the reporter was asked"}
	w.do(rq{op: "propose-act", as: "analyst", path: []string{owed}, body: pause, want: 409}) // no law lets it stand still
	act := w.do(rq{op: "propose-act", as: "analyst", path: []string{verify}, body: pause, want: 201}).text("id")
	w.do(rq{op: "propose-act", as: "engineer", path: []string{owed}, body: pause, want: 403})
	w.do(rq{op: "sign-act", as: "analyst", path: []string{act}, want: 403})
	if a := w.do(rq{op: "list-acts", as: "officer"}); a.len("items") != 1 || a.text("items.0.id") != act {
		w.Errorf("acts: %s", a.raw)
	}
	if a := w.do(rq{op: "sign-act", as: "officer", path: []string{act}}); a.text("is.state") != "paused" || a.at("is.due_at") != nil {
		w.Errorf("signed: %s", a.raw)
	}
	w.clock.Advance(time.Hour)
	if a := w.do(rq{op: "resume-duty", as: "analyst", path: []string{verify}}); a.text("is.state") != "running" {
		w.Errorf("resumed: %s", a.raw)
	}
	second := w.do(rq{op: "propose-act", as: "analyst", path: []string{owed}, body: object{"kind": "waive", "why": "x"}, want: 201}).text("id")
	w.do(rq{op: "refuse-act", as: "supervisor", path: []string{second}, body: object{"why": "no ground"}, want: 204})
	if a := w.do(rq{op: "list-acts", as: "supervisor", query: "waiting=supervisor"}); a.len("items") == 0 {
		w.Errorf("a pause gave time, and the supervisor was not told: %s", a.raw)
	} else {
		w.do(rq{op: "see-act", as: "supervisor", path: []string{a.text("items.0.id")}, want: 204})
	}

	w.do(rq{op: "open-clashes", as: "engineer", path: []string{w.report}, body: object{"facts": object{"weather": "fine"}}, want: 422})
	w.do(rq{op: "open-clashes", as: "operator", path: []string{w.report}, body: object{}, want: 404})
	if a := w.do(rq{op: "open-clashes", as: "engineer", path: []string{w.report}, body: object{"facts": object{"eu_market": "yes", "nis2_entity": "essential"}, "roles": []string{"finder"}}, want: 201}); a.len("items") != 0 {
		w.Errorf("before the EU's law applied: %s", a.raw)
	}
}

// clashes walks a decision task, at a time when two laws clash.
func (w *walk) clashes() {
	at := time.Date(2026, 10, 12, 1, 0, 0, 0, time.UTC)
	w.clock.Set(at)
	content := whole()
	content["learned_at"] = at.Add(-time.Hour).Format(time.RFC3339)
	report := w.do(rq{op: "submit-report", as: "engineer", body: object{"content": content}, want: 201}).text("report.id")
	facts := object{"facts": object{"eu_market": "yes"}, "happened": object{"exploitation_aware_at": at.Format(time.RFC3339)}}
	opened := w.do(rq{op: "open-clashes", as: "engineer", path: []string{report}, body: facts, want: 201})
	if opened.len("items") != 2 || opened.text("items.0.one.text") == "" || opened.text("items.0.two.source") == "" {
		w.Errorf("opened: %s", opened.raw)
	}
	id := opened.text("items.0.id")
	w.do(rq{op: "get-clash", as: "operator", path: []string{id}, want: 404})
	w.do(rq{op: "get-clash", as: "supervisor", path: []string{id}})
	w.do(rq{op: "answer-clash", as: "analyst", path: []string{id}, body: object{"answer": "x"}, want: 403})
	if a := w.do(rq{op: "answer-clash", as: "engineer", path: []string{id}, body: object{"answer": "counsel: our subsidiary sends it"}}); a.text("answer") == "" {
		w.Errorf("answered: %s", a.raw)
	}
	w.do(rq{op: "answer-clash", as: "engineer", path: []string{id}, body: object{"answer": "again"}, want: 409})
	for who, want := range map[string]int{"engineer": 2, "supervisor": 2, "operator": 0} {
		if a := w.do(rq{op: "list-clashes", as: who}); a.len("items") != want {
			w.Errorf("%s: %s", who, a.raw)
		}
	}
	if s := w.log.String(); strings.Contains(s, "counsel") || strings.Contains(s, "that night") {
		w.Error("a reason stands in the log")
	}
}
