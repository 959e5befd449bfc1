// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import "time"

// Wall returns the instant at which clocks in loc show the time. Where a change of the clocks repeats it, the first
// counts, because a due time must not be later than one reader's clock says; where it is skipped, it is moved on by
// what was skipped.
func Wall(loc *time.Location, year int, month time.Month, day, hour, minute, sec, nsec int) time.Time {
	shown := time.Date(year, month, day, hour, minute, sec, nsec, time.UTC)
	before, after := read(shown.Add(-24*time.Hour), loc), read(shown.Add(24*time.Hour), loc)
	first, second := shown.Add(-before).In(loc), shown.Add(-after).In(loc)
	if second.Before(first) {
		first, second = second, first
	}
	for _, t := range []time.Time{first, second} {
		if read(t, loc) == shown.Sub(t) {
			return t
		}
	}
	return shown.Add(-before).In(loc)
}

// read is how far the clocks in loc are ahead of UTC at t.
func read(t time.Time, loc *time.Location) time.Duration {
	_, offset := t.In(loc).Zone()
	return time.Duration(offset) * time.Second
}

// Midnight is the instant at which the day of t begins in loc, moved by so many days.
func Midnight(t time.Time, days int, loc *time.Location) time.Time {
	l := t.In(loc)
	return Wall(loc, l.Year(), l.Month(), l.Day()+days, 0, 0, 0, 0)
}
