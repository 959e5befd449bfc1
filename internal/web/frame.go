// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// A FooterLink leads from the foot of every page to one that another package draws; Key is its label.
type FooterLink struct{ Href, Key string }

// A Reader is who asks for a framed page.
type Reader struct {
	Actor member.Actor
	P     i18n.Printer
	Now   time.Time
}

// Frame makes a handler of a page that a package above draws: do gives the title and what stands in the frame that all
// pages have. Its faults are answered as those of any page.
func (s *Server) Frame(narrow bool, do func(*http.Request, Reader) (title string, body templ.Component, err error)) http.Handler {
	return s.page(func(v *view) error {
		title, body, err := do(v.Request, Reader{v.Actor, v.P, v.Now})
		if err != nil {
			return err
		}
		return v.ok(framed(v, title, narrow, body))
	})
}

// Act makes a handler of what a package above does for a reader: it writes the answer itself. Its faults are answered as
// those of any page.
func (s *Server) Act(do func(http.ResponseWriter, *http.Request, member.Actor) error) http.Handler {
	return s.page(func(v *view) error { return do(v.w, v.Request, v.Actor) })
}
