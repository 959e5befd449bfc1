// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/spec/atom"
	"github.com/fengsui/fengsui/internal/spec/gbt30279"
)

// newest is how many advisories stand in the Atom feed; the rest is in the lists of CSAF.
const newest = 100

// epoch stands for "never changed" in documents that need a time.
var epoch = time.Unix(0, 0).UTC()

// atom is the feed of the advisories that changed last, in Chinese or with ?lang=en.
func (s *Server) atom(r *http.Request) (body, error) {
	say := i18n.For(r.URL.Query().Get("lang"))
	return s.listed(r.Context(), "atom/"+say.Lang(), func(all []advisory.Advisory, now advisory.Stand) (body, error) {
		slices.SortStableFunc(all, func(a, b advisory.Advisory) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
		b, err := s.feedOf(all[:min(len(all), newest)], now, say).Encode()
		return body{bytes: b, media: atom.MediaType}, err
	})
}

func (s *Server) feedOf(as []advisory.Advisory, now advisory.Stand, say i18n.Printer) atom.Feed {
	self := s.Origin + "/feeds/advisories.atom"
	other, own := self+"?lang=en", self
	if say.English() {
		other, own = own, other
	}
	p := s.Advisories.Publisher
	f := atom.Feed{ID: own, Title: s.mark(say) + say.T("advisory.feed.title"), Subtitle: say.T("advisory.feed.subtitle"), Lang: say.Lang(), Updated: latest(now.At, epoch), Self: own,
		Page: s.Origin + "/advisories", Author: atom.Person{Name: say.Pick(p.NameZH, p.NameEN), URI: p.Namespace}, Generator: "Fengsui", Rights: "TLP:CLEAR",
		Translated: []atom.Link{{Type: "application/atom+xml", Lang: map[bool]string{true: i18n.Chinese, false: i18n.English}[say.English()], URL: other}}}
	if f.Author.Name == "" {
		f.Author.Name = "Fengsui"
	}
	for _, a := range as {
		f.Entries = append(f.Entries, s.entry(a, say))
	}
	return f
}

func (s *Server) entry(a advisory.Advisory, say i18n.Printer) atom.Entry {
	c := a.Content
	var text []string
	add := func(t string) {
		if t = strings.TrimSpace(t); t != "" {
			text = append(text, t)
		}
	}
	grade := gbt30279.Grade(c.Composite)
	if grade != "" {
		add(say.T("advisory.feed.grade", say.Pick(grade.Chinese(), string(grade))))
	}
	if c.Exploited == "yes" {
		add(say.T("advisory.feed.exploited"))
	}
	add(say.Pick(c.Description, c.DescriptionEN))
	add(say.Pick(c.Fix, c.FixEN))
	add(say.Pick(c.Workaround, c.WorkaroundEN))
	e := atom.Entry{ID: "urn:uuid:" + a.ID, Title: s.mark(say) + a.Number + " " + say.Pick(c.Title, c.TitleEN), URL: s.Origin + "/advisories/" + url.PathEscape(a.Number), Published: a.PublishedAt,
		Updated: a.UpdatedAt, Summary: strings.Join(text, "\n\n"),
		Links: []atom.Link{{Type: "application/csaf+json", Title: "CSAF 2.0", URL: s.Origin + advisory.CSAFPath(a)},
			{Type: "application/json", Title: "OSV", URL: s.Origin + "/osv/" + url.PathEscape(a.Number) + ".json"}}}
	if grade != "" {
		e.Categories = append(e.Categories, atom.Category{Scheme: "urn:fengsui:gbt30279-2020", Term: string(grade), Label: say.Pick(grade.Chinese(), string(grade))})
	}
	for _, alias := range c.Aliases {
		e.Categories = append(e.Categories, atom.Category{Term: alias})
	}
	return e
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// mark stands before the titles of an exercise.
func (s *Server) mark(say i18n.Printer) string {
	if s.Advisories.Publisher.Exercise {
		return "[" + say.T("look.exercise") + "] "
	}
	return ""
}
