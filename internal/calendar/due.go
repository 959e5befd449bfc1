// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"sync"
	"time"
)

// Beijing is the zone in which Chinese law counts days: UTC+8 all year, since 1992.
func Beijing() *time.Location { return beijing() }

var beijing = sync.OnceValue(func() *time.Location {
	if loc, err := time.LoadLocation("Asia/Shanghai"); err == nil {
		return loc
	}
	return time.FixedZone("CST", 8*60*60)
})

// HoursAfter is the strict reading of "within n days": n times 24 hours after t.
func HoursAfter(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * 24 * time.Hour) }

// DaysAfter is the day-count reading of "within n days": the day of t is not counted and the period ends at 24:00 of
// the n-th day after it, in loc (Civil Code of the PRC, art. 201; whether it governs the Provisions is not settled,
// so callers show both readings).
func DaysAfter(t time.Time, n int, loc *time.Location) time.Time {
	l := t.In(loc)
	return time.Date(l.Year(), l.Month(), l.Day()+n+1, 0, 0, 0, 0, loc)
}
