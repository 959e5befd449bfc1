// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package api is the surface for programs: REST under /api/v1, described by the OpenAPI 3.1 document that it serves.
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/commitment"
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
	"github.com/fengsui/fengsui/internal/scan"
	"github.com/fengsui/fengsui/internal/transparency"
	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/witness"
)

// Server answers the API.
type Server struct {
	DB            *db.DB
	Clock         calendar.Clock
	Log           *slog.Logger
	Version       string
	Evidence      *evidence.Log
	Members       *member.Service
	Destinations  *destination.Service
	Duties        *duty.Service
	Rulebook      *rulebook.Book // nil: the packs that come with the platform
	DryRuns       *dryrun.Service
	Reports       *report.Service
	Cases         *casework.Service
	Products      *product.Service
	Vulns         *vuln.Service
	Scans         *scan.Service
	Assessments   *assessment.Service
	Matches       *match.Service
	Warnings      *warning.Service
	Advisories    *advisory.Service
	Compliance    *compliance.Service
	Evaluations   *evaluation.Service
	Transparency  *transparency.Service
	Credits       *credit.Service
	Commitments   *commitment.Service
	Witnesses     *witness.Service
	Filings       *filing.Service
	Outbox        *outbox.Service
	InboundSecret string          // of the gateway that hands in mail; "" takes none in
	Ending        <-chan struct{} // closed when the node stops: streams end; nil: never
	tail          *tail
	large         chan struct{} // the places of large bodies
	guests        chan struct{} // those of callers who have not signed in: they cannot keep members out
}

// rest is where everything goes that no operation is for.
const rest = "/api/v1/"

// Routes puts the API on mux.
func (s *Server) Routes(mux *http.ServeMux) huma.API {
	s.large, s.guests = make(chan struct{}, largeAtOnce), make(chan struct{}, largeAtOnce/2)
	s.tail = newTail(s.Warnings.Stirred)
	config := huma.DefaultConfig("Fengsui", s.Version)
	config.DocsPath, config.SchemasPath = "", ""
	config.OpenAPIPath = "/api/v1/openapi"
	config.CreateHooks = nil // no $schema links in answers
	config.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	config.Info.Description = "Reports, cases, products, warnings and advisories of a network security threat and vulnerability information sharing platform."
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "An API token (fst_…), issued on the page Tokens or by 'fengsui admin token'. Scopes: " + strings.Join(member.AllScopes, ", ") + "."},
	}
	a := humago.New(mux, config)
	a.UseMiddleware(s.authenticate(a))
	s.routes(a)
	s.logRoutes(mux)
	for _, m := range methods {
		mux.HandleFunc(m+" "+rest, s.missing(mux))
	}
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
		ctx = huma.WithValue(ctx, printerKey, i18n.For(i18n.Match(ctx.Header("Accept-Language"))))
		ctx.SetHeader("Cache-Control", "private, no-store") // as of pages: what is answered may be undisclosed
		by := member.Anonymous("api")
		if h := ctx.Header("Authorization"); h != "" {
			plain, ok := strings.CutPrefix(h, "Bearer ")
			var err error = fault.SignIn()
			if ok {
				by, err = s.Members.ResolveToken(ctx.Context(), strings.TrimSpace(plain), via(ctx.Header("User-Agent")))
			}
			if err != nil {
				s.fail(a, ctx, err)
				return
			}
		}
		next(huma.WithValue(ctx, actorKey, by))
	}
}

// via tells our own command line from other programs.
func via(agent string) string {
	if strings.HasPrefix(agent, "fengsui-cli/") {
		return "cli"
	}
	return "api"
}

func (s *Server) fail(a huma.API, ctx huma.Context, err error) {
	problem := s.problem(ctx.Context(), printer(ctx.Context()), err)
	if problem.Status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", "Bearer")
	}
	if err := huma.WriteErr(a, ctx, problem.Status, problem.Detail, problem); err != nil {
		s.Log.DebugContext(ctx.Context(), "the problem could not be written", "error", err)
	}
}

// register adds an operation whose handler is told who asks. Operations are signed in unless marked open.
func register[I, O any](s *Server, a huma.API, op huma.Operation, do func(context.Context, member.Actor, *I) (*O, error)) {
	op.BodyReadTimeout = largeBodyTime
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes, op.BodyReadTimeout = smallBody, smallBodyTime
	}
	open := op.Metadata["open"] == true
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
	if !open {
		op.Security = []map[string][]string{{"token": {}}}
	}
	if strings.Contains(op.Path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	if op.Method != http.MethodGet {
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	op.Errors = append(op.Errors, http.StatusUnprocessableEntity)
	op.Middlewares = append(op.Middlewares, s.admit(a, op, open))
	huma.Register(a, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, actor(ctx), in)
		if err != nil {
			return nil, s.problem(ctx, printer(ctx), err)
		}
		return out, nil
	})
}

// open marks an operation that needs no token.
func open() map[string]any { return map[string]any{"open": true} }

// actor is who asks.
func actor(ctx context.Context) member.Actor {
	by, ok := ctx.Value(actorKey).(member.Actor)
	if !ok {
		return member.Anonymous("api")
	}
	return by
}

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
