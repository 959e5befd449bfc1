// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/evaluation"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/web/look"
	"github.com/fengsui/fengsui/internal/web/picture"
)

func (s *Server) evaluationList(v *view) error {
	return s.evaluationsAgain(v, v.blank(nil), http.StatusOK)
}

func (s *Server) evaluationsAgain(v *view, f *form, status int) error {
	es, err := s.Evaluations.List(v.Context(), v.Actor, evaluation.Filter{})
	if err != nil {
		return err
	}
	os, err := s.Evaluations.Rounds(v.Context(), v.Actor)
	if err != nil {
		return err
	}
	var ids []string
	for _, e := range es {
		ids = append(ids, e.OrgID)
	}
	orgs, err := s.names(v, ids)
	if err != nil {
		return err
	}
	return v.show(status, evaluationListPage(v, es, os, orgs, f))
}

func (s *Server) evaluationDraft(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	year, err := f.Int("year")
	if err == nil {
		if _, err = s.Evaluations.Draft(v.Context(), v.Actor, year); err == nil {
			return v.see("/evaluations")
		}
	}
	if err := f.refuse(err, ""); err != nil {
		return err
	}
	return s.evaluationsAgain(v, f, http.StatusUnprocessableEntity)
}

// evaluationView is one evaluation with what stands around it.
type evaluationView struct {
	evaluation.Evaluation
	Scheme  *evaluation.Scheme
	Org     member.Org
	People  map[string]string
	History []evaluation.Evaluation
	Again   *evaluation.Result // computed anew, when it was asked for
}

func (s *Server) evaluationShow(v *view) error {
	return s.evaluationAgain(v, v.blank(nil), http.StatusOK)
}

func (s *Server) evaluationAgain(v *view, f *form, status int) error {
	e, err := s.Evaluations.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	x := evaluationView{Evaluation: e, Scheme: e.Round.SchemeOf()}
	if x.Scheme == nil {
		return fmt.Errorf("evaluation %s: there is no scheme %s", e.ID, e.Round.Scheme)
	}
	orgs, err := s.names(v, []string{e.OrgID})
	if err != nil {
		return err
	}
	x.Org = orgs[e.OrgID]
	ids := []string{e.ProposedBy, e.SignedBy}
	for _, o := range e.Objections {
		ids = append(ids, o.By, o.AnsweredBy)
	}
	if x.People, err = s.people(v, ids); err != nil {
		return err
	}
	if x.History, err = s.Evaluations.List(v.Context(), v.Actor, evaluation.Filter{OrgID: e.OrgID}); err != nil {
		return err
	}
	if v.URL.Query().Get("again") != "" {
		r, err := s.Evaluations.Recompute(v.Context(), v.Actor, e.ID)
		if err != nil {
			return err
		}
		x.Again = &r
	}
	return v.show(status, evaluationPage(v, x, f))
}

// evaluationDo does what a button says.
func (s *Server) evaluationDo(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	if err := s.evaluationAct(v, f, id); err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.evaluationAgain(v, f, http.StatusUnprocessableEntity)
	}
	return v.see("/evaluations/" + pathEscape(id))
}

func (s *Server) evaluationAct(v *view, f *form, id string) (err error) {
	ctx, by, e := v.Context(), v.Actor, s.Evaluations
	rev, err := f.Int("rev")
	if err != nil {
		return err
	}
	switch f.Get("do") {
	case "object":
		criterion, ref, _ := strings.Cut(f.Get("about"), " ")
		_, err = e.Object(ctx, by, id, criterion, ref, f.Get("text"))
	case "accept", "reject":
		outcome := f.Get("outcome")
		if f.Get("do") == "reject" || outcome == "none" {
			outcome = ""
		}
		_, err = e.Answer(ctx, by, id, f.Get("objection"), evaluation.Answer{Accept: f.Get("do") == "accept", Outcome: outcome, Text: f.Get("text")})
	case "propose":
		level, err2 := f.Int("level")
		at, err3 := f.Time("effective_from")
		if err2 != nil || err3 != nil {
			return firstError(err2, err3)
		}
		_, err = e.Propose(ctx, by, id, evaluation.Proposal{Rev: rev, Level: level, EffectiveFrom: at, Reasons: f.Get("reasons")})
	case "sign":
		_, err = e.Sign(ctx, by, id, rev)
	case "refuse":
		_, err = e.Refuse(ctx, by, id)
	default:
		if _, err = e.Get(ctx, by, id); err == nil {
			err = fault.FieldError("do", "member.rule.unknown", "")
		}
	}
	return err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// partnerLevel writes a partner unit's level.
func (v *view) partnerLevel(n int) string {
	if n == 0 {
		return v.T("web.evaluation.no-level")
	}
	return v.T("web.evaluation.level." + strconv.Itoa(n))
}

// evaluationWaits says for what an evaluation waits, and until when.
func (v *view) evaluationWaits(e evaluation.Evaluation) string {
	what, until := e.Waits(v.Now)
	switch {
	case what == "":
		return v.T("web.evaluation.waits.nothing")
	case until.IsZero():
		return v.T("web.evaluation.waits." + what)
	}
	return v.T("web.evaluation.until", v.T("web.evaluation.waits."+what), v.endOf(until))
}

func evaluationTone(v *view, e evaluation.Evaluation) string {
	switch what, _ := e.Waits(v.Now); what {
	case "":
		return look.Good
	case "effect":
		return look.Off
	}
	return look.Wait
}

// spreadPicture draws how the drafted scores lay, with the one that the reader is in.
func (v *view) spreadPicture(o evaluation.Round, own *evaluation.Evaluation) string {
	t := picture.ColumnTexts{Title: v.T("web.evaluation.spread"), Own: v.T("web.evaluation.own"), Marks: map[int]string{}}
	if s := o.SchemeOf(); s != nil {
		for _, l := range s.Levels {
			t.Marks[int(l.From/1000)] = v.partnerLevel(l.Level)
		}
	}
	var cs []picture.Column
	var words []string
	for _, b := range o.Spread {
		c := picture.Column{From: b.From, To: b.To, N: b.N}
		if own != nil {
			score := int(own.Result.Score / 1000)
			c.Own = score >= b.From && (score < b.To || b.To == 100)
		}
		cs = append(cs, c)
		words = append(words, v.T("web.evaluation.bin", b.From, b.To, b.N))
	}
	t.Desc = strings.Join(words, v.T("web.transparency.semicolon"))
	return picture.Columns(fmt.Sprintf("spread-%d", o.Year), cs, t)
}

// rowHref leads to what a row is about, for a reader who may see it there.
func (v *view) rowHref(r evaluation.Row) string {
	id, _, _ := strings.Cut(r.ID, "/")
	switch r.Kind {
	case "report":
		return "/reports/" + pathEscape(id)
	case "case":
		return "/cases/" + pathEscape(id)
	case "warning":
		return "/warnings/" + pathEscape(id)
	case "product":
		return "/products/" + pathEscape(id)
	case "inquiry":
		return "/inquiries/" + pathEscape(id)
	case "duty":
		if v.Actor.Is(member.Supervisor) {
			return "/register"
		}
		return "/duties"
	}
	return ""
}

// rowLabel names what a row is about.
func (v *view) rowLabel(r evaluation.Row) string {
	switch r.Kind {
	case "duty":
		return duty.Label(v.P, r.Note)
	case "delivery":
		key := "web.evaluation.message." + r.Label
		if i18n.Has(key) {
			return v.T(key)
		}
	}
	return r.Label
}

func (v *view) outcomeWord(o string) string { return v.T("web.evaluation.outcome." + o) }

// rowTone: what is worth nothing, or costs something, stands out.
func rowTone(l evaluation.Line, r evaluation.Row) string {
	costs := l.Kind == evaluation.KindClean || l.Kind == evaluation.KindDeduct
	switch {
	case r.Out:
		return look.Off
	case costs && r.Value == 0, !costs && r.Value >= 1000:
		return look.Good
	case costs, r.Value == 0:
		return look.Bad
	}
	return look.Wait
}

// same reports whether a result that was computed anew is the one on record.
func (x evaluationView) same() bool {
	a, err := json.Marshal(x.Again)
	b, err2 := json.Marshal(&x.Result)
	return err == nil && err2 == nil && bytes.Equal(a, b)
}

// aboutOptions are what the unit may object to: each criterion, and each of its rows.
func (v *view) aboutOptions(x evaluationView) (out []look.Option) {
	for _, l := range x.Result.Lines {
		c := x.Scheme.Criterion(l.Criterion)
		if !c.Applies(x.Result.Roles) {
			continue
		}
		out = append(out, look.Option{Value: l.Criterion, Label: v.T("web.evaluation.whole", c.Title.In(v.P))})
		for _, r := range l.Rows {
			out = append(out, look.Option{Value: l.Criterion + " " + r.Ref(), Label: c.Title.In(v.P) + " › " + v.rowLabel(r) + " · " + v.outcomeWord(r.Outcome)})
		}
	}
	return out
}

// outcomeOptions are what an accepted objection may make of a row.
func (v *view) evaluationOutcomes(x evaluationView, o evaluation.Objection) (out []look.Option) {
	out = append(out, look.Option{Value: "none", Label: v.T("web.evaluation.leave-out")})
	for _, w := range evaluation.Outcomes(x.Scheme.Criterion(o.Criterion).Measure) {
		out = append(out, look.Option{Value: w, Label: v.outcomeWord(w)})
	}
	return out
}

// objected names what an objection is about.
func (v *view) objected(x evaluationView, o evaluation.Objection) string {
	title := x.Scheme.Criterion(o.Criterion).Title.In(v.P)
	if l := x.Result.Line(o.Criterion); l != nil {
		for _, r := range l.Rows {
			if r.Ref() == o.Ref {
				return title + " › " + v.rowLabel(r)
			}
		}
	}
	return title
}

// evaluationMay says which of its buttons an evaluation offers the reader.
func (v *view) evaluationMay(e evaluation.Evaluation, do string) bool {
	own, leads := v.Actor.OrgID == e.OrgID, v.Actor.Is(member.Supervisor) && v.Actor.OrgID != e.OrgID
	what, _ := e.Waits(v.Now)
	switch do {
	case "object":
		return own && (e.State == evaluation.Drafted || e.State == evaluation.Objected || e.State == evaluation.Answered) && v.Now.Before(e.Round.ObjectUntil)
	case "answer":
		return leads && e.State == evaluation.Objected
	case "propose":
		return leads && what == "proposal"
	case "sign":
		return !own && e.State == evaluation.Proposed && e.ProposedBy != v.Actor.AccountID
	case "refuse":
		return !own && e.State == evaluation.Proposed
	}
	return false
}
