// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/fault"
)

// Rolling is the name of the last twelve months.
const Rolling = "rolling"

// A Period is a quarter, a year, or the last twelve months, by the calendar of Beijing.
type Period struct {
	Name        string
	From, Until time.Time
}

var name = regexp.MustCompile(`^(20\d\d)(?:-Q([1-4]))?$`)

// ParsePeriod reads "2021", "2021-Q4" or "rolling", which ends with the last midnight before now.
func ParsePeriod(s string, now time.Time) (Period, error) {
	if s == Rolling {
		until := calendar.Midnight(now, 0, calendar.Beijing())
		l := until.In(calendar.Beijing())
		return Period{Rolling, month(l.Year()-1, l.Month()).AddDate(0, 0, l.Day()-1).UTC(), until.UTC()}, nil
	}
	m := name.FindStringSubmatch(s)
	if m == nil {
		return Period{}, fault.FieldError("period", "transparency.rule.period", "2021-Q4")
	}
	year, _ := strconv.Atoi(m[1])
	if m[2] == "" {
		return Period{s, month(year, 1), month(year+1, 1)}, nil
	}
	q, _ := strconv.Atoi(m[2])
	return quarter(year, q), nil
}

func month(year int, m time.Month) time.Time {
	return calendar.Wall(calendar.Beijing(), year, m, 1, 0, 0, 0, 0).UTC()
}

// quarter is the q-th quarter of a year, counted from 1; others than 1 to 4 lie in other years.
func quarter(year, q int) Period {
	from, until := month(year, time.Month(3*q-2)), month(year, time.Month(3*q+1))
	l := from.In(calendar.Beijing())
	return Period{fmt.Sprintf("%d-Q%d", l.Year(), (int(l.Month())+2)/3), from, until}
}

// Quarters are the four quarters of a year, or the one of a quarter; none of the last twelve months.
func (p Period) Quarters() (out []Period) {
	if p.Name == Rolling {
		return nil
	}
	for _, q := range p.lastQuarters(4) {
		if !q.From.Before(p.From) {
			out = append(out, q)
		}
	}
	return out
}

// lastQuarters are the n quarters up to the one that holds the last moment of p, the oldest first.
func (p Period) lastQuarters(n int) (out []Period) {
	l := p.Until.Add(-time.Nanosecond).In(calendar.Beijing())
	for i := n - 1; i >= 0; i-- {
		out = append(out, quarter(l.Year(), (int(l.Month())+2)/3-i))
	}
	return out
}

// Over reports whether the period has ended at t.
func (p Period) Over(t time.Time) bool { return !t.Before(p.Until) }
