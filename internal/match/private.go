// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/vuln"
)

// A private list names components by digests. What public records name, and the versions that anybody knows of it, is
// hidden in the same way, and what meets is a hit. Of a component that no record names nothing is learned. Of one that is
// named, in a version that nobody else has told, no more is learned than that it is there: the member is told to look.

// notePrivate says that a version could not be compared because it is hidden (i18n key).
const notePrivate = "match.note.private"

// A privateList is what matching needs of one.
type privateList struct {
	n              int64
	orgID, product string
	name, version  string // of the product
	salt           []byte
}

// OnPrivate compares a private list that came in with records and cases: a step of the flow, safe to run again.
func (s *Service) OnPrivate(ctx context.Context, e product.PrivateChanged) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := privateLock(ctx, tx); err != nil {
			return err
		}
		if err := forget(ctx, tx); err != nil {
			return err
		}
		ls, err := s.privateLists(ctx, tx, `l.id = $1`, e.ListID)
		if err != nil {
			return err
		}
		for _, l := range ls {
			if err := s.compareList(ctx, tx, l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("compare private list: %w", err)
	}
	cases, err := s.casesHiddenIn(ctx, e.ProductID)
	if err == nil {
		err = s.changed(ctx, e.ProductID, cases)
	}
	if err != nil {
		return fmt.Errorf("compare private list with cases: %w", err)
	}
	return nil
}

// privateLock holds the cursors until the transaction ends: one at a time compares, so that of a list and a record the
// later one meets the other.
func privateLock(ctx context.Context, tx *db.Tx) error {
	_, err := db.List(ctx, tx, db.Value[string], `SELECT name FROM private_cursor ORDER BY name`+tx.ForUpdate())
	return err
}

// forget removes hits of lists that are not current any more.
func forget(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM private_hit WHERE list_n NOT IN (SELECT n FROM private_list WHERE is_current)`)
	return err
}

// privateLists returns current lists with the salts of their organisations.
func (s *Service) privateLists(ctx context.Context, tx *db.Tx, where string, args ...any) ([]privateList, error) {
	ls, err := db.List(ctx, tx, func(r db.Row) (l privateList, err error) {
		return l, r.Scan(&l.n, &l.orgID, &l.product, &l.name, &l.version)
	},
		`SELECT l.n, l.org_id, l.product_id, p.name, l.version FROM private_list l JOIN product p ON p.id = l.product_id WHERE l.is_current AND `+where+` ORDER BY l.n`, args...)
	if err != nil {
		return nil, err
	}
	salts := map[string][]byte{}
	for i := range ls {
		salt, ok := salts[ls[i].orgID]
		if !ok {
			if salt, err = s.Products.SaltOf(ctx, tx, ls[i].orgID); err != nil {
				return nil, err
			}
			salts[ls[i].orgID] = salt
		}
		ls[i].salt = salt
	}
	return ls, nil
}

// compareList compares one list with all records.
func (s *Service) compareList(ctx context.Context, tx *db.Tx, l privateList) error {
	if _, err := tx.Exec(ctx, `DELETE FROM private_hit WHERE list_n = $1`, l.n); err != nil {
		return err
	}
	vendors, err := s.Products.Vendors(ctx, tx)
	if err != nil {
		return err
	}
	places, err := claimedPlaces(ctx, tx)
	if err != nil {
		return err
	}
	return s.compareWith(ctx, tx, l, vendors, places)
}

// compareWith compares a list with what all records say at places, of which it may hold few.
func (s *Service) compareWith(ctx context.Context, tx *db.Tx, l privateList, vendors product.Vendors, places []vuln.Package) error {
	names, err := db.List(ctx, tx, db.Value[[]byte], `SELECT DISTINCT name FROM private_part WHERE list_n = $1`, l.n)
	if err != nil {
		return err
	}
	have := make(map[product.Digest]bool, len(names))
	for _, n := range names {
		have[product.Digest(n)] = true
	}
	var hits []vuln.Package
	hide, seen := product.PrivateNames(l.salt), map[vuln.Package]bool{}
	for _, p := range places {
		for _, n := range renames(vendors, p) {
			if have[hide(n.Ecosystem, n.Name)] && !seen[n] {
				seen[n] = true
				hits = append(hits, n)
			}
		}
	}
	for part := range slices.Chunk(hits, 100) {
		if err := s.compareAt(ctx, tx, l, vendors, part); err != nil {
			return err
		}
	}
	return nil
}

// compareAt compares a list with what all records say of names that it may hold.
func (s *Service) compareAt(ctx context.Context, tx *db.Tx, l privateList, vendors product.Vendors, names []vuln.Package) error {
	places := map[vuln.Package]bool{}
	for _, n := range names {
		for _, p := range renames(vendors, n) {
			places[p] = true
		}
	}
	cs, err := s.Vulns.Claims(ctx, tx, slices.SortedFunc(maps.Keys(places), comparePlaces))
	if err != nil {
		return err
	}
	return s.compare(ctx, tx, l, vendors, byPlace(cs))
}

// claimedPlaces are all packages, CPE names and vendors' products that records claim something of.
func claimedPlaces(ctx context.Context, tx *db.Tx) ([]vuln.Package, error) {
	return db.List(ctx, tx, func(r db.Row) (p vuln.Package, err error) { return p, r.Scan(&p.Ecosystem, &p.Name) },
		`SELECT DISTINCT ecosystem, name FROM vuln_claim`)
}

// renames are a place and, of a vendor's product, those by the other names of its vendor: claims at any of them are about
// what is at each.
func renames(vendors product.Vendors, p vuln.Package) []vuln.Package {
	if p.Ecosystem != vuln.EcosystemWare {
		return []vuln.Package{p}
	}
	names := renamed(vendors, p.Name)
	out := make([]vuln.Package, len(names))
	for i, n := range names {
		out[i] = vuln.Package{Ecosystem: vuln.EcosystemWare, Name: n}
	}
	return out
}

// compare writes what claims at places, each of whose names the list may hold, say of it. Of a vendor's product the claims
// by all names of the vendor are given.
func (s *Service) compare(ctx context.Context, tx *db.Tx, l privateList, vendors product.Vendors, claims map[vuln.Package][]vuln.Claim) error {
	of, hide := map[product.Digest]vuln.Package{}, product.PrivateNames(l.salt)
	for p := range claims {
		for _, n := range renames(vendors, p) {
			of[hide(n.Ecosystem, n.Name)] = n
		}
	}
	parts, err := privateParts(ctx, tx, []privateList{l}, slices.Collect(maps.Keys(of)))
	if err != nil {
		return err
	}
	rows := map[privateKey][]any{} // of two components in one version, of which the list tells no more, the surer word counts
	put := func(record int64, at vuln.Package, version string, d decision) {
		k := privateKey{record, at, version}
		if old := rows[k]; old == nil || d.verdict == Hit && old[5] != string(Hit) {
			rows[k] = []any{l.n, record, at.Ecosystem, at.Name, version, string(d.verdict), d.held, d.note}
		}
	}
	openers := map[vuln.Package]*opener{}
	said := map[vuln.Package][]vuln.Claim{}
	j := newJudge()
	for _, p := range parts {
		at := of[p.name]
		o := openers[at]
		if o == nil {
			for _, place := range renames(vendors, at) {
				said[at] = append(said[at], claims[place]...)
			}
			t, err := toldOf(ctx, tx, at, vendors, said[at])
			if err != nil {
				return err
			}
			o = t.opener(l.salt, at.Ecosystem, at.Name)
			openers[at] = o
		}
		if pair, ok := o.open(p.version); ok {
			for _, w := range j.about(o.thing(pair), claims) {
				put(w.record, at, pair[1], w.decision)
			}
			continue
		}
		for _, c := range said[at] {
			put(c.Record, at, "", decision{Check, stretches(c), notePrivate})
		}
	}
	return db.Bulk(ctx, tx, `private_hit (list_n, record_id, ecosystem, name, version, verdict, held, note)`,
		"ON CONFLICT (list_n, record_id, ecosystem, name, version) DO NOTHING", slices.Collect(maps.Values(rows)))
}

// A privateKey is what tells one hit of a list from another.
type privateKey struct {
	record int64
	vuln.Package
	version string
}

// stretches writes all that a claim says of versions.
func stretches(c vuln.Claim) string {
	if c.Kind != vuln.ByCPE {
		return ranges(c.Says, nil)
	}
	var parts []string
	for _, m := range flawed(c) {
		if text := bounds(&m); !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	if len(parts) > maxListed {
		parts = append(parts[:maxListed], "…")
	}
	return strings.Join(parts, "; ")
}

// onPrivateVendors compares private lists anew with what records say of products of vendors, by the keys of their names.
func (s *Service) onPrivateVendors(ctx context.Context, keys []string) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := privateLock(ctx, tx); err != nil {
			return err
		}
		lists, err := s.privateLists(ctx, tx, `TRUE`)
		if err != nil || len(lists) == 0 {
			return err
		}
		vendors, err := s.Products.Vendors(ctx, tx)
		if err != nil {
			return err
		}
		var places []vuln.Package
		for _, k := range keys {
			from, to := k+"/", k+"0" // "0" follows "/"
			if _, err := tx.Exec(ctx, `DELETE FROM private_hit WHERE ecosystem = $1 AND name >= $2 AND name < $3`, vuln.EcosystemWare, from, to); err != nil {
				return err
			}
			names, err := db.List(ctx, tx, db.Value[string], `SELECT DISTINCT name FROM vuln_claim WHERE ecosystem = $1 AND name >= $2 AND name < $3`, vuln.EcosystemWare, from, to)
			if err != nil {
				return err
			}
			for _, n := range names {
				places = append(places, vuln.Package{Ecosystem: vuln.EcosystemWare, Name: n})
			}
		}
		for _, l := range lists {
			if err := s.compareWith(ctx, tx, l, vendors, places); err != nil {
				return err
			}
		}
		return nil
	})
}

// CatchUpPrivate compares private lists with records that came in since, and looks once more at versions that nobody had
// told, when the directory has learned of more. It is safe to run at any time, on any node.
func (s *Service) CatchUpPrivate(ctx context.Context) error {
	for more := true; more; {
		err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			more, err = s.catchPrivate(ctx, tx)
			return err
		})
		if err != nil {
			return fmt.Errorf("compare private lists: %w", err)
		}
	}
	if err := s.lookAgain(ctx); err != nil {
		return fmt.Errorf("compare private lists with cases: %w", err)
	}
	return nil
}

// OnPrivateImported compares private lists with records that came in: a step of the flow, safe to run again.
func (s *Service) OnPrivateImported(ctx context.Context, _ vuln.Imported) error {
	return s.CatchUpPrivate(ctx)
}

func (s *Service) catchPrivate(ctx context.Context, tx *db.Tx) (more bool, err error) {
	if err := privateLock(ctx, tx); err != nil {
		return false, err
	}
	at := map[string]int64{}
	for _, name := range []string{"record", "component"} {
		if at[name], err = db.Get(ctx, tx, db.Value[int64], `SELECT n FROM private_cursor WHERE name = $1`, name); err != nil {
			return false, err
		}
	}
	moved := func(name string, n int64) error {
		_, err := tx.Exec(ctx, `UPDATE private_cursor SET n = $1 WHERE name = $2`, n, name)
		return err
	}
	lists, err := s.privateLists(ctx, tx, `TRUE`)
	if err != nil {
		return false, err
	}
	if len(lists) == 0 { // a list that comes is compared with all there is
		last, err := s.Vulns.LastSeq(ctx, tx)
		if err != nil || last == at["record"] {
			return false, err
		}
		return false, moved("record", last)
	}
	changes, err := s.Vulns.ChangedSince(ctx, tx, at["record"], someRecords)
	if err != nil {
		return false, err
	}
	if len(changes) > 0 {
		if err := s.compareRecords(ctx, tx, lists, changes); err != nil {
			return false, err
		}
		return true, moved("record", changes[len(changes)-1].Seq)
	}
	newest, err := db.Get(ctx, tx, db.Value[int64], `SELECT coalesce(max(id), 0) FROM component`)
	if err != nil || newest == at["component"] {
		return false, err
	}
	open, err := db.List(ctx, tx, db.Value[int64], `SELECT DISTINCT list_n FROM private_hit WHERE note = $1`, notePrivate)
	if err != nil {
		return false, err
	}
	for _, l := range lists {
		if slices.Contains(open, l.n) {
			if err := s.compareList(ctx, tx, l); err != nil {
				return false, err
			}
		}
	}
	return false, moved("component", newest)
}

// compareRecords compares lists with records that were changed: what these say now, and nothing that they said before.
func (s *Service) compareRecords(ctx context.Context, tx *db.Tx, lists []privateList, changes []vuln.Change) error {
	var all, live []int64
	for _, c := range changes {
		all = append(all, c.Record)
		if c.Live {
			live = append(live, c.Record)
		}
	}
	var a db.Args
	if _, err := tx.Exec(ctx, `DELETE FROM private_hit WHERE record_id IN `+db.In(&a, all), a...); err != nil {
		return err
	}
	cs, err := s.Vulns.ClaimsOf(ctx, tx, live)
	if err != nil {
		return err
	}
	vendors, err := s.Products.Vendors(ctx, tx)
	if err != nil {
		return err
	}
	claims := byPlace(cs)
	for _, l := range lists {
		if err := s.compare(ctx, tx, l, vendors, claims); err != nil {
			return err
		}
	}
	return nil
}

// A PrivateFinding is what is known of a private list without knowing the list.
type PrivateFinding struct {
	ProductID  string
	Version    string // of the product
	Ecosystem  string // of the component, or "cpe", or "ware" of a vendor's product
	Name       string
	Found      string // version of the component, "" when it is none that is known
	Record     string // key of the public record
	Source     vuln.Source
	Title      string
	Severity   vuln.Severity
	Verdict    Verdict
	Range      string
	Note       string // for Check (i18n key)
	ListDigest string // of the list
}

// PrivateOf returns what is known of the current private lists of a product, affected first, to whoever may read the
// product.
func (s *Service) PrivateOf(ctx context.Context, by member.Actor, productID string) (fs []PrivateFinding, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := s.Products.Readable(ctx, tx, by, productID)
		if err != nil {
			return err
		}
		fs, err = db.List(ctx, tx, func(r db.Row) (f PrivateFinding, err error) {
			return f, r.Scan(&f.ProductID, &f.Version, &f.Ecosystem, &f.Name, &f.Found, &f.Record, &f.Source, &f.Title, &f.Severity, &f.Verdict, &f.Range, &f.Note, &f.ListDigest)
		}, `SELECT l.product_id, l.version, h.ecosystem, h.name, h.version, r.key, r.source, r.title, r.severity, h.verdict, h.held, h.note, l.sha256
			FROM private_list l JOIN private_hit h ON h.list_n = l.n JOIN vuln_record r ON r.id = h.record_id
			WHERE l.product_id = $1 AND l.is_current ORDER BY h.verdict, r.score DESC, h.ecosystem, h.name, r.key, l.version LIMIT 5000`, p.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("private findings: %w", err)
	}
	return fs, nil
}

// ParsePrivate reads parts as they travel: 64 hexadecimal digits each, 32 of the name and 32 of the version.
func ParsePrivate(lines []string) ([]product.PrivatePart, error) {
	out := make([]product.PrivatePart, len(lines))
	for i, s := range lines {
		b, err := hex.DecodeString(s)
		if err != nil || len(b) != 32 {
			return nil, fault.FieldError(fmt.Sprintf("parts[%d]", i), "match.rule.part", strings.Repeat("0", 64))
		}
		copy(out[i].Name[:], b)
		copy(out[i].Version[:], b[16:])
	}
	return out, nil
}
