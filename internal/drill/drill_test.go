// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"log/slog"
	"testing"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
)

// each runs a test with the configuration of an empty platform on both engines.
func each(t *testing.T, test func(*testing.T, app.Config)) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			c := app.Defaults()
			c.Data, c.MetricsListen, c.Listen = t.TempDir(), "", "127.0.0.1:0"
			if engine == db.PostgreSQL {
				c.Database = url
			}
			test(t, c)
		})
	}
}

func scenario(t *testing.T, id string) *Scenario {
	t.Helper()
	all, err := Built()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("there is no scenario %s", id)
	return nil
}

// open opens a scenario on a driven clock.
func open(t *testing.T, c app.Config, s *Scenario, seats ...string) (*Exercise, *calendar.Driven) {
	t.Helper()
	clock := calendar.NewDriven(s.Start.Time)
	x, err := Open(t.Context(), c, s, Options{Clock: clock, Seats: seats, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x, clock
}

// TestLog4j2: the story of 2021 scores what its delays deserve.
func TestLog4j2(t *testing.T) {
	each(t, func(t *testing.T, c app.Config) {
		x, _ := open(t, c, scenario(t, "log4j2-2021"))
		o, err := x.Play(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range o.Goals {
			t.Logf("%+v", g)
		}
		t.Log(o.Points, o.Of, o.Milestones)
	})
}
