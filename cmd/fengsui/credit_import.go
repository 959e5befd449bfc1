// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/api"
)

// Limits of one request: records that travel together, and what one record may hold.
const (
	importBytes  = 16 << 20
	importDocs   = 2_000
	importRecord = 32 << 20
)

type creditImportCmd struct {
	Path []string `arg:"" help:"Files, archives (.zip) or directories of records in CVE JSON 5, OSV or CSAF ('-' is standard input)."`
}

// Help is the example.
func (creditImportCmd) Help() string {
	return "Example:\n  fengsui credit import CVE-2021-99001.json advisories.zip cvelist/2021\nThe same record twice changes nothing."
}

// Run imports.
func (x *creditImportCmd) Run(ctx context.Context, c *client) error {
	s := &shipment{ctx: ctx, c: c}
	for _, p := range x.Path {
		if err := s.path(p); err != nil {
			return err
		}
	}
	if err := s.flush(); err != nil {
		return err
	}
	if s.docs == 0 {
		return usage{errors.New("no file there ends in .json or .zip")}
	}
	err := c.print(s.out, func(w io.Writer) {
		fmt.Fprintf(w, "%d new, %d changed, %d unchanged, %d older, %d refused; %d new leads\n", s.out.New, s.out.Changed, s.out.Same, s.out.Older, s.out.Refused, s.out.Leads)
		for _, r := range s.out.Reasons {
			fmt.Fprintf(w, "  %s: %s\n", r.Name, r.Why)
		}
	})
	if err == nil && s.out.Refused > 0 && s.out.New+s.out.Changed+s.out.Same+s.out.Older == 0 {
		return errors.New("no record was taken")
	}
	return err
}

// A shipment gathers records until they travel together.
type shipment struct {
	ctx   context.Context
	c     *client
	buf   bytes.Buffer
	names []string
	docs  int
	out   api.Imported
}

func (s *shipment) path(p string) error {
	if p == "-" {
		b, err := s.c.read(p)
		if err != nil {
			return err
		}
		return s.add("-", b)
	}
	info, err := os.Stat(p)
	if err != nil {
		return usage{err}
	}
	if !info.IsDir() {
		return s.file(p, p)
	}
	return filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
		if ext := strings.ToLower(filepath.Ext(name)); err != nil || !d.Type().IsRegular() || ext != ".json" && ext != ".zip" {
			return err
		}
		rel, err := filepath.Rel(p, name)
		if err != nil {
			return err
		}
		return s.file(name, filepath.ToSlash(rel))
	})
}

func (s *shipment) file(path, name string) error {
	if strings.EqualFold(filepath.Ext(path), ".zip") {
		return s.archive(path, name)
	}
	b, err := s.c.read(path)
	if err != nil {
		return err
	}
	return s.add(name, b)
}

// archive opens an archive here, so that large ones travel in pieces.
func (s *shipment) archive(path, name string) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return usage{fmt.Errorf("%s: %w", path, err)}
	}
	defer z.Close()
	for _, f := range z.File {
		if f.FileInfo().IsDir() || !strings.HasSuffix(strings.ToLower(f.Name), ".json") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, f.Name, err)
		}
		b, err := io.ReadAll(io.LimitReader(r, importRecord+1))
		if err := errors.Join(err, r.Close()); err != nil {
			return fmt.Errorf("%s: %s: %w", path, f.Name, err)
		}
		if err := s.add(name+"/"+f.Name, b); err != nil {
			return err
		}
	}
	return nil
}

// add puts one file of records among those that travel; a large one travels alone. A broken file stays here: nothing
// behind it could be read.
func (s *shipment) add(name string, b []byte) error {
	s.docs++
	docs, err := values(b)
	if err != nil {
		s.out.Refused++
		s.out.Reasons = append(s.out.Reasons, api.ImportRefused{Name: name, Why: "is no JSON"})
		return nil
	}
	if s.buf.Len() > 0 && (s.buf.Len()+len(b) > importBytes || len(s.names)+len(docs) > importDocs) {
		if err := s.flush(); err != nil {
			return err
		}
	}
	for _, d := range docs {
		s.names = append(s.names, name)
		s.buf.Write(d)
		s.buf.WriteByte('\n')
	}
	return nil
}

// values are the JSON texts of a file: one, several, or those of a list.
func values(b []byte) (out []json.RawMessage, err error) {
	b = bytes.TrimPrefix(bytes.TrimSpace(b), []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(b, []byte("[")) {
		err = json.Unmarshal(b, &out)
		return out, err
	}
	for d := json.NewDecoder(bytes.NewReader(b)); ; {
		var one json.RawMessage
		switch err := d.Decode(&one); {
		case errors.Is(err, io.EOF) && len(out) > 0:
			return out, nil
		case err != nil:
			return nil, err
		}
		out = append(out, one)
	}
}

func (s *shipment) flush() error {
	if s.buf.Len() == 0 {
		return nil
	}
	source := s.names[0]
	if last := s.names[len(s.names)-1]; last != source {
		source += " … " + last
	}
	if rs := []rune(source); len(rs) > 300 {
		source = string(rs[:300])
	}
	var r api.Imported
	err := s.c.call(s.ctx, "POST", "/credits/records?source="+url.QueryEscape(source), bytes.Clone(s.buf.Bytes()), &r)
	var no refused
	switch o := &s.out; {
	case errors.As(err, &no) && bytes.Contains(no.document, []byte(`"status":422`)) && len(s.names) == 1: // the only one of its shipment, and no record
		o.Refused++
		o.Reasons = append(o.Reasons, api.ImportRefused{Name: source, Why: no.Error()})
	case err != nil:
		return err
	default:
		o.New, o.Changed, o.Same, o.Older, o.Refused, o.Leads = o.New+r.New, o.Changed+r.Changed, o.Same+r.Same, o.Older+r.Older, o.Refused+r.Refused, o.Leads+r.Leads
		for _, x := range r.Reasons {
			if n, err := strconv.Atoi(x.Name[strings.LastIndexByte(x.Name, '#')+1:]); err == nil && n >= 1 && n <= len(s.names) {
				x.Name = s.names[n-1]
			}
			o.Reasons = append(o.Reasons, x)
		}
	}
	s.buf.Reset()
	s.names = nil
	return nil
}
