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
	"github.com/fengsui/fengsui/internal/member"
)

// DefaultPeers is how many units a figure that peers see stands for at least, unless the installation says otherwise.
const DefaultPeers = 5

// Peers is how a warning is doing, as one unit may see it: its own sector, and everybody.
type Peers struct {
	Revision int
	AsOf     time.Time
	K        int    // every count is rounded down to a multiple of it
	Sector   string // the reader's
	Own      *Peer  // nil when it cannot be shown
	All      *Peer  // nil when it cannot be shown
}

// A Peer is a cell as peers see it. Its counts are lower bounds: each is that or at most K-1 more.
type Peer struct {
	Units    int
	Answered int
	Fixed    int
	Median   time.Duration // half of the counted answers came within it, of Bands; 0 when too few came, Longer when it took longer
}

// Bands are the times within which answers came, as they are told to peers: one unit's own time is none of them.
var Bands = [...]time.Duration{time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 72 * time.Hour, 7 * 24 * time.Hour}

// Longer is a median beyond Bands.
const Longer = time.Duration(1<<63 - 1)

// band is the index in Sector.Within of an answer that took d.
func band(d time.Duration) int {
	i, _ := slices.BinarySearchFunc(Bands[:], d, func(b, d time.Duration) int { return cmp.Compare(b, d) })
	return i
}

// Peers tells a unit how its sector and everybody are doing, in the newest revision that it received. To a unit that did not
// get the warning it does not exist.
func (s *Service) Peers(ctx context.Context, by member.Actor, id string) (p Peers, err error) {
	if err := reader(by); err != nil {
		return p, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err := s.mine(ctx, tx, by, id, "")
		if err != nil {
			return err
		}
		if p.Sector, err = db.Get(ctx, tx, db.Value[string], `SELECT sector FROM org WHERE id = $1`, by.OrgID); err != nil {
			return err
		}
		var cs []Coverage
		for n := 1; n <= r.Revision; n++ {
			c, err := s.counted.of(ctx, s, tx, id, n)
			if err != nil {
				return err
			}
			cs = append(cs, c)
		}
		p.K, p.Revision, p.AsOf = cmp.Or(s.PeersMin, DefaultPeers), r.Revision, cs[len(cs)-1].AsOf
		all, sectors := Blurred(p.K, cs)
		p.All = all
		if own, ok := sectors[p.Sector]; ok {
			p.Own = &own
		}
		return nil
	})
	if err != nil {
		return Peers{}, fmt.Errorf("peers of warning %s: %w", id, err)
	}
	return p, nil
}

// Blurred is what may be told of the last of a warning's revisions to those who are counted in it: everybody, and each
// sector that may be told. Nothing of it, nor any difference of it, is about fewer than k units, and nobody can learn from
// it that one of some known units fewer than k has not answered:
//
//   - a sector with fewer than k units is not told;
//   - what remains of everybody without any of the sectors that are told is nothing, or k units and more: where it is
//     fewer, the smallest sectors are held back as well;
//   - every count is rounded down to a multiple of k, so that it moves by k units or not at all, whether one compares it
//     with the one before, with another revision's or with another cell's;
//   - a sector that was told of an earlier revision and may not be told of this one takes everything with it: the one
//     could be subtracted from the other.
func Blurred(k int, revisions []Coverage) (all *Peer, sectors map[string]Peer) {
	told := map[string]bool{}
	for _, c := range revisions {
		all, sectors = nil, map[string]Peer{}
		shown := tellable(k, c)
		for name := range told {
			if n := unitsOf(c, name); n > 0 && !shown[name] {
				return nil, sectors
			}
		}
		if c.Recipients < k {
			continue
		}
		for name := range shown {
			told[name] = true
		}
		x := blur(k, cells(c, nil))
		all = &x
		for name := range shown {
			sectors[name] = blur(k, cells(c, &name))
		}
	}
	return all, sectors
}

// tellable are the sectors that may be told.
func tellable(k int, c Coverage) map[string]bool {
	var names []string
	rest := c.Recipients
	for _, s := range c.BySector {
		if s.Name != "" && s.Recipients >= k {
			names = append(names, s.Name)
			rest -= s.Recipients
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(unitsOf(c, b), unitsOf(c, a)), cmp.Compare(a, b))
	})
	for rest > 0 && rest < k && len(names) > 0 {
		last := names[len(names)-1]
		names, rest = names[:len(names)-1], rest+unitsOf(c, last)
	}
	out := map[string]bool{}
	for _, name := range names {
		out[name] = true
	}
	return out
}

func unitsOf(c Coverage, sector string) int { return cells(c, &sector).Recipients }

// cells is one sector's, or all together.
func cells(c Coverage, sector *string) (out Sector) {
	for _, s := range c.BySector {
		if sector == nil || s.Name == *sector {
			out.Recipients += s.Recipients
			out.Answered += s.Answered
			out.Fixed += s.Fixed
			for i, n := range s.Within {
				out.Within[i] += n
			}
		}
	}
	return out
}

func blur(k int, s Sector) Peer {
	down := func(n int) int { return n / k * k }
	p := Peer{Units: down(s.Recipients), Answered: down(s.Answered), Fixed: down(s.Fixed)}
	timed := 0
	for _, n := range s.Within {
		timed += n
	}
	half, seen := (down(timed)+1)/2, 0 // of the first answers: the next k-1 change nothing
	for i, n := range s.Within {
		if seen += n; half > 0 && seen >= half {
			if i == len(Bands) {
				p.Median = Longer
			} else {
				p.Median = Bands[i]
			}
			break
		}
	}
	return p
}

// Least is the share, in per cent, that n units of the cell are at least.
func (p Peer) Least(n, k int) int { return 100 * n / max(p.Units+k-1, 1) }
