// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
)

// PortfolioLine is a product with how many vulnerabilities are publicly known of it.
type PortfolioLine struct {
	ID         string      `json:"id"`
	Vendor     string      `json:"vendor"`
	Name       string      `json:"name"`
	OrgID      string      `json:"organisation,omitempty" doc:"for staff alone"`
	Lists      int         `json:"lists" doc:"current component lists"`
	Components int         `json:"components" doc:"that they hold"`
	Private    int         `json:"private_lists,omitempty" doc:"current private lists"`
	Hidden     int         `json:"hidden_components,omitempty" doc:"that these hide"`
	Counts     KnownCounts `json:"counts"`
}

// PortfolioPage is a page of products.
type PortfolioPage struct {
	Items    []PortfolioLine `json:"items" nullable:"false"`
	Next     string          `json:"next,omitempty" doc:"cursor of the next page; absent on the last one"`
	Products int             `json:"products" doc:"on all pages"`
	Sorted   bool            `json:"sorted" doc:"the gravest risks come first; of very many products the newest do"`
	Total    KnownCounts     `json:"total"`
	Behind   bool            `json:"behind" doc:"some records or components have come in and were not looked at yet"`
}

type portfolioInput struct {
	Page
	OrgID string `query:"organisation" maxLength:"200" doc:"of one organisation, for staff"`
}

func (s *Server) portfolio(ctx context.Context, by member.Actor, in *portfolioInput) (*reply[PortfolioPage], error) {
	p, err := s.Matches.Portfolio(ctx, by, match.PortfolioFilter{OrgID: in.OrgID, After: in.After, Limit: in.Limit})
	line := func(l match.PortfolioLine) PortfolioLine {
		out := PortfolioLine{ID: l.Product.ID, Vendor: l.Product.Vendor, Name: l.Product.Name, Lists: l.Lists, Components: l.Components, Private: l.Private, Hidden: l.Hidden, Counts: countsOf(l.KnownCounts)}
		if by.Staff() {
			out.OrgID = l.Product.OrgID
		}
		return out
	}
	return answer(PortfolioPage{each(p.Lines, line), p.Next, p.Products, p.Sorted, countsOf(p.Total), behind(p.Behind)}, err)
}
