// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/cpe"
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
	names, err := db.List(ctx, tx, db.Value[[]byte], `SELECT DISTINCT name FROM private_part WHERE list_n = $1`, l.n)
	if err != nil {
		return err
	}
	have := make(map[product.Digest]bool, len(names))
	for _, n := range names {
		have[product.Digest(n)] = true
	}
	places, err := claimedPlaces(ctx, tx)
	if err != nil {
		return err
	}
	places = slices.DeleteFunc(places, func(p vuln.Package) bool { return !have[product.PrivateName(l.salt, p.Ecosystem, p.Name)] })
	for part := range slices.Chunk(places, 100) {
		cs, err := s.Vulns.Claims(ctx, tx, part)
		if err != nil {
			return err
		}
		if err := s.compare(ctx, tx, l, byPlace(cs)); err != nil {
			return err
		}
	}
	return nil
}

// claimedPlaces are all packages and CPE names that records claim something of.
func claimedPlaces(ctx context.Context, tx *db.Tx) ([]vuln.Package, error) {
	return db.List(ctx, tx, func(r db.Row) (p vuln.Package, err error) { return p, r.Scan(&p.Ecosystem, &p.Name) },
		`SELECT DISTINCT ecosystem, name FROM vuln_claim WHERE ecosystem <> $1`, vuln.EcosystemWare)
}

// compare writes what claims at places, each of whose names the list may hold, say of it.
func (s *Service) compare(ctx context.Context, tx *db.Tx, l privateList, claims map[vuln.Package][]vuln.Claim) error {
	type part struct{ name, version product.Digest }
	of := map[product.Digest]vuln.Package{}
	for p := range claims {
		of[product.PrivateName(l.salt, p.Ecosystem, p.Name)] = p
	}
	var hashes [][]byte
	for h := range of {
		hashes = append(hashes, h[:])
	}
	var parts []part
	for some := range slices.Chunk(hashes, 300) {
		var a db.Args
		n := a.P(l.n)
		ps, err := db.List(ctx, tx, func(r db.Row) (p part, err error) {
			var name, version []byte
			if err = r.Scan(&name, &version); err == nil {
				p = part{product.Digest(name), product.Digest(version)}
			}
			return p, err
		}, `SELECT name, version FROM private_part WHERE list_n = `+n+` AND name IN `+db.In(&a, some), a...)
		if err != nil {
			return err
		}
		parts = append(parts, ps...)
	}
	var rows [][]any
	versions := map[vuln.Package]map[product.Digest]*thing{}
	j := newJudge()
	for _, p := range parts {
		at := of[p.name]
		known, ok := versions[at]
		if !ok {
			ts, err := knownVersions(ctx, tx, at, claims[at])
			if err != nil {
				return err
			}
			known = make(map[product.Digest]*thing, len(ts))
			for _, t := range ts {
				known[product.PrivateVersion(l.salt, at.Ecosystem, at.Name, t.release, t.version)] = t
			}
			versions[at] = known
		}
		if t, ok := known[p.version]; ok {
			for _, w := range j.about(t, claims) {
				rows = append(rows, []any{l.n, w.record, at.Ecosystem, at.Name, t.version, string(w.verdict), w.held, w.note})
			}
			continue
		}
		last := int64(0)
		for _, c := range claims[at] { // by record
			if c.Record != last {
				rows = append(rows, []any{l.n, c.Record, at.Ecosystem, at.Name, "", string(Check), ranges(c.Says, nil), notePrivate})
				last = c.Record
			}
		}
	}
	return db.Bulk(ctx, tx, `private_hit (list_n, record_id, ecosystem, name, version, verdict, held, note)`,
		"ON CONFLICT (list_n, record_id, ecosystem, name, version) DO NOTHING", rows)
}

// knownVersions are the versions of what claims are about that anybody has told: in the directory, in lists of affected
// versions, at the ends of ranges; and none.
func knownVersions(ctx context.Context, tx *db.Tx, at vuln.Package, claims []vuln.Claim) (out []*thing, err error) {
	seen := map[[2]string]bool{}
	releases := map[string]bool{"": true}
	add := func(release, version string) {
		if k := [2]string{release, version}; !seen[k] {
			seen[k] = true
			releases[release] = true
			t := &thing{packageKey: packageKey{at.Ecosystem, at.Name}, release: release, version: version}
			if at.Ecosystem == vuln.EcosystemCPE {
				t = &thing{cpe: cpeOf(at.Name, version), version: version}
			}
			out = append(out, t)
		}
	}
	column := `c.ecosystem = $1 AND c.name = $2`
	args := []any{at.Ecosystem, at.Name}
	if at.Ecosystem == vuln.EcosystemCPE {
		column, args = `c.cpe_name = $1`, args[1:]
	}
	have, err := db.List(ctx, tx, func(r db.Row) (v [2]string, err error) { return v, r.Scan(&v[0], &v[1]) }, `SELECT DISTINCT c.release, c.version FROM component c WHERE `+column, args...)
	if err != nil {
		return nil, err
	}
	for _, v := range have {
		add(v[0], v[1])
	}
	for _, c := range claims {
		release := ""
		if c.Says.Package != nil {
			if parts := strings.Split(c.Says.Package.Ecosystem, ":"); len(parts) > 1 {
				release = parts[1]
			}
		}
		said := slices.Clone(c.Says.Versions)
		for _, r := range c.Says.Ranges {
			for _, e := range r.Events {
				said = append(said, e.Introduced, e.Fixed, e.LastAffected)
			}
		}
		for _, v := range said {
			if v != "" && v != "0" && v != "*" {
				add(release, v)
			}
		}
	}
	for r := range releases {
		add(r, "")
	}
	return out, nil
}

// cpeOf writes a CPE of a part, vendor and product in a version, or "" when there is none.
func cpeOf(name, version string) string {
	n, err := cpe.Parse("cpe:2.3:" + name + ":*:*:*:*:*:*:*:*")
	if err != nil {
		return ""
	}
	if v, err := cpe.TextOf(version); version != "" && err == nil {
		n[cpe.Version] = v
	}
	return n.String()
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
	cs = slices.DeleteFunc(cs, func(c vuln.Claim) bool { return c.Kind == vuln.ByWare })
	claims := byPlace(cs)
	for _, l := range lists {
		if err := s.compare(ctx, tx, l, claims); err != nil {
			return err
		}
	}
	return nil
}

// A PrivateFinding is what is known of a private list without knowing the list.
type PrivateFinding struct {
	ProductID  string
	Version    string // of the product
	Ecosystem  string // of the component, or "cpe"
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
