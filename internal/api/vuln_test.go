// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/vuln"
)

// known is a public record in OSV.
func known(id, alias string) string {
	return fmt.Sprintf(`{"id":%q,"modified":"2021-11-20T00:00:00Z","published":"2021-11-19T00:00:00Z","aliases":[%q],"summary":"烽火日志远程代码执行漏洞","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
"affected":[{"package":{"ecosystem":"npm","name":"beacon-log"},"ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"1.4.2"}]}]}],"references":[{"type":"WEB","url":"https://beacon.example/advisory"}]}`, id, alias)
}

func (w *walk) vulnerabilities() {
	flat := func(s string) string { return strings.ReplaceAll(s, "\n", "") }
	body := []byte(flat(known("GHSA-2222-2222-2222", "CVE-2021-99201")) + "\n" + flat(known("GHSA-3333-3333-3333", "CVE-2021-99202")) + "\n{broken\n")
	w.do(rq{op: "import-vulnerabilities", as: "engineer", query: "kind=osv", body: body, want: 404})
	w.do(rq{op: "import-vulnerabilities", as: "supervisor", query: "kind=osv", body: body, want: 404})
	run := w.do(rq{op: "import-vulnerabilities", as: "administrator", query: "kind=osv&name=beacon.ndjson", body: body})
	if fmt.Sprint(run.at("new")) != "2" || fmt.Sprint(run.at("refused")) != "1" || run.text("refusals.0.reason") == "" || strings.Contains(run.text("refusals.0.reason"), "vuln.") {
		w.Errorf("import: %s", run.raw)
	}
	w.do(rq{op: "import-vulnerabilities", as: "administrator", query: "kind=kev", body: []byte(`{"vulnerabilities":null}`), want: 422})
	w.do(rq{op: "import-vulnerabilities", as: "administrator", query: "kind=kev", body: []byte(`{"count":1,"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2021-99201","vendorProject":"Beacon","product":"Log","vulnerabilityName":"Beacon Log flaw","dateAdded":"2021-11-20","shortDescription":"x","requiredAction":"Update","dueDate":"2021-12-01","knownRansomwareCampaignUse":"Unknown"}]}`)})
	w.do(rq{op: "import-vulnerabilities", as: "administrator", query: "kind=epss", body: []byte("#model_version:v1,score_date:2021-11-20T00:00:00+0000\ncve,epss,percentile\nCVE-2021-99201,0.5,0.9\n")})

	p := w.do(rq{op: "list-vulnerabilities", query: "text=" + url.QueryEscape("日志") + "&severity=critical&ecosystem=npm&exploited=true"})
	if p.len("items") != 1 || p.text("items.0.name") != "CVE-2021-99201" || p.text("items.0.epss.day") != "2021-11-20" {
		w.Errorf("search: %s", p.raw)
	}
	if p := w.do(rq{op: "list-vulnerabilities", query: "text=ghsa-3333-3333-3333"}); p.len("named") != 1 || p.len("items") != 0 {
		w.Errorf("by name: %s", p.raw)
	}
	w.do(rq{op: "list-vulnerabilities", query: "after=%21", want: 422})
	d := w.do(rq{op: "get-vulnerability", path: []string{"GHSA-2222-2222-2222"}})
	if d.text("name") != "CVE-2021-99201" || d.text("affected.0.ranges.0") != "1.0.0 .. 1.4.2" || d.text("exploits.0.due") != "2021-12-01" || d.len("references") != 1 || d.len("sources") != 2 {
		w.Errorf("detail: %s", d.raw)
	}
	w.do(rq{op: "get-vulnerability", path: []string{"CVE-1999-0000"}, want: 404})
	if r := w.do(rq{op: "get-vulnerability-record", path: []string{"osv"}, query: "key=GHSA-2222-2222-2222"}); string(r.raw) != flat(known("GHSA-2222-2222-2222", "CVE-2021-99201")) {
		w.Errorf("record: %s", r.raw)
	}
	w.do(rq{op: "get-vulnerability-record", path: []string{"cve"}, query: "key=CVE-1999-0000", want: 404})

	if runs := w.do(rq{op: "list-imports", as: "analyst"}); runs.len("items") < 3 {
		w.Errorf("imports: %s", runs.raw)
	}
	w.do(rq{op: "list-imports", as: "engineer", want: 404})
	w.do(rq{op: "get-import", as: "supervisor", path: []string{run.text("id")}})
	w.do(rq{op: "get-import", as: "supervisor", path: []string{"none"}, want: 404})
	w.do(rq{op: "stop-import", as: "administrator", path: []string{run.text("id")}, want: 409})
	if stands := w.do(rq{op: "list-import-sources", as: "administrator"}); stands.len("items") < 3 || stands.text("items.0.last.state") != "done" {
		w.Errorf("sources: %s", stands.raw)
	}
	w.do(rq{op: "restart-import", as: "administrator", path: []string{run.text("id")}, want: 409}) // no place that is looked at by itself
	w.do(rq{op: "restart-import", as: "supervisor", path: []string{run.text("id")}, want: 404})
	w.Server.Vulns.Feeds = []vuln.Feed{{Kind: "kev", Source: "/srv/kev.json", Every: time.Hour}}
	again := w.regularImport()
	w.do(rq{op: "restart-import", as: "administrator", path: []string{again}, want: 204})
	w.do(rq{op: "restart-import", as: "administrator", path: []string{again}, want: 409})
	id := w.runningImport()
	w.do(rq{op: "stop-import", as: "administrator", path: []string{id}, want: 204})
}

// regularImport is an import from a place that the configuration names.
func (w *walk) regularImport() string {
	_, err := w.Server.DB.Writer().ExecContext(w.Context(), `INSERT INTO import_run (id, kind, source, fingerprint, state, stop, by_account, started_at, beat_at, total, place, fresh, changed, same, older, withdrawn, refused, digest, error)
		VALUES ('0-regular', 'kev', '/srv/kev.json', '', 'done', $1, '', '2021-11-24T00:00:00.000000Z', '2021-11-24T00:00:00.000000Z', 0,0,0,0,0,0,0,0,'','')`, false)
	if err != nil {
		w.Fatal(err)
	}
	return "0-regular"
}

// runningImport is an import that has begun and does nothing.
func (w *walk) runningImport() string {
	_, err := w.Server.DB.Writer().ExecContext(w.Context(), `INSERT INTO import_run (id, kind, source, fingerprint, state, stop, by_account, started_at, beat_at, total, place, fresh, changed, same, older, withdrawn, refused, digest, error)
		VALUES ('0-running', 'osv', 'x', '', 'running', $1, '', '2021-11-24T00:00:00.000000Z', '2021-11-24T00:00:00.000000Z', 0,0,0,0,0,0,0,0,'','')`, false)
	if err != nil {
		w.Fatal(err)
	}
	return "0-running"
}
