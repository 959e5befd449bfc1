// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

type dutyPacksCmd struct {
	List dutyPacksListCmd `cmd:"" help:"The packs in this binary."`
	Lint dutyPacksLintCmd `cmd:"" help:"Check a pack and run its own tests; needs no server."`
}

type dutyPacksListCmd struct{}

// Help is the example.
func (dutyPacksListCmd) Help() string { return "Example:\n  fengsui duty packs list" }

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
func (dutyPacksListCmd) Run(c *client) error {
	var out struct {
		Items []packLine `json:"items"`
	}
	for _, p := range lawpack.Builtin() {
		line := packLine{Pack: p.Ref(), Title: p.Title.EN, Status: string(p.Status), Duties: len(p.Duties), Confidence: string(p.Confidence)}
		if !p.Effective.From.IsZero() {
			line.From = p.Effective.From.Format("2006-01-02")
		}
		out.Items = append(out.Items, line)
	}
	return c.print(out, func(w io.Writer) {
		for _, l := range out.Items {
			fmt.Fprintf(w, "%-26s %-9s %-10s %2d duties  %s\n", l.Pack, l.Status, l.From, l.Duties, l.Title)
		}
	})
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
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		p, err := lawpack.Parse(file, data)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		failed := p.Test()
		for _, f := range failed {
			wrong = append(wrong, fmt.Errorf("%s: %s", file, f))
		}
		if len(failed) == 0 {
			fmt.Fprintf(c.env.Stdout, "%s: %s, %d duties, %d tests pass\n", file, p.Ref(), len(p.Duties), len(p.Tests))
		}
	}
	return errors.Join(wrong...)
}
