// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// fresh is how long figures that nobody has signed are kept: the page is public, and making them reads every duty.
const fresh = 10 * time.Minute

// memory keeps the figures that were made last, by period.
type memory struct {
	mu   sync.Mutex
	by   map[string]kept
	busy map[string]chan struct{}
}

type kept struct {
	f  Figures
	at time.Time
}

// Live makes the figures of a period that has begun, as they stand now, without what fell overdue at members: that stands
// in editions alone, because whoever compared two days could see one member's doings in the difference. It is open to everybody.
func (s *Service) Live(ctx context.Context, period string) (Figures, error) {
	now := s.DB.Clock.Now()
	p, err := ParsePeriod(period, now)
	if err != nil {
		return Figures{}, err
	}
	for {
		s.live.mu.Lock()
		k, ok := s.live.by[p.Name]
		if ok && !now.Before(k.at) && now.Sub(k.at) < fresh {
			s.live.mu.Unlock()
			return k.f, nil
		}
		wait, busy := s.live.busy[p.Name]
		if !busy {
			break
		}
		s.live.mu.Unlock() // somebody makes them already
		select {
		case <-wait:
		case <-ctx.Done():
			return Figures{}, ctx.Err()
		}
	}
	done := make(chan struct{})
	if s.live.busy == nil {
		s.live.busy, s.live.by = map[string]chan struct{}{}, map[string]kept{}
	}
	s.live.busy[p.Name] = done
	s.live.mu.Unlock()
	defer func() { // whatever becomes of it: who waits must not wait for ever
		s.live.mu.Lock()
		defer s.live.mu.Unlock()
		delete(s.live.busy, p.Name)
		close(done)
	}()
	f, err := s.make(ctx, p)
	if err != nil {
		return Figures{}, fmt.Errorf("figures of %s: %w", p.Name, err)
	}
	s.live.mu.Lock()
	defer s.live.mu.Unlock()
	s.live.by[p.Name] = kept{f, now}
	return f, nil
}

func (s *Service) make(ctx context.Context, p Period) (f Figures, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if err := begun(ctx, tx, p); err != nil {
			return err
		}
		f, err = s.measure(ctx, tx, p)
		return err
	})
	return f, err
}

// begun says that there is no such period before this platform began, or ahead: pages of the past and of the future cannot
// be asked for without end.
func begun(ctx context.Context, tx *db.Tx, p Period) error {
	first, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT MIN(at) FROM event`)
	if err != nil {
		return err
	}
	if p.Name != Rolling && (p.From.After(tx.Now) || first.IsZero() || !p.Until.After(first.Time)) {
		return fault.Missing()
	}
	return nil
}

// Periods are those that have figures: the last twelve months, then years and quarters, the newest first. It is open to
// everybody.
func (s *Service) Periods(ctx context.Context) (out []Period, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		first, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT MIN(at) FROM event`)
		if err != nil {
			return err
		}
		rolling, err := ParsePeriod(Rolling, tx.Now)
		if err != nil {
			return err
		}
		out = append(out, rolling)
		if first.IsZero() {
			return nil
		}
		for q, years := (Period{Until: tx.Now.Add(1)}).lastQuarters(1)[0], 0; q.Until.After(first.Time) && years < 100; years++ {
			year, err := ParsePeriod(q.Name[:4], tx.Now)
			if err != nil {
				return err
			}
			out = append(out, year)
			for ; !q.From.Before(year.From) && q.Until.After(first.Time); q = (Period{Until: q.From}).lastQuarters(1)[0] {
				out = append(out, q)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("periods with figures: %w", err)
	}
	return out, nil
}
