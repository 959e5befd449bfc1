// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/vuln"
)

// How much one transaction works out: others wait for it.
const (
	someComponents = 2000
	someRecords    = 300
)

// OnContents works out what public records say of a changed product and of components that came with it: a step of the
// flow, safe to run again.
func (s *Service) OnContents(ctx context.Context, e product.Changed) error {
	if err := s.knowProduct(ctx, e.ProductID); err != nil {
		return fmt.Errorf("hold product %s against public records: %w", e.ProductID, err)
	}
	return s.CatchUp(ctx)
}

// OnImported works out what records that came in say of components and products: a step of the flow, safe to run again.
func (s *Service) OnImported(ctx context.Context, _ vuln.Imported) error { return s.CatchUp(ctx) }

// CatchUp works out what is behind the cursors, one transaction at a time, until nothing is or ctx ends: the next call, on
// any node, goes on from there. It is the way that steps of the flow, the schedule and the command line share.
func (s *Service) CatchUp(ctx context.Context) error {
	written := 0
	for _, step := range []func(context.Context) (int, bool, error){s.catchComponents, s.catchRecords} {
		for more := true; more; {
			n, goOn, err := step(ctx)
			if err == nil {
				err = s.DB.Grew(ctx, written, written+n, verdictTables...)
			}
			if err != nil {
				if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
					return nil // what has been done stands, and the schedule goes on
				}
				return fmt.Errorf("hold components against public records: %w", err)
			}
			written, more = written+n, goOn
		}
	}
	return nil
}

// Behind is how much has not been worked out yet.
type Behind struct {
	Components int64 // at most: numbers may be missing
	Records    int64
}

// behind says how far the cursors are from the ends.
func (s *Service) behind(ctx context.Context, tx *db.Tx) (b Behind, err error) {
	return db.Get(ctx, tx, func(r db.Row) (b Behind, err error) { return b, r.Scan(&b.Components, &b.Records) },
		`SELECT coalesce((SELECT max(id) FROM component), 0) - (SELECT n FROM known_cursor WHERE name = 'component'),
			coalesce((SELECT max(seq) FROM vuln_record), 0) - (SELECT n FROM known_cursor WHERE name = 'record')`)
}

// waiting reports whether there is anything to do, without holding anything.
func (s *Service) waiting(ctx context.Context) (b Behind, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		b, err = s.behind(ctx, tx)
		return err
	})
	return b, err
}

// catchComponents holds the next components behind the cursor against all records.
func (s *Service) catchComponents(ctx context.Context) (written int, more bool, err error) {
	if b, err := s.waiting(ctx); err != nil || b.Components <= 0 {
		return 0, false, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		at, err := cursors(ctx, tx)
		if err != nil {
			return err
		}
		ts, err := db.List(ctx, tx, scanThing, `SELECT `+thingColumns+` FROM component c WHERE c.id > $1 ORDER BY c.id LIMIT $2`, at.component, someComponents)
		if err != nil || len(ts) == 0 {
			more = false
			return err
		}
		more = len(ts) == someComponents
		claims, err := s.claimsAt(ctx, tx, ts)
		if err != nil {
			return err
		}
		var out verdicts
		j := newJudge()
		for _, t := range ts {
			out.add(t, j.about(t, claims))
		}
		last := ts[len(ts)-1].component
		if _, err := tx.Exec(ctx, `DELETE FROM known WHERE component_id > $1 AND component_id <= $2`, at.component, last); err != nil {
			return err
		}
		if err := out.write(ctx, tx); err != nil {
			return err
		}
		written = out.len()
		return move(ctx, tx, "component", last)
	})
	return written, more, err
}

// catchRecords holds the next records behind the cursor against all components and products. Of a record that was changed
// or withdrawn nothing stays that it does not say any more.
func (s *Service) catchRecords(ctx context.Context) (written int, more bool, err error) {
	if b, err := s.waiting(ctx); err != nil || b.Records <= 0 {
		return 0, false, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		at, err := cursors(ctx, tx)
		if err != nil {
			return err
		}
		changes, err := s.Vulns.ChangedSince(ctx, tx, at.record, someRecords)
		if err != nil || len(changes) == 0 {
			more = false
			return err
		}
		more = len(changes) == someRecords
		var all, live []int64
		for _, c := range changes {
			all = append(all, c.Record)
			if c.Live {
				live = append(live, c.Record)
			}
		}
		for _, t := range []string{"known", "known_ware"} {
			var a db.Args
			if _, err := tx.Exec(ctx, `DELETE FROM `+t+` WHERE record_id IN `+db.In(&a, all), a...); err != nil {
				return err
			}
		}
		if written, err = s.judgeRecords(ctx, tx, live); err != nil {
			return err
		}
		return move(ctx, tx, "record", changes[len(changes)-1].Seq)
	})
	return written, more, err
}

// judgeRecords works out what live records say of whatever their claims are about.
func (s *Service) judgeRecords(ctx context.Context, tx *db.Tx, records []int64) (written int, err error) {
	cs, err := s.Vulns.ClaimsOf(ctx, tx, records)
	if err != nil {
		return 0, err
	}
	claims := byPlace(cs)
	places := make([]vuln.Package, 0, len(claims))
	for p := range claims {
		places = append(places, p)
	}
	vendors, err := s.Products.Vendors(ctx, tx)
	if err != nil {
		return 0, err
	}
	ts, err := thingsAt(ctx, tx, places, vendors)
	if err != nil {
		return 0, err
	}
	rename(vendors, ts)
	var out verdicts
	j := newJudge()
	for _, t := range ts {
		out.add(t, j.about(t, claims))
	}
	return out.len(), out.write(ctx, tx)
}

// knowComponents works out anew what public records say of components.
func (s *Service) knowComponents(ctx context.Context, tx *db.Tx, ts []*thing) error {
	claims, err := s.claimsAt(ctx, tx, ts)
	if err != nil {
		return err
	}
	var out verdicts
	j := newJudge()
	for part := range slices.Chunk(ts, 2*chunk) {
		ids := make([]int64, len(part))
		for i, t := range part {
			ids[i] = t.component
			out.add(t, j.about(t, claims))
		}
		var a db.Args
		if _, err := tx.Exec(ctx, `DELETE FROM known WHERE component_id IN `+db.In(&a, ids), a...); err != nil {
			return err
		}
	}
	return out.write(ctx, tx)
}

// knowProduct works out what public records say of a product itself, in each of its versions.
func (s *Service) knowProduct(ctx context.Context, id string) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := cursors(ctx, tx); err != nil {
			return err
		}
		ts, err := productThings(ctx, tx, []string{id})
		if err != nil {
			return err
		}
		claims, err := s.claimsAt(ctx, tx, ts)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM known_ware WHERE product_id = $1`, id); err != nil {
			return err
		}
		var out verdicts
		j := newJudge()
		for _, t := range ts {
			out.add(t, j.about(t, claims))
		}
		return out.write(ctx, tx)
	})
}
