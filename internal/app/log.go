// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/job"
)

// NewLog returns the log that the configuration asks for.
func (c Config) NewLog(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// quiet lets only warnings of the job library through; steps are logged by work.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

func (h warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}
func (h warnings) WithAttrs(as []slog.Attr) slog.Handler { return warnings{h.Handler.WithAttrs(as)} }
func (h warnings) WithGroup(name string) slog.Handler    { return warnings{h.Handler.WithGroup(name)} }

// work does one step of the flow and writes one wide line about it.
func (s *Services) work(ctx context.Context, step job.Step) error {
	start := time.Now()
	err := s.Events.Work(ctx, step)
	took := time.Since(start)
	jobSeconds.WithLabelValues(outcome(err)).Observe(took.Seconds())
	if err != nil {
		s.Log.WarnContext(ctx, "step failed", "component", "job", "rule", step.Rule, "event", step.Event, "ms", took.Milliseconds(), "kind", fault.KindOf(err), "error", err)
		return err
	}
	s.Log.DebugContext(ctx, "step done", "component", "job", "rule", step.Rule, "event", step.Event, "ms", took.Milliseconds())
	return nil
}

func outcome(err error) string {
	if err != nil {
		return "failed"
	}
	return "done"
}

// logged writes one wide line per request, and counts it. The pattern stands for the path: a path may hold a secret.
func (s *Services) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: w}
		s.survive(rec, r, next)
		took := time.Since(start)
		if rec.status == 0 {
			rec.status = http.StatusOK
		}
		pattern := r.Pattern
		if pattern == "" {
			pattern = "(none)"
		}
		requestSeconds.WithLabelValues(pattern, class(rec.status)).Observe(took.Seconds())
		s.Log.InfoContext(r.Context(), "request", "component", "http", "method", r.Method, "route", pattern, "status", rec.status, "bytes", rec.bytes, "ms", float64(took.Microseconds())/1000)
	})
}

// survive turns a panic of a handler into an answer and a line with its stack. What it panicked with is not logged: it
// may hold a part of the request.
func (s *Services) survive(rec *recorder, r *http.Request, next http.Handler) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p)
		}
		s.Log.ErrorContext(r.Context(), "handler panicked", "component", "http", "route", r.Pattern, "kind", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		if rec.status == 0 {
			http.Error(rec, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		}
	}()
	next.ServeHTTP(rec, r)
}

func class(status int) string { return string(rune('0'+status/100)) + "xx" }

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the real writer.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
