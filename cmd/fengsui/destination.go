// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/fengsui/fengsui/internal/api"
)

type destinationCmd struct {
	List      destinationListCmd      `cmd:"" help:"Places where your organisation is reached, and whether anybody is there."`
	Add       destinationAddCmd       `cmd:"" help:"Add a place and test it."`
	Test      destinationTestCmd      `cmd:"" help:"Send a test to a place."`
	Choose    destinationChooseCmd    `cmd:"" help:"Say what comes to a place, and when."`
	Quiet     destinationQuietCmd     `cmd:"" help:"Set quiet hours and the pace of what is not mandatory."`
	Rotate    destinationRotateCmd    `cmd:"" help:"Give a webhook a new signing secret."`
	Remove    destinationRemoveCmd    `cmd:"" help:"Remove a place."`
	Unreached destinationUnreachedCmd `cmd:"" help:"Staff: members at whose addresses nobody is reached."`
}

func destinationRow(d api.Destination) []string {
	state := "not confirmed yet"
	switch {
	case d.Paused:
		state = "paused"
	case d.Live && d.Health == nil:
		state = "not tested yet"
	case d.Live:
		state = d.Health.State
	}
	return []string{d.Channel, d.Label, d.Address, state, d.Told["mandatory"], d.Told["prompt"], d.Told["digest"], d.ID}
}

const destinationHeads = "CHANNEL | NAME | ADDRESS | STATE | MANDATORY | PROMPT | DIGEST | ID"

func writeDestinations(w io.Writer, ds api.Destinations) {
	var rows [][]string
	for _, d := range ds.Items {
		rows = append(rows, destinationRow(d))
	}
	table(w, destinationHeads, rows)
	quiet := "no quiet hours"
	if ds.Pace.Quiet {
		quiet = "quiet from " + ds.Pace.From + " until " + ds.Pace.Until
	}
	fmt.Fprintf(w, "%s; daily digest at %s (%s); at most %d messages an hour\n", quiet, ds.Pace.Daily, ds.Pace.Zone, ds.Pace.PerHour)
}

// one prints a destination, with a secret that is shown once.
func (c *client) one(d api.Destination) error {
	return c.print(d, func(w io.Writer) {
		table(w, destinationHeads, [][]string{destinationRow(d)})
		if h := d.Health; h != nil {
			fmt.Fprintf(w, "test of %s: %s", when(h.AskedAt), h.State)
			if h.Status != 0 {
				fmt.Fprintf(w, ", status %d after %d ms", h.Status, h.Took)
			}
			if h.Detail != "" {
				fmt.Fprint(w, ", ", h.Detail)
			}
			fmt.Fprintln(w)
		}
		if d.Secret != "" {
			fmt.Fprintln(w, "signing secret, shown this once: "+d.Secret)
		}
	})
}

type destinationListCmd struct{}

// Help is the example.
func (destinationListCmd) Help() string { return "Example:\n  fengsui destination list" }

// Run lists.
func (destinationListCmd) Run(ctx context.Context, c *client) error {
	var out api.Destinations
	if err := c.call(ctx, "GET", "/destinations", nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { writeDestinations(w, out) })
}

type destinationAddCmd struct {
	Channel     string   `arg:"" help:"email, webhook, dingtalk, wecom, feishu, slack, teams or sms."`
	Address     string   `arg:"" help:"E-mail address, https address or telephone number."`
	Label       string   `help:"As you call it."`
	Secret      string   `help:"Signing secret of a robot that has one." env:"FENGSUI_ROBOT_SECRET"`
	Certificate string   `help:"PEM file of an S/MIME certificate: mail is encrypted for it." type:"existingfile" placeholder:"FILE"`
	Types       []string `help:"Event types that a webhook wants; all when left out."`
}

// Help is the example.
func (destinationAddCmd) Help() string {
	return "Example:\n  fengsui destination add webhook https://soc.example.com/hooks/fengsui --label SOC\nA person confirms the test by the link in it, a machine by answering 2xx."
}

// Run adds.
func (x *destinationAddCmd) Run(ctx context.Context, c *client) error {
	in := api.DestinationInput{Channel: x.Channel, Address: x.Address, Label: x.Label, Secret: x.Secret, Types: x.Types}
	if x.Certificate != "" {
		b, err := os.ReadFile(x.Certificate)
		if err != nil {
			return err
		}
		in.Certificate = string(b)
	}
	var out api.Destination
	if err := c.call(ctx, "POST", "/destinations", in, &out); err != nil {
		return err
	}
	return c.one(out)
}

type destinationID struct {
	ID string `arg:"" help:"Id of the place; email and webhook are the main addresses."`
}

func (d destinationID) path() string { return "/destinations/" + url.PathEscape(d.ID) }

type destinationTestCmd struct{ destinationID }

// Help is the example.
func (destinationTestCmd) Help() string { return "Example:\n  fengsui destination test webhook" }

// Run tests.
func (x *destinationTestCmd) Run(ctx context.Context, c *client) error {
	var out api.Destination
	if err := c.call(ctx, "POST", x.path()+"/test", nil, &out); err != nil {
		return err
	}
	return c.one(out)
}

type destinationChooseCmd struct {
	destinationID
	Class string `arg:"" help:"mandatory, prompt or digest." enum:"mandatory,prompt,digest"`
	How   string `arg:"" help:"now, hourly, daily or none." enum:"now,hourly,daily,none"`
}

// Help is the example.
func (destinationChooseCmd) Help() string {
	return "Example:\n  fengsui destination choose email digest daily"
}

// Run chooses.
func (x *destinationChooseCmd) Run(ctx context.Context, c *client) error {
	var out api.Destinations
	in := api.Preferences{Choices: []api.Choice{{Target: x.ID, Class: x.Class, How: x.How}}}
	if err := c.call(ctx, "PUT", "/destinations/preferences", in, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { writeDestinations(w, out) })
}

type destinationQuietCmd struct {
	Hours   string `arg:"" optional:"" help:"22:00-07:00, or off; as before when left out."`
	Zone    string `help:"IANA time zone."`
	Daily   string `help:"Time of the daily digest: 08:30."`
	PerHour int    `help:"Messages in an hour, at most."`
}

// Help is the example.
func (destinationQuietCmd) Help() string {
	return "Example:\n  fengsui destination quiet 22:00-07:00 --zone Asia/Shanghai"
}

// Run sets the pace.
func (x *destinationQuietCmd) Run(ctx context.Context, c *client) error {
	var out api.Destinations
	if err := c.call(ctx, "GET", "/destinations", nil, &out); err != nil {
		return err
	}
	p := out.Pace
	switch from, until, ok := strings.Cut(x.Hours, "-"); {
	case x.Hours == "off":
		p.Quiet = false
	case ok:
		p.Quiet, p.From, p.Until = true, from, until
	case x.Hours != "":
		return usage{fmt.Errorf("%q is neither off nor like 22:00-07:00", x.Hours)}
	}
	if x.Zone != "" {
		p.Zone = x.Zone
	}
	if x.Daily != "" {
		p.Daily = x.Daily
	}
	if x.PerHour != 0 {
		p.PerHour = x.PerHour
	}
	if err := c.call(ctx, "PUT", "/destinations/preferences", api.Preferences{Pace: &p}, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { writeDestinations(w, out) })
}

type destinationRotateCmd struct{ destinationID }

// Help is the example.
func (destinationRotateCmd) Help() string {
	return "Example:\n  fengsui destination rotate 0197…\nThe former secret signs as well for 24 hours."
}

// Run rotates.
func (x *destinationRotateCmd) Run(ctx context.Context, c *client) error {
	var out api.Destination
	if err := c.call(ctx, "POST", x.path()+"/secret", nil, &out); err != nil {
		return err
	}
	return c.one(out)
}

type destinationRemoveCmd struct{ destinationID }

// Help is the example.
func (destinationRemoveCmd) Help() string { return "Example:\n  fengsui destination remove 0197…" }

// Run removes.
func (x *destinationRemoveCmd) Run(ctx context.Context, c *client) error {
	return c.call(ctx, "DELETE", x.path(), nil, nil)
}

type destinationUnreachedCmd struct{}

// Help is the example.
func (destinationUnreachedCmd) Help() string { return "Example:\n  fengsui destination unreached" }

// Run lists.
func (destinationUnreachedCmd) Run(ctx context.Context, c *client) error {
	out, err := collect[api.Unreached](ctx, c, "/reachability?", 0)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, x := range out.Items {
			state := "another place works"
			if x.Cut {
				state = "cut off"
			}
			for _, t := range x.Troubles {
				rows = append(rows, []string{x.OrgID, state, t.Channel, t.Why, when(t.Since)})
			}
		}
		table(w, "MEMBER | STATE | CHANNEL | WHY | SINCE", rows)
	})
}
