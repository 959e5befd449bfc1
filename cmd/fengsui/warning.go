// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/fengsui/fengsui/internal/api"
)

type warningCmd struct {
	List  warningListCmd  `cmd:"" help:"Warnings to your organisation, those that concern you first."`
	Show  warningShowCmd  `cmd:"" help:"Show one warning and why it concerns you."`
	Ack   warningAckCmd   `cmd:"" help:"Acknowledge: checking, affected, not-affected, fixed."`
	Watch warningWatchCmd `cmd:"" help:"Print warnings as they come."`

	Answer warningAnswerCmd `cmd:"" help:"Another name of ack."`
	Peers  warningPeersCmd  `cmd:"" help:"How your sector and all who were warned are doing."`

	Board       warningBoardCmd       `cmd:"" help:"Staff: how far a warning has come, and who is silent."`
	Calls       warningCallsCmd       `cmd:"" help:"Staff: units to be called because they are silent."`
	Called      warningCalledCmd      `cmd:"" help:"Staff: say how a call to a silent unit went."`
	Revise      warningReviseCmd      `cmd:"" help:"Staff: open the next revision as a draft."`
	Exercise    warningExerciseCmd    `cmd:"" help:"Staff: draft an exercise about a case."`
	Differences warningDifferencesCmd `cmd:"" help:"Staff: what a draft changes."`
	Outlook     warningOutlookCmd     `cmd:"" help:"Staff: units, ways and what is missing before a draft is released."`
	Try         warningTryCmd         `cmd:"" help:"Staff: what a release would do at this moment."`
	ViewAs      warningViewAsCmd      `cmd:"" help:"Staff: a draft as one recipient would get it."`
}

func warningRow(x api.Warning) []string {
	concerns, answer := "-", "-"
	if x.Yours != nil {
		concerns, answer = fmt.Sprintf("%d of your products", x.Yours.Products), x.Yours.Answer
		if answer == "" {
			answer = "(not answered)"
		}
	}
	return []string{x.Number, x.Level, "TLP:" + x.TLP, concerns, answer, when(x.RespondBy), x.Content.Title, x.ID}
}

type warningListCmd struct{}

// Help is the example.
func (warningListCmd) Help() string { return "Example:\n  fengsui warning list --json" }

// Run lists.
func (warningListCmd) Run(ctx context.Context, c *client) error {
	out, err := collect[api.Warning](ctx, c, "/warnings?", 0)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, x := range out.Items {
			rows = append(rows, warningRow(x))
		}
		table(w, "NUMBER | LEVEL | TLP | CONCERNS | ANSWER | RESPOND BY | TITLE | ID", rows)
	})
}

type warningShowCmd struct {
	ID string `arg:"" help:"Id of the warning."`
}

// Help is the example.
func (warningShowCmd) Help() string { return "Example:\n  fengsui warning show 0197…" }

// Run shows.
func (s *warningShowCmd) Run(ctx context.Context, c *client) error {
	var x api.Warning
	if err := c.call(ctx, "GET", "/warnings/"+url.PathEscape(s.ID), nil, &x); err != nil {
		return err
	}
	return c.print(x, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s  TLP:%s  revision %d\n%s\n\n%s\n\nWhat to do\n", x.Number, strings.ToUpper(x.Level), x.TLP, x.Revision, x.Content.Title, x.Content.Summary)
		for _, line := range strings.Split(x.Content.Measures, "\n") {
			fmt.Fprintln(w, "  -", line)
		}
		fmt.Fprintf(w, "\nanswer by %s: fengsui warning ack %s --answer checking\n", when(x.RespondBy), x.ID)
	})
}

type warningAckCmd struct {
	ID      string `arg:"" help:"Id of the warning."`
	Answer  string `help:"How you stand." enum:"checking,affected,not-affected,fixed" required:""`
	Because string `help:"Of not-affected: why, in the terms of VEX." enum:",component_not_present,vulnerable_code_not_present,vulnerable_code_not_in_execute_path,vulnerable_code_cannot_be_controlled_by_adversary,inline_mitigations_already_exist" default:""`
	Comment string `help:"Why, or what was done."`
	Assets  int    `help:"Affected assets, as you count them."`

	Proof []string `help:"Show a file with the answer: PDF, PNG, JPEG or text of up to 5 MiB; again for more." placeholder:"FILE" type:"existingfile"`
}

// Help is the example.
func (warningAckCmd) Help() string {
	return "Example:\n  fengsui warning ack 0197… --answer affected --assets 12"
}

// Run acknowledges.
func (a *warningAckCmd) Run(ctx context.Context, c *client) error {
	for _, file := range a.Proof { // first: an answer that names a proof must not stand without it
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := c.call(ctx, "POST", "/warnings/"+url.PathEscape(a.ID)+"/proofs", api.NewWarningProof{Name: filepath.Base(file), Content: content}, nil); err != nil {
			return err
		}
	}
	var out api.Recipient
	err := c.call(ctx, "POST", "/warnings/"+url.PathEscape(a.ID)+"/answer", api.WarningAnswer{Answer: a.Answer, Justification: a.Because, Comment: a.Comment, Assets: a.Assets}, &out)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "recorded: %s at %s\n", out.Answer, when(out.AckedAt)) })
}

type warningAnswerCmd struct {
	warningAckCmd `embed:""`
}

// Help is the example.
func (warningAnswerCmd) Help() string {
	return "Example:\n  fengsui warning answer 0197… --answer fixed --proof scan.pdf"
}

type advisoryCmd struct {
	List advisoryListCmd `cmd:"" help:"Published advisories, newest first."`
	Show advisoryShowCmd `cmd:"" help:"Show one advisory, by number or alias."`
}

type advisoryListCmd struct{}

// Help is the example.
func (advisoryListCmd) Help() string { return "Example:\n  fengsui advisory list" }

// Run lists.
func (advisoryListCmd) Run(ctx context.Context, c *client) error {
	out, err := collect[api.Advisory](ctx, c, "/advisories?", 0)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, x := range out.Items {
			rows = append(rows, []string{x.Number, x.Composite, when(x.PublishedAt), x.Content.Title, strings.Join(x.Content.Aliases, " ")})
		}
		table(w, "NUMBER | GRADE | PUBLISHED | TITLE | ALIASES", rows)
	})
}

type advisoryShowCmd struct {
	Number string `arg:"" help:"Number or alias, such as CVE-2021-44228."`
}

// Help is the example.
func (advisoryShowCmd) Help() string { return "Example:\n  fengsui advisory show CVE-2021-44228" }

// Run shows.
func (a *advisoryShowCmd) Run(ctx context.Context, c *client) error {
	var x api.Advisory
	if err := c.call(ctx, "GET", "/advisories/"+url.PathEscape(a.Number), nil, &x); err != nil {
		return err
	}
	return c.print(x, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s  %s\n%s\n\n%s\n\nFix: %s\nWorkaround: %s\n", x.Number, x.Composite, strings.Join(x.Content.Aliases, " "), x.Content.Title, x.Content.Description, x.Content.Fix, x.Content.Workaround)
	})
}
