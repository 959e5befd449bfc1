// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"fmt"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Table is what became of a table of products.
type Table struct {
	Rows     int // that say something
	New      int // products that were not in the directory
	Known    int // products that were
	Versions int // of all, that are new
	Counted  int // versions with a number of devices
}

// ImportCSV enters the products of a table: vendor, name or model, versions or firmware, kind, how many there are, CPE and
// package URL, by the names of their columns. Rows of one product with several versions are one product. What is there
// already stays; versions that it does not have are added. It takes in all rows or none. With check it says what would
// become of the table and changes nothing. Faults: Invalid, which names line and column of up to 100 wrong cells, and
// TooLarge.
func (s *Service) ImportCSV(ctx context.Context, by member.Actor, table []byte, check bool) (out Table, err error) {
	if err = mayChange(by, by.OrgID); by.OrgID == "" && by.SignedIn() {
		err = fault.Hidden()
	}
	var rows []tableRow
	if err == nil {
		rows, err = readTable(table)
	}
	if err != nil {
		return out, fmt.Errorf("import products: %w", err)
	}
	act := s.DB.Tx
	if check {
		act = s.DB.View
	}
	if err = act(ctx, func(tx *db.Tx) error {
		out, err = s.enterTable(ctx, tx, by, rows, check)
		return err
	}); err != nil {
		return Table{}, fmt.Errorf("import products: %w", err)
	}
	return out, nil
}

// A draft is a product of a table, and what is known of it already.
type draft struct {
	Product
	known  bool
	have   int // versions that are known
	counts map[string]int64
}

func (s *Service) enterTable(ctx context.Context, tx *db.Tx, by member.Actor, rows []tableRow, check bool) (out Table, err error) {
	lock := ""
	if !check {
		lock = tx.ForUpdate()
	}
	if _, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM org WHERE id = $1 AND `+member.Keeping(member.ToProducts, "org", "")+lock, by.OrgID); err != nil {
		return out, err
	}
	ds, err := s.drafts(ctx, tx, by, rows)
	if err != nil {
		return out, err
	}
	out.Rows = len(rows)
	var counts [][]any
	var acts []event.Act
	for _, d := range ds {
		if d.known {
			out.Known++
		} else {
			out.New++
		}
		added := len(d.Versions) - d.have
		out.Versions += added
		out.Counted += len(d.counts)
		if check {
			continue
		}
		if d.known {
			_, err = insertVersions(ctx, tx, d.ID, d.Versions)
		} else {
			d.CreatedAt = tx.Now
			err = insert(ctx, tx, d.Product)
			acts = append(acts, event.Act{By: by.By(), Event: Registered{ProductID: d.ID, OrgID: d.OrgID}})
		}
		if err != nil {
			return out, err
		}
		if !d.known || added > 0 {
			acts = append(acts, event.Act{By: by.By(), Event: Changed{ProductID: d.ID, OrgID: d.OrgID}})
		}
		for v, n := range d.counts {
			counts = append(counts, []any{d.ID, v, n, db.At(tx.Now)})
		}
	}
	if check {
		return out, nil
	}
	if err := db.Bulk(ctx, tx, `product_count (product_id, version, n, at)`, "ON CONFLICT (product_id, version) DO UPDATE SET n = excluded.n, at = excluded.at", counts); err != nil {
		return out, err
	}
	if len(acts) > 0 {
		_, err = s.Events.RecordAll(ctx, tx, acts)
	}
	return out, err
}

// drafts are the products of a table, each once, with the versions that they have and will have.
func (s *Service) drafts(ctx context.Context, tx *db.Tx, by member.Actor, rows []tableRow) ([]*draft, error) {
	type key struct{ vendor, name, model string }
	of := func(p Product) key { return key{Key(p.Vendor), Key(p.Name), Key(p.Model)} }
	known, err := s.OfOrg(ctx, tx, by.OrgID)
	if err != nil {
		return nil, err
	}
	at := map[key]*draft{}
	for _, p := range known {
		at[of(p)] = &draft{Product: p, known: true, have: len(p.Versions)}
	}
	var out []*draft
	seen := map[*draft]bool{}
	r := tableReader{}
	for _, x := range rows {
		p := Product{OrgID: by.OrgID, Vendor: x.in.Vendor, Name: x.in.Name, NameEN: x.in.NameEN, Model: x.in.Model, Kind: x.in.Kind, CPE: x.in.CPE, PURL: x.in.PURL}
		d := at[of(p)]
		if d == nil {
			if p.ID, err = newID(); err != nil {
				return nil, err
			}
			d = &draft{Product: p}
			at[of(p)] = d
		}
		if !seen[d] {
			seen[d] = true
			out = append(out, d)
		}
		v := x.cells[versionColumn]
		if v != "" && !slices.Contains(d.Versions, v) {
			d.Versions = append(d.Versions, v)
		}
		if len(d.Versions) > maxVersions {
			r.cell(x.line, versionColumn, "versions", "", maxVersions)
			break
		}
		if x.count >= 0 {
			if d.counts == nil {
				d.counts = map[string]int64{}
			}
			d.counts[v] += x.count
		}
	}
	if len(at) > maxDirectory {
		return nil, fault.Clash("product.many", maxDirectory)
	}
	return out, r.k.Err()
}

// Counts returns how many of each version of a product its organisation has, as it said; the version is "" where it said
// none. Who may read the product may.
func (s *Service) Counts(ctx context.Context, by member.Actor, productID string) (map[string]int64, error) {
	out := map[string]int64{}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := readable(ctx, tx, by, productID, "")
		if err != nil {
			return err
		}
		type row struct {
			v string
			n int64
		}
		rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.v, &x.n) }, `SELECT version, n FROM product_count WHERE product_id = $1`, p.ID)
		for _, x := range rows {
			out[x.v] = x.n
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("counts of a product: %w", err)
	}
	return out, nil
}
