// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/spec/bundle"
	"github.com/fengsui/fengsui/internal/warning"
)

type bundleCmd struct {
	Get    bundleGetCmd    `cmd:"" help:"Fetch a signed file with a warning, or with all in force, for machines without a network."`
	Verify bundleVerifyCmd `cmd:"" help:"Check a bundle offline, and unpack it."`
	Answer bundleAnswerCmd `cmd:"" help:"Hand back an answer sheet that was filled in without a network."`
}

type bundleGetCmd struct {
	ID   string `arg:"" optional:"" help:"Id of the warning; without it all that are in force."`
	File string `help:"Where to write it; default: in this directory, under its own name." placeholder:"FILE"`
}

// Help is the example.
func (bundleGetCmd) Help() string {
	return "Example:\n  fengsui bundle get --file /media/usb/warnings.zip"
}

// Run fetches.
func (g *bundleGetCmd) Run(ctx context.Context, c *client) error {
	path := "/warning-bundle"
	if g.ID != "" {
		path = "/warnings/" + url.PathEscape(g.ID) + "/bundle"
	}
	var out api.Bundle
	if err := c.call(ctx, "GET", path, nil, &out); err != nil {
		return err
	}
	file := g.File
	if file == "" {
		file = filepath.Base(out.Name)
	}
	if err := os.WriteFile(file, out.Content, 0o600); err != nil {
		return err
	}
	return c.print(map[string]any{"file": file, "bytes": len(out.Content)}, func(w io.Writer) { fmt.Fprintf(w, "%s: %d bytes\n", file, len(out.Content)) })
}

type bundleVerifyCmd struct {
	File string `arg:"" help:"The bundle ('-' is standard input)."`
	Key  string `required:"" help:"The platform's public key or list of keys, as it came another way than the bundle, or the file that holds it." placeholder:"KEY|FILE"`
	Into string `help:"Unpack it into this directory, which must not exist yet, once it has been verified." placeholder:"DIR"`
}

// Help is the example.
func (bundleVerifyCmd) Help() string {
	return "Example (offline):\n  fengsui bundle verify warnings.zip --key evidence.vkey --into warnings\nExit code 0: the bundle is the platform's, to the last byte. 1: it is not."
}

// Run verifies.
func (v *bundleVerifyCmd) Run(c *client) error {
	b, err := c.read(v.File)
	if err != nil {
		return err
	}
	keys, err := evidence.ParseKeys(c.keyText(v.Key))
	if err != nil {
		return err
	}
	x, err := bundle.Read(b)
	if err != nil {
		return fmt.Errorf("NOT VERIFIED: %w", err)
	}
	key, err := keys.VerifySums(x.Sums, x.Signature)
	if err != nil {
		return fmt.Errorf("NOT VERIFIED: %w", err)
	}
	var m warning.Manifest
	if err := json.Unmarshal(x.File("manifest.json"), &m); err != nil || m.Format != warning.BundleFormat {
		return fmt.Errorf("NOT VERIFIED: it is signed, but no bundle of warnings")
	}
	if v.Into != "" {
		if err := unpack(v.Into, x); err != nil {
			return err
		}
	}
	replaced := key.Until >= 0
	return c.print(map[string]any{"verified": true, "manifest": m, "key_replaced_since": replaced}, func(w io.Writer) {
		fmt.Fprintf(w, "VERIFIED: made by %s at %s, TLP:%s\n", m.Platform, m.MadeAt.Format(time.RFC3339), m.TLP)
		if replaced {
			fmt.Fprintln(w, "its key was replaced since: fetch a new bundle")
		}
		var rows [][]string
		for _, e := range m.Warnings {
			rows = append(rows, []string{e.Number, fmt.Sprint(e.Revision), string(e.Level), "TLP:" + e.TLP, when(e.RespondBy), strings.Join(e.Withheld, " ")})
		}
		table(w, "NUMBER | REVISION | LEVEL | TLP | RESPOND BY | LEFT OUT", rows)
	})
}

// unpack writes the files of a verified bundle.
func unpack(dir string, x bundle.Bundle) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range append([]bundle.File{{Name: bundle.Sums, Bytes: x.Sums}, {Name: bundle.Signature, Bytes: x.Signature}}, x.Files...) {
		if folder := filepath.Dir(filepath.FromSlash(f.Name)); folder != "." {
			if err := root.MkdirAll(folder, 0o700); err != nil {
				return err
			}
		}
		if err := root.WriteFile(filepath.FromSlash(f.Name), f.Bytes, 0o600); err != nil {
			return err
		}
	}
	return nil
}

type bundleAnswerCmd struct {
	File string `arg:"" help:"answer.json of a bundle, filled in ('-' is standard input)."`
}

// Help is the example.
func (bundleAnswerCmd) Help() string { return "Example:\n  fengsui bundle answer answer.json" }

// Run answers.
func (a *bundleAnswerCmd) Run(ctx context.Context, c *client) error {
	b, err := c.read(a.File)
	if err != nil {
		return err
	}
	var out api.Recipient
	if err := c.call(ctx, "POST", "/warning-answers", api.FilledAnswerSheet{Sheet: b}, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "recorded: %s at %s\n", out.Answer, when(out.AckedAt)) })
}
