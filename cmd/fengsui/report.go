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
	"mime"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/fengsui/fengsui/internal/api"
)

type reportCmd struct {
	Submit     reportSubmitCmd     `cmd:"" help:"Report a vulnerability; keep the receipt."`
	Supplement reportSupplementCmd `cmd:"" help:"Add a further stage to a report."`
	Show       reportShowCmd       `cmd:"" help:"Show one report."`
	List       reportListCmd       `cmd:"" help:"List the reports you may see."`
	Receipt    reportReceiptCmd    `cmd:"" help:"Get a report's receipt again, with its proof."`
	Status     reportStatusCmd     `cmd:"" help:"Follow a report with its secret, without an account."`
}

// contentFlags are the items of a report.
type contentFlags struct {
	File      string    `help:"Read the content as JSON from FILE ('-' is standard input); flags override it." placeholder:"FILE"`
	Title     string    `help:"Title; made from product and weakness when empty."`
	Vendor    string    `help:"Provider of the product."`
	Product   string    `help:"Statutory: product name."`
	Model     string    `help:"Statutory: model, for hardware."`
	Versions  string    `help:"Statutory: affected versions."`
	PURL      string    `help:"Package URL of the component, without version." name:"purl"`
	Technical string    `help:"Statutory: technical characteristics."`
	Harm      string    `help:"Statutory: harm."`
	Scope     string    `help:"Statutory: impact scope."`
	CWE       string    `help:"Weakness." placeholder:"CWE-502" name:"cwe"`
	CVSS      string    `help:"CVSS vector." name:"cvss"`
	Alias     []string  `help:"CVE or other number; may be repeated."`
	Exploited string    `help:"Is it used in attacks: yes, no, unknown."`
	Upstream  string    `help:"Does the flaw lie in an upstream component: yes, no, unknown."`
	Kind      string    `help:"A flaw of a product, or of one system in use: generic, event."`
	Relation  string    `help:"Your relation to the product: provider, embeds, operator, finder."`
	LearnedAt time.Time `help:"When you learned of it: your clocks run from here." placeholder:"2021-11-24T10:00:00+08:00"`
	LearnedBy string    `help:"How you learned of it."`
	Fix       string    `help:"What mends or mitigates it."`
	Attach    []string  `help:"File to attach; may be repeated." type:"existingfile"`
}

func (f contentFlags) submission(c *client, flash bool) (api.Submission, error) {
	out := api.Submission{Flash: flash}
	if f.File != "" {
		b, err := c.read(f.File)
		if err != nil {
			return out, err
		}
		if err := json.Unmarshal(b, &out.Content); err != nil {
			return out, usage{fmt.Errorf("%s: %w", f.File, err)}
		}
	}
	t := &out.Content
	for dst, v := range map[*string]string{&t.Title: f.Title, &t.Vendor: f.Vendor, &t.Product: f.Product, &t.Model: f.Model, &t.Versions: f.Versions, &t.PURL: f.PURL,
		&t.Technical: f.Technical, &t.Harm: f.Harm, &t.Scope: f.Scope, &t.CWE: f.CWE, &t.CVSS: f.CVSS, &t.Exploited: f.Exploited, &t.Upstream: f.Upstream,
		&t.Relation: f.Relation, &t.LearnedBy: f.LearnedBy, &t.Fix: f.Fix, &t.Kind: f.Kind} {
		if v != "" {
			*dst = v
		}
	}
	if !f.LearnedAt.IsZero() {
		t.LearnedAt = f.LearnedAt
	}
	t.Aliases = append(t.Aliases, f.Alias...)
	for _, path := range f.Attach {
		b, err := os.ReadFile(path)
		if err != nil {
			return out, usage{err}
		}
		out.Attachments = append(out.Attachments, api.Attachment{Name: filepath.Base(path), MediaType: mime.TypeByExtension(filepath.Ext(path)), Data: b})
	}
	return out, nil
}

type reportSubmitCmd struct {
	contentFlags `embed:""`
	Flash        bool   `help:"Four facts now (product, harm, exploited, learned-at), the rest later."`
	Contact      string `help:"E-mail, when you have no token."`
	Key          string `help:"Idempotency key: the same key with the same content is received once. Without one, a new key is made."`
	Receipt      string `help:"Write the receipt to FILE; default NUMBER-STAGE.receipt.json." placeholder:"FILE"`
}

// Help is the example.
func (reportSubmitCmd) Help() string {
	return "Example:\n  fengsui report submit --flash --product 'Apache Log4j2' --harm 'remote code execution' --exploited unknown --learned-at 2021-11-24T10:00:00+08:00 --receipt receipt.json"
}

// Run submits the report.
func (r *reportSubmitCmd) Run(ctx context.Context, c *client) error {
	in, err := r.submission(c, r.Flash)
	if err != nil {
		return err
	}
	in.Contact = r.Contact
	if r.Key == "" {
		r.Key = rand.Text()
	}
	err = c.submit(ctx, "/reports", in, r.Key, r.Receipt)
	var answered refused
	if err != nil && !errors.As(err, &answered) {
		return fmt.Errorf("%w\nwhether the report was received is not known; with --key %s it can be sent again without harm", err, r.Key)
	}
	return err
}

// submit posts a stage of a report, keeps the receipt and prints what follows.
func (c *client) submit(ctx context.Context, path string, in api.Submission, key, receipt string) error {
	var out api.Submitted
	if err := c.call(ctx, "POST", path, in, &out, "Idempotency-Key", key); err != nil {
		return err
	}
	if receipt == "" {
		receipt = fmt.Sprintf("%s-%d.receipt.json", out.Report.Number, out.Report.Version)
	}
	if err := os.WriteFile(receipt, out.Receipt.Encode(), 0o600); err != nil {
		return refused{fmt.Errorf("the report %s was received, but its receipt could not be kept: %w; get it with 'fengsui report receipt %s'", out.Report.Number, err, out.Report.ID), nil}
	}
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "received %s, stage %d, at %s (%d %% of the statutory items)\n", out.Report.Number, out.Report.Version, when(out.Report.ReceivedAt), out.Report.Completeness)
		fmt.Fprintf(w, "receipt  %s (check it: fengsui evidence verify %s)\n", receipt, receipt)
		if out.Secret != "" {
			fmt.Fprintf(w, "secret   %s (follow it: fengsui report status %s)\n", out.Secret, out.Secret)
		}
		for _, d := range out.Duties {
			fmt.Fprintf(w, "duty     [%s] %s\n", d.State, d.Sentence)
		}
	})
}

type reportSupplementCmd struct {
	contentFlags `embed:""`
	ID           string `arg:"" help:"Id of the report."`
	Receipt      string `help:"Write the receipt to FILE; default NUMBER-STAGE.receipt.json." placeholder:"FILE"`
}

// Help is the example.
func (reportSupplementCmd) Help() string {
	return "Example:\n  fengsui report supplement 0197… --file full.json"
}

// Run adds a stage.
func (r *reportSupplementCmd) Run(ctx context.Context, c *client) error {
	in, err := r.submission(c, false)
	if err != nil {
		return err
	}
	return c.submit(ctx, "/reports/"+url.PathEscape(r.ID)+"/supplements", in, "", r.Receipt)
}

type reportShowCmd struct {
	ID string `arg:"" help:"Id of the report."`
}

// Help is the example.
func (reportShowCmd) Help() string { return "Example:\n  fengsui report show 0197… --json" }

// Run shows the report.
func (r *reportShowCmd) Run(ctx context.Context, c *client) error {
	var out struct {
		api.Report
		Clocks []api.Duty `json:"clocks"`
	}
	if err := c.call(ctx, "GET", "/reports/"+url.PathEscape(r.ID), nil, &out); err != nil {
		return err
	}
	var served items[api.Duty]
	if err := c.call(ctx, "GET", "/reports/"+url.PathEscape(r.ID)+"/clocks", nil, &served); err != nil {
		return err
	}
	out.Clocks = served.Items
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s  stage %d, %d %% complete, learned %s, received %s\n", out.Number, out.State, out.Version, out.Completeness, when(out.LearnedAt), when(out.ReceivedAt))
		if t := out.Content; t != nil {
			fmt.Fprintf(w, "%s\nproduct    %s %s %s %s\nharm       %s\nscope      %s\ntechnical  %s\n", t.Title, t.Vendor, t.Product, t.Model, t.Versions, t.Harm, t.Scope, t.Technical)
		}
		clocks(w, out.Clocks)
	})
}

// clocks shows what the platform owes to the reporter.
func clocks(w io.Writer, ds []api.Duty) {
	for _, d := range ds {
		fmt.Fprintf(w, "  %-14s %s\n    %s\n", d.State, d.Name, d.Sentence)
	}
}

type reportReceiptCmd struct {
	ID    string `arg:"" help:"Id of the report."`
	Stage int    `help:"Stage of the report." default:"1"`
}

// Help is the example.
func (reportReceiptCmd) Help() string {
	return "Example:\n  fengsui report receipt 0197… > receipt.json"
}

// Run prints the receipt, byte by byte as it verifies.
func (r *reportReceiptCmd) Run(ctx context.Context, c *client) error {
	var out json.RawMessage
	if err := c.call(ctx, "GET", fmt.Sprintf("/reports/%s/receipt?version=%d", url.PathEscape(r.ID), r.Stage), nil, &out); err != nil {
		return err
	}
	_, err := c.env.Stdout.Write(out)
	return err
}

type reportListCmd struct {
	Mine  bool `help:"Only those of your organisation."`
	Limit int  `help:"Rows at most; 0 for all." default:"50"`
}

// Help is the example.
func (reportListCmd) Help() string { return "Example:\n  fengsui report list --mine" }

// Run lists reports.
func (r *reportListCmd) Run(ctx context.Context, c *client) error {
	out, err := collect[api.Report](ctx, c, fmt.Sprintf("/reports?mine=%v", r.Mine), r.Limit)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, x := range out.Items {
			rows = append(rows, []string{x.Number, fmt.Sprintf("%d %%", x.Completeness), when(x.LearnedAt), when(x.ReceivedAt), x.ID})
		}
		table(w, "NUMBER | COMPLETE | LEARNED | RECEIVED | ID", rows)
	})
}

type reportStatusCmd struct {
	Secret string `arg:"" help:"The secret shown at submission (fsr_…)."`
}

// Help is the example.
func (reportStatusCmd) Help() string { return "Example:\n  fengsui report status fsr_…" }

// Run shows the status.
func (r *reportStatusCmd) Run(ctx context.Context, c *client) error {
	var out api.Status
	if err := c.call(ctx, "GET", "/status", nil, &out, "Report-Secret", r.Secret); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s  stage %d, received %s\n", out.Number, out.State, out.Version, when(out.ReceivedAt))
		clocks(w, out.Clocks)
	})
}
