// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/web/look"
)

func (s *Server) inquiryList(v *view) error { return s.inquiriesAgain(v, v.blank(nil), http.StatusOK) }

func (s *Server) inquiriesAgain(v *view, f *form, status int) error {
	q := v.URL.Query()
	fs, _, err := s.Compliance.List(v.Context(), v.Actor, compliance.Filter{State: compliance.State(q.Get("state")), Overdue: q.Get("overdue") != ""})
	if err != nil {
		return err
	}
	var ids []string
	for _, x := range fs {
		ids = append(ids, x.OrgID)
	}
	orgs, err := s.names(v, ids)
	if err != nil {
		return err
	}
	var all []member.Org
	if v.Actor.Is(member.Supervisor) {
		if all, err = s.Members.Orgs(v.Context(), v.Actor, member.OrgFilter{Limit: 1000}); err != nil {
			return err
		}
	}
	return v.show(status, inquiryListPage(v, fs, orgs, all, f))
}

func (s *Server) inquiryOpen(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	anchor, err := f.Time("anchor")
	if err == nil {
		var x compliance.File
		q := compliance.Question{OrgID: f.Get("organisation"), Text: f.Get("question"), Anchor: anchor}
		for _, ref := range strings.Fields(f.Get("evidence")) {
			q.Evidence = append(q.Evidence, compliance.Evidence{Kind: evidenceKind(ref), Ref: ref})
		}
		if x, err = s.Compliance.OpenInquiry(v.Context(), v.Actor, q); err == nil {
			return v.see("/inquiries/" + pathEscape(x.ID))
		}
	}
	if err := f.refuse(err, ""); err != nil {
		return err
	}
	return s.inquiriesAgain(v, f, http.StatusUnprocessableEntity)
}

// evidenceKind reads the kind of evidence off its form.
func evidenceKind(ref string) string {
	switch {
	case strings.Contains(ref, "://"):
		return compliance.EvidenceURL
	case uuid.Validate(ref) == nil:
		return compliance.EvidenceDuty
	case strings.Contains(ref, "-R-"):
		return compliance.EvidenceReport
	}
	return compliance.EvidenceCase
}

func (s *Server) inquiryShow(v *view) error { return s.inquiryAgain(v, v.blank(nil), http.StatusOK) }

func (s *Server) inquiryAgain(v *view, f *form, status int) error {
	x, err := s.Compliance.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	orgs, err := s.names(v, []string{x.OrgID})
	if err != nil {
		return err
	}
	ids := []string{x.Notice.By, x.Notice.OpenedBy, x.Appeal.By, x.Appeal.AnsweredBy}
	for _, d := range x.Decisions {
		ids = append(ids, d.ProposedBy, d.SignedBy, d.FellBy, d.EndedBy)
	}
	for _, t := range x.Statements {
		ids = append(ids, t.By)
	}
	people, err := s.people(v, ids)
	if err != nil {
		return err
	}
	return v.show(status, inquiryPage(v, x, orgs[x.OrgID], people, f))
}

// inquiryDo does what a button of the file says.
func (s *Server) inquiryDo(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	if err := s.inquiryAct(v, f, id); err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.inquiryAgain(v, f, http.StatusUnprocessableEntity)
	}
	return v.see("/inquiries/" + pathEscape(id))
}

func (s *Server) inquiryAct(v *view, f *form, id string) (err error) {
	ctx, by, c := v.Context(), v.Actor, s.Compliance
	var at time.Time
	if at, err = f.Time("at"); err != nil {
		return err
	}
	switch f.Get("do") {
	case "serve":
		_, err = c.Serve(ctx, by, id, f.Get("text"), 0)
	case "extend":
		_, err = c.Extend(ctx, by, id, at)
	case "state":
		_, err = c.State(ctx, by, id, f.Get("text"), at)
	case "propose":
		var months int
		if months, err = f.Int("months"); err != nil {
			return err
		}
		_, err = c.Propose(ctx, by, id, compliance.Proposal{Outcome: compliance.Outcome(f.Get("outcome")), Months: months, EffectiveFrom: at, Deferred: f.Get("deferred") != "",
			Reasons: f.Get("reasons"), Duties: strings.Fields(f.Get("duties"))})
	case "sign":
		_, err = c.Sign(ctx, by, id, f.Get("decision"))
	case "refuse":
		_, err = c.Refuse(ctx, by, id, f.Get("why"))
	case "appeal":
		_, err = c.Appeal(ctx, by, id, f.Get("grounds"))
	case "uphold", "annul":
		_, err = c.Answer(ctx, by, id, f.Get("do") == "annul", f.Get("text"))
	case "end":
		_, err = c.Reinstate(ctx, by, id, f.Get("why"))
	default:
		if _, err = c.Get(ctx, by, id); err == nil {
			err = fault.FieldError("do", "member.rule.unknown", "")
		}
	}
	return err
}

// inquiryTone is the tone of a file as it stands.
func inquiryTone(v *view, x compliance.File) string {
	switch {
	case x.Overdue(v.Now), x.InForce(v.Now):
		return look.Bad
	case x.State == compliance.Annulled, x.Final(v.Now):
		return look.Off
	}
	return look.Wait
}

// waits says for what a file waits, and until when.
func (v *view) waits(x compliance.File) string {
	what, until := x.Waits(v.Now)
	switch {
	case what == "":
		return "—"
	case until.IsZero():
		return v.T("web.inquiry.waits." + what)
	}
	return v.T("web.inquiry.until", v.T("web.inquiry.waits."+what), v.P.DateTime(until))
}

// outcome says what a decision is.
func (v *view) outcome(d compliance.Decision) string {
	if d.Outcome.Timed() {
		return v.T("web.inquiry.months", v.T("web.inquiry.outcome."+string(d.Outcome)), d.Months)
	}
	return v.T("web.inquiry.outcome." + string(d.Outcome))
}

// may says which of its buttons a file offers the reader.
func (v *view) may(x compliance.File, do string) bool {
	own, leads := v.Actor.OrgID == x.OrgID, v.Actor.Is(member.Supervisor) && v.Actor.OrgID != x.OrgID
	d := x.Decision()
	switch do {
	case "serve":
		return leads && x.State == compliance.Open
	case "extend":
		return leads && (x.State == compliance.Noticed || x.State == compliance.Stated)
	case "state":
		return own && (x.State == compliance.Noticed || x.State == compliance.Stated || x.State == compliance.Proposed) && v.Now.Before(x.Notice.DueAt)
	case "propose":
		return leads && (x.State == compliance.Open || x.State == compliance.Noticed || x.State == compliance.Stated)
	case "sign":
		return !own && x.State == compliance.Proposed && d.ProposedBy != v.Actor.AccountID
	case "refuse":
		return !own && x.State == compliance.Proposed
	case "appeal":
		return own && x.State == compliance.Decided && v.Now.Before(d.AppealUntil())
	case "answer":
		return leads && x.State == compliance.Appealed && d.ProposedBy != v.Actor.AccountID && d.SignedBy != v.Actor.AccountID
	case "end":
		return leads && d.Outcome.Timed() && x.InForce(v.Now)
	}
	return false
}

// instant is a time, or nothing.
func (v *view) instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.P.DateTime(t)
}

// effect is the beginning or the end of a sanction's effect.
func (v *view) effect(x compliance.File, begin bool) string {
	from, until := x.Effect()
	if begin {
		return v.instant(from)
	}
	return v.instant(until)
}
