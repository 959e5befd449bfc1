// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/db/dbtest"
)

// strange are values that no database, parser or page may stumble over.
var strange = map[string]string{
	"NUL": "a\x00b", "no text": "\xff\xfe", "quotes": `'"; DROP TABLE casefile; --`, "patterns": `%_\`, "many words": strings.Repeat("a ", 3000), "one long word": strings.Repeat("a", 60_000),
	"a number": "-9223372036854775809", "markup": "<script>alert(1)</script>", "a path": "../../etc/passwd", "line ends": "a\r\nSet-Cookie: x=y",
}

// asked are the query parameters that routes read.
var asked = []string{"q", "after", "before", "secret", "version", "rule", "state", "status", "draft", "next", "lang", "limit", "text", "sector", "role", "AV", "vector", "organisation", "partner"}

// TestStrangeInputIsNoServerError asks everything that only reads for strange things and by strange parameters.
func TestStrangeInputIsNoServerError(t *testing.T) {
	for engine, address := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			w := newWorld(t, engine, address)
			h := w.copied(engine)
			defer h.close()
			all := routes(t)
			for _, path := range []string{"/csaf/{year}/{file}", "/csaf/{name}", "/osv/{file}", "/v1/vulns/{id}", "/feeds/advisories.atom"} {
				all = append(all, route{"GET", path})
			}
			for _, r := range all {
				if r.method != http.MethodGet {
					continue
				}
				for name, value := range strange {
					for _, who := range []string{"anonymous", "analyst"} {
						paths := []string{parameter.ReplaceAllLiteralString(r.path, url.PathEscape(value)), parameter.ReplaceAllLiteralString(r.path, url.PathEscape(value)+".json")}
						for i, p := range paths {
							if !strings.Contains(r.path, "{") || strings.HasSuffix(r.path, "{$}") {
								paths[i] = strings.TrimSuffix(p, "{$}")
								q := url.Values{}
								for _, n := range asked {
									q.Set(n, value)
								}
								paths[i] += "?" + q.Encode()
							}
						}
						for _, p := range paths {
							w.survives(h, who, p, name+" to "+r.path)
						}
					}
				}
			}
			for _, n := range asked { // one at a time, so that no other one is refused first
				for _, name := range []string{"NUL", "no text", "many words", "one long word"} {
					value := strange[name]
					for _, p := range []string{"/", "/advisories", "/warnings", "/cases", "/reports", "/products", "/members", "/register", "/journal", "/api/v1/cases", "/api/v1/advisories",
						"/api/v1/warnings", "/api/v1/members", "/api/v1/products", "/api/v1/reports", "/api/v1/duties", "/feeds/advisories.atom", "/sign-in"} {
						who := "analyst"
						if p == "/journal" || p == "/register" {
							who = "supervisor"
						}
						w.survives(h, who, p+"?"+n+"="+url.QueryEscape(value), name+" as "+n+" to "+p)
					}
				}
			}
		})
	}
}

func (w *world) survives(h http.Handler, who, path, what string) {
	w.Helper()
	if strings.HasPrefix(path, "/api/v1/stream") { // it does not end by itself
		path += "&no_wait=true"
	}
	req := httptest.NewRequest("GET", path, nil)
	if strings.HasPrefix(path, "/api/v1") && w.token[who] != "" {
		req.Header.Set("Authorization", "Bearer "+w.token[who])
	} else if w.session[who] != "" {
		req.AddCookie(&http.Cookie{Name: "fengsui_session", Value: w.session[who]})
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	if rec.Code >= 500 {
		w.Errorf("%s, as %s: %d %.300s", what, who, rec.Code, rec.Body)
	}
	if strings.Contains(rec.Body.String(), "<script>alert(1)") {
		w.Errorf("%s, as %s: the markup comes back alive", what, who)
	}
}

// TestOtherSitesCannotPost: a form on another site reaches nothing, the sign-in included.
func TestOtherSitesCannotPost(t *testing.T) {
	for engine, address := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			w := newWorld(t, engine, address)
			h := w.copied(engine)
			defer h.close()
			for _, r := range routes(t) {
				if r.method == http.MethodGet {
					continue
				}
				for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
					req := httptest.NewRequest(r.method, w.fill(r, true), strings.NewReader(webForms[r.method+" "+r.path]))
					req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					req.Header.Set(name, value)
					req.AddCookie(&http.Cookie{Name: "fengsui_session", Value: w.session["duty officer"]})
					rec := httptest.NewRecorder()
					h.ServeHTTP(rec, req)
					if rec.Code != http.StatusForbidden || len(rec.Result().Cookies()) > 0 {
						t.Errorf("%s %s with %s: %d", r.method, r.path, name, rec.Code)
					}
				}
			}
		})
	}
}
