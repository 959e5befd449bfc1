// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/member"
)

// Assessment is what a member says of a vulnerability in a product.
type Assessment struct {
	ID            string               `json:"id"`
	Product       string               `json:"product" doc:"id"`
	Version       string               `json:"version,omitempty" doc:"of the product; absent for every version"`
	Vulnerability string               `json:"vulnerability"`
	Aliases       []string             `json:"aliases,omitempty" nullable:"false"`
	Component     *AssessmentComponent `json:"component,omitempty" doc:"absent for the product as a whole"`
	Status        string               `json:"status" enum:"affected,not_affected,fixed,under_investigation"`
	Justification string               `json:"justification,omitempty"`
	Reason        string               `json:"reason,omitempty"`
	SaidAt        time.Time            `json:"said_at" doc:"of several about one thing, the one that was said last counts"`
	RecordedAt    time.Time            `json:"recorded_at"`
	Via           string               `json:"via" enum:"web,api,cli,system" doc:"system: it stood in a component list"`
	Source        *AssessmentSource    `json:"source,omitempty" doc:"absent when a person said it here"`
}

// AssessmentComponent is a component within a product.
type AssessmentComponent struct {
	Ecosystem string `json:"ecosystem,omitempty"`
	Name      string `json:"name"`
	Version   string `json:"version,omitempty" doc:"absent for every version"`
}

// AssessmentSource is the document that an assessment was taken from.
type AssessmentSource struct {
	Format string    `json:"format" enum:"OpenVEX,CSAF,CycloneDX"`
	Name   string    `json:"name,omitempty" doc:"the document's own id"`
	Author string    `json:"author,omitempty"`
	SHA256 string    `json:"sha256"`
	At     time.Time `json:"at" doc:"when it was taken in"`
}

func assessmentOf(x assessment.Statement) Assessment {
	out := Assessment{ID: x.ID, Product: x.ProductID, Version: x.Version, Vulnerability: x.Vuln, Aliases: x.Aliases, Status: string(x.Status), Justification: string(x.Justification),
		Reason: x.Reason, SaidAt: x.At, RecordedAt: x.RecordedAt, Via: x.Via}
	if x.Component.Name != "" {
		out.Component = &AssessmentComponent{x.Component.Ecosystem, x.Component.Name, x.Component.Version}
	}
	if x.Source.ID != "" {
		out.Source = &AssessmentSource{x.Source.Format, x.Source.Name, x.Source.Author, x.Source.SHA256, x.Source.At}
	}
	return out
}

// NewAssessment says how a product stands to a vulnerability.
type NewAssessment struct {
	Vulnerability string `json:"vulnerability" maxLength:"200" doc:"by any of its names"`
	Version       string `json:"version,omitempty" maxLength:"200" doc:"of the product; absent for every version"`
	PURL          string `json:"purl,omitempty" maxLength:"1024" doc:"of a component; absent for the product as a whole"`
	Status        string `json:"status" enum:"affected,not_affected,fixed,under_investigation"`
	Justification string `json:"justification,omitempty" enum:"component_not_present,vulnerable_code_not_present,vulnerable_code_not_in_execute_path,vulnerable_code_cannot_be_controlled_by_adversary,inline_mitigations_already_exist" doc:"of what is not affected"`
	Reason        string `json:"reason,omitempty" maxLength:"4000"`
}

func (s *Server) assess(ctx context.Context, by member.Actor, in *withBody[NewAssessment]) (*reply[Assessment], error) {
	b := in.Body
	x, err := s.Assessments.Assess(ctx, by, assessment.Input{ProductID: in.ID, Version: b.Version, Vuln: b.Vulnerability, PURL: b.PURL, Status: assessment.Status(b.Status),
		Justification: assessment.Justification(b.Justification), Reason: b.Reason})
	return answer(assessmentOf(x), err)
}

type assessmentListInput struct {
	ByID
	Page
	Vuln string `query:"vulnerability" maxLength:"200" doc:"by the name under which it was assessed"`
}

func (s *Server) assessmentList(ctx context.Context, by member.Actor, in *assessmentListInput) (*reply[list[Assessment]], error) {
	xs, next, err := s.Assessments.List(ctx, by, in.ID, assessment.Filter{Vuln: in.Vuln, After: in.After, Limit: in.Limit})
	return answer(lists(xs, next, assessmentOf), err)
}

// VEXTaken is what became of a VEX document.
type VEXTaken struct {
	Source  AssessmentSource `json:"source"`
	Taken   int              `json:"taken" doc:"new statements"`
	Known   int              `json:"known" doc:"statements that were here already"`
	Left    int              `json:"left" doc:"statements that were not taken"`
	Items   []Assessment     `json:"items" nullable:"false" doc:"the first of those that are new"`
	Reasons []VEXLeft        `json:"reasons" nullable:"false" doc:"the first of those that were not taken"`
}

// VEXLeft is a statement that was not taken.
type VEXLeft struct {
	Vulnerability string `json:"vulnerability"`
	About         string `json:"about" doc:"as the document calls it"`
	Why           string `json:"why" enum:"product,component,list,version,vuln"`
}

// shown bounds the statements in an answer.
const shown = 200

type vexInput struct {
	Product string `query:"product" maxLength:"64" doc:"id of the product that is meant, where the document does not tell"`
	Version string `query:"version" maxLength:"200" doc:"of that product, where the document does not tell"`
	RawBody []byte `contentType:"application/octet-stream"`
}

func (s *Server) vexPush(ctx context.Context, by member.Actor, in *vexInput) (*reply[VEXTaken], error) {
	t, err := s.Assessments.ImportVEX(ctx, by, assessment.VEX{ProductID: in.Product, Version: in.Version, Document: in.RawBody})
	if err != nil {
		return nil, err
	}
	return answer(VEXTaken{Source: AssessmentSource{t.Format, t.Name, t.Author, t.SHA256, t.At}, Taken: len(t.Statements), Known: t.Known, Left: t.LeftAll,
		Items:   each(t.Statements[:min(len(t.Statements), shown)], assessmentOf),
		Reasons: each(t.Left, func(l assessment.Left) VEXLeft { return VEXLeft{l.Vuln, l.What, l.Why} })}, nil)
}
