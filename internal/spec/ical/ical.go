// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package ical writes calendars as calendar programs read them (iCalendar, RFC 5545): events at an instant, with alarms.
package ical

import (
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MediaType of a calendar.
const MediaType = "text/calendar; charset=utf-8"

// Status of an event (§3.8.1.11).
type Status string

// The statuses. A program that knows an event by its UID drops it when it comes back cancelled.
const (
	Confirmed Status = "CONFIRMED"
	Tentative Status = "TENTATIVE"
	Cancelled Status = "CANCELLED"
)

// An Event is something that happens at an instant. Times are written in UTC, to the second.
type Event struct {
	UID         string // stays the same for ever (§3.8.4.7)
	Sequence    int    // rises with every change that matters (§3.8.7.4)
	Status      Status
	At          time.Time
	Changed     time.Time // when it last changed
	Summary     string
	Description string
	URL         string
	Categories  []string
	Alarms      []Alarm
}

// An Alarm rings at an instant.
type Alarm struct {
	At   time.Time
	Text string
}

// A Calendar is a set of events.
type Calendar struct {
	Product string // who wrote it: "-//Fengsui//Duties//EN"
	Name    string
	Refresh time.Duration // how often a subscriber should ask again; 0 says nothing
	Events  []Event
}

// WriteTo writes the calendar: lines of at most 75 octets, ended by CRLF (§3.1).
func (c Calendar) WriteTo(to io.Writer) (int64, error) {
	w := &writer{}
	w.line("BEGIN", "VCALENDAR")
	w.line("VERSION", "2.0")
	w.line("PRODID", Escape(c.Product))
	w.line("CALSCALE", "GREGORIAN")
	w.line("METHOD", "PUBLISH")
	if c.Name != "" {
		w.line("NAME", Escape(c.Name))         // RFC 7986 §5.1
		w.line("X-WR-CALNAME", Escape(c.Name)) // what programs read in fact
	}
	if c.Refresh > 0 {
		w.line("REFRESH-INTERVAL;VALUE=DURATION", duration(c.Refresh)) // RFC 7986 §5.7
		w.line("X-PUBLISHED-TTL", duration(c.Refresh))
	}
	for _, e := range c.Events {
		w.event(e)
	}
	w.line("END", "VCALENDAR")
	n, err := io.WriteString(to, w.String())
	return int64(n), err
}

type writer struct{ strings.Builder }

func (w *writer) event(e Event) {
	w.line("BEGIN", "VEVENT")
	w.line("UID", Escape(e.UID))
	w.line("SEQUENCE", strconv.Itoa(e.Sequence))
	w.line("DTSTAMP", stamp(e.Changed))
	w.line("LAST-MODIFIED", stamp(e.Changed))
	w.line("DTSTART", stamp(e.At))
	w.line("STATUS", string(e.Status))
	w.line("TRANSP", "TRANSPARENT") // a due time takes nobody's time
	w.line("SUMMARY", Escape(e.Summary))
	if e.Description != "" {
		w.line("DESCRIPTION", Escape(e.Description))
	}
	if e.URL != "" {
		w.line("URL", strings.Map(visible, e.URL))
	}
	if len(e.Categories) > 0 {
		words := make([]string, len(e.Categories))
		for i, x := range e.Categories {
			words[i] = Escape(x)
		}
		w.line("CATEGORIES", strings.Join(words, ","))
	}
	for _, a := range e.Alarms {
		w.line("BEGIN", "VALARM")
		w.line("ACTION", "DISPLAY")
		w.line("TRIGGER;VALUE=DATE-TIME", stamp(a.At))
		w.line("DESCRIPTION", Escape(a.Text))
		w.line("END", "VALARM")
	}
	w.line("END", "VEVENT")
}

// visible drops what would end a line.
func visible(r rune) rune {
	if unicode.IsControl(r) {
		return -1
	}
	return r
}

// line writes a content line, folded so that no line is longer than 75 octets and no character is cut (§3.1).
func (w *writer) line(name, value string) {
	rest, room := name+":"+value, 75
	for len(rest) > room {
		cut := room
		for !utf8.RuneStart(rest[cut]) {
			cut--
		}
		w.WriteString(rest[:cut] + "\r\n ")
		rest, room = rest[cut:], 74 // the blank counts
	}
	w.WriteString(rest + "\r\n")
}

var escapes = strings.NewReplacer(`\`, `\\`, `;`, `\;`, `,`, `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

// Escape is a text as a value of the type TEXT (§3.3.11): without control characters, its marks escaped.
func Escape(s string) string {
	s = escapes.Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// stamp writes an instant as DATE-TIME in UTC (§3.3.5, form 2).
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// duration writes whole minutes (§3.3.6).
func duration(d time.Duration) string {
	return "PT" + strconv.Itoa(max(int(d/time.Minute), 1)) + "M"
}
