// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestProductShowsWhatChangedBetweenItsLists: a component that came in another version is one line, not two.
func TestProductShowsWhatChangedBetweenItsLists(t *testing.T) {
	bom := func(parts ...string) []byte {
		var cs []string
		for _, p := range parts {
			name, version, _ := strings.Cut(p, "@")
			cs = append(cs, fmt.Sprintf(`{"type":"library","name":%q,"version":%q,"purl":"pkg:npm/%s"}`, name, version, p))
		}
		return []byte(`{"bomFormat":"CycloneDX","specVersion":"1.4","version":1,"components":[` + strings.Join(cs, ",") + `]}`)
	}
	each(t, func(h *house) {
		v := h.signedIn("en", "engineer", "cloud")
		at := v.post("/products", url.Values{"vendor": {"Tower"}, "name": {"Lantern"}, "kind": {"software"}, "versions": {"1.0"}}).path
		if p := v.post(at+"/versions", url.Values{"version": {""}}); p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, `href="#f-new-version"`) {
			h.Errorf("no version: %d", p.status)
		}
		p := v.post(at+"/versions", url.Values{"version": {"1.1"}})
		if p.status != http.StatusOK || !strings.Contains(p.body, "1.1") {
			h.Errorf("the version was not added: %d", p.status)
		}
		h.push(at, "1.0", bom("spark@1.0.0", "wick@2.0.0", "oil@3.0.0"))
		h.push(at, "1.1", bom("spark@1.0.1", "wick@2.0.0", "glass@4.0.0"))
		p = v.get(at)
		v.sound(p)
		change := html.UnescapeString(regexp.MustCompile(`/products/[^"]*/changes[^"]*`).FindString(p.body))
		path, query, _ := strings.Cut(change, "?")
		p = v.get(path + "?" + query)
		v.sound(p)
		for _, want := range []string{"Another version (1)", "1.0.0 → 1.0.1", "New (1)", "glass", "No longer there (1)", "oil"} {
			if !strings.Contains(p.body, want) {
				h.Errorf("the page lacks %q", want)
			}
		}
		if p.status != http.StatusOK || strings.Contains(p.body, "wick") {
			h.Errorf("%d, or what stayed is shown", p.status)
		}
		other := h.signedIn("en", "outsider", "lab")
		for _, x := range []page{other.get(path + "?" + query), other.post(at+"/versions", url.Values{"version": {"9"}}), v.get(path + "?from=0&to=0")} {
			if x.status != http.StatusNotFound {
				h.Errorf("somebody else's list, or none: %d", x.status)
			}
		}
	})
}

// push uploads a component list of the product whose page is at.
func (h *house) push(at, version string, b []byte) {
	h.Helper()
	_, err := h.Products.PushSBOM(h.Context(), h.actor("engineer", "cloud"), strings.TrimPrefix(at, "/products/"), version, b)
	h.ok(err)
}
