// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/warning"
)

type warningOutlookCmd struct {
	ID string `arg:"" help:"Id of the warning."`
}

// Help is the example.
func (warningOutlookCmd) Help() string {
	return "What the release of a draft would meet: how many units by which ways, how much of the text goes each way, and what the draft lacks. Nothing is tried; 'warning try' counts quiet hours and digests, too.\n\nExamples:\n  fengsui warning outlook 0197…\n  fengsui warning outlook 0197… --lang zh-CN"
}

// Run looks.
func (r *warningOutlookCmd) Run(ctx context.Context, c *client) error {
	var x api.ReleaseOutlook
	if err := c.call(ctx, "GET", warningPath(r.ID, "/outlook"), nil, &x); err != nil {
		return err
	}
	return c.print(x, func(w io.Writer) { writeOutlook(w, i18n.For(c.Lang), r.ID, x) })
}

// writeOutlook writes a table of ways by wave; beneath each way stands what goes by it, so that it fits a narrow terminal.
func writeOutlook(w io.Writer, p i18n.Printer, id string, x api.ReleaseOutlook) {
	var rows [][]string
	var shares []string
	add := func(name string, n map[int]int, share warning.Share) {
		row := []string{name}
		for i := range warning.WaveAll {
			cell := "-"
			if k := n[i+1]; k > 0 {
				cell = p.Number(k)
			}
			row = append(row, cell)
		}
		rows, shares = append(rows, row), append(shares, share.In(p))
	}
	units, head := 0, p.T("warning.outlook.way")
	for i := range warning.WaveAll {
		units += x.Waves[i+1]
		head += " | " + p.T("warning.outlook.wave."+strconv.Itoa(i+1))
	}
	add(p.T("warning.means.inbox"), x.Waves, warning.WholeText)
	for _, y := range x.Ways {
		add(warning.Means{Channel: y.Channel, Sealed: y.Encrypted}.In(p), y.Waves, warning.Share(y.Carries))
	}
	fmt.Fprintf(w, "%s\n\n", p.T("warning.outlook.units", units))
	var b strings.Builder
	table(&b, strings.ToUpper(head), rows)
	for i, line := range strings.Split(strings.TrimSpace(b.String()), "\n") {
		fmt.Fprintln(w, line)
		if i > 0 {
			fmt.Fprintln(w, "  "+shares[i-1])
		}
	}
	fmt.Fprintln(w)
	if len(x.Missing) == 0 {
		fmt.Fprintf(w, "%s\n  fengsui warning try %s\n", p.T("warning.outlook.complete"), id)
		return
	}
	fmt.Fprintln(w, p.T("warning.outlook.missing"))
	for _, f := range x.Missing {
		line := f.Field + ": " + f.Rule
		if f.Example != "" {
			line = p.T("warning.outlook.example", line, f.Example)
		}
		fmt.Fprintln(w, "  "+line)
	}
}
