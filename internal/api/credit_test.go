// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"strings"
)

// thanks is a public record that thanks somebody for a find.
func thanks(id, whom string) []byte {
	return []byte(fmt.Sprintf(`{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":%q,"state":"PUBLISHED","dateReserved":"2021-11-20T00:00:00Z","datePublished":"2022-01-10T00:00:00Z"},
"containers":{"cna":{"title":"Beacon Log","credits":[{"lang":"en","value":%q,"type":"finder"}]}}}`, id, whom))
}

func (w *walk) credits() {
	cloud := w.orgs["cloud"]
	name := w.do(rq{op: "add-name", as: "engineer", path: []string{cloud}, body: object{"kind": "team", "name": "天枢实验室"}, want: 201})
	old := w.do(rq{op: "add-name", as: "supervisor", path: []string{cloud}, body: object{"kind": "domain", "name": "old.example"}, want: 201}).text("id")
	w.do(rq{op: "remove-name", as: "engineer", path: []string{cloud, old}, body: object{"why": "sold"}, want: 204})
	w.do(rq{op: "add-name", as: "outsider", path: []string{cloud}, body: object{"kind": "team", "name": "星辰实验室"}, want: 404})
	person := w.do(rq{op: "add-affiliation", as: "supervisor", path: []string{cloud}, body: object{"person": "Song Zhiyuan", "source": "https://talks.example.org/2021"}, want: 201}).text("id")
	w.do(rq{op: "dispute-affiliation", as: "engineer", path: []string{cloud, person}, body: object{"why": "nobody of ours"}, want: 204})
	w.do(rq{op: "remove-affiliation", as: "engineer", path: []string{cloud, person}, body: object{"why": "nobody of ours"}, want: 204})
	known := w.do(rq{op: "list-names", as: "engineer", path: []string{cloud}})
	if known.len("names") != 2 || known.len("affiliations") != 1 || strings.Contains(string(known.raw), "Song") {
		w.Errorf("names: %s", known.raw)
	}
	w.do(rq{op: "list-names", as: "operator", path: []string{cloud}, want: 404})

	w.do(rq{op: "import-records", as: "engineer", body: thanks("CVE-2021-99001", "x"), want: 404})
	in := w.do(rq{op: "import-records", as: "supervisor", query: "source=a.json", body: append(append(thanks("CVE-2021-99001", "天枢实验室"), thanks("CVE-2021-99002", "Member lab")...), thanks("CVE-2021-99003", "天枢实验室")...)})
	if !strings.Contains(string(in.raw), `"new":3`) || !strings.Contains(string(in.raw), `"leads":3`) {
		w.Errorf("import: %s", in.raw)
	}
	w.do(rq{op: "import-records", as: "analyst", body: []byte("{}"), want: 422})
	ls := w.do(rq{op: "list-leads", as: "supervisor", query: "state=waiting"})
	if ls.len("items") != 3 || w.do(rq{op: "list-leads", as: "engineer"}).len("items") != 2 || w.do(rq{op: "list-leads", as: "operator"}).len("items") != 0 {
		w.Errorf("leads: %s", ls.raw)
	}
	third, second, first := ls.text("items.0.id"), ls.text("items.1.id"), ls.text("items.2.id")
	one := w.do(rq{op: "get-lead", as: "engineer", path: []string{first}})
	if one.text("organisation") != cloud || one.text("signs.0.rule") != "name" || one.text("signs.0.name") != name.text("name") || one.len("evidence.would_have_owed") == 0 || one.text("anchors.0.what") != "reserved" {
		w.Errorf("lead: %s", one.raw)
	}
	w.do(rq{op: "get-lead", as: "operator", path: []string{first}, want: 404})
	w.do(rq{op: "get-lead-record", as: "engineer", path: []string{first, one.text("evidence.records.0.id")}})
	w.do(rq{op: "deny-lead", as: "engineer", path: []string{first}, body: object{"why": "another laboratory"}})
	if l := w.do(rq{op: "ask-about-lead", as: "supervisor", path: []string{first}, body: object{"question": "When did you learn of it?"}}); l.text("state") != "asked" || l.text("inquiry") == "" {
		w.Errorf("asked: %s", l.raw)
	}
	w.do(rq{op: "ask-about-lead", as: "supervisor", path: []string{first}, body: object{}, want: 409})
	w.do(rq{op: "dismiss-lead", as: "supervisor", path: []string{second}, body: object{"why": "somebody else", "stranger": true}})
	w.do(rq{op: "dismiss-lead", as: "analyst", path: []string{third}, body: object{"why": "x"}, want: 404})
}
