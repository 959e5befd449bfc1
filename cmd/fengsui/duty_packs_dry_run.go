// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/calendar"
)

type dutyPacksDryRunCmd struct {
	File string    `arg:"" help:"A pack, signed or not ('-' is standard input)."`
	From time.Time `help:"First day of learning." format:"2006-01-02" required:"" placeholder:"2026-01-01"`
	To   time.Time `help:"The day after the last one." format:"2006-01-02" required:"" placeholder:"2027-01-01"`
}

// Help is the example.
func (dutyPacksDryRunCmd) Help() string {
	return "Example:\n  fengsui duty packs dry-run my-law.yaml --from 2026-01-01 --to 2027-01-01\nNothing is changed. The duties of everything that was learned of in that time are derived once more, and compared."
}

// Run tries the pack.
func (x *dutyPacksDryRunCmd) Run(ctx context.Context, c *client) error {
	text, err := c.read(x.File)
	if err != nil {
		return err
	}
	var out trial
	if err := c.call(ctx, "POST", "/law-packs/dry-run", api.LawPackTrial{Text: string(text), From: beijingDay(x.From), To: beijingDay(x.To)}, &out); err != nil {
		return err
	}
	return c.print(out, out.write)
}

type trial struct{ api.Trial }

func (t trial) write(w io.Writer) {
	fmt.Fprintln(w, t.Headline)
	fmt.Fprintf(w, "%d reports looked at; duties: %d earlier, %d later, %d moved in one reading, %d the same; of the %d added %d would be late by what is on record\n",
		t.Reports, t.Earlier, t.Later, t.Moved, t.Same, t.Added, t.AddedLate)
	if t.Reconstructed > 0 {
		fmt.Fprintf(w, "the facts of %d reports were put together after the fact\n", t.Reconstructed)
	}
	if !t.Until.IsZero() {
		fmt.Fprintf(w, "cut short: only what was learned of until %s was looked at\n", when(t.Until))
	}
	for _, o := range t.Organisations {
		fmt.Fprintf(w, "  %s  newly late %d, newly in time %d, added %d, removed %d, earlier %d, later %d\n", o.OrgID, o.NewlyLate, o.NewlyInTime, o.Added, o.Removed, o.Earlier, o.Later)
	}
	for _, x := range t.Samples {
		fmt.Fprintf(w, "%s: %s\n", x.Effect, x.Rule)
		if x.Before != "" {
			fmt.Fprintf(w, "  - %s\n", x.Before)
		}
		if x.After != "" {
			fmt.Fprintf(w, "  + %s\n", x.After)
		}
	}
}

// beijingDay is the beginning of a day where Chinese law counts days.
func beijingDay(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, calendar.Beijing())
}
