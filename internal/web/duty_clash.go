// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/web/look"
)

// clashList shows the decisions that laws ask of the reader's organisation; to staff, of all.
func (s *Server) clashList(v *view) error {
	org := v.Actor.OrgID
	if v.Actor.Staff() {
		org = ""
	}
	ts, err := s.Duties.Tasks(v.Context(), v.Actor, org)
	if err != nil {
		return err
	}
	var ids []string
	for _, t := range ts {
		ids = append(ids, t.OrgID)
	}
	orgs, err := s.names(v, ids)
	if err != nil {
		return err
	}
	return v.ok(clashListPage(v, ts, orgs))
}

func (s *Server) clashShow(v *view) error { return s.clashAgain(v, v.blank(nil), http.StatusOK) }

func (s *Server) clashAgain(v *view, f *form, status int) error {
	t, err := s.Duties.Task(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	orgs, err := s.names(v, []string{t.OrgID})
	if err != nil {
		return err
	}
	people := map[string]string{}
	if v.Actor.Staff() || t.OrgID == v.Actor.OrgID {
		if people, err = s.people(v, []string{t.OpenedBy, t.AnsweredBy}); err != nil {
			return err
		}
	}
	return v.show(status, clashPage(v, t, orgs, people, f))
}

// clashAnswer records the reasoned decision of a person.
func (s *Server) clashAnswer(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	if _, err := s.Duties.AnswerClash(v.Context(), v.Actor, id, f.Get("answer")); err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.clashAgain(v, f, http.StatusUnprocessableEntity)
	}
	return v.see("/clashes/" + pathEscape(id))
}

// clashOpen opens decision tasks for a report by the further facts that its reporter tells.
func (s *Server) clashOpen(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	if _, err := s.Duties.OpenClashes(v.Context(), v.Actor, id, v.furtherFacts(f)); err != nil {
		return err
	}
	return v.see("/reports/" + pathEscape(id))
}

// clashesOf opens decision tasks when the form of a report that was just received told of further facts. The report is
// safe: what goes wrong here must not look as if it were not, and can be done again from its page.
func (s *Server) clashesOf(v *view, f *form, r report.Result) {
	if !v.askedFurther(f) || v.Actor.OrgID == "" || r.Report.OrgID != v.Actor.OrgID {
		return
	}
	if _, err := s.Duties.OpenClashes(v.Context(), v.Actor, r.Report.ID, v.furtherFacts(f)); err != nil && !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound) {
		s.Log.WarnContext(v.Context(), "decision tasks were not opened", "error", err)
	}
}

// reportKind asks whether the flaw is one of a product or of a system in use: how soon it is verified follows from it.
func (v *view) reportKind(f *form) look.Field {
	x := v.input(f, "kind", "", false)
	x.Options = v.options("report.kind.", report.Generic, report.Event)
	return x
}

func (v *view) kindWord(kind string) string {
	if kind == "" {
		return ""
	}
	return v.T("report.kind." + kind)
}

// furtherFacts are the facts and events beyond a report's content that a form tells.
func (v *view) furtherFacts(f *form) duty.Facts {
	facts := duty.Facts{More: lawpack.Facts{}, Happened: map[string]time.Time{}}
	for _, name := range formFacts {
		if x := f.Get("fact_" + name); slices.Contains(lawpack.FactValues[name], x) {
			facts.More[name] = x
		}
	}
	for _, name := range formEvents {
		if at, err := f.Time("happened_" + name); err == nil && !at.IsZero() {
			facts.Happened[name] = at
		}
	}
	return facts
}

// mayAskFurther reports whether the reader may say that further laws apply to a report.
func (v *view) mayAskFurther(x reportView) bool {
	return x.Secret == "" && x.Report.OrgID != "" && (x.Report.OrgID == v.Actor.OrgID && v.Actor.Is(member.Engineer, member.OrgAdmin) || v.Actor.Staff())
}
