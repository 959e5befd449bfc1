// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"os"
	"strconv"
	"testing"

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
	got, err := warningtest.Release(ctx, s, id)
	fail(err)
	return got
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
