// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/fengsui/fengsui/internal/api"
)

type dutyListCmd struct {
	Open         bool      `help:"Only what still has to be done."`
	State        string    `help:"Only one state: overdue, arguable, running, met-late, met, …"`
	Law          string    `help:"Only one law, by its short name." placeholder:"RMSV 2021"`
	Rule         string    `help:"Only one duty, by its stored name." placeholder:"rmsv-7-2-report"`
	Force        string    `help:"Only one force: mandatory, contractual, encouraged or policy."`
	Side         string    `help:"members: what organisations owe; platform: the platform's own clocks."`
	Organisation string    `help:"Only one organisation, by its id."`
	Name         string    `help:"Only organisations with this in their names."`
	From         time.Time `help:"Due at or after." placeholder:"2021-11-24T00:00:00+08:00"`
	Until        time.Time `help:"Due before." placeholder:"2021-12-01T00:00:00+08:00"`
	AsOf         time.Time `help:"What the register said at that time." placeholder:"2021-11-26T12:00:00+08:00"`
	Sort         string    `help:"due, -due, -anchor or -recorded."`
	Limit        int       `help:"At most so many in a table; 0 is all."`
	Format       string    `help:"table, json, csv (for a spreadsheet) or jsonl (a line each)." enum:"table,json,csv,jsonl" default:"table"`
}

// Help is the example.
func (dutyListCmd) Help() string {
	return "Example:\n  fengsui duty list --open\n  fengsui duty list --as-of 2021-11-26T12:00:00+08:00 --law 'RMSV 2021' --format csv > register.csv"
}

// query is what is asked, as the API takes it.
func (d *dutyListCmd) query() (url.Values, error) {
	if d.Open {
		if d.State != "" && d.State != "open" {
			return nil, usage{errors.New("--open and --state exclude each other")}
		}
		d.State = "open"
	}
	v := url.Values{}
	for name, s := range map[string]string{"state": d.State, "law": d.Law, "rule": d.Rule, "side": d.Side, "force": d.Force, "organisation": d.Organisation, "name": d.Name, "sort": d.Sort} {
		if s != "" {
			v.Set(name, s)
		}
	}
	for name, t := range map[string]time.Time{"from": d.From, "until": d.Until, "as_of": d.AsOf} {
		if !t.IsZero() {
			v.Set(name, t.Format(time.RFC3339))
		}
	}
	return v, nil
}

// Run lists duties.
func (d *dutyListCmd) Run(ctx context.Context, c *client) error {
	v, err := d.query()
	if err != nil {
		return err
	}
	if d.Format == "csv" || d.Format == "jsonl" {
		v.Set("format", d.Format)
		return c.download(ctx, "/duties/export?"+v.Encode(), c.env.Stdout)
	}
	out, err := collect[api.RegisterLine](ctx, c, "/duties/register?"+v.Encode(), d.Limit)
	if err != nil {
		return err
	}
	c.json = c.json || d.Format == "json"
	return c.print(out, func(w io.Writer) {
		if !d.AsOf.IsZero() {
			fmt.Fprintf(w, "as known on %s\n", when(d.AsOf))
		}
		for _, x := range out.Items {
			fmt.Fprintf(w, "%-11s %-13s due %s  %s  %s\n  %s: %s\n", x.Force, x.State, when(x.DueAt), x.Number, x.OrgName, x.Name, x.Sentence)
		}
		if len(out.Items) == 0 {
			fmt.Fprintln(w, "nothing owed")
		}
	})
}

type dutyIcsCmd struct{}

// Help is the example.
func (dutyIcsCmd) Help() string { return "Example:\n  fengsui duty ics > duties.ics" }

// Run writes the calendar.
func (dutyIcsCmd) Run(ctx context.Context, c *client) error {
	return c.download(ctx, "/duties/calendar", c.env.Stdout)
}
