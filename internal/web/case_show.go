// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/warning"
)

func pathEscape(s string) string { return url.PathEscape(s) }

func queryEscape(s string) string { return url.QueryEscape(s) }

func (s *Server) caseBoard(v *view) error {
	board, err := s.Cases.Board(v.Context(), v.Actor)
	if err != nil {
		return err
	}
	return v.ok(caseBoardPage(v, board))
}

// caseView is a case with all that the reader may know beside it.
type caseView struct {
	Case          casework.Case
	Parties       []casework.Party
	Verifications []casework.Verification
	Grades        []casework.Grade
	Notices       []casework.Notice
	Readers       []casework.Reading
	Duplicates    []casework.Proposal
	Candidates    []casework.Candidate
	Findings      []match.Finding
	Blast         match.Graph
	Products      map[string]product.Product
	Lines         []event.Line
	Duties        []duty.Duty
	Reports       []report.Report
	Warnings      []warning.Warning
	Advisory      *advisory.Advisory
	Orgs          map[string]member.Org
	People        map[string]string
	Mine          *casework.Party // the reader's organisation in it
	Form          *form
}

func (s *Server) caseShow(v *view) error { return s.caseAgain(v, v.blank(nil), http.StatusOK) }

// caseAgain shows the workbench, with what was wrong with a form of it.
func (s *Server) caseAgain(v *view, f *form, status int) error {
	id := v.PathValue("id")
	c, err := s.Cases.Get(v.Context(), v.Actor, id)
	if fault.Is(err, fault.NotFound) && strings.Contains(id, "-") && len(id) < 20 {
		c, err = s.Cases.GetByNumber(v.Context(), v.Actor, id)
	}
	if err != nil {
		return err
	}
	x := caseView{Case: c, Form: f}
	if err := s.caseFill(v, &x); err != nil {
		return err
	}
	return v.show(status, casePage(v, x))
}

// caseFill reads what stands beside a case; what is not for the reader stays empty.
func (s *Server) caseFill(v *view, x *caseView) (err error) {
	ctx, by, id := v.Context(), v.Actor, x.Case.ID
	read := func(f func() error) {
		if err == nil {
			if e := f(); e != nil && !fault.Is(e, fault.NotFound) && !fault.Is(e, fault.Forbidden) && !fault.Is(e, fault.Conflict) {
				err = e
			}
		}
	}
	read(func() (e error) { x.Parties, e = s.Cases.Parties(ctx, by, id); return e })
	read(func() (e error) { x.Verifications, e = s.Cases.Verifications(ctx, by, id); return e })
	read(func() (e error) { x.Grades, e = s.Cases.Grades(ctx, by, id); return e })
	read(func() (e error) { x.Notices, e = s.Cases.Notices(ctx, by, id); return e })
	read(func() (e error) { x.Readers, e = s.Cases.Readers(ctx, by, id); return e })
	read(func() (e error) { x.Lines, e = s.Cases.TimeLine(ctx, by, id); return e })
	read(func() (e error) { x.Findings, e = s.Matches.Findings(ctx, by, id); return e })
	if by.Staff() {
		read(func() (e error) { x.Duplicates, e = s.Cases.Duplicates(ctx, by, id); return e })
		read(func() (e error) { x.Candidates, e = s.Cases.ProposeUpstream(ctx, by, id); return e })
		read(func() (e error) { x.Blast, e = s.Matches.Blast(ctx, by, id); return e })
		read(func() (e error) { x.Reports, e = s.Cases.ReportsOf(ctx, by, id); return e })
		read(func() (e error) {
			x.Warnings, _, e = s.Warnings.List(ctx, by, warning.Filter{CaseID: id, Limit: 20})
			return e
		})
		read(func() error {
			a, e := s.Advisories.OfCase(ctx, by, id)
			if e == nil {
				x.Advisory = &a
			}
			return e
		})
		read(func() error {
			return s.DB.View(ctx, func(tx *db.Tx) (e error) { x.Duties, e = s.Duties.ForCase(ctx, tx, id); return e })
		})
	}
	if err != nil {
		return err
	}
	for i := range x.Parties {
		if x.Parties[i].OrgID == by.OrgID && by.OrgID != "" {
			x.Mine = &x.Parties[i]
		}
	}
	return s.caseNames(v, x)
}

// caseNames looks up the organisations, people and products that the page mentions.
func (s *Server) caseNames(v *view, x *caseView) (err error) {
	var orgs, people, products []string
	for _, p := range x.Parties {
		orgs = append(orgs, p.OrgID)
	}
	for _, n := range x.Notices {
		orgs = append(orgs, n.OrgID)
	}
	for _, f := range x.Findings {
		orgs, products = append(orgs, f.OrgID), append(products, f.ProductID)
	}
	for _, r := range x.Readers {
		orgs, people = append(orgs, r.OrgID), append(people, r.AccountID)
	}
	for _, r := range x.Verifications {
		people = append(people, r.AccountID)
	}
	for _, g := range x.Grades {
		orgs, people = append(orgs, g.OrgID), append(people, g.AccountID)
	}
	for _, d := range x.Duties {
		orgs = append(orgs, d.OrgID)
	}
	for _, r := range x.Reports {
		orgs = append(orgs, r.OrgID)
	}
	for _, l := range x.Lines {
		orgs, people = append(orgs, l.By.Org), append(people, l.By.Account)
	}
	people = append(people, x.Case.Assignee)
	if x.Orgs, err = s.names(v, orgs); err != nil {
		return err
	}
	if x.People, err = s.people(v, people); err != nil {
		return err
	}
	x.Products = map[string]product.Product{}
	return s.DB.View(v.Context(), func(tx *db.Tx) error {
		ps, err := s.Products.ByIDs(v.Context(), tx, products)
		for _, p := range ps {
			x.Products[p.ID] = p
		}
		return err
	})
}

// caseDo runs a verb on a case from a form of its page: done, back to the page; refused, the page with the reason.
func (s *Server) caseDo(v *view, do func(f *form, id string) error) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	err = do(f, id)
	if err == nil {
		return v.see("/cases/" + pathEscape(id))
	}
	var e *fault.Error
	if errors.As(err, &e) && e.Kind == fault.Forbidden {
		f.Err = e
		return s.caseAgain(v, f, http.StatusForbidden)
	}
	if err := f.refuse(err, ""); err != nil {
		return err
	}
	return s.caseAgain(v, f, http.StatusUnprocessableEntity)
}

func (s *Server) caseMove(v *view) error {
	return s.caseDo(v, func(f *form, id string) error {
		switch f.Get("do") {
		case "take":
			return s.Cases.Take(v.Context(), v.Actor, id)
		case "ask":
			return s.Cases.AskInfo(v.Context(), v.Actor, id, f.Get("why"))
		case "start-verifying":
			return s.Cases.StartVerifying(v.Context(), v.Actor, id)
		case "reject":
			return s.Cases.Reject(v.Context(), v.Actor, id, f.Get("why"))
		case "join":
			return s.Cases.Join(v.Context(), v.Actor, id, f.Get("into"))
		}
		return fault.Missing()
	})
}

func (s *Server) caseVerify(v *view) error {
	return s.caseDo(v, func(f *form, id string) (err error) {
		in := casework.VerifyInput{Result: f.Get("result"), Environment: f.Get("environment"), Steps: f.Get("steps"), Remark: f.Get("remark")}
		if v.Actor.Staff() {
			_, err = s.Cases.Verify(v.Context(), v.Actor, id, in)
		} else {
			_, err = s.Cases.ConfirmOwn(v.Context(), v.Actor, id, in)
		}
		return err
	})
}

func (s *Server) caseNotify(v *view) error {
	return s.caseDo(v, func(f *form, id string) error {
		_, err := s.Cases.NotifyUpstream(v.Context(), v.Actor, id, casework.NoticeInput{OrgID: f.Get("org"), Email: f.Get("email"), Text: f.Get("text")})
		return err
	})
}

func (s *Server) caseAnswer(v *view) error {
	return s.caseDo(v, func(f *form, id string) error {
		return s.Cases.Answer(v.Context(), v.Actor, id, casework.PartyStatus(f.Get("status")), f.Get("why"))
	})
}

func (s *Server) caseMatch(v *view) error {
	return s.caseDo(v, func(_ *form, id string) error {
		_, err := s.Matches.FindNow(v.Context(), v.Actor, id)
		return err
	})
}
