// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package feed serves what is public to machines: published advisories as Atom, as CSAF 2.0 the way a provider distributes
// it, and in OSV; the API of osv.dev over them and over imported records; security.txt, by which they are found; and
// warnings as Atom, JSON Feed and CAP, the public ones to everybody, a unit's own below an address with its token.
package feed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/scan"
	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/warning"
)

// Server answers machines that read what is public. Nobody signs in here, and nothing is told that is not published, but
// to whoever holds a private address.
type Server struct {
	Advisories *advisory.Service
	Vulns      *vuln.Service // nil: only the platform's own records are told
	Shelf      *scan.Shelf   // of Vulns
	Warnings   *warning.Service
	Members    *member.Service // knows the tokens of private feeds
	Log        *slog.Logger
	Origin     string // URL of the platform without a slash at the end: "https://fengsui.example"

	mu    sync.Mutex
	stand advisory.Stand
	made  map[string]body // lists that were put together for stand, by name

	shelves shelves // of the OSV API
}

// A body is an answer: bytes, their media type and when they last changed.
type body struct {
	bytes []byte
	media string
	at    time.Time
}

// Routes adds the routes.
func (s *Server) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /feeds/advisories.atom", s.answer(s.atom))
	s.warningRoutes(mux)
	mux.HandleFunc("GET /.well-known/security.txt", s.answer(s.securityTxt))
	mux.HandleFunc("GET /.well-known/csaf/provider-metadata.json", s.answer(s.metadata))
	mux.HandleFunc("GET /csaf/{$}", s.answer(s.years))
	mux.HandleFunc("GET /csaf/index.txt", s.answer(s.index))
	mux.HandleFunc("GET /csaf/changes.csv", s.answer(s.changes))
	mux.HandleFunc("GET /csaf/{name}", s.answer(nothing)) // else the mux redirects, which section 7.1.6 forbids
	mux.HandleFunc("GET /csaf/{year}/{$}", s.answer(s.year))
	mux.HandleFunc("GET /csaf/{year}/{file}", s.answer(s.document))
	mux.HandleFunc("GET /osv/{file}", s.answer(s.osvFile))
	mux.HandleFunc("GET /v1/vulns/{id}", s.osvRecord)
	mux.HandleFunc("POST /v1/query", s.osvQuery)
	mux.HandleFunc("POST /v1/querybatch", s.osvBatch)
}

func nothing(*http.Request) (body, error) { return body{}, fault.Missing() }

// maxAge is how long an answer may be reused without asking again, in seconds: a revised advisory must not be late.
const maxAge = 60

// answer writes a body with what caches need, and 304 to who has it already.
func (s *Server) answer(make func(*http.Request) (body, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := make(r)
		switch {
		case fault.Is(err, fault.NotFound):
			http.Error(w, "there is no such document", http.StatusNotFound)
			return
		case err != nil:
			s.Log.ErrorContext(r.Context(), "feed failed", "component", "feed", "route", r.Pattern, "error", err)
			http.Error(w, "the document cannot be made now", http.StatusInternalServerError)
			return
		}
		digest := sha256.Sum256(b.bytes)
		h := w.Header()
		h.Set("Content-Type", b.media)
		h.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(digest[:16])+`"`)
		h.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", maxAge))
		h.Set("Access-Control-Allow-Origin", "*") // pages of others may read what everybody may read
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", b.at, bytes.NewReader(b.bytes))
	}
}

// listed returns a list over all advisories, put together again only after something was published.
func (s *Server) listed(ctx context.Context, name string, build func([]advisory.Advisory, advisory.Stand) (body, error)) (body, error) {
	now, err := s.Advisories.Stand(ctx)
	if err != nil {
		return body{}, err
	}
	s.mu.Lock()
	if now != s.stand {
		s.stand, s.made = now, nil
	}
	b, ok := s.made[name]
	s.mu.Unlock()
	if ok {
		return b, nil
	}
	all, err := s.all(ctx)
	if err != nil {
		return body{}, err
	}
	if b, err = build(all, now); err != nil {
		return body{}, err
	}
	b.at = now.At
	s.mu.Lock()
	defer s.mu.Unlock()
	if now == s.stand {
		if s.made == nil {
			s.made = map[string]body{}
		}
		s.made[name] = b
	}
	return b, nil
}

// all returns every published advisory, the newest first.
func (s *Server) all(ctx context.Context) (out []advisory.Advisory, err error) {
	for after := ""; ; {
		page, next, err := s.Advisories.Public(ctx, advisory.Filter{After: after, Limit: 500})
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if next == "" {
			return out, nil
		}
		after = next
	}
}

// plain is a body of text.
func plain(lines []string) body {
	text := strings.Join(lines, "\n")
	if text != "" {
		text += "\n"
	}
	return body{bytes: []byte(text), media: "text/plain; charset=utf-8"}
}
