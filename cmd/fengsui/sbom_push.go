// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/api"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/product"
)

// largeList is the size, in bytes, from which a list is worked on after the answer.
const largeList = 4 << 20

type sbomPushCmd struct {
	Product string `help:"Id of the product." required:""`
	Version string `help:"Version of the product the document describes." required:""`
	Private bool   `help:"Hide the components here and upload only salted hashes: known vulnerabilities are found without the platform learning the list."`
	Follow  bool   `help:"Upload as a large list and show how far the platform has come; so are lists of 4 MiB and more."`
	File    string `arg:"" help:"The document: CycloneDX, SPDX, or a list of CPE names ('-' is standard input)."`
}

// Help is the example.
func (sbomPushCmd) Help() string {
	return "Example:\n  fengsui sbom push --product 0197… --version 3.2.0 bom.cdx.json\n  fengsui sbom push --private --product 0197… --version 3.2.0 bom.cdx.json"
}

// Run uploads.
func (s *sbomPushCmd) Run(ctx context.Context, c *client) error {
	b, err := c.read(s.File)
	if err != nil {
		return err
	}
	switch {
	case s.Private:
		return s.private(ctx, c, b)
	case s.Follow || len(b) >= largeList:
		return s.follow(ctx, c, b)
	}
	var out api.SBOM
	if err := c.call(ctx, "POST", "/products/"+url.PathEscape(s.Product)+"/sboms?version="+url.QueryEscape(s.Version), b, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s %s: %d components, %d dependencies\n", out.Format, out.SpecVersion, out.Components, out.Edges)
		fmt.Fprintln(w, out.ID)
	})
}

// follow uploads and waits until the platform is done; an interrupt cancels.
func (s *sbomPushCmd) follow(ctx context.Context, c *client, b []byte) error {
	bar := &uploadBar{w: c.env.Stderr, terminal: isTerminal(c.env.Stderr)}
	name := ""
	if s.File != "-" {
		name = filepath.Base(s.File)
	}
	var u api.Upload
	if err := c.call(ctx, "POST", "/products/"+url.PathEscape(s.Product)+"/uploads?version="+url.QueryEscape(s.Version)+"&name="+url.QueryEscape(name), b, &u); err != nil {
		return err
	}
	for wait := 50 * time.Millisecond; u.State == "waiting" || u.State == "reading" || u.State == "storing"; wait = min(2*wait, time.Second) {
		bar.show(u)
		select {
		case <-ctx.Done():
			again, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer stop()
			if err := c.call(again, "POST", "/uploads/"+url.PathEscape(u.ID)+"/cancel", nil, &u); err != nil {
				return fmt.Errorf("interrupted, and not cancelled: %w", err)
			}
			return errors.New("cancelled")
		case <-time.After(wait):
		}
		if err := c.call(ctx, "GET", "/uploads/"+url.PathEscape(u.ID), nil, &u); err != nil && ctx.Err() == nil {
			return err
		}
	}
	bar.show(u)
	bar.end()
	switch {
	case u.State == "failed" && u.Problem != nil:
		return problemError(*u.Problem)
	case u.State != "done":
		return fmt.Errorf("the upload is %s", u.State)
	}
	return c.print(u, func(w io.Writer) {
		fmt.Fprintf(w, "%d components\n", u.Total)
		fmt.Fprintln(w, u.SBOM)
	})
}

// An uploadBar shows on a terminal how far an upload has come.
type uploadBar struct {
	w        io.Writer
	terminal bool
	last     string
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// show draws a bar on a terminal, and elsewhere a line for every state.
func (p *uploadBar) show(u api.Upload) {
	line := u.State
	if p.terminal && u.Total > 0 {
		const width = 30
		n := int(u.Done * width / u.Total)
		line = fmt.Sprintf("%-9s [%s%s] %d/%d", u.State, strings.Repeat("#", n), strings.Repeat(" ", width-n), u.Done, u.Total)
	}
	if line == p.last {
		return
	}
	p.last = line
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	} else {
		fmt.Fprintln(p.w, line)
	}
}

func (p *uploadBar) end() {
	if p.terminal {
		fmt.Fprintln(p.w)
	}
}

// private hides the components here.
func (s *sbomPushCmd) private(ctx context.Context, c *client, b []byte) error {
	var salt api.PrivateSalt
	if err := c.call(ctx, "GET", "/private-salt", nil, &salt); err != nil {
		return err
	}
	key, err := base64.StdEncoding.DecodeString(salt.Salt)
	if err != nil {
		return fmt.Errorf("the platform's salt cannot be read: %w", err)
	}
	hidden, left, err := product.Private(key, b)
	if err != nil {
		return localFault(c.Lang, err)
	}
	in := api.NewPrivateList{Version: s.Version, Recipe: hidden.Recipe, Components: hidden.Components, Parts: make([]string, len(hidden.Parts))}
	for i, p := range hidden.Parts {
		in.Parts[i] = hex.EncodeToString(append(p.Name[:], p.Version[:]...))
	}
	var out api.PrivateList
	if err := c.call(ctx, "POST", "/products/"+url.PathEscape(s.Product)+"/private-lists", in, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%d components in %d hashes", out.Components, out.Parts)
		if left > 0 {
			fmt.Fprintf(w, "; %d without a name stayed here", left)
		}
		fmt.Fprintln(w)
		fmt.Fprintln(w, out.ID)
	})
}

// localFault puts what was refused on this machine in the words of the platform.
func localFault(lang string, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	p := i18n.For(lang)
	lines := []string{p.T(f.Key, f.Args...)}
	for _, x := range f.Fields {
		lines = append(lines, "  "+x.Name+": "+p.T(x.Rule, x.Args...))
	}
	return errors.New(strings.Join(lines, "\n"))
}

func problemError(p api.Problem) error {
	b := new(bytes.Buffer)
	b.WriteString(p.Detail)
	for _, f := range p.Errors {
		fmt.Fprintf(b, "\n  %s: %s", f.Field, f.Rule)
	}
	if b.Len() == 0 {
		b.WriteString(http.StatusText(http.StatusUnprocessableEntity))
	}
	return errors.New(b.String())
}

type sbomFindingsCmd struct {
	Product string `arg:"" help:"Id of the product."`
}

// Help is the example.
func (sbomFindingsCmd) Help() string {
	return "Example:\n  fengsui sbom private-findings 0197…\n\nWhere the platform cannot tell the version, it says which package to look at."
}

// Run lists.
func (x *sbomFindingsCmd) Run(ctx context.Context, c *client) error {
	var out api.PrivateFindings
	if err := c.call(ctx, "GET", "/products/"+url.PathEscape(x.Product)+"/private-findings", nil, &out); err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) {
		var rows [][]string
		for _, f := range out.Items {
			rows = append(rows, []string{f.Verdict, f.Vulnerability, f.Severity, strings.TrimSpace(f.Component + " " + f.Found), f.Range, f.Version})
		}
		table(w, "VERDICT | VULNERABILITY | SEVERITY | COMPONENT | RANGE | VERSION", rows)
	})
}
