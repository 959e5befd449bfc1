// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"bytes"
	"html/template"
	"strings"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/spec/tlp"
)

// A part is a mail in one language.
type part struct {
	Lang     string
	Heading  string
	Label    string // TLP, before the information it governs (TLP 2.0)
	Title    string
	Sections []section
	Concern  string
	Hits     []string
	Exercise string // that it is one
	Standing string // of the unit's earlier answer
	Lead     string // to units of its wave
	Answer   string
	Link     action
	Page     action
	Issuer   string
}

type section struct{ Name, Text string }

type action struct{ Text, URL string }

// mail writes the mail: Chinese first and English below, or the other way round for units abroad. The
// subject says what the warning is about only when that is public (TLP:CLEAR), the text as much as may go this way.
func (s *Service) mail(l letter) (subject, text, html string, err error) {
	ps := l.printers()
	parts := make([]part, len(ps))
	for i, p := range ps {
		parts[i] = s.part(p, l)
	}
	subject = s.headline(l)
	if l.w.TLP == string(tlp.Clear) { // a subject is read by more than the recipient
		subject += " " + parts[0].Title
	}
	var t strings.Builder
	for i, p := range parts {
		if i > 0 {
			t.WriteString("\n" + strings.Repeat("-", 60) + "\n\n")
		}
		p.text(&t)
	}
	var h bytes.Buffer
	err = layout.Execute(&h, struct {
		Subject string
		Parts   []part
	}{subject, parts})
	return subject, t.String(), h.String(), err
}

// printers are the languages of a letter: Chinese first, but for units abroad.
func (l letter) printers() []i18n.Printer {
	zh, en := i18n.For(i18n.Chinese), i18n.For(i18n.English)
	if l.org.Country != "" && l.org.Country != "CN" {
		return []i18n.Printer{en, zh}
	}
	return []i18n.Printer{zh, en}
}

// headline is what everybody may see on the way: label, number, level, revision.
func (s *Service) headline(l letter) string {
	ps := l.printers()
	var heads []string
	for _, p := range ps {
		heads = append(heads, p.T("warning.level."+string(l.w.Level)))
		if k := l.w.Kind; k != Original && k != Amendment {
			heads[len(heads)-1] += p.T("warning.mail.kind", p.T("warning.kind."+string(k)))
		}
	}
	out := "[TLP:" + l.w.TLP + "] " + l.w.Number + " " + strings.Join(heads, " / ")
	if l.w.Revision > 1 {
		out += " " + ps[0].T("warning.mail.revision", l.w.Revision)
	}
	if l.w.Exercise {
		out = marked + out
	}
	return out
}

// marked begins the headline of an exercise, in both languages, whatever the reader's.
const marked = "【演练 EXERCISE】"

// standing says what the revision asks of a unit: nothing any more, nothing new, or an answer again and why.
func standing(p i18n.Printer, w Warning, r Recipient) string {
	switch {
	case w.Kind.Closes():
		return p.T("warning.closed." + string(w.Kind))
	case r.Carried == Stands:
		return p.T("warning.stands."+string(r.Answer), r.SaidIn)
	case r.Carried != "":
		return p.T("warning.again", p.T("warning.void."+r.Carried))
	}
	return ""
}

func (s *Service) part(p i18n.Printer, l letter) part {
	w, open := l.w.Within(l.way)
	c := w.Content
	out := part{
		Lang:    p.Lang(),
		Heading: p.T("warning.mail.heading", p.T("warning.level."+string(w.Level)), w.Number),
		Label:   "TLP:" + w.TLP,
		Answer:  p.T("warning.mail.answer", p.DateTime(w.RespondBy), p.Zone()),
		Link:    action{p.T("warning.mail.link"), s.LinkURL(w.ID, w.Revision, l.org.ID)},
		Page:    action{p.T("warning.mail.page"), s.pageURL(w.ID)},
		Issuer:  p.T("warning.mail.issuer", c.Issuer, c.Phone),
		Concern: p.T("warning.mail.no-hit"),

		Standing: standing(p, w, l.copy),
		Lead:     w.Lead(p, l.copy.Wave),
	}
	if l.preview {
		out.Link.URL = s.BaseURL + "/w/preview"
	}
	if w.Exercise {
		out.Exercise = p.T("warning.mail.exercise")
	}
	if k := w.Kind; k != Original && k != Amendment {
		out.Heading += p.T("warning.mail.kind", p.T("warning.kind."+string(k)))
	}
	if w.Kind.Closes() || l.copy.Carried == Stands {
		out.Answer = ""
	}
	if w.Revision > 1 {
		out.Heading += " " + p.T("warning.mail.revision", w.Revision)
	}
	if l.again {
		out.Heading += " " + p.T("warning.mail.again")
	}
	if out.Answer != "" && !l.preview && s.ReplyAddress(w.ID, w.Revision, l.org.ID) != "" {
		out.Answer += " " + replyHow(p)
	}
	if l.copy.Products > 0 {
		out.Concern = p.T("warning.mail.hit", l.copy.Products)
	}
	if out.Title = p.T("warning.mail.withheld"); open {
		out.Title = p.Pick(c.Title, c.TitleEN)
	}
	for _, x := range []section{
		{p.T("warning.field.summary"), p.Pick(c.Summary, c.SummaryEN)},
		{p.T("warning.field.scope"), p.Pick(c.Scope, c.ScopeEN)},
		{p.T("warning.field.measures"), p.Pick(c.Measures, c.MeasuresEN)},
	} {
		if x.Text != "" {
			out.Sections = append(out.Sections, x)
		}
	}
	if !open {
		return out
	}
	for _, f := range l.findings[:min(len(l.findings), maxHits)] {
		out.Hits = append(out.Hits, hitLine(p, l.names[f.ProductID], f))
	}
	return out
}

// hitLine says which product contains what, or what about it a person must check.
func hitLine(p i18n.Printer, name string, f match.Finding) string {
	if f.Version != "" {
		name += " " + f.Version
	}
	switch {
	case f.Verdict == match.Check:
		return p.T("warning.mail.product-check", name, f.Why.Found, p.T(f.Why.Note))
	case f.Why.By == match.ByProduct:
		return p.T("warning.mail.product-itself", name, f.Why.Range)
	case f.Why.Range == "" || f.Why.Range == "*":
		return p.T("warning.mail.product", name, f.Why.Found)
	}
	return p.T("warning.mail.product-range", name, f.Why.Found, f.Why.Range)
}

func (p part) text(b *strings.Builder) {
	b.WriteString(p.Label + "\n" + p.Heading + "\n\n")
	for _, x := range []string{p.Exercise, p.Title, p.Lead, p.Standing} {
		if x != "" {
			b.WriteString(x + "\n\n")
		}
	}
	for _, x := range p.Sections {
		b.WriteString(x.Name + "\n" + x.Text + "\n\n")
	}
	b.WriteString(p.Concern + "\n")
	for _, h := range p.Hits {
		b.WriteString("- " + h + "\n")
	}
	b.WriteString("\n")
	if p.Answer != "" {
		b.WriteString(p.Answer + "\n")
	}
	b.WriteString(p.Link.Text + ": " + p.Link.URL + "\n" + p.Page.Text + ": " + p.Page.URL + "\n\n" + p.Issuer + "\n")
}

// layout is the HTML form, plain enough for every mail program.
var layout = template.Must(template.New("mail").Parse(`<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{{.Subject}}</title></head><body>
{{range $i, $p := .Parts}}{{if $i}}<hr>{{end}}<div lang="{{.Lang}}">
<p><strong>{{.Label}}</strong></p>
<h1>{{.Heading}}</h1>
{{with .Exercise}}<p><strong>{{.}}</strong></p>
{{end}}<p><strong>{{.Title}}</strong></p>
{{with .Lead}}<p>{{.}}</p>
{{end}}{{with .Standing}}<p>{{.}}</p>
{{end}}{{range .Sections}}<h2>{{.Name}}</h2>
<p style="white-space:pre-line">{{.Text}}</p>
{{end}}<p>{{.Concern}}</p>
{{with .Hits}}<ul>{{range .}}<li>{{.}}</li>{{end}}</ul>
{{end}}{{with .Answer}}<p><strong>{{.}}</strong></p>
{{end}}<p><a href="{{.Link.URL}}">{{.Link.Text}}</a> · <a href="{{.Page.URL}}">{{.Page.Text}}</a></p>
<p>{{.Issuer}}</p>
</div>
{{end}}</body></html>
`))
