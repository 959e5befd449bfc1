// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/base64"
	"strings"
	"time"
)

// filings fills the forms of other receivers in from the report and hands one in.
func (w *walk) filings() {
	all := w.do(rq{op: "list-filings", as: "engineer", path: []string{w.report}})
	if all.len("items") < 6 || all.text("items.0.pack") != "nvdb" {
		w.Errorf("forms: %s", all.raw)
	}
	one := w.do(rq{op: "get-filing", as: "engineer", path: []string{w.report, "cnvd"}})
	if one.text("fields.1.label_zh") != "漏洞标题" || one.text("fields.1.state") != "ready" || one.len("done") != 0 {
		w.Errorf("form: %s", one.raw)
	}
	w.do(rq{op: "get-filing", as: "engineer", path: []string{w.report, "nowhere"}, want: 404})
	w.do(rq{op: "get-filing", as: "operator", path: []string{w.report, "cnvd"}, want: 404})
	w.do(rq{op: "list-filings", as: "operator", path: []string{w.report}, want: 404})
	body := object{"at": w.clock.Now().Format(time.RFC3339), "number": "CNVD-C-2021-95914", "proof_name": "c.pdf", "proof": base64.StdEncoding.EncodeToString([]byte("seen"))}
	done := w.do(rq{op: "hand-in", as: "engineer", path: []string{w.report, "cnvd"}, body: body})
	if done.text("proof") != "c.pdf" || len(done.text("sha256")) != 64 {
		w.Errorf("handed in: %s", done.raw)
	}
	if a := w.do(rq{op: "get-filing-proof", as: "engineer", path: []string{done.text("id")}}); string(a.raw) != "seen" {
		w.Errorf("proof: %s", a.raw)
	}
	w.do(rq{op: "get-filing-proof", as: "operator", path: []string{done.text("id")}, want: 404})
	w.do(rq{op: "hand-in", as: "operator", path: []string{w.report, "cnvd"}, body: body, want: 404})
	w.do(rq{op: "hand-in", as: "analyst", path: []string{w.report, "cnvd"}, body: body, want: 403})
	bad := w.do(rq{op: "hand-in", as: "engineer", path: []string{w.report, "cnvd"}, body: object{"at": "2099-01-01T00:00:00Z"}, want: 422})
	if !strings.Contains(string(bad.raw), `"number"`) || !strings.Contains(string(bad.raw), `"at"`) {
		w.Errorf("refused: %s", bad.raw)
	}
}
