// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/evidence"
)

type evidenceCmd struct {
	Verify     evidenceVerifyCmd     `cmd:"" help:"Check a receipt offline, with the log's public key alone."`
	Audit      evidenceAuditCmd      `cmd:"" help:"Recompute a whole log, from what it publishes or from this machine's database."`
	Commit     evidenceCommitCmd     `cmd:"" help:"Fix the date of a find by a digest; its words stay with you."`
	Open       evidenceOpenCmd       `cmd:"" help:"Say what a commitment was about."`
	Witness    evidenceWitnessCmd    `cmd:"" help:"Vouch for a log: cosign its checkpoints."`
	Checkpoint evidenceCheckpointCmd `cmd:"" help:"Print the log's public key and newest signed checkpoint."`
}

type evidenceVerifyCmd struct {
	Receipt string `arg:"" help:"The receipt, or the text of the code on a printed one ('-' is standard input)."`
	Key     string `help:"The log's public key or list of keys, or the file that holds it; when it is missing the platform is asked for it." placeholder:"KEY|FILE"`
}

// Help is the example.
func (evidenceVerifyCmd) Help() string {
	return "Example (offline):\n  fengsui evidence verify receipt.json --key evidence.vkey\nExit code 0: the receipt holds. 1: it does not."
}

// Run verifies.
func (v *evidenceVerifyCmd) Run(ctx context.Context, c *client) error {
	receipt, err := c.read(v.Receipt)
	if err != nil {
		return err
	}
	key, err := v.key(ctx, c)
	if err != nil {
		return err
	}
	verdict, err := check(receipt, key)
	if err != nil {
		return fmt.Errorf("NOT VERIFIED: %w", err)
	}
	out := map[string]any{"verified": true, "kind": verdict.Entry.Kind, "number": verdict.Entry.Subject, "at": verdict.Entry.At, "log": verdict.Log, "in_log": verdict.InLog}
	if verdict.InLog {
		out["index"], out["size"] = verdict.Index, verdict.Size
	}
	return c.print(out, func(w io.Writer) {
		if verdict.Entry.Kind == "" {
			verdict.Entry.Kind = "digest " + verdict.Entry.Digest
		}
		fmt.Fprintf(w, "VERIFIED: %s %s was recorded at %s by %s\n", verdict.Entry.Kind, verdict.Entry.Subject, verdict.Entry.At.Format(time.RFC3339), verdict.Log)
		if verdict.InLog {
			fmt.Fprintf(w, "it is entry %d of a log of %d, whose signed checkpoint is part of the receipt\n", verdict.Index, verdict.Size)
			return
		}
		fmt.Fprintln(w, "the log has promised to contain it; ask for the receipt again to get the proof")
	})
}

// check verifies a receipt, or the text of the code on a printed one.
func check(receipt []byte, key string) (evidence.Verdict, error) {
	keys, err := evidence.ParseKeys(key)
	if err != nil {
		return evidence.Verdict{}, err
	}
	if bytes.HasPrefix(receipt, []byte(`{"id":`)) {
		return keys.VerifyPaper(string(receipt))
	}
	return keys.Verify(receipt)
}

func (v *evidenceVerifyCmd) key(ctx context.Context, c *client) (string, error) {
	if v.Key == "" {
		list, err := published(strings.TrimSuffix(c.URL, "/")+"/log")(ctx, "keys")
		return string(list), err
	}
	return c.keyText(v.Key), nil
}

type evidenceCheckpointCmd struct{}

// Help is the example.
func (evidenceCheckpointCmd) Help() string { return "Example:\n  fengsui evidence checkpoint" }

// Run prints the checkpoint.
func (evidenceCheckpointCmd) Run(ctx context.Context, c *client) error {
	var out api.Evidence
	if err := c.call(ctx, "GET", "/evidence", nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "public key: %s\n\n%s", out.PublicKey, out.Checkpoint) })
}
