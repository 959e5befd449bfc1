// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"errors"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A DryRun is what a release would do at this moment.
type DryRun struct {
	Difference
	Class    destination.Class
	Waves    map[int]int    // recipients by wave
	Now      map[string]int // messages that leave at once, by channel
	Held     map[string]int // that wait for the end of quiet hours, by channel
	Digest   int            // that go into a digest
	Silent   int            // units that would have to answer for the first time
	Standing int            // answers that stand
	Void     map[string]int // answers that fall, by reason
}

// errTried ends a dry run, so that nothing of it stays.
var errTried = errors.New("tried")

// DryRun releases a draft and takes everything back in the same transaction: the figures are those of the release itself.
// Nothing leaves, and nothing is kept. Faults are those of Release, without the second person.
func (s *Service) DryRun(ctx context.Context, by member.Actor, id string) (d DryRun, err error) {
	if err := drafter(by); err != nil {
		return d, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		w, limit, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if w.State == Out {
			return fault.Clash("warning.is-released", w.Number)
		}
		if err := s.releasable(ctx, tx, w, limit); err != nil {
			return err
		}
		w.State, w.ReleasedBy, w.ReleasedAt = Out, by.AccountID, tx.Now
		if err := s.letOut(ctx, tx, by, &w); err != nil {
			return err
		}
		if d, err = tried(ctx, tx, w); err != nil {
			return err
		}
		if w.Revision > 1 {
			old, err := s.revision(ctx, tx, id, w.Revision-1)
			if err != nil {
				return err
			}
			d.Difference = difference(old, w)
		}
		return errTried
	})
	if !errors.Is(err, errTried) {
		return DryRun{}, fmt.Errorf("try the release of warning %s: %w", id, err)
	}
	return d, nil
}

// tried counts what a release has made.
func tried(ctx context.Context, tx *db.Tx, w Warning) (d DryRun, err error) {
	d = DryRun{Class: w.Class(), Difference: Difference{Kind: w.Kind, Significant: w.Significant}, Waves: map[int]int{}, Now: map[string]int{}, Held: map[string]int{}, Void: map[string]int{}}
	type row struct {
		wave, n  int
		answered bool
		carried  string
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.wave, &x.answered, &x.carried, &x.n) },
		`SELECT wave, answer <> '', carried, count(*) FROM warning_recipient WHERE warning_id = $1 AND revision = $2 GROUP BY wave, answer <> '', carried`, w.ID, w.Revision)
	if err != nil {
		return d, err
	}
	for _, x := range rows {
		d.Waves[x.wave] += x.n
		switch {
		case x.answered:
			d.Standing += x.n
		case x.carried != "" && !w.Kind.Closes():
			d.Void[x.carried] += x.n
		case !w.Kind.Closes():
			d.Silent += x.n
		}
	}
	by, err := delivery.ByChannel(ctx, tx, purpose, subject(w.ID, w.Revision))
	if err != nil {
		return d, err
	}
	type held struct {
		channel string
		n       int
	}
	hs, err := db.List(ctx, tx, func(r db.Row) (x held, err error) { return x, r.Scan(&x.channel, &x.n) },
		`SELECT channel, count(*) FROM delivery WHERE purpose = 'warning' AND subject = $1 AND last_error = $2 GROUP BY channel`, subject(w.ID, w.Revision), destination.Held)
	if err != nil {
		return d, err
	}
	for channel, states := range by {
		d.Now[channel] = int(states[delivery.Queued])
	}
	for _, h := range hs {
		d.Held[h.channel] = h.n
		d.Now[h.channel] -= h.n
	}
	d.Digest, err = db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM digest_item WHERE purpose = 'warning' AND subject = $1`, subject(w.ID, w.Revision))
	return d, err
}
