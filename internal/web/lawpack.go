// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"mime"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/web/look"
)

// lawList shows the laws that are in force as data, or those that may come.
func (s *Server) lawList(v *view) error {
	set, err := s.Rulebook.Current(v.Context())
	if err != nil {
		return err
	}
	packs := set.InForce(v.Now)
	if v.URL.Query().Get("upcoming") != "" {
		packs = set.Upcoming(v.Now)
	}
	// the law of the place first
	slices.SortStableFunc(packs, func(a, b *lawpack.Pack) int { return lawRank(a) - lawRank(b) })
	return v.ok(lawListPage(v, packs, len(set.Upcoming(v.Now))))
}

func lawRank(p *lawpack.Pack) int {
	switch {
	case p.Jurisdiction == "CN" && p.Regime != "platform-service" && p.Regime != "partner-agreement":
		return 0
	case p.Jurisdiction == "CN":
		return 1
	case p.Jurisdiction == "any":
		return 3
	}
	return 2
}

func (s *Server) lawShow(v *view) error {
	p, err := s.Rulebook.Published(v.Context(), v.PathValue("pack"), v.Now)
	if err != nil {
		return err
	}
	return v.ok(lawPage(v, p))
}

func (s *Server) lawText(v *view) error {
	p, err := s.Rulebook.Published(v.Context(), v.PathValue("pack"), v.Now)
	if err != nil {
		return err
	}
	return v.yaml(p.Regime+"-"+p.Version+".yaml", p.Text())
}

// yaml sends a file for saving.
func (v *view) yaml(name string, b []byte) error {
	v.w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, err := v.w.Write(b)
	return err
}

// lawSpan is from when until when a pack is in force.
func (v *view) lawSpan(p *lawpack.Pack) string {
	switch {
	case p.Effective.From.IsZero():
		return v.T("law.span.none")
	case p.Effective.To.IsZero():
		return v.T("law.span.from", p.Effective.From.String())
	}
	return v.T("law.span.until", p.Effective.From.String(), p.Effective.To.AddDate(0, 0, -1).Format("2006-01-02"))
}

func (v *view) lawRoles(d *lawpack.Duty) string {
	words := make([]string, len(d.Roles))
	for i, r := range d.Roles {
		words[i] = v.T("law.role." + string(r))
	}
	return strings.Join(words, v.T("law.and"))
}

// lawIf is under which facts a duty holds.
func (v *view) lawIf(d *lawpack.Duty) string {
	s := d.When.In(v.P)
	if len(d.Unless) > 0 {
		if s != "" {
			s += v.T("law.by.and")
		}
		s += v.T("law.unless", d.Unless.In(v.P))
	}
	return s
}

// lawTo is to whom it has to be sent.
func (v *view) lawTo(d *lawpack.Duty) string {
	var words []string
	for _, id := range d.Recipients {
		for _, r := range d.Pack().Recipients {
			if r.ID == id {
				words = append(words, r.Name.In(v.P))
			}
		}
	}
	return strings.Join(words, v.T("law.and"))
}

// confidenceTone makes what is only remembered stand out.
func confidenceTone(c lawpack.Confidence) string {
	switch c {
	case lawpack.Found:
		return look.Good
	case lawpack.Memory:
		return look.Wait
	}
	return look.Off
}

// keepsLaws reports whether the reader keeps the rulebook.
func (v *view) keepsLaws() bool {
	return v.Actor.SignedIn() && v.Actor.Is(member.Supervisor, member.Administrator)
}

// calendars are those by which packs count.
func calendars() []*calendar.Working {
	return []*calendar.Working{calendar.China(), calendar.Europe()}
}

// calendarYear is how surely a year's days of rest are known.
type calendarYear struct {
	Year       int
	Tone, Word string
}

// calendarYears are the years around now that a calendar knows, and those it should know and does not.
func (v *view) calendarYears(c *calendar.Working) (out []calendarYear) {
	now := v.Now.In(c.Zone).Year()
	for y := now - 1; y <= now+1; y++ {
		x := calendarYear{y, look.Good, v.T("law.calendar.known")}
		switch {
		case slices.Contains(c.Drafts(), y):
			x.Tone, x.Word = look.Wait, v.T("law.calendar.draft")
		case !slices.Contains(c.Years(), y):
			x.Tone, x.Word = look.Bad, v.T("law.calendar.unknown")
		case c.Partial:
			x.Tone, x.Word = look.Wait, v.T("law.calendar.partial")
		}
		out = append(out, x)
	}
	return out
}

func lawTone(p *lawpack.Pack) string {
	switch p.Status {
	case lawpack.InForce:
		return look.Good
	case lawpack.Proposed:
		return look.Wait
	}
	return look.Off
}
