// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"net/http"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/web/look"
	"github.com/fengsui/fengsui/internal/web/static"
)

// routes adds the page on which a visitor sees the mails and webhooks that left the platform.
func (d *Demo) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /demo/outbox", d.outbox)
}

func (d *Demo) outbox(w http.ResponseWriter, r *http.Request) {
	p := i18n.For(i18n.Match(r.Header.Get("Accept-Language")))
	if c, err := r.Cookie("fengsui_lang"); err == nil {
		p = i18n.For(c.Value)
	}
	theme := ""
	if c, err := r.Cookie("fengsui_theme"); err == nil && (c.Value == "light" || c.Value == "dark") {
		theme = c.Value
	}
	shell := look.Shell{P: p, Title: p.T("demo.outbox.title"), Theme: theme, Path: r.URL.Path, CSS: static.URL("app.css"), JS: static.URL("app.js"), Favicon: static.URL("beacon.svg"), Narrow: true}
	mails, hooks := d.world.Counts()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	if err := outboxPage(shell, p, mails, hooks, d.world.Find(r.URL.Query().Get("to"))).Render(r.Context(), w); err != nil && r.Context().Err() == nil {
		d.s.Log.Error("the outbox could not be shown", "error", err)
	}
}
