// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/fengsui/fengsui/internal/api"
)

type productFindingsCmd struct {
	Product string `arg:"" help:"Id of the product."`
	Version string `help:"Of one version of the product."`
	Open    bool   `help:"Without what your own assessments say is not affected or fixed."`
	Path    bool   `help:"Show the way from the product down to each component."`
}

// Help is the example.
func (productFindingsCmd) Help() string {
	return "Example:\n  fengsui product findings 0197… --open\n\nThe most urgent come first: known to be exploited, then by score. 'check' means that a person must look."
}

// Run lists.
func (x *productFindingsCmd) Run(ctx context.Context, c *client) error {
	out, err := collect[api.KnownFinding](ctx, c, fmt.Sprintf("/products/%s/findings?version=%s&open=%t", url.PathEscape(x.Product), url.QueryEscape(x.Version), x.Open), 0)
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, f := range out.Items {
			rows = append(rows, findingRow(f, x.Path))
		}
		table(w, "VERDICT | VULNERABILITY | SEVERITY | COMPONENT | RANGE | VERSION | NOTE", rows)
	})
}

func findingRow(f api.KnownFinding, path bool) []string {
	what := f.ProductName
	if f.Component != nil {
		what = strings.TrimSpace(f.Component.Name + " " + f.Component.Version)
	}
	if path && len(f.Path) > 0 {
		what = strings.Join(f.Path, " > ")
	}
	note := f.Note
	if f.Suppressed && f.Assessment != nil {
		note = strings.TrimSpace(f.Assessment.Status + " " + f.Assessment.Justification)
	}
	severity := f.Severity
	if f.Exploited {
		severity += " (exploited)"
	}
	return []string{f.Verdict, f.Vulnerability, severity, what, f.Range, f.Version, note}
}

type productConcernsCmd struct {
	Name string `arg:"" help:"Any name of a vulnerability: CVE-…, GHSA-…"`
}

// Help is the example.
func (productConcernsCmd) Help() string {
	return "Example:\n  fengsui product concerns CVE-2021-44228\n\nAnswers: affected, check (a person must look), suppressed (by your own assessment), clear, not-yet (not everything has been looked at),\n" +
		"no-lists (there is nothing to look at), no-record (no public record has this name). Exit code 1 unless clear or suppressed."
}

// Run asks.
func (x *productConcernsCmd) Run(ctx context.Context, c *client) error {
	var out api.Concern
	if err := c.call(ctx, "GET", "/concerns?name="+url.QueryEscape(x.Name), nil, &out); err != nil {
		return err
	}
	if err := c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s (%d component lists looked at)\n", out.Name, out.Answer, out.Lists)
		var rows [][]string
		for _, f := range out.Findings {
			rows = append(rows, append([]string{f.ProductName}, findingRow(f, true)...))
		}
		if len(rows) > 0 {
			table(w, "PRODUCT | VERDICT | VULNERABILITY | SEVERITY | COMPONENT | RANGE | VERSION | NOTE", rows)
		}
	}); err != nil {
		return err
	}
	if out.Answer != "clear" && out.Answer != "suppressed" {
		return fmt.Errorf("%s: %s", out.Name, out.Answer)
	}
	return nil
}
