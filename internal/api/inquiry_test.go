// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
)

// inquiries climbs the ladder twice: up to an annulled decision, and up to a suspension that ends early.
func (w *walk) inquiries() {
	w.person("desk", "overseer", member.Supervisor)
	up := func() (path []string, decision string) {
		body := object{"organisation": w.orgs["lab"], "question": "When did you learn of it?", "anchor": learned.Format(time.RFC3339),
			"evidence": []object{{"kind": "url", "ref": "https://advisories.example.org/17"}}}
		path = []string{w.do(rq{op: "open-inquiry", as: "supervisor", want: 201, body: body}).text("id")}
		w.do(rq{op: "serve-notice", as: "supervisor", path: path, body: object{"text": "We intend to decide."}})
		w.do(rq{op: "extend-statement", as: "supervisor", path: path, body: object{"until": w.clock.Now().AddDate(0, 2, 0).Format(time.RFC3339)}})
		w.do(rq{op: "propose-decision", as: "supervisor", path: path, body: object{"outcome": "warning", "reasons": "too early"}, want: 409})
		w.do(rq{op: "make-statement", as: "outsider", path: path, body: object{"text": "The day after.", "anchor": learned.Add(time.Hour).Format(time.RFC3339)}})
		proposed := w.do(rq{op: "propose-decision", as: "supervisor", path: path, body: object{"outcome": "suspension", "months": 6, "reasons": "late", "public_zh": "未按期报送。", "conditions": "mend it"}})
		return path, proposed.text("decisions.0.id")
	}
	lost := []string{w.do(rq{op: "open-inquiry", as: "supervisor", want: 201, body: object{"organisation": w.orgs["lab"], "question": "Is this yours?", "evidence": []object{{"kind": "url", "ref": "https://advisories.example.org/18"}}}}).text("id")}
	w.do(rq{op: "serve-notice", as: "supervisor", path: lost, body: object{"text": "We intend to decide."}})
	if err := w.DB.Tx(w.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(w.Context(), `UPDATE delivery SET state = 'failed' WHERE subject LIKE $1`, "%"+lost[0]+"%")
		return err
	}); err != nil {
		w.Fatal(err)
	}
	if a := w.do(rq{op: "redeliver-notice", as: "supervisor", path: lost, body: object{"how": "handed over at the desk"}}); a.text("state") != "noticed" {
		w.Errorf("served again: %s", a.raw)
	}
	path, decision := up()
	w.do(rq{op: "open-inquiry", as: "analyst", want: 404, body: object{"organisation": w.orgs["lab"], "question": "q", "evidence": []object{}}})
	w.do(rq{op: "open-inquiry", as: "supervisor", want: 422, body: object{"organisation": w.orgs["lab"], "question": "q", "evidence": []object{{"kind": "report", "ref": "none"}}}})
	refused := w.do(rq{op: "refuse-decision", as: "officer", path: path, body: object{"why": "more reasons, please"}})
	if refused.text("state") != "stated" || refused.text("decisions.0.fell_why") == "" {
		w.Errorf("refused: %s", refused.raw)
	}
	again := w.do(rq{op: "propose-decision", as: "supervisor", path: path, body: object{"outcome": "suspension", "months": 6, "reasons": "late, and here is why", "publish": "effect", "public_zh": "未按期报送。", "public_en": "It reported late."}})
	w.do(rq{op: "sign-decision", as: "officer", path: path, body: object{"decision": decision}, want: 409})
	decision = again.text("decisions.1.id")
	w.do(rq{op: "sign-decision", as: "supervisor", path: path, body: object{"decision": decision}, want: 403})
	signed := w.do(rq{op: "sign-decision", as: "officer", path: path, body: object{"decision": decision}})
	if signed.text("waits_for") != "appeal" || signed.at("in_force") != true {
		w.Errorf("signed: %s", signed.raw)
	}
	if a := w.do(rq{op: "list-decisions"}); a.len("items") != 1 || a.text("items.0.standing") != "appealable" || !strings.Contains(string(a.raw), "24:00 on") {
		w.Errorf("register: %s", a.raw)
	}
	number := signed.text("number")
	w.do(rq{op: "get-decision", path: []string{"FS-Q-2021-000099"}, want: 404})
	w.do(rq{op: "get-inquiry", as: "operator", path: path, want: 404})
	mine := w.do(rq{op: "get-inquiry", as: "outsider", path: path})
	if theirs := w.do(rq{op: "get-inquiry", as: "overseer", path: path}); string(theirs.raw) != string(mine.raw) {
		w.Errorf("the mirror differs:\n%s\n%s", theirs.raw, mine.raw)
	}
	w.do(rq{op: "appeal-decision", as: "outsider", path: path, body: object{"grounds": "We were in time."}})
	w.do(rq{op: "answer-appeal", as: "supervisor", path: path, body: object{"annul": true, "text": "You were."}, want: 403})
	if a := w.do(rq{op: "answer-appeal", as: "overseer", path: path, body: object{"annul": true, "text": "You were."}}); a.text("state") != "annulled" || a.at("in_force") != false {
		w.Errorf("annulled: %s", a.raw)
	}
	if a := w.do(rq{op: "get-decision", path: []string{number}}); a.text("standing") != "annulled" || strings.Contains(string(a.raw), "reported late") {
		w.Errorf("annulled in public: %s", a.raw)
	}
	path, decision = up()
	w.do(rq{op: "contest", as: "outsider", path: path, body: object{"about": "evidence/0", "text": "That is somebody else."}})
	w.do(rq{op: "contest", as: "outsider", path: path, body: object{"about": "evidence/1", "text": "x"}, want: 422})
	w.do(rq{op: "sign-decision", as: "overseer", path: path, body: object{"decision": decision}, want: 409})
	open := w.do(rq{op: "get-inquiry", as: "supervisor", path: path}).text("objections.0.id")
	w.do(rq{op: "answer-objection", as: "outsider", path: path, body: object{"objection": open, "text": "x"}, want: 404})
	w.do(rq{op: "answer-objection", as: "supervisor", path: path, body: object{"objection": open, "text": "It is you."}})
	w.do(rq{op: "redeliver-notice", as: "supervisor", path: path, body: object{}, want: 409})
	w.do(rq{op: "sign-decision", as: "overseer", path: path, body: object{"decision": decision}})
	w.clock.Advance(time.Minute)
	w.do(rq{op: "rectify", as: "outsider", path: path, body: object{"text": "mended"}})
	if a := w.do(rq{op: "end-sanction", as: "overseer", path: path, body: object{"why": "mended"}}); a.at("in_force") != false {
		w.Errorf("ended: %s", a.raw)
	}
	path, decision = up()
	w.do(rq{op: "sign-decision", as: "overseer", path: path, body: object{"decision": decision}})
	w.do(rq{op: "appeal-decision", as: "outsider", path: path, body: object{"grounds": "Too long."}})
	w.person("desk", "arbiter", member.Supervisor)
	milder := object{"outcome": "suspension", "months": 2, "reasons": "shorter"}
	w.do(rq{op: "answer-appeal", as: "arbiter", path: path, body: object{"annul": true, "revise": milder, "text": "x"}, want: 422})
	again = w.do(rq{op: "answer-appeal", as: "arbiter", path: path, body: object{"revise": milder, "text": "In part."}})
	if a := w.do(rq{op: "sign-decision", as: "overseer", path: path, body: object{"decision": again.text("decisions.1.id")}}); a.text("state") != "revised" || a.at("in_force") != true {
		w.Errorf("revised: %s", a.raw)
	}
	if a := w.do(rq{op: "get-policy"}); a.len("items") != len(member.Policy) || a.text("items.0.effects.suspended") != "keeps" {
		w.Errorf("policy: %s", a.raw)
	}
	for who, n := range map[string]int{"supervisor": 4, "outsider": 4, "operator": 0, "analyst": 0} {
		if a := w.do(rq{op: "list-inquiries", as: who}); a.len("items") != n {
			w.Errorf("%s lists: %s", who, a.raw)
		}
	}
}
