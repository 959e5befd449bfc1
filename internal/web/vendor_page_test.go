// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestVendorNames: an analyst puts names together, finds them, is told what is wrong, and takes one out; members see none
// of it.
func TestVendorNames(t *testing.T) {
	each(t, func(h *house) {
		v := h.signedIn("en", "analyst", "desk")
		p := v.get("/vendors")
		v.sound(p)
		if p.status != http.StatusOK || !strings.Contains(p.body, "No names have been joined here yet") || !strings.Contains(p.body, "华为") {
			h.Errorf("the page: %d", p.status)
		}
		if p = v.post("/vendors", url.Values{"names": {"<Lantern>"}}); p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, "Give two names at least") || !strings.Contains(p.body, "&lt;Lantern&gt;") {
			h.Errorf("one name: %d", p.status)
		}
		v.sound(p)
		p = v.post("/vendors", url.Values{"names": {"灯笼\r\n<Lantern>\r\n"}}) // followed to what was found
		v.sound(p)
		if p.status != http.StatusOK || !strings.Contains(p.body, "&lt;Lantern&gt;") || strings.Contains(p.body, "Huawei Technologies") {
			h.Errorf("joined: %d", p.status)
		}
		if p = v.get("/vendors?q=nobody"); !strings.Contains(p.body, "No name contains") {
			h.Errorf("nothing found: %d", p.status)
		}
		if p = v.post("/vendors/part", url.Values{"name": {"<lantern>"}}); p.status != http.StatusOK || !strings.Contains(p.body, "No names have been joined here yet") {
			h.Errorf("taken out: %d", p.status)
		}
		if p = v.post("/vendors/part", url.Values{"name": {"<lantern>"}}); p.status != http.StatusNotFound {
			h.Errorf("taken out twice: %d", p.status)
		}
		member := h.signedIn("en", "engineer", "cloud")
		for _, p := range []page{member.get("/vendors"), member.post("/vendors", url.Values{"names": {"a\nb"}}), member.post("/vendors/part", url.Values{"name": {"Huawei"}})} {
			if p.status != http.StatusNotFound {
				h.Errorf("a member: %d", p.status)
			}
		}
	})
}
