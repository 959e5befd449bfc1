// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package scan

import (
	"cmp"
	"context"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

// An Entry is what one public record says of one package, ready to be asked.
type Entry struct {
	Number    int64 // of the record
	ID        string
	Source    vuln.Source
	Modified  time.Time
	Ecosystem string // of the package as the record writes it, with a release
	Rule      *osv.Compiled
}

// maxShelved bounds the entries, and the records' words, that are kept ready.
const maxShelved = 200_000

// A Shelf keeps what was asked about lately, until something is imported, and which packages any record is about, so that
// the others are not looked up. It may be used from many goroutines at once.
type Shelf struct {
	Vulns *vuln.Service

	many    int // how many packages must be asked about at once for reading which ones records are about; 0 for manyPackages
	mu      sync.Mutex
	seq     int64
	full    int
	kept    map[vuln.Package][]Entry
	records map[int64]*Record
	spoken  spoken
}

// Get returns the entries at places. Those of packages that no record is about may be missing.
func (c *Shelf) Get(ctx context.Context, tx *db.Tx, places []vuln.Package) (map[vuln.Package][]Entry, error) {
	out := make(map[vuln.Package][]Entry, len(places))
	once := make([]vuln.Package, 0, len(places))
	for _, p := range places {
		if _, twice := out[p]; !twice {
			out[p] = nil
			once = append(once, p)
		}
	}
	entries, err := c.Of(ctx, tx, once)
	if err != nil {
		return nil, err
	}
	for i, p := range once {
		out[p] = entries[i]
	}
	return out, nil
}

// Of returns the entries at places, none of which stands there twice, in their order.
func (c *Shelf) Of(ctx context.Context, tx *db.Tx, places []vuln.Package) ([][]Entry, error) {
	seq, err := c.Vulns.LastSeq(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := make([][]Entry, len(places))
	var unknown []int // of places
	c.mu.Lock()
	c.turn(seq)
	for i, p := range places {
		es, ok := c.kept[p]
		if !ok {
			unknown = append(unknown, i)
		}
		out[i] = es
	}
	c.mu.Unlock()
	if len(unknown) == 0 {
		return out, nil
	}
	missing := make([]vuln.Package, len(unknown))
	for i, at := range unknown {
		missing[i] = places[at]
	}
	if missing, err = c.spoken.of(ctx, tx, c.Vulns, missing, seq, cmp.Or(c.many, manyPackages)); err != nil || len(missing) == 0 {
		return out, err
	}
	fresh, err := c.read(ctx, tx, missing)
	if err != nil {
		return nil, err
	}
	for _, at := range unknown {
		out[at] = fresh[places[at]]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seq == seq {
		for _, p := range missing {
			c.kept[p] = fresh[p]
			c.full += len(fresh[p]) + 1
		}
	}
	return out, nil
}

// turn forgets what is kept when records have changed, or when it is too much.
func (c *Shelf) turn(seq int64) {
	if seq != c.seq || c.full > maxShelved || c.kept == nil {
		c.seq, c.full, c.kept, c.records = seq, 0, map[vuln.Package][]Entry{}, map[int64]*Record{}
	}
}

// read reads what records say of packages.
func (c *Shelf) read(ctx context.Context, tx *db.Tx, of []vuln.Package) (map[vuln.Package][]Entry, error) {
	cs, err := c.Vulns.Claims(ctx, tx, of)
	if err != nil {
		return nil, err
	}
	heads := map[int64]Entry{}
	for _, x := range cs {
		heads[x.Record] = Entry{}
	}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(heads)), 500) {
		var a db.Args
		hs, err := db.List(ctx, tx, func(r db.Row) (h Entry, err error) {
			var at db.Time
			err = r.Scan(&h.Number, &h.ID, &h.Source, &at)
			h.Modified = at.Time
			return h, err
		}, `SELECT id, key, source, modified FROM vuln_record WHERE id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		for _, h := range hs {
			heads[h.Number] = h
		}
	}
	out := make(map[vuln.Package][]Entry, len(of))
	for _, x := range cs {
		if h := heads[x.Record]; h.ID != "" && x.Says.Package != nil {
			h.Ecosystem, h.Rule = x.Says.Package.Ecosystem, osv.Compile(x.Says)
			out[x.Package] = append(out[x.Package], h)
		}
	}
	return out, nil
}

// words returns what records are called, in the order of their numbers.
func (c *Shelf) words(ctx context.Context, tx *db.Tx, numbers []int64) ([]*Record, error) {
	seq, err := c.Vulns.LastSeq(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := make([]*Record, len(numbers))
	missing := map[int64]*Record{}
	c.mu.Lock()
	c.turn(seq)
	for i, n := range numbers {
		r := c.records[n]
		if r == nil {
			r = missing[n]
		}
		if r == nil {
			r = &Record{}
			missing[n] = r
		}
		out[i] = r
	}
	c.mu.Unlock()
	if len(missing) == 0 {
		return out, nil
	}
	if err := fill(ctx, tx, missing); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seq == seq {
		maps.Copy(c.records, missing)
		c.full += len(missing)
	}
	return out, nil
}

const manyPackages = 500

// spoken is a set of the packages that records are about, or were: digests of their names.
type spoken struct {
	mu   sync.Mutex
	seed maphash.Seed
	seq  int64
	has  map[uint64]struct{} // nil before it is needed
}

// of leaves the packages that a record may be about. seq is the last change that the transaction sees.
func (s *spoken) of(ctx context.Context, tx *db.Tx, v *vuln.Service, ps []vuln.Package, seq int64, many int) ([]vuln.Package, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.has == nil {
		if len(ps) < many {
			return ps, nil
		}
		s.seed, s.seq, s.has = maphash.MakeSeed(), -1, map[uint64]struct{}{}
	}
	if s.seq < seq {
		if err := v.EachPackage(ctx, tx, s.seq, func(p vuln.Package) { s.has[maphash.Comparable(s.seed, p)] = struct{}{} }); err != nil {
			return nil, err
		}
		s.seq = seq
	}
	out := ps[:0]
	for _, p := range ps {
		if _, ok := s.has[maphash.Comparable(s.seed, p)]; ok {
			out = append(out, p)
		}
	}
	return out, nil
}
