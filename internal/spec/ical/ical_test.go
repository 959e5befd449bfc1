// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package ical_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/spec/ical"
)

func write(t testing.TB, c ical.Calendar) string {
	t.Helper()
	var b strings.Builder
	if _, err := c.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWholeCalendar(t *testing.T) {
	at := time.Date(2021, 11, 26, 10, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	got := write(t, ical.Calendar{Product: "-//Example//EN", Name: "甲, 乙", Refresh: time.Hour, Events: []ical.Event{{UID: "u", Sequence: 2, Status: ical.Cancelled,
		At: at, Changed: at.Add(-time.Hour), Summary: `a;b\c`, Description: "one\r\ntwo", URL: "https://x.example/a?b=c,d", Categories: []string{"R,1", "x"},
		Alarms: []ical.Alarm{{At: at.Add(-24 * time.Hour), Text: "soon"}}}}})
	want := strings.ReplaceAll(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//EN
CALSCALE:GREGORIAN
METHOD:PUBLISH
NAME:甲\, 乙
X-WR-CALNAME:甲\, 乙
REFRESH-INTERVAL;VALUE=DURATION:PT60M
X-PUBLISHED-TTL:PT60M
BEGIN:VEVENT
UID:u
SEQUENCE:2
DTSTAMP:20211126T010000Z
LAST-MODIFIED:20211126T010000Z
DTSTART:20211126T020000Z
STATUS:CANCELLED
TRANSP:TRANSPARENT
SUMMARY:a\;b\\c
DESCRIPTION:one\ntwo
URL:https://x.example/a?b=c,d
CATEGORIES:R\,1,x
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER;VALUE=DATE-TIME:20211125T020000Z
DESCRIPTION:soon
END:VALARM
END:VEVENT
END:VCALENDAR
`, "\n", "\r\n")
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

// Whatever stands in a text, it stays inside its own property, and no line is too long or cuts a character.
func FuzzTextStaysInItsProperty(f *testing.F) {
	for _, s := range []string{"", "END:VEVENT\r\nBEGIN:VEVENT", strings.Repeat("漏洞", 100), strings.Repeat("a", 75), `\n;,\\`, "\x00\x1b\xff\r", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := write(t, ical.Calendar{Product: s, Name: s, Events: []ical.Event{{UID: "u", Summary: s, Description: s, URL: s, Categories: []string{s}, Alarms: []ical.Alarm{{Text: s}}}}})
		if !utf8.ValidString(got) && utf8.ValidString(s) {
			t.Fatalf("%q is no text any more: %q", s, got)
		}
		for _, l := range strings.SplitAfter(got, "\r\n") {
			if len(l) > 77 || strings.ContainsAny(strings.TrimSuffix(l, "\r\n"), "\r\n\x00") {
				t.Fatalf("line %q", l)
			}
		}
		unfolded := strings.ReplaceAll(got, "\r\n ", "")
		if n := strings.Count(unfolded, "\r\nBEGIN:"); n != 2 {
			t.Fatalf("%d parts instead of 2: %q", n, got)
		}
		if s != "" && utf8.ValidString(s) && !strings.Contains(unfolded, "SUMMARY:"+ical.Escape(s)+"\r\n") {
			t.Fatalf("the text changed: %q", got)
		}
	})
}
