// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
)

type adminRebuildCmd struct {
	Holdings rebuildHoldingsCmd `cmd:"" help:"Write the index from components to component lists anew."`
	Known    rebuildKnownCmd    `cmd:"" help:"Hold all components and products against all public records anew."`
}

type rebuildHoldingsCmd struct {
	local `embed:""`
}

// Help is the example.
func (rebuildHoldingsCmd) Help() string {
	return "Example:\n  fengsui admin rebuild holdings --data /var/lib/fengsui\n" +
		"The index is computed from the component lists, which the journal of rows watches. 'fengsui admin doctor' says whether it agrees with them. While it is written nobody can upload a list."
}

// Run rebuilds.
func (x *rebuildHoldingsCmd) Run(ctx context.Context, e *env, c *client) error {
	return x.with(ctx, e, func(_ app.Config, s *app.Services) error {
		n, err := s.Products.RebuildHoldings(ctx)
		if err != nil {
			return err
		}
		return c.print(map[string]int64{"holdings": n}, func(w io.Writer) { fmt.Fprintf(w, "%d holdings\n", n) })
	})
}

type rebuildKnownCmd struct {
	local `embed:""`
	Quiet bool `help:"Do not say how far it has come."`
}

// Help is the example.
func (rebuildKnownCmd) Help() string {
	return "Example:\n  fengsui admin rebuild known --data /var/lib/fengsui\n" +
		"What is different is mended, and counted. Interrupt it at any time: what has been done stands. Nodes may run meanwhile."
}

// Run rebuilds.
func (x *rebuildKnownCmd) Run(ctx context.Context, e *env, c *client) error {
	return x.with(ctx, e, func(_ app.Config, s *app.Services) error {
		last := int64(-1)
		r, err := s.Matches.RebuildKnown(ctx, member.System(), func(r match.Rebuilt) {
			if percent := r.Components * 100 / max(r.Total, 1); !x.Quiet && percent != last {
				last = percent
				fmt.Fprintf(e.Stderr, "\r%3d %%  %d of %d component versions, %d verdicts, %d written, %d deleted", percent, r.Components, r.Total, r.Verdicts, r.Written, r.Deleted)
			}
		})
		if !x.Quiet && last >= 0 {
			fmt.Fprintln(e.Stderr)
		}
		if errors.Is(err, context.Canceled) {
			return fmt.Errorf("interrupted after %d of %d component versions; what has been done stands", r.Components, r.Total)
		}
		if err != nil {
			return err
		}
		type out struct {
			Components int64 `json:"components"`
			Products   int64 `json:"products"`
			Records    int64 `json:"records"`
			Verdicts   int64 `json:"verdicts"`
			Written    int64 `json:"written"`
			Deleted    int64 `json:"deleted"`
		}
		return c.print(out{r.Components, r.Products, r.Records, r.Verdicts, r.Written, r.Deleted}, func(w io.Writer) {
			fmt.Fprintf(w, "%d component versions and %d products against %d records: %d verdicts, %d written, %d deleted\n", r.Components, r.Products, r.Records, r.Verdicts, r.Written, r.Deleted)
		})
	})
}
