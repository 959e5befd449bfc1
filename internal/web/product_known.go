// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/web/look"
	"github.com/fengsui/fengsui/internal/web/picture"
)

// productKnown is what is publicly known to be wrong with a product, and what its organisation says of it.
type productKnown struct {
	match.KnownPage
	Said    []assessment.Statement
	Uploads []product.Upload // lists that are worked on, or came in today
	Private privateKnown
	people  map[string]string
}

func (s *Server) known(v *view, id string) (x productKnown, err error) {
	q := v.URL.Query()
	if x.KnownPage, err = s.Matches.KnownOf(v.Context(), v.Actor, id, match.KnownFilter{Version: q.Get("of"), Open: q.Get("open") != "", After: q.Get("after"), Limit: 50}); err != nil {
		return x, err
	}
	if x.Said, _, err = s.Assessments.List(v.Context(), v.Actor, id, assessment.Filter{Limit: 20}); err != nil {
		return x, err
	}
	var ids []string
	for _, a := range x.Said {
		ids = append(ids, a.AccountID)
	}
	for _, f := range x.Findings {
		if f.Assessment != nil {
			ids = append(ids, f.Assessment.AccountID)
		}
	}
	x.people, err = s.people(v, ids)
	return x, err
}

// productAssess puts on record what the organisation says of a vulnerability in its product.
func (s *Server) productAssess(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	in := assessment.Input{ProductID: id, Version: f.Get("version"), Vuln: f.Get("vuln"), Status: assessment.Status(f.Get("status")), Reason: f.Get("reason")}
	if in.Status == assessment.NotAffected {
		in.Justification = assessment.Justification(f.Get("justification"))
	}
	if name := f.Get("component"); name != "" {
		in.Component = assessment.Component{Ecosystem: f.Get("ecosystem"), Name: name}
	}
	if _, err := s.Assessments.Assess(v.Context(), v.Actor, in); err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.productOne(v, id, f, http.StatusUnprocessableEntity)
	}
	return v.see("/products/" + pathEscape(id))
}

// fix is the version that mends a finding, as its range tells; "" when no version does.
func fix(ranged string) string {
	for _, part := range strings.Split(ranged, ", ") {
		if to, ok := strings.CutPrefix(part, "< "); ok {
			return to
		}
	}
	return ""
}

// knownState is a finding's verdict with its tone; what the member's own word suppresses is calm.
func (v *view) knownState(f match.KnownFinding) (tone, word string) {
	switch {
	case f.Suppressed:
		return look.Off, v.T("web.known.suppressed")
	case f.Verdict == match.Check:
		return look.Wait, v.T("web.case.findings.check")
	}
	return look.Bad, v.T("web.known.affected")
}

// wayIn is the path from the product down to what was found, the product in the reader's words.
func (v *view) wayIn(f match.KnownFinding) []string {
	if len(f.Path) < 2 {
		return f.Path
	}
	return append([]string{strings.TrimSpace(v.P.Pick(f.Product, f.ProductEN) + " " + f.Version)}, f.Path[1:]...)
}

// saidTone is how a statement looks.
func saidTone(s assessment.Status) string {
	switch s {
	case assessment.NotAffected, assessment.Fixed:
		return look.Good
	case assessment.Affected:
		return look.Bad
	}
	return look.Wait
}

// saidBy names who said something: a person, or the document that it was taken from.
func (v *view) saidBy(x productKnown, a assessment.Statement) string {
	if a.Source.ID != "" {
		return v.T("web.known.from-document", a.Source.Format, cmp.Or(a.Source.Name, a.Source.Author))
	}
	return cmp.Or(x.people[a.AccountID], v.T("web.via.system"))
}

func (v *view) statusChoice(f *form, k match.KnownFinding, i int) look.Field {
	x := look.Field{Name: "status", ID: "f-status-" + strconv.Itoa(i), Label: v.T("web.known.status"), Required: true, Options: v.options("web.known.status.", string(assessment.NotAffected), string(assessment.UnderInvestigation), string(assessment.Affected), string(assessment.Fixed))}
	if posted(f, k) {
		x.Value, x.Wrong = f.Get("status"), f.Wrong("status")
	}
	return x
}

func (v *view) justificationChoice(f *form, k match.KnownFinding, i int) look.Field {
	x := look.Field{Name: "justification", ID: "f-justification-" + strconv.Itoa(i), Label: v.T("web.known.justification"), Hint: v.T("web.known.justification-hint"), Options: []look.Option{{Label: "—"}}}
	for _, j := range openvex.Justifications {
		x.Options = append(x.Options, look.Option{Value: string(j), Label: v.T("web.known.justification." + string(j))})
	}
	if posted(f, k) {
		x.Value, x.Wrong = f.Get("justification"), f.Wrong("justification")
	}
	return x
}

func (v *view) reasonField(f *form, k match.KnownFinding, i int) look.Field {
	x := look.Field{Name: "reason", ID: "f-reason-" + strconv.Itoa(i), Label: v.T("web.known.reason"), Hint: v.T("web.known.reason-hint"), Rows: 3}
	if posted(f, k) {
		x.Value, x.Wrong = f.Get("reason"), f.Wrong("reason")
	}
	return x
}

// posted reports whether what was sent is about this finding.
func posted(f *form, k match.KnownFinding) bool {
	return f.Get("vuln") == k.Vuln.Name && f.Get("component") == k.Component.Name && f.Get("version") == k.Version
}

// maxWays is how many flawed components a picture shows.
const maxWays = 16

// depends is the picture of how the flawed components of a page came into the product; "" when there is none to show.
func (v *view) depends(p product.Product, fs []match.KnownFinding, components int) string {
	var ways []picture.Way
	at, inside := map[int64]int{}, 0
	counts := []int{}
	for _, f := range fs {
		if f.Component.ID == 0 || len(f.Path) == 0 {
			continue
		}
		i, seen := at[f.Component.ID]
		if !seen {
			inside++
			if len(ways) == maxWays {
				continue
			}
			i = len(ways)
			at[f.Component.ID] = i
			way := f.Path
			if len(way) > 1 { // the picture begins with the product itself
				way = way[1:]
			}
			steps := make([]string, len(way))
			for k, s := range way {
				steps[k] = s[strings.LastIndexAny(s, ":/")+1:]
			}
			ways, counts = append(ways, picture.Way{Steps: steps, Quiet: true}), append(counts, 0)
		}
		if ways[i].Quiet = ways[i].Quiet && f.Suppressed; !f.Suppressed {
			counts[i]++
		}
	}
	if len(ways) == 0 {
		return ""
	}
	for i, n := range counts {
		if ways[i].Note = v.T("web.known.count", n); ways[i].Quiet {
			ways[i].Note = v.T("web.known.suppressed")
		}
	}
	t := picture.DependsTexts{Title: v.T("web.known.graph"), Desc: v.T("web.known.graph-text", inside, components), Product: strings.TrimSpace(v.P.Pick(p.Name, p.NameEN) + " " + p.Model)}
	if rest := components - len(ways); rest > 0 {
		t.Rest = v.T("web.known.graph-rest", rest)
	}
	return picture.Depends("depends", ways, t)
}

// portfolio is a page of products with their risks; what was searched for comes without them.
type portfolio struct {
	match.PortfolioPage
	Found []product.Product // of a search
	q     string
}

func (s *Server) portfolio(v *view) (x portfolio, err error) {
	q := v.URL.Query()
	if x.q = q.Get("q"); x.q != "" {
		x.Found, x.Next, err = s.Products.List(v.Context(), v.Actor, product.Filter{Text: x.q, After: q.Get("after"), Limit: 50})
		return x, err
	}
	x.PortfolioPage, err = s.Matches.Portfolio(v.Context(), v.Actor, match.PortfolioFilter{After: q.Get("after"), Limit: 50})
	if fault.Is(err, fault.NotFound) { // who has neither an organisation nor a desk has no products
		err = nil
	}
	return x, err
}

// riskLead says in one sentence how it stands.
func (v *view) riskLead(x portfolio) string {
	switch n := x.Total.Open(); {
	case x.q != "" || x.Products == 0:
		return v.productLead()
	case n == 0:
		return v.T("web.portfolio.clear", x.Products)
	case x.Total.Exploited > 0:
		return v.T("web.portfolio.exploited", x.Products, n, x.Total.Exploited)
	default:
		return v.T("web.portfolio.open", x.Products, n)
	}
}
