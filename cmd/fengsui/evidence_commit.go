// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/commitment"
	"github.com/fengsui/fengsui/internal/evidence"
)

// secret is what a finder keeps until the commitment is opened.
type secret struct {
	Commitment string `json:"commitment"`
	Number     string `json:"number"`
	Salt       []byte `json:"salt"`
	Words      string `json:"words"`
}

type evidenceCommitCmd struct {
	Words   string `arg:"" help:"File with the words to commit to ('-' is standard input). They do not leave this machine."`
	Secret  string `help:"Where to keep salt and words until the opening." default:"commitment.secret.json" placeholder:"FILE"`
	Receipt string `help:"Where to keep the signed receipt." default:"commitment.receipt.json" placeholder:"FILE"`
}

// Help is the example.
func (evidenceCommitCmd) Help() string {
	return "Example:\n  fengsui evidence commit find.txt\nThe platform learns a digest and the date. Without the secret file the commitment cannot be opened."
}

// Run commits.
func (x *evidenceCommitCmd) Run(ctx context.Context, c *client) error {
	words, err := c.read(x.Words)
	if err != nil {
		return err
	}
	s := secret{Salt: make([]byte, commitment.SaltSize), Words: string(words)}
	rand.Read(s.Salt) //nolint:errcheck // never fails
	if err := s.keep(x.Secret, true); err != nil {
		return err
	}
	var out api.Committed
	if err := c.call(ctx, "POST", "/commitments", api.NewCommitment{Digest: evidence.Digest(s.Salt, words)}, &out); err != nil {
		return errors.Join(err, os.Remove(x.Secret))
	}
	s.Commitment, s.Number = out.Commitment.ID, out.Commitment.Number
	if err := errors.Join(s.keep(x.Secret, false), os.WriteFile(x.Receipt, out.Receipt.Encode(), 0o600)); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s  committed at %s\nreceipt: %s\nkeep this secret, and open with it: %s\n", s.Number, out.Commitment.MadeAt.Format(time.RFC3339), x.Receipt, x.Secret)
	})
}

// keep writes the secret; a new one never over another.
func (s secret) keep(file string, fresh bool) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	flag := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if fresh {
		flag = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	}
	f, err := os.OpenFile(file, flag, 0o600)
	if err != nil {
		return usage{err}
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Close())
}

type evidenceOpenCmd struct {
	Secret  string `arg:"" help:"The file that 'evidence commit' kept."`
	Receipt string `help:"Where to keep the signed receipt, which holds the words." default:"commitment.opened.json" placeholder:"FILE"`
}

// Help is the example.
func (evidenceOpenCmd) Help() string {
	return "Example:\n  fengsui evidence open commitment.secret.json"
}

// Run opens.
func (x *evidenceOpenCmd) Run(ctx context.Context, c *client) error {
	b, err := c.read(x.Secret)
	if err != nil {
		return err
	}
	var s secret
	if err := json.Unmarshal(b, &s); err != nil || s.Commitment == "" {
		return usage{fmt.Errorf("%s is no secret of a commitment", x.Secret)}
	}
	var out api.Committed
	if err := c.call(ctx, "POST", "/commitments/"+url.PathEscape(s.Commitment)+"/opening", api.Opening{Salt: s.Salt, Words: s.Words}, &out); err != nil {
		return err
	}
	if err := os.WriteFile(x.Receipt, out.Receipt.Encode(), 0o600); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s  committed at %s, opened at %s\nreceipt: %s\n", out.Commitment.Number, out.Commitment.MadeAt.Format(time.RFC3339), out.Commitment.OpenedAt.Format(time.RFC3339), x.Receipt)
	})
}
