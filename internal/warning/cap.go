// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/spec/cap"
	"github.com/fengsui/fengsui/internal/spec/tlp"
)

// CAP is the warning as an alert of the Common Alerting Protocol 1.2, in both languages, with as much of it as way allows;
// before are the revisions that its reader has had. exercise says that the platform itself is one.
func (s *Service) CAP(w Warning, before []Dated, way Way, exercise bool) cap.Alert {
	w, _ = w.Within(way)
	a := cap.Alert{Identifier: capID(w.Number, w.Revision), Sender: s.host(), Sent: w.ReleasedAt.In(calendar.Beijing()), Status: cap.Actual, Type: cap.First,
		Source: w.Content.Issuer, Scope: cap.Restricted, Restriction: "TLP:" + w.TLP}
	if w.TLP == string(tlp.Clear) {
		a.Scope, a.Restriction = cap.Public, ""
	}
	if exercise || w.Exercise {
		a.Status, a.Note = cap.Exercise, "演练，所述情况均为虚构 / exercise: nothing in it is real"
	}
	for _, b := range before {
		a.References = append(a.References, cap.Reference{Sender: a.Sender, Identifier: capID(w.Number, b.Revision), Sent: b.At.In(calendar.Beijing())})
	}
	if len(before) > 0 {
		if a.Type = cap.Update; w.Kind.Closes() {
			a.Type = cap.Cancel
		}
	}
	for _, lang := range []string{i18n.Chinese, i18n.English} {
		a.Infos = append(a.Infos, s.capInfo(i18n.For(lang), w))
	}
	return a
}

func capID(number string, revision int) string { return fmt.Sprintf("%s-r%d", number, revision) }

// host is the platform's name among those who send alerts.
func (s *Service) host() string {
	if u, err := url.Parse(s.BaseURL); err == nil && u.Host != "" {
		return strings.ReplaceAll(u.Host, ",", "")
	}
	return "fengsui"
}

// severities: the colours stand for grades I to IV of the emergency plan, and CAP has four, too.
var severities = map[Level]string{Red: "Extreme", Orange: "Severe", Yellow: "Moderate", Blue: "Minor", Risk: "Minor"}

// urgencies: by when units answer (Level.Within).
var urgencies = map[Level]string{Red: "Immediate", Orange: "Immediate", Yellow: "Expected", Blue: "Future", Risk: "Future"}

func (s *Service) capInfo(p i18n.Printer, w Warning) cap.Info {
	c := w.Content
	level := p.T("warning.level." + string(w.Level))
	i := cap.Info{Language: p.Lang(), Categories: []string{"Infra", "Security"}, Event: p.T("channel.cap.event"), ResponseTypes: []string{"Execute"},
		Urgency: urgencies[w.Level], Severity: severities[w.Level], Certainty: "Likely", Audience: p.T("channel.cap.audience"), Effective: w.ReleasedAt.In(calendar.Beijing()),
		EventCodes: []cap.Value{{Name: "urn:fengsui:level", Value: string(w.Level)}}, SenderName: c.Issuer,
		Headline: strings.TrimSpace(w.Number + " " + level + " " + p.Pick(c.Title, c.TitleEN)), Description: lines(p.Pick(c.Summary, c.SummaryEN), p.Pick(c.Scope, c.ScopeEN)),
		Instruction: p.Pick(c.Measures, c.MeasuresEN), Web: s.pageURL(w.ID), Contact: c.Phone,
		Parameters: []cap.Value{{Name: "TLP", Value: w.TLP}, {Name: "number", Value: w.Number}, {Name: "revision", Value: fmt.Sprint(w.Revision)}, {Name: "kind", Value: string(w.Kind)}},
		Areas:      []string{p.T("channel.cap.area")}}
	if w.Territory != "" {
		i.Areas = []string{w.Territory}
	}
	switch {
	case w.Kind.Closes():
		i.ResponseTypes, i.Urgency, i.Certainty = []string{"AllClear"}, "Past", "Unlikely"
	case w.Level == Risk:
		i.ResponseTypes = []string{"Monitor"}
	}
	if !w.RespondBy.IsZero() && !w.Kind.Closes() {
		i.Parameters = append(i.Parameters, cap.Value{Name: "respond_by", Value: w.RespondBy.UTC().Format("2006-01-02T15:04:05") + "-00:00"})
	}
	if i.Description == "" {
		i.Description = p.T("channel.withheld")
	}
	return i
}
