// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/fengsui/fengsui/internal/api"
)

type dutyCmd struct {
	List    dutyListCmd    `cmd:"" help:"What your organisation owes."`
	Explain dutyExplainCmd `cmd:"" help:"Which duties facts give rise to, and why."`
	Packs   dutyPacksCmd   `cmd:"" help:"The laws as data."`
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
