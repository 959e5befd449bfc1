// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

type dutyPacksCmd struct {
	List     dutyPacksListCmd     `cmd:"" help:"The packs in this binary; with --remote those that are in force on the platform."`
	Lint     dutyPacksLintCmd     `cmd:"" help:"Check a pack and run its own tests; needs no server."`
	Diff     dutyPacksDiffCmd     `cmd:"" help:"In what two versions of a pack differ; needs no server."`
	Keygen   dutyPacksKeygenCmd   `cmd:"" help:"Make a key for signing packs; needs no server."`
	Sign     dutyPacksSignCmd     `cmd:"" help:"Sign a pack; needs no server."`
	DryRun   dutyPacksDryRunCmd   `cmd:"" help:"What a version of a law would have changed."`
	Load     dutyPacksLoadCmd     `cmd:"" help:"Load a signed pack, as the first of two persons."`
	Versions dutyPacksVersionsCmd `cmd:"" help:"Packs from outside, the latest first."`
	Activate dutyPacksActivateCmd `cmd:"" help:"Let duties follow from a loaded pack, as the second person."`
	Withdraw dutyPacksWithdrawCmd `cmd:"" help:"Take back a pack that is not active."`
	Retire   dutyPacksRetireCmd   `cmd:"" help:"Ask that nothing new follow from a pack."`
	Confirm  dutyPacksConfirmCmd  `cmd:"" help:"Confirm a retirement as the second person, or let the pack stay."`
}

type dutyPacksListCmd struct {
	Remote   bool `help:"Ask the platform, which may know packs from outside."`
	Upcoming bool `help:"With --remote: what is proposed or begins later."`
}

// Help is the example.
func (dutyPacksListCmd) Help() string {
	return "Example:\n  fengsui duty packs list\n  fengsui duty packs list --remote --upcoming"
}

// A packLine is a pack in the list.
type packLine struct {
	Pack       string `json:"pack"`
	Title      string `json:"title"`
	Status     string `json:"status"`
	From       string `json:"from,omitempty"`
	Duties     int    `json:"duties"`
	Confidence string `json:"confidence"`
}

// Run lists the packs.
func (d *dutyPacksListCmd) Run(ctx context.Context, c *client) error {
	var out items[packLine]
	if d.Remote {
		var found items[api.LawPack]
		if err := c.call(ctx, "GET", fmt.Sprintf("/law-packs?upcoming=%v", d.Upcoming), nil, &found); err != nil {
			return err
		}
		for _, p := range found.Items {
			out.Items = append(out.Items, packLine{Pack: p.Pack, Title: p.Title, Status: p.Status, From: p.From, Duties: len(p.Duties), Confidence: p.Confidence})
		}
		return c.print(out, func(w io.Writer) { printPacks(w, out.Items) })
	}
	for _, p := range lawpack.Builtin() {
		out.Items = append(out.Items, packLine{Pack: p.Ref(), Title: p.Title.EN, Status: string(p.Status), From: p.Effective.From.String(), Duties: len(p.Duties), Confidence: string(p.Confidence)})
	}
	return c.print(out, func(w io.Writer) { printPacks(w, out.Items) })
}

func printPacks(w io.Writer, lines []packLine) {
	for _, l := range lines {
		fmt.Fprintf(w, "%-26s %-9s %-10s %2d duties  %s\n", l.Pack, l.Status, l.From, l.Duties, l.Title)
	}
	if len(lines) == 0 {
		fmt.Fprintln(w, "none")
	}
}

type dutyPacksLintCmd struct {
	File []string `arg:"" help:"Packs." type:"existingfile"`
}

// Help is the example.
func (dutyPacksLintCmd) Help() string { return "Example:\n  fengsui duty packs lint my-law.yaml" }

// Run refuses a wrong pack with line and reason.
func (d *dutyPacksLintCmd) Run(c *client) error {
	var wrong []error
	for _, file := range d.File {
		p, err := readPack(file)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		fmt.Fprintf(c.env.Stdout, "%s: %s, %d duties, %d tests pass\n", file, p.Ref(), len(p.Duties), len(p.Tests))
	}
	return errors.Join(wrong...)
}

// readPack reads a pack, signed or not, and runs its own tests; every reason to refuse it has its line.
func readPack(file string) (*lawpack.Pack, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, usage{err}
	}
	text, _ := lawpack.Split(data)
	p, err := lawpack.Parse(file, text)
	if err != nil {
		return nil, err
	}
	failed := p.Failed()
	for i := range failed {
		failed[i].File = file
	}
	if len(failed) > 0 {
		return nil, failed
	}
	return p, nil
}
