// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/fengsui/fengsui/internal/api"
)

type deliveryCmd struct {
	List  deliveryListCmd  `cmd:"" help:"Staff: what waits in each channel, why, and what failed for good."`
	Show  deliveryShowCmd  `cmd:"" help:"Staff: what became of one message, attempt by attempt."`
	Retry deliveryRetryCmd `cmd:"" help:"Staff: send once more what failed for good."`
}

type deliveryListCmd struct {
	Failed  bool   `help:"List what failed for good, the latest first."`
	Channel string `help:"With --failed: only of this channel."`
	After   string `help:"With --failed: go on behind a page."`
	Limit   int    `help:"With --failed: rows of a page." default:"50"`
}

// Help is the example.
func (deliveryListCmd) Help() string {
	return "Examples:\n  fengsui delivery list\n  fengsui delivery list --failed --channel email"
}

// Run lists.
func (d *deliveryListCmd) Run(ctx context.Context, c *client) error {
	if !d.Failed {
		var out api.OutboxBoard
		if err := c.call(ctx, "GET", "/deliveries", nil, &out); err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { writeOutbox(w, out) })
	}
	q := url.Values{"limit": {strconv.Itoa(d.Limit)}}
	for name, value := range map[string]string{"channel": d.Channel, "after": d.After} {
		if value != "" {
			q.Set(name, value)
		}
	}
	var out struct {
		Items []api.OutboxDelivery `json:"items"`
		Next  string               `json:"next,omitempty"`
	}
	if err := c.call(ctx, "GET", "/deliveries/failed?"+q.Encode(), nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, x := range out.Items {
			rows = append(rows, []string{when(x.DoneAt), x.Channel, x.Purpose, x.OrgID, strconv.Itoa(x.Attempts), x.Why, x.ID})
		}
		table(w, "FAILED | CHANNEL | PURPOSE | ORGANISATION | ATTEMPTS | WHY | ID", rows)
		if out.Next != "" {
			fmt.Fprintln(w, "more: --after "+out.Next)
		}
	})
}

func writeOutbox(w io.Writer, b api.OutboxBoard) {
	var rows [][]string
	for _, x := range b.Channels {
		rows = append(rows, []string{x.Channel, strconv.FormatInt(x.First, 10), strconv.FormatInt(x.Again, 10), strconv.FormatInt(x.Failed, 10), when(x.Oldest), x.NotReady})
	}
	table(w, "CHANNEL | NOT TRIED YET | TO BE TRIED AGAIN | FAILED FOR GOOD | OLDEST WAITING | NOT READY", rows)
	if len(b.Keys) > 0 {
		rows = nil
		for _, k := range b.Keys {
			rows = append(rows, []string{k.Channel, k.Kind, when(k.Ends)})
		}
		fmt.Fprintln(w)
		table(w, "CHANNEL | SIGNING KEY | ENDS", rows)
	}
	if len(b.Troubles) > 0 {
		rows = nil
		for _, x := range b.Troubles {
			host := x.Host
			if host == "" {
				host = "-"
			}
			rows = append(rows, []string{x.Channel, host, strconv.FormatInt(x.Waiting, 10), when(x.Oldest), strconv.Itoa(x.Failures), when(x.Next), x.Why})
		}
		fmt.Fprintln(w)
		table(w, "CHANNEL | DESTINATION | WAITING | OLDEST | FAILURES IN A ROW | NEXT TRY | WHY", rows)
	}
	if len(b.Outages) > 0 {
		rows = nil
		for _, x := range b.Outages {
			rows = append(rows, []string{x.Name, when(x.Since), when(x.Ended), x.Why})
		}
		fmt.Fprintln(w)
		table(w, "ENDED OUTAGE | SINCE | UNTIL | WHY", rows)
	}
}

type deliveryShowCmd struct {
	ID string `arg:"" help:"Delivery, as 'delivery list --failed' names it."`
}

// Help is the example.
func (deliveryShowCmd) Help() string {
	return "Example:\n  fengsui delivery show warning:0190…:1:0190…:email"
}

// Run shows.
func (d *deliveryShowCmd) Run(ctx context.Context, c *client) error {
	var x api.OutboxOne
	if err := c.call(ctx, "GET", "/deliveries/"+url.PathEscape(d.ID), nil, &x); err != nil {
		return err
	}
	return c.print(x, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s  %s  made %s\n", x.Purpose, x.Channel, x.State, when(x.CreatedAt))
		if x.State == "queued" {
			fmt.Fprintln(w, "next try", when(x.NextAt))
		}
		var rows [][]string
		for _, t := range x.Tries {
			rows = append(rows, []string{strconv.Itoa(t.N), when(t.At), t.Outcome, strconv.FormatInt(t.Ms, 10) + " ms", t.Why})
		}
		table(w, "NO. | AT | OUTCOME | TOOK | WHY", rows)
	})
}

type deliveryRetryCmd struct {
	IDs     []string `arg:"" optional:"" name:"id" help:"Deliveries, as 'delivery list --failed' names them."`
	Channel string   `help:"Instead of ids: the latest 500 of this channel that failed."`
}

// Help is the example.
func (deliveryRetryCmd) Help() string {
	return "Examples:\n  fengsui delivery retry warning:0190…:1:0190…:email\n  fengsui delivery retry --channel email"
}

// Run sends once more.
func (d *deliveryRetryCmd) Run(ctx context.Context, c *client) error {
	if (len(d.IDs) == 0) == (d.Channel == "") {
		return usage{errors.New("say which deliveries, or --channel, and not both")}
	}
	var out api.Retried
	if err := c.call(ctx, "POST", "/deliveries/retry", api.NewRetry{IDs: d.IDs, Channel: d.Channel}, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintln(w, out.Queued, "queued once more") })
}
