// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
)

func init() {
	huma.NewErrorWithContext = refuse
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return refuse(nil, status, message, errs...)
	}
}

// details says by status what the router has against a request.
var details = map[int]string{
	http.StatusBadRequest: "api.malformed", http.StatusNotAcceptable: "api.not-acceptable", http.StatusRequestTimeout: "api.slow",
	http.StatusRequestEntityTooLarge: "fault.too-large", http.StatusUnsupportedMediaType: "api.media-type", http.StatusUnprocessableEntity: "fault.invalid",
}

// A humaRule puts one sentence of the router into the reader's language; what its parentheses catch is the argument.
type humaRule struct {
	form *regexp.Regexp
	key  string
}

// humaRules are tried in order. Their arguments come from the API's own description, never from the request.
var humaRules = []humaRule{
	{regexp.MustCompile(`^expected required property (\S+) to be present`), "rule.required"},
	{regexp.MustCompile(`^required \w+ parameter is missing`), "rule.required"},
	{regexp.MustCompile(`^unexpected property`), "api.rule.unknown"},
	{regexp.MustCompile(`^expected value to be one of "(.*)"`), "rule.one-of"},
	{regexp.MustCompile(`^expected length <= (\d+)`), "rule.too-long"},
	{regexp.MustCompile(`^expected array length <= (\d+)`), "api.rule.count"},
	{regexp.MustCompile(`^expected number >= (\d+)`), "api.rule.at-least"},
	{regexp.MustCompile(`^expected number <= (\d+)`), "api.rule.at-most"},
	{regexp.MustCompile(`^expected string to be RFC 3339`), "api.rule.time"},
	{regexp.MustCompile(`^expected string to be base64`), "api.rule.base64"},
	{regexp.MustCompile(`^expected (string|boolean|number|integer|array|object)$`), "api.rule.type"},
	{regexp.MustCompile(`^invalid (integer|boolean|float)`), "api.rule.type"},
	{regexp.MustCompile(`^` + errDeep.Error()), "api.rule.deep"},
	{regexp.MustCompile(`^` + errMany.Error()), "api.rule.many"},
	{regexp.MustCompile(`^no JSON at byte (\d+)`), "api.rule.syntax"},
}

// refuse is what the router's own checks (types, required members, sizes) answer with. Their sentences may repeat what
// was submitted, so that none of them is passed on as it is.
func refuse(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	p := i18n.For(i18n.Chinese)
	if ctx != nil {
		p = printer(ctx.Context())
	}
	out := &Problem{Status: status, Type: "urn:fengsui:problem:request"}
	for _, err := range errs {
		var done *Problem
		if errors.As(err, &done) {
			return done
		}
		field := ruleOf(p, err)
		if field.rule == "api.rule.deep" || field.rule == "api.rule.many" {
			out.Status = http.StatusUnprocessableEntity
		}
		out.Errors = append(out.Errors, field.ProblemField)
	}
	switch key := details[out.Status]; key {
	case "":
		out.Detail = p.T("fault.internal", uuid.NewString()[:8])
	case "fault.too-large":
		out.Type, out.Detail = kindName(fault.TooLarge), p.T(key, limitOf(message))
	case "fault.invalid":
		out.Type, out.Detail = kindName(fault.Invalid), p.T(key, len(out.Errors))
	default:
		out.Detail = p.T(key)
	}
	out.Title = http.StatusText(out.Status)
	return out
}

// brokenRule is a field with the key of the rule that it breaks.
type brokenRule struct {
	ProblemField
	rule string
}

func ruleOf(p i18n.Printer, err error) brokenRule {
	var d huma.ErrorDetailer
	if !errors.As(err, &d) {
		return brokenRule{ProblemField{Field: "body", Rule: p.T("api.rule.form")}, "api.rule.form"}
	}
	e := d.ErrorDetail()
	field := strings.TrimPrefix(e.Location, "body.")
	for _, r := range humaRules {
		m := r.form.FindStringSubmatch(e.Message)
		if m == nil {
			continue
		}
		var args []any
		for _, s := range m[1:] {
			if n, err := strconv.Atoi(s); err == nil {
				args = append(args, n)
				continue
			}
			args = append(args, s)
		}
		switch {
		case r.key == "rule.required" && len(args) == 1 && field == "body":
			field = fmt.Sprint(args[0])
		case r.key == "rule.required" && len(args) == 1:
			field += "." + fmt.Sprint(args[0])
		case r.key == "api.rule.deep":
			args = []any{maxDepth}
		case r.key == "api.rule.many":
			args = []any{maxValues}
		}
		return brokenRule{ProblemField{Field: field, Rule: p.T(r.key, args...)}, r.key}
	}
	return brokenRule{ProblemField{Field: field, Rule: p.T("api.rule.form")}, "api.rule.form"}
}

// limitOf reads the limit from the router's sentence about a body that is too large.
func limitOf(message string) string {
	_, s, _ := strings.Cut(message, "limit=")
	n, err := strconv.ParseInt(strings.TrimSuffix(s, " bytes"), 10, 64)
	if err != nil {
		return ""
	}
	return mib(n)
}

func mib(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }

// missing answers what no route is for: 405 where another method would do, else 404.
func (s *Server) missing(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := i18n.For(i18n.Match(r.Header.Get("Accept-Language")))
		out := s.problem(r.Context(), p, fault.Missing())
		if allowed := s.allowed(mux, r); len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			out = &Problem{Type: "urn:fengsui:problem:request", Status: http.StatusMethodNotAllowed, Title: http.StatusText(http.StatusMethodNotAllowed), Detail: p.T("api.method")}
		}
		w.Header().Set("Content-Type", out.ContentType(""))
		w.WriteHeader(out.Status)
		if err := writeJSON(w, out); err != nil {
			s.Log.DebugContext(r.Context(), "the problem could not be written", "error", err)
		}
	}
}

// methods are those that operations have.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}

func (s *Server) allowed(mux *http.ServeMux, r *http.Request) (out []string) {
	for _, m := range methods {
		x := r.Clone(r.Context())
		x.Method = m
		if _, pattern := mux.Handler(x); !strings.HasSuffix(pattern, rest) {
			out = append(out, m)
		}
	}
	return out
}
