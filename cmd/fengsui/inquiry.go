// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/fengsui/fengsui/internal/api"
)

type inquiryCmd struct {
	List      inquiryListCmd      `cmd:"" help:"Inquiries into your organisation; for supervisors, all."`
	Show      inquiryShowCmd      `cmd:"" help:"Show a whole file, as the other side reads it."`
	Open      inquiryOpenCmd      `cmd:"" help:"Ask an organisation how it kept its duties (supervisors)."`
	Serve     inquiryServeCmd     `cmd:"" help:"Serve the formal notice (supervisors)."`
	State     inquiryStateCmd     `cmd:"" help:"Make your statement."`
	Contest   inquiryContestCmd   `cmd:"" help:"Contest one line of the file, with reasons."`
	Settle    inquirySettleCmd    `cmd:"" help:"Answer an objection (supervisors)."`
	Propose   inquiryProposeCmd   `cmd:"" help:"Propose a decision, as the first of two persons (supervisors)."`
	Sign      inquirySignCmd      `cmd:"" help:"Sign the proposed decision, as the second person."`
	Refuse    inquiryRefuseCmd    `cmd:"" help:"Let the proposed decision fall, with the reason."`
	Appeal    inquiryAppealCmd    `cmd:"" help:"Appeal against the decision."`
	Answer    inquiryAnswerCmd    `cmd:"" help:"Answer an appeal: uphold, annul, or revise (supervisors)."`
	Rectify   inquiryRectifyCmd   `cmd:"" help:"Report what you have mended."`
	Reinstate inquiryReinstateCmd `cmd:"" help:"End a sanction before its term (supervisors)."`
	Decisions inquiryDecisionsCmd `cmd:"" help:"Published decisions; needs no token."`
}

// inquiry asks for or changes a file and prints how it stands then.
func (c *client) inquiry(ctx context.Context, method, id, verb string, in any) error {
	var x api.Inquiry
	if verb != "" {
		verb = "/" + verb
	}
	if err := c.call(ctx, method, "/inquiries/"+url.PathEscape(id)+verb, in, &x); err != nil {
		return err
	}
	return c.print(x, func(w io.Writer) { inquiryText(w, x, method == "GET") })
}

func inquiryText(w io.Writer, x api.Inquiry, whole bool) {
	fmt.Fprintf(w, "%s  %s", x.Number, x.State)
	if x.WaitsFor != "" {
		fmt.Fprintf(w, ", waits for the %s", x.WaitsFor)
		if !x.WaitsUntil.IsZero() {
			fmt.Fprintf(w, " until %s", when(x.WaitsUntil))
		}
		if x.Overdue {
			fmt.Fprint(w, " (overdue)")
		}
	}
	fmt.Fprintln(w)
	if !x.EffectFrom.IsZero() {
		fmt.Fprintf(w, "in effect from %s until %s\n", when(x.EffectFrom), when(x.EffectUntil))
	}
	if !whole {
		return
	}
	fmt.Fprintf(w, "\nquestion   %s\n", x.Question)
	for i, e := range x.Evidence {
		fmt.Fprintf(w, "evidence/%d %s %s %s\n", i, e.Kind, e.Ref, e.Remark)
	}
	if n := x.Notice; n != nil {
		fmt.Fprintf(w, "notice     %s, statement due %s\n           %s\n", when(n.SentAt), when(n.DueAt), n.Text)
		if n.Lost {
			fmt.Fprintln(w, "           it has reached nobody: mend the channels and serve it again")
		}
	}
	for _, s := range x.Statements {
		fmt.Fprintf(w, "%-10s %s\n           %s\n", s.Kind, when(s.At), s.Text)
	}
	for _, o := range x.Objections {
		fmt.Fprintf(w, "objection  %s about %s: %s\n", o.ID, o.About, o.Text)
		if !o.AnsweredAt.IsZero() {
			fmt.Fprintf(w, "           %s: %s\n", map[bool]string{true: "accepted", false: "not accepted"}[o.Accepted], o.Answer)
		}
	}
	for _, d := range x.Decisions {
		fmt.Fprintf(w, "decision   %s %s", d.ID, d.Outcome)
		if d.Months > 0 {
			fmt.Fprintf(w, ", %d months", d.Months)
		}
		switch {
		case !d.FellAt.IsZero():
			fmt.Fprintf(w, " (fell %s: %s)", when(d.FellAt), d.FellWhy)
		case d.SignedAt.IsZero():
			fmt.Fprint(w, " (not signed)")
		default:
			fmt.Fprintf(w, ", signed %s", when(d.SignedAt))
		}
		fmt.Fprintf(w, "\n           %s\n", d.Reasons)
		for _, r := range d.Duties {
			fmt.Fprintf(w, "           duty/%s %s %s, due %s\n", r.ID, r.Rule, r.State, when(r.DueAt))
		}
	}
	if a := x.Appeal; a != nil {
		fmt.Fprintf(w, "appeal     %s, answer due %s\n           %s\n", when(a.FiledAt), when(a.DueAt), a.Grounds)
		if !a.AnsweredAt.IsZero() {
			fmt.Fprintf(w, "answer     %s\n           %s\n", when(a.AnsweredAt), a.Answer)
		}
	}
}

type inquiryListCmd struct {
	State        string `help:"Only this state."`
	Organisation string `help:"Only this organisation, by id."`
	Overdue      bool   `help:"Only what waits past its time."`
}

// Help is the example.
func (inquiryListCmd) Help() string { return "Example:\n  fengsui inquiry list --overdue" }

// Run lists.
func (l *inquiryListCmd) Run(ctx context.Context, c *client) error {
	q := url.Values{}
	if l.State != "" {
		q.Set("state", l.State)
	}
	if l.Organisation != "" {
		q.Set("organisation", l.Organisation)
	}
	if l.Overdue {
		q.Set("overdue", "true")
	}
	out, err := collect[api.Inquiry](ctx, c, "/inquiries?"+q.Encode(), 0)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, x := range out.Items {
			waits := x.WaitsFor
			if x.Overdue {
				waits += " (overdue)"
			}
			rows = append(rows, []string{x.Number, string(x.State), waits, when(x.WaitsUntil), when(x.OpenedAt), x.ID})
		}
		table(w, "NUMBER | STATE | WAITS FOR | UNTIL | OPENED | ID", rows)
	})
}

type inquiryShowCmd struct {
	ID string `arg:"" help:"Id of the inquiry."`
}

// Help is the example.
func (inquiryShowCmd) Help() string { return "Example:\n  fengsui inquiry show 0197…" }

// Run shows.
func (s *inquiryShowCmd) Run(ctx context.Context, c *client) error {
	return c.inquiry(ctx, "GET", s.ID, "", nil)
}

type inquiryDecisionsCmd struct {
	Number string `arg:"" optional:"" help:"Number of one decision."`
}

// Help is the example.
func (inquiryDecisionsCmd) Help() string {
	return "Example:\n  fengsui inquiry decisions FS-Q-2021-000001"
}

// Run lists the register, or shows one decision.
func (d *inquiryDecisionsCmd) Run(ctx context.Context, c *client) error {
	if d.Number != "" {
		var x api.PublicDecision
		if err := c.call(ctx, "GET", "/decisions/"+url.PathEscape(d.Number), nil, &x); err != nil {
			return err
		}
		return c.print(x, func(w io.Writer) { fmt.Fprintln(w, strings.Join(x.Text, "\n\n")) })
	}
	out, err := collect[api.PublicDecision](ctx, c, "/decisions?", 0)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, x := range out.Items {
			rows = append(rows, []string{x.Number, x.Name, string(x.Outcome), when(x.From), when(x.Until), x.Standing})
		}
		table(w, "NUMBER | ORGANISATION | OUTCOME | FROM | UNTIL | STANDING", rows)
	})
}
