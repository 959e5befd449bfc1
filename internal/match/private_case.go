// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/vuln"
)

// Cases are compared with private lists as public records are: what a case calls flawed is hidden with the salt of each
// member, and what meets is a finding like any other, with its reasons sealed. Of components that no case names nothing is
// learned. In findings they have numbers below zero, because the directory does not know them.

// hiddenAs are the names under which private lists may hide what a target calls flawed: those by which it is found in open
// lists.
func (t *target) hiddenAs(vendors product.Vendors) []packageKey {
	out := t.packages()
	for _, w := range t.made(vendors) {
		out = append(out, packageKey{vuln.EcosystemWare, w})
	}
	return out
}

// one is the same for all names of a hidden component that a case may meet: a name that tells a vendor is hidden as it is
// written, and as a vendor's product.
func (k packageKey) one() packageKey {
	if w := product.WareOf(k.ecosystem, k.name); w != "" {
		return packageKey{vuln.EcosystemWare, w}
	}
	return k
}

// A hiding is what cases look for in private lists.
type hiding struct {
	wanted map[packageKey][]*target // by the names under which it may be hidden
	by     map[packageKey][]*target // by what is one
	told   map[packageKey]*told     // by what is one, once it is needed
}

// hidden finds what is flawed in private lists: of every product, or of one.
func (s *Service) hidden(ctx context.Context, tx *db.Tx, m *matching) error {
	h := hiding{map[packageKey][]*target{}, map[packageKey][]*target{}, map[packageKey]*told{}}
	for _, t := range m.targets {
		for _, k := range t.hiddenAs(m.vendors) {
			h.wanted[k] = append(h.wanted[k], t)
			h.by[k.one()] = append(h.by[k.one()], t)
		}
	}
	if len(h.wanted) == 0 {
		return nil
	}
	where, args := `TRUE`, []any(nil)
	if m.product != "" {
		where, args = `l.product_id = $1`, []any{m.product}
	}
	ls, err := s.privateLists(ctx, tx, where, args...)
	if err != nil || len(ls) == 0 {
		return err
	}
	of := map[string][]privateList{}
	for _, l := range ls {
		of[l.orgID] = append(of[l.orgID], l)
	}
	for _, org := range slices.Sorted(maps.Keys(of)) {
		if err := s.hiddenOf(ctx, tx, m, of[org], &h); err != nil {
			return err
		}
	}
	return nil
}

// toldOf is what is told of the versions of what a name stands for.
func (h *hiding) toldOf(ctx context.Context, tx *db.Tx, k packageKey, vendors product.Vendors) (*told, error) {
	one := k.one()
	if h.told[one] == nil {
		ts := h.by[one]
		claims := make([]vuln.Claim, len(ts))
		for i, t := range ts {
			claims[i].Says = t.says
			claims[i].Says.Ranges = slices.Concat(t.says.Ranges, t.contrary)
		}
		t, err := toldOf(ctx, tx, vuln.Package{Ecosystem: one.ecosystem, Name: one.name}, vendors, claims)
		if err != nil {
			return nil, err
		}
		h.told[one] = t
	}
	return h.told[one], nil
}

// hiddenOf compares the private lists of one organisation, which have one salt.
func (s *Service) hiddenOf(ctx context.Context, tx *db.Tx, m *matching, ls []privateList, h *hiding) error {
	names := map[product.Digest]packageKey{}
	for k := range h.wanted {
		names[product.PrivateName(ls[0].salt, k.ecosystem, k.name)] = k
	}
	byN := map[int64]privateList{}
	for _, l := range ls {
		byN[l.n] = l
	}
	parts, err := privateParts(ctx, tx, ls, slices.Collect(maps.Keys(names)))
	if err != nil {
		return err
	}
	// the name as it is written comes first: of two names of one component it says more
	slices.SortStableFunc(parts, func(a, b privatePart) int {
		return strings.Compare(names[a.name].ecosystem, names[b.name].ecosystem)
	})
	openers := map[packageKey]*opener{}
	for _, p := range parts {
		k := names[p.name]
		if openers[k] == nil {
			t, err := h.toldOf(ctx, tx, k, m.vendors)
			if err != nil {
				return err
			}
			openers[k] = t.opener(ls[0].salt, k.ecosystem, k.name)
		}
		pair, known := openers[k].open(p.version)
		for _, t := range h.wanted[k] {
			s.hold(m, byN[p.list], k, t, pair, known)
		}
	}
	return nil
}

// hold notes what a target says of a component of a private list in a release and version, known or not. Of two that say
// something of one component the surer counts, and of equals the first.
func (s *Service) hold(m *matching, l privateList, k packageKey, t *target, at [2]string, known bool) {
	d, ok := decision{Check, ranges(t.says, t.contrary), notePrivate}, true
	if known {
		if d, ok = t.decide(at[0], at[1]); t.key == "" && d.verdict == Hit { // only the names agree
			d.verdict, d.note = Check, "match.note.name-only"
		}
	}
	if !ok {
		return
	}
	f := Finding{CaseID: t.caseID, ProductID: l.product, OrgID: l.orgID, ComponentID: s.hiddenNumber(l.orgID, k.one(), at[0], at[1]), Version: l.version, Verdict: d.verdict}
	found := atVersion(k.name, at[1])
	f.Why = Why{By: ByComponent, Path: []string{atVersion(l.name, l.version), Gap, found}, Found: found, Range: d.held, Note: d.note}
	key := findingKey{f.CaseID, f.ProductID, f.ComponentID, f.Version}
	if old, had := m.found[key]; !had || old.Verdict == Check && f.Verdict == Hit {
		m.found[key] = f
	}
}

// hiddenNumber is the number of a component that only private lists of an organisation hold: always the same one, so that
// its finding keeps its time, and nothing from which anybody without the platform's key could tell what it is.
func (s *Service) hiddenNumber(org string, k packageKey, release, version string) int64 {
	token := s.token("hidden", strings.Join([]string{org, k.ecosystem, k.name, release, version}, "\x00"))
	return -1 - int64(binary.BigEndian.Uint64(token)>>1)
}

// A privatePart is a hidden component of a list.
type privatePart struct {
	list          int64
	name, version product.Digest
}

// privateParts returns the parts of lists that have one of the names.
func privateParts(ctx context.Context, tx *db.Tx, ls []privateList, names []product.Digest) (out []privatePart, err error) {
	var lists []int64
	for _, l := range ls {
		lists = append(lists, l.n)
	}
	var digests [][]byte
	for _, n := range names {
		digests = append(digests, n[:])
	}
	slices.SortFunc(digests, bytes.Compare)
	for of := range slices.Chunk(lists, chunk) {
		for some := range slices.Chunk(digests, chunk) {
			var a db.Args
			parts, err := db.List(ctx, tx, func(r db.Row) (p privatePart, err error) {
				var name, version []byte
				if err = r.Scan(&p.list, &name, &version); err == nil {
					p.name, p.version = product.Digest(name), product.Digest(version)
				}
				return p, err
			}, `SELECT list_n, name, version FROM private_part WHERE list_n `+db.Among(tx, &a, of)+` AND name `+db.Among(tx, &a, some)+` ORDER BY list_n, name, version`, a...)
			if err != nil {
				return nil, err
			}
			out = append(out, parts...)
		}
	}
	return out, nil
}

// someCases is how many cases are read at once to see what they name.
const someCases = 200

// naming returns the cases that products are compared with, and that are about something of which want is true.
func (s *Service) naming(ctx context.Context, want func(ctx context.Context, tx *db.Tx, of map[string][]*target) ([]string, error)) (out []string, err error) {
	for after, more := "", true; more; {
		if err := s.DB.View(ctx, func(tx *db.Tx) error {
			ids, err := db.List(ctx, tx, db.Value[string], `SELECT case_id FROM match_run WHERE case_id > $1 ORDER BY case_id LIMIT $2`, after, someCases)
			if more = len(ids) == someCases; err != nil || len(ids) == 0 {
				return err
			}
			after = ids[len(ids)-1]
			of := map[string][]*target{}
			for _, id := range ids {
				var c casework.Case
				if c, err = s.Cases.ContentTx(ctx, tx, id); err != nil {
					return err
				}
				if !closed(c) {
					of[id] = targets(c)
				}
			}
			some, err := want(ctx, tx, of)
			out = append(out, some...)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// casesHiddenIn returns the cases that name something that the private lists of a product hold.
func (s *Service) casesHiddenIn(ctx context.Context, productID string) (out []string, err error) {
	var ls []privateList
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		ls, err = s.privateLists(ctx, tx, `l.product_id = $1`, productID)
		return err
	})
	if err != nil || len(ls) == 0 {
		return nil, err
	}
	return s.naming(ctx, func(ctx context.Context, tx *db.Tx, of map[string][]*target) ([]string, error) {
		vendors, err := s.Products.Vendors(ctx, tx)
		if err != nil {
			return nil, err
		}
		by := map[product.Digest]map[string]bool{}
		for id, ts := range of {
			for _, t := range ts {
				for _, k := range t.hiddenAs(vendors) {
					d := product.PrivateName(ls[0].salt, k.ecosystem, k.name)
					if by[d] == nil {
						by[d] = map[string]bool{}
					}
					by[d][id] = true
				}
			}
		}
		parts, err := privateParts(ctx, tx, ls, slices.Collect(maps.Keys(by)))
		seen := map[string]bool{}
		for _, p := range parts {
			maps.Copy(seen, by[p.name])
		}
		return slices.Sorted(maps.Keys(seen)), err
	})
}

// lookAgain compares cases once more with private lists in which a version is hidden that nobody had told, when the
// directory has learned of more.
func (s *Service) lookAgain(ctx context.Context) error {
	var newest, at int64
	var ids []string
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if newest, err = db.Get(ctx, tx, db.Value[int64], `SELECT coalesce(max(id), 0) FROM component`); err != nil {
			return err
		}
		if at, err = db.Get(ctx, tx, db.Value[int64], `SELECT n FROM private_cursor WHERE name = 'case'`); err != nil || at >= newest {
			return err
		}
		ids, err = db.List(ctx, tx, db.Value[string], `SELECT DISTINCT f.product_id FROM finding f WHERE f.component_id < 0 AND f.verdict = 'check' ORDER BY f.product_id`)
		return err
	})
	if err != nil || at >= newest {
		return err
	}
	for _, id := range ids {
		if err := s.changed(ctx, id, nil); err != nil {
			return err
		}
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE private_cursor SET n = $1 WHERE name = 'case' AND n < $1`, newest)
		return err
	})
}

// privateHit joins the hits of current private lists with the records that they are about.
const privateHit = `SELECT l.product_id, l.org_id, l.version, h.ecosystem, h.name, h.version, h.record_id, r.vuln_id, r.source, r.key, h.verdict, h.held, h.note`

// A privateRow is a hit of a private list.
type privateRow struct {
	org       string
	component product.Component
	knownRow
}

func scanPrivateHit(r db.Row) (x privateRow, err error) {
	return x, r.Scan(append([]any{&x.product, &x.org, &x.version, &x.component.Ecosystem, &x.component.Name, &x.component.Version}, x.rest()...)...)
}

// privateHitsOf returns what public records say of the private lists of products.
func privateHitsOf(ctx context.Context, tx *db.Tx, productIDs []string) (out []privateRow, err error) {
	for part := range slices.Chunk(productIDs, 2*chunk) {
		var a db.Args
		rows, err := db.List(ctx, tx, scanPrivateHit, privateHit+` FROM private_list l JOIN private_hit h ON h.list_n = l.n JOIN vuln_record r ON r.id = h.record_id
			WHERE l.is_current AND l.product_id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// privateHitsAbout returns which private lists hold a vulnerability, or may.
func privateHitsAbout(ctx context.Context, tx *db.Tx, vulnID int64) ([]privateRow, error) {
	return db.List(ctx, tx, scanPrivateHit, privateHit+` FROM vuln_record r JOIN private_hit h ON h.record_id = r.id JOIN private_list l ON l.n = h.list_n
		WHERE l.is_current AND r.vuln_id = $1`, vulnID)
}

// finding is a hit as a finding about a product.
func (x privateRow) finding(p product.Product) KnownFinding {
	if x.component.Ecosystem == vuln.EcosystemWare { // as open lists have it: a name without an ecosystem
		x.component.Ecosystem = ""
	}
	return KnownFinding{ProductID: p.ID, OrgID: p.OrgID, Product: p.Name, ProductEN: p.NameEN, Version: x.version, Private: true, Component: x.component,
		Path: []string{atVersion(p.Name, x.version), Gap, atVersion(x.component.Name, x.component.Version)}, Vuln: vuln.Vuln{ID: x.vuln}, Records: []KnownClaim{x.KnownClaim}}
}

// A privateSum is how many private lists a product has, and how many components they hide.
type privateSum struct{ lists, parts int }

func privateSums(ctx context.Context, tx *db.Tx, productIDs []string) (map[string]privateSum, error) {
	out := map[string]privateSum{}
	for part := range slices.Chunk(productIDs, 2*chunk) {
		var a db.Args
		if _, err := db.List(ctx, tx, func(r db.Row) (id string, err error) {
			var x privateSum
			err = r.Scan(&id, &x.lists, &x.parts)
			out[id] = x
			return id, err
		}, `SELECT l.product_id, count(*), sum(CASE WHEN l.components = 0 THEN l.parts ELSE l.components END) FROM private_list l WHERE l.is_current AND l.product_id IN `+db.In(&a, part)+` GROUP BY l.product_id`, a...); err != nil {
			return nil, err
		}
	}
	return out, nil
}
