// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/api"
)

type reminderList struct {
	Items []api.Reminder `json:"items"`
	Next  string         `json:"next,omitempty"`
}

func (l reminderList) write(w io.Writer) {
	var rows [][]string
	for _, r := range l.Items {
		late := ""
		if r.Late {
			late = "late"
		}
		var to []string
		for _, x := range r.To {
			to = append(to, strings.TrimSpace(x.To+" "+x.State))
		}
		rows = append(rows, []string{fmt.Sprintf("%d %%", r.Step), when(r.FellAt), when(r.NotedAt), late, r.Number, r.Duty.Name, strings.Join(to, ", ")})
	}
	table(w, "STEP | FELL DUE | SENT |  | NUMBER | DUTY | TO", rows)
	if l.Next != "" {
		fmt.Fprintln(w, "more: --after "+l.Next)
	}
}

type dutyRemindersCmd struct {
	Organisation string `help:"Staff: only of this organisation (id)."`
	Step         int    `help:"Only this step: 50, 75, 90 or 100." placeholder:"PERCENT"`
	Late         bool   `help:"Only those that were sent late."`
	After        string `help:"Go on behind a page."`
	Limit        int    `help:"Rows of a page." default:"50"`
}

// Help is the example.
func (dutyRemindersCmd) Help() string { return "Example:\n  fengsui duty reminders --step 100 --late" }

// Run lists reminders and escalations.
func (d *dutyRemindersCmd) Run(ctx context.Context, c *client) error {
	q := url.Values{"limit": {strconv.Itoa(d.Limit)}}
	for name, value := range map[string]string{"organisation": d.Organisation, "after": d.After} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if d.Step != 0 {
		q.Set("step", strconv.Itoa(d.Step))
	}
	if d.Late {
		q.Set("late", "true")
	}
	var out reminderList
	if err := c.call(ctx, "GET", "/reminders?"+q.Encode(), nil, &out); err != nil {
		return err
	}
	return c.print(out, out.write)
}

type callList struct {
	Items []api.Call `json:"items"`
	Next  string     `json:"next,omitempty"`
}

func (l callList) write(w io.Writer) {
	for _, x := range l.Items {
		writeCall(w, x)
	}
	if len(l.Items) == 0 {
		fmt.Fprintln(w, "no calls")
	}
}

func writeCall(w io.Writer, x api.Call) {
	state := "to be made"
	if !x.Pressing {
		state = "over"
	}
	fmt.Fprintf(w, "%s  organisation %s  since %s  %s\n", x.ID, x.OrgID, when(x.OpenedAt), state)
	for _, l := range x.Lines {
		fmt.Fprintf(w, "  call %-8s %s %s (%s)\n", l.Post, l.Name, l.Phone, l.To)
	}
	for _, i := range x.Items {
		fmt.Fprintf(w, "  %d %% %s %s: %s\n", i.Step, i.Number, i.Duty.Name, i.Duty.Sentence)
	}
	for _, t := range x.Tries {
		fmt.Fprintf(w, "  %s %s %s %s\n", when(t.At), t.Outcome, t.To, t.Note)
	}
}

type dutyCallsCmd struct {
	All bool `help:"Also those that are over."`
}

// Help is the example.
func (dutyCallsCmd) Help() string { return "Example:\n  fengsui duty calls" }

// Run lists the calls that the desk has to make.
func (d *dutyCallsCmd) Run(ctx context.Context, c *client) error {
	var out callList
	if err := c.call(ctx, "GET", fmt.Sprintf("/calls?open=%v", !d.All), nil, &out); err != nil {
		return err
	}
	return c.print(out, out.write)
}

type dutyCalledCmd struct {
	ID      string `arg:"" help:"The call."`
	To      string `required:"" help:"Who was called: one of the call's lines."`
	Outcome string `required:"" enum:"reached,no-answer,written" help:"reached, no-answer, or written: nobody can be reached, tell them in writing."`
	Note    string `help:"What was said."`
}

// Help is the example.
func (dutyCalledCmd) Help() string {
	return "Example:\n  fengsui duty called 0190… --to 0190… --outcome reached --note 'will report within the hour'"
}

// Run records a call.
func (d *dutyCalledCmd) Run(ctx context.Context, c *client) error {
	var out api.Call
	in := api.NewCallTry{To: d.To, Outcome: d.Outcome, Note: d.Note}
	if err := c.call(ctx, "POST", "/calls/"+url.PathEscape(d.ID)+"/tries", in, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { writeCall(w, out) })
}
