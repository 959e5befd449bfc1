// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/api"
)

type vulnCmd struct {
	Search vulnSearchCmd `cmd:"" help:"Search in what is publicly known, in Chinese or English, by any name."`
	Show   vulnShowCmd   `cmd:"" help:"Show everything that is publicly known of one vulnerability."`
}

type vulnSearchCmd struct {
	Text      []string `arg:"" optional:"" help:"Words that must all occur, or any name of a vulnerability."`
	Ecosystem string   `help:"npm, Maven, PyPI …"`
	Severity  string   `help:"critical, high, medium, low or none."`
	Exploited bool     `help:"Only what is known to be exploited."`
	Since     string   `help:"Published on that day or later." placeholder:"YYYY-MM-DD"`
	Withdrawn bool     `help:"Also what was withdrawn or rejected."`
	Limit     int      `help:"How many at most." default:"20"`
}

// Help is the example.
func (vulnSearchCmd) Help() string {
	return "Example:\n  fengsui vuln search 路由器 命令注入 --severity critical\n  fengsui vuln search log4j --ecosystem Maven"
}

// Run searches.
func (x *vulnSearchCmd) Run(ctx context.Context, c *client) error {
	q := url.Values{"text": {strings.Join(x.Text, " ")}, "ecosystem": {x.Ecosystem}, "severity": {x.Severity}, "limit": {strconv.Itoa(x.Limit)}}
	if x.Since != "" {
		q.Set("since", x.Since+"T00:00:00Z")
	}
	for name, on := range map[string]bool{"exploited": x.Exploited, "withdrawn": x.Withdrawn} {
		if on {
			q.Set(name, "true")
		}
	}
	for name := range q {
		if q.Get(name) == "" {
			q.Del(name)
		}
	}
	var out api.VulnerabilityPage
	if err := c.call(ctx, "GET", "/vulnerabilities?"+q.Encode(), nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, v := range append(out.Named, out.Items...) {
			rows = append(rows, []string{v.Name, rating(v.Severity, v.Score), mark(v.Exploited, "exploited"), v.Published.Format("2006-01-02"), strings.Join(v.Ecosystems, " "), v.Title})
		}
		table(w, "NAME | SEVERITY | KEV | PUBLISHED | ECOSYSTEMS | TITLE", rows)
	})
}

func rating(severity string, score float64) string {
	switch {
	case severity == "":
		return "-"
	case score > 0:
		return fmt.Sprintf("%s %.1f", severity, score)
	}
	return severity
}

func mark(is bool, word string) string {
	if is {
		return word
	}
	return "-"
}

type vulnShowCmd struct {
	Name string `arg:"" help:"Any name of the vulnerability."`
}

// Help is the example.
func (vulnShowCmd) Help() string { return "Example:\n  fengsui vuln show CVE-2021-44228" }

// Run shows.
func (x *vulnShowCmd) Run(ctx context.Context, c *client) error {
	var v api.VulnerabilityDetail
	if err := c.call(ctx, "GET", "/vulnerabilities/"+url.PathEscape(x.Name), nil, &v); err != nil {
		return err
	}
	return c.print(v, func(w io.Writer) { writeVulnerability(w, v) })
}

func writeVulnerability(w io.Writer, v api.VulnerabilityDetail) {
	fmt.Fprintf(w, "%s  %s\n%s; %s; published %s; %d records\n", v.Name, v.Title, v.State, rating(v.Severity, v.Score), v.Published.Format("2006-01-02"), v.Records)
	fmt.Fprintf(w, "known as %s\n", strings.Join(v.Names, ", "))
	for _, x := range v.Exploits {
		fmt.Fprintf(w, "known to be exploited since %s; to be dealt with by %s: %s\n", x.Added, x.Due, x.Action)
	}
	for _, e := range v.Scores {
		fmt.Fprintf(w, "EPSS of %s: %.5f, above %.1f %% of all, on %s\n", e.CVE, e.Score, 100*e.Percentile, e.Day)
	}
	fmt.Fprintln(w, "\nWhat each source says:")
	var rows [][]string
	for _, r := range v.Sources {
		rows = append(rows, []string{r.Source, r.Key, r.Issuer, r.State, rating(r.Severity, r.Score), r.SHA256[:min(12, len(r.SHA256))], when(r.ImportedAt)})
	}
	table(w, "SOURCE | RECORD | BY | STATE | SEVERITY | SHA-256 | IMPORTED", rows)
	fmt.Fprintln(w, "\nWhat is affected:")
	rows = nil
	for _, a := range v.Affected {
		said := strings.Join(a.Ranges, "; ")
		if len(a.Versions) > 0 && said == "" {
			said = strings.Join(a.Versions[:min(8, len(a.Versions))], ", ")
			if len(a.Versions) > 8 {
				said += fmt.Sprintf(" … (%d)", len(a.Versions))
			}
		}
		rows = append(rows, []string{a.Kind, a.Ecosystem, a.Name, said})
	}
	table(w, "BY | ECOSYSTEM | NAME | VERSIONS", rows)
	for _, r := range v.References {
		fmt.Fprintln(w, r.URL)
	}
}
