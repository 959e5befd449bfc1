// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"cmp"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/web/look"
)

// levelWord is a warning's level in the reader's words.
func (v *view) levelWord(l warning.Level) string { return v.T("warning.level." + string(l)) }

// warningTitle is a warning's title, or its number where the reader may not see the text here.
func (v *view) warningTitle(w warning.Warning) string {
	return cmp.Or(v.P.Pick(w.Content.Title, w.Content.TitleEN), w.Number)
}

// measures are what to do, one a line.
func (v *view) measures(c warning.Content) (out []string) {
	for _, l := range strings.Split(v.P.Pick(c.Measures, c.MeasuresEN), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// answerWord is what a unit answered; answerTone is how that stands.
func (v *view) answerWord(a warning.Answer) string {
	if a == warning.Unanswered {
		return v.T("warning.answer.none")
	}
	return v.T("warning.answer." + string(a))
}

func answerTone(a warning.Answer) string {
	switch a {
	case warning.FixedAll, warning.AffectedNo:
		return look.Good
	case warning.AffectedYes:
		return look.Bad
	}
	return look.Wait
}

// limit says by when to answer, and how that stands for a unit.
func (v *view) limit(w warning.Warning, r warning.Recipient) (tone, word string) {
	switch {
	case r.Answer == warning.FixedAll || r.Answer == warning.AffectedNo:
		return look.Good, v.T("web.warning.answered", v.answerWord(r.Answer), v.P.Ago(r.AckedAt, v.Now))
	case r.Answer != warning.Unanswered:
		return look.Wait, v.T("web.warning.answered", v.answerWord(r.Answer), v.P.Ago(r.AckedAt, v.Now))
	case v.Now.After(w.RespondBy):
		return look.Bad, v.P.Left(w.RespondBy, v.Now)
	}
	return look.Wait, v.P.Left(w.RespondBy, v.Now)
}

// concern answers whether a warning concerns a unit, by what is registered.
func (v *view) concern(products int) (tone, word string) {
	if products > 0 {
		return look.Bad, v.T("web.warning.concern.yes", products)
	}
	return look.Plain, v.T("web.warning.concern.unknown")
}

// own are the findings of the reader's organisation; staff see all.
func (x warningView) own(org string) (out []match.Finding) {
	for _, f := range x.Findings {
		if f.OrgID == org {
			out = append(out, f)
		}
	}
	return out
}

// answerChoice is the choice of an answer, each with what it means.
func (v *view) answerChoice(f *form, now warning.Answer) look.Field {
	x := f.field("answer", v.T("web.warning.answer"))
	x.Required = true
	if x.Value == "" {
		x.Value = string(now)
	}
	for _, a := range warning.Answers {
		x.Options = append(x.Options, look.Option{Value: string(a), Label: v.answerWord(a), Hint: v.T("web.warning.answer." + string(a))})
	}
	return x
}

// waves groups targets by wave, in the order of their sending.
func waves(ts []warning.Target) (out [3][]warning.Target) {
	for _, t := range ts {
		if t.Wave >= warning.WaveAffected && t.Wave <= warning.WaveAll {
			out[t.Wave-1] = append(out[t.Wave-1], t)
		}
	}
	return out
}

// channels are the ways a target is told, in words; the inbox is one of them always.
func (v *view) channels(cs []string) string {
	words := []string{v.T("web.warning.inbox")}
	for _, c := range cs {
		words = append(words, v.T("warning.channel."+c))
	}
	return strings.Join(words, v.T("web.comma"))
}

// momentOrNothing is a time, or "" for none.
func (v *view) momentOrNothing(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.P.DateTime(t)
}
