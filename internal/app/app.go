// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package app is the program: it wires the services, says what follows what (flow.go) and what runs when
// (schedule.go), and starts and stops the whole.
package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/feed"
	"github.com/fengsui/fengsui/internal/web"
)

// App is a running node: services, background loops and the listener.
type App struct {
	*Services
	Config  Config
	Version string
	Demo    *web.Demo                         // set before Start to offer one-click sign-in
	More    func(*http.ServeMux, *web.Server) // adds pages of packages above, or nil
	addr    string
	metric  string // address of the metrics listener
	stops   []stop
	ending  chan struct{} // closed when the node begins to stop: streams end, or it would wait for them
}

type stop struct {
	name string
	do   func(context.Context) error
}

// New returns an app over services that Assemble made.
func New(c Config, s *Services, version string) *App {
	return &App{Services: s, Config: c, Version: version, ending: make(chan struct{})}
}

// onStop adds a step of the way down, taken in reverse order.
func (a *App) onStop(name string, do func(context.Context) error) {
	a.stops = append(a.stops, stop{name, do})
}

// Start starts the loops and listens. When it fails, Stop takes down what had started.
func (a *App) Start(ctx context.Context) (err error) {
	a.onStop("database", func(context.Context) error { return a.Services.Close() })
	if err := a.Jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	a.onStop("jobs", a.Jobs.Stop)
	a.startLoops()
	if a.Config.MetricsListen != "" {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", a.metrics())
		if a.metric, err = a.listen(a.Config.MetricsListen, mux); err != nil {
			return err
		}
	}
	a.addr, err = a.listen(a.Config.Listen, a.Handler())
	a.onStop("streams", func(context.Context) error {
		close(a.ending)
		return nil
	})
	return err
}

// startLoops starts what runs beside requests: evidence, deliveries, the schedule.
func (a *App) startLoops() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	failed := func(loop string) func(error) {
		return func(err error) { a.Log.Error("loop failed", "component", loop, "error", err) }
	}
	wg.Go(func() { a.Evidence.Run(ctx, time.Second, failed("evidence")) })
	wg.Go(func() { a.Sender.Run(ctx, time.Second, failed("delivery")) })
	for _, t := range schedule(a.Services) {
		wg.Go(func() { t.run(ctx, failed(t.name)) })
	}
	a.onStop("loops", func(context.Context) error {
		cancel()
		wg.Wait()
		return nil
	})
}

func (a *App) listen(addr string, h http.Handler) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	a.onStop("listener "+l.Addr().String(), srv.Shutdown)
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.Log.Error("listener ended", "component", "http", "error", err)
		}
	}()
	return l.Addr().String(), nil
}

// Addr is where the app listens, once it has started.
func (a *App) Addr() string { return a.addr }

// MetricsAddr is where the app serves its metrics, "" for nowhere.
func (a *App) MetricsAddr() string { return a.metric }

// Handler is the whole HTTP surface.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /readyz", a.ready)
	(&api.Server{Ending: a.ending, InboundSecret: a.Config.Mail.ReplySecret, Vulns: a.Vulns, Scans: a.Scans, DB: a.DB, Clock: a.Clock, Log: a.Log, Version: a.Version, Evidence: a.Evidence, Members: a.Members, Destinations: a.Destinations, Duties: a.Duties, Rulebook: a.Rulebook, DryRuns: a.DryRuns, Reports: a.Reports, Cases: a.Cases,
		Products: a.Products, Assessments: a.Assessments, Matches: a.Matches, Warnings: a.Warnings, Advisories: a.Advisories, Compliance: a.Compliance, Credits: a.Credits, Evaluations: a.Evaluations, Transparency: a.Transparency, Commitments: a.Commitments, Filings: a.Filings, Witnesses: a.Witnesses, Outbox: a.Outbox}).Routes(mux)
	(&feed.Server{Advisories: a.Advisories, Vulns: a.Vulns, Shelf: a.Scans.Shelf, Warnings: a.Warnings, Members: a.Members, Log: a.Log, Origin: a.Config.baseURL()}).Routes(mux)
	pages := &web.Server{DB: a.DB, Clock: a.Clock, Log: a.Log, Evidence: a.Evidence, Witnesses: a.Witnesses, Outbox: a.Outbox, Members: a.Members, Destinations: a.Destinations, Duties: a.Duties, Rulebook: a.Rulebook, DryRuns: a.DryRuns, Reports: a.Reports, Cases: a.Cases, Filings: a.Filings,
		Products: a.Products, Assessments: a.Assessments, Matches: a.Matches, Warnings: a.Warnings, Advisories: a.Advisories, Compliance: a.Compliance, Credits: a.Credits, Evaluations: a.Evaluations, Transparency: a.Transparency, Demo: a.Demo, Secure: a.Config.secure(), Vulns: a.Vulns, Exercise: a.Config.Exercise}
	if a.More != nil {
		a.More(mux, pages)
	}
	pages.Routes(mux)
	return a.logged(guard(mux, a.Config.secure(), a.Config.Exercise != ""))
}

func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.DB.Ping(ctx); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Stop takes everything down, last started first, until ctx ends.
func (a *App) Stop(ctx context.Context) error {
	var errs []error
	for _, s := range slices.Backward(a.stops) {
		if err := s.do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", s.name, err))
		}
	}
	a.stops = nil
	return errors.Join(errs...)
}
