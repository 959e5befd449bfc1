// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/web/look"
)

// importList shows from where public records come, how old they are, and the imports.
func (s *Server) importList(v *view) error {
	var x importsView
	var err error
	if x.Runs, x.Next, err = s.Vulns.Imports(v.Context(), v.Actor, v.URL.Query().Get("after"), 50); err != nil {
		return err
	}
	if x.Stands, err = s.Vulns.Stands(v.Context(), v.Actor); err != nil {
		return err
	}
	if x.Counts, err = s.Vulns.Counts(v.Context()); err != nil {
		return err
	}
	x.Feeds = s.Vulns.Feeds
	return v.ok(importListPage(v, x))
}

// importsView is what the page of imports shows.
type importsView struct {
	Counts vuln.Counts
	Feeds  []vuln.Feed
	Stands []vuln.Stand
	Runs   []vuln.Run
	Next   string
}

// every is how often a place is looked at again; "" for one that nobody looks at by itself.
func (x importsView) every(v *view, of vuln.Stand) string {
	for _, f := range x.Feeds {
		if f.Kind == of.Kind && f.Source == of.Source {
			if f.Every == 24*time.Hour {
				return v.T("web.import.daily")
			}
			return v.T("web.import.every", v.P.Span(f.Every))
		}
	}
	return ""
}

// next is when a place is looked at again.
func (x importsView) next(v *view, of vuln.Stand) string {
	if of.Next.IsZero() {
		return v.T("web.import.by-hand")
	}
	return v.P.DateTime(of.Next)
}

// again reports whether the reader may have any place imported from at once.
func (x importsView) again() bool {
	return slices.ContainsFunc(x.Stands, func(s vuln.Stand) bool { return s.Again })
}

func (x importsView) sourceHeads(v *view) []string {
	out := []string{v.T("web.import.kind"), v.T("web.import.source"), v.T("web.import.last"), v.T("web.import.good"), v.T("web.import.next")}
	if x.again() {
		out = append(out, v.T("web.import.do"))
	}
	return out
}

// importShow is one import: how far, what came of it, and which documents were refused.
func (s *Server) importShow(v *view) error {
	r, refused, err := s.Vulns.Run(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	people, err := s.people(v, []string{r.By})
	if err != nil {
		return err
	}
	return v.ok(importPage(v, r, refused, people, s.Vulns.MayAgain(v.Actor, r)))
}

// importStop asks a running import to end.
func (s *Server) importStop(v *view) error {
	id := v.PathValue("id")
	if err := s.Vulns.Stop(v.Context(), v.Actor, id); err != nil {
		return err
	}
	return v.see("/imports/" + pathEscape(id))
}

// runTone is how the state of an import looks.
func runTone(s vuln.RunState) string {
	switch s {
	case vuln.Done:
		return look.Good
	case vuln.Running:
		return look.Wait
	case vuln.Failed, vuln.Interrupted:
		return look.Bad
	}
	return look.Off
}

// progress is how far an import is, in per cent; -1 while nobody can tell.
func progress(r vuln.Run) int {
	if r.Total == 0 {
		return -1
	}
	return min(100, 100*r.Place/r.Total)
}

// reason is why a document was refused, in the reader's words where there are some.
func (v *view) reason(r vuln.Refusal) string {
	if key := string(r.Reason); i18n.Has(key) {
		return v.T(key)
	}
	return string(r.Reason)
}

// maySteerImports reports whether the reader may stop one.
func (v *view) maySteerImports() bool { return v.Actor.Is(member.Administrator) }

// seesImports reports whether the reader may see imports.
func (v *view) seesImports() bool {
	return v.Actor.Is(member.Administrator, member.Analyst, member.DutyOfficer, member.Supervisor)
}
