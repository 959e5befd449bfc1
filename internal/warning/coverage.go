// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/member"
)

// Coverage says how the newest released revision is doing.
type Coverage struct {
	Revision   int
	Recipients int
	Affected   int // recipients in the first wave
	Read       int
	Answered   map[Answer]int // without those who are silent
	BySector   []Sector
	OverTime   []Point
	Deliveries map[string]map[delivery.State]int // by channel
	Silent     []member.Org                      // without an answer, the affected first; at most 200
}

// A Sector is one sector's part of a coverage; Name "" are units without one.
type Sector struct {
	Name                              string
	Recipients, Read, Answered, Fixed int
}

// A Point is how many units had read, answered and fixed by a time.
type Point struct {
	At                    time.Time
	Read, Answered, Fixed int
}

const (
	points    = 48
	maxSilent = 200
)

// Coverage counts who has read, answered and fixed.
func (s *Service) Coverage(ctx context.Context, by member.Actor, id string) (c Coverage, err error) {
	if err := watcher(by); err != nil {
		return c, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if c.Revision, err = outside(ctx, tx, id); err != nil {
			return err
		}
		if c.Recipients, c.Affected, err = count(ctx, tx, id, c.Revision); err != nil {
			return err
		}
		if err := c.answers(ctx, tx, id); err != nil {
			return err
		}
		if err := c.overTime(ctx, tx, id); err != nil {
			return err
		}
		if err := c.deliveries(ctx, tx, id); err != nil {
			return err
		}
		c.Silent, err = db.List(ctx, tx, func(r db.Row) (o member.Org, err error) {
			into, done := orgInto(&o)
			err = r.Scan(into...)
			done()
			return o, err
		}, `SELECT `+orgColumns+` FROM warning_recipient r JOIN org o ON o.id = r.org_id
			WHERE r.warning_id = $1 AND r.revision = $2 AND r.answer = '' ORDER BY r.wave, r.products DESC, o.id LIMIT $3`, id, c.Revision, maxSilent)
		return err
	})
	if err != nil {
		return Coverage{}, fmt.Errorf("coverage of warning %s: %w", id, err)
	}
	return c, nil
}

// answers counts by answer and by sector in one pass.
func (c *Coverage) answers(ctx context.Context, tx *db.Tx, id string) error {
	type row struct {
		sector  string
		answer  Answer
		n, read int
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.sector, &x.answer, &x.n, &x.read) },
		`SELECT o.sector, r.answer, count(*), count(r.read_at) FROM warning_recipient r JOIN org o ON o.id = r.org_id
		WHERE r.warning_id = $1 AND r.revision = $2 GROUP BY o.sector, r.answer ORDER BY o.sector`, id, c.Revision)
	c.Answered = map[Answer]int{}
	for _, x := range rows {
		if len(c.BySector) == 0 || c.BySector[len(c.BySector)-1].Name != x.sector {
			c.BySector = append(c.BySector, Sector{Name: x.sector})
		}
		b := &c.BySector[len(c.BySector)-1]
		b.Recipients += x.n
		b.Read += x.read
		c.Read += x.read
		if x.answer == Unanswered {
			continue
		}
		c.Answered[x.answer] += x.n
		b.Answered += x.n
		if x.answer == FixedAll {
			b.Fixed += x.n
		}
	}
	return err
}

// overTime draws the three curves from the release to now.
func (c *Coverage) overTime(ctx context.Context, tx *db.Tx, id string) error {
	start, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT released_at FROM warning_revision WHERE warning_id = $1 AND revision = $2`, id, c.Revision)
	if err != nil {
		return err
	}
	type row struct{ read, acked, fixed db.Time }
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.read, &x.acked, &x.fixed) },
		`SELECT read_at, acked_at, fixed_at FROM warning_recipient WHERE warning_id = $1 AND revision = $2 AND (read_at IS NOT NULL OR acked_at IS NOT NULL)`, id, c.Revision)
	if err != nil {
		return err
	}
	var read, acked, fixed []time.Time
	for _, x := range rows {
		read, acked, fixed = append(read, x.read.Time), append(acked, x.acked.Time), append(fixed, x.fixed.Time)
	}
	r, a, f := upTo(read), upTo(acked), upTo(fixed)
	span := max(tx.Now.Sub(start.Time), 0)
	for i := range points + 1 {
		at := start.Add(span / points * time.Duration(i))
		c.OverTime = append(c.OverTime, Point{at, r(at), a(at), f(at)})
		if span == 0 {
			break
		}
	}
	return nil
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
