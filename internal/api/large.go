// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/fengsui/fengsui/internal/fault"
)

// Limits of request bodies, in bytes.
const (
	smallBody  = 1 << 20
	reportBody = 40 << 20 // an attachment of 20 MiB in base64, and room; more of them come with further stages
	sbomBody   = 64 << 20
	vexBody    = 32 << 20
	tableBody  = 8 << 20
	// a private list of 200 000 components, three parts each, in JSON, and room
	privateBody = 44 << 20
)

// How long a body may take to arrive.
const (
	smallBodyTime = 30 * time.Second
	largeBodyTime = 5 * time.Minute
)

// largeAtOnce bounds how many large bodies are in memory at the same time; the next ones wait.
const largeAtOnce = 4

// sized lets an operation take more than a small body.
func sized(o huma.Operation, bytes int64) huma.Operation { o.MaxBodyBytes = bytes; return o }

// admit looks at a request before its body is read: a caller who must sign in first, or a body that says it is too
// large, is refused; large bodies take turns.
func (s *Server) admit(a huma.API, op huma.Operation, open bool) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, _ := humago.Unwrap(ctx)
		switch {
		case !open && !actor(ctx.Context()).SignedIn():
			s.fail(a, ctx, fault.SignIn())
		case r.ContentLength > op.MaxBodyBytes:
			s.fail(a, ctx, &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{mib(op.MaxBodyBytes)}})
		case op.MaxBodyBytes <= smallBody || r.ContentLength >= 0 && r.ContentLength <= smallBody:
			next(ctx)
		default:
			places := s.large
			if !actor(ctx.Context()).SignedIn() {
				places = s.guests
			}
			select {
			case places <- struct{}{}:
				defer func() { <-places }()
				next(ctx)
			case <-ctx.Context().Done():
				ctx.SetStatus(http.StatusRequestTimeout)
			}
		}
	}
}
