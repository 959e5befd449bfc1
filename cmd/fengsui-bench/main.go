// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Command fengsui-bench measures what the platform promises to be fast at, on SQLite and on the PostgreSQL server that
// TEST_POSTGRES names ('make bench' starts one), and prints one JSON object a line.
package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
)

// result is one line of the output.
type result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	N     int     `json:"n"`
	Note  string  `json:"note,omitempty"`
}

// bench is one measurement's surroundings: a fresh platform on one engine.
type bench struct {
	*app.Services
	engine string
	size   float64 // 1 for the full measurement
	config app.Config
	theirs []time.Duration // how long osv-scanner took for the lists so far
}

func (b *bench) say(name string, value float64, unit string, n int, note string) {
	line, err := json.Marshal(result{b.engine + "/" + name, value, unit, n, note})
	if err != nil {
		panic(err) // numbers and words always encode
	}
	fmt.Println(string(line))
}

// scaled is n of the full measurement.
func (b *bench) scaled(n int) int { return max(int(float64(n)*b.size), 10) }

// quantiles prints the middle and the slow end of a sample.
func (b *bench) quantiles(name string, took []time.Duration, note string) {
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
	b.say(name+" p50", at(.50), "ms", len(took), note)
	b.say(name+" p99", at(.99), "ms", len(took), note)
}

var benches = []struct {
	name string
	run  func(context.Context, *bench) error
}{{"submit", submit}, {"evidence", appendEvidence}, {"match", matchOne}, {"scale", matchScale}, {"release", release}, {"deliver", deliver}, {"duties", duties}, {"imports", imports}, {"scan", scanned}}

func main() {
	only := flag.String("run", "", "run only what matches `PATTERN`")
	size := flag.Float64("size", 1, "fraction of the full size")
	profile := flag.String("cpu", "", "write a CPU profile to `FILE`")
	flag.Parse()
	if err := profiled(*profile, func() error { return run(*only, *size) }); err != nil {
		fmt.Fprintln(os.Stderr, "fengsui-bench:", err)
		os.Exit(1)
	}
}

// profiled runs do, and says in a file where the time went, when a file is named.
func profiled(path string, do func() error) error {
	if path == "" {
		return do()
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = do()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

func run(only string, size float64) error {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	engines := []string{"sqlite"}
	if os.Getenv("TEST_POSTGRES") != "" {
		engines = append(engines, "postgres")
	} else {
		fmt.Fprintln(os.Stderr, "TEST_POSTGRES is not set: SQLite only")
	}
	for _, x := range benches {
		for _, engine := range engines {
			if !pattern.MatchString(engine + "/" + x.name) {
				continue
			}
			if err := one(engine, size, x.run); err != nil {
				return fmt.Errorf("%s on %s: %w", x.name, engine, err)
			}
		}
	}
	return nil
}

// one runs a measurement on a fresh platform.
func one(engine string, size float64, do func(context.Context, *bench) error) (err error) {
	ctx := context.Background()
	c := app.Defaults()
	if c.Data, err = os.MkdirTemp("", "fengsui-bench"); err != nil {
		return err
	}
	defer os.RemoveAll(c.Data)
	if engine == "postgres" {
		drop := func() error { return nil }
		if c.Database, drop, err = fresh(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, drop()) }()
	}
	s, err := app.Assemble(ctx, c, calendar.System{}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	b := &bench{Services: s, engine: engine, size: size, config: c}
	if err := do(ctx, b); err != nil {
		return err
	}
	if engine == "sqlite" {
		if f, err := os.Stat(filepath.Join(c.Data, "fengsui.db")); err == nil && f.Size() > 0 {
			fmt.Fprintf(os.Stderr, "database file: %d MiB\n", f.Size()>>20)
		}
	}
	return nil
}

// fresh makes a database on the server, and says how to drop it.
func fresh() (address string, drop func() error, err error) {
	id := make([]byte, 6)
	rand.Read(id) //nolint:errcheck // never fails
	name := "fengsui_bench_" + hex.EncodeToString(id)
	u, err := url.Parse(os.Getenv("TEST_POSTGRES"))
	if err != nil {
		return "", nil, err
	}
	admin := func(statement string) error {
		d, err := sql.Open("pgx", os.Getenv("TEST_POSTGRES"))
		if err != nil {
			return err
		}
		defer d.Close()
		_, err = d.Exec(statement)
		return err
	}
	u.Path = "/" + name
	return u.String(), func() error { return admin("DROP DATABASE " + name + " WITH (FORCE)") }, admin("CREATE DATABASE " + name)
}
