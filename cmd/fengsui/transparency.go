// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/transparency"
)

type transparencyCmd struct {
	List    transparencyListCmd    `cmd:"" help:"Published editions of the transparency report."`
	Show    transparencyShowCmd    `cmd:"" help:"Figures of a period: an edition, or as they stand now."`
	Receipt transparencyReceiptCmd `cmd:"" help:"Signed receipt of an edition, with its figures: 'fengsui evidence verify' checks it."`
	Draft   transparencyDraftCmd   `cmd:"" help:"Freeze the figures of a quarter or a year that is over."`
	Sign    transparencySignCmd    `cmd:"" help:"Sign a draft; the second signature publishes it."`
}

type transparencyListCmd struct{}

// Help is the example.
func (transparencyListCmd) Help() string { return "Example:\n  fengsui transparency list" }

// Run lists.
func (transparencyListCmd) Run(ctx context.Context, c *client) error {
	var out items[api.TransparencyEdition]
	if err := c.call(ctx, "GET", "/transparency", nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, e := range out.Items {
			rows = append(rows, []string{e.Period, strconv.Itoa(e.N), when(e.PublishedAt), strconv.Itoa(len(e.Changes)), e.Digest})
		}
		table(w, "PERIOD | EDITION | PUBLISHED | CHANGES | DIGEST", rows)
	})
}

type transparencyShowCmd struct {
	Period  string `arg:"" help:"2021, 2021-Q4 or rolling." default:"rolling"`
	Edition int    `help:"Number of the edition; left out, the figures as they stand now." default:"-1"`
	CSV     bool   `help:"Write a table for spreadsheets." name:"csv"`
}

// Help is the example.
func (transparencyShowCmd) Help() string {
	return "Examples:\n  fengsui transparency show rolling\n  fengsui transparency show 2021-Q4 --edition 1 --csv"
}

// Run shows.
func (a *transparencyShowCmd) Run(ctx context.Context, c *client) error {
	var f transparency.Figures
	path := "/transparency/" + url.PathEscape(a.Period)
	if a.Edition >= 0 {
		var e api.TransparencyFigures
		if err := c.call(ctx, "GET", fmt.Sprintf("%s/editions/%d", path, a.Edition), nil, &e); err != nil {
			return err
		}
		f = e.Figures
	} else if err := c.call(ctx, "GET", path, nil, &f); err != nil {
		return err
	}
	if a.CSV {
		b, err := transparency.CSV(f)
		if err == nil {
			_, err = c.env.Stdout.Write(b)
		}
		return err
	}
	return c.print(f, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s to %s, as of %s\nreports %d, cases %d, advisories %d\n\n", f.Period, when(f.From), when(f.Until), when(f.AsOf), f.Volume.Reports, f.Volume.Cases, f.Volume.Advisories)
		var rows [][]string
		for _, s := range f.Spans {
			rows = append(rows, []string{s.Name, strconv.Itoa(s.N), strconv.Itoa(s.Open), lasted(s.P50), lasted(s.P90)})
		}
		table(w, "STEP | NUMBER | OPEN | MEDIAN | NINE IN TEN", rows)
		fmt.Fprintf(w, "\nbreaches of the platform's own clocks: %d of %d\n", len(f.Breaches.List)+f.Breaches.More, f.Breaches.Due)
		for _, b := range f.Breaches.List {
			fmt.Fprintf(w, "  %s  %s  due %s  late by %s  %s\n", b.Number, b.Rule, when(b.DueAt), time.Duration(b.Late)*time.Minute, b.ReasonEN)
		}
	})
}

func lasted(minutes *int) string {
	if minutes == nil {
		return "-"
	}
	return (time.Duration(*minutes) * time.Minute).String()
}

type transparencyReceiptCmd struct {
	Period  string `arg:"" help:"2021-Q4 or 2021."`
	Edition int    `help:"Number of the edition; 0 for the newest."`
}

// Help is the example.
func (transparencyReceiptCmd) Help() string {
	return "Example:\n  fengsui transparency receipt 2021-Q4 > edition.json && fengsui evidence verify edition.json --key …"
}

// Run writes the receipt byte by byte as it verifies.
func (a *transparencyReceiptCmd) Run(ctx context.Context, c *client) error {
	var r evidence.Receipt
	if err := c.call(ctx, "GET", fmt.Sprintf("/transparency/%s/editions/%d/receipt", url.PathEscape(a.Period), a.Edition), nil, &r); err != nil {
		return err
	}
	_, err := c.env.Stdout.Write(r.Encode())
	return err
}

type transparencyDraftCmd struct {
	Period string `arg:"" help:"A quarter or a year that is over: 2021-Q4."`
}

// Help is the example.
func (transparencyDraftCmd) Help() string { return "Example:\n  fengsui transparency draft 2021-Q4" }

// Run drafts.
func (a *transparencyDraftCmd) Run(ctx context.Context, c *client) error {
	return c.edition(ctx, "/transparency-drafts", api.NewEdition{Period: a.Period})
}

// edition sends a change to an edition and says how it stands.
func (c *client) edition(ctx context.Context, path string, in any) error {
	var e api.TransparencyFigures
	if err := c.call(ctx, "POST", path, in, &e); err != nil {
		return err
	}
	return c.print(e, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s, edition %d\n%s\n", e.Edition.Period, e.Edition.State, e.Edition.N, e.Edition.ID)
	})
}

type transparencySignCmd struct {
	ID   string `arg:"" help:"Id of the draft."`
	Drop string `help:"Let the draft fall instead, for this reason."`
}

// Help is the example.
func (transparencySignCmd) Help() string { return "Example:\n  fengsui transparency sign 0197…" }

// Run signs or drops.
func (a *transparencySignCmd) Run(ctx context.Context, c *client) error {
	path := "/transparency-drafts/" + url.PathEscape(a.ID)
	if a.Drop != "" {
		return c.edition(ctx, path+"/drop", api.Reason{Why: a.Drop})
	}
	return c.edition(ctx, path+"/sign", nil)
}
