// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Command fengsui-shots takes a picture of every screen of the demo: in both languages, light and dark, wide and narrow.
// 'make screenshots' leaves them in screenshots/.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/browser"
	"github.com/fengsui/fengsui/internal/demo"
)

func main() {
	dir := flag.String("dir", "screenshots", "where the pictures go")
	only := flag.String("run", "", "only the screens whose name matches `PATTERN`")
	quick := flag.Bool("quick", false, "only Chinese, light, wide")
	flag.Parse()
	if err := run(context.Background(), *dir, *only, *quick); err != nil {
		fmt.Fprintln(os.Stderr, "fengsui-shots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir, only string, quick bool) (err error) {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	c := app.Defaults()
	c.Listen, c.MetricsListen, c.Log.Level = "127.0.0.1:0", "", "error"
	if c.Data, err = os.MkdirTemp("", "fengsui-shots"); err != nil {
		return err
	}
	defer os.RemoveAll(c.Data)
	d, err := demo.New(ctx, c, "demo", c.NewLog(os.Stderr))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.App.Stop(ctx), d.Close()) }()
	if err := d.App.Start(ctx); err != nil {
		return err
	}
	b, err := browser.Open(ctx, "http://"+d.App.Addr())
	if err != nil {
		return err
	}
	defer b.Close()
	screens, err := d.Screens(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, l := range looks(quick) {
		if err := shoot(b, l, screens, pattern, dir); err != nil {
			return err
		}
	}
	return nil
}

func looks(quick bool) (out []browser.Look) {
	if quick {
		return []browser.Look{{Lang: "zh-CN", Theme: "light", Width: 1280}}
	}
	for _, lang := range []string{"zh-CN", "en"} {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int{1280, 390} {
				out = append(out, browser.Look{Lang: lang, Theme: theme, Width: width})
			}
		}
	}
	return out
}

// shoot takes the pictures of one look, with one tab for each person.
func shoot(b *browser.Browser, l browser.Look, screens []demo.Screen, pattern *regexp.Regexp, dir string) error {
	tabs := map[string]*browser.Tab{}
	defer func() {
		for _, t := range tabs {
			t.Close()
		}
	}()
	for _, s := range screens {
		if !pattern.MatchString(s.Name) {
			continue
		}
		t := tabs[s.AccountID]
		if t == nil {
			var err error
			if t, err = b.Tab(l); err != nil {
				return err
			}
			tabs[s.AccountID] = t
			if s.AccountID != "" {
				if err := t.SignInAs(s.AccountID); err != nil {
					return err
				}
			}
		}
		if err := t.Go(s.Path); err != nil {
			return err
		}
		png, err := t.Shot()
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		name := strings.Join([]string{s.Name, l.Lang, l.Theme, fmt.Sprint(l.Width)}, ".") + ".png"
		if err := os.WriteFile(filepath.Join(dir, name), png, 0o644); err != nil {
			return err
		}
		if bad := t.Complaints(); len(bad) > 0 {
			return fmt.Errorf("%s: the browser complains: %v", s.Name, bad)
		}
	}
	return nil
}
