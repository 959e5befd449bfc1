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
	if err != nil || len(ls) == 0 {
		return err
	}
	of := map[string][]privateList{}
	for _, l := range ls {
		of[l.orgID] = append(of[l.orgID], l)
	}
	versions := map[packageKey][]*thing{}
	for k, ts := range wanted {
		claims := make([]vuln.Claim, len(ts))
		for i, t := range ts {
			claims[i].Says = t.says
			claims[i].Says.Ranges = slices.Concat(t.says.Ranges, t.contrary)
		}
		if versions[k], err = knownVersions(ctx, tx, vuln.Package{Ecosystem: k.ecosystem, Name: k.name}, claims); err != nil {
			return err
		}
	}
	for _, org := range slices.Sorted(maps.Keys(of)) {
		if err := s.hiddenOf(ctx, tx, m, of[org], wanted, versions); err != nil {
			return err
		}
	}
	return nil
}

// hiddenOf compares the private lists of one organisation, which have one salt.
func (s *Service) hiddenOf(ctx context.Context, tx *db.Tx, m *matching, ls []privateList, wanted map[packageKey][]*target, versions map[packageKey][]*thing) error {
	names := map[product.Digest]packageKey{}
	for k := range wanted {
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
	known := map[packageKey]map[product.Digest]*thing{}
	for _, p := range parts {
		k := names[p.name]
		if known[k] == nil {
			known[k] = map[product.Digest]*thing{}
			for _, t := range versions[k] {
				known[k][product.PrivateVersion(ls[0].salt, k.ecosystem, k.name, t.release, t.version)] = t
			}
		}
		for _, t := range wanted[k] {
			s.hold(m, byN[p.list], k, t, known[k][p.version])
		}
	}
	return nil
}

// hold notes what a target says of a component of a private list, of which the version is known, or not (nil). Of two that
// say something of one component the surer counts.
func (s *Service) hold(m *matching, l privateList, k packageKey, t *target, at *thing) {
	d, ok := decision{Check, ranges(t.says, t.contrary), notePrivate}, true
	release, version := "", ""
	if at != nil {
		d, ok = t.decide(at.release, at.version)
		release, version = at.release, at.version
	}
	if !ok {
		return
	}
	f := Finding{CaseID: t.caseID, ProductID: l.product, OrgID: l.orgID, ComponentID: s.hiddenNumber(l.orgID, k, release, version), Version: l.version, Verdict: d.verdict}
	found := atVersion(k.name, version)
	f.Why = Why{By: ByComponent, Path: []string{atVersion(l.name, l.version), Gap, found}, Found: found, Range: d.held, Note: d.note}
	key := findingKey{f.CaseID, f.ProductID, f.ComponentID, f.Version}
	if old, had := m.found[key]; !had || old.Verdict == Check && (f.Verdict == Hit || f.Why.Range < old.Why.Range) {
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
		by := map[product.Digest]map[string]bool{}
		for id, ts := range of {
			for _, t := range ts {
				for _, k := range t.packages() {
					if k.ecosystem == "" {
						continue
					}
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
