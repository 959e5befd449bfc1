// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package calendar_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/calendar"
)

func day(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Beijing())
	if err != nil {
		panic(err)
	}
	return t
}

func TestChina(t *testing.T) {
	cn := calendar.China()
	if got := cn.Years(); !slices.Equal(got, []int{2020, 2021, 2022, 2023, 2024, 2025, 2026}) {
		t.Errorf("years %v", got)
	}
	for date, want := range map[string]bool{
		"2026-10-01": false, "2026-10-07": false, "2026-10-08": true, "2026-10-10": true, "2026-10-11": false,
		"2026-09-20": true, "2026-09-25": false, "2026-02-14": true, "2026-02-15": false, "2026-02-24": true,
		"2021-10-09": true, "2021-11-26": true, "2021-11-27": false, "2024-10-12": true, "2022-12-31": false,
	} {
		if got := cn.Works(day(date + " 12:00")); got != want {
			t.Errorf("%s works: %v", date, got)
		}
	}
	for _, c := range []struct {
		from string
		n    int
		end  string // 24:00 of the last day, as 00:00 of the next
		sure bool
	}{
		{"2021-11-24 10:00", 2, "2021-11-27 00:00", true},
		{"2026-09-30 10:00", 1, "2026-10-09 00:00", true},  // the first day after the holiday
		{"2026-09-30 10:00", 10, "2026-10-21 00:00", true}, // 8, 9, Saturday 10 made up, 12–16, 19, 20
		{"2026-09-17 10:00", 3, "2026-09-22 00:00", true},  // 18, Sunday 20 made up, 21
		{"2026-12-25 10:00", 10, "2027-01-12 00:00", false},
	} {
		got := cn.After(day(c.from), c.n, nil)
		if !got.Equal(day(c.end)) || cn.Knows(day(c.from), got) != c.sure {
			t.Errorf("%d working days after %s: %s, sure %v", c.n, c.from, got, cn.Knows(day(c.from), got))
		}
	}
	if got := cn.Shift(day("2026-10-03 00:00")); !got.Equal(day("2026-10-09 00:00")) {
		t.Errorf("2 October 24:00 moves to %s", got)
	}
	if got := cn.Shift(day("2021-11-27 00:00")); !got.Equal(day("2021-11-27 00:00")) {
		t.Errorf("a working day moves to %s", got)
	}
	if got := cn.Noon(day("2026-10-03 09:00")); !got.Equal(day("2026-10-08 12:00")) {
		t.Errorf("noon after the holiday: %s", got)
	}
}

// A year that no notice has arranged yet is a draft: its own days of rest count, and nothing counted over it is sure.
func TestAYearWithoutANoticeIsADraft(t *testing.T) {
	cn := calendar.China()
	if got := cn.Drafts(); !slices.Equal(got, []int{2027}) {
		t.Errorf("drafts %v", got)
	}
	for date, want := range map[string]bool{"2027-01-01": false, "2027-01-04": true, "2027-02-05": false, "2027-02-08": false, "2027-06-09": false, "2027-09-15": false, "2027-10-01": false, "2027-10-04": true} {
		if got := cn.Works(day(date + " 12:00")); got != want {
			t.Errorf("%s works: %v", date, got)
		}
	}
	if cn.Knows(day("2026-12-31 10:00"), day("2027-01-02 10:00")) || !cn.Knows(day("2026-12-01 10:00"), day("2026-12-31 10:00")) {
		t.Error("a draft counts as known, or a known year does not")
	}
	if got := cn.Missing(day("2026-12-31 10:00"), day("2028-01-02 10:00")); !slices.Equal(got, []int{2027, 2028}) {
		t.Errorf("missing %v", got)
	}
	for _, y := range append(cn.Years(), 2027) {
		if cn.Source(y) == "" {
			t.Errorf("nobody knows where the days of %d come from", y)
		}
	}
	if cn.Source(2040) != "" {
		t.Error("a source of nothing")
	}
}

// The closing days of TARGET follow from Easter, which is computed here again (Gregorian computus).
func TestEurope(t *testing.T) {
	eu := calendar.Europe()
	for _, y := range eu.Years() {
		a, b, c := y%19, y/100, y%100
		h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
		l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
		m := (a + 11*h + 22*l) / 451
		easter := time.Date(y, time.Month((h+l-7*m+114)/31), (h+l-7*m+114)%31+1, 12, 0, 0, 0, eu.Zone)
		shut := map[string]bool{}
		for _, d := range []time.Time{easter.AddDate(0, 0, -2), easter.AddDate(0, 0, 1), time.Date(y, 1, 1, 12, 0, 0, 0, eu.Zone), time.Date(y, 5, 1, 12, 0, 0, 0, eu.Zone),
			time.Date(y, 12, 25, 12, 0, 0, 0, eu.Zone), time.Date(y, 12, 26, 12, 0, 0, 0, eu.Zone)} {
			shut[d.Format(time.DateOnly)] = true
		}
		for d := time.Date(y, 1, 1, 12, 0, 0, 0, eu.Zone); d.Year() == y; d = d.AddDate(0, 0, 1) {
			want := d.Weekday() != time.Saturday && d.Weekday() != time.Sunday && !shut[d.Format(time.DateOnly)]
			if eu.Works(d) != want {
				t.Errorf("%s works: %v", d.Format(time.DateOnly), !want)
			}
		}
	}
	if n := len(eu.Years()); n < 15 || eu.Knows(time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%d years, and a partial calendar that is sure", n)
	}
}

func TestWrongCalendarsAreRefused(t *testing.T) {
	for _, text := range []string{"21 off 01-01", "2021 off 02-30", "2021 off 01-05/01-01", "2021 off x", "2021\n2021", "2021 draft\n2021", "2021 draft off 13-01", "partial off"} {
		if _, err := calendar.ReadWorking("x", time.UTC, text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

// Between the start and the end of n working days lie exactly n of them, and the end closes one; a skipped day moves
// the end by one working day.
func TestWorkingDaysAreCounted(t *testing.T) {
	cn := calendar.China()
	rapid.Check(t, func(t *rapid.T) {
		from := day("2020-01-01 00:00").Add(time.Duration(rapid.IntRange(0, 6*365*24).Draw(t, "hours")) * time.Hour)
		n := rapid.IntRange(1, 30).Draw(t, "days")
		end := cn.After(from, n, nil)
		count := 0
		for d := calendar.Midnight(from, 1, cn.Zone); d.Before(end); d = calendar.Midnight(d, 1, cn.Zone) {
			if cn.Works(d) {
				count++
			}
		}
		if count != n || !cn.Works(end.Add(-time.Second)) {
			t.Fatalf("%d working days after %s end at %s, which counts %d", n, from, end, count)
		}
		first := cn.After(from, 1, nil)
		paused := func(a, b time.Time) bool { return b.Equal(first) }
		if got, want := cn.After(from, n, paused), cn.After(from, n+1, nil); !got.Equal(want) {
			t.Fatalf("with one day skipped: %s, want %s", got, want)
		}
		if shifted := cn.Shift(calendar.Midnight(from, 1, cn.Zone)); shifted.Before(from) || !cn.Works(shifted.Add(-time.Second)) {
			t.Fatalf("%s moves to %s", from, shifted)
		}
	})
}
