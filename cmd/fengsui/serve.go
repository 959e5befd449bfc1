// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/drill"
)

// local is how commands that work on this machine's database are told about it.
type local struct {
	File     string `help:"Configuration file; default ./fengsui.toml, if it exists." placeholder:"FILE" name:"config"`
	Data     string `help:"Directory of the SQLite file, keys and blobs." placeholder:"DIR"`
	Database string `help:"PostgreSQL URL; SQLite in the data directory when empty." placeholder:"URL"`
}

func (l local) load(e *env) (app.Config, error) {
	c, err := app.LoadConfig(l.File, e.Getenv)
	if err != nil {
		return c, usage{err}
	}
	if l.Data != "" {
		c.Data = l.Data
	}
	if l.Database != "" {
		c.Database = l.Database
	}
	if err := c.Validate(); err != nil {
		return c, usage{err}
	}
	return c, nil
}

type serveCmd struct {
	local  `embed:""`
	Listen string `help:"Address to listen on." placeholder:"HOST:PORT"`
}

// Help is the example.
func (serveCmd) Help() string {
	return "Example:\n  fengsui serve --data /var/lib/fengsui --listen 127.0.0.1:8080\nAny number of nodes may serve one PostgreSQL database; they share the data directory's keys and blobs."
}

// Run serves until it is interrupted.
func (s *serveCmd) Run(ctx context.Context, e *env) error {
	c, err := s.load(e)
	if err != nil {
		return err
	}
	if s.Listen != "" {
		c.Listen = s.Listen
	}
	services, err := app.Assemble(ctx, c, e.Clock, c.NewLog(e.Stderr))
	if err != nil {
		return err
	}
	if err := drill.Real(ctx, services); err != nil {
		return errors.Join(err, services.Close())
	}
	node, drills := app.New(c, services, version), &drill.Pages{}
	node.More = drills.Routes
	return serve(ctx, node, func(a *app.App) {
		fmt.Fprintf(e.Stdout, "fengsui %s listens on http://%s\n", version, a.Addr())
	})
}

// serve starts an app, says so, and takes it down when ctx ends.
func serve(ctx context.Context, a *app.App, started func(*app.App)) error {
	err := a.Start(ctx)
	if err == nil {
		started(a)
		<-ctx.Done()
	}
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return errors.Join(err, a.Stop(down))
}

type migrateCmd struct {
	local `embed:""`
}

// Help is the example.
func (migrateCmd) Help() string {
	return "Example:\n  fengsui migrate --database postgres://fengsui@db/fengsui"
}

// Run migrates.
func (m *migrateCmd) Run(ctx context.Context, e *env, c *client) error {
	conf, err := m.load(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(conf.Data, 0o700); err != nil {
		return err
	}
	d, err := db.Open(ctx, conf.DatabaseURL(), e.Clock)
	if err != nil {
		return err
	}
	if err := errors.Join(d.Migrate(ctx), d.Close()); err != nil {
		return err
	}
	return c.print(map[string]bool{"up_to_date": true}, func(w io.Writer) { fmt.Fprintln(w, "the schema is up to date") })
}

type configCmd struct {
	local `embed:""`
}

// Help is the example.
func (configCmd) Help() string { return "Example:\n  fengsui config > fengsui.toml" }

// Run prints.
func (m *configCmd) Run(e *env) error {
	c, err := m.load(e)
	if err != nil {
		return err
	}
	return c.Print(e.Stdout)
}

type versionCmd struct{}

// Help is the example.
func (versionCmd) Help() string { return "Example:\n  fengsui version" }

// Run prints.
func (versionCmd) Run(c *client) error {
	return c.print(map[string]string{"version": version}, func(w io.Writer) { fmt.Fprintln(w, "fengsui", version) })
}
