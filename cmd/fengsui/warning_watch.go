// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/api"
)

type warningWatchCmd struct {
	Once bool `help:"Print what there is and end."`
}

// Help is the example.
func (warningWatchCmd) Help() string {
	return "Prints the warnings you have, and then each one that comes or changes, as it happens. A connection that breaks is taken up where it broke.\n\nExample:\n  fengsui warning watch --json"
}

// Run watches until it is interrupted.
func (a *warningWatchCmd) Run(ctx context.Context, c *client) error {
	w := watch{c: c, seen: map[string]bool{}}
	if a.Once {
		return w.list(ctx)
	}
	for {
		err := w.follow(ctx)
		var no never
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &no):
			return no.error
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(w.wait()):
		}
	}
}

// never marks a refusal that asking again does not change.
type never struct{ error }

// watch is where a watcher stands.
type watch struct {
	c      *client
	seen   map[string]bool // warnings with their revisions
	cursor string
	retry  time.Duration
}

// wait is how long the platform asks to wait before coming back.
func (w *watch) wait() time.Duration {
	if w.retry == 0 {
		return 5 * time.Second
	}
	return w.retry
}

// follow reads the stream until it breaks.
func (w *watch) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rs, err := w.c.send(ctx, "GET", "/stream", nil, "Accept", "text/event-stream", "Last-Event-ID", w.cursor)
	if err != nil {
		return err
	}
	defer rs.Body.Close()
	if rs.StatusCode != http.StatusOK {
		b, err := io.ReadAll(io.LimitReader(rs.Body, 1<<20))
		err = errors.Join(refusal(rs.StatusCode, b), err)
		if rs.StatusCode < 500 && rs.StatusCode != http.StatusTooManyRequests {
			return never{err}
		}
		return err
	}
	alive := time.AfterFunc(longestSilence, cancel)
	defer alive.Stop()
	return events(heard{rs.Body, alive}, func(e streamEvent) error {
		if err := w.told(ctx, e); err != nil {
			return err
		}
		if e.id != "" { // only now: what was not printed is told again
			w.cursor = e.id
		}
		if e.retry > 0 {
			w.retry = e.retry
		}
		return nil
	})
}

// longestSilence is three times what the platform lets pass before it says that it is there.
const longestSilence = 45 * time.Second

// heard puts off the end of a connection for as long as something comes.
type heard struct {
	io.Reader
	alive *time.Timer
}

// Read implements io.Reader.
func (h heard) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	h.alive.Reset(longestSilence)
	return n, err
}

// told prints what an event is about.
func (w *watch) told(ctx context.Context, e streamEvent) error {
	switch e.kind {
	case "ready":
		if w.cursor == "" {
			return w.list(ctx)
		}
		return nil
	case "reset": // too much happened meanwhile
		return w.list(ctx)
	}
	var n api.WarningNews
	if err := json.Unmarshal([]byte(e.data), &n); err != nil {
		return fmt.Errorf("the stream is not what this version of fengsui understands: %w", err)
	}
	if w.seen[key(n.Warning, n.Revision)] {
		return nil
	}
	var x api.Warning
	if err := w.c.call(ctx, "GET", "/warnings/"+url.PathEscape(n.Warning), nil, &x); err != nil {
		return err
	}
	return w.print(x)
}

func key(id string, revision int) string { return fmt.Sprint(id, " ", revision) }

func (w *watch) list(ctx context.Context) error {
	out, err := collect[api.Warning](ctx, w.c, "/warnings?", 0)
	if err != nil {
		return err
	}
	for _, x := range out.Items {
		if err := w.print(x); err != nil {
			return err
		}
	}
	return nil
}

// print prints a revision once.
func (w *watch) print(x api.Warning) error {
	if w.seen[key(x.ID, x.Revision)] {
		return nil
	}
	w.seen[key(x.ID, x.Revision)] = true
	return w.c.print(x, func(out io.Writer) { fmt.Fprintln(out, strings.Join(warningRow(x), "  ")) })
}

// A streamEvent is one event of a stream.
type streamEvent struct {
	id, kind, data string
	retry          time.Duration
}

// events calls do for each event until the stream ends (HTML standard, server-sent events, interpretation).
func events(r io.Reader, do func(streamEvent) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	var e streamEvent
	var data []string
	for lines.Scan() {
		line := lines.Text()
		if line == "" {
			e.data = strings.Join(data, "\n")
			if e.kind != "" || len(data) > 0 {
				if err := do(e); err != nil {
					return err
				}
			}
			e, data = streamEvent{}, nil
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "data":
			data = append(data, value)
		case "retry":
			if d, err := time.ParseDuration(value + "ms"); err == nil {
				e.retry = d
			}
		}
	}
	return lines.Err()
}
