// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/vuln"
)

// Cases are compared with private lists as public records are: what a case calls flawed is hidden with the salt of each
// member, and what meets is a finding like any other, with its reasons sealed. Of components that no case names nothing is
// learned. In findings they have numbers below zero, because the directory does not know them.

// hidden finds the flawed packages in private lists: of every product, or of one.
func (s *Service) hidden(ctx context.Context, tx *db.Tx, m *matching) error {
	wanted := map[packageKey][]*target{}
	for _, t := range m.targets {
		for _, k := range t.packages() {
			if k.ecosystem != "" {
				wanted[k] = append(wanted[k], t)
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	where, args := `TRUE`, []any(nil)
	if m.product != "" {
		where, args = `l.product_id = $1`, []any{m.product}
	}
	ls, err := s.privateLists(ctx, tx, where, args...)
	if err != nil {
		return err
	}
	of := map[string][]privateList{}
	for _, l := range ls {
		of[l.orgID] = append(of[l.orgID], l)
	}
	versions := map[packageKey][]*thing{}
	for k, ts := range wanted {
		if len(ls) == 0 {
			break
		}
		claims := make([]vuln.Claim, len(ts))
		for i, t := range ts {
			claims[i].Says = t.says
			claims[i].Says.Ranges = slices.Concat(t.says.Ranges, t.contrary)
		}
		if versions[k], err = knownVersions(ctx, tx, vuln.Package{Ecosystem: k.ecosystem, Name: k.name}, claims); err != nil {
			return err
		}
	}
	hits := map[findingKey]map[string]Finding{} // without their numbers, by what was found
	for _, org := range slices.Sorted(maps.Keys(of)) {
		if err := m.ofOrg(ctx, tx, of[org], wanted, versions, hits); err != nil {
			return err
		}
	}
	for k, found := range hits {
		for i, f := range slices.SortedFunc(maps.Values(found), order) {
			k.component = -int64(i) - 1
			f.ComponentID = k.component
			m.found[k] = f
		}
	}
	return nil
}

// ofOrg compares the private lists of one organisation, which have one salt.
func (m *matching) ofOrg(ctx context.Context, tx *db.Tx, ls []privateList, wanted map[packageKey][]*target, versions map[packageKey][]*thing, hits map[findingKey]map[string]Finding) error {
	names := map[product.Digest]packageKey{}
	var digests [][]byte
	for k := range wanted {
		d := product.PrivateName(ls[0].salt, k.ecosystem, k.name)
		names[d] = k
		digests = append(digests, d[:])
	}
	slices.SortFunc(digests, bytes.Compare)
	byN := map[int64]privateList{}
	var ns []int64
	for _, l := range ls {
		byN[l.n] = l
		ns = append(ns, l.n)
	}
	known := map[packageKey]map[product.Digest]*thing{}
	for lists := range slices.Chunk(ns, chunk) {
		for some := range slices.Chunk(digests, chunk) {
			parts, err := privateParts(ctx, tx, lists, some)
			if err != nil {
				return err
			}
			for _, p := range parts {
				k := names[p.name]
				if known[k] == nil {
					known[k] = map[product.Digest]*thing{}
					for _, t := range versions[k] {
						known[k][product.PrivateVersion(ls[0].salt, k.ecosystem, k.name, t.release, t.version)] = t
					}
				}
				for _, t := range wanted[k] {
					hold(hits, byN[p.list], k, t, known[k][p.version])
				}
			}
		}
	}
	return nil
}

// hold notes what a target says of a component of a private list, of which the version is known, or not (nil).
func hold(hits map[findingKey]map[string]Finding, l privateList, k packageKey, t *target, at *thing) {
	d, ok := decision{Check, ranges(t.says, t.contrary), notePrivate}, true
	what, version := "", ""
	if at != nil {
		d, ok = t.decide(at.release, at.version)
		what, version = at.release+"\x00"+at.version, at.version
	}
	if !ok {
		return
	}
	where := findingKey{caseID: t.caseID, product: l.product, version: l.version}
	if hits[where] == nil {
		hits[where] = map[string]Finding{}
	}
	what = k.ecosystem + "\x00" + k.name + "\x00" + what
	if old, had := hits[where][what]; had && (old.Verdict == Hit || d.verdict == Check && old.Why.Range <= d.held) {
		return
	}
	found := atVersion(k.name, version)
	hits[where][what] = Finding{CaseID: t.caseID, ProductID: l.product, OrgID: l.orgID, Version: l.version, Verdict: d.verdict,
		Why: Why{By: ByComponent, Path: []string{atVersion(l.name, l.version), Gap, found}, Found: found, Range: d.held, Note: d.note}}
}

// A privatePart is a hidden component of a list.
type privatePart struct {
	list          int64
	name, version product.Digest
}

// privateParts returns the parts of lists that have one of the names.
func privateParts(ctx context.Context, tx *db.Tx, lists []int64, names [][]byte) ([]privatePart, error) {
	var a db.Args
	return db.List(ctx, tx, func(r db.Row) (p privatePart, err error) {
		var name, version []byte
		if err = r.Scan(&p.list, &name, &version); err == nil {
			p.name, p.version = product.Digest(name), product.Digest(version)
		}
		return p, err
	}, `SELECT list_n, name, version FROM private_part WHERE list_n IN `+db.In(&a, lists)+` AND name IN `+db.In(&a, names)+` ORDER BY list_n, name, version`, a...)
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
func (s *Service) casesHiddenIn(ctx context.Context, productID string) ([]string, error) {
	return s.naming(ctx, func(ctx context.Context, tx *db.Tx, of map[string][]*target) (out []string, err error) {
		ls, err := s.privateLists(ctx, tx, `l.product_id = $1`, productID)
		if err != nil || len(ls) == 0 {
			return nil, err
		}
		by := map[product.Digest]map[string]bool{}
		var digests [][]byte
		for id, ts := range of {
			for _, t := range ts {
				for _, k := range t.packages() {
					if k.ecosystem == "" {
						continue
					}
					d := product.PrivateName(ls[0].salt, k.ecosystem, k.name)
					if by[d] == nil {
						by[d] = map[string]bool{}
						digests = append(digests, d[:])
					}
					by[d][id] = true
				}
			}
		}
		var ns []int64
		for _, l := range ls {
			ns = append(ns, l.n)
		}
		seen := map[string]bool{}
		for lists := range slices.Chunk(ns, chunk) {
			for some := range slices.Chunk(digests, chunk) {
				parts, err := privateParts(ctx, tx, lists, some)
				if err != nil {
					return nil, err
				}
				for _, p := range parts {
					maps.Copy(seen, by[p.name])
				}
			}
		}
		return slices.Sorted(maps.Keys(seen)), nil
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
		}, `SELECT l.product_id, count(*), sum(l.parts) FROM private_list l WHERE l.is_current AND l.product_id IN `+db.In(&a, part)+` GROUP BY l.product_id`, a...); err != nil {
			return nil, err
		}
	}
	return out, nil
}
