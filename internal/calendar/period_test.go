// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fengsui/fengsui/internal/calendar"
)

const stamp = "2006-01-02T15:04:05-07:00"

// zones differ in sign, in half hours, in half hours of summer time, in clocks changed at midnight, and in a day left out.
var zones = []string{"UTC", "Asia/Shanghai", "Europe/Brussels", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
	"America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "America/St_Johns"}

func zone(t interface {
	Helper()
	Fatal(...any)
}, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func must(t *testing.T, s string) calendar.Period {
	t.Helper()
	p, err := calendar.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestReadings(t *testing.T) {
	for _, c := range []struct{ zone, from, period, elapsed, same, whole string }{
		{"Asia/Shanghai", "2021-11-24T10:00:00+08:00", "P2D", "2021-11-26T10:00:00+08:00", "2021-11-26T10:00:00+08:00", "2021-11-27T00:00:00+08:00"},
		{"Asia/Shanghai", "2021-11-24T00:00:00+08:00", "P2D", "2021-11-26T00:00:00+08:00", "2021-11-26T00:00:00+08:00", "2021-11-27T00:00:00+08:00"},
		// an hour less in the night of 29 March, one more in that of 25 October
		{"Europe/Brussels", "2026-03-28T12:00:00+01:00", "P1D", "2026-03-29T13:00:00+02:00", "2026-03-29T12:00:00+02:00", "2026-03-30T00:00:00+02:00"},
		{"Europe/Brussels", "2026-10-24T12:00:00+02:00", "P1D", "2026-10-25T11:00:00+01:00", "2026-10-25T12:00:00+01:00", "2026-10-26T00:00:00+01:00"},
		{"Europe/Brussels", "2026-03-28T02:30:00+01:00", "P1D", "2026-03-29T03:30:00+02:00", "2026-03-29T03:30:00+02:00", "2026-03-30T00:00:00+02:00"},
		{"Europe/Brussels", "2026-10-24T02:30:00+02:00", "P1D", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T00:00:00+01:00"},
		// month ends and leap days
		{"Europe/Brussels", "2027-01-31T09:00:00+01:00", "P1M", "2027-02-28T09:00:00+01:00", "2027-02-28T09:00:00+01:00", "2027-03-01T00:00:00+01:00"},
		{"Europe/Brussels", "2028-01-31T09:00:00+01:00", "P1M", "2028-02-29T09:00:00+01:00", "2028-02-29T09:00:00+01:00", "2028-03-01T00:00:00+01:00"},
		{"Europe/Brussels", "2027-02-28T09:00:00+01:00", "P1M", "2027-03-28T09:00:00+02:00", "2027-03-28T09:00:00+02:00", "2027-03-29T00:00:00+02:00"},
		{"UTC", "2028-02-29T09:00:00+00:00", "P1Y", "2029-02-28T09:00:00+00:00", "2029-02-28T09:00:00+00:00", "2029-03-01T00:00:00+00:00"},
		{"UTC", "2028-12-31T23:59:59+00:00", "P2M", "2029-02-28T23:59:59+00:00", "2029-02-28T23:59:59+00:00", "2029-03-01T00:00:00+00:00"},
		{"Asia/Kolkata", "2026-01-01T22:30:00+05:30", "PT6H", "2026-01-02T04:30:00+05:30", "2026-01-02T04:30:00+05:30", "2026-01-03T00:00:00+05:30"},
		// midnight does not exist on the day on which the clocks go forward at midnight
		{"Asia/Beirut", "2026-03-27T12:00:00+02:00", "P1D", "2026-03-28T12:00:00+02:00", "2026-03-28T12:00:00+02:00", "2026-03-29T01:00:00+03:00"},
	} {
		loc, p := zone(t, c.zone), must(t, c.period)
		from, err := time.Parse(stamp, c.from)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []struct {
			name, want string
			got        time.Time
		}{{"elapsed", c.elapsed, p.Elapsed(from, loc)}, {"same time", c.same, p.SameTime(from, loc)}, {"whole days", c.whole, p.WholeDays(from, loc)}} {
			if got := r.got.In(loc).Format(stamp); got != r.want && got != r.want[:len(r.want)-6]+"Z" {
				t.Errorf("%s after %s in %s, %s: %s, want %s", c.period, c.from, c.zone, r.name, got, r.want)
			}
		}
	}
}

func TestPeriodText(t *testing.T) {
	for _, s := range []string{"P2D", "PT24H", "P1M", "P1Y", "PT30M", "P1Y2M3DT4H5M6S"} {
		if got := must(t, s).String(); got != s {
			t.Errorf("%s comes back as %s", s, got)
		}
	}
	for _, s := range []string{"", "P", "PT", "P1DT", "2D", "P-1D", "P1W", "PT0S", "p2d", "P2D ", "P1.5D", "P99999D"} {
		if p, err := calendar.ParsePeriod(s); err == nil {
			t.Errorf("%q was read as %s", s, p)
		}
	}
}

func drawTime(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(time.Date(1995, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(2037, 1, 1, 0, 0, 0, 0, time.UTC).Unix()).Draw(t, "at"), 0).UTC()
}

// What Wall returns is shown by the clocks, unless they skip it; it is never the second of two.
func TestWallIsWhatTheClocksShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, at := zone(t, rapid.SampledFrom(zones).Draw(t, "zone")), drawTime(t)
		l := at.In(loc)
		got := calendar.Wall(loc, l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0)
		if got.Format(time.DateTime) != l.Format(time.DateTime) {
			t.Fatalf("%s shows %s", l, got)
		}
		if got.After(at) {
			t.Fatalf("%s came back later: %s", l, got)
		}
	})
}

// A period never ends before it begins, a longer one never ends sooner, a later start never gives an earlier end, and
// the readings lie no further apart than a day with a change of the clocks.
func TestPeriodsAreOrdered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, at := zone(t, rapid.SampledFrom(zones).Draw(t, "zone")), drawTime(t)
		p := calendar.Period{Months: rapid.IntRange(0, 14).Draw(t, "months"), Days: rapid.IntRange(0, 40).Draw(t, "days"),
			Time: time.Duration(rapid.IntRange(1, 100).Draw(t, "hours")) * time.Hour}
		longer, later := p, at.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "later"))*time.Hour)
		longer.Days += rapid.IntRange(1, 3).Draw(t, "more")
		for name, end := range map[string]func(calendar.Period, time.Time) time.Time{
			"elapsed":    func(p calendar.Period, t time.Time) time.Time { return p.Elapsed(t, loc) },
			"whole days": func(p calendar.Period, t time.Time) time.Time { return p.WholeDays(t, loc) },
		} {
			switch e := end(p, at); {
			case !e.After(at):
				t.Fatalf("%s: %s after %s ends at %s", name, p, at, e)
			case !end(longer, at).After(e):
				t.Fatalf("%s: %s after %s ends no later than %s", name, longer, at, p)
			case end(p, later).Before(e):
				if p.Months == 0 || e.Sub(end(p, later)) > 26*time.Hour { // the last days of a month share the last day of a shorter one, each at its own hour
					t.Fatalf("%s: %s after %s ends before that after %s", name, p, later, at)
				}
			}
		}
		if apart := p.WholeDays(at, loc).Sub(p.Elapsed(at, loc)); apart < -26*time.Hour || apart > 50*time.Hour {
			t.Fatalf("%s after %s in %s: readings %s apart", p, at, loc, apart)
		}
		if back, err := calendar.ParsePeriod(p.String()); err != nil || back != p {
			t.Fatalf("%s comes back as %s, %v", p, back, err)
		}
	})
}

// The last day of a month plus a month is a last day or the same day, never in the month after.
func TestMonthsClamp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, at, n := zone(t, rapid.SampledFrom(zones[:6]).Draw(t, "zone")), drawTime(t), rapid.IntRange(1, 30).Draw(t, "months")
		from, got := at.In(loc), calendar.Period{Months: n}.Elapsed(at, loc).In(loc)
		if months := (got.Year()-from.Year())*12 + int(got.Month()-from.Month()); months != n {
			t.Fatalf("%s and %d months is %s", from, n, got)
		}
		if got.Day() != from.Day() && got.AddDate(0, 0, 1).Day() != 1 {
			t.Fatalf("%s and %d months is %s", from, n, got)
		}
	})
}
