// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

//go:build wip

// Package api is the surface for programs: REST under /api/v1, described by the OpenAPI 3.1 document that it serves.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/warning"
)

// Server answers the API.
type Server struct {
	DB         *db.DB
	Clock      calendar.Clock
	Log        *slog.Logger
	Version    string
	Evidence   *evidence.Log
	Members    *member.Service
	Duties     *duty.Service
	Reports    *report.Service
	Cases      *casework.Service
	Products   *product.Service
	Matches    *match.Service
	Warnings   *warning.Service
	Advisories *advisory.Service
}

// Limits of request bodies, in bytes.
const (
	smallBody  = 1 << 20
	reportBody = 96 << 20 // ten attachments of up to 20 MiB are refused by their sum
	sbomBody   = 64 << 20
)

// Routes puts the API on mux.
func (s *Server) Routes(mux *http.ServeMux) huma.API {
	config := huma.DefaultConfig("Fengsui", s.Version)
	config.DocsPath, config.SchemasPath = "", ""
	config.OpenAPIPath = "/api/v1/openapi"
	config.CreateHooks = nil // no $schema links in answers
	config.Info.Description = "Reports, cases, products, warnings and advisories of a network security threat and vulnerability information sharing platform."
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "An API token (fst_…), issued on the page Tokens or by 'fengsui admin token'. Scopes: " + strings.Join(member.AllScopes, ", ") + "."},
	}
	huma.NewError = newProblem
	a := humago.New(mux, config)
	a.UseMiddleware(s.authenticate(a))
	s.routes(a)
	return a
}

type contextKey int

const (
	actorKey contextKey = iota
	printerKey
)

// authenticate finds out who asks, by bearer token; without one the actor is anonymous.
func (s *Server) authenticate(a huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		p := i18n.For(i18n.Match(ctx.Header("Accept-Language")))
		ctx = huma.WithValue(ctx, printerKey, p)
		actor := member.Anonymous("api")
		if h := ctx.Header("Authorization"); h != "" {
			plain, ok := strings.CutPrefix(h, "Bearer ")
			var err error = fault.SignIn()
			if ok {
				actor, err = s.Members.ResolveToken(ctx.Context(), strings.TrimSpace(plain), via(ctx.Header("User-Agent")))
			}
			if fault.Is(err, fault.NotFound) {
				err = fault.SignIn()
			}
			if err != nil {
				s.fail(a, ctx, p, err)
				return
			}
		}
		next(huma.WithValue(ctx, actorKey, actor))
	}
}

// via tells our own command line from other programs.
func via(agent string) string {
	if strings.HasPrefix(agent, "fengsui-cli/") {
		return "cli"
	}
	return "api"
}

func (s *Server) fail(a huma.API, ctx huma.Context, p i18n.Printer, err error) {
	problem := s.problem(ctx.Context(), p, err)
	if err := huma.WriteErr(a, ctx, problem.Status, problem.Detail, problem); err != nil {
		s.Log.ErrorContext(ctx.Context(), "the problem could not be written", "error", err)
	}
}

// register adds an operation whose handler is told who asks. Operations are signed in unless marked open.
func register[I, O any](s *Server, a huma.API, op huma.Operation, do func(context.Context, member.Actor, *I) (*O, error)) {
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = smallBody
	}
	open := op.Metadata["open"] == true
	if !open {
		op.Security = []map[string][]string{{"token": {}}}
	}
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity)
	huma.Register(a, op, func(ctx context.Context, in *I) (*O, error) {
		by, _ := ctx.Value(actorKey).(member.Actor)
		p, _ := ctx.Value(printerKey).(i18n.Printer)
		if !open && !by.SignedIn() {
			return nil, s.problem(ctx, p, fault.SignIn())
		}
		out, err := do(ctx, by, in)
		if err != nil {
			return nil, s.problem(ctx, p, err)
		}
		return out, nil
	})
}

// open marks an operation that needs no token.
func open() map[string]any { return map[string]any{"open": true} }

// printer is the reader's language.
func printer(ctx context.Context) i18n.Printer {
	p, ok := ctx.Value(printerKey).(i18n.Printer)
	if !ok {
		return i18n.For(i18n.Chinese)
	}
	return p
}

// internal hides an error behind an incident number and logs it.
func (s *Server) internal(ctx context.Context, p i18n.Printer, err error, incident string) string {
	if !errors.Is(err, context.Canceled) {
		s.Log.ErrorContext(ctx, "request failed", "incident", incident, "surface", "api", "error", err)
	}
	return p.T("fault.internal", incident)
}

func mib(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
