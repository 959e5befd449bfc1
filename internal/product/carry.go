// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// CarryOver gives the lists of an older version of the platform their contents, from the documents, which are read again, or,
// where one cannot be, from what was kept of it. It runs at every start and has nothing to do after the first; each list is
// a transaction of its own, so that it can be interrupted.
func (s *Service) CarryOver(ctx context.Context) error {
	if err := s.DB.Tx(ctx, func(tx *db.Tx) error { return errors.Join(keyCPEs(ctx, tx), keyWares(ctx, tx)) }); err != nil {
		return err
	}
	for {
		var ids []string
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			ids, err = db.List(ctx, tx, db.Value[string], `SELECT sbom_id FROM sbom_before ORDER BY sbom_id LIMIT 100`)
			return err
		}); err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := s.carryOver(ctx, id); err != nil {
				return fmt.Errorf("carry over the component list %s: %w", id, err)
			}
		}
	}
}

// keyCPEs gives the products of an older version what their CPE is looked up by.
func keyCPEs(ctx context.Context, tx *db.Tx) error {
	type row struct{ id, cpe string }
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.id, &x.cpe) }, `SELECT id, cpe FROM product WHERE cpe <> '' AND cpe_name = ''`)
	for _, x := range rows {
		if key := cpeName(x.cpe); key != "" {
			if _, err := tx.Exec(ctx, `UPDATE product SET cpe_name = $1 WHERE id = $2`, key, x.id); err != nil {
				return err
			}
		}
	}
	return err
}

// keyWares does the same for components.
func keyWares(ctx context.Context, tx *db.Tx) error {
	cs, err := db.List(ctx, tx, scanComponent, `SELECT `+componentColumns+` FROM component c WHERE c.ecosystem = '' AND c.ware = '' AND c.name LIKE '%/%'`)
	for _, c := range cs {
		if key := WareOf(c.Ecosystem, c.Name); key != "" {
			if _, err := tx.Exec(ctx, `UPDATE component SET ware = $1 WHERE id = $2`, key, c.ID); err != nil {
				return err
			}
		}
	}
	return err
}

func (s *Service) carryOver(ctx context.Context, id string) error {
	var b SBOM
	var p Product
	var before string
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if before, err = db.Get(ctx, tx, db.Value[string], `SELECT held FROM sbom_before WHERE sbom_id = $1`, id); err != nil {
			return err
		}
		if b, err = db.Get(ctx, tx, scanSBOM, `SELECT `+sbomColumns+` FROM sbom s WHERE s.id = $1`, id); err != nil {
			return err
		}
		p, err = db.Get(ctx, tx, scan, `SELECT `+columns+` FROM product p WHERE p.id = $1`, b.ProductID)
		return err
	})
	if err != nil {
		return err
	}
	g, err := s.again(ctx, b, p)
	if err != nil {
		if g, err = graphBefore(before); err != nil {
			return err
		}
	}
	n, err := s.number(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		if b.Current {
			if err := hold(ctx, tx, n, nil, g.IDs); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE sbom SET contents = $1, n = $2, components = $3, edges = $4 WHERE id = $5`, g.Pack(),
			map[bool]any{true: n}[b.Current], len(g.IDs), len(g.Edges), id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM sbom_before WHERE sbom_id = $1`, id)
		return err
	})
}

// again reads a kept document anew.
func (s *Service) again(ctx context.Context, b SBOM, p Product) (Graph, error) {
	document, err := s.Blobs.Get(b.Blob)
	if err != nil {
		return Graph{}, err
	}
	doc, err := sbom.Parse(document)
	if err != nil {
		return Graph{}, err
	}
	parts := contentsOf(doc, p)
	ids, err := s.intern(ctx, parts.components)
	return graphOf(ids, parts.root, parts.edges), err
}

// graphBefore reads what the migration wrote down: components, those that are roots, and edges, by ids.
func graphBefore(text string) (Graph, error) {
	parts := strings.Split(text, ";")
	if len(parts) != 3 {
		return Graph{}, ErrContents
	}
	var failed error
	number := func(s string) int64 {
		v, err := strconv.ParseInt(s, 10, 64)
		failed = cmp.Or(failed, err)
		return v
	}
	each := func(list string, do func(string)) {
		if list != "" {
			for _, x := range strings.Split(list, ",") {
				do(x)
			}
		}
	}
	var ids []int64
	each(parts[0], func(x string) { ids = append(ids, number(x)) })
	slices.Sort(ids)
	at := func(x string) int {
		i, ok := slices.BinarySearch(ids, number(x))
		if !ok {
			failed = cmp.Or(failed, ErrContents)
			return 0
		}
		return i
	}
	root := make([]bool, len(ids))
	var edges [][2]int
	each(parts[1], func(x string) {
		if i := at(x); failed == nil {
			root[i] = true
		}
	})
	each(parts[2], func(x string) {
		from, to, _ := strings.Cut(x, ">")
		if i, j := at(from), at(to); failed == nil {
			edges = append(edges, [2]int{i, j})
		}
	})
	if failed != nil {
		return Graph{}, failed
	}
	return graphOf(ids, root, edges), nil
}
