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

type warningBoardCmd struct {
	ID       string `arg:"" help:"Id of the warning."`
	Revision int    `help:"A released revision; none for the newest."`
	Silent   bool   `help:"Only units that have not answered."`
	Sector   string `help:"Only this sector; - for units without one."`
	Channel  string `help:"Only units to which a message goes on it."`
	Limit    int    `help:"Rows to show; 0 for none but the figures." default:"50"`
	Export   string `help:"Write all rows to a file instead, as .csv or .json." placeholder:"FILE"`
}

// Help is the example.
func (warningBoardCmd) Help() string {
	return "How far a warning has come, and who is silent; for the platform's people.\n\nExamples:\n  fengsui warning board 0197… --silent\n  fengsui warning board 0197… --json\n  fengsui warning board 0197… --export board.csv"
}

// Run shows the board.
func (b *warningBoardCmd) Run(ctx context.Context, c *client) error {
	q := url.Values{}
	for name, value := range map[string]string{"sector": b.Sector, "channel": b.Channel} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if b.Revision > 0 {
		q.Set("revision", strconv.Itoa(b.Revision))
	}
	if b.Silent {
		q.Set("answer", "silent")
	}
	if b.Export != "" {
		return b.export(ctx, c, q)
	}
	var out struct {
		Coverage api.Coverage       `json:"coverage"`
		Items    []api.WarnedMember `json:"items"`
	}
	at := ""
	if b.Revision > 0 {
		at = "?revision=" + strconv.Itoa(b.Revision)
	}
	if err := c.call(ctx, "GET", warningPath(b.ID, "/coverage"+at), nil, &out.Coverage); err != nil {
		return err
	}
	out.Items = []api.WarnedMember{}
	if b.Limit > 0 {
		rows, err := collect[api.WarnedMember](ctx, c, warningPath(b.ID, "/recipients?"+q.Encode()), b.Limit)
		if err != nil {
			return err
		}
		out.Items = rows.Items
	}
	return c.print(out, func(w io.Writer) {
		writeCoverage(w, out.Coverage)
		var rows [][]string
		for _, x := range out.Items {
			answer := x.Recipient.Answer
			if answer == "" {
				answer = "(silent)"
			}
			rows = append(rows, []string{strconv.Itoa(x.Recipient.Wave), answer, when(x.Recipient.AckedAt), deliveryWords(x.Deliveries), dashed(x.Sector), x.Name})
		}
		if b.Limit > 0 {
			fmt.Fprintln(w)
			table(w, "WAVE | ANSWER | ANSWERED | DELIVERIES | SECTOR | UNIT", rows)
		}
	})
}

func writeCoverage(w io.Writer, x api.Coverage) {
	share := func(n int) string { return fmt.Sprintf("%d (%d %%)", n, n*100/max(x.Recipients, 1)) }
	fmt.Fprintf(w, "%d units; opened by %s, answered by %s\n", x.Recipients, share(x.Read), share(x.Answered))
	var parts []string
	for _, a := range []string{"affected", "checking", "not-affected", "fixed"} {
		parts = append(parts, fmt.Sprintf("%s %d", a, x.Answers[a]))
	}
	fmt.Fprintf(w, "%s, silent %d\n", strings.Join(parts, ", "), x.Recipients-x.Answered)
}

// deliveryWords says what became of each message to a unit.
func deliveryWords(ds []api.Delivery) string {
	var parts []string
	for _, d := range ds {
		parts = append(parts, d.Channel+" "+d.State)
	}
	if len(parts) == 0 {
		return "inbox"
	}
	return strings.Join(parts, ", ")
}

// export writes the whole board to a file.
func (b *warningBoardCmd) export(ctx context.Context, c *client, q url.Values) error {
	q.Set("format", fileFormat(b.Export))
	return c.save(ctx, warningPath(b.ID, "/export?"+q.Encode()), b.Export)
}
