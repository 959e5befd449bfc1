// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/vuln"
)

const log4j = "pkg:maven/org.apache.logging.log4j/log4j-core"

// whole is a report with all statutory items.
func whole() object {
	return object{"vendor": "Example", "product": "Example Log4j2", "versions": "2.0-beta9 to 2.14.1", "purl": log4j, "technical": "a look-up in a logged message loads a class from afar",
		"harm": "code of the sender runs", "scope": "whoever logs input", "cwe": "CWE-502", "exploited": "yes", "public": "no", "upstream": "yes", "relation": "embeds",
		"learned_at": learned.Format(time.RFC3339), "learned_by": "own research", "aliases": []string{"CVE-2021-44228"},
		"affected": []object{{"purl": log4j, "introduced": "2.0-beta9", "fixed": "2.15.0"}}}
}

// bom is a component list in which log4j-core lies two levels deep.
func bom(version string) []byte {
	return []byte(fmt.Sprintf(`{"bomFormat":"CycloneDX","specVersion":"1.4","version":1,"metadata":{"component":{"type":"application","bom-ref":"root","name":"console","version":"5.8.0"}},
		"components":[{"type":"library","bom-ref":"a","group":"org.example","name":"starter","version":"1.0","purl":"pkg:maven/org.example/starter@1.0"},
		{"type":"library","bom-ref":"b","group":"org.apache.logging.log4j","name":"log4j-core","version":"%[1]s","purl":"pkg:maven/org.apache.logging.log4j/log4j-core@%[1]s"}],
		"dependencies":[{"ref":"root","dependsOn":["a"]},{"ref":"a","dependsOn":["b"]},{"ref":"b","dependsOn":[]}]}`, version))
}

// TestEveryOperationAnswersAsTheDocumentSays walks the whole line through the API, holds every answer to the schema of
// the document, and fails when an operation was not driven.
func TestEveryOperationAnswersAsTheDocumentSays(t *testing.T) {
	each(t, func(h *house) {
		c := h.caller()
		w := &walk{caller: c}
		w.members()
		w.products()
		w.reports()
		w.register()
		w.filings()
		w.duties()
		w.cases()
		w.warnings()
		w.advisories()
		w.commitments()
		w.reminders()
		w.deliveries()
		w.destinations()
		w.inquiries()
		w.credits()
		w.vulnerabilities()
		w.clashes()
		w.evaluations()
		w.transparency()
		w.laws()
		w.rest()
		for _, id := range slices.Sorted(maps.Keys(c.ops)) {
			good := slices.ContainsFunc(slices.Collect(maps.Keys(c.driven[id])), func(status int) bool { return status < 300 })
			if !good {
				c.Errorf("%s was not driven to a good end", id)
			}
		}
	})
}

// walk is what the stations of the line pass on.
type walk struct {
	*caller
	report, kase, product, warning, advisory string
}

func (w *walk) members() {
	me := w.do(rq{op: "whoami", as: "engineer"})
	if me.text("organisation.slug") != "cloud" || me.len("scopes") == 0 {
		w.Errorf("whoami: %s", me.raw)
	}
	apply := func(name string) string {
		return w.do(rq{op: "join", want: 201, body: object{"name_zh": name, "roles": []string{"operator"}, "email": "s@" + name + ".example", "country": "CN", "sector": "energy", "why": "we run networks",
			"person_name": "Li", "person_email": "li@" + name + ".example", "password": "correct horse battery staple"}}).text("id")
	}
	joined, declined := apply("newcomer"), apply("stranger")
	w.do(rq{op: "approve-member", as: "administrator", path: []string{joined}, body: object{"partner_level": 3}})
	w.do(rq{op: "decline-member", as: "administrator", path: []string{declined}, body: object{"why": "unknown to us"}, want: 204})
	first := w.do(rq{op: "list-members", as: "supervisor", query: "limit=2"})
	if first.len("items") != 2 || first.text("next") == "" {
		w.Errorf("first page of members: %s", first.raw)
	}
	second := w.do(rq{op: "list-members", as: "supervisor", query: "limit=2&after=" + first.text("next")})
	if second.text("items.0.id") == first.text("items.1.id") || second.len("items") != 2 {
		w.Errorf("second page of members: %s", second.raw)
	}
	w.do(rq{op: "get-member", as: "operator", path: []string{w.orgs["cloud"]}})
	a := w.do(rq{op: "configure-member", as: "engineer", path: []string{w.orgs["cloud"]}, body: object{"email": "psirt@cloud.example", "webhook_url": "https://cloud.example/hook"}})
	if !strings.HasPrefix(a.text("webhook_secret"), "whsec_") {
		w.Errorf("configured: %s", a.raw)
	}
}

func (w *walk) products() {
	w.do(rq{op: "register-product", as: "maintainer", want: 201, body: object{"vendor": "Example Foundation", "name": "Log4j2", "purl": log4j}})
	w.product = w.do(rq{op: "register-product", as: "engineer", want: 201, body: object{"vendor": "Cloud", "name": "对象存储控制台", "name_en": "Console", "versions": []string{"5.8.0"}}}).text("id")
	hw := w.do(rq{op: "register-product", as: "engineer", want: 201, body: object{"vendor": "Cloud", "name": "Router", "kind": "hardware", "model": "XR-5600", "versions": []string{"V3.2.1"}}})
	if hw.text("kind") != "hardware" {
		w.Errorf("hardware: %s", hw.raw)
	}
	b := w.do(rq{op: "push-sbom", as: "engineer", path: []string{w.product}, query: "version=5.8.0", body: bom("2.14.1"), want: 201})
	if fmt.Sprint(b.at("components")) != "2" {
		w.Errorf("component list: %s", b.raw)
	}
	newer := w.do(rq{op: "push-sbom", as: "engineer", path: []string{hw.text("id")}, query: "version=V3.2.1", body: bom("2.17.1"), want: 201})
	diff := w.do(rq{op: "compare-sboms", as: "engineer", path: []string{b.text("id"), newer.text("id")}})
	if diff.len("added") != 1 || diff.text("added.0.version") != "2.17.1" || diff.len("removed") != 1 || diff.text("removed.0.version") != "2.14.1" {
		w.Errorf("difference: %s", diff.raw)
	}
	w.do(rq{op: "compare-sboms", as: "operator", path: []string{b.text("id"), newer.text("id")}, want: 404})
	w.do(rq{op: "compare-sboms", as: "engineer", path: []string{b.text("id"), "none"}, want: 404})
	w.assessments(w.product)
	version := object{"version": "V3.3.0"}
	if a := w.do(rq{op: "add-version", as: "engineer", path: []string{hw.text("id")}, body: version}); a.len("versions") != 2 {
		w.Errorf("versions: %s", a.raw)
	}
	w.do(rq{op: "add-version", as: "operator", path: []string{hw.text("id")}, body: version, want: 404})
	w.do(rq{op: "add-version", as: "engineer", path: []string{hw.text("id")}, body: object{"version": " "}, want: 422})
	if a := w.do(rq{op: "list-products", as: "engineer"}); a.len("items") != 2 {
		w.Errorf("products: %s", a.raw)
	}
	got := w.do(rq{op: "get-product", as: "engineer", path: []string{w.product}})
	if got.len("sboms") != 1 {
		w.Errorf("product: %s", got.raw)
	}
	tag := got.header.Get("ETag")
	w.do(rq{op: "get-product", as: "engineer", path: []string{w.product}, header: map[string]string{"If-None-Match": tag}, want: 304})
	w.do(rq{op: "get-product", as: "operator", path: []string{w.product}, want: 404})
	w.vendors()
	w.known(w.product)
	w.uploads(w.product)
	w.private(w.product)
}

// mailed answers by mail, which the gateway alone hands in.
func (w *walk) mailed(id string) {
	to := w.warned.ReplyAddress(id, 1, w.orgs["cloud"])
	mail := fmt.Appendf(nil, "From: x@cloud.example\r\nTo: %s\r\nDate: %s\r\n\r\nAUTO\r\n", to, w.clock.Now().Format(time.RFC1123Z))
	gateway := map[string]string{"X-Fengsui-Gateway": gatewaySecret}
	if a := w.do(rq{op: "take-in-mail", header: gateway, body: mail}); fmt.Sprint(a.at("taken")) != "false" || a.text("why") != "unclear" {
		w.Errorf("a mail: %s", a.raw)
	}
	w.do(rq{op: "take-in-mail", body: mail, want: 404})
	w.do(rq{op: "take-in-mail", as: "engineer", header: map[string]string{"X-Fengsui-Gateway": "guessed"}, body: mail, want: 404})
}

// vendors puts names together and takes them apart.
func (w *walk) vendors() {
	if v := w.do(rq{op: "join-vendors", as: "analyst", body: object{"names": []string{"烽火", "Beacon", "Beacon"}}}); v.len("names") != 2 || v.text("names.0") != "烽火" {
		w.Errorf("joined: %s", v.raw)
	}
	w.do(rq{op: "join-vendors", as: "analyst", body: object{"names": []string{"烽火"}}, want: 422})
	w.do(rq{op: "join-vendors", as: "engineer", body: object{"names": []string{"烽火", "Other"}}, want: 404})
	if vs := w.do(rq{op: "list-vendors", as: "analyst"}); vs.len("items") < 50 {
		w.Errorf("vendors: %s", vs.raw)
	}
	if vs := w.do(rq{op: "list-vendors", as: "analyst", query: "name=BEACON"}); vs.len("items") != 1 {
		w.Errorf("vendors by a part of a name: %s", vs.raw)
	}
	w.do(rq{op: "part-vendor", as: "analyst", body: object{"name": "beacon"}, want: 204})
	w.do(rq{op: "part-vendor", as: "analyst", body: object{"name": "beacon"}, want: 404})
}

// known asks for what public records say of products.
func (w *walk) known(product string) {
	w.imported(`{"schema_version":"1.7.0","id":"GHSA-jfh8-c2jp-5v3q","modified":"2021-12-10T00:00:00Z","aliases":["CVE-2021-44228"],"summary":"Code from afar runs","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"}],
		"affected":[{"package":{"ecosystem":"Maven","name":"org.apache.logging.log4j:log4j-core"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"2.13.0"},{"fixed":"2.15.0"}]}]}]}`)
	x := w.do(rq{op: "scan", as: "engineer", body: bom("2.14.1")})
	if x.text("findings.0.records.0.id") != "GHSA-jfh8-c2jp-5v3q" || x.text("findings.0.records.0.fixed") != "2.15.0" || x.text("records.0.aliases.0") != "CVE-2021-44228" || fmt.Sprint(x.at("affected")) != "1" || fmt.Sprint(x.at("components")) != "2" {
		w.Errorf("scan: %s", x.raw)
	}
	if x := w.do(rq{op: "scan", as: "engineer", body: bom("2.15.0")}); x.len("findings") != 0 || x.len("records") != 0 {
		w.Errorf("scan of a fixed version: %s", x.raw)
	}
	w.do(rq{op: "scan", as: "engineer", body: []byte("{"), want: 422})
	w.do(rq{op: "scan", body: bom("2.14.1"), want: 401})
	got := w.do(rq{op: "list-known", as: "engineer", path: []string{product}})
	if got.len("items") != 1 || got.text("items.0.vulnerability") != "CVE-2021-44228" || got.text("items.0.range") != ">= 2.13.0, < 2.15.0" || got.len("items.0.path") != 3 ||
		fmt.Sprint(got.at("items.0.suppressed")) != "true" || got.text("items.0.assessment.status") != "not_affected" || fmt.Sprint(got.at("counts.suppressed")) != "1" {
		w.Errorf("findings: %s", got.raw)
	}
	w.do(rq{op: "list-known", as: "operator", path: []string{product}, want: 404})
	w.do(rq{op: "list-known", as: "engineer", path: []string{product}, query: "after=%25", want: 422})
	if p := w.do(rq{op: "get-portfolio", as: "engineer"}); p.len("items") != 2 || fmt.Sprint(p.at("total.suppressed")) != "1" {
		w.Errorf("portfolio: %s", p.raw)
	}
	if p := w.do(rq{op: "get-portfolio", as: "operator"}); p.len("items") != 0 {
		w.Errorf("somebody else's portfolio: %s", p.raw)
	}
	for who, want := range map[string]string{"engineer": "suppressed", "maintainer": "check", "operator": "no-lists", "analyst": "check"} {
		if c := w.do(rq{op: "does-it-concern-me", as: who, query: "name=cve-2021-44228"}); c.text("answer") != want {
			w.Errorf("does it concern %s? %s", who, c.raw)
		}
	}
	w.do(rq{op: "does-it-concern-me", as: "engineer", want: 422})
	if c := w.do(rq{op: "does-it-concern-me", as: "engineer", query: "name=CVE-2021-99999"}); c.text("answer") != "no-record" {
		w.Errorf("an unknown name: %s", c.raw)
	}
	if x := w.do(rq{op: "list-affected", as: "analyst", path: []string{"GHSA-jfh8-c2jp-5v3q"}}); x.len("items") != 2 || x.text("items.0.organisation") == "" {
		w.Errorf("whose products: %s", x.raw)
	}
	if x := w.do(rq{op: "list-affected", as: "operator", path: []string{"CVE-2021-44228"}}); x.len("items") != 0 || fmt.Sprint(x.at("products")) != "0" {
		w.Errorf("a member learns of somebody else's products: %s", x.raw)
	}
	w.do(rq{op: "list-affected", as: "engineer", path: []string{"CVE-2021-99999"}, want: 404})
}

// imported takes public records in, and holds what is there against them.
func (w *walk) imported(records ...string) {
	dir := w.TempDir()
	for i, r := range records {
		w.ok(os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".json")), []byte(r), 0o600))
	}
	_, err := w.Matches.Vulns.Import(w.Context(), member.System(), vuln.Input{Kind: "osv", Source: dir})
	w.ok(err)
	w.ok(w.Matches.CatchUp(w.Context()))
}

func (w *walk) reports() {
	file := object{"name": "poc.txt", "data": base64.StdEncoding.EncodeToString([]byte("how to"))}
	body := object{"content": whole(), "attachments": []object{file}}
	key := map[string]string{"Idempotency-Key": "k1"}
	first := w.do(rq{op: "submit-report", as: "engineer", header: key, body: body, want: 201})
	w.report = first.text("report.id")
	again := w.do(rq{op: "submit-report", as: "engineer", header: key, body: body, want: 201})
	if again.text("report.id") != w.report || again.at("replayed") != true {
		w.Errorf("the same key made another report: %s", again.raw)
	}
	body["content"].(object)["harm"] = "other"
	w.do(rq{op: "submit-report", as: "engineer", header: key, body: body, want: 409})
	anonymous := w.do(rq{op: "submit-report", want: 201, body: object{"flash": true, "contact": "finder@elsewhere.example",
		"content": object{"product": "Other", "harm": "falls over", "exploited": "no", "learned_at": learned.Format(time.RFC3339)}}})
	status := w.do(rq{op: "report-status", header: map[string]string{"Report-Secret": anonymous.text("secret")}})
	if status.text("number") != anonymous.text("report.number") || status.at("content") != nil {
		w.Errorf("status: %s", status.raw)
	}
	w.do(rq{op: "report-status", header: map[string]string{"Report-Secret": "fsr_guess"}, want: 404})
	w.clock.Advance(time.Hour)
	content := whole()
	content["fix"] = "2.15.0"
	if a := w.do(rq{op: "supplement-report", as: "engineer", path: []string{w.report}, body: object{"content": content}}); fmt.Sprint(a.at("report.version")) != "2" {
		w.Errorf("supplement: %s", a.raw)
	}
	if a := w.do(rq{op: "list-reports", as: "engineer"}); a.len("items") != 1 {
		w.Errorf("own reports: %s", a.raw)
	}
	if a := w.do(rq{op: "list-reports", as: "analyst", query: "limit=1"}); a.len("items") != 1 || a.text("next") == "" {
		w.Errorf("all reports, first page: %s", a.raw)
	}
	if a := w.do(rq{op: "get-report", as: "engineer", path: []string{w.report}}); a.text("content.fix") != "2.15.0" {
		w.Errorf("report: %s", a.raw)
	}
	w.do(rq{op: "get-report", as: "operator", path: []string{w.report}, want: 404})
	if a := w.do(rq{op: "list-stages", as: "engineer", path: []string{w.report}}); a.len("items") != 2 {
		w.Errorf("stages: %s", a.raw)
	}
	files := w.do(rq{op: "list-attachments", as: "engineer", path: []string{w.report}})
	if got := w.do(rq{op: "get-attachment", as: "analyst", path: []string{files.text("items.0.id")}}); string(got.raw) != "how to" || got.header.Get("Content-Disposition") != "attachment" {
		w.Errorf("attachment: %q %v", got.raw, got.header)
	}
	receipt := w.do(rq{op: "get-receipt", as: "engineer", path: []string{w.report}, query: "version=2"})
	key2 := w.do(rq{op: "get-evidence"})
	if v, err := evidence.Verify(receipt.raw, key2.text("public_key")); err != nil || !v.InLog {
		w.Errorf("the receipt as it was sent: %v %+v", err, v)
	}
	if _, err := evidence.Verify(bytes.Replace(receipt.raw, []byte("2.15.0"), []byte("2.15.1"), 1), key2.text("public_key")); err == nil {
		w.Error("an altered receipt was verified")
	}
	if a := w.do(rq{op: "list-transfers", as: "engineer", path: []string{w.report}}); a.len("items") != 2 {
		w.Errorf("transfers of two stages to one authority: %s", a.raw)
	}
	if a := w.do(rq{op: "list-duties", as: "engineer", query: "open=true"}); a.len("items") == 0 {
		w.Errorf("duties: %s", a.raw)
	}
	w.do(rq{op: "explain-duties", body: object{"relation": "finder", "partner": true, "learned_at": learned.Format(time.RFC3339)}})
	w.settle()
	w.kase = w.do(rq{op: "get-report-case", as: "analyst", path: []string{w.report}}).text("id")
}

func (w *walk) cases() {
	if a := w.do(rq{op: "list-cases", as: "analyst", query: "state=triage"}); a.len("items") != 2 {
		w.Errorf("cases: %s", a.raw)
	}
	path := []string{w.kase}
	for _, do := range []string{"take", "start-verifying"} {
		w.do(rq{op: "move-case", as: "analyst", path: path, body: object{"do": do}})
	}
	w.do(rq{op: "move-case", as: "operator", path: path, body: object{"do": "take"}, want: 404})
	w.do(rq{op: "list-duplicates", as: "analyst", path: path})
	w.do(rq{op: "list-duplicates", as: "operator", path: path, want: 404})
	if a := w.do(rq{op: "list-case-reports", as: "analyst", path: path}); a.text("items.0.id") != w.report {
		w.Errorf("reports of the case: %s", a.raw)
	}
	got := w.do(rq{op: "get-case", as: "analyst", path: path})
	content := got.at("content").(object)
	content["title_en"], content["description_en"], content["fix"], content["fix_en"] = "Remote code execution in Log4j2", "A look-up is resolved.", "升级到 2.15.0。", "Upgrade to 2.15.0."
	content["references"] = []object{{"kind": "advisory", "url": "https://logging.apache.org/security.html"}}
	edit := object{"rev": got.at("rev"), "content": content}
	tag := map[string]string{"If-Match": got.header.Get("ETag")}
	edited := w.do(rq{op: "edit-case", as: "analyst", path: path, header: tag, body: edit})
	w.do(rq{op: "edit-case", as: "analyst", path: path, header: tag, body: edit, want: 412})
	w.do(rq{op: "edit-case", as: "analyst", path: path, body: edit, want: 409})
	if edited.text("content.fix_en") != "Upgrade to 2.15.0." {
		w.Errorf("edited: %s", edited.raw)
	}
	found := w.do(rq{op: "propose-upstream", as: "analyst", path: path})
	if found.text("items.0.organisation") != w.orgs["upstream"] {
		w.Errorf("upstream: %s", found.raw)
	}
	w.do(rq{op: "notify-upstream", as: "analyst", path: path, body: object{"organisation": w.orgs["upstream"], "text": "Please look at it."}, want: 201})
	notices := w.do(rq{op: "list-notices", as: "maintainer"})
	w.do(rq{op: "acknowledge-notice", as: "maintainer", path: []string{notices.text("items.0.id")}})
	w.do(rq{op: "answer-case", as: "maintainer", path: path, body: object{"status": "fixed"}})
	w.do(rq{op: "verify-case", as: "analyst", path: path, body: object{"result": "reproduced", "environment": "JDK 8", "steps": "log it"}})
	w.do(rq{op: "draft-warning", as: "outsider", path: path, want: 404})
	w.do(rq{op: "draft-warning", as: "officer", path: path, want: 201})
	w.do(rq{op: "grade-case", as: "analyst", path: path, body: object{"scheme": "cvss-3.1", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"}})
	w.do(rq{op: "grade-case", as: "analyst", path: path, body: object{"scheme": "gbt30279-2020", "vector": "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H", "rationale": "reachable by network"}})
	w.settle()
	if a := w.do(rq{op: "list-readers", as: "engineer", path: path}); a.len("items") == 0 || a.text("items.0.account") != "" {
		w.Errorf("readers, to the reporter: %s", a.raw)
	}
	if a := w.do(rq{op: "get-case", as: "analyst", path: path}); a.text("composite") != "critical" {
		w.Errorf("graded: %s", a.raw)
	}
	w.do(rq{op: "match-case", as: "analyst", path: path})
	fs := w.do(rq{op: "list-findings", as: "analyst", path: path})
	if !strings.Contains(string(fs.raw), w.product) {
		w.Errorf("findings: %s", fs.raw)
	}
}

func (w *walk) warnings() {
	w.do(rq{op: "draft-warning", as: "officer", path: []string{w.kase}, want: 409}) // there is one already
	w.warning = w.do(rq{op: "list-warnings", as: "officer"}).text("items.0.id")
	path := []string{w.warning}
	got := w.do(rq{op: "get-warning", as: "officer", path: path})
	content := got.at("content").(object)
	content["phone"], content["measures"] = "010-55550100", "升级到 2.17.1。"
	edit := object{"rev": got.at("rev"), "level": "orange", "tlp": "AMBER", "content": content, "respond_by": w.clock.Now().Add(12 * time.Hour).Format(time.RFC3339)}
	tag := map[string]string{"If-Match": got.header.Get("ETag")}
	measures, measuresEN := content["measures"], content["measures_en"]
	content["measures"], content["measures_en"] = "", ""
	edit["rev"] = w.do(rq{op: "edit-warning", as: "officer", path: path, header: tag, body: edit}).at("rev")
	for lang, rule := range map[string]string{"zh-CN": "必填", "en": "required"} { // what is missing is told in the reader's language
		o := w.do(rq{op: "warning-outlook", as: "officer", path: path, header: map[string]string{"Accept-Language": lang}})
		if o.len("missing") != 1 || o.text("missing.0.field") != "content.measures" || !strings.Contains(o.text("missing.0.rule"), rule) {
			w.Errorf("missing, in %s: %s", lang, o.raw)
		}
	}
	content["measures"], content["measures_en"] = measures, measuresEN
	now := map[string]string{"If-Match": w.do(rq{op: "get-warning", as: "officer", path: path}).header.Get("ETag")}
	seen := object{"rev": w.do(rq{op: "edit-warning", as: "officer", path: path, header: now, body: edit}).at("rev")}
	w.do(rq{op: "edit-warning", as: "officer", path: path, header: tag, body: edit, want: 412})
	preview := w.do(rq{op: "preview-warning", as: "officer", path: path})
	if !strings.Contains(string(preview.raw), w.orgs["cloud"]) || preview.len("items.0.why") == 0 {
		w.Errorf("preview: %s", preview.raw)
	}
	if o := w.do(rq{op: "warning-outlook", as: "officer", path: path}); fmt.Sprint(o.at("waves.1")) != "2" || o.at("ways.0.encrypted") != false || o.at("ways.0.carries.summary") != false || o.text("ways.0.channel") != "email" || o.len("missing") != 0 {
		w.Errorf("outlook: %s", o.raw)
	}
	w.do(rq{op: "warning-outlook", as: "engineer", path: path, want: 404})
	w.do(rq{op: "warning-outlook", as: "officer", path: []string{"none"}, want: 404})
	w.do(rq{op: "get-warning", as: "engineer", path: path, want: 404})
	w.do(rq{op: "edit-warning", as: "officer", path: path, body: edit, want: 409})
	w.do(rq{op: "release-warning", as: "officer", path: path, body: seen, want: 409})
	w.do(rq{op: "approve-warning", as: "officer", path: path, body: object{"rev": got.at("rev")}, want: 409})
	w.do(rq{op: "approve-warning", as: "officer", path: path, body: seen})
	w.do(rq{op: "release-warning", as: "officer", path: path, body: seen, want: 403})
	w.do(rq{op: "release-warning", as: "deputy", path: path, body: object{"rev": got.at("rev")}, want: 409})
	w.do(rq{op: "release-warning", as: "deputy", path: path, body: seen})
	mine := w.do(rq{op: "list-warnings", as: "engineer"})
	if mine.text("items.0.id") != w.warning || fmt.Sprint(mine.at("items.0.yours.wave")) != "1" {
		w.Errorf("own warnings: %s", mine.raw)
	}
	if a := w.do(rq{op: "get-warning", as: "engineer", path: path}); a.text("yours.read_at") == "" {
		w.Errorf("read: %s", a.raw)
	}
	w.do(rq{op: "answer-warning", as: "engineer", path: path, body: object{"answer": "affected", "assets": 340, "comment": "upgrading"}})
	w.do(rq{op: "answer-warning", as: "outsider", path: path, body: object{"answer": "affected"}, want: 404})
	w.mailed(path[0])
	w.do(rq{op: "stream", as: "engineer", query: "no_wait=true&from=-1"})
	w.do(rq{op: "stream", as: "engineer", query: "from=x", want: 422})
	if a := w.do(rq{op: "warning-coverage", as: "officer", path: path}); fmt.Sprint(a.at("answered")) != "1" {
		w.Errorf("coverage: %s", a.raw)
	}
	if a := w.do(rq{op: "list-recipients", as: "supervisor", path: path}); a.len("items") < 2 || a.len("items.0.deliveries") == 0 {
		w.Errorf("recipients: %s", a.raw)
	}
	if a := w.do(rq{op: "list-recipients", as: "supervisor", path: path, query: "answer=affected&limit=1"}); a.len("items") != 1 || a.text("items.0.recipient.answer") != "affected" {
		w.Errorf("recipients: %s", a.raw)
	}
	w.do(rq{op: "list-recipients", as: "supervisor", path: path, query: "after=x", want: 422})
	w.do(rq{op: "warning-coverage", as: "officer", path: path, query: "revision=9", want: 404})
	csv := w.do(rq{op: "export-recipients", as: "officer", path: path})
	if !strings.HasPrefix(string(csv.raw), "\uFEFF") || !strings.Contains(string(csv.raw), "upgrading") {
		w.Errorf("units as a table: %s", csv.raw)
	}
	w.do(rq{op: "export-recipients", as: "officer", path: path, query: "format=json&part=figures"})
	w.do(rq{op: "export-recipients", as: "officer", path: path, query: "format=xlsx", want: 422})
	w.do(rq{op: "export-recipients", as: "engineer", path: path, want: 404})
	if a := w.do(rq{op: "warning-peers", as: "engineer", path: path}); fmt.Sprint(a.at("k")) != "5" || a.at("own") != nil {
		w.Errorf("peers: %s", a.raw)
	}
	w.do(rq{op: "warning-peers", as: "outsider", path: path, want: 404})
	w.do(rq{op: "warning-peers", as: "officer", path: path, want: 404})
	csv = w.do(rq{op: "export-peers", as: "engineer", path: path})
	if !strings.HasPrefix(string(csv.raw), "\uFEFF") {
		w.Errorf("peers as a table: %s", csv.raw)
	}
	w.do(rq{op: "export-peers", as: "engineer", path: path, query: "format=json"})
	w.do(rq{op: "export-peers", as: "engineer", path: path, query: "format=xlsx", want: 422})
	w.do(rq{op: "export-peers", as: "outsider", path: path, want: 404})
	w.do(rq{op: "add-warning-proof", as: "engineer", path: path, want: 201, body: object{"name": "scan.txt", "content": []byte("all servers were scanned")}})
	w.do(rq{op: "add-warning-proof", as: "engineer", path: path, want: 422, body: object{"name": "page.html", "content": []byte("<html>")}})
	if a := w.do(rq{op: "list-warning-proofs", as: "officer", path: path}); a.text("items.0.name") != "scan.txt" {
		w.Errorf("proofs: %s", a.raw)
	}
	if a := w.do(rq{op: "warning-vex", as: "engineer", path: path}); a.text("statements.0.status") != "affected" {
		w.Errorf("VEX: %s", a.raw)
	}
	if a := w.do(rq{op: "bundle-warning", as: "engineer", path: path}); !strings.HasSuffix(a.text("name"), "-r1.zip") || !strings.HasPrefix(a.text("content"), "UEsDB") {
		w.Errorf("bundle: %.200s", a.raw)
	}
	w.do(rq{op: "bundle-warning", as: "outsider", path: path, want: 404})
	w.do(rq{op: "bundle-warning", as: "officer", path: path, want: 404})
	w.do(rq{op: "bundle-warnings", as: "engineer"})
	w.do(rq{op: "bundle-warnings", as: "outsider", want: 404})
	sheet := fmt.Sprintf(`{"format":"fengsui-answer/1","warning":%q,"revision":1,"organisation":%q,"answer":"affected","assets":341}`, w.warning, w.orgs["cloud"])
	if a := w.do(rq{op: "hand-back-answer", as: "engineer", body: object{"sheet": []byte(sheet)}}); fmt.Sprint(a.at("assets")) != "341" {
		w.Errorf("answer sheet: %s", a.raw)
	}
	w.do(rq{op: "hand-back-answer", as: "operator", body: object{"sheet": []byte(sheet)}, want: 404})
	w.do(rq{op: "hand-back-answer", as: "engineer", body: object{"sheet": []byte("{}")}, want: 422})
	if a := w.do(rq{op: "draft-exercise", as: "officer", path: []string{w.kase}, want: 201}); a.at("exercise") != true {
		w.Errorf("exercise: %s", a.raw)
	}
	if a := w.do(rq{op: "revise-warning", as: "officer", path: path, want: 201, body: object{"kind": "amendment"}}); fmt.Sprint(a.at("revision")) != "2" {
		w.Errorf("revised: %s", a.raw)
	}
	if a := w.do(rq{op: "warning-differences", as: "officer", path: path}); a.text("kind") != "amendment" || a.at("significant") != false {
		w.Errorf("differences: %s", a.raw)
	}
	if a := w.do(rq{op: "try-release", as: "officer", path: path}); a.text("class") != "digest" {
		w.Errorf("trial: %s", a.raw)
	}
	if a := w.do(rq{op: "view-warning-as", as: "officer", path: []string{w.warning, w.orgs["cloud"]}}); !strings.Contains(a.text("text"), "/w/preview") || a.at("warning.yours.stands") != true {
		w.Errorf("view: %s", a.raw)
	}
	w.clock.Advance(13 * time.Hour)
	for {
		if n, err := w.warned.Remind(w.Context()); err != nil || n == 0 {
			w.ok(err)
			break
		}
	}
	calls := w.do(rq{op: "list-warning-calls", as: "officer"})
	w.do(rq{op: "record-warning-call", as: "officer", path: []string{w.warning, calls.text("items.0.organisation")}, want: 204, body: object{"to": calls.text("items.0.lines.0.to"), "outcome": "no-answer"}})
	w.do(rq{op: "list-warning-calls", as: "engineer", want: 404})
}

func (w *walk) advisories() {
	path := []string{w.kase}
	a := w.do(rq{op: "draft-advisory", as: "analyst", path: path, want: 201})
	w.advisory = a.text("id")
	edit := object{"rev": a.at("rev"), "summary": "first", "fix_ready": true, "content": a.at("content")}
	w.do(rq{op: "edit-advisory", as: "analyst", path: []string{w.advisory}, header: map[string]string{"If-Match": `"other"`}, body: edit, want: 412})
	seen := object{"rev": w.do(rq{op: "edit-advisory", as: "analyst", path: []string{w.advisory}, body: edit}).at("rev")}
	w.do(rq{op: "edit-advisory", as: "reviewer", path: []string{w.advisory}, body: edit, want: 409})
	w.do(rq{op: "submit-advisory", as: "analyst", path: []string{w.advisory}})
	w.do(rq{op: "get-case-advisory", as: "reviewer", path: path})
	w.do(rq{op: "get-advisory", path: []string{"CVE-2021-44228"}, want: 404})
	w.do(rq{op: "publish-advisory", as: "analyst", path: []string{w.advisory}, body: seen, want: 403})
	w.do(rq{op: "publish-advisory", as: "reviewer", path: []string{w.advisory}, body: object{"rev": a.at("rev")}, want: 409})
	if a := w.do(rq{op: "publish-advisory", as: "reviewer", path: []string{w.advisory}, body: seen}); a.text("state") != "published" {
		w.Errorf("published: %s", a.raw)
	}
	if a := w.do(rq{op: "list-advisories"}); a.len("items") != 1 {
		w.Errorf("advisories: %s", a.raw)
	}
	w.do(rq{op: "get-advisory", path: []string{"CVE-2021-44228"}})
}

func (w *walk) commitments() {
	salt := []byte("0123456789abcdef0123456789abcdef")
	made := w.do(rq{op: "make-commitment", as: "engineer", want: 201, body: object{"digest": evidence.Digest(salt, []byte("a find"))}})
	path := []string{made.text("commitment.id")}
	w.do(rq{op: "make-commitment", as: "engineer", want: 422, body: object{"digest": "00"}})
	w.do(rq{op: "get-commitment", as: "operator", path: path, want: 404})
	w.do(rq{op: "open-commitment", as: "engineer", path: path, want: 422, body: object{"salt": salt, "words": "another find"}})
	if a := w.do(rq{op: "open-commitment", as: "engineer", path: path, body: object{"salt": salt, "words": "a find"}}); a.text("commitment.words") != "a find" {
		w.Errorf("opened: %s", a.raw)
	}
	if a := w.do(rq{op: "list-commitments", as: "engineer"}); a.len("items") != 1 || a.text("items.0.opened_at") == "" {
		w.Errorf("commitments: %s", a.raw)
	}
	w.do(rq{op: "get-commitment", as: "engineer", path: path})
	receipt := w.do(rq{op: "get-commitment-receipt", as: "engineer", path: path, query: "opened=true"})
	if v, err := evidence.Verify(receipt.raw, w.do(rq{op: "get-evidence"}).text("public_key")); err != nil || v.Entry.Kind != "commitment.opened" {
		w.Errorf("receipt: %+v, %v", v, err)
	}
}

func (w *walk) rest() {
	w.token("engineer", "report") // one more, to end
	tokens := w.do(rq{op: "list-tokens", as: "engineer"})
	w.do(rq{op: "revoke-token", as: "engineer", path: []string{tokens.text("items.0.id")}, want: 204})
	w.do(rq{op: "revoke-token", as: "operator", path: []string{tokens.text("items.1.id")}, want: 404})
	w.do(rq{op: "whoami", want: 401})
}
