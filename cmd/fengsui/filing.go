// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/fengsui/fengsui/internal/api"
)

type filingCmd struct {
	List filingListCmd `cmd:"" help:"The forms of other receivers, and whether they were handed in."`
	Show filingShowCmd `cmd:"" help:"One form, filled in from the report, ready to copy."`
	Done filingDoneCmd `cmd:"" help:"Record that a form was handed in."`
}

type filingListCmd struct {
	Report string `arg:"" help:"Id of a report."`
}

// Help is the example.
func (filingListCmd) Help() string { return "Example:\n  fengsui filing list REPORT" }

// Run lists forms.
func (f *filingListCmd) Run(ctx context.Context, c *client) error {
	var out items[api.Form]
	if err := c.call(ctx, "GET", "/reports/"+f.Report+"/filings", nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, x := range out.Items {
			missing, done := 0, "-"
			for _, y := range x.Fields {
				if y.State == "missing" {
					missing++
				}
			}
			if n := len(x.Done); n > 0 {
				done = when(x.Done[n-1].At) + " " + x.Done[n-1].Number
			}
			rows = append(rows, []string{x.Pack, fmt.Sprint(missing), done, x.Receiver + ": " + x.Form})
		}
		table(w, "PACK | MISSING | HANDED IN | FORM", rows)
	})
}

type filingShowCmd struct {
	Report string `arg:"" help:"Id of a report."`
	Pack   string `arg:"" help:"Id of a form: nvdb, cnvd, cnnvd, eu-srp-24h, …"`
}

// Help is the example.
func (filingShowCmd) Help() string { return "Example:\n  fengsui filing show REPORT cnvd" }

// Run shows a form.
func (f *filingShowCmd) Run(ctx context.Context, c *client) error {
	var out api.Form
	if err := c.call(ctx, "GET", "/reports/"+f.Report+"/filings/"+f.Pack, nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s\n%s\n%s\n\n", out.Receiver, out.Form, out.Site, out.Note)
		for _, x := range out.Fields {
			fmt.Fprintf(w, "%s / %s (%s)\n", x.LabelZH, x.LabelEN, x.Need)
			switch x.State {
			case "ready":
				fmt.Fprintln(w, x.Value)
			case "missing":
				fmt.Fprintf(w, "! missing: enter it as %s\n", x.Enter)
			case "by-hand":
				fmt.Fprintln(w, "> to be entered at the receiver")
			default:
				fmt.Fprintln(w, "-")
			}
			if x.Hint != "" {
				fmt.Fprintf(w, "  %s\n", x.Hint)
			}
			fmt.Fprintln(w)
		}
	})
}

type filingDoneCmd struct {
	Report string    `arg:"" help:"Id of a report."`
	Pack   string    `arg:"" help:"Id of a form."`
	At     time.Time `help:"When it was handed in." required:"" placeholder:"2021-11-25T09:30:00+08:00"`
	Number string    `help:"Number that the receiver gave."`
	Note   string    `help:"A remark."`
	Proof  string    `help:"A file that shows it." placeholder:"FILE"`
}

// Help is the example.
func (filingDoneCmd) Help() string {
	return "Example:\n  fengsui filing done REPORT cnvd --at 2021-11-25T09:30:00+08:00 --number CNVD-C-2021-95914 --proof confirmation.pdf"
}

// Run records it.
func (f *filingDoneCmd) Run(ctx context.Context, c *client) error {
	in := api.HandIn{At: f.At, Number: f.Number, Note: f.Note}
	if f.Proof != "" {
		b, err := c.read(f.Proof)
		if err != nil {
			return err
		}
		in.ProofName, in.Proof = filepath.Base(f.Proof), b
	}
	var out api.Filing
	if err := c.call(ctx, "POST", "/reports/"+f.Report+"/filings/"+f.Pack, in, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "recorded: handed in %s %s\n", when(out.At), out.Number) })
}
