// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/evidence"
)

// A Difference is a row of the index of holdings that is not what the contents of the current lists say.
type Difference struct {
	Component, List int64 // component.id, sbom.n
	Missing         bool  // the list holds the component and the index does not say so; else the other way round
}

// Checked is what a comparison of the index of holdings with the contents of all current lists found.
type Checked struct {
	Lists, Holdings int64        // that there should be
	Wrong           int          // stretches of components in which the index is wrong, of at most stretches
	Differences     []Difference // some of them
}

// The index is compared by sums over stretches of component ids, in bounded memory; what is wrong is then looked up.
const (
	stretches = 4096
	maxLooked = 16 // stretches that are looked at in detail
)

// CheckHoldings compares the index with the contents. The caller authorises.
func CheckHoldings(ctx context.Context, tx *db.Tx) (c Checked, err error) {
	top, err := db.Get(ctx, tx, db.Value[int64], `SELECT coalesce(max(id), 0) FROM component`)
	if err != nil {
		return c, err
	}
	width := top/stretches + 1
	in := func(component int64) int { return int(min(max(component, 0)/width, stretches-1)) }
	seed := maphash.MakeSeed() // unknown to whoever may have altered the index
	is, should := make([]uint64, stretches), make([]uint64, stretches)
	count := func(sums []uint64) func(int64, int64) error {
		return func(component, list int64) error {
			sums[in(component)] += maphash.Comparable(seed, [2]int64{component, list})
			return nil
		}
	}
	if err := eachHolding(ctx, tx, `SELECT component_id, sbom_n FROM holding`, nil, count(is)); err != nil {
		return c, err
	}
	expect := count(should)
	if c.Lists, err = eachHeld(ctx, tx, func(component, list int64) error { c.Holdings++; return expect(component, list) }); err != nil {
		return c, err
	}
	wrong := map[int]bool{}
	for i := range is {
		if is[i] != should[i] {
			if c.Wrong++; len(wrong) < maxLooked {
				wrong[i] = true
			}
		}
	}
	if c.Wrong > 0 {
		c.Differences, err = differences(ctx, tx, wrong, width, in)
	}
	return c, err
}

// maxDifferences bounds how many rows are named.
const maxDifferences = 100

func differences(ctx context.Context, tx *db.Tx, wrong map[int]bool, width int64, in func(int64) int) (out []Difference, err error) {
	should := map[[2]int64]bool{}
	if _, err := eachHeld(ctx, tx, func(component, list int64) error {
		if wrong[in(component)] && len(should) < 1_000_000 {
			should[[2]int64{component, list}] = true
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for _, i := range slices.Sorted(maps.Keys(wrong)) {
		from, to := int64(i)*width, int64(i+1)*width
		if i == 0 {
			from = -1 << 62
		}
		if i == stretches-1 {
			to = 1<<63 - 1
		}
		if err := eachHolding(ctx, tx, `SELECT component_id, sbom_n FROM holding WHERE component_id >= $1 AND component_id < $2`, []any{from, to}, func(component, list int64) error {
			k := [2]int64{component, list}
			if !should[k] && len(out) < maxDifferences {
				out = append(out, Difference{component, list, false})
			}
			delete(should, k)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	for k := range should {
		if len(out) < maxDifferences {
			out = append(out, Difference{k[0], k[1], true})
		}
	}
	return out, nil
}

func eachHolding(ctx context.Context, tx *db.Tx, query string, args []any, do func(component, list int64) error) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var component, list int64
		if err := rows.Scan(&component, &list); err != nil {
			return err
		}
		if err := do(component, list); err != nil {
			return err
		}
	}
	return rows.Err()
}

// eachHeld calls do for everything that current lists hold, by their contents, and counts the lists.
func eachHeld(ctx context.Context, tx *db.Tx, do func(component, list int64) error) (lists int64, err error) {
	rows, err := tx.Query(ctx, `SELECT n, contents FROM sbom WHERE is_current AND n IS NOT NULL AND contents IS NOT NULL`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var contents []byte
		if err := rows.Scan(&n, &contents); err != nil {
			return lists, err
		}
		ids, err := UnpackIDs(contents)
		if err != nil {
			return lists, fmt.Errorf("list %d: %w", n, err)
		}
		lists++
		for _, id := range ids {
			if err := do(id, n); err != nil {
				return lists, err
			}
		}
	}
	return lists, rows.Err()
}

// AuditHoldings notes where the index of holdings is not what the watched contents of the current lists say: a part of the
// platform's audit.
func (s *Service) AuditHoldings(ctx context.Context, tx *db.Tx, f *evidence.Findings) error {
	c, err := CheckHoldings(ctx, tx)
	if errors.Is(err, ErrContents) {
		f.Note("sbom", "", err.Error())
		return nil
	}
	if err != nil {
		return fmt.Errorf("compare the index of holdings: %w", err)
	}
	for _, d := range c.Differences {
		what := "the list does not hold the component: the row was added"
		if d.Missing {
			what = "the list holds the component: the row is gone"
		}
		f.Note("holding", fmt.Sprintf("%d/%d", d.Component, d.List), what)
	}
	if c.Wrong > 0 && len(c.Differences) == 0 || c.Wrong > maxLooked {
		f.Note("holding", "", fmt.Sprintf("in %d of %d stretches it is not what the current lists hold", c.Wrong, stretches))
	}
	return nil
}

// RebuildHoldings writes the index of holdings anew, from the contents of the current lists, and returns how many rows it has.
// Nobody can push meanwhile. The caller authorises.
func (s *Service) RebuildHoldings(ctx context.Context) (n int64, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		n = 0
		if tx.Engine == db.PostgreSQL {
			if _, err := tx.Exec(ctx, `LOCK TABLE holding IN SHARE ROW EXCLUSIVE MODE`); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM holding`); err != nil {
			return err
		}
		// Lists are taken in the order of their numbers, some at a time: a statement that reads must end before one that writes.
		for after := int64(-1 << 62); ; {
			type list struct {
				n        int64
				contents []byte
			}
			lists, err := db.List(ctx, tx, func(r db.Row) (l list, err error) { return l, r.Scan(&l.n, &l.contents) },
				`SELECT n, contents FROM sbom WHERE n > $1 AND is_current AND contents IS NOT NULL ORDER BY n LIMIT 500`, after)
			if err != nil || len(lists) == 0 {
				return err
			}
			var rows [][]any
			for _, l := range lists {
				after = l.n
				ids, err := UnpackIDs(l.contents)
				if err != nil {
					return fmt.Errorf("list %d: %w", l.n, err)
				}
				for _, id := range ids {
					rows = append(rows, []any{id, l.n})
				}
			}
			slices.SortFunc(rows, func(x, y []any) int { return cmp.Compare(x[0].(int64), y[0].(int64)) })
			if err := db.Bulk(ctx, tx, `holding (component_id, sbom_n)`, "", rows); err != nil {
				return err
			}
			n += int64(len(rows))
		}
	})
	if err != nil {
		return 0, fmt.Errorf("rebuild the index of holdings: %w", err)
	}
	return n, nil
}
