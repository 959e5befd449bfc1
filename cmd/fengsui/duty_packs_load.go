// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/fengsui/fengsui/internal/api"
)

func writeVersion(w io.Writer, v api.LawPackVersion) {
	fmt.Fprintf(w, "%s  %-9s %-28s signed by %s, loaded %s\n", v.ID, v.State, v.Pack, v.Signers, when(v.LoadedAt))
}

func (c *client) version(ctx context.Context, method, path string, in any) error {
	var out api.LawPackVersion
	if err := c.call(ctx, method, "/law-versions"+path, in, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { writeVersion(w, out) })
}

type dutyPacksLoadCmd struct {
	File      string `arg:"" help:"A signed pack ('-' is standard input)."`
	Signature string `help:"The signed note, when it does not stand under the pack." placeholder:"FILE"`
}

// Help is the example.
func (dutyPacksLoadCmd) Help() string {
	return "Example:\n  fengsui duty packs load my-law.yaml\nNothing follows from it until another person activates it."
}

// Run loads.
func (x *dutyPacksLoadCmd) Run(ctx context.Context, c *client) error {
	text, err := c.read(x.File)
	if err != nil {
		return err
	}
	in := api.LawPackFile{Text: string(text)}
	if x.Signature != "" {
		note, err := c.read(x.Signature)
		if err != nil {
			return err
		}
		in.Signature = string(note)
	}
	return c.version(ctx, "POST", "", in)
}

type dutyPacksVersionsCmd struct{}

// Help is the example.
func (dutyPacksVersionsCmd) Help() string { return "Example:\n  fengsui duty packs versions" }

// Run lists what came from outside.
func (dutyPacksVersionsCmd) Run(ctx context.Context, c *client) error {
	var out items[api.LawPackVersion]
	if err := c.call(ctx, "GET", "/law-versions", nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		for _, v := range out.Items {
			writeVersion(w, v)
		}
		if len(out.Items) == 0 {
			fmt.Fprintln(w, "none")
		}
	})
}

type dutyPacksActivateCmd struct {
	ID string `arg:"" help:"As 'duty packs versions' prints it."`
}

// Help is the example.
func (dutyPacksActivateCmd) Help() string {
	return "Example:\n  fengsui duty packs activate 01980000-0000-7000-8000-000000000000"
}

// Run activates.
func (x *dutyPacksActivateCmd) Run(ctx context.Context, c *client) error {
	return c.version(ctx, "POST", "/"+url.PathEscape(x.ID)+"/activate", nil)
}

type dutyPacksWithdrawCmd struct {
	ID  string `arg:"" help:"As 'duty packs versions' prints it."`
	Why string `help:"The reason." required:""`
}

// Help is the example.
func (dutyPacksWithdrawCmd) Help() string {
	return "Example:\n  fengsui duty packs withdraw 01980000-0000-7000-8000-000000000000 --why 'a slip in art. 7'"
}

// Run withdraws.
func (x *dutyPacksWithdrawCmd) Run(ctx context.Context, c *client) error {
	return c.version(ctx, "POST", "/"+url.PathEscape(x.ID)+"/withdraw", api.Reason{Why: x.Why})
}

type dutyPacksRetireCmd struct {
	ID  string `arg:"" help:"As 'duty packs versions' prints it."`
	Why string `help:"The reason." required:""`
}

// Help is the example.
func (dutyPacksRetireCmd) Help() string {
	return "Example:\n  fengsui duty packs retire 01980000-0000-7000-8000-000000000000 --why 'the agreement ended'\nIt goes on counting until another person confirms. What was derived from it stays."
}

// Run asks for the retirement.
func (x *dutyPacksRetireCmd) Run(ctx context.Context, c *client) error {
	return c.version(ctx, "POST", "/"+url.PathEscape(x.ID)+"/retire", api.Reason{Why: x.Why})
}

type dutyPacksConfirmCmd struct {
	ID    string `arg:"" help:"As 'duty packs versions' prints it."`
	Stays bool   `help:"Let the pack stay instead."`
}

// Help is the example.
func (dutyPacksConfirmCmd) Help() string {
	return "Example:\n  fengsui duty packs confirm 01980000-0000-7000-8000-000000000000"
}

// Run confirms.
func (x *dutyPacksConfirmCmd) Run(ctx context.Context, c *client) error {
	return c.version(ctx, "POST", "/"+url.PathEscape(x.ID)+"/confirm", api.Confirmation{Stays: x.Stays})
}
