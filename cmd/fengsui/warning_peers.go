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

type warningPeersCmd struct {
	ID     string `arg:"" help:"Id of the warning."`
	Export string `help:"Write them to a file instead, as .csv or .json." placeholder:"FILE"`
}

// Help is the example.
func (warningPeersCmd) Help() string {
	return "Nothing is told about a few units.\n\nExamples:\n  fengsui warning peers 0197…\n  fengsui warning peers 0197… --export peers.csv"
}

// Run shows them, or writes them to a file.
func (p *warningPeersCmd) Run(ctx context.Context, c *client) error {
	if p.Export != "" {
		return c.save(ctx, warningPath(p.ID, "/peers/export?format="+fileFormat(p.Export)), p.Export)
	}
	var out api.WarningPeers
	if err := c.call(ctx, "GET", warningPath(p.ID, "/peers"), nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		if out.All == nil {
			fmt.Fprintf(w, "Fewer than %d units were warned, or the rest could be told apart: nothing is told.\n", out.K)
			return
		}
		var rows [][]string
		row := func(name string, x *api.WarningPeer) {
			if x == nil {
				return
			}
			median := "-"
			if x.Median > 0 {
				median = (time.Duration(x.Median) * time.Second).String()
			} else if x.Median < 0 {
				median = "more than a week"
			}
			rows = append(rows, []string{name, fmt.Sprint(x.Units, "+"), fmt.Sprint(x.Answered, "+"), fmt.Sprint(x.Fixed, "+"), median})
		}
		row("your sector", out.Own)
		row("everybody", out.All)
		table(w, "WHO | UNITS | ANSWERED | FIXED | HALF ANSWERED WITHIN", rows)
		fmt.Fprintf(w, "Counts are rounded down to multiples of %d.\n", out.K)
	})
}
