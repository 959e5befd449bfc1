// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/api"
)

func warningPath(id, rest string) string { return "/warnings/" + url.PathEscape(id) + rest }

// writeDraft says what was begun, and how to go on.
func writeDraft(w io.Writer, x api.Warning) {
	what := x.Kind
	if x.Exercise {
		what = "exercise"
	}
	fmt.Fprintf(w, "%s  revision %d  %s  %s  %s\n%s\n", x.Number, x.Revision, what, x.Level, x.State, x.Content.Title)
	fmt.Fprintf(w, "see what it would do: fengsui warning try %s\n", x.ID)
}

type warningReviseCmd struct {
	ID   string `arg:"" help:"Id of the warning."`
	Kind string `help:"amendment: facts or texts have changed; supersede: the old advice does not hold; lift: the risk is over; recall: the warning was wrong." enum:"amendment,supersede,lift,recall" default:"amendment"`
}

// Help is the example.
func (warningReviseCmd) Help() string {
	return "Opens the next revision as a draft; whether it raises or lowers the level, and which answers it voids, is worked out.\n\nExample:\n  fengsui warning revise 0197… --kind lift"
}

// Run begins a revision.
func (r *warningReviseCmd) Run(ctx context.Context, c *client) error {
	var x api.Warning
	if err := c.call(ctx, "POST", warningPath(r.ID, "/revisions"), api.WarningRevision{Kind: r.Kind}, &x); err != nil {
		return err
	}
	return c.print(x, func(w io.Writer) { writeDraft(w, x) })
}

type warningExerciseCmd struct {
	Case string `arg:"" help:"Id of the case."`
}

// Help is the example.
func (warningExerciseCmd) Help() string {
	return "Drafts a warning that is marked as an exercise wherever it is shown, and counts nowhere.\n\nExample:\n  fengsui warning exercise 0197…"
}

// Run drafts an exercise.
func (r *warningExerciseCmd) Run(ctx context.Context, c *client) error {
	var x api.Warning
	if err := c.call(ctx, "POST", "/cases/"+url.PathEscape(r.Case)+"/exercises", nil, &x); err != nil {
		return err
	}
	return c.print(x, func(w io.Writer) { writeDraft(w, x) })
}

type warningDifferencesCmd struct {
	ID string `arg:"" help:"Id of the warning."`
}

// Help is the example.
func (warningDifferencesCmd) Help() string {
	return "What the revision that is being written changes, and whether that is significant.\n\nExample:\n  fengsui warning differences 0197…"
}

// Run compares.
func (r *warningDifferencesCmd) Run(ctx context.Context, c *client) error {
	var x api.WarningDifference
	if err := c.call(ctx, "GET", warningPath(r.ID, "/differences"), nil, &x); err != nil {
		return err
	}
	return c.print(x, func(w io.Writer) { writeDifference(w, x) })
}

func writeDifference(w io.Writer, x api.WarningDifference) {
	switch {
	case x.Kind == "":
		fmt.Fprintln(w, "the first revision: everything is new")
	case x.Significant:
		fmt.Fprintf(w, "%s, significant: it reaches everybody at once\n", x.Kind)
	default:
		fmt.Fprintf(w, "%s, editorial: every answer stands, and it goes into the digest\n", x.Kind)
	}
	var rows [][]string
	for _, d := range x.Changes {
		weight := "editorial"
		if d.Significant {
			weight = "significant"
		}
		rows = append(rows, []string{strings.TrimSpace(d.What + " " + d.Of), dashed(d.From), dashed(d.To), weight})
	}
	if len(rows) > 0 {
		table(w, "WHAT | FROM | TO | WEIGHT", rows)
	}
}

func dashed(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Join(strings.Fields(s), " ")
}

type warningTryCmd struct {
	ID string `arg:"" help:"Id of the warning."`
}

// Help is the example.
func (warningTryCmd) Help() string {
	return "Works out what a release would do at this moment; nothing leaves.\n\nExample:\n  fengsui warning try 0197…"
}

// Run tries a release.
func (r *warningTryCmd) Run(ctx context.Context, c *client) error {
	var x api.ReleaseTrial
	if err := c.call(ctx, "POST", warningPath(r.ID, "/try"), nil, &x); err != nil {
		return err
	}
	return c.print(x, func(w io.Writer) {
		writeDifference(w, x.Difference)
		var rows [][]string
		for i, name := range []string{"affected", "same sector", "all partner units"} {
			rows = append(rows, []string{strconv.Itoa(i + 1), name, strconv.Itoa(x.Waves[i+1])})
		}
		fmt.Fprintln(w)
		table(w, "WAVE | WHO | UNITS", rows)
		rows = nil
		channels := map[string]bool{}
		for _, by := range []map[string]int{x.Now, x.Held} {
			for channel := range by {
				channels[channel] = true
			}
		}
		for _, channel := range slices.Sorted(maps.Keys(channels)) {
			rows = append(rows, []string{channel, strconv.Itoa(x.Now[channel]), strconv.Itoa(x.Held[channel])})
		}
		fmt.Fprintf(w, "\nclass %s, %d into digests\n", x.Class, x.Digest)
		if len(rows) > 0 {
			table(w, "CHANNEL | AT ONCE | AFTER QUIET HOURS", rows)
		}
		fmt.Fprintf(w, "\n%d units to answer for the first time, %d answers stand\n", x.Silent, x.Standing)
		for _, why := range slices.Sorted(maps.Keys(x.Void)) {
			fmt.Fprintf(w, "%d answers fall: %s\n", x.Void[why], why)
		}
	})
}

type warningViewAsCmd struct {
	ID  string `arg:"" help:"Id of the warning."`
	Org string `arg:"" name:"organisation" help:"Id of the recipient."`
}

// Help is the example.
func (warningViewAsCmd) Help() string {
	return "A draft as one recipient would get it: mail and webhook. Its links answer nothing.\n\nExample:\n  fengsui warning view-as 0197… 0196…"
}

// Run shows.
func (r *warningViewAsCmd) Run(ctx context.Context, c *client) error {
	var x api.WarningView
	if err := c.call(ctx, "GET", warningPath(r.ID, "/as/"+url.PathEscape(r.Org)), nil, &x); err != nil {
		return err
	}
	return c.print(x, func(w io.Writer) { fmt.Fprintf(w, "Subject: %s\n\n%s\n\nWebhook: %s\n", x.Subject, x.Text, x.Hook) })
}

type warningCallsCmd struct{}

// Help is the example.
func (warningCallsCmd) Help() string {
	return "Units that let the time limit of a warning pass in silence, and whom to call; for the platform's people.\n\nExample:\n  fengsui warning calls"
}

// Run lists.
func (warningCallsCmd) Run(ctx context.Context, c *client) error {
	out := struct {
		Items []api.WarningCall `json:"items"`
	}{}
	if err := c.call(ctx, "GET", "/warning-calls", nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		if len(out.Items) == 0 {
			fmt.Fprintln(w, "no calls")
		}
		for _, x := range out.Items {
			fmt.Fprintf(w, "%s  %s  revision %d  organisation %s  silent since %s\n", x.Number, x.Level, x.Revision, x.OrgID, when(x.Since))
			for _, l := range x.Lines {
				fmt.Fprintf(w, "  call %-8s %s %s (%s)\n", l.Post, l.Name, l.Phone, l.To)
			}
			for _, t := range x.Tries {
				fmt.Fprintf(w, "  %s %s %s %s\n", when(t.At), t.Outcome, t.To, t.Note)
			}
		}
		if len(out.Items) > 0 {
			x := out.Items[0]
			fmt.Fprintf(w, "\n%d units to call; say how it went: fengsui warning called %s %s --to … --outcome reached\n", len(out.Items), x.Warning, x.OrgID)
		}
	})
}

type warningCalledCmd struct {
	ID      string `arg:"" help:"Id of the warning."`
	Org     string `arg:"" name:"organisation" help:"Id of the unit."`
	To      string `required:"" help:"Who was called: one of the call's lines."`
	Outcome string `required:"" enum:"reached,no-answer,written" help:"reached, no-answer, or written: nobody can be reached, tell them in writing."`
	Note    string `help:"What was said."`
}

// Help is the example.
func (warningCalledCmd) Help() string {
	return "Example:\n  fengsui warning called 0190… 0196… --to 0190… --outcome reached --note 'will answer within the hour'"
}

// Run records a call.
func (r *warningCalledCmd) Run(ctx context.Context, c *client) error {
	if err := c.call(ctx, "POST", warningPath(r.ID, "/calls/"+url.PathEscape(r.Org)), api.NewCallTry{To: r.To, Outcome: r.Outcome, Note: r.Note}, nil); err != nil {
		return err
	}
	return c.print(map[string]string{"outcome": r.Outcome}, func(w io.Writer) { fmt.Fprintln(w, "recorded:", r.Outcome) })
}
