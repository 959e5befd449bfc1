// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/api"
)

type creditCmd struct {
	Import  creditImportCmd  `cmd:"" help:"Import public records and compare their credits with the members."`
	List    creditListCmd    `cmd:"" help:"List finds that public records thank members for and that are not reported."`
	Show    creditShowCmd    `cmd:"" help:"Show one lead with the evidence side by side."`
	Ask     creditAskCmd     `cmd:"" help:"Open the inquiry of a lead."`
	Dismiss creditDismissCmd `cmd:"" help:"End a lead without a question."`
	Deny    creditDenyCmd    `cmd:"" help:"Say that your organisation is not meant."`
	Name    creditNameCmd    `cmd:"" help:"By which names an organisation is known."`
	Person  creditPersonCmd  `cmd:"" help:"What public records say of who works for an organisation."`
}

type creditListCmd struct {
	State string `help:"waiting, denied, asked, reported, dismissed, withdrawn or merged."`
}

// Help is the example.
func (creditListCmd) Help() string { return "Example:\n  fengsui credit list --state waiting" }

// Run lists.
func (x *creditListCmd) Run(ctx context.Context, c *client) error {
	path := "/credits?"
	if x.State != "" {
		path += "state=" + url.QueryEscape(x.State)
	}
	out, err := collect[api.Lead](ctx, c, path, 0)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, l := range out.Items {
			rows = append(rows, []string{l.Number, strings.Join(l.Idents[:min(2, len(l.Idents))], " "), l.Confidence, l.State, l.OrgID, l.ID})
		}
		table(w, "LEAD | FIND | SURE | STATE | MEMBER | ID", rows)
	})
}

type creditShowCmd struct {
	Lead string `arg:"" help:"Id of the lead."`
}

// Help is the example.
func (creditShowCmd) Help() string { return "Example:\n  fengsui credit show 0197…" }

// Run shows.
func (x *creditShowCmd) Run(ctx context.Context, c *client) error {
	var l api.Lead
	if err := c.call(ctx, "GET", "/credits/"+url.PathEscape(x.Lead), nil, &l); err != nil {
		return err
	}
	return c.print(l, func(w io.Writer) { writeLead(w, l) })
}

func writeLead(w io.Writer, l api.Lead) {
	fmt.Fprintf(w, "%s  %s  %s  %s\n%s\n", l.Number, l.State, l.Confidence, strings.Join(l.Idents, " "), l.Title)
	for _, s := range l.Signs {
		fmt.Fprintf(w, "\n  %s %s\n    \"%s\"\n    %s: %s\n", s.Record, s.Field, s.Text, s.Confidence, s.Why)
		for _, b := range s.But {
			fmt.Fprintf(w, "    but: %s\n", b)
		}
	}
	fmt.Fprintln(w)
	for i, a := range l.Anchors {
		mark := " "
		if i == 0 {
			mark = "*"
		}
		fmt.Fprintf(w, "%s %s  %-10s %s %s\n", mark, when(a.At), a.What, a.Record, a.Text)
	}
	if x := l.Sheet; x != nil {
		fmt.Fprintln(w)
		for _, r := range x.Reports {
			fmt.Fprintf(w, "  report %s received %s: %s\n", r.Number, when(r.ReceivedAt), strings.Join(r.Why, ", "))
		}
		if len(x.Reports) == 0 {
			fmt.Fprintln(w, "  no report of the member near it")
		}
		for _, d := range x.Owed {
			fmt.Fprintf(w, "  would have owed: %s\n    %s\n", d.Name, d.Sentence)
		}
		for _, k := range x.Words {
			fmt.Fprintf(w, "  %s  %s  %s\n", when(k.At), k.Kind, k.Text)
		}
	}
	if l.InquiryID != "" {
		fmt.Fprintln(w, "inquiry:", l.InquiryID)
	}
}

type creditAskCmd struct {
	Lead     string    `arg:"" help:"Id of the lead."`
	Anchor   time.Time `help:"When the member may have known; the proposed date when left out." placeholder:"2021-11-24T10:00:00+08:00"`
	Question string    `help:"The question; the neutral standard one when left out."`
}

// Help is the example.
func (creditAskCmd) Help() string {
	return "Example:\n  fengsui credit ask 0197… --anchor 2021-11-24T10:00:00+08:00"
}

// Run asks.
func (x *creditAskCmd) Run(ctx context.Context, c *client) error {
	return about(ctx, c, x.Lead, "inquiry", api.Asking{Anchor: x.Anchor, Question: x.Question})
}

// about does something about a lead and says how it stands then.
func about(ctx context.Context, c *client, lead, what string, in any) error {
	var l api.Lead
	if err := c.call(ctx, "POST", "/credits/"+url.PathEscape(lead)+"/"+what, in, &l); err != nil {
		return err
	}
	return c.print(l, func(w io.Writer) {
		fmt.Fprintln(w, l.Number, l.State)
		if l.InquiryID != "" {
			fmt.Fprintln(w, "inquiry:", l.InquiryID)
		}
	})
}

type creditDismissCmd struct {
	Lead     string `arg:"" help:"Id of the lead."`
	Why      string `help:"Reasons." required:""`
	Stranger bool   `help:"The spellings do not mean the member: make no leads of them any more."`
}

// Help is the example.
func (creditDismissCmd) Help() string {
	return "Example:\n  fengsui credit dismiss 0197… --why 'a company of the same name abroad' --stranger"
}

// Run dismisses.
func (x *creditDismissCmd) Run(ctx context.Context, c *client) error {
	return about(ctx, c, x.Lead, "dismissal", api.Dismissal{Why: x.Why, Stranger: x.Stranger})
}

type creditDenyCmd struct {
	Lead string `arg:"" help:"Id of the lead."`
	Why  string `help:"Reasons." required:""`
}

// Help is the example.
func (creditDenyCmd) Help() string {
	return "Example:\n  fengsui credit deny 0197… --why 'nobody of that name works here'"
}

// Run denies.
func (x *creditDenyCmd) Run(ctx context.Context, c *client) error {
	return about(ctx, c, x.Lead, "denial", api.Reason{Why: x.Why})
}
