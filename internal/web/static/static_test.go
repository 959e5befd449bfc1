// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package static_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/web/static"
)

func get(path, etag string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	if etag != "" {
		r.Header.Set("If-None-Match", etag)
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w
}

func TestFilesAreKeptForGoodUnderTheirAddress(t *testing.T) {
	w := get(static.URL("app.css"), "")
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if again := get(static.URL("app.css"), w.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("the same file was sent again: %d", again.Code)
	}
	for _, path := range []string{"/static/app.css", "/static/000000000000/app.css"} {
		if w := get(path, ""); w.Code != http.StatusOK || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	for _, path := range []string{"/static/", "/static/static.go", "/static/a/b/app.css"} {
		if w := get(path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// The pages' policy allows nothing from elsewhere, and the files ask for nothing.
func TestNothingComesFromElsewhere(t *testing.T) {
	foreign := regexp.MustCompile(`(?i)https?://|url\(|@import|eval\(|innerHTML`)
	for _, name := range []string{"app.css", "app.js"} {
		if found := foreign.FindString(get(static.URL(name), "").Body.String()); found != "" {
			t.Errorf("%s has %q", name, found)
		}
	}
}
