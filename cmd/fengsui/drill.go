// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/drill"
	"github.com/fengsui/fengsui/internal/i18n"
)

type drillCmd struct {
	List   drillListCmd   `cmd:"" help:"List the scenarios that come with the platform."`
	Lint   drillLintCmd   `cmd:"" help:"Check scenario files."`
	Run    drillRunCmd    `cmd:"" help:"Play a scenario by scripts alone and print the after-action report."`
	WhatIf drillWhatIfCmd `cmd:"" name:"what-if" help:"Play what would have been, had the report come on another day."`
	Serve  drillServeCmd  `cmd:"" help:"Run an exercise in which people take seats."`
}

// scenarioOf reads a scenario: the id of a built-in one, or a file.
func scenarioOf(name string) (*drill.Scenario, error) {
	all, err := drill.Built()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, s := range all {
		if s.ID == name {
			return s, nil
		}
		ids = append(ids, s.ID)
	}
	b, err := readFile(name, drill.MaxSize)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usage{fmt.Errorf("%s is neither a file nor a scenario that comes with the platform (%s)", name, strings.Join(ids, ", "))}
	}
	if err != nil {
		return nil, err
	}
	return drill.Parse(name, b)
}

// readFile reads a file of at most limit bytes, and one more, so that who checks it sees that it is too large.
func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

func printer(english bool) i18n.Printer {
	if english {
		return i18n.For(i18n.English)
	}
	return i18n.For(i18n.Chinese)
}

type drillListCmd struct {
	English bool `help:"In English." name:"english"`
}

// Help is the example.
func (drillListCmd) Help() string { return "Example:\n  fengsui drill list --english" }

// Run lists.
func (d *drillListCmd) Run(e *env) error {
	all, err := drill.Built()
	if err != nil {
		return err
	}
	for _, s := range all {
		fmt.Fprintf(e.Stdout, "%s\t%s\t%s\n", s.ID, s.Version, s.Title.In(printer(d.English)))
	}
	return nil
}

type drillLintCmd struct {
	Files []string `arg:"" help:"Scenario files." placeholder:"FILE"`
}

// Help is the example.
func (drillLintCmd) Help() string { return "Example:\n  fengsui drill lint autumn.yaml" }

// Run checks.
func (d *drillLintCmd) Run(e *env) error {
	for _, name := range d.Files {
		s, err := scenarioOf(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "%s: %s %s, %d moves, %d goals\n", name, s.ID, s.Version, len(s.Moves), len(s.Goals))
	}
	return nil
}

type drillRunCmd struct {
	Scenario string `arg:"" help:"A scenario file, or the id of one that comes with the platform."`
	Database string `help:"Use an empty PostgreSQL database." placeholder:"URL"`
	English  bool   `help:"In English." name:"english"`
}

// Help is the example.
func (drillRunCmd) Help() string {
	return "Examples:\n  fengsui drill run log4j2-2021 --english\n  fengsui drill run autumn.yaml --json"
}

// Run plays and prints.
func (d *drillRunCmd) Run(ctx context.Context, c *client, e *env) (err error) {
	s, err := scenarioOf(d.Scenario)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "fengsui-drill")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cfg := app.Defaults()
	cfg.Data, cfg.Database, cfg.MetricsListen = dir, d.Database, ""
	x, err := drill.Open(ctx, cfg, s, drill.Options{Clock: calendar.NewDriven(s.Start.Time), Version: version, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	p := printer(d.English)
	told := func(m drill.Line) { fmt.Fprintf(e.Stdout, "%s  %s\n", p.DateTime(m.DueAt), m.Say.In(p)) }
	if c.json {
		told = nil
	}
	o, err := x.Play(ctx, told)
	if err != nil {
		return err
	}
	if c.json {
		return json.NewEncoder(e.Stdout).Encode(o)
	}
	fmt.Fprintln(e.Stdout)
	for _, g := range o.Goals {
		fmt.Fprintf(e.Stdout, "%3d / %-3d  %s - %s\n", g.Points, g.Of, g.Text.In(p), g.Reason(p))
	}
	_, err = fmt.Fprintf(e.Stdout, "%3d / %-3d  %s\n", o.Points, o.Of, p.T("drill.points"))
	return err
}

type drillWhatIfCmd struct {
	Scenario string `arg:"" help:"A scenario file, or the id of one that comes with the platform."`
	Day      int    `help:"Only this day; all of them when it is not given." default:"-1"`
	English  bool   `help:"In English." name:"english"`
}

// Help is the example.
func (drillWhatIfCmd) Help() string {
	return "Examples:\n  fengsui drill what-if log4j2-2021 --english\n  fengsui drill what-if log4j2-2021 --day 0 --json"
}

// Run plays each day and prints its head start.
func (d *drillWhatIfCmd) Run(ctx context.Context, c *client, e *env) error {
	s, err := scenarioOf(d.Scenario)
	if err != nil {
		return err
	}
	if s.WhatIf == nil {
		return fmt.Errorf("%s asks no what-if", s.ID)
	}
	from, to := 0, s.WhatIf.Days
	if d.Day >= 0 {
		from, to = d.Day, d.Day
	}
	p := printer(d.English)
	for day := from; day <= to; day++ {
		b, err := s.Branch(ctx, day)
		if err != nil {
			return err
		}
		if c.json {
			err = json.NewEncoder(e.Stdout).Encode(b)
		} else {
			_, err = fmt.Fprintf(e.Stdout, "%s\t%s\t%s\n", p.T("drill.day-n", day), p.DateTime(b.ReleasedAt), b.Lead(p))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type drillServeCmd struct {
	Scenario string   `arg:"" help:"A scenario file, or the id of one that comes with the platform."`
	Seat     []string `help:"Key of a person whom a participant plays; may be repeated." placeholder:"KEY"`
	Pace     float64  `help:"Seconds of the exercise in one of ours." default:"60"`
	Listen   string   `help:"Address to listen on." default:"127.0.0.1:8090"`
	BaseURL  string   `help:"How participants reach it." name:"base-url" placeholder:"URL"`
	Data     string   `help:"Keep the exercise in DIR, and go on with the one that is there; without it, it is gone at the end." placeholder:"DIR"`
	Database string   `help:"Use a PostgreSQL database of its own." placeholder:"URL"`
}

// Help is the example.
func (drillServeCmd) Help() string {
	return "Example:\n  fengsui drill serve log4j2-2021 --seat officer --seat engineer --pace 600\n" +
		"Everybody who reaches the address may take any seat: an exercise holds nothing real, and sends nothing outside."
}

// Run serves the exercise until it is interrupted.
func (d *drillServeCmd) Run(ctx context.Context, e *env) (err error) {
	s, err := scenarioOf(d.Scenario)
	if err != nil {
		return err
	}
	if d.Pace < 0 || d.Pace > drill.MaxPace {
		return usage{fmt.Errorf("--pace must lie between 0 and %d", drill.MaxPace)}
	}
	c := app.Defaults()
	c.Listen, c.BaseURL, c.Database, c.Data, c.MetricsListen, c.Log.Level = d.Listen, d.BaseURL, d.Database, d.Data, "", "warn"
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "fengsui-drill"); err != nil {
			return err
		}
		defer os.RemoveAll(c.Data)
	}
	x, err := drill.Open(ctx, c, s, drill.Options{Clock: drill.NewPaced(s.Start.Time, d.Pace), Seats: d.Seat, Version: version, Log: c.NewLog(e.Stderr)})
	if err != nil {
		return err
	}
	pages := &drill.Pages{Exercise: x}
	x.App.Demo, x.App.More = x.Personas(), pages.Routes
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	played := make(chan error, 1)
	err = serve(ctx, x.App, func(a *app.App) {
		fmt.Fprintf(e.Stdout, "the exercise %q runs at http://%s since %s, %g times as fast: choose a seat there; its board is /drill\n", s.Title.EN, a.Addr(), s.Start.Format(time.RFC3339), d.Pace)
		go func() {
			err := x.Run(ctx)
			if err != nil {
				stop()
			}
			played <- err
		}()
	})
	stop()
	select {
	case runErr := <-played:
		err = errors.Join(err, runErr)
	case <-time.After(20 * time.Second):
	}
	return errors.Join(err, x.Close())
}
