// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package ical_test

import (
	"encoding/json"
	"os"
	"path/filepath"
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

// TestCalendarForParsers writes a calendar and what it says for 'make conformance', where another parser reads it.
func TestCalendarForParsers(t *testing.T) {
	dir := os.Getenv("FENGSUI_CONFORMANCE")
	if dir == "" {
		dir = t.TempDir()
	}
	at := time.Date(2021, 11, 26, 2, 0, 0, 0, time.UTC)
	var c ical.Calendar
	c.Product, c.Name, c.Refresh = "-//Fengsui//Duties//ZH-CN", "烽燧：本单位待履行的义务", time.Hour
	for i, s := range []string{"向平台报送漏洞 · FS-R-2021-000001", strings.Repeat("很长的义务名称；逗号，", 30) + `\n is no line break; nor, is this`, "END:VEVENT\r\nBEGIN:VEVENT\nSUMMARY:forged", `"quoted": a;b,c\d`} {
		c.Events = append(c.Events, ical.Event{UID: strings.Repeat("0", i+1) + "-uid", Sequence: i, Status: []ical.Status{ical.Confirmed, ical.Cancelled, ical.Tentative, ical.Confirmed}[i], At: at.Add(time.Duration(i) * time.Hour),
			Changed: at, Summary: s, Description: s + "\n" + s, URL: "https://fengsui.example/duties?a=1&b=2", Categories: []string{"RMSV 2021", "a,b"},
			Alarms: []ical.Alarm{{At: at.Add(-24 * time.Hour), Text: s}}})
	}
	says, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"calendar.ics": []byte(write(t, c)), "calendar.json": says} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
