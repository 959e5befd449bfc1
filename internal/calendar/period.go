// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Period is a length of time as laws state it: hours pass by the clock, days and months by the calendar.
type Period struct {
	Years, Months, Days int
	Time                time.Duration
}

var period = regexp.MustCompile(`^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?$`)

// ParsePeriod reads ISO 8601: "P2D", "PT24H", "P1M". A period of nothing is refused.
func ParsePeriod(s string) (Period, error) {
	m := period.FindStringSubmatch(s)
	if m == nil || strings.HasSuffix(s, "T") {
		return Period{}, fmt.Errorf("%q is no ISO 8601 period such as P2D, PT24H or P1M", s)
	}
	n := make([]int, len(m))
	for i, digits := range m[1:] {
		n[i], _ = strconv.Atoi(digits) // what is left out counts as 0
	}
	p := Period{n[0], n[1], n[2], time.Duration(n[3])*time.Hour + time.Duration(n[4])*time.Minute + time.Duration(n[5])*time.Second}
	if p.IsZero() {
		return Period{}, fmt.Errorf("the period %q has no length", s)
	}
	return p, nil
}

// IsZero reports whether the period has no length.
func (p Period) IsZero() bool { return p == Period{} }

// String writes the period in ISO 8601, hours and less in the largest units that hold them.
func (p Period) String() string {
	var b strings.Builder
	b.WriteByte('P')
	part := func(n int, unit byte) {
		if n != 0 {
			b.WriteString(strconv.Itoa(n))
			b.WriteByte(unit)
		}
	}
	part(p.Years, 'Y')
	part(p.Months, 'M')
	part(p.Days, 'D')
	if p.Time != 0 {
		b.WriteByte('T')
		part(int(p.Time/time.Hour), 'H')
		part(int(p.Time/time.Minute)%60, 'M')
		part(int(p.Time/time.Second)%60, 'S')
	}
	return b.String()
}

// Elapsed is the strict reading: months and years by the calendar of loc, each day as 24 hours.
func (p Period) Elapsed(t time.Time, loc *time.Location) time.Time {
	return p.months(t, loc).Add(time.Duration(p.Days)*24*time.Hour + p.Time)
}

// SameTime counts days, too, by the calendar of loc: the clocks there show the same time as at t.
func (p Period) SameTime(t time.Time, loc *time.Location) time.Time {
	m := p.months(t, loc)
	if p.Days == 0 {
		return m.Add(p.Time)
	}
	l := m.In(loc)
	return Wall(loc, l.Year(), l.Month(), l.Day()+p.Days, l.Hour(), l.Minute(), l.Second(), l.Nanosecond()).Add(p.Time)
}

// WholeDays counts days whole: the day of t is not counted and the period ends at 24:00 of its last day in loc.
func (p Period) WholeDays(t time.Time, loc *time.Location) time.Time {
	return Midnight(p.months(t, loc).Add(p.Time), p.Days+1, loc)
}

// months moves t by the period's years and months; a day that the month lacks becomes its last.
func (p Period) months(t time.Time, loc *time.Location) time.Time {
	n := p.Years*12 + p.Months
	if n == 0 {
		return t
	}
	l := t.In(loc)
	last := time.Date(l.Year(), l.Month()+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return Wall(loc, last.Year(), last.Month(), min(l.Day(), last.Day()), l.Hour(), l.Minute(), l.Second(), l.Nanosecond())
}
