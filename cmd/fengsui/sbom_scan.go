// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/scan"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

type sbomScanCmd struct {
	local `embed:""`
	OSV   []string `help:"Directory or zip of OSV records, as osv.dev publishes them (ECOSYSTEM/all.zip); may be repeated." placeholder:"PATH" name:"osv"`
	Files []string `arg:"" help:"The documents ('-' is standard input)."`
}

// Help is the example.
func (sbomScanCmd) Help() string {
	return "Examples:\n  fengsui sbom scan --osv /srv/osv bom.cdx.json\n  fengsui sbom scan --data /var/lib/fengsui *.spdx.json\n\n" +
		"Finds the publicly known vulnerabilities of what CycloneDX and SPDX documents list. It needs no server and no network: it reads OSV records from --osv, or else the records that a platform\n" +
		"has imported, from the database that --data, --database or the configuration names.\n\n" +
		"Exit codes: 0 nothing is affected, 1 something is affected, 2 it could not be found out. What only may be affected is marked 'check' and does not count."
}

// errAffected ends the command with the exit code of a check that has failed, without a word more.
var errAffected = errors.New("something is affected")

// Run scans.
func (x *sbomScanCmd) Run(ctx context.Context, e *env, c *client) error {
	hit, err := x.scan(ctx, e, c)
	switch {
	case err != nil:
		return usage{err}
	case hit:
		return errAffected
	}
	return nil
}

func (x *sbomScanCmd) scan(ctx context.Context, e *env, c *client) (hit bool, err error) {
	debug.SetGCPercent(400) // it lives for a second or two, and most of what it reads is gone by the next record
	var s scan.Scan
	for _, file := range x.Files {
		b, err := c.read(file)
		if err != nil {
			return false, err
		}
		if err := s.Add(file, b); err != nil {
			return false, fmt.Errorf("%s: %w", file, err)
		}
	}
	if len(x.OSV) > 0 {
		err = s.Archives(ctx, x.OSV...)
	} else {
		err = x.database(ctx, e, &s)
	}
	if err != nil {
		return false, err
	}
	for _, f := range s.Findings {
		hit = hit || f.Verdict.State == osv.Hit
	}
	w := bufio.NewWriterSize(e.Stdout, 1<<20)
	if c.json {
		err = writeScan(w, &s)
	} else {
		tellScan(w, &s)
	}
	if s.Broken() > 0 {
		fmt.Fprintf(e.Stderr, "fengsui: %d records could not be read: %s\n", s.Broken(), strings.Join(s.Unreadable, ", "))
	}
	return hit, errors.Join(err, w.Flush())
}

// database looks into an imported database. It changes nothing there, and makes none.
func (x *sbomScanCmd) database(ctx context.Context, e *env, s *scan.Scan) error {
	conf, err := x.load(e)
	if err != nil {
		return err
	}
	if conf.Database == "" {
		if _, err := os.Stat(conf.DatabaseURL()); err != nil {
			return fmt.Errorf("there is no database in %s: name one by --data, or OSV records by --osv", conf.Data)
		}
	}
	d, err := db.Open(ctx, conf.DatabaseURL(), e.Clock)
	if err != nil {
		return err
	}
	return errors.Join(s.Database(ctx, d), d.Close())
}

// scanned is a document in the answer in JSON.
type scanned struct {
	Name       string         `json:"name"`
	Format     string         `json:"format"`
	Components int            `json:"components"`
	Passed     int            `json:"passed_over"` // no ecosystem's records can be about them
	Findings   []scanFinding  `json:"findings"`
	Counts     map[string]int `json:"counts"` // by verdict
}

type scanFinding struct {
	PURL         string   `json:"purl"`
	Ecosystem    string   `json:"ecosystem"`
	Package      string   `json:"package"`
	Version      string   `json:"version"`
	ID           string   `json:"id"`
	Aliases      []string `json:"aliases,omitempty"`
	Verdict      string   `json:"verdict"` // affected, or check: a person must look
	Why          string   `json:"why"`     // osv.Reason
	Introduced   string   `json:"introduced,omitempty"`
	Fixed        string   `json:"fixed,omitempty"`
	LastAffected string   `json:"last_affected,omitempty"`
	Severity     string   `json:"severity,omitempty"`
	Score        float64  `json:"score,omitempty"`
	Summary      string   `json:"summary,omitempty"`
}

// writeScan writes the answer document by document, so that a long one is never in memory as a whole.
func writeScan(w io.Writer, s *scan.Scan) error {
	fmt.Fprintf(w, `{"records_read":%d,"records_unreadable":%d,"documents":[`, s.Read, s.Broken())
	for i, d := range s.Documents {
		if i > 0 {
			io.WriteString(w, ",") //nolint:errcheck // Flush says it
		}
		out := scanned{Name: d.Name, Format: d.Format, Components: len(d.Components), Passed: d.Passed, Findings: []scanFinding{}, Counts: map[string]int{}}
		for _, f := range s.Of(d) {
			x := findingOf(s, f)
			out.Counts[x.Verdict]++
			out.Findings = append(out.Findings, x)
		}
		b, err := json.Marshal(out)
		if err != nil {
			return err
		}
		w.Write(b) //nolint:errcheck // Flush says it
	}
	_, err := io.WriteString(w, "]}\n")
	return err
}

func findingOf(s *scan.Scan, f scan.Finding) scanFinding {
	c := s.Components[f.Component]
	x := scanFinding{PURL: c.PURL, Ecosystem: c.Ecosystem, Package: c.Name, Version: c.Version, ID: f.Record.ID, Aliases: f.Record.Aliases, Verdict: verdictWord(f), Why: string(f.Verdict.Reason),
		Severity: string(f.Record.Severity), Score: float64(f.Record.Score) / 10, Summary: f.Record.Summary, Fixed: f.Fixed()}
	if c.Release != "" {
		x.Ecosystem += ":" + c.Release
	}
	if o := f.Verdict.Opened; o != nil {
		x.Introduced = o.Introduced
	}
	if e := f.Verdict.Closes; e != nil {
		x.LastAffected = e.LastAffected
	}
	return x
}

func verdictWord(f scan.Finding) string {
	if f.Verdict.State == osv.Hit {
		return "affected"
	}
	return "check"
}

func tellScan(w io.Writer, s *scan.Scan) {
	for i, d := range s.Documents {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fs := s.Of(d)
		affected, packages := 0, map[int]bool{}
		var rows [][]string
		for _, f := range fs {
			c := s.Components[f.Component]
			if f.Verdict.State == osv.Hit {
				affected++
				packages[f.Component] = true
			}
			severity := string(f.Record.Severity)
			if f.Record.Score > 0 {
				severity += " " + strconv.FormatFloat(float64(f.Record.Score)/10, 'f', 1, 64)
			}
			rows = append(rows, []string{c.Ecosystem, c.Name, dash(c.Version), f.Record.ID, dash(cves(f.Record)), dash(severity), dash(f.Fixed()), verdictWord(f)})
		}
		fmt.Fprintf(w, "%s: %s, %d components: %d vulnerabilities in %d components", d.Name, d.Format, len(d.Components)+d.Passed, affected, len(packages))
		if n := len(fs) - affected; n > 0 {
			fmt.Fprintf(w, ", %d to check", n)
		}
		if d.Passed > 0 {
			fmt.Fprintf(w, "; %d name no package of an ecosystem and were passed over", d.Passed)
		}
		fmt.Fprintln(w)
		if len(rows) > 0 {
			table(w, "ECOSYSTEM | PACKAGE | VERSION | ID | ALIASES | SEVERITY | FIXED IN | VERDICT", rows)
		}
	}
}

// cves are the aliases by which people know a record.
func cves(r *scan.Record) string {
	var out []string
	for _, a := range r.Aliases {
		if strings.HasPrefix(a, "CVE-") {
			out = append(out, a)
		}
	}
	return strings.Join(out, " ")
}

func dash(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return "-"
	}
	return s
}
