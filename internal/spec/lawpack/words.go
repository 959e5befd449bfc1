// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
)

// Source cites where a duty comes from: "RMSV 2021 art. 7(2)".
func (d *Duty) Source(p i18n.Printer) string {
	if d.Where == (Text{}) {
		return d.pack.Cite.In(p)
	}
	if p.English() {
		return d.pack.Cite.EN + " " + d.Where.EN
	}
	return d.pack.Cite.ZH + d.Where.ZH
}

// Sentence explains a due time: its source, the event from which the clock runs, and every reading of the law. It is
// the same sentence for what is owed and for what would be.
func (o Owed) Sentence(p i18n.Printer) string {
	d := o.Duty
	from, of := d.Source(p), p.T("law.anchor."+o.Anchor+".of")
	at, zone := p.DateTime(o.AnchorAt), p.Zone()
	switch {
	case len(o.Open) > 0:
		return p.T("law.sentence.open", from, questions(p, o.Open))
	case o.State == Upcoming:
		return p.T("law.sentence.upcoming", from, PeriodWords(p, o.Period), of)
	case o.State == Waived || o.State == Void && o.Why != "":
		return p.T("law.sentence."+string(o.State), from, o.Why)
	case d.Due.Kind == Standing:
		return p.T("law.sentence.standing", from)
	case d.Due.Kind == NoLimit:
		return p.T("law.sentence.encouraged", from)
	case o.AnchorAt.IsZero():
		return p.T("law.sentence.waiting", from, p.T("law.anchor."+o.Anchor+".waits"))
	case o.State == Paused:
		return p.T("law.sentence.paused", from, o.Why)
	case o.Soft:
		return p.T("law.sentence.soft-"+string(d.Due.Kind), from, of, at, zone, p.Span(o.DueAt.Sub(o.AnchorAt)), p.DateTime(o.DueAt))
	case d.Due.Kind == StatedInOrder && o.DueAt.IsZero(), d.Due.Kind == OnRequest && o.DueAt.IsZero():
		return p.T("law.sentence.no-time", from, of, at, zone)
	case o.DueAt.IsZero():
		return p.T("law.sentence.in-time", from, of, at, zone)
	case d.Due.Kind == StatedInOrder || d.Due.Kind == OnRequest:
		return p.T("law.sentence.stated", from, of, at, zone, p.DateTime(o.DueAt))
	case d.Due.Kind == Before || d.Due.Kind == CalendarGate:
		return p.T("law.sentence.before", from, of, at, zone)
	case d.Due.Kind == Retention:
		return p.T("law.sentence.keep", from, PeriodWords(p, o.Period), of, at, zone, p.DateTime(o.DueAt))
	}
	due := p.DateTime(o.DueAt)
	if d.Due.Kind == WorkingDays || len(d.Due.Readings) > 0 && d.Due.Readings[0] != Elapsed {
		due = endOf(p, o.DueAt)
	}
	return p.T("law.sentence.within", from, o.figure(p), of, at, zone, due) + o.later(p)
}

// By says by when a duty is due, without the times of a single case: "within 2 days of learning".
func (d *Duty) By(p i18n.Printer) string {
	of := func(anchor string) string { return p.T("law.anchor." + anchor + ".of") }
	due := d.Due
	var s string
	switch due.Kind {
	case Duration:
		s = p.T("law.by.duration", PeriodWords(p, due.Value), of(d.Anchor))
		for _, o := range due.Override {
			value, anchor := due.Value, d.Anchor
			if !o.Value.IsZero() {
				value = o.Value
			}
			if o.Anchor != "" {
				anchor = o.Anchor
			}
			s += p.T("law.by.override", o.When.In(p), p.T("law.by.duration", PeriodWords(p, value), of(anchor)))
		}
	case WorkingDays:
		s = p.T("law.by.duration", p.T("law.period.working-days", due.Days), of(d.Anchor))
	case EarliestOf, LatestOf:
		terms := make([]string, len(due.Of))
		for i, t := range due.Of {
			terms[i] = p.T("law.by.duration", PeriodWords(p, t.Value), of(t.Anchor))
		}
		s = p.T("law.by."+string(due.Kind), strings.Join(terms, p.T("law.by.or")))
		if due.Late != (Term{}) {
			s += p.T("law.by.late", p.T("law.by.duration", PeriodWords(p, due.Late.Value), of(due.Late.Anchor)))
		}
	case Retention:
		s = p.T("law.by.retention_floor", PeriodWords(p, due.Value), of(d.Anchor))
	case Standing, NoLimit:
		s = p.T("law.by." + string(due.Kind))
	default: // a kind that has no figure
		s = p.T("law.by."+string(due.Kind), of(d.Anchor))
	}
	if !due.Soft.IsZero() {
		s += p.T("law.by.soft", PeriodWords(p, due.Soft))
	}
	if len(due.Readings) > 1 || len(due.Readings) == 1 && due.Readings[0] != Elapsed {
		words := make([]string, len(due.Readings))
		for i, r := range due.Readings {
			words[i] = p.T("law.reading." + string(r))
		}
		s += p.T("law.by.readings", strings.Join(words, p.T("law.by.or")))
	}
	if d.Trigger != "" && d.Trigger != d.Anchor {
		s += p.T("law.by.trigger", of(d.Trigger))
	}
	return s
}

// In writes facts in words: "the grade of the incident: major or extreme".
func (w When) In(p i18n.Printer) string {
	var parts []string
	for _, fact := range slices.Sorted(maps.Keys(w)) {
		values := make([]string, len(w[fact]))
		for i, v := range w[fact] {
			values[i] = p.T("law.value." + v)
		}
		parts = append(parts, p.T("law.fact.is", p.T("law.fact."+fact), strings.Join(values, p.T("law.by.or"))))
	}
	return strings.Join(parts, p.T("law.by.and"))
}

// figure is the period that was counted, in words.
func (o Owed) figure(p i18n.Printer) string {
	if o.Duty.Due.Kind == WorkingDays {
		return p.T("law.period.working-days", o.Duty.Due.Days)
	}
	return PeriodWords(p, o.Period)
}

// later says what the latest arguable reading adds, and how sure it is.
func (o Owed) later(p i18n.Printer) (s string) {
	if o.LatestAt.After(o.DueAt) {
		key := "law.sentence.latest-whole"
		for _, e := range o.Ends {
			switch {
			case !e.At.Equal(o.LatestAt):
			case e.Reading == NoonAfterRest:
				key = "law.sentence.latest-noon"
			case e.Reading == CivilDays && !e.At.Equal(o.Period.WholeDays(o.AnchorAt, o.Duty.pack.loc)):
				key = "law.sentence.latest-moved"
			}
		}
		s = p.T(key, endOf(p, o.LatestAt))
	}
	if o.Provisional {
		s += o.provisional(p)
	}
	return s
}

// provisional says why a due time may still move.
func (o Owed) provisional(p i18n.Printer) string {
	working := workingCalendar(o.Duty.Due.Calendar)
	if working == nil || working.Partial {
		return p.T("law.sentence.provisional-partial")
	}
	var years []string
	for _, y := range working.Missing(o.AnchorAt, o.LatestAt.Add(-time.Nanosecond)) {
		years = append(years, strconv.Itoa(y))
	}
	return p.T("law.sentence.provisional", strings.Join(years, p.T("law.and")))
}

// questions names facts in words.
func questions(p i18n.Printer, facts []string) string {
	words := make([]string, len(facts))
	for i, f := range facts {
		words[i] = p.T("law.fact." + f)
	}
	return strings.Join(words, p.T("law.and"))
}

// PeriodWords writes a period: "24 hours", "2 日", "1 month".
func PeriodWords(p i18n.Printer, x Period) string {
	var words []string
	for _, part := range []struct {
		n   int
		key string
	}{
		{x.Years, "law.period.years"}, {x.Months, "law.period.months"}, {x.Days, "law.period.days"}, {int(x.Time / time.Hour), "law.period.hours"},
		{int(x.Time/time.Minute) % 60, "law.period.minutes"}, {int(x.Time/time.Second) % 60, "law.period.seconds"},
	} {
		if part.n > 0 {
			words = append(words, p.T(part.key, part.n))
		}
	}
	return strings.Join(words, " ")
}

// endOf writes a time; midnight is the end of the day that it closes: "2021-11-26 24:00".
func endOf(p i18n.Printer, t time.Time) string {
	s := p.DateTime(t)
	if strings.HasSuffix(s, " 00:00") {
		return p.Date(t.Add(-time.Minute)) + " 24:00"
	}
	return s
}
