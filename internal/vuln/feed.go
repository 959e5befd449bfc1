// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Feed is a place from which records are taken again and again.
type Feed struct {
	Kind   string // one of Kinds
	Source string // path or https URL
	Every  time.Duration
}

// name is the source as runs have it.
func (f Feed) name() string {
	if web(f.Source) {
		return f.Source
	}
	if at, err := filepath.Abs(f.Source); err == nil {
		return at
	}
	return f.Source
}

// after is when a place is looked at again that has failed, so many times in a row before.
func (f Feed) after(failures int) time.Duration { return min(f.Every, retry<<min(failures, 20)) }

// retry is when a place that failed is looked at again for the first time; each further failure doubles it, up to the
// place's own interval.
const retry = 5 * time.Minute

// Refresh imports from every feed whose time has come, one after the other, and says which failed. A failure is a run
// of its own, so that it is seen; it is tried again earlier than the feed's turn. Safe on several nodes at once.
func (s *Service) Refresh(ctx context.Context) error {
	var errs []error
	for _, f := range s.Feeds {
		due, failures, err := s.claim(ctx, f)
		if err != nil {
			return fmt.Errorf("imports: %w", err)
		}
		if !due {
			continue
		}
		in := Input{Kind: f.Kind, Source: f.Source}
		r, err := s.Import(ctx, member.System(), in)
		next := f.Every
		switch {
		case err == nil && r.State == Done:
			failures = 0
		case ctx.Err() != nil: // this node stops: whoever is there next goes on, and not when the place's interval has passed
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			return errors.Join(ctx.Err(), s.schedule(last, f, 0, failures))
		case fault.Is(err, fault.Conflict): // another import is running
			next = min(f.Every, time.Minute)
		default:
			if err != nil && r.ID == "" { // it failed before it began
				in.Name = f.name()
				why := err
				_, err = s.during(ctx, member.System(), in, "", 0, func(context.Context, *Run) error { return why })
			}
			next = f.after(failures)
			failures++
			errs = append(errs, err)
		}
		if err := s.schedule(ctx, f, next, failures); err != nil {
			return fmt.Errorf("imports: %w", err)
		}
	}
	return errors.Join(errs...)
}

// claim reports whether a feed's time has come, and puts it off so that no other node takes it as well.
func (s *Service) claim(ctx context.Context, f Feed) (due bool, failures int, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		due = false
		n, err := tx.Exec(ctx, `INSERT INTO import_source (kind, source, etag, modified, run_id, next_at, failures) VALUES ($1,$2,'','','',$3,0) ON CONFLICT (kind, source) DO NOTHING`, f.Kind, f.name(), db.At(tx.Now.Add(f.Every)))
		if err != nil || n > 0 {
			due = n > 0
			return err
		}
		failures, err = db.Get(ctx, tx, db.Value[int], `UPDATE import_source SET next_at = $1 WHERE kind = $2 AND source = $3 AND (next_at IS NULL OR next_at <= $4) RETURNING failures`, db.At(tx.Now.Add(f.Every)), f.Kind, f.name(), db.At(tx.Now))
		switch {
		case fault.Is(err, fault.NotFound):
			return nil
		case err == nil:
			due = true
		}
		return err
	})
	return due, failures, err
}

func (s *Service) schedule(ctx context.Context, f Feed, next time.Duration, failures int) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE import_source SET next_at = $1, failures = $2 WHERE kind = $3 AND source = $4`, db.At(tx.Now.Add(next)), failures, f.Kind, f.name())
		return err
	})
}

// Late are the feeds that have failed, or have not been imported for three times their interval: what is known from them
// may be old.
func (s *Service) Late(ctx context.Context) (out []Stand, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out = nil
		stands, err := s.stands(ctx, tx)
		for _, f := range s.Feeds {
			x := Stand{Kind: f.Kind, Source: f.name()}
			for _, y := range stands {
				if y.Kind == x.Kind && y.Source == x.Source {
					x = y
				}
			}
			if x.Failures > 0 || x.Good.IsZero() || tx.Now.Sub(x.Good) > 3*f.Every {
				out = append(out, x)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("late imports: %w", err)
	}
	return out, nil
}
