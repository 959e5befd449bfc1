// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
)

// Move is a decision about a case that has no form of its own.
type Move struct {
	Do   string `json:"do" enum:"take,ask,start-verifying,reject,join" doc:"what to do"`
	Why  string `json:"why,omitempty" maxLength:"5000" doc:"the question (ask) or the reason (reject)"`
	Into string `json:"into,omitempty" maxLength:"64" doc:"id of the case to join (join)"`
}

func (s *Server) caseMove(ctx context.Context, by member.Actor, in *withBody[Move]) (*reply[Case], error) {
	var err error
	switch in.Body.Do {
	case "take":
		err = s.Cases.Take(ctx, by, in.ID)
	case "ask":
		err = s.Cases.AskInfo(ctx, by, in.ID, in.Body.Why)
	case "start-verifying":
		err = s.Cases.StartVerifying(ctx, by, in.ID)
	case "reject":
		err = s.Cases.Reject(ctx, by, in.ID, in.Body.Why)
	case "join":
		err = s.Cases.Join(ctx, by, in.ID, in.Body.Into)
	default:
		err = fault.FieldError("do", "rule.one-of", "take", "take, ask, start-verifying, reject, join")
	}
	if err != nil {
		return nil, err
	}
	return s.caseGet(ctx, by, &in.ByID)
}

// CaseEdit changes the content of a case.
type CaseEdit struct {
	Rev     int         `json:"rev" doc:"revision you edited; another one is a conflict"`
	Content CaseContent `json:"content"`
}

func (s *Server) caseEdit(ctx context.Context, by member.Actor, in *withBody[CaseEdit]) (*reply[Case], error) {
	c, err := s.Cases.Edit(ctx, by, in.ID, in.Body.Rev, in.Body.Content.domain())
	if err != nil {
		return nil, err
	}
	return s.caseWhole(ctx, by, c)
}

// Verification records how a report was checked.
type Verification struct {
	Result      string `json:"result" enum:"reproduced,partly,not-reproduced,not-attempted"`
	Environment string `json:"environment,omitempty" maxLength:"20000"`
	Steps       string `json:"steps,omitempty" maxLength:"20000"`
	Remark      string `json:"remark,omitempty" maxLength:"20000"`
}

func (s *Server) caseVerify(ctx context.Context, by member.Actor, in *withBody[Verification]) (*reply[Case], error) {
	b := in.Body
	input := casework.VerifyInput{Result: b.Result, Environment: b.Environment, Steps: b.Steps, Remark: b.Remark}
	verify := s.Cases.Verify
	if !by.Staff() {
		verify = s.Cases.ConfirmOwn
	}
	if _, err := verify(ctx, by, in.ID, input); err != nil {
		return nil, err
	}
	return s.caseGet(ctx, by, &in.ByID)
}

// NewGrade grades a case.
type NewGrade struct {
	Scheme    string `json:"scheme" enum:"gbt30279-2020,cvss-3.0,cvss-3.1,cvss-4.0"`
	Vector    string `json:"vector" maxLength:"300" example:"GBT30279:2020/AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H"`
	Rationale string `json:"rationale,omitempty" maxLength:"20000"`
}

func (s *Server) caseGrade(ctx context.Context, by member.Actor, in *withBody[NewGrade]) (*reply[Grade], error) {
	g, err := s.Cases.AddGrade(ctx, by, in.ID, casework.GradeInput{Scheme: in.Body.Scheme, Vector: in.Body.Vector, Rationale: in.Body.Rationale})
	return answer(gradeOf(g), err)
}

// Candidate is probably the provider of the flawed component.
type Candidate struct {
	OrgID   string `json:"organisation"`
	Name    string `json:"name"`
	Product string `json:"product"`
	Reason  string `json:"reason"`
}

func (s *Server) casePropose(ctx context.Context, by member.Actor, in *ByID) (*reply[list[Candidate]], error) {
	cs, err := s.Cases.ProposeUpstream(ctx, by, in.ID)
	p := printer(ctx)
	return answer(lists(cs, "", func(c casework.Candidate) Candidate {
		return Candidate{OrgID: c.OrgID, Name: c.Org.Name(p.Lang()), Product: c.Product.Name, Reason: c.ReasonText(p)}
	}), err)
}

// NewNotice tells an upstream provider.
type NewNotice struct {
	OrgID string `json:"organisation,omitempty" maxLength:"64" doc:"the provider, when it is a member"`
	Email string `json:"email,omitempty" maxLength:"300" doc:"its address, when it is not"`
	Text  string `json:"text" maxLength:"20000"`
}

func (s *Server) caseNotify(ctx context.Context, by member.Actor, in *withBody[NewNotice]) (*reply[Notice], error) {
	n, err := s.Cases.NotifyUpstream(ctx, by, in.ID, casework.NoticeInput{OrgID: in.Body.OrgID, Email: in.Body.Email, Text: in.Body.Text})
	return answer(noticeOf(n), err)
}

func (s *Server) noticeAcknowledge(ctx context.Context, by member.Actor, in *ByID) (*reply[Notice], error) {
	n, err := s.Cases.AcknowledgeNotice(ctx, by, in.ID)
	return answer(noticeOf(n), err)
}

// PartyAnswer says how your product stands.
type PartyAnswer struct {
	Status string `json:"status" enum:"acknowledged,under-investigation,affected,not-affected,fixed"`
	Why    string `json:"why,omitempty" maxLength:"5000"`
}

func (s *Server) caseAnswer(ctx context.Context, by member.Actor, in *withBody[PartyAnswer]) (*reply[Case], error) {
	if err := s.Cases.Answer(ctx, by, in.ID, casework.PartyStatus(in.Body.Status), in.Body.Why); err != nil {
		return nil, err
	}
	return s.caseGet(ctx, by, &in.ByID)
}

func (s *Server) caseMatch(ctx context.Context, by member.Actor, in *ByID) (*reply[match.Found], error) {
	return answer(s.Matches.FindNow(ctx, by, in.ID))
}
