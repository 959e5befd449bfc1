// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package web is the surface for people: pages rendered on the server, usable without JavaScript, in two languages.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/credit"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/dryrun"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/evaluation"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/filing"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/outbox"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/transparency"
	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/witness"
)

// Server renders the pages.
type Server struct {
	DB           *db.DB
	Clock        calendar.Clock
	Log          *slog.Logger
	Evidence     *evidence.Log
	Witnesses    *witness.Service
	Members      *member.Service
	Destinations *destination.Service
	Duties       *duty.Service
	Rulebook     *rulebook.Book // nil: the laws that come with the platform
	DryRuns      *dryrun.Service
	Reports      *report.Service
	Filings      *filing.Service
	Outbox       *outbox.Service
	Cases        *casework.Service
	Products     *product.Service
	Assessments  *assessment.Service
	Vulns        *vuln.Service
	Matches      *match.Service
	Warnings     *warning.Service
	Advisories   *advisory.Service
	Compliance   *compliance.Service
	Evaluations  *evaluation.Service
	Transparency *transparency.Service
	Credits      *credit.Service
	Demo         *Demo        // nil outside the demo
	Secure       bool         // cookies only over https
	Footer       []FooterLink // further places, of pages drawn in Frame
	Exercise     string       // name of the exercise that the platform is, "" for a real one
}

// Demo is what only the demo offers: signing in with one click, and a clock that visitors may read.
type Demo struct {
	Personas []Persona
}

// A Persona is somebody a visitor of the demo can be.
type Persona struct {
	AccountID      string
	NameZH, NameEN string
	RoleZH, RoleEN string
	Icon           string
}

// view is one request as pages see it.
type view struct {
	*http.Request
	s     *Server
	w     http.ResponseWriter
	Actor member.Actor
	Org   member.Org // the actor's organisation, zero for none
	P     i18n.Printer
	Now   time.Time
	Theme string // "light", "dark" or "" for the system's
	held  bool   // a place of large
}

// T is the text of a key in the reader's language.
func (v *view) T(key string, args ...any) string { return v.P.T(key, args...) }

// page makes a handler of a function that may fail.
func (s *Server) page(do func(*view) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := s.open(w, r)
		defer func() {
			if v.held {
				<-large
			}
		}()
		if err == nil {
			err = do(v)
		}
		if err != nil {
			s.fail(v, err)
		}
	})
}

// member is page for those who are signed in; others are sent to sign in first.
func (s *Server) member(do func(*view) error) http.Handler {
	return s.page(func(v *view) error {
		if !v.Actor.SignedIn() {
			return fault.SignIn()
		}
		return do(v)
	})
}

// staff is page for the platform's own people; for others the page does not exist.
func (s *Server) staff(do func(*view) error) http.Handler {
	return s.member(func(v *view) error {
		if !v.Actor.Is(member.Analyst, member.DutyOfficer, member.Supervisor, member.Auditor, member.Administrator) {
			return fault.Missing()
		}
		return do(v)
	})
}

const (
	sessionCookie  = "fengsui_session"
	languageCookie = "fengsui_lang"
	themeCookie    = "fengsui_theme"
)

// open finds out who asks, in which language, at what time.
func (s *Server) open(w http.ResponseWriter, r *http.Request) (*view, error) {
	v := &view{Request: r, s: s, w: w, Actor: member.Anonymous("web"), Now: s.Clock.Now(), P: i18n.For(language(r))}
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		v.Theme = c.Value
	}
	c, err := r.Cookie(sessionCookie)
	if err != nil || c.Value == "" {
		return v, nil
	}
	actor, err := s.Members.ResolveSession(r.Context(), c.Value, "web")
	if fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.NotFound) {
		http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
		return v, nil
	}
	if err != nil {
		return v, fmt.Errorf("resolve session: %w", err)
	}
	v.Actor = actor
	if actor.OrgID != "" {
		v.Org, err = s.Members.Org(r.Context(), actor, actor.OrgID)
	}
	return v, err
}

// language is the reader's choice by cookie, else the browser's.
func language(r *http.Request) string {
	if c, err := r.Cookie(languageCookie); err == nil {
		return c.Value
	}
	return i18n.Match(r.Header.Get("Accept-Language"))
}

// show renders a component as the answer.
func (v *view) show(status int, c templ.Component) error {
	var b strings.Builder
	if err := c.Render(v.Context(), &b); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Cache-Control", "private, no-store")
	v.w.WriteHeader(status)
	_, err := v.w.Write([]byte(b.String()))
	if err != nil && v.Context().Err() != nil {
		return nil // the reader has gone
	}
	return err
}

// ok renders a component with status 200.
func (v *view) ok(c templ.Component) error { return v.show(http.StatusOK, c) }

// see sends the reader on after a form.
func (v *view) see(path string) error {
	http.Redirect(v.w, v.Request, path, http.StatusSeeOther)
	return nil
}

// Statuses of the kinds of fault. Withheld looks like NotFound.
var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.NotFound: http.StatusNotFound, fault.Withheld: http.StatusNotFound,
	fault.Forbidden: http.StatusForbidden, fault.Unauthenticated: http.StatusUnauthorized, fault.Conflict: http.StatusConflict,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.Limited: http.StatusTooManyRequests, fault.Internal: http.StatusInternalServerError,
}

// fail answers a request that went wrong. Internal errors are logged under an incident number and shown as that.
func (s *Server) fail(v *view, err error) {
	kind := fault.KindOf(err)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		kind, err = fault.TooLarge, &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{fmt.Sprintf("%d MiB", tooLarge.Limit>>20)}}
	}
	if kind == fault.Unauthenticated && v.Method == http.MethodGet {
		http.Redirect(v.w, v.Request, "/sign-in?next="+v.URL.EscapedPath(), http.StatusSeeOther)
		return
	}
	var f *fault.Error
	text := ""
	if errors.As(err, &f) {
		text = v.T(f.Key, f.Args...)
	} else {
		if errors.Is(err, context.Canceled) {
			return
		}
		incident := uuid.NewString()[:8]
		s.Log.ErrorContext(v.Context(), "request failed", "incident", incident, "method", v.Method, "path", v.Pattern, "error", err)
		text = v.T("fault.internal", incident)
	}
	if err := v.show(statuses[kind], problemPage(v, statuses[kind], text, f)); err != nil {
		s.Log.ErrorContext(v.Context(), "the problem page failed", "error", err)
	}
}
