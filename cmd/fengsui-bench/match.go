// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/match/matchtest"
)

// matchOne matches one vulnerability against a million component rows, beside the bare join that a database does.
func matchOne(ctx context.Context, b *bench) error {
	in := matchtest.GenerateInput{Orgs: 300, Products: b.scaled(1000), ComponentsPerProduct: 1000, Packages: 20_000, Versions: 5, EveryNth: 10}
	start := time.Now()
	if err := matchtest.Generate(ctx, b.DB, in); err != nil {
		return err
	}
	rows := in.Products * in.ComponentsPerProduct
	b.say("load component rows", float64(rows)/time.Since(start).Seconds(), "1/s", rows, "")
	id, err := b.graded(ctx)
	if err != nil {
		return err
	}
	const times = 21
	t, err := matchtest.Compare(ctx, b.Matches, id, times)
	if err != nil {
		return err
	}
	of := fmt.Sprintf("%d hits among %d component rows", t.Rows, rows)
	b.say("match one vulnerability: bare join p50", ms(t.Join), "ms", times, of)
	b.say("match one vulnerability: hits p50", ms(t.Hits), "ms", times, of+"; versions read and decided")
	b.say("match one vulnerability: hits / join", float64(t.Hits)/float64(t.Join), "×", times, of)
	b.say("match one vulnerability: answer p50", ms(t.Answer), "ms", times, of+"; with the paths that explain each")
	b.say("match one vulnerability: answer slowest", ms(t.Slowest), "ms", times, of)
	b.say("match one vulnerability: answer / join", float64(t.Answer)/float64(t.Join), "×", times, of)
	b.say("match one vulnerability: stored and recorded", ms(t.Find), "ms", 1, of)
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// graded adds the case that benchmarks are about.
func (b *bench) graded(ctx context.Context) (id string, err error) {
	err = b.DB.Tx(ctx, func(tx *db.Tx) error {
		id, err = matchtest.Case(ctx, tx, b.Seal, matchtest.Affected)
		return err
	})
	return id, err
}
