// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Working calendar knows on which days a country works.
type Working struct {
	Name  string
	Zone  *time.Location
	off   map[string]bool // days on which work rests, beside Saturdays and Sundays: "2021-10-01"
	on    map[string]bool // Saturdays and Sundays on which it does not (调休)
	years []int           // whose arrangement is known
	draft []int           // whose arrangement is not, but some of whose days of rest are
	from  map[int]string  // where a year's days come from
	// Partial says that even of the years that are known not every day of rest is: what is counted may move.
	Partial bool
}

//go:embed cn.txt
var chinese string

// China is the calendar of the State Council's yearly notices on holidays.
func China() *Working { return china() }

var china = sync.OnceValue(func() *Working {
	w, err := ReadWorking("cn", Beijing(), chinese)
	if err != nil {
		panic(err) // the embedded file is broken; the tests of this package say so first
	}
	return w
})

//go:embed eu.txt
var european string

// Europe is the calendar of TARGET, the payment system of the euro. Bank holidays of member states are not in it.
func Europe() *Working { return europe() }

var europe = sync.OnceValue(func() *Working {
	loc, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		loc = time.FixedZone("CET", 60*60)
	}
	w, err := ReadWorking("eu", loc, european)
	if err != nil {
		panic(err) // the embedded file is broken; the tests of this package say so first
	}
	return w
})

// ReadWorking reads a calendar: one year a line, "2021 off 01-01/01-03 02-11/02-17 on 02-07 02-20 # source". A line that
// begins with # is a remark, "2027 draft off …" is a year of which only some days of rest are known, and the word
// "partial" alone says that no year is known for sure.
func ReadWorking(name string, loc *time.Location, text string) (*Working, error) {
	w := &Working{Name: name, Zone: loc, off: map[string]bool{}, on: map[string]bool{}, from: map[int]string{}}
	for i, line := range strings.Split(text, "\n") {
		line, source, _ := strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) == 1 && words[0] == "partial" {
			w.Partial = true
			continue
		}
		year, err := time.Parse("2006", words[0])
		if err != nil || slices.Contains(w.years, year.Year()) || slices.Contains(w.draft, year.Year()) {
			return nil, fmt.Errorf("calendar %s: line %d: %q is no year, or stands twice", name, i+1, words[0])
		}
		w.from[year.Year()] = strings.TrimSpace(source)
		if len(words) > 1 && words[1] == "draft" {
			w.draft = append(w.draft, year.Year())
			words = slices.Delete(words, 1, 2)
		} else {
			w.years = append(w.years, year.Year())
		}
		set := w.off
		for _, word := range words[1:] {
			if word == "off" || word == "on" {
				set = map[string]map[string]bool{"off": w.off, "on": w.on}[word]
				continue
			}
			if err := span(set, words[0], word); err != nil {
				return nil, fmt.Errorf("calendar %s: line %d: %w", name, i+1, err)
			}
		}
	}
	slices.Sort(w.years)
	return w, nil
}

// span adds a day "05-01" or days "05-01/05-05" of a year.
func span(set map[string]bool, year, word string) error {
	from, to, ok := strings.Cut(word, "/")
	if !ok {
		to = from
	}
	first, err := time.Parse(time.DateOnly, year+"-"+from)
	last, err2 := time.Parse(time.DateOnly, year+"-"+to)
	if err != nil || err2 != nil || last.Before(first) {
		return fmt.Errorf("%q are no days of %s", word, year)
	}
	for ; !first.After(last); first = first.AddDate(0, 0, 1) {
		set[first.Format(time.DateOnly)] = true
	}
	return nil
}

// Years lists the years whose arrangement is known.
func (w *Working) Years() []int { return slices.Clone(w.years) }

// Drafts lists the years of which only some days of rest are known.
func (w *Working) Drafts() []int { return slices.Clone(w.draft) }

// Source tells where a year's days come from, "" for a year of which nothing is known.
func (w *Working) Source(year int) string { return w.from[year] }

// Knows reports whether every year from t to end is known: else what is counted between them may still move.
func (w *Working) Knows(t, end time.Time) bool { return !w.Partial && len(w.Missing(t, end)) == 0 }

// Missing lists the years from t to end whose arrangement is not known.
func (w *Working) Missing(t, end time.Time) (years []int) {
	for y := t.In(w.Zone).Year(); y <= end.In(w.Zone).Year(); y++ {
		if !slices.Contains(w.years, y) {
			years = append(years, y)
		}
	}
	return years
}

// Works reports whether the day of t is a working day.
func (w *Working) Works(t time.Time) bool {
	l := t.In(w.Zone)
	day := l.Format(time.DateOnly)
	weekend := l.Weekday() == time.Saturday || l.Weekday() == time.Sunday
	return w.on[day] || !weekend && !w.off[day]
}

// After returns 24:00 of the n-th working day after the day of t. Days on which skip says so are not counted.
func (w *Working) After(t time.Time, n int, skip func(from, to time.Time) bool) time.Time {
	day := Midnight(t, 0, w.Zone)
	for n > 0 {
		day = Midnight(day, 1, w.Zone)
		if w.Works(day) && (skip == nil || !skip(day, Midnight(day, 1, w.Zone))) {
			n--
		}
	}
	return Midnight(day, 1, w.Zone)
}

// Shift moves the end of a period of whole days to 24:00 of the next working day when its last day is none
// (Civil Code of the PRC, art. 203).
func (w *Working) Shift(end time.Time) time.Time {
	for !w.Works(end.Add(-time.Nanosecond)) {
		end = Midnight(end, 1, w.Zone)
	}
	return end
}

// Noon moves an instant on a day of rest to noon of the next working day.
func (w *Working) Noon(t time.Time) time.Time {
	if w.Works(t) {
		return t
	}
	for !w.Works(t) {
		t = Midnight(t, 1, w.Zone)
	}
	l := t.In(w.Zone)
	return Wall(w.Zone, l.Year(), l.Month(), l.Day(), 12, 0, 0, 0)
}
