// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Vendor is who makes products, by all names under which public records and members know it.
type Vendor struct {
	Names []string  // as they are written; the first stands for the vendor
	Own   bool      // this installation has changed it; the others come with the platform
	At    time.Time // of the last change, when it is its own
}

// Vendors tells which keys of names (Key) are one vendor's.
type Vendors struct {
	of    map[string]string // a key's vendor: the key of its first name
	names map[string][]string
}

// Of returns the keys of all names of the vendor that a key is one of, that key among them.
func (v Vendors) Of(key string) []string {
	if names := v.names[v.of[key]]; names != nil {
		return names
	}
	return []string{key}
}

// Same reports whether two keys are one vendor's.
func (v Vendors) Same(a, b string) bool { return a == b || v.of[a] != "" && v.of[a] == v.of[b] }

// known are names of vendors that come with the platform: lines of names of one vendor, divided by "|".
//
//go:embed vendor.txt
var known string

type vendorName struct {
	key, name, vendor string
	own               bool
	at                time.Time
}

// knownVendors are the rows of known.
var knownVendors = func() (out []vendorName) {
	for _, line := range strings.Split(known, "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		names := strings.Split(line, "|")
		for _, n := range names {
			n = strings.TrimSpace(n)
			out = append(out, vendorName{key: Key(n), name: n, vendor: Key(names[0])})
		}
	}
	return out
}()

// vendorNames returns all names; what this installation says of one counts.
func vendorNames(ctx context.Context, tx *db.Tx) ([]vendorName, error) {
	own, err := db.List(ctx, tx, func(r db.Row) (n vendorName, err error) {
		var at db.Time
		err = r.Scan(&n.key, &n.name, &n.vendor, &at)
		n.own, n.at = true, at.Time
		return n, err
	}, `SELECT key, name, vendor, at FROM vendor_name ORDER BY at, key`)
	if err != nil {
		return nil, err
	}
	said := make(map[string]bool, len(own))
	for _, n := range own {
		said[n.key] = true
	}
	out := make([]vendorName, 0, len(own)+len(knownVendors))
	for _, n := range knownVendors {
		if !said[n.key] {
			out = append(out, n)
		}
	}
	return append(out, own...), nil
}

// Vendors returns which names are one vendor's. The caller authorises.
func (s *Service) Vendors(ctx context.Context, tx *db.Tx) (v Vendors, err error) {
	all, err := vendorNames(ctx, tx)
	if err != nil {
		return v, err
	}
	return vendorsOf(all), nil
}

func vendorsOf(all []vendorName) Vendors {
	v := Vendors{make(map[string]string, len(all)), map[string][]string{}}
	for _, n := range all {
		v.of[n.key] = n.vendor
		v.names[n.vendor] = append(v.names[n.vendor], n.key)
	}
	return v
}

// ListVendors returns the vendors that go by more than one name, in the order of their first names: those of which a name
// has a part, however that is written, or all for "". For analysts and administrators.
func (s *Service) ListVendors(ctx context.Context, by member.Actor, part string) (out []Vendor, err error) {
	if err := namer(by); err != nil {
		return nil, err
	}
	key := Key(part)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err := vendorNames(ctx, tx)
		out = slices.DeleteFunc(vendorList(all), func(v Vendor) bool {
			return !slices.ContainsFunc(v.Names, func(name string) bool { return strings.Contains(Key(name), key) })
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list vendors: %w", err)
	}
	return out, nil
}

func vendorList(all []vendorName) (out []Vendor) {
	at := map[string]int{}
	for _, n := range all {
		i, ok := at[n.vendor]
		if !ok {
			i = len(out)
			at[n.vendor] = i
			out = append(out, Vendor{})
		}
		v := &out[i]
		if v.Names = append(v.Names, n.name); n.key == n.vendor { // the first comes first
			copy(v.Names[1:], v.Names)
			v.Names[0] = n.name
		}
		v.Own = v.Own || n.own
		if n.at.After(v.At) {
			v.At = n.at
		}
	}
	out = slices.DeleteFunc(out, func(v Vendor) bool { return len(v.Names) < 2 })
	slices.SortStableFunc(out, func(a, b Vendor) int { return cmp.Compare(a.Names[0], b.Names[0]) })
	return out
}

// namer: who reads and says what names vendors have.
func namer(by member.Actor) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case !by.Is(member.Analyst, member.Administrator):
		return fault.Hidden()
	}
	return nil
}
