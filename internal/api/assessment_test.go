// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

// vex is an OpenVEX document about a package.
const vex = `{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://psirt.example/7","author":"PSIRT (demo)","timestamp":"2021-11-20T08:00:00Z","version":1,
	"statements":[{"vulnerability":{"name":"CVE-2021-44228"},"products":[{"@id":"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"},{"@id":"pkg:npm/left-pad"}],
	"status":"not_affected","justification":"vulnerable_code_not_present"}]}`

func (w *walk) assessments(product string) {
	said := object{"vulnerability": "CVE-2021-44228", "version": "5.8.0", "purl": log4j, "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path", "reason": "查询功能已关闭"}
	a := w.do(rq{op: "assess-product", as: "engineer", path: []string{product}, body: said, want: 201})
	if a.text("component.ecosystem") != "Maven" || a.text("via") != "api" || a.at("source") != nil {
		w.Errorf("assessment: %s", a.raw)
	}
	w.do(rq{op: "assess-product", as: "operator", path: []string{product}, body: said, want: 404})
	w.do(rq{op: "assess-product", as: "analyst", path: []string{product}, body: said, want: 403})
	delete(said, "justification")
	w.do(rq{op: "assess-product", as: "engineer", path: []string{product}, body: said, want: 422})
	taken := w.do(rq{op: "push-vex", as: "engineer", body: []byte(vex)})
	if taken.text("source.format") != "OpenVEX" || taken.len("items") != 1 || taken.text("reasons.0.why") != "product" {
		w.Errorf("taken: %s", taken.raw)
	}
	if again := w.do(rq{op: "push-vex", as: "engineer", query: "product=" + product + "&version=5.8.0", body: []byte(vex)}); again.len("items") != 1 {
		w.Errorf("taken for one product: %s", again.raw)
	}
	if none := w.do(rq{op: "push-vex", as: "operator", body: []byte(vex)}); none.len("items") != 0 {
		w.Errorf("a document about another's products: %s", none.raw)
	}
	w.do(rq{op: "push-vex", as: "operator", query: "product=" + product, body: []byte(vex), want: 404})
	w.do(rq{op: "push-vex", as: "engineer", body: []byte("{}"), want: 422})
	if all := w.do(rq{op: "list-assessments", as: "analyst", path: []string{product}, query: "limit=2"}); all.len("items") != 2 || all.text("next") == "" {
		w.Errorf("assessments: %s", all.raw)
	}
	w.do(rq{op: "list-assessments", as: "operator", path: []string{product}, want: 404})
}
