// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/feed"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/scan"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

// imports brings records into the platform, and lets the feed tell them.
func (st *station) imports(records ...osv.Record) {
	st.Helper()
	dir := st.TempDir()
	for _, r := range records {
		b, err := json.Marshal(r)
		st.ok(err)
		b = append(b[:len(b)-1], `,"unknown_to_the_schema":1}`...)
		st.ok(os.WriteFile(filepath.Join(dir, r.ID+".json"), b, 0o600))
	}
	v := &vuln.Service{DB: st.s.DB, Events: st.s.Events, Scratch: st.TempDir()}
	_, err := v.Import(st.Context(), member.System(), vuln.Input{Kind: "osv", Source: dir})
	st.ok(err)
	st.mux = http.NewServeMux()
	(&feed.Server{Advisories: st.s, Vulns: v, Shelf: &scan.Shelf{Vulns: v}, Log: slog.New(slog.NewTextHandler(&st.log, nil)), Origin: origin}).Routes(st.mux)
}

func (st *station) post(path, query string, want int) (out struct {
	Code    int
	Message string
	Vulns   []osv.Record
	Next    string `json:"next_page_token"`
	Results []struct {
		Vulns []struct{ ID, Modified string }
		Next  string `json:"next_page_token"`
	}
}) {
	st.Helper()
	rec := httptest.NewRecorder()
	st.mux.ServeHTTP(rec, httptest.NewRequest("POST", path, strings.NewReader(query)))
	if rec.Code != want || rec.Header().Get("Content-Type") != "application/json" || strings.Contains(rec.Body.String(), "unknown_to_the_schema") {
		st.Fatalf("%s %s: %d %s, want %d", path, query, rec.Code, rec.Body, want)
	}
	st.ok(json.Unmarshal(rec.Body.Bytes(), &out))
	return out
}

var dayOne = time.Date(2021, 12, 10, 0, 0, 0, 0, time.UTC)

func record(id, ecosystem, name, fixed string, aliases ...string) osv.Record {
	return osv.Record{ID: id, Modified: dayOne, Published: &dayOne, Aliases: aliases, Affected: []osv.Affected{{Package: &osv.Package{Ecosystem: ecosystem, Name: name},
		Ranges: []osv.Range{{Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: "0"}, {Fixed: fixed}}}}}}}
}

// Whoever points a client of osv.dev here gets imported records and the platform's own, by package and version, by
// package URL, and by package alone.
func TestQueriesAsOSVAnswersThem(t *testing.T) {
	each(t, func(st *station) {
		gone := record("T-1-GONE", "PyPI", "flask-user", "9")
		gone.Withdrawn = &dayOne
		st.log4j2()
		st.imports(record("T-1", "PyPI", "Flask-User", "1.0.2", "CVE-2021-90001"), record("T-2", "PyPI", "flask_user", "0.4"), gone, record("T-3", "Debian:12", "openssl", "3.0"), record("T-4", "Debian:11", "openssl", "3.0"),
			record("T-5", "Packagist:https://packages.example.org", "maker/cms", "8.0"), record("T-6", "Maven", "org.apache.logging.log4j:log4j-core", "2.15.0"))
		for query, want := range map[string]string{
			`{"version":"0.5","package":{"name":"flask.user","ecosystem":"PyPI"}}`:                                  "T-1",
			`{"package":{"name":"flask.user","ecosystem":"PyPI"}}`:                                                  "T-1 T-2",
			`{"package":{"purl":"pkg:pypi/flask-user@0.3"}}`:                                                        "T-1 T-2",
			`{"package":{"purl":"pkg:pypi/flask-user"},"version":"0.5"}`:                                            "T-1",
			`{"package":{"purl":"pkg:pypi/flask-user"}}`:                                                            "T-1 T-2",
			`{"version":"0.5","package":{"name":"flask-user"}}`:                                                     "T-1",
			`{"version":"2.0","package":{"name":"flask-user","ecosystem":"PyPI"}}`:                                  "",
			`{"version":"2.0","package":{"name":"openssl","ecosystem":"Debian:12"}}`:                                "T-3",
			`{"version":"2.0","package":{"name":"openssl","ecosystem":"Debian"}}`:                                   "T-3 T-4",
			`{"package":{"purl":"pkg:deb/debian/openssl@2.0?distro=debian-11"}}`:                                    "T-4",
			`{"version":"7.0","package":{"name":"maker/cms","ecosystem":"Packagist"}}`:                              "",
			`{"version":"7.0","package":{"name":"maker/cms","ecosystem":"Packagist:https://packages.example.org"}}`: "T-5",
			`{"package":{"purl":"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}}`:                           "T-6 x_FS-2021-000001",
			`{"package":{"purl":"pkg:maven/org.apache.logging.log4j/log4j-core@2.16.0"}}`:                           "x_FS-2021-000001",
			`{"package":{"purl":"pkg:golang/gateway.example/firmware@v3.0.0"}}`:                                     "x_FS-2021-000002",
			`{"commit":"6879efc2c1596d11a6a6ad296f80063b558d5e0f"}`:                                                 "",
			`{"package":{"purl":"pkg:generic/openssl@1.0"}}`:                                                        "",
			`{"version":"0.5","package":{"name":"flask-user","ecosystem":"PyPI"},"unknown":{"x":[1]}}`:              "T-1",
		} {
			var ids []string
			for _, v := range st.post("/v1/query", query, 200).Vulns {
				ids = append(ids, v.ID)
			}
			if got := strings.Join(ids, " "); got != want {
				st.Errorf("%s: %q, want %q", query, got, want)
			}
			batch := st.post("/v1/querybatch", `{"queries":[`+query+`,{"commit":"00"}]}`, 200)
			ids = nil
			for _, v := range batch.Results[0].Vulns {
				if v.Modified == "" {
					st.Errorf("%s: %+v", query, v)
				}
				ids = append(ids, v.ID)
			}
			if got := strings.Join(ids, " "); got != want || len(batch.Results) != 2 {
				st.Errorf("batch of %s: %q, want %q", query, got, want)
			}
		}
		for query, message := range map[string]string{
			`{`: "invalid JSON", `{}`: "invalid query", `{"version":"1"}`: "invalid query", `{"package":{"name":"a"}}`: "invalid query", `{"package":{"ecosystem":"PyPI"}}`: "invalid query",
			`{"commit":"xyz"}`: "invalid hash", `{"commit":""}`: "invalid hash", `{"package":{"name":"a","ecosystem":"Nonsense"}}`: "invalid ecosystem", `{"package":{"purl":"nonsense"}}`: "invalid PURL",
			`{"package":{"purl":"pkg:pypi/a@1"},"version":"1"}`: "version specified in params and PURL query", `{"package":{"purl":"pkg:pypi/a","name":"a"}}`: "name specified in a PURL query",
			`{"package":{"purl":"pkg:pypi/a","ecosystem":"PyPI"}}`: "ecosystem specified in a PURL query", `{"package":{"name":"a","ecosystem":"PyPI"},"page_token":"%"}`: "invalid cursor",
		} {
			if r := st.post("/v1/query", query, 400); r.Code != 3 || r.Message != message {
				st.Errorf("%s: %d %q, want %q", query, r.Code, r.Message, message)
			}
			if query == "{" {
				continue
			}
			if r := st.post("/v1/querybatch", `{"queries":[{"commit":"00"},`+query+`]}`, 400); r.Code != 3 || r.Message != "error in query at index 1: "+message {
				st.Errorf("batch of %s: %d %q", query, r.Code, r.Message)
			}
		}
		if r := st.post("/v1/querybatch", `{"queries":[`+strings.Repeat(`{"commit":"00"},`, 1000)+`{"commit":"00"}]}`, 400); r.Message != "too many queries" {
			st.Errorf("too many: %+v", r)
		}
		// By id: own and imported, withdrawn ones too; an alias is no id, but leads on.
		for _, id := range []string{"T-1", "T-1-GONE", "x_FS-2021-000001", "FS-2021-000001"} {
			var r osv.Record
			st.ok(json.Unmarshal([]byte(st.get("/v1/vulns/"+id)), &r))
			if !strings.HasSuffix(r.ID, id) || (r.Withdrawn != nil) != (id == "T-1-GONE") {
				st.Errorf("%s: %+v", id, r)
			}
		}
		for id, message := range map[string]string{"CVE-2021-90001": "Vulnerability not found, but the following aliases were: T-1", "T-404": "Vulnerability not found"} {
			rec := httptest.NewRecorder()
			st.mux.ServeHTTP(rec, httptest.NewRequest("GET", "/v1/vulns/"+id, nil))
			if want := fmt.Sprintf(`{"code":5,"message":%q}`, message); rec.Code != 404 || rec.Body.String() != want {
				st.Errorf("%s: %d %s", id, rec.Code, rec.Body)
			}
		}
	})
}

// What is imported after a question is in the next answer; pages come to everything once.
func TestAnswersInPages(t *testing.T) {
	each(t, func(st *station) {
		var rs []osv.Record
		for i := range 1_005 {
			rs = append(rs, record(fmt.Sprintf("T-%04d", i), "npm", "left-pad", "2.0.0"))
		}
		st.imports(rs[:1]...)
		const query = `{"package":{"name":"left-pad","ecosystem":"npm"},"version":"1.0.0"`
		if r := st.post("/v1/query", query+"}", 200); len(r.Vulns) != 1 {
			st.Fatalf("%d records", len(r.Vulns))
		}
		v := &vuln.Service{DB: st.s.DB, Events: st.s.Events, Scratch: st.TempDir()}
		dir := st.TempDir()
		for _, r := range rs[1:] {
			b, err := json.Marshal(r)
			st.ok(err)
			st.ok(os.WriteFile(filepath.Join(dir, r.ID+".json"), b, 0o600))
		}
		_, err := v.Import(st.Context(), member.System(), vuln.Input{Kind: "osv", Source: dir})
		st.ok(err)
		first := st.post("/v1/query", query+"}", 200)
		second := st.post("/v1/query", query+fmt.Sprintf(`,"pageToken":%q}`, first.Next), 200)
		if len(first.Vulns) != 1000 || len(second.Vulns) != 5 || second.Next != "" || second.Vulns[0].ID != "T-1000" {
			st.Errorf("pages of %d and %d", len(first.Vulns), len(second.Vulns))
		}
		// Four queries, 3 000 records on the first page of the set.
		seen := map[string]int{}
		left := []string{"", "", "", ""}
		for round := 0; len(left) > 0; round++ {
			var qs []string
			for _, token := range left {
				qs = append(qs, query+fmt.Sprintf(`,"page_token":%q}`, token))
			}
			r := st.post("/v1/querybatch", `{"queries":[`+strings.Join(qs, ",")+`]}`, 200)
			left = nil
			n := 0
			for _, x := range r.Results {
				n += len(x.Vulns)
				for _, v := range x.Vulns {
					seen[v.ID]++
				}
				if x.Next != "" {
					left = append(left, x.Next)
				}
			}
			if n > 3000 || round > 5 {
				st.Fatalf("page %d has %d records", round, n)
			}
		}
		for _, r := range rs {
			if seen[r.ID] != 4 {
				st.Errorf("%s came %d times", r.ID, seen[r.ID])
			}
		}
	})
}
