// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/fengsui/fengsui/internal/api"
)

type dutyCmd struct {
	List    dutyListCmd    `cmd:"" help:"What your organisation owes."`
	Explain dutyExplainCmd `cmd:"" help:"Which duties facts give rise to, and why."`
}

type duties struct {
	Items []api.Duty `json:"items"`
}

func (d duties) write(w io.Writer) {
	for _, x := range d.Items {
		fmt.Fprintf(w, "%-11s %-9s due %s\n  %s\n", x.Force, x.State, when(x.DueAt), x.Sentence)
	}
	if len(d.Items) == 0 {
		fmt.Fprintln(w, "nothing owed")
	}
}

type dutyListCmd struct {
	Open bool `help:"Only those not yet met."`
}

// Help is the example.
func (dutyListCmd) Help() string { return "Example:\n  fengsui duty list --open" }

// Run lists duties.
func (d *dutyListCmd) Run(ctx context.Context, c *client) error {
	var out duties
	if err := c.call(ctx, "GET", fmt.Sprintf("/duties?open=%v", d.Open), nil, &out); err != nil {
		return err
	}
	return c.print(out, out.write)
}

type dutyExplainCmd struct {
	Relation  string    `help:"Your relation to the product." enum:"provider,embeds,operator,finder" required:""`
	Partner   bool      `help:"You are a partner unit."`
	Upstream  bool      `help:"The flaw lies in an upstream component."`
	LearnedAt time.Time `help:"When you learned of it." required:"" placeholder:"2021-11-24T10:00:00+08:00"`
}

// Help is the example.
func (dutyExplainCmd) Help() string {
	return "Example:\n  fengsui duty explain --relation finder --partner --learned-at 2021-11-24T10:00:00+08:00"
}

// Run explains duties.
func (d *dutyExplainCmd) Run(ctx context.Context, c *client) error {
	var out duties
	err := c.call(ctx, "POST", "/duties/explain", api.Facts{Relation: d.Relation, Partner: d.Partner, Upstream: d.Upstream, LearnedAt: d.LearnedAt}, &out)
	if err != nil {
		return err
	}
	return c.print(out, out.write)
}
