// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
)

// KnownFinding says that a version of a product contains a publicly known vulnerability, or may, or is itself the flawed thing.
type KnownFinding struct {
	ProductID     string       `json:"product"`
	ProductName   string       `json:"product_name"`
	OrgID         string       `json:"organisation,omitempty" doc:"for staff alone"`
	Version       string       `json:"version,omitempty" doc:"of the product"`
	SBOM          string       `json:"sbom,omitempty" doc:"the component list that holds the component; absent when the product itself is meant, or a private list"`
	Private       bool         `json:"private,omitempty" doc:"a private list holds the component"`
	Component     *Component   `json:"component,omitempty"`
	Vulnerability string       `json:"vulnerability" doc:"its best known name"`
	Title         string       `json:"title,omitempty"`
	Severity      string       `json:"severity,omitempty"`
	Score         float64      `json:"score,omitempty" doc:"CVSS; absent when nobody says"`
	Exploited     bool         `json:"exploited" doc:"known to be exploited"`
	EPSS          *float64     `json:"epss,omitempty" doc:"how probably it is exploited within 30 days"`
	Verdict       string       `json:"verdict" enum:"affected,check"`
	Range         string       `json:"range" doc:"that holds the version"`
	Note          string       `json:"note,omitempty" doc:"what a person must look at, in your language"`
	Path          []string     `json:"path,omitempty" doc:"from the product down to the component, the shortest way"`
	Records       []KnownClaim `json:"records" nullable:"false" doc:"what each public record says, the surest first"`
	Suppressed    bool         `json:"suppressed" doc:"the member's own word is that it is not affected, or that it is fixed"`
	Assessment    *Assessment  `json:"assessment,omitempty" doc:"the member's own word"`
}

// KnownClaim is what one public record says.
type KnownClaim struct {
	Source  string `json:"source"`
	Record  string `json:"record"`
	Verdict string `json:"verdict"`
	Range   string `json:"range"`
}

// KnownCounts counts the vulnerabilities of a product, each once.
type KnownCounts struct {
	Critical   int `json:"critical"`
	High       int `json:"high"`
	Medium     int `json:"medium"`
	Low        int `json:"low"`
	Unrated    int `json:"unrated"`
	Exploited  int `json:"exploited" doc:"of those before: known to be exploited"`
	Check      int `json:"check" doc:"that a person must look at"`
	Suppressed int `json:"suppressed"`
}

func countsOf(c match.KnownCounts) KnownCounts {
	return KnownCounts{c.Critical, c.High, c.Medium, c.Low, c.Unrated, c.Exploited, c.Check, c.Suppressed}
}

func knownOf(p i18n.Printer, by member.Actor) func(match.KnownFinding) KnownFinding {
	return func(f match.KnownFinding) KnownFinding {
		out := KnownFinding{ProductID: f.ProductID, ProductName: f.Product, Version: f.Version, SBOM: f.SBOM, Private: f.Private, Vulnerability: f.Vuln.Name, Title: f.Vuln.Title, Severity: string(f.Vuln.Severity),
			Score: float64(f.Vuln.Score) / 10, Exploited: f.Vuln.KEV, Verdict: string(f.Verdict), Range: f.Range(), Path: f.Path, Suppressed: f.Suppressed,
			Records: each(f.Records, func(c match.KnownClaim) KnownClaim {
				return KnownClaim{string(c.Source), c.Key, string(c.Verdict), c.Range}
			})}
		if by.Staff() {
			out.OrgID = f.OrgID
		}
		if f.SBOM != "" || f.Private {
			c := componentOf(f.Component)
			out.Component = &c
		}
		if f.Note() != "" {
			out.Note = p.T(f.Note())
		}
		if f.Vuln.EPSS != nil {
			out.EPSS = &f.Vuln.EPSS.Score
		}
		if f.Assessment != nil {
			x := assessmentOf(*f.Assessment)
			out.Assessment = &x
		}
		return out
	}
}

// KnownPage is a page of what is publicly known to be wrong with a product.
type KnownPage struct {
	Items  []KnownFinding `json:"items" nullable:"false"`
	Next   string         `json:"next,omitempty" doc:"cursor of the next page; absent on the last one"`
	Counts KnownCounts    `json:"counts" doc:"of all pages"`
	Behind bool           `json:"behind" doc:"some records or components have come in and were not looked at yet"`
}

type knownInput struct {
	ByID
	Version string `query:"version" maxLength:"200" doc:"of the product; all when absent"`
	Open    bool   `query:"open" doc:"without what the member's own word suppresses"`
	After   string `query:"after" doc:"cursor: 'next' of the page before" maxLength:"6000"`
	Limit   int    `query:"limit" doc:"rows of a page" minimum:"1" maximum:"500" default:"100"`
}

func (s *Server) knownOfProduct(ctx context.Context, by member.Actor, in *knownInput) (*reply[KnownPage], error) {
	p, err := s.Matches.KnownOf(ctx, by, in.ID, match.KnownFilter{Version: in.Version, Open: in.Open, After: in.After, Limit: in.Limit})
	return answer(KnownPage{each(p.Findings, knownOf(printer(ctx), by)), p.Next, countsOf(p.Counts), behind(p.Behind)}, err)
}

func behind(b match.Behind) bool { return b.Components > 0 || b.Records > 0 }
