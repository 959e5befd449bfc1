// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

// An entry is what one record says of one package, ready to be asked.
type entry struct {
	id        string
	record    int64 // of an imported record, or 0
	ecosystem string
	modified  time.Time
	rule      *osv.Compiled
	own       []byte // the record, when it is the platform's own
}

// maxShelved bounds the entries that are kept ready.
const maxShelved = 200_000

// shelves keeps what was asked about lately, and all of the platform's own records, until something is imported or
// published.
type shelves struct {
	mu    sync.Mutex
	seq   int64
	full  int
	kept  map[vuln.Package][]entry
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
		shelf, err := c.get(ctx, tx, s.Vulns, places)
		if err != nil {
			return err
		}
		for _, p := range places {
			if more := own[p]; more != nil {
				shelf[p] = slices.Concat(shelf[p], more)
			}
		}
		return answer(tx, shelf)
	})
}

// get returns the entries at places, reading those that are not at hand.
func (c *shelves) get(ctx context.Context, tx *db.Tx, v *vuln.Service, places []vuln.Package) (map[vuln.Package][]entry, error) {
	seq, err := v.LastSeq(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := make(map[vuln.Package][]entry, len(places))
	var missing []vuln.Package
	c.mu.Lock()
	if seq != c.seq || c.full > maxShelved {
		c.seq, c.full, c.kept = seq, 0, map[vuln.Package][]entry{}
	}
	for _, p := range places {
		if _, twice := out[p]; twice {
			continue
		}
		es, ok := c.kept[p]
		if !ok {
			missing = append(missing, p)
		}
		out[p] = es
	}
	c.mu.Unlock()
	if len(missing) == 0 {
		return out, nil
	}
	fresh, err := shelved(ctx, tx, v, missing)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range missing {
		out[p] = fresh[p]
		if c.seq == seq {
			c.kept[p] = fresh[p]
			c.full += len(fresh[p]) + 1
		}
	}
	return out, nil
}

// shelved reads what OSV records say of packages.
func shelved(ctx context.Context, tx *db.Tx, v *vuln.Service, of []vuln.Package) (map[vuln.Package][]entry, error) {
	cs, err := v.Claims(ctx, tx, of)
	if err != nil {
		return nil, err
	}
	type head struct {
		id       int64
		key      string
		modified time.Time
	}
	heads := map[int64]head{}
	var ids []int64
	for _, c := range cs {
		if _, ok := heads[c.Record]; !ok {
			heads[c.Record] = head{}
			ids = append(ids, c.Record)
		}
	}
	for part := range slices.Chunk(ids, 500) {
		var a db.Args
		source := a.P(string(vuln.OSV))
		hs, err := db.List(ctx, tx, func(r db.Row) (h head, err error) {
			var at db.Time
			err = r.Scan(&h.id, &h.key, &at)
			h.modified = at.Time
			return h, err
		}, `SELECT id, key, modified FROM vuln_record WHERE source = `+source+` AND id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		for _, h := range hs {
			heads[h.id] = h
		}
	}
	out := map[vuln.Package][]entry{}
	for _, c := range cs {
		if h := heads[c.Record]; h.key != "" && c.Says.Package != nil {
			out[c.Package] = append(out[c.Package], entry{id: h.key, record: c.Record, ecosystem: c.Says.Package.Ecosystem, modified: h.modified, rule: osv.Compile(c.Says)})
		}
	}
	return out, nil
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
			own[p] = append(own[p], entry{id: r.ID, ecosystem: x.Package.Ecosystem, modified: r.Modified, rule: osv.Compile(x), own: b.bytes})
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
			ids = append(ids, e.record)
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
			doc, ok := docs[e.record]
			if !ok {
				return nil, fmt.Errorf("record %s has no document", e.id)
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
