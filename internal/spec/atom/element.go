// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package atom

import (
	"encoding/xml"
	"time"
)

// The elements as they stand in the file.
type (
	feedElement struct {
		XMLName   xml.Name       `xml:"http://www.w3.org/2005/Atom feed"`
		Lang      string         `xml:"xml:lang,attr,omitempty"`
		ID        string         `xml:"id"`
		Title     string         `xml:"title"`
		Subtitle  string         `xml:"subtitle,omitempty"`
		Updated   string         `xml:"updated"`
		Links     []linkElement  `xml:"link"`
		Author    personElement  `xml:"author"`
		Generator string         `xml:"generator,omitempty"`
		Rights    string         `xml:"rights,omitempty"`
		Entries   []entryElement `xml:"entry"`
	}
	personElement struct {
		Name  string `xml:"name"`
		URI   string `xml:"uri,omitempty"`
		Email string `xml:"email,omitempty"`
	}
	linkElement struct {
		Rel   string `xml:"rel,attr"`
		Type  string `xml:"type,attr,omitempty"`
		Lang  string `xml:"hreflang,attr,omitempty"`
		Title string `xml:"title,attr,omitempty"`
		URL   string `xml:"href,attr"`
	}
	categoryElement struct {
		Term   string `xml:"term,attr"`
		Scheme string `xml:"scheme,attr,omitempty"`
		Label  string `xml:"label,attr,omitempty"`
	}
	entryElement struct {
		ID         string            `xml:"id"`
		Title      string            `xml:"title"`
		Published  string            `xml:"published,omitempty"`
		Updated    string            `xml:"updated"`
		Links      []linkElement     `xml:"link"`
		Categories []categoryElement `xml:"category"`
		Summary    string            `xml:"summary,omitempty"`
	}
)

func (f Feed) element() feedElement {
	out := feedElement{Lang: f.Lang, ID: f.ID, Title: f.Title, Subtitle: f.Subtitle, Updated: stamp(f.Updated), Author: personElement(f.Author), Generator: f.Generator, Rights: f.Rights}
	if f.Self != "" {
		out.Links = append(out.Links, linkElement{Rel: "self", Type: "application/atom+xml", Lang: f.Lang, URL: f.Self})
	}
	if f.Page != "" {
		out.Links = append(out.Links, linkElement{Rel: "alternate", Type: "text/html", URL: f.Page})
	}
	out.Links = append(out.Links, alternates(f.Translated)...)
	for _, e := range f.Entries {
		x := entryElement{ID: e.ID, Title: e.Title, Updated: stamp(e.Updated), Summary: e.Summary,
			Links: append([]linkElement{{Rel: "alternate", Type: "text/html", URL: e.URL}}, alternates(e.Links)...)}
		if !e.Published.IsZero() {
			x.Published = stamp(e.Published)
		}
		for _, c := range e.Categories {
			x.Categories = append(x.Categories, categoryElement{Term: c.Term, Scheme: c.Scheme, Label: c.Label})
		}
		out.Entries = append(out.Entries, x)
	}
	return out
}

// alternates: two alternate links of one element differ in type or language (section 4.1.1).
func alternates(ls []Link) (out []linkElement) {
	for _, l := range ls {
		out = append(out, linkElement{Rel: "alternate", Type: l.Type, Lang: l.Lang, Title: l.Title, URL: l.URL})
	}
	return out
}

// stamp writes a time as RFC 3339 in UTC (section 3.3).
func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }
