// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/member"
)

// Coverage says how a released revision is doing. Of a revision to many units it may be some seconds old: AsOf says so.
type Coverage struct {
	Revision   int
	Released   time.Time
	AsOf       time.Time
	Recipients int
	Affected   int // recipients in the first wave
	Read       int
	Answered   map[Answer]int // without those who are silent
	Waves      [3]Cell        // in the order of their sending
	BySector   []Sector
	OverTime   []Point
	Deliveries map[string]map[delivery.State]int // by channel
	Reached    Times                             // from the release to the first message that arrived outside the inbox
	Replied    Times                             // from the release to the first answer to this revision
	Fixed      Times                             // from the release to "fixed"
}

// A Cell counts units.
type Cell struct {
	Recipients int
	Reached    int // a message has arrived outside the inbox
	Read       int
	Answered   int
	Affected   int // answered so, or fixed
	Fixed      int
}

// A Sector is one sector's part of a coverage; Name "" are units without one.
type Sector struct {
	Name string
	Cell
	Within [len(Bands) + 1]int // answers to this revision, by how long they took: within each of Bands, or longer
}

// A Point is how many units had been reached, had read, answered and fixed by a time.
type Point struct {
	At                             time.Time
	Reached, Read, Answered, Fixed int
}

// Times says how long something took N units: half of them, nine in ten, the last.
type Times struct {
	N              int
	P50, P90, Last time.Duration
}

const points = 48

// Coverage counts who was reached, has read, answered and fixed, in the newest released revision.
func (s *Service) Coverage(ctx context.Context, by member.Actor, id string) (Coverage, error) {
	return s.CoverageOf(ctx, by, id, 0)
}

// CoverageOf is Coverage of one released revision, or of the newest when that is 0.
func (s *Service) CoverageOf(ctx context.Context, by member.Actor, id string, revision int) (c Coverage, err error) {
	if err := watcher(by); err != nil {
		return c, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if revision, err = outsideAs(ctx, tx, id, revision); err != nil {
			return err
		}
		c, err = s.counted.of(ctx, s, tx, id, revision)
		return err
	})
	if err != nil {
		return Coverage{}, fmt.Errorf("coverage of warning %s: %w", id, err)
	}
	return c, nil
}

// coverage counts, whatever it costs.
func coverage(ctx context.Context, tx *db.Tx, id string, revision int) (c Coverage, err error) {
	c = Coverage{Revision: revision, AsOf: tx.Now, Answered: map[Answer]int{}}
	start, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT released_at FROM warning_revision WHERE warning_id = $1 AND revision = $2`, id, revision)
	if err != nil {
		return c, err
	}
	c.Released = start.Time
	if err := c.answers(ctx, tx, id); err != nil {
		return c, err
	}
	reached, err := c.reached(ctx, tx, id)
	if err != nil {
		return c, err
	}
	if err := c.overTime(ctx, tx, id, reached); err != nil {
		return c, err
	}
	return c, c.deliveries(ctx, tx, id)
}

// sector finds a sector's part, and makes it.
func (c *Coverage) sector(sector string) *Sector {
	i, ok := slices.BinarySearchFunc(c.BySector, sector, func(s Sector, name string) int { return cmp.Compare(s.Name, name) })
	if !ok {
		c.BySector = slices.Insert(c.BySector, i, Sector{Name: sector})
	}
	return &c.BySector[i]
}

// answers counts by answer, wave and sector in one pass.
func (c *Coverage) answers(ctx context.Context, tx *db.Tx, id string) error {
	type row struct {
		sector        string
		wave, n, read int
		answer        Answer
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.sector, &x.wave, &x.answer, &x.n, &x.read) },
		`SELECT o.sector, r.wave, r.answer, count(*), count(r.read_at) FROM warning_recipient r JOIN org o ON o.id = r.org_id
		WHERE r.warning_id = $1 AND r.revision = $2 GROUP BY o.sector, r.wave, r.answer`, id, c.Revision)
	for _, x := range rows {
		for _, to := range []*Cell{&c.sector(x.sector).Cell, &c.Waves[min(max(x.wave, 1), 3)-1]} {
			to.Recipients += x.n
			to.Read += x.read
			if x.answer != Unanswered {
				to.Answered += x.n
			}
			if x.answer == FixedAll || x.answer == AffectedYes {
				to.Affected += x.n
			}
			if x.answer == FixedAll {
				to.Fixed += x.n
			}
		}
		c.Recipients += x.n
		c.Read += x.read
		if x.wave == WaveAffected {
			c.Affected += x.n
		}
		if x.answer != Unanswered {
			c.Answered[x.answer] += x.n
		}
	}
	return err
}

// reached says when each unit to which a message has come outside its inbox got the first one.
func (c *Coverage) reached(ctx context.Context, tx *db.Tx, id string) (ts []time.Time, err error) {
	type row struct {
		sector string
		wave   int
		at     db.Time
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.sector, &x.wave, &x.at) },
		`SELECT o.sector, r.wave, d.at FROM (SELECT org_id, min(done_at) AS at FROM delivery WHERE purpose = $1 AND subject IN ($2, $3) AND state = 'delivered' GROUP BY org_id) d
		JOIN warning_recipient r ON r.warning_id = $4 AND r.revision = $5 AND r.org_id = d.org_id JOIN org o ON o.id = r.org_id`,
		purpose, subject(id, c.Revision), subject(id, c.Revision)+again, id, c.Revision)
	for _, x := range rows {
		c.sector(x.sector).Reached++
		c.Waves[min(max(x.wave, 1), 3)-1].Reached++
		ts = append(ts, x.at.Time)
	}
	return ts, err
}

// overTime draws the curves from the release to now, or to the next significant revision, and measures them.
func (c *Coverage) overTime(ctx context.Context, tx *db.Tx, id string, reached []time.Time) error {
	type row struct {
		sector             string
		read, acked, fixed db.Time
		here               bool // answered in this revision: what came along took no time
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.sector, &x.read, &x.acked, &x.fixed, &x.here) },
		`SELECT o.sector, r.read_at, r.acked_at, r.fixed_at, r.said_in = r.revision FROM warning_recipient r JOIN org o ON o.id = r.org_id
		WHERE r.warning_id = $1 AND r.revision = $2 AND (r.read_at IS NOT NULL OR r.acked_at IS NOT NULL)`, id, c.Revision)
	if err != nil {
		return err
	}
	end, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT min(released_at) FROM warning_revision WHERE warning_id = $1 AND revision > $2 AND significant`, id, c.Revision)
	if err != nil {
		return err
	}
	if end.IsZero() {
		end.Time = tx.Now
	}
	var read, acked, fixed, replied, mended []time.Time
	for _, x := range rows {
		read, acked, fixed = append(read, x.read.Time), append(acked, x.acked.Time), append(fixed, x.fixed.Time)
		if x.here && !x.acked.Before(c.Released) {
			replied = append(replied, x.acked.Time)
			c.sector(x.sector).Within[band(x.acked.Sub(c.Released))]++
		}
		if x.here && !x.fixed.Before(c.Released) {
			mended = append(mended, x.fixed.Time)
		}
	}
	c.Reached, c.Replied, c.Fixed = took(c.Released, reached), took(c.Released, replied), took(c.Released, mended)
	d, r, a, f := upTo(reached), upTo(read), upTo(acked), upTo(fixed)
	span := max(end.Sub(c.Released), 0)
	for i := range points + 1 {
		at := c.Released.Add(span / points * time.Duration(i))
		c.OverTime = append(c.OverTime, Point{at, d(at), r(at), a(at), f(at)})
		if span == 0 {
			break
		}
	}
	return nil
}

// took measures how long after a start each thing happened.
func took(start time.Time, ts []time.Time) (out Times) {
	var ds []time.Duration
	for _, t := range ts {
		if !t.IsZero() {
			ds = append(ds, max(t.Sub(start), 0))
		}
	}
	if out.N = len(ds); out.N == 0 {
		return out
	}
	slices.Sort(ds)
	out.P50, out.P90, out.Last = ds[(out.N-1)/2], ds[(out.N*9+9)/10-1], ds[out.N-1]
	return out
}

// upTo counts times, those set, up to a given one.
func upTo(ts []time.Time) func(time.Time) int {
	ts = slices.DeleteFunc(ts, time.Time.IsZero)
	slices.SortFunc(ts, time.Time.Compare)
	return func(at time.Time) int {
		n, _ := slices.BinarySearchFunc(ts, at, func(t, at time.Time) int {
			if t.After(at) {
				return 1
			}
			return -1
		})
		return n
	}
}

func (c *Coverage) deliveries(ctx context.Context, tx *db.Tx, id string) error {
	by, err := delivery.ByChannel(ctx, tx, purpose, subject(id, c.Revision), subject(id, c.Revision)+again)
	c.Deliveries = map[string]map[delivery.State]int{}
	for channel, states := range by {
		c.Deliveries[channel] = map[delivery.State]int{}
		for state, n := range states {
			c.Deliveries[channel][state] = int(n)
		}
	}
	return err
}

// outsideAs is a released revision that the boards show: the newest for 0.
func outsideAs(ctx context.Context, tx *db.Tx, id string, revision int) (int, error) {
	n, err := outside(ctx, tx, id)
	if err != nil || revision == 0 {
		return n, err
	}
	return db.Get(ctx, tx, db.Value[int], `SELECT revision FROM warning_revision WHERE warning_id = $1 AND revision = $2`, id, revision)
}
