// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/scan"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

// An entry is what one record says of one package, ready to be asked.
type entry struct {
	scan.Entry
	own []byte // the record, when it is the platform's own
}

// shelves keeps all of the platform's own records ready, until something is published, beside the shelf of imported ones.
type shelves struct {
	mu    sync.Mutex
	stand advisory.Stand
	own   map[vuln.Package][]entry
}

// ask finds the entries that answer queries, in their order, and hands them to do in the same transaction.
func (c *shelves) ask(ctx context.Context, s *Server, qs []query, do func(*db.Tx, [][]entry) error) error {
	own, err := c.published(ctx, s)
	if err != nil {
		return err
	}
	var places []vuln.Package
	for _, q := range qs {
		if !q.none {
			places = append(places, q.packages()...)
		}
	}
	answer := func(tx *db.Tx, shelf map[vuln.Package][]entry) error {
		found := make([][]entry, len(qs))
		for i, q := range qs {
			if !q.none {
				found[i] = q.match(shelf)
			}
		}
		return do(tx, found)
	}
	if s.Vulns == nil {
		return answer(nil, own)
	}
	return s.Vulns.DB.View(ctx, func(tx *db.Tx) error {
		known, err := s.Shelf.Get(ctx, tx, places)
		if err != nil {
			return err
		}
		shelf := make(map[vuln.Package][]entry, len(known))
		for p, es := range known {
			for _, e := range es {
				if e.Source == vuln.OSV {
					shelf[p] = append(shelf[p], entry{Entry: e})
				}
			}
		}
		for _, p := range places {
			if more := own[p]; more != nil {
				shelf[p] = slices.Concat(shelf[p], more)
			}
		}
		return answer(tx, shelf)
	})
}

// published returns the entries of the platform's own records, made again only after something was published.
func (c *shelves) published(ctx context.Context, s *Server) (map[vuln.Package][]entry, error) {
	now, err := s.Advisories.Stand(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	own, fresh := c.own, c.own != nil && now == c.stand
	c.mu.Unlock()
	if fresh {
		return own, nil
	}
	all, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	own = map[vuln.Package][]entry{}
	for _, a := range all {
		r := s.Advisories.OSV(a)
		b, err := encoded(r)
		if err != nil {
			return nil, err
		}
		for _, x := range r.Affected {
			if x.Package == nil {
				continue
			}
			p := vuln.PackageOf(x.Package.Ecosystem, x.Package.Name)
			own[p] = append(own[p], entry{scan.Entry{ID: r.ID, Ecosystem: x.Package.Ecosystem, Modified: r.Modified, Rule: osv.Compile(x)}, b.bytes})
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stand, c.own = now, own
	return own, nil
}

// documents are the records of entries, in their order.
func (s *Server) documents(ctx context.Context, tx *db.Tx, es []entry) (out [][]byte, err error) {
	var ids []int64
	for _, e := range es {
		if e.own == nil {
			ids = append(ids, e.Number)
		}
	}
	docs := map[int64][]byte{}
	if len(ids) > 0 {
		if docs, err = s.Vulns.Documents(ctx, tx, ids); err != nil {
			return nil, err
		}
	}
	for _, e := range es {
		b := e.own
		if b == nil {
			doc, ok := docs[e.Number]
			if !ok {
				return nil, fmt.Errorf("record %s has no document", e.ID)
			}
			b = clean(doc)
		}
		out = append(out, b)
	}
	return out, nil
}

// known are the ecosystems that may be asked for (OSV schema 1.7, affected[].package).
var known = func() map[string]bool {
	out := map[string]bool{}
	for _, e := range strings.Split("AlmaLinux|Alpaquita|Alpine|Android|Azure Linux|BellSoft Hardened Containers|Bioconductor|Bitnami|CRAN|Chainguard|CleanStart|ConanCenter|Debian|Docker Hardened Images|Echo|FreeBSD|GHC|GIT|"+
		"GSD|GitHub Actions|Go|Hackage|Hex|Julia|Kubernetes|Linux|Mageia|Maven|MinimOS|npm|NuGet|OSS-Fuzz|openEuler|openSUSE|opam|Packagist|Photon OS|Pub|PyPI|Red Hat|Rocky Linux|Root|RubyGems|SUSE|SwiftURL|UVI|Ubuntu|"+
		"VSCode|Wolfi|crates.io", "|") {
		out[e] = true
	}
	return out
}()
