// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Filter asks for a page of products.
type Filter struct {
	Text  string // part of vendor, name or model, in any spelling (Key)
	OrgID string // of one organisation; "" for all that the actor sees
	After string // cursor: next of the page before
	Limit int    // 1 to 200; 0 means 50
}

// List returns a page of the products that the actor sees, the newest first, and the cursor of the next page, "" on the
// last one. Members see their own, staff sees all, everybody else none.
func (s *Service) List(ctx context.Context, by member.Actor, f Filter) (ps []Product, next string, err error) {
	switch all, own := readsAll(by), readsOwn(by); {
	case !by.SignedIn():
		return nil, "", fault.SignIn()
	case !all && own && !by.Allows(member.ScopeProduct):
		return nil, "", fault.Deny("fault.scope", member.ScopeProduct)
	case !all && !own && by.Staff():
		return nil, "", fault.Deny("fault.scope", member.ScopeCase)
	case !all && !own:
		return nil, "", nil
	}
	var k fault.Check
	f.Text = line(&k, "text", f.Text, maxVersion)
	k.That(f.OrgID == "" || uuid.Validate(f.OrgID) == nil, "org_id", "product.rule.organisation", "")
	k.That(f.After == "" || uuid.Validate(f.After) == nil, "after", "product.rule.cursor", "")
	k.That(f.Limit >= 0 && f.Limit <= 200, "limit", "product.rule.limit", "50", 200)
	if err := k.Err(); err != nil {
		return nil, "", err
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	query, args := f.query(by)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if ps, err = db.List(ctx, tx, scan, query, args...); err != nil {
			return err
		}
		if len(ps) > f.Limit {
			ps = ps[:f.Limit]
			next = ps[f.Limit-1].ID
		}
		return withVersions(ctx, tx, ps)
	})
	if err != nil {
		return nil, "", fmt.Errorf("list products: %w", err)
	}
	return ps, next, nil
}

// query pages by id: ids grow with time.
func (f Filter) query(by member.Actor) (string, db.Args) {
	var a db.Args
	where := []string{`TRUE`}
	add := func(cond string) { where = append(where, cond) }
	if !readsAll(by) {
		add(`p.org_id = ` + a.P(by.OrgID))
	}
	if f.OrgID != "" {
		add(`p.org_id = ` + a.P(f.OrgID))
	}
	if f.After != "" {
		add(`p.id < ` + a.P(f.After))
	}
	if k := Key(f.Text); k != "" {
		part := a.P(`%` + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(k) + `%`)
		var any []string
		for _, column := range []string{`vendor_key`, `name_key`, `name_en_key`, `model_key`} {
			any = append(any, `p.`+column+` LIKE `+part+` ESCAPE '\'`)
		}
		add(`(` + strings.Join(any, ` OR `) + `)`)
	}
	return `SELECT ` + columns + ` FROM product p WHERE ` + strings.Join(where, ` AND `) + ` ORDER BY p.id DESC LIMIT ` + a.P(f.Limit+1), a
}

// Get returns a product with its versions, to its organisation and to staff.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (p Product, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if p, err = readable(ctx, tx, by, id, ""); err != nil {
			return err
		}
		ps := []Product{p}
		err = withVersions(ctx, tx, ps)
		p = ps[0]
		return err
	})
	if err != nil {
		return Product{}, fmt.Errorf("get product: %w", err)
	}
	return p, nil
}

// ByIDs returns the products with the given ids and their versions, each once, in the order of ids; unknown ids are left
// out. The caller authorises.
func (s *Service) ByIDs(ctx context.Context, tx *db.Tx, ids []string) ([]Product, error) {
	have := map[string]Product{}
	for part := range slices.Chunk(ids, 400) {
		var a db.Args
		part = slices.DeleteFunc(slices.Clone(part), func(id string) bool { return uuid.Validate(id) != nil })
		ps, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM product p WHERE p.id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		if err := withVersions(ctx, tx, ps); err != nil {
			return nil, err
		}
		for _, p := range ps {
			have[p.ID] = p
		}
	}
	var out []Product
	for _, id := range ids {
		if p, ok := have[id]; ok {
			out = append(out, p)
			delete(have, id)
		}
	}
	return out, nil
}
