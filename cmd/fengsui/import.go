// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/vuln"
)

type importCmd struct {
	Osv  importOSVCmd  `cmd:"" name:"osv" help:"Records in OSV: files, directories, archives of whole ecosystems."`
	Cve  importCVECmd  `cmd:"" name:"cve" help:"Records in CVE JSON 5: files, directories, archives."`
	Csaf importCSAFCmd `cmd:"" name:"csaf" help:"Documents in CSAF 2.0 or 2.1: files, directories, archives, providers."`
	Kev  importKEVCmd  `cmd:"" name:"kev" help:"CISA's catalogue of known exploited vulnerabilities (JSON)."`
	Epss importEPSSCmd `cmd:"" name:"epss" help:"A day's EPSS scores (CSV, perhaps packed by gzip)."`

	Again importAgainCmd `cmd:"" help:"Have a running platform import now from a place that its configuration names."`
}

// imports is what all imports have in common.
type imports struct {
	local  `embed:""`
	Source []string `arg:"" help:"Paths or https URLs."`
}

const importHelp = "\nIt works on this machine's database. What is known stays as it is; a record that cannot be read is refused alone.\nStopped by Ctrl-C or killed, it goes on where it was when it is started again."

type (
	importOSVCmd struct {
		imports `embed:""`
	}
	importCVECmd struct {
		imports `embed:""`
	}
	importCSAFCmd struct {
		imports `embed:""`
	}
	importKEVCmd struct {
		imports `embed:""`
	}
	importEPSSCmd struct {
		imports `embed:""`
	}
)

// Help is the example.
func (importOSVCmd) Help() string {
	return "Example:\n  fengsui import osv --data /var/lib/fengsui npm/all.zip PyPI/all.zip advisory-database/" + importHelp
}

// Help is the example.
func (importCVECmd) Help() string {
	return "Example:\n  fengsui import cve --data /var/lib/fengsui cvelistV5/cves" + importHelp
}

// Help is the example.
func (importCSAFCmd) Help() string {
	return "Example:\n  fengsui import csaf --data /var/lib/fengsui https://vendor.example.org/.well-known/csaf/provider-metadata.json" + importHelp
}

// Help is the example.
func (importKEVCmd) Help() string {
	return "Example:\n  fengsui import kev --data /var/lib/fengsui known_exploited_vulnerabilities.json" + importHelp
}

// Help is the example.
func (importEPSSCmd) Help() string {
	return "Example:\n  fengsui import epss --data /var/lib/fengsui epss_scores-2026-11-27.csv.gz" + importHelp
}

// Run imports.
func (x *importOSVCmd) Run(ctx context.Context, e *env, c *client) error {
	return x.run(ctx, e, c, "osv")
}

// Run imports.
func (x *importCVECmd) Run(ctx context.Context, e *env, c *client) error {
	return x.run(ctx, e, c, "cve")
}

// Run imports.
func (x *importCSAFCmd) Run(ctx context.Context, e *env, c *client) error {
	return x.run(ctx, e, c, "csaf")
}

// Run imports.
func (x *importKEVCmd) Run(ctx context.Context, e *env, c *client) error {
	return x.run(ctx, e, c, "kev")
}

// Run imports.
func (x *importEPSSCmd) Run(ctx context.Context, e *env, c *client) error {
	return x.run(ctx, e, c, "epss")
}

// importLine is what an import came to.
type importLine struct {
	ID      string  `json:"id"`
	Kind    string  `json:"kind"`
	Source  string  `json:"source"`
	State   string  `json:"state"`
	Seconds float64 `json:"seconds"`
	Pieces  int     `json:"pieces"`
	vuln.Tally
	Digest   string          `json:"digest,omitempty"`
	Refusals []importRefusal `json:"refusals,omitempty"` // the first of them
}

type importRefusal struct {
	File   string `json:"file"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

// collectImports lets a process that does nothing else grow to some 600 MiB before it looks for what is gone: measured side
// by side on two busy processors, it takes in half as many records again as with the default.
const collectImports = 400

// shownRefusals is how many refused documents a terminal shows.
const shownRefusals = 20

func (x *imports) run(ctx context.Context, e *env, c *client, kind string) error {
	return x.with(ctx, e, func(_ app.Config, s *app.Services) error {
		debug.SetGCPercent(collectImports)
		say := i18n.For(c.Lang)
		for _, source := range x.Source {
			began := time.Now()
			show := progress{w: e.Stderr, began: began, live: terminal(e.Stderr) && !c.json}
			run, err := s.Vulns.Import(ctx, member.System(), vuln.Input{Kind: kind, Source: source, Progress: show.say})
			show.end()
			if run.ID == "" {
				var no *vuln.Refusal
				if errors.As(err, &no) { // the whole file is no catalogue, or no table
					err = fmt.Errorf("%s: %s %s", source, say.T(no.Reason), no.Detail)
				}
				return err
			}
			run, refusals, e2 := s.Vulns.Run(context.WithoutCancel(ctx), member.System(), run.ID)
			if e2 != nil {
				return e2
			}
			out := importLine{ID: run.ID, Kind: run.Kind, Source: run.Source, State: string(run.State), Seconds: time.Since(began).Seconds(), Pieces: run.Place, Tally: run.Tally, Digest: run.Digest}
			for _, r := range refusals {
				out.Refusals = append(out.Refusals, importRefusal{r.File, r.Field, say.T(r.Reason), r.Detail})
			}
			if e2 := c.print(out, func(w io.Writer) { out.write(w) }); e2 != nil {
				return e2
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (l importLine) write(w io.Writer) {
	n := l.New + l.Changed + l.Same + l.Older
	fmt.Fprintf(w, "%s: %s; %d new, %d changed, %d unchanged, %d older, %d withdrawn among them, %d refused; %d records in %.1f s, %.0f/s\n",
		l.Source, l.State, l.New, l.Changed, l.Same, l.Older, l.Withdrawn, l.Refused, n, l.Seconds, float64(n)/max(l.Seconds, 0.001))
	for i, r := range l.Refusals {
		if i == shownRefusals {
			fmt.Fprintf(w, "  … and %d more\n", l.Refused-i)
			break
		}
		fmt.Fprintf(w, "  %s\n", strings.Join(strings.Fields(r.File+" "+r.Field+": "+r.Reason+" "+r.Detail), " "))
	}
}

// progress shows how an import goes, on a line that changes.
type progress struct {
	w     io.Writer
	began time.Time
	last  time.Time
	from  int
	live  bool
	shown bool
}

func (p *progress) say(r vuln.Run) {
	n := r.New + r.Changed + r.Same + r.Older
	if p.last.IsZero() {
		p.from, p.last = n, p.began
	}
	if !p.live || time.Since(p.last) < time.Second/5 {
		return
	}
	p.last, p.shown = time.Now(), true
	share := ""
	if r.Total > 0 {
		share = fmt.Sprintf("%3d %%, ", 100*r.Place/r.Total)
	}
	fmt.Fprintf(p.w, "\r%s%d records, %.0f/s, %d refused \x1b[K", share, n, float64(n-p.from)/max(time.Since(p.began).Seconds(), 0.001), r.Refused)
}

func (p *progress) end() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// terminal reports whether w is one.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
