// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/fengsui/fengsui/internal/spec/csaf"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

func TestMachinesReadWhatIsPublished(t *testing.T) {
	each(t, func(st *station) {
		st.publish(st.draft("FS-2021-000001", "Log4j2", "CVE-2021-44228"))
		text := st.get("/csaf/2021/fs-2021-000001.json")
		var d csaf.Document
		st.ok(json.Unmarshal([]byte(text), &d))
		if err := d.Check(); err != nil || d.Document.Tracking.ID != "FS-2021-000001" || d.Vulnerabilities[0].CVE != "CVE-2021-44228" {
			st.Errorf("%v: %+v", err, d.Document)
		}
		sum256, sum512 := sha256.Sum256([]byte(text)), sha512.Sum512([]byte(text))
		for path, want := range map[string]string{".sha256": hex.EncodeToString(sum256[:]), ".sha512": hex.EncodeToString(sum512[:])} {
			if got := st.get("/csaf/2021/fs-2021-000001.json" + path); got != want+"  fs-2021-000001.json\n" {
				st.Errorf("%s is %q", path, got)
			}
		}
		for _, path := range []string{"/osv/FS-2021-000001.json", "/osv/x_FS-2021-000001.json", "/v1/vulns/x_FS-2021-000001"} {
			var r osv.Record
			st.ok(json.Unmarshal([]byte(st.get(path)), &r))
			if r.Check() != nil || r.ID != "x_FS-2021-000001" || osv.Affects(r.Affected[0], "Maven", "2.14.1").State != osv.Hit || osv.Affects(r.Affected[0], "Maven", "2.15.0").State != osv.Miss {
				st.Errorf("%s: %+v", path, r)
			}
		}
		for _, lang := range []string{"", "?lang=en"} {
			f, err := gofeed.NewParser().ParseString(st.get("/feeds/advisories.atom" + lang))
			st.ok(err)
			want := map[string]string{"": "FS-2021-000001 Log4j2", "?lang=en": "FS-2021-000001 EN Log4j2"}[lang]
			if len(f.Items) != 1 || f.Items[0].Title != want || f.FeedLink != origin+"/feeds/advisories.atom"+lang || !strings.HasPrefix(f.Items[0].GUID, "urn:uuid:") || !strings.Contains(f.Items[0].Description, "<b>&</b>") {
				st.Errorf("%s: %+v", lang, f)
			}
		}
		if st.log.Len() > 0 {
			st.Error(st.log.String())
		}
	})
}

func TestWhatIsNotPublishedIsNotThere(t *testing.T) {
	each(t, func(st *station) {
		paths := []string{"/csaf/2021/fs-2021-000001.json", "/csaf/2021/fs-2021-000001.json.sha256", "/csaf/2021/", "/osv/FS-2021-000001.json", "/v1/vulns/x_FS-2021-000001"}
		gone := func(paths ...string) {
			st.Helper()
			for _, path := range paths {
				a, b := st.ask("GET", path), st.ask("GET", strings.Replace(path, "0001", "9999", 1))
				if a.Code != http.StatusNotFound || b.Code != http.StatusNotFound || a.Body.String() != b.Body.String() {
					st.Errorf("%s: %d %s", path, a.Code, a.Body)
				}
			}
			for _, path := range []string{"/feeds/advisories.atom", "/csaf/index.txt", "/csaf/changes.csv", "/csaf/", "/.well-known/csaf/provider-metadata.json"} {
				if text := st.get(path); strings.Contains(strings.ToLower(text), "fs-2021-000001") {
					st.Errorf("%s tells of the draft:\n%s", path, text)
				}
			}
		}
		gone(paths...)
		a := st.draft("FS-2021-000001", "Log4j2", "CVE-2021-44228")
		gone(paths...)
		st.publish(a)
		for _, path := range []string{"/csaf/2021/cve-2021-44228.json", "/csaf/2022/fs-2021-000001.json", "/csaf/2021/FS-2021-000001.json", "/csaf/02021/fs-2021-000001.json", "/csaf/2021/fs-2021-000001",
			"/csaf/2021/fs-2021-000001.json.asc", "/csaf/2021/fs-2021-000001.json.sha256.sha256", "/csaf/2022/", "/csaf/x/", "/csaf/2021", "/csaf/x.json", "/osv/CVE-2021-44228.json", "/osv/FS-2021-000001", "/v1/vulns/CVE-2021-44228"} {
			if w := st.ask("GET", path); w.Code != http.StatusNotFound {
				st.Errorf("%s: %d", path, w.Code)
			}
		}
		// the next revision is nobody's business yet
		before := st.get(paths[0])
		st.clock.Advance(time.Hour)
		c := a.Content
		c.Title = "next title"
		_, err := st.s.Edit(st.Context(), analyst, a.ID, 1, c, "changed")
		st.ok(err)
		if st.get(paths[0]) != before || strings.Contains(st.get("/feeds/advisories.atom"), "next title") {
			st.Error("a draft of the next revision can be read")
		}
		st.publish(a)
		if after := st.get(paths[0]); after == before || !strings.Contains(after, "next title") || !strings.Contains(st.get("/feeds/advisories.atom"), "next title") {
			st.Error("the next revision cannot be read")
		}
	})
}

func TestProviderListsItsDocuments(t *testing.T) {
	each(t, func(st *station) {
		for i := 1; i <= 3; i++ {
			st.publish(st.draft(fmt.Sprintf("FS-2021-%06d", i), fmt.Sprint("Title ", i)))
			st.clock.Advance(11 * 24 * time.Hour) // the third comes out in 2022
		}
		if got := st.get("/csaf/index.txt"); got != "2021/fs-2021-000001.json\n2021/fs-2021-000002.json\n2022/fs-2021-000003.json\n" {
			st.Errorf("index.txt is %q", got)
		}
		lines := strings.Split(strings.TrimSpace(st.get("/csaf/changes.csv")), "\n")
		if len(lines) != 3 || lines[2] != `"2021/fs-2021-000001.json","2021-12-10T00:00:00Z"` || !strings.Contains(lines[0], "000003") {
			st.Errorf("changes.csv is %q", lines)
		}
		var meta struct {
			CanonicalURL  string    `json:"canonical_url"`
			LastUpdated   time.Time `json:"last_updated"`
			Role          string
			Publisher     csaf.Publisher
			Distributions []struct {
				Directory string `json:"directory_url"`
			}
		}
		st.ok(json.Unmarshal([]byte(st.get("/.well-known/csaf/provider-metadata.json")), &meta))
		if meta.CanonicalURL != origin+"/.well-known/csaf/provider-metadata.json" || meta.Role != "csaf_provider" || meta.Publisher.Namespace != origin || len(meta.Distributions) != 1 || meta.Distributions[0].Directory != origin+"/csaf/" {
			st.Errorf("metadata are %+v", meta)
		}
		if want := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC); !meta.LastUpdated.Equal(want) {
			st.Errorf("last updated %v, want %v", meta.LastUpdated, want)
		}
		for _, name := range []string{"index.txt", "changes.csv", "2021/"} {
			if !strings.Contains(st.get("/csaf/"), `<a href="`+name+`">`) {
				st.Errorf("/csaf/ does not list %s", name)
			}
		}
		if got := st.get("/csaf/2021/"); !strings.Contains(got, `<a href="fs-2021-000001.json.sha512">`) {
			st.Errorf("/csaf/2021/ is %s", got)
		}
	})
}

func TestSecurityTxt(t *testing.T) {
	each(t, func(st *station) {
		want := "Contact: mailto:security@fengsui.example\nExpires: 2022-06-01T00:00:00Z\nPreferred-Languages: zh-CN, en\nCanonical: https://fengsui.example/.well-known/security.txt\n" +
			"CSAF: https://fengsui.example/.well-known/csaf/provider-metadata.json\n"
		if got := st.get("/.well-known/security.txt"); got != want {
			st.Errorf("security.txt is\n%s", got)
		}
		st.s.Publisher.Contact = ""
		if got := st.get("/.well-known/security.txt"); !strings.HasPrefix(got, "Contact: https://fengsui.example/\n") {
			st.Errorf("security.txt is\n%s", got)
		}
	})
}

func TestCachesAreToldTheTruth(t *testing.T) {
	each(t, func(st *station) {
		a := st.publish(st.draft("FS-2021-000001", "Log4j2"))
		paths := []string{"/feeds/advisories.atom", "/csaf/2021/fs-2021-000001.json", "/csaf/2021/fs-2021-000001.json.sha256", "/csaf/changes.csv",
			"/.well-known/csaf/provider-metadata.json", "/osv/FS-2021-000001.json"}
		tags := map[string]string{}
		for _, path := range paths {
			w := st.ask("GET", path)
			h := w.Header()
			tags[path] = h.Get("ETag")
			if tags[path] == "" || h.Get("Last-Modified") != "Fri, 10 Dec 2021 00:00:00 GMT" || h.Get("Cache-Control") != "public, max-age=60" || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("X-Content-Type-Options") != "nosniff" {
				st.Errorf("%s: %v", path, h)
			}
			for _, again := range [][]string{{"If-None-Match", tags[path]}, {"If-None-Match", `"x", W/` + tags[path]}, {"If-Modified-Since", h.Get("Last-Modified")}} {
				if w := st.ask("GET", path, again...); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
					st.Errorf("%s with %v: %d", path, again, w.Code)
				}
			}
			if head := st.ask("HEAD", path); head.Code != http.StatusOK || head.Body.Len() > 0 || head.Header().Get("ETag") != tags[path] {
				st.Errorf("HEAD %s: %d", path, head.Code)
			}
			if post := st.ask("POST", path); post.Code != http.StatusMethodNotAllowed {
				st.Errorf("POST %s: %d", path, post.Code)
			}
		}
		st.clock.Advance(time.Hour)
		c := a.Content
		c.Fix = "再次升级"
		_, err := st.s.Edit(st.Context(), analyst, a.ID, 1, c, "again")
		st.ok(err)
		st.publish(a)
		for _, path := range paths {
			if w := st.ask("GET", path, "If-None-Match", tags[path]); w.Code != http.StatusOK || w.Header().Get("Last-Modified") != "Fri, 10 Dec 2021 01:00:00 GMT" {
				st.Errorf("%s after a revision: %d %v", path, w.Code, w.Header())
			}
		}
	})
}

func TestFailuresSayNothing(t *testing.T) {
	each(t, func(st *station) {
		st.publish(st.draft("FS-2021-000001", "Log4j2"))
		st.ok(st.s.DB.Close())
		for _, path := range []string{"/feeds/advisories.atom", "/csaf/2021/fs-2021-000001.json", "/csaf/", "/csaf/2021/", "/osv/FS-2021-000001.json"} {
			if w := st.ask("GET", path); w.Code != http.StatusInternalServerError || w.Body.String() != "the document cannot be made now\n" || w.Header().Get("ETag") != "" {
				st.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		if !strings.Contains(st.log.String(), "component=feed") {
			st.Errorf("log is %q", st.log.String())
		}
	})
}
