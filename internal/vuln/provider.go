// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/bound"
)

// maxDistributions bounds how many directories and feeds of one provider are read.
const maxDistributions = 100

// A distributed document lies at an address since a time, which is zero where nobody says.
type distributed struct {
	address string
	since   time.Time
}

// importProvider imports the documents of a CSAF provider: from its provider-metadata.json, the root of its host, a ROLIE
// feed, or a directory with changes.csv or index.txt (CSAF 2.0, section 7.1). What has not changed since the last time is
// not asked for.
func (s *Service) importProvider(ctx context.Context, by member.Actor, in Input, u *url.URL) (Run, error) {
	last, err := s.lastMark(ctx, in.Kind, in.Source)
	if err != nil {
		return Run{}, err
	}
	all, err := s.distribution(ctx, u)
	if err != nil {
		return Run{}, fmt.Errorf("import csaf: %w", err)
	}
	slices.SortStableFunc(all, func(a, b distributed) int { return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.address, b.address)) })
	all = slices.CompactFunc(all, func(a, b distributed) bool { return a.address == b.address })
	seen, _ := time.Parse(time.RFC3339Nano, last.modified) //nolint:errcheck // none is the zero time
	sum, newest := sha256.New(), seen
	fmt.Fprintf(sum, "csaf %d\n", reader)
	var take []distributed
	for _, d := range all {
		if d.since.After(newest) {
			newest = d.since
		}
		if d.since.IsZero() || d.since.After(seen) {
			take = append(take, d)
			fmt.Fprintf(sum, "%s %s\n", d.address, d.since.Format(time.RFC3339Nano))
		}
	}
	var missed atomic.Bool
	p := &plan{total: len(take), fingerprint: hex.EncodeToString(sum.Sum(nil))}
	p.parts = []part{{len(take), func(skip int, do func(piece) error) error {
		for _, d := range take[skip:] {
			if err := do(piece{d.address, 256 << 10, func() ([]byte, error) {
				doc, err := s.document(ctx, d.address)
				var no *Refusal
				if err != nil && !errors.As(err, &no) && ctx.Err() == nil { // one that cannot be had keeps nobody from the others, and is asked for again
					missed.Store(true)
					err = refuse("", RefusedRead, text(err.Error(), 200))
				}
				return doc, err
			}}); err != nil {
				return err
			}
		}
		return nil
	}}}
	r, err := s.take(ctx, by, in, p)
	if err == nil && r.State == Done && !missed.Load() {
		err = s.noteMark(ctx, in.Kind, in.Source, mark{modified: newest.UTC().Format(time.RFC3339Nano)})
	}
	return r, err
}

// document is one document, which fits the digest beside it where there is one.
func (s *Service) document(ctx context.Context, address string) ([]byte, error) {
	doc, err := s.fetch(ctx, address, maxEntry)
	if err != nil {
		return nil, err
	}
	return doc, checkSums(doc, func(ext string) ([]byte, error) { return s.fetch(ctx, address+ext, 4<<10) })
}

// distribution lists the documents that an address leads to.
func (s *Service) distribution(ctx context.Context, u *url.URL) (out []distributed, err error) {
	switch {
	case u.Path == "" || u.Path == "/":
		return s.provider(ctx, u.ResolveReference(&url.URL{Path: "/.well-known/csaf/provider-metadata.json"}))
	case strings.HasSuffix(u.Path, "/provider-metadata.json"):
		return s.provider(ctx, u)
	case strings.HasSuffix(u.Path, "/"):
		return s.listing(ctx, u)
	case strings.HasSuffix(u.Path, ".json"):
		b, err := s.fetch(ctx, u.String(), maxListing)
		if err != nil {
			return nil, err
		}
		if out, err := entries(u, b); err == nil {
			return out, nil
		}
		return []distributed{{address: u.String()}}, nil // one document
	}
	return s.listing(ctx, u.ResolveReference(&url.URL{Path: u.Path + "/"}))
}

// provider lists what the distributions of a provider hold that anybody may read.
func (s *Service) provider(ctx context.Context, u *url.URL) (out []distributed, err error) {
	b, err := s.fetch(ctx, u.String(), 4<<20)
	if err != nil {
		return nil, err
	}
	var p struct {
		Distributions []struct {
			Directory string `json:"directory_url"`
			Rolie     struct {
				Feeds []struct {
					URL string `json:"url"`
					TLP string `json:"tlp_label"`
				} `json:"feeds"`
			} `json:"rolie"`
		} `json:"distributions"`
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("%s: %w", u.Host+u.Path, err)
	}
	n := 0
	for _, d := range p.Distributions {
		if d.Directory != "" && n < maxDistributions {
			n++
			at, err := u.Parse(strings.TrimSuffix(d.Directory, "/") + "/")
			if err != nil {
				return nil, err
			}
			some, err := s.listing(ctx, at)
			if err != nil {
				return nil, err
			}
			out = append(out, some...)
		}
		for _, f := range d.Rolie.Feeds {
			if f.TLP != "WHITE" && f.TLP != "CLEAR" || n >= maxDistributions {
				continue
			}
			n++
			at, err := u.Parse(f.URL)
			if err != nil {
				return nil, err
			}
			b, err := s.fetch(ctx, at.String(), maxListing)
			if err != nil {
				return nil, err
			}
			some, err := entries(at, b)
			if err != nil {
				return nil, err
			}
			out = append(out, some...)
		}
	}
	if n == 0 {
		return nil, fmt.Errorf("%s names no directory and no feed that anybody may read", u.Host+u.Path)
	}
	return out, nil
}

// listing lists a directory by its changes.csv or, where there is none, its index.txt.
func (s *Service) listing(ctx context.Context, dir *url.URL) ([]distributed, error) {
	b, err := s.fetch(ctx, dir.ResolveReference(&url.URL{Path: "changes.csv"}).String(), maxListing)
	if err == nil {
		return changes(dir, b)
	}
	if b, e := s.fetch(ctx, dir.ResolveReference(&url.URL{Path: "index.txt"}).String(), maxListing); e == nil {
		return index(dir, b)
	}
	return nil, err
}

// changes reads a changes.csv: a path and a time a line.
func changes(dir *url.URL, b []byte) (out []distributed, err error) {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	for n := 1; ; n++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("changes.csv: %w", err)
		}
		if len(row) < 2 {
			return nil, fmt.Errorf("changes.csv: line %d has no time", n)
		}
		since, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(row[1]))
		if err != nil {
			if n == 1 { // a heading
				continue
			}
			return nil, fmt.Errorf("changes.csv: line %d: %w", n, err)
		}
		at, err := below(dir, row[0])
		if err != nil {
			return nil, fmt.Errorf("changes.csv: line %d: %w", n, err)
		}
		if out = append(out, distributed{at, since.UTC()}); len(out) > maxFiles {
			return nil, bound.ErrMany
		}
	}
}

// index reads an index.txt: a path a line.
func index(dir *url.URL, b []byte) (out []distributed, err error) {
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		at, err := below(dir, line)
		if err != nil {
			return nil, fmt.Errorf("index.txt: %w", err)
		}
		if out = append(out, distributed{address: at}); len(out) > maxFiles {
			return nil, bound.ErrMany
		}
	}
	return out, nil
}

// below is the address of a path below a directory, out of which it may not lead.
func below(dir *url.URL, p string) (string, error) {
	p = strings.TrimSpace(p)
	if !strings.HasSuffix(strings.ToLower(p), ".json") || len(p) > 1000 || strings.ContainsAny(p, "\\:?#") || strings.HasPrefix(p, "/") || slices.Contains(strings.Split(p, "/"), "..") {
		return "", fmt.Errorf("%.60q is no path of a document", p)
	}
	u := dir.ResolveReference(&url.URL{Path: p})
	if u.Host != dir.Host || !strings.HasPrefix(u.Path, dir.Path) {
		return "", fmt.Errorf("%.60q leads out of the directory", p)
	}
	return u.String(), nil
}

// entries reads a ROLIE feed in JSON (RFC 8322; CSAF 2.0, section 7.1.15).
func entries(u *url.URL, b []byte) (out []distributed, err error) {
	if err := (bound.Limits{Bytes: maxListing, Depth: 20, Values: 10_000_000}).Check(b); err != nil {
		return nil, err
	}
	var f struct {
		Feed *struct {
			Entries []struct {
				Updated string `json:"updated"`
				Content struct {
					Src string `json:"src"`
				} `json:"content"`
				Links []struct {
					Rel  string `json:"rel"`
					Href string `json:"href"`
				} `json:"link"`
			} `json:"entry"`
		} `json:"feed"`
	}
	if err := json.Unmarshal(b, &f); err != nil || f.Feed == nil {
		return nil, errors.New("it is no ROLIE feed")
	}
	for i, e := range f.Feed.Entries {
		href := e.Content.Src
		for _, l := range e.Links {
			if l.Rel == "self" {
				href = l.Href
			}
		}
		at, err := u.Parse(href)
		if err != nil || href == "" || at.Host == "" || !strings.HasSuffix(strings.ToLower(at.Path), ".json") {
			return nil, fmt.Errorf("entry %d of the feed has no address of a document", i)
		}
		since, err := time.Parse(time.RFC3339Nano, e.Updated)
		if err != nil {
			since = time.Time{}
		}
		if out = append(out, distributed{at.String(), since.UTC()}); len(out) > maxFiles {
			return nil, bound.ErrMany
		}
	}
	return out, nil
}
