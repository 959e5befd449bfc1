// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A shelf serves texts by path, and counts what is asked for.
type shelf struct {
	mu    sync.Mutex
	files map[string]string
	asked map[string]int
}

func (s *shelf) put(path, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[path] = text
}

func (s *shelf) times(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[r.URL.Path]++
	text, ok := s.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	sum := sha512.Sum512([]byte(text))
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write([]byte(text)) //nolint:errcheck // the client says so
}

func serve(t *testing.T) (*shelf, string) {
	s := &shelf{files: map[string]string{}, asked: map[string]int{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

func TestImportFromAnAddress(t *testing.T) {
	each(t, func(h *house) {
		s, at := serve(h.T)
		s.put("/npm/all.zip", string(zipped(t, map[string]string{"GHSA-1.json": record("GHSA-1", "2021-12-10T00:00:00Z", "")})))
		if r := h.take("osv", at+"/npm/all.zip"); r.New != 1 || r.Source != at+"/npm/all.zip" {
			t.Errorf("%+v", r)
		}
		if rec, _, err := h.Document(h.ctx, OSV, "GHSA-1"); err != nil || rec.Origin != at+"/npm/all.zip/GHSA-1.json" {
			t.Error(rec.Origin, err)
		}
		if r := h.take("osv", at+"/npm/all.zip"); r.New+r.Same != 0 || r.State != Done {
			t.Errorf("unchanged: %+v", r)
		}
		s.put("/npm/all.zip", string(zipped(t, map[string]string{"GHSA-1.json": record("GHSA-1", "2021-12-11T00:00:00Z", "")})))
		if r := h.take("osv", at+"/npm/all.zip"); r.Changed != 1 {
			t.Errorf("changed: %+v", r)
		}
		if _, err := h.Import(h.ctx, member.System(), Input{Kind: "osv", Source: at + "/none.zip"}); err == nil {
			t.Error("nothing there, and no error")
		}
	})
}

func TestImportReachesNothingInside(t *testing.T) {
	s, at := serve(t)
	s.put("/x.json", record("GHSA-1", "2021-12-10T00:00:00Z", ""))
	closed := &Service{}
	if _, err := closed.get(t.Context(), strings.Replace(at, "http:", "https:", 1)+"/x.json", mark{}); err == nil || s.times("/x.json") != 0 {
		t.Error("an inner address was reached", err)
	}
	for _, bad := range []string{at + "/x.json", "https://user:secret@advisories.example.org/x", "https:///x", "ftp://advisories.example.org/x"} {
		_, err := closed.Import(t.Context(), member.System(), Input{Kind: "osv", Source: bad})
		if web(bad) && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestImportFromAProvider(t *testing.T) {
	each(t, func(h *house) {
		s, at := serve(h.T)
		doc := func(id string) string { return strings.ReplaceAll(csafDoc(1, "CVE-2021-"+id), "YF-2021-1", "YF-"+id) }
		sum := func(text string) string {
			x := sha512.Sum512([]byte(text))
			return hex.EncodeToString(x[:]) + "  x.json\n"
		}
		s.put("/.well-known/csaf/provider-metadata.json", fmt.Sprintf(`{"distributions":[{"directory_url":"%s/csaf/white/"},{"rolie":{"feeds":[{"url":"%s/feed.json","tlp_label":"WHITE"},{"url":"%s/secret.json","tlp_label":"RED"}]}}]}`, at, at, at))
		s.put("/csaf/white/changes.csv", "\"2021/one.json\",\"2021-12-10T00:00:00Z\"\n\"2021/two.json\",\"2021-12-11T00:00:00Z\"\n")
		s.put("/csaf/white/2021/one.json", doc("99101"))
		s.put("/csaf/white/2021/one.json.sha512", sum(doc("99101")))
		s.put("/feed.json", fmt.Sprintf(`{"feed":{"entry":[{"id":"x","updated":"2021-12-09T00:00:00Z","link":[{"rel":"self","href":"%s/three.json"}]}]}}`, at))
		s.put("/three.json", doc("99103"))
		r := h.take("csaf", at)
		if r.New != 2 || r.Refused != 1 || s.times("/secret.json") != 0 {
			t.Errorf("%+v %v", r, h.refused(r))
		}
		// what could not be had is asked for again, and then nothing is
		s.put("/csaf/white/2021/two.json", doc("99102"))
		if r := h.take("csaf", at); r.New != 1 || r.Refused != 0 {
			t.Errorf("%+v %v", r, h.refused(r))
		}
		before := s.times("/csaf/white/2021/one.json")
		if r := h.take("csaf", at); r.Place != 0 || s.times("/csaf/white/2021/one.json") != before {
			t.Errorf("%+v", r)
		}
		s.put("/csaf/white/2021/one.json", strings.ReplaceAll(csafDoc(5, "CVE-2021-99101"), "YF-2021-1", "YF-99101"))
		s.put("/csaf/white/2021/one.json.sha512", sum("something else"))
		s.put("/csaf/white/changes.csv", "\"2021/one.json\",\"2021-12-15T00:00:00Z\"\n")
		if r := h.take("csaf", at+"/csaf/white/"); r.Refused != 1 || r.Changed != 0 {
			t.Errorf("a document that does not fit its digest: %+v", r)
		}
	})
}

func TestListingsLeadNowhereElse(t *testing.T) {
	dir, err := url.Parse("https://provider.example/csaf/white/")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"../secret.json", "2021/../../x.json", "/x.json", "https://evil.example/x.json", "//evil.example/x.json", "x.exe", "a\\b.json", "x.json?y", ""} {
		if at, err := below(dir, p); err == nil {
			t.Errorf("%q leads to %s", p, at)
		}
	}
	if at, err := below(dir, "2021/x.json"); err != nil || at != "https://provider.example/csaf/white/2021/x.json" {
		t.Error(at, err)
	}
}

// Feeds are imported when their time has come; one that fails is seen, tried again earlier, and keeps nobody from the others.
func TestFeedsAreRefreshed(t *testing.T) {
	each(t, func(h *house) {
		s, at := serve(h.T)
		s.put("/kev.json", fmt.Sprintf(kevDoc, 1, kevEntryOf("CVE-2021-99050")))
		h.Feeds = []Feed{{"osv", at + "/npm/all.zip", 24 * time.Hour}, {"kev", at + "/kev.json", time.Hour}}
		late := func() (out []string) {
			l, err := h.Late(h.ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range l {
				out = append(out, fmt.Sprint(x.Kind, x.Failures))
			}
			return out
		}
		if err := h.Refresh(h.ctx); err == nil {
			t.Error("a feed failed, and nobody says so")
		}
		if got := fmt.Sprint(late()); got != "[osv1]" {
			t.Error(got)
		}
		runs, _, err := h.Imports(h.ctx, member.System(), "", 0)
		if err != nil || len(runs) != 2 || runs[1].State != Failed || runs[1].Error == "" || runs[0].New != 1 {
			t.Errorf("%+v %v", runs, err)
		}
		h.clock.Advance(time.Minute)
		if err := h.Refresh(h.ctx); err != nil { // nothing is due
			t.Error(err)
		}
		h.clock.Advance(5 * time.Minute)
		s.put("/npm/all.zip", string(zipped(t, map[string]string{"GHSA-1.json": record("GHSA-1", "2021-12-10T00:00:00Z", "")})))
		if err := h.Refresh(h.ctx); err != nil {
			t.Error(err)
		}
		if got := late(); len(got) != 0 {
			t.Error(got)
		}
		stands, err := h.Stands(h.ctx, member.System())
		if err != nil || len(stands) != 2 || stands[1].Kind != "osv" || stands[1].Good.IsZero() || !stands[1].Next.Equal(h.clock.Now().Add(24*time.Hour)) {
			t.Errorf("%+v %v", stands, err)
		}
		h.clock.Advance(4 * time.Hour)
		if got := fmt.Sprint(late()); got != "[kev0]" {
			t.Error(got)
		}
	})
}
