// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
)

// AffectedPage is a page of the products with a vulnerability.
type AffectedPage struct {
	Items         []KnownFinding `json:"items" nullable:"false"`
	Next          string         `json:"next,omitempty" doc:"cursor of the next page; absent on the last one"`
	Vulnerability string         `json:"vulnerability" doc:"its best known name"`
	Products      int            `json:"products" doc:"on all pages, of what you may see"`
	Organisations int            `json:"organisations" doc:"likewise"`
}

type affectedInput struct {
	Page
	Name  string `path:"name" maxLength:"200" doc:"any name of the vulnerability"`
	OrgID string `query:"organisation" maxLength:"200" doc:"of one organisation, for staff"`
}

func (s *Server) affectedBy(ctx context.Context, by member.Actor, in *affectedInput) (*reply[AffectedPage], error) {
	p, err := s.Matches.AffectedByName(ctx, by, in.Name, match.AffectedFilter{OrgID: in.OrgID, After: in.After, Limit: in.Limit})
	return answer(AffectedPage{each(p.Findings, knownOf(printer(ctx), by)), p.Next, p.Vuln.Name, p.Products, p.Orgs}, err)
}

// Concern answers whether a vulnerability is in your products.
type Concern struct {
	Name     string         `json:"name" doc:"as you asked"`
	Answer   string         `json:"answer" enum:"affected,check,suppressed,clear,not-yet,no-lists,no-record" doc:"clear speaks of the current component lists and products that were looked at; no-record: no public record has the name; no-lists: there is nothing to look at; not-yet: not everything has been looked at"`
	Products int            `json:"products" doc:"with a finding"`
	Lists    int            `json:"lists" doc:"current component lists that were looked at"`
	Findings []KnownFinding `json:"findings" nullable:"false" doc:"of the first fifty products, the gravest first"`
}

type concernInput struct {
	Name string `query:"name" required:"true" minLength:"1" maxLength:"200" doc:"any name of a vulnerability"`
}

func (s *Server) concerns(ctx context.Context, by member.Actor, in *concernInput) (*reply[Concern], error) {
	c, err := s.Matches.Concerns(ctx, by, in.Name)
	return answer(Concern{c.Name, string(c.Answer), c.Products, c.Lists, each(c.Findings, knownOf(printer(ctx), by))}, err)
}
