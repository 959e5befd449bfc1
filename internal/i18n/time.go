// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package i18n

import (
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
)

// zone is the reader's time zone with the name that follows its times.
type zone struct {
	loc  *time.Location
	name string
}

var beijing = zone{calendar.Beijing(), "UTC+8"}

// Date writes the day of t in the reader's zone: "2021-11-24".
func (p Printer) Date(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(p.zone.loc).Format("2006-01-02")
}

// DateTime writes t to the minute in the reader's zone: "2021-11-24 10:00".
func (p Printer) DateTime(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(p.zone.loc).Format("2006-01-02 15:04")
}

// Zone names the zone of Date and DateTime: "UTC+8".
func (p Printer) Zone() string { return p.zone.name }

// Span writes a duration in its two largest units: "1 day 4 hours", "3 小时 20 分钟". Less than a minute is "under a minute".
func (p Printer) Span(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0 && hours > 0:
		return p.T("time.days-hours", days, hours)
	case days > 0:
		return p.T("time.days", days)
	case hours > 0 && minutes > 0:
		return p.T("time.hours-minutes", hours, minutes)
	case hours > 0:
		return p.T("time.hours", hours)
	case minutes > 0:
		return p.T("time.minutes", minutes)
	}
	return p.T("time.moment")
}

// Left says how far due is from now: "1 day 4 hours left", "3 hours overdue".
func (p Printer) Left(due, now time.Time) string {
	if now.After(due) {
		return p.T("time.overdue", p.Span(now.Sub(due)))
	}
	return p.T("time.left", p.Span(due.Sub(now)))
}

// Ago says how long ago t was.
func (p Printer) Ago(t, now time.Time) string {
	if t.IsZero() {
		return "—"
	}
	if t.After(now) {
		return p.T("time.in", p.Span(t.Sub(now)))
	}
	return p.T("time.ago", p.Span(now.Sub(t)))
}
