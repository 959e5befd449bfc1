// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/member"
)

// Advisory is what everybody may know of a vulnerability.
type Advisory struct {
	ID          string      `json:"id"`
	Number      string      `json:"number" example:"FS-2021-000001"`
	State       string      `json:"state" enum:"draft,in-review,published"`
	Revision    int         `json:"revision"`
	Rev         int         `json:"rev,omitempty" doc:"counts the changes of a draft: give it back when you edit or publish"`
	Technical   string      `json:"technical,omitempty"`
	Composite   string      `json:"composite,omitempty"`
	Exploited   string      `json:"exploited,omitempty"`
	FixReady    bool        `json:"fix_ready" doc:"the provider offers a fix, or going out before it was agreed (art. 9 (1))"`
	Content     CaseContent `json:"content"`
	Grades      []Grade     `json:"grades" nullable:"false"`
	PublishedAt time.Time   `json:"published_at,omitzero"`
	UpdatedAt   time.Time   `json:"updated_at"`
}

func advisoryOf(a advisory.Advisory) Advisory {
	return Advisory{ID: a.ID, Number: a.Number, State: string(a.State), Revision: a.Revision, Rev: a.Rev, Technical: a.Content.Technical, Composite: a.Content.Composite,
		Exploited: a.Content.Exploited, FixReady: a.Content.FixReady, Content: caseContentOf(a.Content.Content),
		Grades: each(a.Content.Grades, func(g casework.Grade) Grade { return gradeOf(g) }), PublishedAt: a.PublishedAt, UpdatedAt: a.UpdatedAt}
}

func (s *Server) advisoryDraft(ctx context.Context, by member.Actor, in *ByID) (*reply[Advisory], error) {
	a, err := s.Advisories.Draft(ctx, by, in.ID)
	return answer(advisoryOf(a), err)
}

func (s *Server) advisoryByID(ctx context.Context, by member.Actor, in *ByID) (*reply[Advisory], error) {
	a, err := s.Advisories.Get(ctx, by, in.ID)
	return answer(advisoryOf(a), err)
}

func (s *Server) advisoryOfCase(ctx context.Context, by member.Actor, in *ByID) (*reply[Advisory], error) {
	a, err := s.Advisories.OfCase(ctx, by, in.ID)
	return answer(advisoryOf(a), err)
}

// AdvisoryEdit changes a draft advisory.
type AdvisoryEdit struct {
	Rev      int         `json:"rev" doc:"rev you edited; another one is a conflict"`
	Summary  string      `json:"summary,omitempty" maxLength:"1000" doc:"what changed, for the revision history"`
	FixReady bool        `json:"fix_ready"`
	Content  CaseContent `json:"content"`
}

func (s *Server) advisoryEdit(ctx context.Context, by member.Actor, in *withBody[AdvisoryEdit]) (*reply[Advisory], error) {
	now, err := s.Advisories.Get(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	c := now.Content
	c.Content, c.FixReady = in.Body.Content.domain(), in.Body.FixReady
	a, err := s.Advisories.Edit(ctx, by, in.ID, in.Body.Rev, c, in.Body.Summary)
	return answer(advisoryOf(a), err)
}

func (s *Server) advisorySubmit(ctx context.Context, by member.Actor, in *ByID) (*reply[Advisory], error) {
	a, err := s.Advisories.Submit(ctx, by, in.ID)
	return answer(advisoryOf(a), err)
}

func (s *Server) advisoryPublish(ctx context.Context, by member.Actor, in *withBody[Seen]) (*reply[Advisory], error) {
	a, err := s.Advisories.Publish(ctx, by, in.ID, in.Body.Rev)
	return answer(advisoryOf(a), err)
}

type advisoryListInput struct {
	Page
	Text string `query:"q" maxLength:"200" doc:"words, a number or an alias"`
}

func (s *Server) advisoryList(ctx context.Context, _ member.Actor, in *advisoryListInput) (*reply[list[Advisory]], error) {
	as, next, err := s.Advisories.Public(ctx, advisory.Filter{Text: in.Text, After: in.After, Limit: in.Limit})
	return answer(lists(as, next, advisoryOf), err)
}

type byNumber struct {
	Number string `path:"number" maxLength:"64" doc:"number or alias" example:"CVE-2021-44228"`
}

func (s *Server) advisoryGet(ctx context.Context, _ member.Actor, in *byNumber) (*reply[Advisory], error) {
	a, _, err := s.Advisories.PublicByNumber(ctx, in.Number)
	return answer(advisoryOf(a), err)
}
