// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"net/http"

	"github.com/a-h/templ"

	"github.com/fengsui/fengsui/internal/web"
)

// routes adds the page on which a visitor sees the mails and webhooks that left the platform, and the exercises.
func (d *Demo) routes(mux *http.ServeMux, pages *web.Server) {
	mux.Handle("GET /demo/outbox", pages.Frame(true, d.outbox))
	d.drills.Routes(mux, pages)
}

func (d *Demo) outbox(r *http.Request, to web.Reader) (title string, body templ.Component, err error) {
	mails, hooks := d.world.Counts()
	title = to.P.T("demo.outbox.title")
	return title, outboxPage(title, to.P, mails, hooks, d.world.Find(r.URL.Query().Get("to"))), nil
}
