// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"strings"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/web/look"
)

// hasProducts reports whether the question "does it concern me?" has an answer for the reader.
func (v *view) hasProducts() bool {
	return v.Actor.Is(member.Analyst, member.DutyOfficer, member.Supervisor) || v.Actor.OrgID != "" && v.Actor.Is(member.Engineer, member.OrgAdmin)
}

// concern asks whether a vulnerability is in the reader's products; nil for who has none to ask about.
func (s *Server) concern(v *view, name string) (*match.Concern, error) {
	if !v.hasProducts() {
		return nil, nil
	}
	c, err := s.Matches.Concerns(v.Context(), v.Actor, name)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Forbidden) {
		return nil, nil
	}
	return &c, err
}

// question is what a reader asked, with an answer for each vulnerability that is meant.
type question struct {
	Q       string
	Answers []answer
	More    bool // there are more than were looked at
}

type answer struct {
	Vuln vuln.Vuln
	match.Concern
}

// maxAsked is how many vulnerabilities one question is answered for.
const maxAsked = 12

// concernList answers "does it concern me?" about a number, a package or words.
func (s *Server) concernList(v *view) error {
	x := question{Q: strings.TrimSpace(v.URL.Query().Get("q"))}
	if x.Q == "" {
		return v.ok(concernPage(v, x))
	}
	p, err := s.Vulns.List(v.Context(), vuln.Filter{Text: packageOf(x.Q), Limit: maxAsked})
	if err != nil {
		if fault.Is(err, fault.Invalid) {
			return v.ok(concernPage(v, x))
		}
		return err
	}
	all := append(p.Named, p.Items...)
	x.More = p.Next != "" || len(all) > maxAsked
	for _, one := range all[:min(len(all), maxAsked)] {
		c, err := s.concern(v, one.Name)
		if err != nil {
			return err
		}
		if c != nil {
			x.Answers = append(x.Answers, answer{one, *c})
		}
	}
	x.sort()
	return v.ok(concernPage(v, x))
}

// packageOf is the name of a package without what only machines write: "pkg:maven/org.x/y@1.2" asks for "org.x y".
func packageOf(q string) string {
	if !strings.HasPrefix(q, "pkg:") {
		return q
	}
	_, path, _ := strings.Cut(q, "/")
	path, _, _ = strings.Cut(path, "?")
	if i := strings.LastIndexByte(path, '@'); i > 0 {
		path = path[:i]
	}
	return strings.NewReplacer("/", " ", "%40", "@").Replace(path)
}

// sort puts what concerns the reader first.
func (x *question) sort() {
	order := []match.Answer{match.Concerned, match.MayConcern, match.NotYet, match.Suppressed}
	var out []answer
	for _, want := range order {
		for _, a := range x.Answers {
			if a.Answer == want {
				out = append(out, a)
			}
		}
	}
	for _, a := range x.Answers {
		if a.Answer != match.Concerned && a.Answer != match.MayConcern && a.Answer != match.NotYet && a.Answer != match.Suppressed {
			out = append(out, a)
		}
	}
	x.Answers = out
}

// concerning counts the vulnerabilities that ask for something.
func (x question) concerning() (n int) {
	for _, a := range x.Answers {
		if a.Answer == match.Concerned || a.Answer == match.MayConcern {
			n++
		}
	}
	return n
}

// concernTone is how an answer looks.
func concernTone(a match.Answer) string {
	switch a {
	case match.Concerned:
		return look.Bad
	case match.MayConcern, match.NotYet, match.NoLists:
		return look.Wait
	case match.Clear, match.Suppressed:
		return look.Good
	}
	return look.Plain
}

// concernWord is the answer in a sentence; to staff it is about everybody's products.
func (v *view) concernWord(c match.Concern) string {
	if v.Actor.Staff() {
		switch c.Answer {
		case match.Concerned, match.MayConcern, match.Suppressed:
			return v.T("web.concern.staff", c.Products, c.Orgs)
		}
		return v.T("web.concern.staff-none")
	}
	return v.T("web.concern."+string(c.Answer), c.Products)
}

// published are the advisories of this platform about a vulnerability.
func (s *Server) published(v *view, d vuln.Detail) (out []advisory.Advisory, err error) {
	for _, n := range d.Names {
		if !strings.HasPrefix(strings.ToUpper(n), "CVE-") {
			continue
		}
		as, _, err := s.Advisories.Public(v.Context(), advisory.Filter{Text: n, Limit: 3})
		if err != nil {
			return nil, err
		}
		out = append(out, as...)
	}
	return out[:min(len(out), 3)], nil
}

// concernQuestion is the reader's: a member asks for itself, staff for everybody.
func (v *view) concernQuestion() string {
	if v.Actor.Staff() {
		return v.T("web.concern.whom")
	}
	return v.T("web.concern.title")
}
