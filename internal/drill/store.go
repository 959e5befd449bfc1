// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// run is an exercise as stored.
type run struct{ id, scenario, version string }

// stored finds the exercise of this platform; its id is "" when there is none.
func (x *Exercise) stored(ctx context.Context) (r run, err error) {
	err = x.s.DB.View(ctx, func(tx *db.Tx) error {
		r, err = db.Get(ctx, tx, func(row db.Row) (r run, err error) {
			err = row.Scan(&r.id, &r.scenario, &r.version)
			return r, err
		}, `SELECT id, scenario, version FROM drill ORDER BY id LIMIT 1`)
		if fault.KindOf(err) == fault.NotFound {
			err = nil
		}
		return err
	})
	return r, err
}

// used reports whether somebody has joined this platform.
func (x *Exercise) used(ctx context.Context) (used bool, err error) {
	err = x.s.DB.View(ctx, func(tx *db.Tx) error {
		n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM org`)
		used = n > 0
		return err
	})
	return used, err
}

// resume moves the clock to where the exercise was left: to the latest thing that happened in it.
func (x *Exercise) resume(ctx context.Context) error {
	var last time.Time
	err := x.s.DB.View(ctx, func(tx *db.Tx) error {
		at, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT at FROM event ORDER BY at DESC LIMIT 1`)
		last = at.Time
		return err
	})
	if err == nil && last.After(x.clock.Now()) {
		x.clock.Set(last)
	}
	return err
}

// store enters the exercise.
func (x *Exercise) store(ctx context.Context) error {
	return x.s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO drill (id, scenario, version, source, started_at) VALUES ($1, $2, $3, $4, $5)`,
			x.id, x.Scenario.ID, x.Scenario.Version, x.Scenario.Source, db.At(tx.Now))
		return err
	})
}

// meet finds the cast of an exercise that is gone on with.
func (x *Exercise) meet(ctx context.Context) error {
	return x.s.DB.View(ctx, func(tx *db.Tx) error {
		for _, o := range x.Scenario.Cast {
			org, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM org WHERE slug = $1`, o.Slug)
			if err != nil {
				return err
			}
			if x.orgs[o.Slug], err = x.s.Members.Org(ctx, member.System(), org); err != nil {
				return err
			}
			for _, p := range o.People {
				id, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM account WHERE email = $1`, p.Key+"@"+o.Slug+".example")
				if err != nil {
					return err
				}
				x.people[p.Key] = member.Account{ID: id, OrgID: org, Name: p.Name.ZH, Roles: p.Roles}
			}
		}
		return nil
	})
}

// How a move went.
const (
	Played = "played" // by the script
	Told   = "told"   // to the participant who has the seat, or to everybody
	Failed = "failed" // the platform did not let the script do it: somebody was there before, or not yet
)

// Done is a move whose time has come.
type Done struct {
	Move, How, Remark string
	DueAt, DoneAt     time.Time
}

// done lists the moves whose time has come, in the order in which they happened.
func (x *Exercise) done(ctx context.Context) (ds []Done, err error) {
	err = x.s.DB.View(ctx, func(tx *db.Tx) error {
		ds, err = db.List(ctx, tx, func(r db.Row) (d Done, err error) {
			var due, at db.Time
			err = r.Scan(&d.Move, &d.How, &d.Remark, &due, &at)
			d.DueAt, d.DoneAt = due.Time, at.Time
			return d, err
		}, `SELECT move, how, remark, due_at, done_at FROM drill_move WHERE drill_id = $1 ORDER BY due_at, done_at, move`, x.id)
		return err
	})
	return ds, err
}

func (x *Exercise) note(ctx context.Context, m timed, how, remark string) error {
	return x.s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO drill_move (drill_id, move, due_at, done_at, how, remark) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (drill_id, move) DO NOTHING`,
			x.id, m.ID, db.At(m.when), db.At(tx.Now), how, remark)
		return err
	})
}

// end notes that the exercise is over.
func (x *Exercise) end(ctx context.Context) error {
	return x.s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE drill SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL`, db.At(tx.Now), x.id)
		return err
	})
}
