// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// Submission is a report as it is submitted.
type Submission struct {
	Flash       bool         `json:"flash,omitempty" doc:"four facts now (product, harm, exploited, learned_at), the rest later"`
	Contact     string       `json:"contact,omitempty" maxLength:"300" doc:"e-mail, when you have no account"`
	Content     Content      `json:"content"`
	Attachments []Attachment `json:"attachments,omitempty" nullable:"false" maxItems:"10"`
}

// Attachment is a file of a report.
type Attachment struct {
	Name      string `json:"name" maxLength:"300"`
	MediaType string `json:"media_type,omitempty" maxLength:"100"`
	Data      []byte `json:"data" doc:"base64"`
}

// Submitted is the answer to a submission.
type Submitted struct {
	Report   Report           `json:"report"`
	Receipt  evidence.Receipt `json:"receipt" doc:"verify it offline with 'fengsui evidence verify'"`
	Duties   []Duty           `json:"duties" nullable:"false" doc:"what follows for you, with clocks"`
	Secret   string           `json:"secret,omitempty" doc:"opens the status page without an account; shown once"`
	Replayed bool             `json:"replayed,omitempty" doc:"the same request was received before; this is its answer"`
}

type submitInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"the same key with the same body gives the same answer"`
	Body Submission
}

func (in Submission) domain(key string) report.Input {
	out := report.Input{Content: in.Content.domain(), Flash: in.Flash, Contact: in.Contact, IdempotencyKey: key}
	for _, a := range in.Attachments {
		out.Attachments = append(out.Attachments, report.File{Name: a.Name, MediaType: a.MediaType, Bytes: a.Data})
	}
	return out
}

func (s *Server) submitted(ctx context.Context, r report.Result) Submitted {
	p, now := printer(ctx), s.Clock.Now()
	out := Submitted{Report: reportOf(r.Report, false), Receipt: r.Receipt, Secret: r.Secret, Replayed: r.Replayed, Duties: []Duty{}}
	for _, d := range r.Duties {
		out.Duties = append(out.Duties, dutyOf(p, d, now))
	}
	return out
}

func (s *Server) reportSubmit(ctx context.Context, by member.Actor, in *submitInput) (*reply[Submitted], error) {
	r, err := s.Reports.Submit(ctx, by, in.Body.domain(in.Key))
	if err != nil {
		return nil, err
	}
	return answer(s.submitted(ctx, r), nil)
}

func (s *Server) reportSupplement(ctx context.Context, by member.Actor, in *withBody[Submission]) (*reply[Submitted], error) {
	r, err := s.Reports.Supplement(ctx, by, in.ID, in.Body.domain(""))
	if err != nil {
		return nil, err
	}
	return answer(s.submitted(ctx, r), nil)
}
