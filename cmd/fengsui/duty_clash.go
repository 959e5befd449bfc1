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

type dutyClashCmd struct {
	List   dutyClashListCmd   `cmd:"" help:"Decisions that clashing laws ask of your organisation."`
	Open   dutyClashOpenCmd   `cmd:"" help:"Open a decision task for each clash that follows from further facts about a report."`
	Answer dutyClashAnswerCmd `cmd:"" help:"Record a reasoned decision."`
}

type tasks struct {
	Items []api.DecisionTask `json:"items"`
}

func (t tasks) write(w io.Writer) {
	for _, x := range t.Items {
		state := "open, earlier clock " + instant(x.DueAt)
		if !x.AnsweredAt.IsZero() {
			state = "decided " + when(x.AnsweredAt) + ": " + x.Answer
		}
		fmt.Fprintf(w, "%s %s\n  %s\n  %s: %s\n  %s: %s\n  %s\n", x.ID, x.Title, state, x.One.Source, x.One.Text, x.Two.Source, x.Two.Text, x.Question)
	}
	if len(t.Items) == 0 {
		fmt.Fprintln(w, "no clash")
	}
}

type dutyClashListCmd struct{}

// Help is the example.
func (dutyClashListCmd) Help() string { return "Example:\n  fengsui duty clash list" }

// Run lists decision tasks.
func (dutyClashListCmd) Run(ctx context.Context, c *client) error {
	var out tasks
	if err := c.call(ctx, "GET", "/clashes", nil, &out); err != nil {
		return err
	}
	return c.print(out, out.write)
}

type dutyClashOpenCmd struct {
	Report   string            `arg:"" help:"Id of the report."`
	Fact     map[string]string `help:"A further fact, as often as you like: eu_market=yes." mapsep:"none"`
	Happened map[string]string `help:"A further event: exploitation_aware_at=2026-09-15T00:00:00Z." mapsep:"none"`
	Role     []string          `help:"What else you are: collector, operator, professional, …"`
}

// Help is the example.
func (dutyClashOpenCmd) Help() string {
	return "Example:\n  fengsui duty clash open 0197… --fact eu_market=yes --happened exploitation_aware_at=2026-09-15T00:00:00Z"
}

// Run opens decision tasks.
func (d *dutyClashOpenCmd) Run(ctx context.Context, c *client) error {
	in := api.FurtherFacts{Roles: d.Role, Facts: d.Fact, Happened: map[string]time.Time{}}
	for name, at := range d.Happened {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return usage{fmt.Errorf("--happened %s: %q is no time such as 2026-09-15T00:00:00Z", name, at)}
		}
		in.Happened[name] = t
	}
	var out tasks
	if err := c.call(ctx, "POST", "/reports/"+url.PathEscape(d.Report)+"/clashes", in, &out); err != nil {
		return err
	}
	return c.print(out, out.write)
}

type dutyClashAnswerCmd struct {
	ID     string `arg:"" help:"Id of the decision task."`
	Answer string `help:"The decision and its reasons." required:""`
}

// Help is the example.
func (dutyClashAnswerCmd) Help() string {
	return "Example:\n  fengsui duty clash answer 0197… --answer 'counsel: our subsidiary sends it as the manufacturer'"
}

// Run records a decision.
func (d *dutyClashAnswerCmd) Run(ctx context.Context, c *client) error {
	var out api.DecisionTask
	if err := c.call(ctx, "POST", "/clashes/"+url.PathEscape(d.ID)+"/answer", api.OwnDecision{Answer: d.Answer}, &out); err != nil {
		return err
	}
	return c.print(out, tasks{[]api.DecisionTask{out}}.write)
}
