// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/browser"
)

func TestTab(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprintf(w, "<p id=said>%s</p>", r.PostFormValue("word"))
			return
		}
		lang, _ := r.Cookie("fengsui_lang")
		fmt.Fprintf(w, `<html><body><p id=lang>%s</p><p id=js>off</p><form method=post><input name=word><button>go</button></form>
			<script>document.getElementById("js").textContent="on"</script></body></html>`, lang.Value)
	}))
	defer srv.Close()
	b, err := browser.Open(context.Background(), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, c := range []struct {
		look browser.Look
		js   string
	}{{browser.Look{Lang: "en", Theme: "dark", Width: 390}, "on"}, {browser.Look{Lang: "zh-CN", Theme: "light", Width: 1280, NoScript: true}, "off"}} {
		tab, err := b.Tab(c.look)
		if err != nil {
			t.Fatal(err)
		}
		if err := tab.Go("/"); err != nil {
			t.Fatal(err)
		}
		for selector, want := range map[string]string{"#lang": c.look.Lang, "#js": c.js} {
			if got, err := tab.Text(selector); err != nil || got != want {
				t.Errorf("%s: got %q, %v; want %q", selector, got, err, want)
			}
		}
		if png, err := tab.Shot(); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
			t.Errorf("no picture: %v", err)
		}
		if err := tab.Fill(map[string]string{"word": "烽火"}); err != nil {
			t.Fatal(err)
		}
		status, err := tab.Press("button")
		if err != nil || status != http.StatusUnprocessableEntity {
			t.Errorf("got status %d, %v", status, err)
		}
		if got, err := tab.Text("#said"); err != nil || got != "烽火" {
			t.Errorf("got %q, %v", got, err)
		}
		if n, err := browser.Eval[int](tab, "Promise.resolve(6*7)"); err != nil && !c.look.NoScript || n != 42 && !c.look.NoScript {
			t.Errorf("got %d, %v", n, err)
		}
		tab.Close()
	}
}
