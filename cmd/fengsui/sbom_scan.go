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

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/scan"
)

type sbomScanCmd struct {
	local `embed:""`
	OSV   []string `help:"Directory or zip of OSV records, as osv.dev publishes them (ECOSYSTEM/all.zip); may be repeated." placeholder:"PATH" name:"osv"`
	Ask   bool     `help:"Ask the platform at --url, which keeps its records ready and the documents nowhere." name:"ask"`
	Files []string `arg:"" help:"The documents ('-' is standard input)."`
}

// Help is the example.
func (sbomScanCmd) Help() string {
	return "Examples:\n  fengsui sbom scan --osv /srv/osv bom.cdx.json\n  fengsui sbom scan --data /var/lib/fengsui *.spdx.json\n  fengsui sbom scan --ask --url https://fengsui.example bom.cdx.json\n\n" +
		"Finds the publicly known vulnerabilities of what CycloneDX and SPDX documents list. It needs no server and no network: it reads OSV records from --osv, or else the records that a platform\n" +
		"has imported, from the database that --data, --database or the configuration names. With --ask a running platform answers (any account's token).\n\n" +
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
	w := bufio.NewWriterSize(e.Stdout, 1<<20)
	out := scanWriter{w: w, json: c.json}
	if x.Ask {
		err = x.ask(ctx, c, &out)
	} else {
		err = x.here(ctx, e, c, &out)
	}
	return out.hit, errors.Join(err, w.Flush())
}

// here scans without a platform.
func (x *sbomScanCmd) here(ctx context.Context, e *env, c *client, out *scanWriter) error {
	debug.SetGCPercent(400) // it lives for a second or two, and most of what it reads is gone by the next record
	var s scan.Scan
	for _, file := range x.Files {
		b, err := c.read(file)
		if err != nil {
			return err
		}
		if err := s.Add(file, b); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	var err error
	if len(x.OSV) > 0 {
		err = s.Archives(ctx, x.OSV...)
	} else {
		err = x.database(ctx, e, &s)
	}
	if err != nil {
		return err
	}
	out.begin(fmt.Sprintf(`"records_read":%d,"records_unreadable":%d,`, s.Read, s.Broken()))
	for _, d := range s.Documents { // one after the other, so that a long answer is never in memory as a whole
		doc := scanned{Name: d.Name, Format: d.Format, Components: len(d.Components), Passed: d.Passed, Findings: []scanFinding{}}
		for _, f := range s.Of(d) {
			doc.Findings = append(doc.Findings, findingOf(&s, f))
		}
		if err := out.document(doc); err != nil {
			return err
		}
	}
	out.end()
	if s.Broken() > 0 {
		fmt.Fprintf(e.Stderr, "fengsui: %d records could not be read: %s\n", s.Broken(), strings.Join(s.Unreadable, ", "))
	}
	return nil
}

// ask lets a platform scan.
func (x *sbomScanCmd) ask(ctx context.Context, c *client, out *scanWriter) error {
	if len(x.OSV) > 0 {
		return errors.New("--ask and --osv: the platform has its own records")
	}
	out.begin("")
	for _, file := range x.Files {
		b, err := c.read(file)
		if err != nil {
			return err
		}
		var s api.Scan
		if err := c.call(ctx, "POST", "/scans", b, &s); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		doc := scanned{Name: file, Format: s.Format, Components: s.Components, Passed: s.Passed, Findings: []scanFinding{}}
		records := map[string]api.ScanRecord{}
		for _, r := range s.Records {
			records[r.ID] = r
		}
		for _, p := range s.Findings {
			for _, f := range p.Records {
				r := records[f.ID]
				doc.Findings = append(doc.Findings, scanFinding{PURL: p.PURL, Ecosystem: p.Ecosystem, Package: p.Package, Version: p.Version, ID: f.ID, Aliases: r.Aliases, Verdict: f.Verdict, Why: f.Why,
					Introduced: f.Introduced, Fixed: f.Fixed, LastAffected: f.LastAffected, Severity: r.Severity, Score: r.Score, Summary: r.Title})
			}
		}
		if err := out.document(doc); err != nil {
			return err
		}
	}
	out.end()
	return nil
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

// A scanWriter writes answers document by document, and learns whether anything is affected.
type scanWriter struct {
	w    *bufio.Writer
	json bool
	n    int
	hit  bool
}

// begin begins the answer, in JSON with members that a platform does not tell.
func (s *scanWriter) begin(members string) {
	if s.json {
		s.w.WriteString("{" + members + `"documents":[`) //nolint:errcheck // Flush says it
	}
}

func (s *scanWriter) end() {
	if s.json {
		s.w.WriteString("]}\n") //nolint:errcheck // Flush says it
	}
}

func (s *scanWriter) document(d scanned) error {
	d.Counts = map[string]int{}
	for _, f := range d.Findings {
		d.Counts[f.Verdict]++
	}
	s.hit = s.hit || d.Counts["affected"] > 0
	s.n++
	switch {
	case !s.json && s.n > 1:
		fmt.Fprintln(s.w)
	case s.json && s.n > 1:
		s.w.WriteByte(',') //nolint:errcheck // Flush says it
	}
	if !s.json {
		tellScan(s.w, d)
		return nil
	}
	b, err := json.Marshal(d)
	s.w.Write(b) //nolint:errcheck // Flush says it
	return err
}

func findingOf(s *scan.Scan, f scan.Finding) scanFinding {
	c := &s.Components[f.Component]
	return scanFinding{PURL: c.PURL, Ecosystem: c.Distribution(), Package: c.Name, Version: c.Version, ID: f.Record.ID, Aliases: f.Record.Aliases, Verdict: f.Word(), Why: string(f.Verdict.Reason),
		Introduced: f.Introduced(), Fixed: f.Fixed(), LastAffected: f.LastAffected(), Severity: string(f.Record.Severity), Score: float64(f.Record.Score) / 10, Summary: f.Record.Summary}
}

func tellScan(w io.Writer, d scanned) {
	packages := map[string]bool{}
	var rows [][]string
	for _, f := range d.Findings {
		if f.Verdict == "affected" {
			packages[f.PURL] = true
		}
		severity := f.Severity
		if f.Score > 0 {
			severity += " " + strconv.FormatFloat(f.Score, 'f', 1, 64)
		}
		ecosystem, _, _ := strings.Cut(f.Ecosystem, ":")
		rows = append(rows, []string{ecosystem, f.Package, dash(f.Version), f.ID, dash(cves(f.Aliases)), dash(severity), dash(f.Fixed), f.Verdict})
	}
	affected := d.Counts["affected"]
	fmt.Fprintf(w, "%s: %s, %d components: %d vulnerabilities in %d components", d.Name, d.Format, d.Components+d.Passed, affected, len(packages))
	if n := len(d.Findings) - affected; n > 0 {
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

// cves are the aliases by which people know a record.
func cves(aliases []string) string {
	var out []string
	for _, a := range aliases {
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
