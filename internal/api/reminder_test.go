// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
)

// reminders lets the time of a duty run out, and calls about it.
func (w *walk) reminders() {
	cloud := w.orgs["cloud"]
	roster := object{"items": []object{{"post": "head", "account": w.people["engineer"].AccountID, "phone": "139-5555-0101"}}}
	w.do(rq{op: "set-roster", as: "engineer", path: []string{cloud}, body: roster})
	w.do(rq{op: "set-roster", as: "operator", path: []string{cloud}, body: roster, want: 403})
	stranger := object{"items": []object{{"post": "head", "account": w.people["operator"].AccountID}}}
	w.do(rq{op: "set-roster", as: "engineer", path: []string{cloud}, body: stranger, want: 422})
	if a := w.do(rq{op: "get-roster", as: "supervisor", path: []string{cloud}}); a.text("items.0.phone") != "139-5555-0101" {
		w.Errorf("roster: %s", a.raw)
	}
	w.do(rq{op: "get-roster", as: "operator", path: []string{cloud}, want: 404})

	ctx := context.Background()
	w.ok(w.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := w.Duties.Start(ctx, tx, uuid.NewString(), duty.Facts{OrgID: cloud, Relation: duty.MakesProduct, LearnedAt: w.clock.Now()})
		return err
	}))
	w.clock.Advance(50 * time.Hour)
	_, err := w.Duties.Remind(ctx)
	w.ok(err)
	a := w.do(rq{op: "list-reminders", as: "engineer", query: "step=100&late=true&limit=1"})
	if a.len("items") != 1 || a.text("items.0.organisation") != cloud || a.text("items.0.late_why") == "" || a.len("items.0.to") == 0 || a.text("next") == "" {
		w.Errorf("reminders: %s", a.raw)
	}
	w.do(rq{op: "list-reminders", as: "engineer", query: "step=100&limit=1&after=" + a.text("next")})
	w.do(rq{op: "list-reminders", as: "engineer", query: "after=nonsense", want: 422})
	w.do(rq{op: "list-reminders", as: "engineer", query: "step=60", want: 422})
	w.do(rq{op: "list-reminders", as: "operator", query: "organisation=" + cloud, want: 404})
	if a := w.do(rq{op: "list-reminders", as: "officer"}); a.len("items") < 8 {
		w.Errorf("reminders of everybody: %s", a.raw)
	}
	inbox := w.do(rq{op: "list-letters", as: "engineer"})
	if inbox.len("items") == 0 || inbox.at("unread") == 0 {
		w.Errorf("inbox: %s", inbox.raw)
	}
	letter := inbox.text("items.0.id")
	if a := w.do(rq{op: "get-letter", as: "engineer", path: []string{letter}}); a.text("read_at") == "" || a.text("items.0.duty.sentence") == "" {
		w.Errorf("letter: %s", a.raw)
	}
	w.do(rq{op: "get-letter", as: "operator", path: []string{letter}, want: 404})

	calls := w.do(rq{op: "list-calls", as: "officer", query: "open=true"})
	if calls.len("items") == 0 {
		w.Fatalf("calls: %s", calls.raw)
	}
	id := ""
	for i := range calls.len("items") {
		if calls.text("items."+string(rune('0'+i))+".organisation") == cloud {
			id = calls.text("items." + string(rune('0'+i)) + ".id")
		}
	}
	c := w.do(rq{op: "get-call", as: "officer", path: []string{id}})
	if c.text("lines.0.phone") != "139-5555-0101" || c.text("lines.0.post") != "head" || c.at("pressing") != true {
		w.Errorf("call: %s", c.raw)
	}
	w.do(rq{op: "list-calls", as: "engineer", want: 404})
	w.do(rq{op: "get-call", as: "engineer", path: []string{id}, want: 404})
	to := c.text("lines.0.to")
	try := func(outcome, note string, want int) {
		w.do(rq{op: "record-call", as: "officer", path: []string{id}, body: object{"to": to, "outcome": outcome, "note": note}, want: want})
	}
	w.do(rq{op: "record-call", as: "engineer", path: []string{id}, body: object{"to": to, "outcome": "reached"}, want: 404})
	try("no-answer", "", 200)
	try("written", "", 422)
	try("reached", "will report within the hour", 200)
	try("reached", "", 409)
	if a := w.do(rq{op: "get-call", as: "supervisor", path: []string{id}}); a.len("tries") != 2 || a.at("pressing") != false {
		w.Errorf("call that was made: %s", a.raw)
	}
}
