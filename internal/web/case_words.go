// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/gbt30279"
	"github.com/fengsui/fengsui/internal/web/look"
	"github.com/fengsui/fengsui/internal/web/picture"
)

// openStates are the lanes of the board; endedStates stand folded below it.
var (
	openStates  = []casework.State{casework.Triage, casework.NeedsInfo, casework.Verifying, casework.Checked, casework.Assessed, casework.Warned}
	endedStates = []casework.State{casework.Published, casework.Closed, casework.Duplicate, casework.Rejected}
)

// gravest orders cases as a lane shows them: the exploited, then the gravest, then those that have waited longest.
func gravest(cs []casework.Case) []casework.Case {
	cs = slices.Clone(cs)
	rank := func(c casework.Case) int {
		n := gbt30279.Grade(cmp.Or(c.Composite, c.Technical)).Rank()
		if c.Exploited == "yes" {
			n += 10
		}
		return -n
	}
	slices.SortStableFunc(cs, func(a, b casework.Case) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.StateSince.Compare(b.StateSince))
	})
	return cs
}

// caseTitle is a case's title in the reader's language, or its number while it has none.
func (v *view) caseTitle(c casework.Case) string {
	return cmp.Or(v.P.Pick(c.Content.Title, c.Content.TitleEN), c.Number)
}

// gradeWord is a grade in the reader's words.
func (v *view) gradeWord(grade string) string {
	if grade == "" {
		return v.T("web.case.grade.ungraded")
	}
	return v.T("web.case.grade." + grade)
}

// caseStep is where a state stands on the line of five stations; 5 is past the last.
func caseStep(s casework.State) int {
	switch s {
	case casework.Verifying:
		return 1
	case casework.Checked:
		return 2
	case casework.Assessed:
		return 3
	case casework.Warned:
		return 4
	case casework.Published, casework.Closed:
		return 5
	}
	return 0
}

func (v *view) caseSteps() (out []string) {
	for _, s := range []string{"receive", "verify", "grade", "warn", "publish"} {
		out = append(out, v.T("web.case.step."+s))
	}
	return out
}

// affectedName is what a range is about; affectedRange is the range as people write it.
func affectedName(a report.Affected) string {
	if a.PURL != "" {
		return a.PURL
	}
	return strings.Join(slices.DeleteFunc([]string{a.Vendor, a.Product, a.Model}, func(s string) bool { return s == "" }), " ")
}

func (v *view) affectedRange(a report.Affected) string {
	var parts []string
	if a.Introduced != "" && a.Introduced != "0" {
		parts = append(parts, "≥ "+a.Introduced)
	}
	if a.Fixed != "" {
		parts = append(parts, "< "+a.Fixed)
	}
	if a.LastAffected != "" {
		parts = append(parts, "≤ "+a.LastAffected)
	}
	if len(parts) == 0 && len(a.Versions) == 0 {
		return v.T("web.case.affected.beginning")
	}
	return strings.Join(append(parts, a.Versions...), ", ")
}

// productName is a product's name in the reader's language, with its model.
func (v *view) productName(products map[string]product.Product, id string) string {
	p, ok := products[id]
	if !ok {
		return "—"
	}
	return strings.TrimSpace(v.P.Pick(p.Name, p.NameEN) + " " + p.Model)
}

// findingState is a finding's verdict with its tone.
func (v *view) findingState(f match.Finding) (tone, word string) {
	if f.Verdict == match.Check {
		return look.Wait, v.T("web.case.findings.check")
	}
	return look.Bad, v.T("web.case.findings.hit")
}

// partyTone is the tone of what a party says; silence is what somebody must act on.
func partyTone(s casework.PartyStatus) string {
	switch s {
	case casework.Fixed, casework.NotAffected:
		return look.Good
	case casework.Affected:
		return look.Bad
	case casework.NotContacted, casework.Contacted:
		return look.Wait
	}
	return look.Plain
}

// opinions are the views on a case's grade: the national ones first, CVSS beside them.
func (v *view) opinions(c casework.Case, gs []casework.Grade, orgs map[string]member.Org) (out []look.Opinion) {
	if c.Technical != "" {
		out = append(out, look.Opinion{Scale: v.T("web.case.grades.technical"), Grade: c.Technical, Word: v.gradeWord(c.Technical), By: "GB/T 30279-2020"})
	}
	if c.Composite != "" {
		out = append(out, look.Opinion{Scale: v.T("web.case.grades.composite"), Grade: c.Composite, Word: v.gradeWord(c.Composite), By: "GB/T 30279-2020", Counts: true})
	}
	seen := map[string]bool{"gbt30279-2020": true}
	for _, g := range slices.Backward(byTime(gs)) {
		if key := g.Scheme + g.OrgID; !seen[g.Scheme] && !seen[key] {
			seen[key] = true
			by := v.T("web.case.grades.platform")
			if o, ok := orgs[g.OrgID]; ok {
				by = o.Name(v.P.Lang())
			}
			out = append(out, look.Opinion{Scale: v.T("web.case.scheme." + g.Scheme), Grade: g.Value, Word: v.gradeWord(g.Value), Score: g.Score, By: by})
		}
	}
	return out
}

func byTime(gs []casework.Grade) []casework.Grade {
	gs = slices.Clone(gs)
	slices.SortStableFunc(gs, func(a, b casework.Grade) int { return a.At.Compare(b.At) })
	return gs
}

// differ reports whether opinions put the case into different grades.
func differ(os []look.Opinion) bool {
	return slices.ContainsFunc(os, func(o look.Opinion) bool { return o.Grade != os[0].Grade })
}

// caseMoments is a case's time line, with what each event says of itself.
func (v *view) caseMoments(x caseView) []look.Moment {
	ms := v.moments(x.Lines, x.Orgs, x.People)
	for i, l := range x.Lines {
		if s := v.detail(l, x.Orgs); s != "" {
			ms[i].Title = s
		}
		if why := reasonOf(l); why != "" {
			ms[i].Note = strings.Trim(ms[i].Note+"\n"+why, "\n")
		}
	}
	slices.Reverse(ms)
	return ms
}

// detail puts an event's facts into its sentence; "" where it has none beyond its kind.
func (v *view) detail(l event.Line, orgs map[string]member.Org) string {
	var p struct {
		From, To, Result, Technical, Composite, Status, Answer, Level string
		Org                                                           json.RawMessage
		Orgs, Products, Recipients, Affected, Rev, Revision           int
	}
	if json.Unmarshal([]byte(l.Payload), &p) != nil {
		return ""
	}
	var org string
	if json.Unmarshal(p.Org, &org) == nil {
		org = v.orgName(orgs, org)
	}
	key := "web.case.event." + l.Kind
	switch l.Kind {
	case "case.moved":
		return v.T("web.case.event.case.moved-to", v.T("web.case.state."+p.From), v.T("web.case.state."+p.To))
	case "case.verified":
		return v.T(key, v.T("web.case.result."+p.Result))
	case "case.graded":
		return v.T(key, v.gradeWord(p.Technical), v.gradeWord(p.Composite))
	case "case.party-answered":
		return v.T(key, org, v.T("web.case.status."+p.Status))
	case "match.found":
		return v.T(key, p.Products, p.Orgs)
	case "warning.released":
		return v.T(key, v.T("warning.level."+p.Level), p.Recipients, p.Affected)
	case "warning.answered":
		return v.T(key, org, v.T("warning.answer."+p.Answer))
	case "warning.undelivered":
		return v.T(key, org)
	case "warning.extended":
		return v.T(key, p.Recipients)
	}
	return ""
}

// blast is the picture of a blast radius.
func (v *view) blast(g match.Graph) string {
	var nodes []picture.Node
	for _, n := range g.Nodes {
		label := v.P.Pick(n.Label, n.LabelEN)
		if n.Kind == match.NodeComponent {
			label = label[strings.LastIndexAny(label, ":/")+1:]
		}
		column := map[string]int{match.NodeComponent: 0, match.NodeProduct: 1, match.NodeOrg: 2, match.NodeSector: 2}[n.Kind]
		switch {
		case n.Kind == match.NodeProduct && label == "":
			label = v.T("web.case.blast.products", n.Count)
		case n.Kind == match.NodeSector:
			label = v.sector(label) + " · " + v.T("web.case.blast.orgs", n.Count)
		}
		nodes = append(nodes, picture.Node{ID: n.ID, Label: label, Column: column, Check: n.Verdict == match.Check})
	}
	var edges [][2]string
	for _, e := range g.Edges {
		edges = append(edges, [2]string{e.From, e.To})
	}
	t := picture.BlastTexts{Title: v.T("web.case.blast.title"), Desc: v.T("web.case.blast.sum", g.Products, g.Orgs),
		Columns: [3]string{v.T("web.case.blast.component"), v.T("web.case.blast.product"), v.T("web.case.blast.org")}}
	return picture.Blast("blast", nodes, edges, t)
}

// sector is a sector in the reader's words, or as it was entered.
func (v *view) sector(s string) string {
	if key := "web.sector." + s; s != "" && i18n.Has(key) {
		return v.T(key)
	}
	return cmp.Or(s, "—")
}

// leg is one part of a message's way.
func (v *view) leg(label string, at time.Time) look.Leg {
	if at.IsZero() {
		return look.Leg{Label: label}
	}
	return look.Leg{Label: label, At: v.P.DateTime(at), ISO: isoTime(at)}
}

// relay is how far a notice has come.
func (v *view) relay(n casework.Notice) []look.Leg {
	return []look.Leg{v.leg(v.T("web.case.notices.sent"), n.SentAt), v.leg(v.T("web.case.notices.delivered"), n.DeliveredAt),
		v.leg(v.T("web.case.notices.opened"), n.OpenedAt), v.leg(v.T("web.case.notices.acked"), n.AckedAt)}
}

// readerName is who read: the person where the page knows the name, and the organisation.
func (v *view) readerName(x caseView, r casework.Reading) string {
	org := v.orgName(x.Orgs, r.OrgID)
	if name := x.People[r.AccountID]; name != "" {
		return name + " · " + org
	}
	return org
}

// gradedCase carries an advisory's grades to where a case's are shown.
func gradedCase(c advisory.Content) casework.Case {
	return casework.Case{Technical: c.Technical, Composite: c.Composite}
}

// isoTime is a time as machines read it.
func isoTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
