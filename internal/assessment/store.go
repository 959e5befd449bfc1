// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package assessment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func newID() (string, error) {
	u, err := uuid.NewV7()
	return u.String(), err
}

func place(id string) string { return "assessment/" + id }

const columns = `a.id, a.org_id, a.product_id, a.version, a.vuln, a.aliases, a.ecosystem, a.component, a.component_version, a.status, a.justification,
	a.reason_sealed, a.said_at, a.recorded_at, a.account_id, a.via, a.document_id, a.vendor_key,
	coalesce(d.format, ''), coalesce(d.name, ''), coalesce(d.author, ''), coalesce(d.sha256, ''), d.at`

const tables = `assessment a LEFT JOIN assessment_document d ON d.id = a.document_id`

// scan reads a statement and opens its reason.
func (s *Service) scan(r db.Row) (x Statement, err error) {
	var said, recorded, taken db.Time
	var aliases string
	var sealed []byte
	if err = r.Scan(&x.ID, &x.OrgID, &x.ProductID, &x.Version, &x.Vuln, &aliases, &x.Component.Ecosystem, &x.Component.Name, &x.Component.Version, &x.Status, &x.Justification,
		&sealed, &said, &recorded, &x.AccountID, &x.Via, &x.Source.ID, &x.vendor, &x.Source.Format, &x.Source.Name, &x.Source.Author, &x.Source.SHA256, &taken); err != nil {
		return x, err
	}
	x.At, x.RecordedAt, x.Source.At = said.Time, recorded.Time, taken.Time
	if aliases != "" {
		x.Aliases = strings.Split(aliases, "\n")
	}
	if len(sealed) > 0 {
		b, err := s.Seal.Open(place(x.ID), sealed)
		if err != nil {
			return x, fmt.Errorf("reason of assessment %s: %w", x.ID, err)
		}
		x.Reason = string(b)
	}
	return x, nil
}

func (s *Service) insert(ctx context.Context, tx *db.Tx, xs []Statement) error {
	rows := make([][]any, len(xs))
	for i, x := range xs {
		var sealed []byte
		if x.Reason != "" {
			sealed = s.Seal.Seal(place(x.ID), []byte(x.Reason))
		}
		rows[i] = []any{x.ID, x.OrgID, x.ProductID, x.Version, x.Vuln, Fold(x.Vuln), strings.Join(x.Aliases, "\n"), x.Component.Ecosystem, x.Component.Name, x.Component.Version,
			string(x.Status), string(x.Justification), sealed, db.At(x.At), db.At(x.RecordedAt), x.AccountID, x.Via, x.Source.ID, x.vendor}
	}
	return db.Bulk(ctx, tx, `assessment (id, org_id, product_id, version, vuln, vuln_key, aliases, ecosystem, component, component_version, status, justification,
		reason_sealed, said_at, recorded_at, account_id, via, document_id, vendor_key)`, "", rows)
}

// digest is over everything that statements say.
func digest(xs ...Statement) (string, error) {
	h := sha256.New()
	for _, x := range xs {
		b, err := json.Marshal(x)
		if err != nil {
			return "", err
		}
		h.Write(b)
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Of returns the statements that count about products, by product: of those about the same version, vulnerability and
// component the one that was said last. One that means its product by another name of the vendor counts while both are
// names of one vendor. The caller authorises.
func (s *Service) Of(ctx context.Context, tx *db.Tx, productIDs []string) (map[string][]Statement, error) {
	out := map[string][]Statement{}
	for part := range slices.Chunk(productIDs, 300) {
		var a db.Args
		xs, err := db.List(ctx, tx, s.scan, `SELECT `+columns+` FROM `+tables+` JOIN (
			SELECT id, row_number() OVER (PARTITION BY product_id, version, vuln_key, ecosystem, component, component_version, vendor_key ORDER BY said_at DESC, id DESC) AS place
			FROM assessment WHERE product_id IN `+db.In(&a, part)+`) newest ON newest.id = a.id AND newest.place = 1 ORDER BY a.product_id, a.said_at DESC, a.id DESC`, a...)
		if err != nil {
			return nil, err
		}
		for _, x := range xs {
			out[x.ProductID] = append(out[x.ProductID], x)
		}
	}
	return out, s.stillMeant(ctx, tx, out)
}

// A Filter asks for a page of the statements about a product.
type Filter struct {
	Vuln  string // by this name; "" for all
	After string // cursor: next of the page before
	Limit int    // 1 to 200; 0 means 50
}

// List returns a page of everything that was said about a product, what came last first, to its organisation and to
// staff; and the cursor of the next page, "" on the last one. A statement that a later one replaced stays on it.
func (s *Service) List(ctx context.Context, by member.Actor, productID string, f Filter) (xs []Statement, next string, err error) {
	var k fault.Check
	k.That(f.After == "" || uuid.Validate(f.After) == nil, "after", "product.rule.cursor", "")
	k.That(f.Limit >= 0 && f.Limit <= 200, "limit", "product.rule.limit", "50", 200)
	k.That(f.Vuln == "" || Fold(f.Vuln) != "", "vuln", "assessment.rule.vuln", "CVE-2021-44228")
	if f.Limit == 0 {
		f.Limit = 50
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := s.Products.Readable(ctx, tx, by, productID)
		if err != nil {
			return err
		}
		if err := k.Err(); err != nil {
			return err
		}
		var a db.Args
		where := `a.product_id = ` + a.P(p.ID)
		if f.After != "" {
			where += ` AND a.id < ` + a.P(f.After)
		}
		if v := Fold(f.Vuln); v != "" {
			where += ` AND a.vuln_key = ` + a.P(v)
		}
		xs, err = db.List(ctx, tx, s.scan, `SELECT `+columns+` FROM `+tables+` WHERE `+where+` ORDER BY a.id DESC LIMIT `+a.P(f.Limit+1), a...)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list assessments: %w", err)
	}
	if len(xs) > f.Limit {
		xs = xs[:f.Limit]
		next = xs[f.Limit-1].ID
	}
	return xs, next, nil
}
