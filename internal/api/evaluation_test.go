// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
)

// evaluations leads a year from its drafts to a level.
func (w *walk) evaluations() {
	w.clock.Set(time.Date(2022, 1, 10, 2, 0, 0, 0, time.UTC))
	w.do(rq{op: "draft-evaluations", as: "engineer", body: object{"year": 2021}, want: 404})
	w.do(rq{op: "draft-evaluations", as: "supervisor", body: object{"year": 2022}, want: 409})
	round := w.do(rq{op: "draft-evaluations", as: "supervisor", body: object{"year": 2021}, want: 201})
	if round.text("scheme") == "" {
		w.Errorf("round: %s", round.raw)
	}
	w.do(rq{op: "list-evaluation-rounds", as: "engineer"})
	if a := w.do(rq{op: "get-evaluation-scheme", path: []string{"2021"}}); a.text("ref") != round.text("scheme") || !strings.Contains(a.text("text"), "criteria:") {
		w.Errorf("scheme: %s", a.raw)
	}
	w.do(rq{op: "get-evaluation-scheme", path: []string{"2001"}, want: 404})
	mine := w.do(rq{op: "list-evaluations", as: "engineer"})
	if mine.len("items") != 1 || mine.text("items.0.organisation") != w.orgs["cloud"] {
		w.Fatalf("own evaluations: %s", mine.raw)
	}
	path := []string{mine.text("items.0.id")}
	w.do(rq{op: "get-evaluation", as: "operator", path: path, want: 404})
	got := w.do(rq{op: "get-evaluation", as: "engineer", path: path})
	again := w.do(rq{op: "recompute-evaluation", as: "engineer", path: path})
	if fmt.Sprint(again.at("score_milli")) != fmt.Sprint(got.at("result.score_milli")) {
		w.Errorf("computed anew: %s\n%s", got.raw, again.raw)
	}
	w.do(rq{op: "object-to-evaluation", as: "operator", path: path, body: object{"criterion": "duties", "text": "x"}, want: 404})
	objected := w.do(rq{op: "object-to-evaluation", as: "engineer", path: path, body: object{"criterion": "duties", "text": "We told them."}})
	w.do(rq{op: "answer-evaluation", as: "supervisor", path: path, body: object{"objection": objected.text("objections.0.id"), "accept": false, "text": "Not here."}})
	w.clock.Set(time.Date(2022, 2, 20, 2, 0, 0, 0, time.UTC))
	e := w.do(rq{op: "get-evaluation", as: "supervisor", path: path})
	level := object{"rev": e.at("rev"), "level": 3, "reasons": "a new member"}
	e = w.do(rq{op: "propose-level", as: "supervisor", path: path, body: level})
	w.do(rq{op: "sign-level", as: "supervisor", path: path, body: object{"rev": e.at("rev")}, want: 403})
	if a := w.do(rq{op: "refuse-level", as: "officer", path: path}); a.text("state") != "answered" {
		w.Errorf("refused: %s", a.raw)
	}
	level["rev"] = w.do(rq{op: "get-evaluation", as: "supervisor", path: path}).at("rev")
	e = w.do(rq{op: "propose-level", as: "supervisor", path: path, body: level})
	w.do(rq{op: "sign-level", as: "officer", path: path, body: object{"rev": level["rev"]}, want: 409})
	if a := w.do(rq{op: "sign-level", as: "officer", path: path, body: object{"rev": e.at("rev")}}); a.text("state") != "final" || fmt.Sprint(a.at("level")) != "3" || a.text("waits_for") != "" {
		w.Errorf("signed: %s", a.raw)
	}
}

// transparency publishes a quarter.
func (w *walk) transparency() {
	w.person("desk", "controller", member.Supervisor)
	live := w.do(rq{op: "get-transparency", path: []string{"2021-Q4"}})
	if live.len("spans") != 7 || live.at("members") != nil {
		w.Errorf("live: %s", live.raw)
	}
	w.do(rq{op: "get-transparency", path: []string{"2031"}, want: 404})
	w.do(rq{op: "get-transparency", path: []string{"always"}, want: 404})
	w.do(rq{op: "draft-transparency-edition", as: "engineer", body: object{"period": "2021-Q4"}, want: 404})
	dropped := w.do(rq{op: "draft-transparency-edition", as: "supervisor", body: object{"period": "2021-Q4"}, want: 201}).text("edition.id")
	w.do(rq{op: "drop-transparency-edition", as: "officer", path: []string{dropped}, body: object{"why": "once more"}})
	path := []string{w.do(rq{op: "draft-transparency-edition", as: "supervisor", body: object{"period": "2021-Q4"}, want: 201}).text("edition.id")}
	w.do(rq{op: "get-transparency-draft", path: path, want: 401})
	w.do(rq{op: "get-transparency-draft", as: "officer", path: path})
	if a := w.do(rq{op: "list-transparency-drafts", as: "officer"}); a.len("items") != 1 {
		w.Errorf("drafts: %s", a.raw)
	}
	w.do(rq{op: "get-transparency-edition", path: []string{"2021-Q4", "0"}, want: 404})
	w.do(rq{op: "sign-transparency-edition", as: "supervisor", path: path, want: 403})
	w.do(rq{op: "sign-transparency-edition", as: "officer", path: path})
	w.do(rq{op: "sign-transparency-edition", as: "controller", path: path})
	w.settle()
	if a := w.do(rq{op: "list-transparency-editions"}); a.len("items") != 1 || a.text("items.0.period") != "2021-Q4" {
		w.Errorf("editions: %s", a.raw)
	}
	e := w.do(rq{op: "get-transparency-edition", path: []string{"2021-Q4", "1"}})
	if e.text("figures.members.k") != "" && e.text("edition.digest") == "" {
		w.Errorf("edition: %s", e.raw)
	}
	receipt := w.do(rq{op: "get-transparency-receipt", path: []string{"2021-Q4", "1"}})
	if v, err := evidence.Verify(receipt.raw, w.do(rq{op: "get-evidence"}).text("public_key")); err != nil || v.Entry.Kind != "transparency.published" {
		w.Errorf("receipt: %+v, %v", v, err)
	}
	late := w.breach()
	w.do(rq{op: "explain-breach", as: "officer", path: []string{late}, body: object{"reason_zh": "人手不足"}, want: 404})
	w.do(rq{op: "explain-breach", as: "supervisor", path: []string{late}, body: object{"reason_zh": "人手不足", "reason_en": "Too few analysts"}, want: 204})
}

// breach is a clock of the platform's own that has run out.
func (w *walk) breach() string {
	id := uuid.Must(uuid.NewV7()).String()
	w.ok(w.DB.Tx(w.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(w.Context(), `INSERT INTO duty (id, rule, force, org_id, report_id, anchor, anchor_at, due_at, latest_at, created_at, owed_to) SELECT '`+id+`', 'platform-service/verify', 'policy', org_id, '`+id+`', anchor, anchor_at, due_at, due_at, created_at, 'reporter'
		FROM duty WHERE due_at < '2022-01-01' ORDER BY id LIMIT 1`)
		return err
	}))
	return id
}
