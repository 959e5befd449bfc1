// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/demo"
)

type demoCmd struct {
	Listen   string `help:"Address to listen on." default:"127.0.0.1:8080"`
	Data     string `help:"Keep the demo in DIR, an empty directory; without it, it is gone when the demo ends." placeholder:"DIR"`
	Database string `help:"Use an empty PostgreSQL database." placeholder:"URL"`
	Replay   bool   `help:"Play the whole time line on a driven clock, print it, and end."`
	English  bool   `help:"Print the replay in English." name:"english"`
}

// Help is the example.
func (demoCmd) Help() string {
	return "Examples:\n  fengsui demo\n  fengsui demo --replay --english"
}

// Run runs the demo.
func (d *demoCmd) Run(ctx context.Context, e *env) (err error) {
	c := app.Defaults()
	c.Listen, c.Database, c.Data, c.MetricsListen = d.Listen, d.Database, d.Data, ""
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "fengsui-demo"); err != nil {
			return err
		}
		defer os.RemoveAll(c.Data)
	} else if err := demo.Begins(c.Data); err != nil {
		return usage{fmt.Errorf("--data: %w; to go on with what is there: fengsui serve --data %s", err, c.Data)}
	}
	c.Log.Level = "warn"
	if d.Replay {
		return demo.Replay(ctx, c, e.Stdout, d.English)
	}
	start := time.Now()
	x, err := demo.New(ctx, c, version, c.NewLog(e.Stderr))
	if err != nil {
		return err
	}
	err = serve(ctx, x.App, func(a *app.App) {
		fmt.Fprintf(e.Stdout, "the Log4j2 case is ready after %s: open http://%s and choose who you are\n", time.Since(start).Round(time.Millisecond), a.Addr())
		fmt.Fprintf(e.Stdout, "mails and webhooks that leave the platform: http://%s/demo/outbox\n", a.Addr())
	})
	return errors.Join(err, x.Close())
}
