// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/atom"
	"github.com/fengsui/fengsui/internal/spec/cap"
	"github.com/fengsui/fengsui/internal/spec/jsonfeed"
	"github.com/fengsui/fengsui/internal/spec/tlp"
	"github.com/fengsui/fengsui/internal/warning"
)

// warningRoutes adds the feeds of warnings: what is public for everybody, and what a unit was sent for whoever holds an
// address with a token of its own.
func (s *Server) warningRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /feeds/warnings.atom", s.answer(s.public(shelf.atom)))
	mux.HandleFunc("GET /feeds/warnings.json", s.answer(s.public(shelf.json)))
	mux.HandleFunc("GET /feeds/warnings/{file}", s.answer(s.publicAlert))
	mux.HandleFunc("GET /feeds/my/{token}/warnings.atom", private(s.answer(s.own(shelf.atom))))
	mux.HandleFunc("GET /feeds/my/{token}/warnings.json", private(s.answer(s.own(shelf.json))))
	mux.HandleFunc("GET /feeds/my/{token}/warnings/{file}", private(s.answer(s.ownAlert)))
}

// private keeps an answer out of shared caches and the address out of the requests of others.
func private(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "no-referrer")
		next(quiet{w}, r)
	}
}

// quiet is a writer of answers that only their reader may keep.
type quiet struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (q quiet) WriteHeader(status int) {
	q.Header().Set("Cache-Control", "private, no-cache")
	q.Header().Del("Access-Control-Allow-Origin")
	q.ResponseWriter.WriteHeader(status)
}

// A shelf is what a feed of warnings shows, and to whom.
type shelf struct {
	s       *Server
	say     i18n.Printer
	root    string // address below which the feed and its alerts are
	unit    string // id of the unit whose it is, "" for everybody's
	ceiling tlp.Label
	items   []warning.Item
}

// public is the feed of what everybody may read.
func (s *Server) public(write func(shelf) (body, error)) func(*http.Request) (body, error) {
	return func(r *http.Request) (body, error) {
		ws, err := s.Warnings.Public(r.Context(), newest)
		if err != nil {
			return body{}, err
		}
		f := shelf{s: s, say: i18n.For(r.URL.Query().Get("lang")), root: s.Origin + "/feeds", ceiling: tlp.Clear}
		for _, w := range ws {
			f.items = append(f.items, warning.Item{Warning: w})
		}
		return write(f)
	}
}

// own is the feed of what a unit was sent, as far as the token in the address reads.
func (s *Server) own(write func(shelf) (body, error)) func(*http.Request) (body, error) {
	return func(r *http.Request) (body, error) {
		by, ceiling, err := s.subscriber(r)
		if err != nil {
			return body{}, err
		}
		items, _, err := s.Warnings.Mine(r.Context(), by, warning.Filter{Limit: newest})
		if err != nil {
			return body{}, err
		}
		f := shelf{s: s, say: i18n.For(cmp.Or(r.URL.Query().Get("lang"), by.Locale)), root: s.Origin + "/feeds/my/" + url.PathEscape(r.PathValue("token")), unit: by.OrgID, ceiling: ceiling, items: items}
		slices.SortStableFunc(f.items, func(a, b warning.Item) int { return changed(b).Compare(changed(a)) })
		return write(f)
	}
}

// subscriber is whom the token in the address speaks for, as somebody who may read warnings and do nothing else, and how
// strict a label it reads. An address that is none, any more or yet, looks like a document that does not exist.
func (s *Server) subscriber(r *http.Request) (member.Actor, tlp.Label, error) {
	by, err := s.Members.ResolveToken(r.Context(), r.PathValue("token"), "feed")
	if err != nil {
		if fault.Is(err, fault.Unauthenticated) {
			err = fault.Missing()
		}
		return by, "", err
	}
	ceiling := tlp.Green
	switch {
	case by.OrgID == "":
		return by, "", fault.Missing()
	case slices.Contains(by.Scopes, member.ScopeFeedAmber):
		ceiling = tlp.AmberStrict
	case !slices.Contains(by.Scopes, member.ScopeFeed):
		return by, "", fault.Missing()
	}
	by.Scopes = []string{member.ScopeWarning}
	by.Roles = nil // as the unit, whatever its holder is beside
	return by, ceiling, nil
}

// changed is when a copy came, or its warning was released again.
func changed(x warning.Item) time.Time { return latest(x.Recipient.At, x.Warning.ReleasedAt) }

// entry is a warning in words, as far as the feed's reader may read it.
func (f shelf) entry(x warning.Item) (title, text string) {
	w, open := x.Warning.Within(warning.UpTo(f.ceiling))
	say, c := f.say, w.Content
	title = f.s.mark(say) + "[TLP:" + w.TLP + "] " + w.Number + " " + say.T("warning.level."+string(w.Level))
	if w.Exercise && f.s.mark(say) == "" {
		title = "[" + say.T("look.exercise") + "] " + title
	}
	if w.Revision > 1 {
		title += " " + say.T("channel.feed.revision", w.Revision)
	}
	var parts []string
	add := func(t string) {
		if t = strings.TrimSpace(t); t != "" {
			parts = append(parts, t)
		}
	}
	if open {
		title += " " + say.Pick(c.Title, c.TitleEN)
	} else {
		add(say.T("channel.withheld"))
	}
	add(say.Pick(c.Summary, c.SummaryEN))
	if scope := say.Pick(c.Scope, c.ScopeEN); scope != "" {
		add(say.T("channel.feed.scope", scope))
	}
	if measures := say.Pick(c.Measures, c.MeasuresEN); measures != "" {
		add(say.T("channel.feed.measures", measures))
	}
	if x.Recipient.Products > 0 {
		add(say.T("channel.feed.hit", x.Recipient.Products))
	}
	if f.unit != "" && !w.RespondBy.IsZero() && !w.Kind.Closes() {
		add(say.T("channel.feed.respond", say.DateTime(w.RespondBy), say.Zone()))
	}
	return strings.TrimSpace(title), strings.Join(parts, "\n\n")
}

// page is where a person reads a warning. There is no page for everybody: what is public is whole in the feed.
func (f shelf) page(w warning.Warning) string {
	if f.unit == "" {
		return f.alert(w)
	}
	return f.s.Origin + "/warnings/" + url.PathEscape(w.ID)
}

func (f shelf) alert(w warning.Warning) string {
	return f.root + "/warnings/" + url.PathEscape(w.Number) + ".cap"
}

func (f shelf) title() (title, subtitle string) {
	if f.unit == "" {
		return f.say.T("channel.feed.title"), f.say.T("channel.feed.subtitle")
	}
	return f.say.T("channel.feed.own"), f.say.T("channel.feed.subtitle-own", string(f.ceiling))
}

func (f shelf) updated() time.Time {
	at := epoch
	for _, x := range f.items {
		at = latest(at, changed(x))
	}
	return at
}

func (f shelf) atom() (body, error) {
	p := f.s.Advisories.Publisher
	title, subtitle := f.title()
	self := f.root + "/warnings.atom"
	if f.say.English() {
		self += "?lang=en"
	}
	id := self
	if f.unit != "" { // an id is kept and compared, the address is a key
		id = "urn:uuid:" + f.unit
	}
	out := atom.Feed{ID: id, Title: f.s.mark(f.say) + title, Subtitle: subtitle, Lang: f.say.Lang(), Updated: f.updated(), Self: self, Page: f.s.Origin + "/", Generator: "Fengsui",
		Author: atom.Person{Name: cmp.Or(f.say.Pick(p.NameZH, p.NameEN), "Fengsui"), URI: p.Namespace}, Rights: "TLP:" + string(f.ceiling)}
	for _, x := range f.items {
		title, text := f.entry(x)
		e := atom.Entry{ID: "urn:uuid:" + x.Warning.ID, Title: title, URL: f.page(x.Warning), Published: x.Recipient.At, Updated: changed(x), Summary: text,
			Categories: []atom.Category{{Scheme: "urn:fengsui:tlp", Term: x.Warning.TLP, Label: "TLP:" + x.Warning.TLP},
				{Scheme: "urn:fengsui:level", Term: string(x.Warning.Level), Label: f.say.T("warning.level." + string(x.Warning.Level))}}}
		if f.unit != "" {
			e.Links = []atom.Link{{Type: "application/cap+xml", Title: "CAP 1.2", URL: f.alert(x.Warning)}}
		}
		out.Entries = append(out.Entries, e)
	}
	b, err := out.Encode()
	return body{bytes: b, media: atom.MediaType, at: f.updated()}, err
}

func (f shelf) json() (body, error) {
	title, subtitle := f.title()
	p := f.s.Advisories.Publisher
	out := jsonfeed.Feed{Title: f.s.mark(f.say) + title, Description: subtitle, Page: f.s.Origin + "/", Self: f.root + "/warnings.json", Lang: f.say.Lang(),
		Authors: []jsonfeed.Author{{Name: cmp.Or(f.say.Pick(p.NameZH, p.NameEN), "Fengsui"), URL: p.Namespace}}}
	for _, x := range f.items {
		title, text := f.entry(x)
		out.Items = append(out.Items, jsonfeed.Item{ID: "urn:uuid:" + x.Warning.ID, URL: f.page(x.Warning), Title: title, Text: text, Published: x.Recipient.At, Modified: changed(x),
			Tags: []string{"TLP:" + x.Warning.TLP, string(x.Warning.Level)}, Attachments: []jsonfeed.Attachment{{URL: f.alert(x.Warning), Type: "application/cap+xml", Title: "CAP 1.2"}}})
	}
	b, err := out.Encode()
	return body{bytes: b, media: jsonfeed.MediaType, at: f.updated()}, err
}

// publicAlert is one public warning as a CAP alert.
func (s *Server) publicAlert(r *http.Request) (body, error) {
	number, ok := strings.CutSuffix(r.PathValue("file"), ".cap")
	if !ok {
		return body{}, fault.Missing()
	}
	w, before, err := s.Warnings.PublicByNumber(r.Context(), number)
	if err != nil {
		return body{}, err
	}
	return s.capBody(w, before, tlp.Clear)
}

// ownAlert is one of a unit's warnings as a CAP alert, as far as the token in the address reads.
func (s *Server) ownAlert(r *http.Request) (body, error) {
	number, ok := strings.CutSuffix(r.PathValue("file"), ".cap")
	if !ok {
		return body{}, fault.Missing()
	}
	by, ceiling, err := s.subscriber(r)
	if err != nil {
		return body{}, err
	}
	w, _, err := s.Warnings.GetByNumber(r.Context(), by, number)
	if err != nil {
		return body{}, hidden(err)
	}
	before, err := s.Warnings.Before(r.Context(), by, w)
	if err != nil {
		return body{}, hidden(err)
	}
	return s.capBody(w, before, ceiling)
}

// hidden makes what may not be seen look like what does not exist.
func hidden(err error) error {
	if fault.Is(err, fault.Withheld) || fault.Is(err, fault.Forbidden) {
		return fault.Missing()
	}
	return err
}

func (s *Server) capBody(w warning.Warning, before []warning.Dated, ceiling tlp.Label) (body, error) {
	b, err := s.Warnings.CAP(w, before, warning.UpTo(ceiling), s.Advisories.Publisher.Exercise).Encode()
	return body{bytes: b, media: cap.MediaType, at: w.ReleasedAt}, err
}
