// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/spec/purl"
)

// Kind says by what a claim names things.
type Kind string

// The kinds.
const (
	ByPackage Kind = "package" // a package of an ecosystem
	ByCPE     Kind = "cpe"     // a CPE name
	ByWare    Kind = "ware"    // a vendor's product that has no package
)

// The ecosystems of claims that name no package.
const (
	EcosystemCPE  = product.EcosystemCPE
	EcosystemWare = product.EcosystemWare
)

// A Package is where a claim stands: a component with the same pair may be meant by it. Ecosystem is OSV's without a
// release, or EcosystemCPE ("part:vendor:product") or EcosystemWare ("vendor/product", both folded by product.Key).
// Name is folded as purl.Key does.
type Package struct{ Ecosystem, Name string }

// PackageOf is where claims about a package stand that an OSV record names so.
func PackageOf(ecosystem, name string) Package {
	key := purl.Key(ecosystem, name)
	base, _, _ := strings.Cut(ecosystem, ":")
	return Package{base, key[len(base)+1:]}
}

// WareOf is where claims about a vendor's product stand.
func WareOf(vendor, name string) Package {
	return Package{EcosystemWare, product.Key(vendor) + "/" + product.Key(name)}
}

// A Claim is what one live record says of one package or product.
type Claim struct {
	Record int64
	Vuln   int64
	N      int // which of the record's claims
	Kind   Kind
	Package
	Says osv.Affected      // of a product the package is nil, and versions are in natural order
	CPEs cpe.Applicability // ByCPE instead: the configurations that the name occurs in as vulnerable
}

// A Change is a record that is new or was changed or withdrawn.
type Change struct {
	Record, Vuln, Seq int64
	Live              bool
}

// asked is how many packages one statement looks up.
const asked = 150

// Claims returns what live records say of the packages, by (ecosystem, name, record).
func (s *Service) Claims(ctx context.Context, tx *db.Tx, of []Package) (out []Claim, err error) {
	for start := 0; start < len(of); start += asked {
		var a db.Args
		var b strings.Builder
		b.WriteString(`WITH k (ecosystem, name) AS (VALUES `)
		for i, p := range of[start:min(len(of), start+asked)] {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`(` + a.P(p.Ecosystem) + `,` + a.P(p.Name) + `)`)
		}
		b.WriteString(`) SELECT ` + claimColumns + ` FROM k JOIN vuln_claim c ON c.ecosystem = k.ecosystem AND c.name = k.name JOIN vuln_record r ON r.id = c.record_id ORDER BY c.ecosystem, c.name, c.record_id, c.n`)
		cs, err := db.List(ctx, tx, scanClaim, b.String(), a...)
		if err != nil {
			return nil, err
		}
		out = append(out, cs...)
	}
	return out, nil
}

// EachPackage calls do for every package that a live record is about which has changed since seq, -1 for all, some more than
// once.
func (s *Service) EachPackage(ctx context.Context, tx *db.Tx, seq int64, do func(Package)) error {
	query, args := `SELECT ecosystem, name FROM vuln_claim`, []any{}
	if seq >= 0 {
		query, args = `SELECT c.ecosystem, c.name FROM vuln_record r JOIN vuln_claim c ON c.record_id = r.id WHERE r.seq > $1`, []any{seq}
	}
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p Package
		if err := rows.Scan(&p.Ecosystem, &p.Name); err != nil {
			return err
		}
		do(p)
	}
	return rows.Err()
}

// EachClaim calls do for every claim of live records, ordered by (ecosystem, name, record), and stops at its first error.
// Both engines compare the bytes of names, and read the rows as they lie.
func (s *Service) EachClaim(ctx context.Context, tx *db.Tx, do func(Claim) error) error {
	rows, err := tx.Query(ctx, `SELECT `+claimColumns+` FROM vuln_claim c JOIN vuln_record r ON r.id = c.record_id ORDER BY c.ecosystem, c.name, c.record_id, c.n`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		c, err := scanClaim(rows)
		if err != nil {
			return err
		}
		if err := do(c); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ClaimsOf returns the claims of records, by (record, n).
func (s *Service) ClaimsOf(ctx context.Context, tx *db.Tx, records []int64) (out []Claim, err error) {
	for start := 0; start < len(records); start += asked {
		var a db.Args
		cs, err := db.List(ctx, tx, scanClaim, `SELECT `+claimColumns+` FROM vuln_claim c JOIN vuln_record r ON r.id = c.record_id
			WHERE c.record_id IN `+db.In(&a, records[start:min(len(records), start+asked)])+` ORDER BY c.record_id, c.n`, a...)
		if err != nil {
			return nil, err
		}
		out = append(out, cs...)
	}
	return out, nil
}

// ChangedSince returns the next records behind seq, in its order: each record stands there once, with its last change.
// One import writes at a time and takes its numbers until it commits, so that nothing appears behind a reader.
func (s *Service) ChangedSince(ctx context.Context, tx *db.Tx, seq int64, limit int) ([]Change, error) {
	return db.List(ctx, tx, func(r db.Row) (c Change, err error) {
		var state State
		err = r.Scan(&c.Record, &c.Vuln, &c.Seq, &state)
		c.Live = state.Live()
		return c, err
	}, `SELECT id, vuln_id, seq, state FROM vuln_record WHERE seq > $1 ORDER BY seq LIMIT $2`, seq, limit)
}

// LastSeq is the number of the last change, or 0.
func (s *Service) LastSeq(ctx context.Context, tx *db.Tx) (int64, error) {
	return db.Get(ctx, tx, db.Value[int64], `SELECT coalesce(max(seq), 0) FROM vuln_record`)
}

const claimColumns = `c.ecosystem, c.name, c.record_id, r.vuln_id, c.n, c.kind, c.says`

func scanClaim(r db.Row) (c Claim, err error) {
	var says []byte
	if err := r.Scan(&c.Ecosystem, &c.Name, &c.Record, &c.Vuln, &c.N, &c.Kind, &says); err != nil {
		return c, err
	}
	return c, c.decode(says)
}

// Ranges are the stretches of versions as people read them: "1.0 .. 1.4.2" up to the first that is not affected, "1.0 ..= 1.4"
// up to the last that is; of a CPE name its bounds.
func (c Claim) Ranges() (out []string) {
	for _, r := range c.Says.Ranges {
		if r.Type == osv.RangeGit {
			continue
		}
		from := ""
		for _, e := range r.Events {
			switch {
			case e.Introduced != "":
				if from != "" {
					out = append(out, from+" ..")
				}
				from = e.Introduced
			case e.Fixed != "" && from != "":
				out, from = append(out, from+" .. "+e.Fixed), ""
			case e.LastAffected != "" && from != "":
				out, from = append(out, from+" ..= "+e.LastAffected), ""
			}
		}
		if from != "" {
			out = append(out, from+" ..")
		}
	}
	for _, x := range c.CPEs {
		for _, n := range x.Nodes {
			for _, m := range n.Matches {
				if !m.Vulnerable || m.Criteria.Key() != c.Name {
					continue
				}
				from := m.StartIncluding + m.StartExcluding
				switch {
				case m.Criteria.VersionText() != "":
					out = append(out, "= "+m.Criteria.VersionText())
				case m.EndExcluding != "":
					out = append(out, zero(from)+" .. "+m.EndExcluding)
				case m.EndIncluding != "":
					out = append(out, zero(from)+" ..= "+m.EndIncluding)
				default:
					out = append(out, zero(from)+" ..")
				}
			}
		}
	}
	return out
}

func zero(from string) string {
	if from == "" {
		return "0"
	}
	return from
}
