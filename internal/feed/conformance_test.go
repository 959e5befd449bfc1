// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/report"
)

// log4j2 publishes the advisory of CVE-2021-44228 as its fix came out by the public record, first 2.15.0, then the
// releases of three lines that mended it for good, and a second one about a device.
func (st *station) log4j2() {
	st.Helper()
	const component = "pkg:maven/org.apache.logging.log4j/log4j-core"
	c := casework.Content{Title: "Apache Log4j2 远程代码执行漏洞", TitleEN: "Remote code execution in Apache Log4j2",
		Description:   "Log4j2 在处理日志消息时会解析其中的查找表达式（lookup），消息里的 JNDI 查找会使组件连接其中指定的服务器并加载返回的对象。",
		DescriptionEN: "Log4j2 resolves lookup expressions inside log messages. A JNDI lookup makes the component contact the server it names, and load and run what that server returns.",
		CWE:           "CWE-502", Aliases: []string{"CVE-2021-44228", "GHSA-jfh8-c2jp-5v3q"}, Affected: []report.Affected{{PURL: component, Introduced: "2.0-beta9", Fixed: "2.15.0"}},
		Fix: "升级到 log4j-core 2.15.0 或更高版本。", FixEN: "Upgrade to log4j-core 2.15.0 or later.", Workaround: "从类路径中移除 JndiLookup 类。", WorkaroundEN: "Remove the JndiLookup class from the class path.",
		References: []casework.Reference{{Kind: "advisory", URL: "https://logging.apache.org/security.html"}, {Kind: "web", URL: "https://www.cve.org/CVERecord?id=CVE-2021-44228"}}, Credits: []string{"示例安全实验室"}}
	a := st.publish(st.draftOf("FS-2021-000001", c))
	st.clock.Advance(18*24*time.Hour + 2*time.Hour)
	next := a.Content
	next.Affected = []report.Affected{{PURL: component, Introduced: "2.0-beta9", Fixed: "2.3.2"}, {PURL: component, Introduced: "2.4", Fixed: "2.12.4"}, {PURL: component, Introduced: "2.13.0", Fixed: "2.17.1"}}
	next.Fix, next.FixEN = "升级到 2.17.1、2.12.4 或 2.3.2。", "Upgrade to 2.17.1, 2.12.4 or 2.3.2."
	_, err := st.s.Edit(st.Context(), analyst, a.ID, 1, next, "2.15.0 未完全修复 / 2.15.0 did not mend it for good")
	st.ok(err)
	st.publish(a)
	st.publish(st.draftOf("FS-2021-000002", casework.Content{Title: "示例网关越权漏洞", TitleEN: "Authorisation bypass in Example Gateway", CWE: "CWE-862", Fix: "升级到 3.3。", Affected: []report.Affected{
		{Vendor: "Example Networks", Product: "Gateway", Model: "GW-100", Introduced: "2.0", LastAffected: "3.2", Versions: []string{"1.9"}}, {PURL: "pkg:golang/gateway.example/firmware", Fixed: "v3.3.0"}}}))
}

// TestDocumentsForValidators writes what everybody can read into the folder that FENGSUI_CONFORMANCE names, for the
// validators of others (scripts/conformance).
func TestDocumentsForValidators(t *testing.T) {
	dir := cmp.Or(os.Getenv("FENGSUI_CONFORMANCE"), t.TempDir())
	each(t, func(st *station) {
		st.log4j2()
		for path, file := range map[string]string{"/csaf/2021/fs-2021-000001.json": "csaf/fs-2021-000001.json", "/csaf/2021/fs-2021-000002.json": "csaf/fs-2021-000002.json",
			"/osv/FS-2021-000001.json": "osv/x_FS-2021-000001.json", "/osv/FS-2021-000002.json": "osv/x_FS-2021-000002.json",
			"/feeds/advisories.atom": "atom/zh.atom", "/feeds/advisories.atom?lang=en": "atom/en.atom"} {
			text := st.get(path)
			if strings.HasPrefix(file, "atom/") {
				if f, err := gofeed.NewParser().ParseString(text); err != nil || len(f.Items) != 2 {
					st.Errorf("%s: %v", path, err)
				}
			}
			file = filepath.Join(dir, filepath.FromSlash(file))
			st.ok(os.MkdirAll(filepath.Dir(file), 0o755))
			st.ok(os.WriteFile(file, []byte(text), 0o644))
		}
	})
}

// TestCSAFTools has the checker and the downloader of CSAF providers in the folder that FENGSUI_CSAF_TOOLS names visit
// the platform; without them the test walks from security.txt to every document by itself.
func TestCSAFTools(t *testing.T) {
	each(t, func(st *station) {
		st.log4j2()
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { st.mux.ServeHTTP(w, r) }))
		defer server.Close()
		st.at(server.URL)
		metadata := server.URL + "/.well-known/csaf/provider-metadata.json"
		if !strings.Contains(st.get("/.well-known/security.txt"), "CSAF: "+metadata+"\n") || !strings.Contains(st.get("/.well-known/csaf/provider-metadata.json"), server.URL+"/csaf/") {
			st.Fatal("nobody finds the documents")
		}
		for path := range strings.Lines(st.get("/csaf/index.txt")) {
			st.get("/csaf/" + strings.TrimSpace(path))
		}
		if tools := os.Getenv("FENGSUI_CSAF_TOOLS"); tools != "" {
			st.check(filepath.Join(tools, "csaf_checker"), metadata)
			st.download(filepath.Join(tools, "csaf_downloader"), metadata)
		}
	})
}

func (st *station) run(program string, args ...string) {
	st.Helper()
	if said, err := exec.CommandContext(st.Context(), program, args...).CombinedOutput(); err != nil {
		st.Fatalf("%v\n%s", err, said)
	}
}

func (st *station) check(checker, metadata string) {
	out := filepath.Join(st.TempDir(), "report.json")
	st.run(checker, "--insecure", "-f", "json", "-o", out, metadata)
	b, err := os.ReadFile(out)
	st.ok(err)
	var found struct {
		Domains []struct {
			Passed       bool
			Role         string
			Requirements []struct {
				Num         int
				Description string
				Messages    []struct {
					Type int // 2 is an error
					Text string
				}
			}
		}
	}
	st.ok(json.Unmarshal(b, &found))
	met := map[int]bool{}
	for _, r := range found.Domains[0].Requirements {
		met[r.Num] = true
		for _, m := range r.Messages {
			met[r.Num] = met[r.Num] && m.Type < 2
		}
		st.Logf("requirement %d, %s: met %t %v", r.Num, r.Description, met[r.Num], r.Messages)
	}
	// 5, 8 and 10 need other labels or a domain name; 15 to 17 are ROLIE; 19 and 20 are signatures
	want := []int{1, 2, 3, 4, 6, 7, 11, 12, 13, 14, 18}
	if bad := slices.DeleteFunc(want, func(n int) bool { return met[n] }); len(bad) > 0 || !found.Domains[0].Passed {
		st.Errorf("requirements %v are not met:\n%s", bad, b)
	}
	fmt.Printf("csaf_checker: role %s, passed %t\n", found.Domains[0].Role, found.Domains[0].Passed)
}

func (st *station) download(downloader, metadata string) {
	dir := st.TempDir()
	st.run(downloader, "--insecure", "-d", dir, metadata)
	var got []string
	st.ok(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasPrefix(d.Name(), "fs-") {
			got = append(got, d.Name())
		}
		return err
	}))
	slices.Sort(got)
	if want := []string{"fs-2021-000001.json", "fs-2021-000001.json.sha256", "fs-2021-000001.json.sha512", "fs-2021-000002.json", "fs-2021-000002.json.sha256", "fs-2021-000002.json.sha512"}; !slices.Equal(got, want) {
		st.Errorf("downloaded %v", got)
	}
	fmt.Printf("csaf_downloader: %d files\n", len(got))
}
