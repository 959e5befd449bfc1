// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/match/matchtest"
)

// small is an inventory in which every part of the generator is used.
var small = matchtest.GenerateInput{Orgs: 20, Products: 300, ComponentsPerProduct: 40, Packages: 500, Versions: 5, EveryNth: 3}

// What the generator makes is found, all of it: matching and the bare join agree (Compare), and every path leads down.
func TestGenerated(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		w := newWorld(t, d, clock)
		w.ok(matchtest.Generate(ctx, d, small))
		id := w.kase(matchtest.Affected)
		got, err := matchtest.Compare(ctx, w.s, id, 3)
		w.ok(err)
		if got.Rows != 50 || w.number(`SELECT count(*) FROM finding`) != got.Rows {
			t.Errorf("%+v: want 50 of 100 products", got)
		}
		if n := w.number(`SELECT count(*) FROM holding`); n != 300*40 {
			t.Errorf("%d holdings", n)
		}
		for _, f := range w.findings(id) {
			if len(f.Why.Path) != 4 || f.Why.Path[3] != f.Why.Found {
				t.Fatalf("path %q", f.Why.Path)
			}
		}
	})
}

// BenchmarkMatch compares matching with the bare indexed join on an inventory of FENGSUI_BENCH_PRODUCTS products (2 000
// if not set) with 500 components each.
func BenchmarkMatch(b *testing.B) {
	products, err := strconv.Atoi(os.Getenv("FENGSUI_BENCH_PRODUCTS"))
	if err != nil {
		products = 2000
	}
	for engine, url := range dbtest.URLs(b) {
		b.Run(string(engine), func(b *testing.B) {
			d, err := db.Open(ctx, url, calendar.System{})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			w := newWorld(b, d, calendar.NewDriven(dbtest.Start))
			w.ok(matchtest.Generate(ctx, d, matchtest.GenerateInput{Orgs: 1000, Products: products, ComponentsPerProduct: 500, Packages: 20_000, Versions: 5, EveryNth: 10}))
			id := w.kase(matchtest.Affected)
			for b.Loop() {
				got, err := matchtest.Compare(ctx, w.s, id, 9)
				w.ok(err)
				b.ReportMetric(float64(got.Rows), "rows")
				b.ReportMetric(float64(got.Join.Microseconds())/1000, "join-ms")
				b.ReportMetric(float64(got.Hits.Microseconds())/1000, "hits-ms")
				b.ReportMetric(float64(got.Answer.Microseconds())/1000, "answer-ms")
				b.ReportMetric(float64(got.Find.Microseconds())/1000, "find-ms")
			}
		})
	}
}
