// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
)

// A stock is what messages of one revision are made of, loaded for many units at once. An empty one asks for each thing.
type stock struct {
	whole   bool // it has all there is about its units
	w       Warning
	number  string // of the case
	copies  map[string]Recipient
	orgs    map[string]member.Org
	found   map[string][]match.Finding
	product map[string]map[string]string // by unit
}

// stock loads what messages of a revision to the units of deliveries are made of.
func (s *Service) stock(ctx context.Context, tx *db.Tx, id string, revision int, ds []delivery.Delivery) (*stock, error) {
	k := &stock{copies: map[string]Recipient{}, product: map[string]map[string]string{}}
	var err error
	if k.w, k.number, err = k.revision(ctx, tx, s, id, revision); err != nil {
		return nil, err
	}
	ids := make([]string, len(ds))
	for i, d := range ds {
		ids[i] = d.OrgID
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if k.orgs, err = s.Members.OrgsTx(ctx, tx, ids); err != nil {
		return nil, err
	}
	var affected []string
	for part := range slices.Chunk(ids, 400) {
		var a db.Args
		rows, err := db.List(ctx, tx, s.scanRecipient, `SELECT `+recipientColumns+` FROM warning_recipient r WHERE r.warning_id = `+a.P(id)+` AND r.org_id IN `+db.In(&a, part)+` AND r.revision >= `+a.P(revision), a...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if old, ok := k.copies[r.OrgID]; !ok || old.Revision < r.Revision {
				k.copies[r.OrgID] = r
			}
		}
	}
	for _, org := range ids {
		if k.copies[org].Products > 0 {
			affected = append(affected, org)
		}
	}
	if k.found, err = s.Matches.OfOrgs(ctx, tx, k.w.CaseID, affected); err != nil {
		return nil, err
	}
	for part := range slices.Chunk(affected, 400) {
		type row struct{ org, id, name string }
		var a db.Args
		rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.org, &x.id, &x.name) },
			`SELECT p.org_id, p.id, p.name FROM product p WHERE p.id IN (SELECT f.product_id FROM finding f WHERE f.case_id = `+a.P(k.w.CaseID)+` AND f.org_id IN `+db.In(&a, part)+`)`, a...)
		if err != nil {
			return nil, err
		}
		for _, x := range rows {
			if k.product[x.org] == nil {
				k.product[x.org] = map[string]string{}
			}
			k.product[x.org][x.id] = x.name
		}
	}
	k.whole = true
	return k, nil
}

// newest is a unit's copy of the newest revision that it received. Older ones than that of the stock are not in it.
func (k *stock) newest(ctx context.Context, tx *db.Tx, s *Service, id, orgID string) (Recipient, error) {
	if r, ok := k.copies[orgID]; ok {
		return r, nil
	}
	return s.newest(ctx, tx, id, orgID, "")
}

func (k *stock) org(ctx context.Context, tx *db.Tx, s *Service, id string) (member.Org, error) {
	if !k.whole {
		return s.Members.OrgTx(ctx, tx, id)
	}
	o, ok := k.orgs[id]
	if !ok {
		return o, fault.Missing()
	}
	return o, nil
}

func (k *stock) revision(ctx context.Context, tx *db.Tx, s *Service, id string, n int) (w Warning, number string, err error) {
	if k.whole {
		return k.w, k.number, nil
	}
	if w, err = s.revision(ctx, tx, id, n); err != nil {
		return w, "", err
	}
	number, err = db.Get(ctx, tx, db.Value[string], `SELECT number FROM casefile WHERE id = $1`, w.CaseID)
	return w, number, err
}

func (k *stock) findings(ctx context.Context, tx *db.Tx, s *Service, caseID, orgID string) ([]match.Finding, error) {
	if k.whole {
		return k.found[orgID], nil
	}
	return s.Matches.OfOrg(ctx, tx, caseID, orgID)
}

func (k *stock) names(ctx context.Context, tx *db.Tx, caseID, orgID string) (map[string]string, error) {
	if k.whole {
		return k.product[orgID], nil
	}
	return productNames(ctx, tx, caseID, orgID)
}
