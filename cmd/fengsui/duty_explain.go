// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/api"
)

type dutyExplainCmd struct {
	Relation  string            `help:"Your relation to the product: provider, embeds, operator or finder." enum:"provider,embeds,operator,finder" default:"finder"`
	Role      []string          `help:"What else you are: collector, operator, professional, …"`
	Partner   bool              `help:"You are a partner unit."`
	Upstream  bool              `help:"The flaw lies in an upstream component."`
	LearnedAt time.Time         `help:"When you learned of it." placeholder:"2021-11-24T10:00:00+08:00"`
	Fact      map[string]string `help:"A further fact, as often as you like: eu_market=yes." mapsep:"none"`
	Happened  map[string]string `help:"A further event from which clocks run: exploitation_aware_at=2026-09-15T00:00:00Z." mapsep:"none"`
}

// Help is the example.
func (dutyExplainCmd) Help() string {
	return "Example:\n  fengsui duty explain --relation finder --partner --learned-at 2021-11-24T10:00:00+08:00\n" +
		"  fengsui duty explain --relation provider --learned-at 2026-09-15T08:00:00+08:00 --fact eu_market=yes --happened exploitation_aware_at=2026-09-15T00:00:00Z"
}

// Run explains duties.
func (d *dutyExplainCmd) Run(ctx context.Context, c *client) error {
	in := api.Facts{Relation: d.Relation, Partner: d.Partner, Upstream: d.Upstream, LearnedAt: d.LearnedAt, Roles: d.Role, Facts: d.Fact, Happened: map[string]time.Time{}}
	for name, at := range d.Happened {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return usage{fmt.Errorf("--happened %s: %q is no time such as 2026-09-15T00:00:00Z", name, at)}
		}
		in.Happened[name] = t
	}
	var out explained
	if err := c.call(ctx, "POST", "/duties/explain", in, &out); err != nil {
		return err
	}
	return c.print(out, out.write)
}

type explained struct{ api.Explained }

func (e explained) write(w io.Writer) {
	for _, x := range e.Items {
		due := "no due time"
		if !x.DueAt.IsZero() {
			due = "due " + when(x.DueAt)
		}
		fmt.Fprintf(w, "%s\n  %-11s %-13s %s\n  %s\n", x.Name, x.Force, x.State, due, x.Sentence)
	}
	if len(e.Items) == 0 {
		fmt.Fprintln(w, "nothing owed")
	}
	for _, x := range e.Clashes {
		fmt.Fprintf(w, "! %s\n  %s\n  %s\n", x.Title, x.Why, x.Question)
	}
	for _, x := range e.Open {
		fmt.Fprintf(w, "? %s, by %s: depends on %s\n", x.Name, x.Law, strings.Join(x.Questions, ", "))
	}
}
