// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

func newID() (string, error) {
	u, err := uuid.NewV7()
	return u.String(), err
}

// storable reports whether both databases take s as text.
func storable(s string) bool { return utf8.ValidString(s) && !slices.Contains([]byte(s), 0) }

const columns = `p.id, p.org_id, p.vendor, p.name, p.name_en, p.model, p.kind, p.cpe, p.purl, p.created_at`

func scan(r db.Row) (p Product, err error) {
	var at db.Time
	err = r.Scan(&p.ID, &p.OrgID, &p.Vendor, &p.Name, &p.NameEN, &p.Model, &p.Kind, &p.CPE, &p.PURL, &at)
	p.CreatedAt = at.Time
	return p, err
}

func insert(ctx context.Context, tx *db.Tx, p Product) error {
	if err := db.Bulk(ctx, tx, `product (id, org_id, vendor, name, name_en, model, kind, cpe, purl, purl_key, vendor_key, name_key, name_en_key,
		model_key, created_at, cpe_name)`, "", [][]any{{p.ID, p.OrgID, p.Vendor, p.Name, p.NameEN, p.Model, string(p.Kind), p.CPE, p.PURL,
		purlKey(p.PURL), Key(p.Vendor), Key(p.Name), Key(p.NameEN), Key(p.Model), db.At(p.CreatedAt), cpeName(p.CPE)}}); err != nil {
		return err
	}
	_, err := insertVersions(ctx, tx, p.ID, p.Versions)
	return err
}

// insertVersions adds the versions that the product does not have and returns how many those were.
func insertVersions(ctx context.Context, tx *db.Tx, productID string, versions []string) (int, error) {
	have, err := db.List(ctx, tx, db.Value[string], `SELECT version FROM product_version WHERE product_id = $1`, productID)
	if err != nil {
		return 0, err
	}
	var rows [][]any
	for _, v := range versions {
		if !slices.Contains(have, v) {
			rows = append(rows, []any{productID, v, db.At(tx.Now)})
		}
	}
	if len(have)+len(rows) > maxVersions {
		return 0, fault.FieldError("versions", "product.rule.count", "", maxVersions)
	}
	return len(rows), db.Bulk(ctx, tx, `product_version (product_id, version, at)`, "ON CONFLICT DO NOTHING", rows)
}

// withVersions fills in the versions of products, in the order in which they were entered.
func withVersions(ctx context.Context, tx *db.Tx, ps []Product) error {
	at := map[string]int{}
	var ids []string
	for i, p := range ps {
		at[p.ID] = i
		ids = append(ids, p.ID)
	}
	type row struct{ id, version string }
	for part := range slices.Chunk(ids, 400) {
		var a db.Args
		rows, err := db.List(ctx, tx, func(r db.Row) (v row, err error) { return v, r.Scan(&v.id, &v.version) },
			`SELECT product_id, version FROM product_version WHERE product_id IN `+db.In(&a, part)+` ORDER BY product_id, at, version`, a...)
		if err != nil {
			return err
		}
		for _, v := range rows {
			ps[at[v.id]].Versions = append(ps[at[v.id]].Versions, v.version)
		}
	}
	return nil
}

// readsAll: who handles cases for the platform sees every product.
func readsAll(by member.Actor) bool { return by.Staff() && by.Allows(member.ScopeCase) }

// readsOwn: people who act for an organisation see its products, suspended or not.
func readsOwn(by member.Actor) bool {
	return by.OrgID != "" && by.Is(member.Engineer, member.OrgAdmin)
}

// mayRead is the rule about reading products; nobody else knows what a member's product is made of.
func mayRead(by member.Actor, orgID string) error {
	switch own := readsOwn(by) && by.OrgID == orgID; {
	case own && by.Allows(member.ScopeProduct), readsAll(by):
		return nil
	case own:
		return fault.Deny("fault.scope", member.ScopeProduct)
	case by.Staff():
		return fault.Deny("fault.scope", member.ScopeCase)
	}
	return fault.Hidden()
}

// mayChange: an engineer changes its own organisation's products, the platform anybody's.
func mayChange(by member.Actor, orgID string) error {
	switch {
	case by.Via == "system":
		return nil
	case !by.SignedIn():
		return fault.SignIn()
	}
	switch own := by.OrgID == orgID; {
	case !own && !by.Staff():
		return fault.Hidden()
	case !own || !by.Is(member.Engineer):
		return fault.Deny("fault.role")
	case !by.Allows(member.ScopeProduct):
		return fault.Deny("fault.scope", member.ScopeProduct)
	}
	return nil
}

// readable returns a product without its versions, when the actor may read it; suffix may lock it.
func readable(ctx context.Context, tx *db.Tx, by member.Actor, id, suffix string) (Product, error) {
	if !by.SignedIn() {
		return Product{}, fault.SignIn()
	}
	if uuid.Validate(id) != nil {
		return Product{}, fault.Missing()
	}
	p, err := db.Get(ctx, tx, scan, `SELECT `+columns+` FROM product p WHERE p.id = $1`+suffix, id)
	if err != nil {
		return Product{}, err
	}
	if err := mayRead(by, p.OrgID); err != nil {
		return Product{}, err
	}
	return p, nil
}
