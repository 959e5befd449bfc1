// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Rebuilt is how far holding everything against everything anew has come, and what it changed.
type Rebuilt struct {
	Components, Total int64 // components that were held against all records, of how many
	Products          int64 // products likewise
	Records           int64 // that there are
	Verdicts          int64 // that stand
	Written, Deleted  int64 // verdicts that were missing or different; that nothing supports any more
	top               cursor
}

// spot is where a component stands in the order of names.
type spot struct{ ecosystem, name, release, version, cpe string }

// someNamed is how many components are held against records at once: their claims are read once for all of one name.
const someNamed = 4000

// RebuildKnown holds every component and every product against all records anew, in the order of names, in which both
// lie, and mends what is different. It needs no more memory than some thousand components and their claims; it can be
// interrupted, and steps of the flow may run beside it. progress, if any, is told after each part. For administrators.
func (s *Service) RebuildKnown(ctx context.Context, by member.Actor, progress func(Rebuilt)) (r Rebuilt, err error) {
	switch {
	case !by.SignedIn() && by.Via != "system":
		return r, fault.SignIn()
	case by.Via != "system" && !by.Is(member.Administrator):
		return r, fault.Deny("fault.role")
	}
	if progress == nil {
		progress = func(Rebuilt) {}
	}
	if err := s.DB.View(ctx, func(tx *db.Tx) error {
		r, err = db.Get(ctx, tx, func(x db.Row) (r Rebuilt, err error) {
			return r, x.Scan(&r.Total, &r.top.component, &r.top.record, &r.Records)
		},
			`SELECT (SELECT count(*) FROM component), (SELECT coalesce(max(id), 0) FROM component), (SELECT coalesce(max(seq), 0) FROM vuln_record), (SELECT count(*) FROM vuln_record)`)
		return err
	}); err != nil {
		return r, err
	}
	if err = s.rebuildComponents(ctx, &r, progress); err == nil {
		err = s.rebuildProducts(ctx, &r, progress)
	}
	if err != nil {
		return r, fmt.Errorf("hold everything against public records: %w", err)
	}
	return r, s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := cursors(ctx, tx); err != nil {
			return err
		}
		if err := move(ctx, tx, "component", r.top.component); err != nil {
			return err
		}
		if err := move(ctx, tx, "record", r.top.record); err != nil {
			return err
		}
		return db.Look(ctx, tx, verdictTables...)
	})
}

// A rebuiltPart is some components with what has been worked out about them, when the cursors stood at at and records at seq.
type rebuiltPart struct {
	things []*thing
	verdicts
	gone [][2]int64
	same int64
	at   cursor
	seq  int64
	err  error
}

// rebuildComponents works parts out side by side and writes them one by one. What changed between the two is worked out
// again in the writing transaction.
func (s *Service) rebuildComponents(ctx context.Context, r *Rebuilt, progress func(Rebuilt)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := max(1, runtime.GOMAXPROCS(0))
	type ticket struct {
		things []*thing
		done   chan *rebuiltPart
	}
	queue, todo := make(chan ticket, workers), make(chan ticket, workers)
	var g sync.WaitGroup
	g.Go(func() { // reads components in order
		defer close(queue)
		defer close(todo)
		for at := (spot{}); ; {
			var ts []*thing
			err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
				ts, at, err = nextNamed(ctx, tx, at)
				return err
			})
			t := ticket{ts, make(chan *rebuiltPart, 1)}
			if err != nil {
				t.done <- &rebuiltPart{err: err}
			} else if len(ts) == 0 {
				return
			}
			select {
			case queue <- t:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
			todo <- t
		}
	})
	for range workers {
		g.Go(func() {
			for t := range todo {
				p := &rebuiltPart{things: t.things}
				p.err = s.DB.View(ctx, func(tx *db.Tx) error { return s.workOut(ctx, tx, p) })
				t.done <- p
			}
		})
	}
	var failed error
	for t := range queue {
		if failed != nil {
			continue
		}
		p := <-t.done
		if failed = p.err; failed == nil {
			failed = s.settle(ctx, p, r)
		}
		if failed != nil {
			cancel()
			continue
		}
		progress(*r)
	}
	g.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

// nextNamed returns the next components by name. All of one name come together, unless they are very many.
func nextNamed(ctx context.Context, tx *db.Tx, at spot) (ts []*thing, next spot, err error) {
	ts, err = db.List(ctx, tx, scanThing, `SELECT `+thingColumns+` FROM component c WHERE (c.ecosystem, c.name, c.release, c.version, c.cpe) > ($1, $2, $3, $4, $5)
		ORDER BY c.ecosystem, c.name, c.release, c.version, c.cpe LIMIT $6`, at.ecosystem, at.name, at.release, at.version, at.cpe, someNamed)
	if len(ts) > 0 {
		last := ts[len(ts)-1]
		next = spot{last.ecosystem, last.name, last.release, last.version, last.cpe}
	}
	return ts, next, err
}

// workOut decides about a part, and compares with what stands.
func (s *Service) workOut(ctx context.Context, tx *db.Tx, p *rebuiltPart) error {
	var err error
	if p.at, p.seq, err = standing(ctx, tx); err != nil {
		return err
	}
	claims, err := s.claimsAt(ctx, tx, p.things)
	if err != nil {
		return err
	}
	stands := map[[2]int64]decision{}
	for part := range slices.Chunk(p.things, 2*chunk) {
		var a db.Args
		ids := make([]int64, len(part))
		for i, t := range part {
			ids[i] = t.component
		}
		rows, err := tx.Query(ctx, `SELECT component_id, record_id, verdict, held, note FROM known WHERE component_id IN `+db.In(&a, ids), a...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var k [2]int64
			var d decision
			if err := rows.Scan(&k[0], &k[1], &d.verdict, &d.held, &d.note); err != nil {
				rows.Close()
				return err
			}
			stands[k] = d
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	p.verdicts, p.gone, p.same = verdicts{}, nil, 0
	j := newJudge()
	for _, t := range p.things {
		for _, w := range j.about(t, claims) {
			k := [2]int64{t.component, w.record}
			if stands[k] == w.decision {
				p.same++
			} else {
				p.add(t, []word{w})
			}
			delete(stands, k)
		}
	}
	p.gone = slices.Collect(maps.Keys(stands))
	return nil
}

// standing says how far everything is, without holding it.
func standing(ctx context.Context, tx *db.Tx) (c cursor, seq int64, err error) {
	_, err = db.Get(ctx, tx, func(r db.Row) (struct{}, error) { return struct{}{}, r.Scan(&c.component, &c.record, &seq) },
		`SELECT (SELECT n FROM known_cursor WHERE name = 'component'), (SELECT n FROM known_cursor WHERE name = 'record'), (SELECT coalesce(max(seq), 0) FROM vuln_record)`)
	return c, seq, err
}

// settle writes a part, worked out again when something has moved meanwhile.
func (s *Service) settle(ctx context.Context, p *rebuiltPart, r *Rebuilt) error {
	if len(p.components)+len(p.gone) > 0 {
		if err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			if _, err := cursors(ctx, tx); err != nil {
				return err
			}
			at, seq, err := standing(ctx, tx)
			if err != nil {
				return err
			}
			if at != p.at || seq != p.seq {
				if err := s.workOut(ctx, tx, p); err != nil {
					return err
				}
			}
			slices.SortFunc(p.components, func(x, y []any) int {
				return cmp.Or(cmp.Compare(x[0].(int64), y[0].(int64)), cmp.Compare(x[1].(int64), y[1].(int64)))
			})
			for _, k := range p.gone {
				if _, err := tx.Exec(ctx, `DELETE FROM known WHERE component_id = $1 AND record_id = $2`, k[0], k[1]); err != nil {
					return err
				}
			}
			return p.write(ctx, tx)
		}); err != nil {
			return err
		}
	}
	r.Components += int64(len(p.things))
	had := r.Written
	r.Written += int64(len(p.components))
	r.Deleted += int64(len(p.gone))
	r.Verdicts += p.same + int64(len(p.components))
	return s.DB.Grew(ctx, int(had), int(r.Written), verdictTables...)
}

// rebuildProducts holds all products against all records, some at a time.
func (s *Service) rebuildProducts(ctx context.Context, r *Rebuilt, progress func(Rebuilt)) error {
	for after := ""; ; {
		var ids []string
		had := r.Written
		err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			if _, err := cursors(ctx, tx); err != nil {
				return err
			}
			if ids, err = db.List(ctx, tx, db.Value[string], `SELECT id FROM product WHERE id > $1 ORDER BY id LIMIT 1000`, after); err != nil || len(ids) == 0 {
				return err
			}
			return s.rebuildSome(ctx, tx, ids, r)
		})
		if err == nil {
			err = s.DB.Grew(ctx, int(had), int(r.Written), verdictTables...)
		}
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
		r.Products += int64(len(ids))
		progress(*r)
	}
}

func (s *Service) rebuildSome(ctx context.Context, tx *db.Tx, ids []string, r *Rebuilt) error {
	ts, err := productThings(ctx, tx, ids)
	if err != nil {
		return err
	}
	claims, err := s.claimsAt(ctx, tx, ts)
	if err != nil {
		return err
	}
	type key struct {
		product, version string
		record           int64
	}
	stands := map[key]decision{}
	var a db.Args
	if _, err := db.List(ctx, tx, func(x db.Row) (struct{}, error) {
		var k key
		var d decision
		err := x.Scan(&k.product, &k.version, &k.record, &d.verdict, &d.held, &d.note)
		stands[k] = d
		return struct{}{}, err
	}, `SELECT product_id, version, record_id, verdict, held, note FROM known_ware WHERE product_id >= `+a.P(ids[0])+` AND product_id <= `+a.P(ids[len(ids)-1]), a...); err != nil {
		return err
	}
	var out verdicts
	j := newJudge()
	for _, t := range ts {
		for _, w := range j.about(t, claims) {
			k := key{t.product, t.version, w.record}
			if stands[k] != w.decision {
				out.add(t, []word{w})
				r.Written++
			}
			r.Verdicts++
			delete(stands, k)
		}
	}
	for k := range stands {
		if _, err := tx.Exec(ctx, `DELETE FROM known_ware WHERE product_id = $1 AND version = $2 AND record_id = $3`, k.product, k.version, k.record); err != nil {
			return err
		}
		r.Deleted++
	}
	return out.write(ctx, tx)
}
