// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
)

// A Problem is an answer that says what is wrong (RFC 9457). It never repeats what was submitted: a value may be an
// undisclosed detail, and problems end up in logs.
type Problem struct {
	Type   string         `json:"type" doc:"kind of the problem, stable" example:"urn:fengsui:problem:invalid"`
	Title  string         `json:"title" doc:"the HTTP status in words" example:"Unprocessable Entity"`
	Status int            `json:"status" doc:"HTTP status" example:"422"`
	Detail string         `json:"detail" doc:"what is wrong, in the reader's language"`
	Errors []ProblemField `json:"errors,omitempty" doc:"every item of the input that breaks a rule"`
}

// A ProblemField is one item of the input that breaks a rule.
type ProblemField struct {
	Field   string `json:"field" doc:"path of the item" example:"content.product"`
	Rule    string `json:"rule" doc:"the rule it breaks, in the reader's language"`
	Example string `json:"example,omitempty" doc:"a value that would do"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type of problems.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.NotFound: http.StatusNotFound, fault.Withheld: http.StatusNotFound,
	fault.Forbidden: http.StatusForbidden, fault.Unauthenticated: http.StatusUnauthorized, fault.Conflict: http.StatusConflict,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.Limited: http.StatusTooManyRequests, fault.Internal: http.StatusInternalServerError,
}

// kindName is the kind as the caller may know it.
func kindName(k fault.Kind) string {
	if k == fault.Withheld {
		k = fault.NotFound
	}
	return "urn:fengsui:problem:" + string(k)
}

// problem turns an error of a verb into an answer.
func (s *Server) problem(ctx context.Context, p i18n.Printer, err error) *Problem {
	var done *Problem
	if errors.As(err, &done) {
		return done
	}
	kind := fault.KindOf(err)
	out := &Problem{Type: kindName(kind), Status: statuses[kind], Title: http.StatusText(statuses[kind])}
	var f *fault.Error
	if !errors.As(err, &f) {
		out.Detail = s.internal(ctx, p, err, uuid.NewString()[:8])
		return out
	}
	out.Detail = p.T(f.Key, f.Args...)
	out.Errors = fieldsIn(p, f.Fields)
	return out
}

// fieldsIn states broken rules in the reader's language.
func fieldsIn(p i18n.Printer, fields []fault.Field) []ProblemField {
	return each(fields, func(x fault.Field) ProblemField {
		return ProblemField{Field: x.Name, Rule: p.T(x.Rule, x.Args...), Example: x.Example}
	})
}
