// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/warning/warningtest"
)

func releaseTo(t testing.TB, d *db.DB, members int) warningtest.Timing {
	t.Helper()
	_, _, got := releasedTo(t, d, members)
	return got
}

// releasedTo is releaseTo with the service and the warning.
func releasedTo(t testing.TB, d *db.DB, members int) (*warning.Service, string, warningtest.Timing) {
	t.Helper()
	s, id := caseWith(t, d, members)
	got, err := warningtest.Release(ctx, s, id)
	if err != nil {
		t.Fatal(err)
	}
	var w string
	err = d.View(ctx, func(tx *db.Tx) (err error) {
		w, err = db.Get(ctx, tx, db.Value[string], `SELECT id FROM warning`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, w, got
}

// caseWith is a platform of many members with a case that is found at every tenth.
func caseWith(t testing.TB, d *db.DB, members int) (*warning.Service, string) {
	t.Helper()
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	log, err := evidence.Open(d, t.TempDir(), "test.example/log")
	fail(err)
	key, err := seal.Load(t.TempDir())
	fail(err)
	events := &event.Log{DB: d, Evidence: log}
	cases := &casework.Service{DB: d, Events: events, Seal: key, Prefix: "FS"}
	s := &warning.Service{DB: d, Events: events, Seal: key, Cases: cases, Prefix: "FS", BaseURL: "https://fengsui.example",
		Matches: &match.Service{DB: d, Events: events, Cases: cases}, Members: &member.Service{DB: d, Events: events, Seal: key}}
	fail(warningtest.Members(ctx, d, members))
	id, err := warningtest.Case(ctx, d, key, 10)
	fail(err)
	return s, id
}

// many is a platform with a warning that went to many units.
type many struct {
	*testing.T
	s  *warning.Service
	d  *db.DB
	id string
}

func eachMany(t *testing.T, members int, test func(w *many)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		s, id, _ := releasedTo(t, d, members)
		test(&many{t, s, d, id})
	})
}

func (w *many) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// BenchmarkBoard opens the board of a warning to FENGSUI_BENCH_MEMBERS units (10 000 if not set), of which four in five have
// been reached and have answered: figures and the first page of rows, then a page far behind, and a search. cold-ms is the
// first look, for which everything is counted; answered-ms a look when nobody is silent any more; the others are what every
// further look takes.
func BenchmarkBoard(b *testing.B) {
	members, err := strconv.Atoi(os.Getenv("FENGSUI_BENCH_MEMBERS"))
	if err != nil {
		members = 10_000
	}
	for engine := range dbtest.URLs(b) {
		b.Run(string(engine), func(b *testing.B) {
			d, err := db.Open(ctx, dbtest.URLs(b)[engine], calendar.System{})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			s, id, _ := releasedTo(b, d, members)
			if err := warningtest.Answer(ctx, d, id); err != nil {
				b.Fatal(err)
			}
			look := func(q warning.BoardQuery) (next string, took time.Duration) {
				start := time.Now()
				if _, err := s.Coverage(ctx, watch, id); err != nil {
					b.Fatal(err)
				}
				q.Limit = 50
				_, next, err := s.Board(ctx, watch, id, q)
				if err != nil {
					b.Fatal(err)
				}
				return next, time.Since(start)
			}
			_, cold := look(warning.BoardQuery{})
			for b.Loop() {
				for name, q := range map[string]warning.BoardQuery{"page-ms": {}, "far-ms": {After: "4.3.00000000-0000-7000-8000-000000005000"}, "sector-ms": {Sector: "sector-7"},
					"search-ms": {Search: "77"}, "failed-ms": {Delivery: "failed"}} {
					_, took := look(q)
					b.ReportMetric(float64(took.Microseconds())/1000, name)
				}
			}
			b.ReportMetric(float64(cold.Microseconds())/1000, "cold-ms")
			if err := d.Tx(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE warning_recipient SET answer = 'fixed', acked_at = at WHERE answer = ''`)
				return err
			}); err != nil {
				b.Fatal(err)
			}
			look(warning.BoardQuery{})
			_, took := look(warning.BoardQuery{})
			b.ReportMetric(float64(took.Microseconds())/1000, "answered-ms")
		})
	}
}

// BenchmarkOutlook looks at the release of a draft to FENGSUI_BENCH_MEMBERS units (10 000 if not set), a third of which have
// a certificate of their own for their mail. first-ms is the first look after the start, outlook-ms every further one.
func BenchmarkOutlook(b *testing.B) {
	members, err := strconv.Atoi(os.Getenv("FENGSUI_BENCH_MEMBERS"))
	if err != nil {
		members = 10_000
	}
	for engine := range dbtest.URLs(b) {
		b.Run(string(engine), func(b *testing.B) {
			d, err := db.Open(ctx, dbtest.URLs(b)[engine], calendar.System{})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			s, id := caseWith(b, d, members)
			valid, err := warningtest.Certificates(ctx, d, 3)
			if err != nil {
				b.Fatal(err)
			}
			w, err := s.Draft(ctx, analyst, id)
			if err != nil {
				b.Fatal(err)
			}
			look := func() time.Duration {
				start := time.Now()
				o, err := s.Outlook(ctx, watch, w.ID)
				if err != nil {
					b.Fatal(err)
				}
				units, sealed := 0, 0
				for i := range warning.WaveAll {
					units += o.Units[i]
					for _, m := range o.Means {
						if m.Sealed {
							sealed += m.N[i]
						}
					}
				}
				if units != members || sealed != valid {
					b.Fatalf("%d units, %d with mail that is encrypted; want %d and %d", units, sealed, members, valid)
				}
				return time.Since(start)
			}
			first := look()
			for b.Loop() {
				b.ReportMetric(float64(look().Microseconds())/1000, "outlook-ms")
			}
			b.ReportMetric(float64(first.Microseconds())/1000, "first-ms")
		})
	}
}

// A release reaches every member in its inbox and on every channel it has.
func TestReleaseToMany(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		if got := releaseTo(t, d, 1000); got.Recipients != 1000 || got.Deliveries != 1500 {
			t.Errorf("%+v", got)
		}
	})
}

// BenchmarkRelease releases to FENGSUI_BENCH_MEMBERS members (10 000 if not set).
func BenchmarkRelease(b *testing.B) {
	members, err := strconv.Atoi(os.Getenv("FENGSUI_BENCH_MEMBERS"))
	if err != nil {
		members = 10_000
	}
	for engine := range dbtest.URLs(b) {
		b.Run(string(engine), func(b *testing.B) {
			for b.Loop() {
				d, err := db.Open(ctx, dbtest.URLs(b)[engine], calendar.System{})
				if err != nil {
					b.Fatal(err)
				}
				got := releaseTo(b, d, members)
				d.Close()
				b.ReportMetric(float64(got.Recipients), "recipients")
				b.ReportMetric(float64(got.Deliveries), "deliveries")
				b.ReportMetric(float64(got.Release.Microseconds())/1000, "release-ms")
				b.ReportMetric(float64(got.Bare.Microseconds())/1000, "bare-ms")
			}
		})
	}
}
