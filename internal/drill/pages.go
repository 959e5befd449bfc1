// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/web"
	"github.com/fengsui/fengsui/internal/web/picture"
)

// Pages shows the scenarios with what would have been, to everybody; on the platform of an exercise also its board and
// its after-action report. The zero value is ready.
type Pages struct {
	Exercise *Exercise // nil on a real platform
	branches Branches
}

// Routes adds the pages.
func (s *Pages) Routes(mux *http.ServeMux, pages *web.Server) {
	mux.Handle("GET /drills", pages.Frame(false, s.catalogue))
	mux.Handle("GET /drills/{id}", pages.Frame(false, s.scenario))
	mux.HandleFunc("GET /drills/{id}/scenario.yaml", s.source)
	pages.Footer = append(pages.Footer, web.FooterLink{Href: "/drills", Key: "drill.nav"})
	if s.Exercise == nil {
		return
	}
	mux.Handle("GET /drill", pages.Frame(false, s.board))
	mux.Handle("GET /drill/report", pages.Frame(false, s.report))
	mux.Handle("GET /drill/report.json", pages.Act(s.reportJSON))
	mux.Handle("POST /drill/clock", pages.Act(s.move))
	pages.Footer = append(pages.Footer, web.FooterLink{Href: "/drill", Key: "drill.board"})
}

func (s *Pages) catalogue(_ *http.Request, to web.Reader) (string, templ.Component, error) {
	all, err := Built()
	if err != nil {
		return "", nil, err
	}
	return to.P.T("drill.title"), cataloguePage(to.P, all), nil
}

// named finds a built-in scenario.
func named(id string) (*Scenario, error) {
	all, err := Built()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(s *Scenario) bool { return s.ID == id })
	if i < 0 {
		return nil, fault.Missing()
	}
	return all[i], nil
}

func (s *Pages) scenario(r *http.Request, to web.Reader) (string, templ.Component, error) {
	x, err := named(r.PathValue("id"))
	if err != nil {
		return "", nil, err
	}
	v := shown{P: to.P, Scenario: x}
	if x.WhatIf != nil {
		// played once for everybody: a reader who leaves does not end it for the others
		if v.Actual, v.Days, err = s.branches.Of(context.WithoutCancel(r.Context()), x); err != nil {
			return "", nil, fmt.Errorf("what if: %s", err.Error()) // its faults are those of the cast, not of the reader
		}
		day, _ := strconv.Atoi(r.URL.Query().Get("day")) // what is no number is day 0
		v.Chosen = v.Days[min(max(day, 0), len(v.Days)-1)]
	}
	return x.Title.In(to.P), scenarioPage(v), nil
}

func (s *Pages) source(w http.ResponseWriter, r *http.Request) {
	x, err := named(r.PathValue("id"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	w.Write(x.Source) //nolint:errcheck // the reader has gone
}

func (s *Pages) board(r *http.Request, to web.Reader) (string, templ.Component, error) {
	o, err := s.Exercise.Outcome(r.Context())
	if err != nil {
		return "", nil, err
	}
	b := board{P: to.P, X: s.Exercise, Outcome: o, Leads: s.Exercise.Leads(to.Actor), Next: s.Exercise.Ahead(to.Actor, 5), Now: to.Now}
	if c, ok := s.Exercise.clock.(*Paced); ok {
		b.Pace = c.Pace()
	}
	return to.P.T("drill.board"), boardPage(b), nil
}

func (s *Pages) report(r *http.Request, to web.Reader) (string, templ.Component, error) {
	if !to.Actor.SignedIn() {
		return "", nil, fault.SignIn()
	}
	o, err := s.Exercise.Outcome(r.Context())
	if err != nil {
		return "", nil, err
	}
	return to.P.T("drill.report"), reportPage(to.P, o), nil
}

func (s *Pages) reportJSON(w http.ResponseWriter, r *http.Request, by member.Actor) error {
	if !by.SignedIn() {
		return fault.SignIn()
	}
	o, err := s.Exercise.Outcome(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	return json.NewEncoder(w).Encode(o)
}

// move is how the leader drives the clock: to the next move, to another pace, or to a stop.
func (s *Pages) move(w http.ResponseWriter, r *http.Request, by member.Actor) error {
	err := s.drive(r, by)
	if err == nil {
		http.Redirect(w, r, "/drill", http.StatusSeeOther)
	}
	return err
}

func (s *Pages) drive(r *http.Request, by member.Actor) error {
	if r.FormValue("to") == "next" {
		return s.Exercise.Skip(by)
	}
	pace, err := strconv.ParseFloat(r.FormValue("pace"), 64)
	if err != nil {
		pace = math.NaN()
	}
	return s.Exercise.SetPace(by, pace)
}

// shown is what the page of a scenario shows.
type shown struct {
	P        i18n.Printer
	Scenario *Scenario
	Actual   Branch
	Days     []Branch
	Chosen   Branch
}

// columns are the days as a picture.
func (v shown) columns() string {
	hs := make([]picture.HeadStart, len(v.Days))
	for i, d := range v.Days {
		hs[i] = picture.HeadStart{Label: strconv.Itoa(d.Day), Lead: d.HeadStart, Chosen: d.Day == v.Chosen.Day}
	}
	leak, _ := v.Scenario.move(v.Scenario.WhatIf.Leak)
	return picture.HeadStarts("what-if", hs, picture.HeadStartTexts{Title: v.P.T("drill.picture"), Desc: v.P.T("drill.picture-text", long(v.P, v.Days[0].HeadStart), len(v.Days)-1, long(v.P, v.Days[len(v.Days)-1].HeadStart)),
		Before: v.P.T("drill.before"), Line: leak.Say.In(v.P), Axis: v.P.T("drill.axis"), Day: v.P.T("drill.days-short", "%d")})
}

// long says a length of time in whole days or, below two of them, in hours; the sign is told in words elsewhere.
func long(p i18n.Printer, d time.Duration) string {
	if d = d.Abs(); d >= 48*time.Hour {
		return p.T("drill.days", int((d+12*time.Hour)/(24*time.Hour)))
	}
	if d < 2*time.Hour {
		return p.T("drill.minutes", int(d.Round(time.Minute)/time.Minute))
	}
	return p.T("drill.hours", int(d.Round(time.Hour)/time.Hour))
}

// Lead says on which side of the leak the warning was, and by how much.
func (b Branch) Lead(p i18n.Printer) string { return lead(p, b.HeadStart) }

func lead(p i18n.Printer, d time.Duration) string {
	if d < 0 {
		return p.T("drill.lead-after", long(p, d))
	}
	return p.T("drill.lead-before", long(p, d))
}

// board is what the board of an exercise shows.
type board struct {
	P       i18n.Printer
	X       *Exercise
	Outcome *Outcome
	Leads   bool
	Now     time.Time
	Pace    float64
	Next    []timed // only for who leads
}

// Reason says why a goal got its points.
func (g Scored) Reason(p i18n.Printer) string {
	switch {
	case g.Duty != "":
		return p.T("drill.why.duty", p.T("duty.state."+string(g.Duty)))
	case len(g.Missing)+len(g.Wrong) > 0:
		return p.T("drill.why.inexact", strings.Join(g.Missing, ", "), strings.Join(g.Wrong, ", "))
	case g.Asked > 0 && g.Within > 0:
		return p.T("drill.why.answered", g.Answered, g.Asked, long(p, g.Within))
	case g.Asked > 0:
		return p.T("drill.why.exact", g.Answered)
	case !g.To.IsZero():
		return p.T("drill.why.took", long(p, g.Took), long(p, g.Within))
	case g.Open:
		return p.T("drill.why.open")
	}
	return p.T("drill.why.never")
}

// clockWords says the pace of an exercise.
func clockWords(p i18n.Printer, pace float64) string {
	if pace == 0 {
		return p.T("drill.paused")
	}
	return p.T("drill.runs", fmt.Sprintf("%g", pace))
}
