// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/fengsui/fengsui/internal/api"
)

type dutyShowCmd struct {
	ID string `arg:"" help:"Id of the duty."`
}

// Help is the example.
func (dutyShowCmd) Help() string { return "Example:\n  fengsui duty show 0197…" }

// Run shows a duty's file.
func (d *dutyShowCmd) Run(ctx context.Context, c *client) error {
	var out api.DutyFile
	if err := c.call(ctx, "GET", "/duties/"+url.PathEscape(d.ID), nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%-11s %s\n  %s\n", out.Name, out.Force, out.State, out.Sentence)
		for _, p := range out.Past {
			fmt.Fprintf(w, "was, from %s until %s:\n  %s\n", when(p.From), when(p.Until), p.Sentence)
		}
		for _, a := range out.Anchors {
			fmt.Fprintf(w, "asserted %s: %s %s %s\n", when(a.RecordedAt), a.Name, instant(a.At), a.Why)
		}
		for _, a := range out.Acts {
			fmt.Fprintf(w, "%s %s, signed %s: %s\n", when(a.At), a.Kind, instant(a.SignedAt), a.Why)
		}
	})
}

// instant is a time that may be absent.
func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return when(t)
}

type dutyCorrectCmd struct {
	ID   string    `arg:"" help:"Id of a duty that counts from the fact."`
	At   time.Time `help:"When it happened." placeholder:"2021-11-24T10:00:00+08:00" required:""`
	Zone string    `help:"Zone in which the time was given." placeholder:"Europe/Berlin"`
	Why  string    `help:"What shows it." required:""`
}

// Help is the example.
func (dutyCorrectCmd) Help() string {
	return "Example:\n  fengsui duty correct 0197… --at 2021-11-24T04:00:00+08:00 --why 'the mail of that night'"
}

// Run corrects the fact from which duties count and shows what that made of them.
func (d *dutyCorrectCmd) Run(ctx context.Context, c *client) error {
	var out dutyChanges
	if err := c.call(ctx, "POST", "/duties/"+url.PathEscape(d.ID)+"/anchor", api.DutyCorrection{At: d.At, Zone: d.Zone, Why: d.Why}, &out); err != nil {
		return err
	}
	return c.print(out, out.write)
}

type dutyChanges struct {
	Items []api.DutyChange `json:"items"`
}

func (d dutyChanges) write(w io.Writer) {
	for _, x := range d.Items {
		fmt.Fprintf(w, "%s\n  was %s: %s\n  now %s: %s\n", x.Is.Name, x.Was.State, x.Was.Sentence, x.Is.State, x.Is.Sentence)
		if x.Later {
			fmt.Fprintln(w, "  gives more time: the supervisor looks at it")
		}
	}
}

type dutyDecideCmd struct {
	ID  string `arg:"" help:"Id of the duty."`
	Why string `help:"The decision and its reasons." required:""`
}

// Help is the example.
func (dutyDecideCmd) Help() string {
	return "Example:\n  fengsui duty decide 0197… --why 'not reported, because the product is not ours: see the mail of counsel'"
}

// Run records a decision of the organisation.
func (d *dutyDecideCmd) Run(ctx context.Context, c *client) error {
	var out api.DutyAct
	if err := c.call(ctx, "POST", "/duties/"+url.PathEscape(d.ID)+"/decisions", api.Reason{Why: d.Why}, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintln(w, "recorded; the clock runs on") })
}

type dutyProposeCmd struct {
	ID   string `arg:"" help:"Id of the duty."`
	Kind string `arg:"" help:"pause, waive, void or revive." enum:"pause,waive,void,revive"`
	Why  string `help:"The reason." required:""`
}

// Help is the example.
func (dutyProposeCmd) Help() string {
	return "Example:\n  fengsui duty propose 0197… pause --why 'the reporter was asked for the version'"
}

// Run proposes an act for the second signature.
func (d *dutyProposeCmd) Run(ctx context.Context, c *client) error {
	in := map[string]string{"kind": d.Kind, "why": d.Why}
	var out api.DutyAct
	if err := c.call(ctx, "POST", "/duties/"+url.PathEscape(d.ID)+"/acts", in, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "%s waits for a second signature\n", out.ID) })
}

type dutySignCmd struct {
	ID string `arg:"" help:"Id of the act, as of 'duty acts'."`
}

// Help is the example.
func (dutySignCmd) Help() string { return "Example:\n  fengsui duty sign 0197…" }

// Run signs a proposed act as the second person.
func (d *dutySignCmd) Run(ctx context.Context, c *client) error {
	var out api.DutyChange
	if err := c.call(ctx, "POST", "/duty-acts/"+url.PathEscape(d.ID)+"/sign", nil, &out); err != nil {
		return err
	}
	return c.print(out, dutyChanges{[]api.DutyChange{out}}.write)
}

type dutyActsCmd struct {
	Waiting string `help:"For a second signature, or for the supervisor's eyes." enum:"signature,supervisor" default:"signature"`
}

// Help is the example.
func (dutyActsCmd) Help() string { return "Example:\n  fengsui duty acts --waiting supervisor" }

// Run lists acts that wait.
func (d *dutyActsCmd) Run(ctx context.Context, c *client) error {
	var out struct {
		Items []api.PendingAct `json:"items"`
	}
	if err := c.call(ctx, "GET", "/duty-acts?waiting="+d.Waiting, nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		for _, x := range out.Items {
			fmt.Fprintf(w, "%s %s %s %s\n  %s\n  %s\n", x.ID, when(x.At), x.Kind, x.About.Name, x.Why, x.About.Sentence)
		}
		if len(out.Items) == 0 {
			fmt.Fprintln(w, "nothing waits")
		}
	})
}
