// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/spec/cosign"
)

type evidenceAuditCmd struct {
	local      `embed:""`
	Place      string   `arg:"" optional:"" help:"Address of the log, or directory of a copy; default: what the platform publishes." placeholder:"URL|DIR"`
	Own        bool     `help:"Audit this machine's database instead: every row against the journal of rows, every event against its entry, and the log against its checkpoints."`
	Key        string   `help:"A public key of the log that you trust, or the file that holds it; when it is missing the log's own list is believed." placeholder:"KEY|FILE"`
	Checkpoint []string `help:"A checkpoint that you kept: the log must still begin with it. May be repeated." placeholder:"FILE"`
	Receipt    []string `help:"A receipt: the log must contain its entry. May be repeated." placeholder:"FILE"`
	Witness    []string `help:"Key of a witness that you trust, or the file that holds it: it must have cosigned a tree that this log still begins with. May be repeated." placeholder:"KEY|FILE"`
	Save       string   `help:"Keep a copy of all that was read in this directory." placeholder:"DIR"`
}

// Help is the example.
func (evidenceAuditCmd) Help() string {
	return "Examples:\n  fengsui evidence audit https://share.example.org/log --key evidence.vkey --checkpoint last-year.txt --receipt receipt.json --save copy\n" +
		"  fengsui evidence audit copy --key evidence.vkey\n  fengsui evidence audit --own --data /var/lib/fengsui --checkpoint last-year.txt\n" +
		"Exit code 0: nothing was altered. 1: something was."
}

// Run audits.
func (a *evidenceAuditCmd) Run(ctx context.Context, e *env, c *client) error {
	kept, err := c.readAll(a.Checkpoint)
	if err != nil {
		return err
	}
	texts := make([]string, len(kept))
	for i, b := range kept {
		texts[i] = string(b)
	}
	var found *evidence.Findings
	if a.Own {
		err = a.with(ctx, e, func(_ app.Config, s *app.Services) (err error) {
			found, err = s.Events.Audit(ctx, texts...)
			return err
		})
	} else {
		found, err = a.public(ctx, c, texts)
	}
	if err != nil {
		return fmt.Errorf("NOT AUDITED: %w", err)
	}
	if err := c.print(found, func(w io.Writer) { a.tell(w, found) }); err != nil {
		return err
	}
	if found.Count > 0 {
		return fmt.Errorf("%d traces of tampering", found.Count)
	}
	return nil
}

func (a *evidenceAuditCmd) tell(w io.Writer, f *evidence.Findings) {
	fmt.Fprintf(w, "%d entries, %d checkpoints recomputed, root %s\n", f.Size, f.Checkpoints, f.Root)
	if f.Pending > 0 {
		fmt.Fprintf(w, "%d entries are not in the tree yet\n", f.Pending)
	}
	if f.Unordered > 0 {
		fmt.Fprintf(w, "%d entries are dated more than an hour before one that precedes them: ask why\n", f.Unordered)
	}
	if len(f.Tables) > 0 {
		var rows [][]string
		for _, t := range f.Tables {
			in := t.Scheme
			if t.Groups > 0 {
				in = fmt.Sprintf("%s, %d groups", in, t.Groups)
			}
			if t.Loose > 0 {
				in = fmt.Sprintf("%s, %d rows belong to nothing", in, t.Loose)
			}
			rows = append(rows, []string{t.Table, fmt.Sprint(t.Rows), in, t.Since.UTC().Format("2006-01-02 15:04")})
		}
		fmt.Fprintf(w, "%d records of the journal of rows, held against these tables:\n", f.Records)
		table(w, "TABLE | ROWS | WATCHED | SINCE (UTC)", rows)
	} else if a.Own {
		fmt.Fprintln(w, "no row was looked at: this database has no journal of rows yet")
	}
	if f.Count == 0 {
		fmt.Fprintln(w, "INTACT: nothing was rewritten, deleted, added or back-dated")
		return
	}
	var rows [][]string
	for _, t := range f.Traces {
		rows = append(rows, []string{t.Table, t.Row, t.What})
	}
	table(w, "WHERE | WHICH | WHAT", rows)
}

func (a *evidenceAuditCmd) public(ctx context.Context, c *client, kept []string) (*evidence.Findings, error) {
	if a.Place == "" {
		a.Place = strings.TrimSuffix(c.URL, "/") + "/log"
	}
	src := directory(a.Place)
	if strings.Contains(a.Place, "://") {
		src = published(a.Place)
	}
	if a.Save != "" {
		src = saving(src, a.Save)
	}
	keys, err := a.keys(ctx, c, src)
	if err != nil {
		return nil, err
	}
	if kept, err = a.cosigned(ctx, c, src, kept); err != nil {
		return nil, err
	}
	receipts, err := c.readAll(a.Receipt)
	if err != nil {
		return nil, err
	}
	return evidence.AuditPublic(ctx, src, keys, kept, receipts)
}

// keys are those of the log's list, when the key that is trusted is among them.
func (a *evidenceAuditCmd) keys(ctx context.Context, c *client, src evidence.Source) (evidence.Keys, error) {
	list, err := src(ctx, "keys")
	if err != nil {
		if a.Key == "" {
			return nil, fmt.Errorf("the log's keys: %w", err)
		}
		return evidence.ParseKeys(c.keyText(a.Key))
	}
	keys, err := evidence.ParseKeys(string(list))
	if err != nil || a.Key == "" {
		return keys, err
	}
	trusted, err := evidence.ParseKeys(c.keyText(a.Key))
	if err != nil {
		return nil, err
	}
	return keys.Trusting(trusted[0].VKey)
}

// cosigned adds to the checkpoints that must hold the newest one that the witnesses have signed, all of them.
func (a *evidenceAuditCmd) cosigned(ctx context.Context, c *client, src evidence.Source, kept []string) ([]string, error) {
	if len(a.Witness) == 0 {
		return kept, nil
	}
	text, err := src(ctx, "cosigned")
	if err != nil {
		return nil, fmt.Errorf("the cosigned checkpoint: %w", err)
	}
	for _, key := range a.Witness {
		v, err := cosign.NewVerifier(c.keyText(key))
		if err != nil {
			return nil, err
		}
		if _, err := note.Open(text, note.VerifierList(v)); err != nil {
			return nil, fmt.Errorf("%s has not cosigned the checkpoint", v.Name())
		}
	}
	return append(kept, string(text)), nil
}

// keyText is a key given as such, or the content of the file that holds it.
func (c *client) keyText(key string) string {
	if b, err := c.read(key); err == nil {
		return string(b)
	}
	return key
}

func (c *client) readAll(files []string) (out [][]byte, err error) {
	for _, f := range files {
		b, err := c.read(f)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// directory reads a copy of a log.
func directory(dir string) evidence.Source {
	return func(_ context.Context, path string) ([]byte, error) {
		return os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
	}
}

// published reads a log from its address.
func published(address string) evidence.Source {
	client := &http.Client{Timeout: time.Minute}
	return func(ctx context.Context, path string) ([]byte, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(address, "/")+"/"+path, nil)
		if err != nil {
			return nil, usage{err}
		}
		resp, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s answered %s", r.URL, resp.Status)
		}
		return io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	}
}

// saving keeps a copy of what a source gives.
func saving(src evidence.Source, dir string) evidence.Source {
	return func(ctx context.Context, path string) ([]byte, error) {
		b, err := src(ctx, path)
		if err != nil {
			return nil, err
		}
		name := filepath.Join(dir, filepath.FromSlash(path))
		err = errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, b, fs.FileMode(0o644)))
		return b, err
	}
}
