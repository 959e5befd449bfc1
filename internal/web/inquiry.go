// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/web/look"
)

func (s *Server) inquiryList(v *view) error { return s.inquiriesAgain(v, v.blank(nil), http.StatusOK) }

func (s *Server) inquiriesAgain(v *view, f *form, status int) error {
	q := v.URL.Query()
	filter := compliance.Filter{OrgID: q.Get("organisation"), State: compliance.State(q.Get("state")), Overdue: q.Get("overdue") != "", After: q.Get("after"), Limit: inquiriesOnPage}
	fs, next, err := s.Compliance.List(v.Context(), v.Actor, filter)
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
	more := ""
	if next != "" {
		q.Set("after", next)
		more = "/inquiries?" + q.Encode()
	}
	return v.show(status, inquiryListPage(v, filter, fs, orgs, all, f, more))
}

// inquiriesOnPage is how many files one page of the list holds.
const inquiriesOnPage = 50

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
	for _, o := range x.Objections {
		ids = append(ids, o.By, o.AnsweredBy)
	}
	people, err := s.people(v, ids)
	if err != nil {
		return err
	}
	file := inquiryFile{File: x, Org: orgs[x.OrgID], People: people}
	if v.may(x, "propose") {
		if file.Duties, err = s.Duties.Register(v.Context(), v.Actor, duty.Filter{OrgID: x.OrgID, Limit: 50}); err != nil {
			return err
		}
	}
	return v.show(status, inquiryPage(v, file, f))
}

// inquiryFile is a file with what its page shows beside it.
type inquiryFile struct {
	compliance.File
	Org    member.Org
	People map[string]string
	Duties []duty.Duty // of the organisation, for whoever proposes
}

// evidenced are the rows of the duty register that the file names as evidence.
func (x inquiryFile) evidenced(id string) bool {
	return slices.ContainsFunc(x.Evidence, func(e compliance.Evidence) bool {
		return e.Kind == compliance.EvidenceDuty && e.Ref == id
	})
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
		var days int
		if days, err = f.Int("days"); err != nil {
			return err
		}
		_, err = c.Serve(ctx, by, id, f.Get("text"), days)
	case "redeliver":
		_, err = c.Redeliver(ctx, by, id, "")
	case "handed":
		how := f.Get("how")
		if how == "" {
			return fault.FieldError("how", "rule.required", "")
		}
		_, err = c.Redeliver(ctx, by, id, how)
	case "object":
		_, err = c.Object(ctx, by, id, f.Get("about"), f.Get("text"))
	case "accept", "reject":
		_, err = c.AnswerObjection(ctx, by, id, f.Get("objection"), f.Get("do") == "accept", f.Get("text"))
	case "rectify":
		_, err = c.Rectify(ctx, by, id, f.Get("text"))
	case "extend":
		_, err = c.Extend(ctx, by, id, at)
	case "state":
		_, err = c.State(ctx, by, id, f.Get("text"), at)
	case "propose":
		var p compliance.Proposal
		if p, err = f.proposal(at); err != nil {
			return err
		}
		_, err = c.Propose(ctx, by, id, p)
	case "revise":
		var p compliance.Proposal
		if p, err = f.proposal(time.Time{}); err != nil {
			return err
		}
		_, err = c.Revise(ctx, by, id, p, f.Get("text"))
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

// proposal reads what a decision should be.
func (f *form) proposal(from time.Time) (p compliance.Proposal, err error) {
	months, err := f.Int("months")
	p = compliance.Proposal{Outcome: compliance.Outcome(f.Get("outcome")), Months: months, EffectiveFrom: from, Deferred: f.Get("deferred") != "", Reasons: f.Get("reasons"), Duties: f.All("duties"),
		Conditions: f.Get("conditions"), Publish: compliance.Publication(f.Get("publish")), PublicZH: f.Get("public_zh"), PublicEN: f.Get("public_en")}
	for _, c := range f.All("without") {
		p.Without = append(p.Without, member.Capability(c))
	}
	return p, err
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
	return v.T("web.inquiry.until", v.T("web.inquiry.waits."+what), v.endOf(until))
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
	d, made, hearing := x.Decision(), x.Made(), x.State == compliance.Open || x.State == compliance.Noticed || x.State == compliance.Stated || x.State == compliance.Proposed
	waits := x.State == compliance.Proposed || x.State == compliance.Revising
	switch do {
	case "object":
		return own && hearing
	case "settle":
		return leads
	case "redeliver":
		return leads && x.State == compliance.Noticed && x.Notice.Lost()
	case "rectify":
		return own && made.Outcome.Timed() && x.InForce(v.Now)
	case "serve":
		return leads && x.State == compliance.Open
	case "extend":
		return leads && (x.State == compliance.Noticed || x.State == compliance.Stated)
	case "state":
		return own && (x.State == compliance.Noticed || x.State == compliance.Stated || x.State == compliance.Proposed) && v.Now.Before(x.Notice.DueAt)
	case "propose":
		return leads && (x.State == compliance.Open || x.State == compliance.Noticed || x.State == compliance.Stated)
	case "sign":
		return !own && waits && d.ProposedBy != v.Actor.AccountID
	case "refuse":
		return !own && waits
	case "appeal":
		return own && x.State == compliance.Decided && v.Now.Before(made.AppealUntil())
	case "answer":
		return leads && x.State == compliance.Appealed && made.ProposedBy != v.Actor.AccountID && made.SignedBy != v.Actor.AccountID
	case "end":
		return leads && made.Outcome.Timed() && x.InForce(v.Now)
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
