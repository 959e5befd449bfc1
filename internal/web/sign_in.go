// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

func (s *Server) nowhere(*view) error { return fault.Missing() }

// signIn shows the form, and in the demo the cast.
func (s *Server) signIn(v *view) error {
	if v.Actor.SignedIn() && v.URL.Query().Get("next") == "" && s.Demo == nil {
		return v.see("/")
	}
	return v.ok(signInPage(v, v.blank(nil), local(v.URL.Query().Get("next"))))
}

// local keeps a path on this platform; anything else is the home page. Browsers drop tabs and line ends from an address and
// read a backslash as a slash, so that "/\t/evil.example" would lead away.
func local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsRune(path, '\\') || strings.ContainsFunc(path, unicode.IsControl) {
		return "/"
	}
	return path
}

func (s *Server) signInPost(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	session, _, err := s.Members.Login(v.Context(), f.Get("email"), v.PostFormValue("password"), v.UserAgent())
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return v.show(http.StatusUnprocessableEntity, signInPage(v, f, local(f.Get("next"))))
	}
	s.enter(v, session)
	return v.see(local(f.Get("next")))
}

// signInAs makes a visitor of the demo somebody of the cast.
func (s *Server) signInAs(v *view) error {
	if s.Demo == nil {
		return fault.Missing()
	}
	f, err := v.parse()
	if err != nil {
		return err
	}
	for _, p := range s.Demo.Personas {
		if p.AccountID == f.Get("account") {
			session, err := s.Members.LoginAs(v.Context(), p.AccountID, v.UserAgent())
			if err != nil {
				return err
			}
			s.enter(v, session)
			return v.see("/")
		}
	}
	return fault.Missing()
}

func (s *Server) enter(v *view, session member.Session) {
	http.SetCookie(v.w, &http.Cookie{Name: sessionCookie, Value: session.Token, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode, MaxAge: int(7 * 24 * time.Hour / time.Second)})
}

func (s *Server) signOut(v *view) error {
	if c, err := v.Cookie(sessionCookie); err == nil {
		if err := s.Members.Logout(v.Context(), c.Value); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	http.SetCookie(v.w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
	return v.see("/")
}

// preferences keeps language and theme in cookies and returns to the page.
func (s *Server) preferences(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	keep := func(name, value string) {
		http.SetCookie(v.w, &http.Cookie{Name: name, Value: value, Path: "/", Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600})
	}
	if lang := f.Get("lang"); lang == i18n.Chinese || lang == i18n.English {
		keep(languageCookie, lang)
	}
	if theme := f.Get("theme"); theme == "light" || theme == "dark" || theme == "auto" {
		keep(themeCookie, theme)
	}
	return v.see(local(f.Get("next")))
}
