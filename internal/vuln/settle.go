// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
)

// Settle does what imports whose process died could not do at their end, without waiting for somebody to import again: the
// tables are put in order, the run is ended (Interrupted), and what it took in is told. A place that is imported from again
// and again has its turn as after a failure, and goes on where it was. An import is dead when it gives no sign of life for
// the lease, by this machine's own watch. Safe to run at any time, on any node.
func (s *Service) Settle(ctx context.Context) error {
	was, err := s.running(ctx)
	if err != nil || len(was) == 0 {
		return err
	}
	select {
	case <-time.After(s.lease()):
	case <-ctx.Done():
		return nil
	}
	now, err := s.running(ctx)
	if err != nil {
		return err
	}
	for _, r := range silent(was, now) {
		// the tables first: whoever dies at this is followed by another one
		if err := s.DB.Tx(ctx, func(tx *db.Tx) error { return settleIndex(ctx, tx, r.New+r.Changed) }); err != nil {
			return fmt.Errorf("put in order what a dead import has left: %w", err)
		}
		if err := s.DB.Tx(ctx, func(tx *db.Tx) error { return s.endDead(ctx, tx, r) }); err != nil {
			return fmt.Errorf("end a dead import: %w", err)
		}
	}
	return nil
}

// silent are the runs that have given no sign of life between two looks.
func silent(was, now []Run) (out []Run) {
	for _, r := range now {
		if slices.ContainsFunc(was, func(x Run) bool { return x.ID == r.ID && x.Beat.Equal(r.Beat) }) {
			out = append(out, r)
		}
	}
	return out
}

// running returns the imports that have not ended, dead or not.
func (s *Service) running(ctx context.Context) (rs []Run, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rs, err = running(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list running imports: %w", err)
	}
	return rs, nil
}

func running(ctx context.Context, tx *db.Tx) ([]Run, error) {
	return db.List(ctx, tx, scanRun, `SELECT `+runColumns+` FROM import_run WHERE state = $1 ORDER BY started_at`, Running)
}

// endDead ends a run that was found dead, unless it has come to life, or somebody else has taken it over.
func (s *Service) endDead(ctx context.Context, tx *db.Tx, r Run) error {
	if _, err := db.Next(ctx, tx, "vuln/import"); err != nil { // the row is the lock of those who begin
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE import_run SET state = $1, ended_at = beat_at WHERE id = $2 AND state = $3 AND beat_at = $4`, Interrupted, r.ID, Running, db.At(r.Beat))
	if err != nil || n == 0 {
		return err
	}
	for _, f := range s.Feeds {
		if f.Kind != r.Kind || f.name() != r.Source {
			continue
		}
		failures, err := db.List(ctx, tx, db.Value[int], `SELECT failures FROM import_source WHERE kind = $1 AND source = $2`, r.Kind, r.Source)
		if err != nil {
			return err
		}
		for _, n := range failures {
			if _, err := tx.Exec(ctx, `UPDATE import_source SET failures = failures + 1, next_at = CASE WHEN next_at > $1 THEN $1 ELSE next_at END WHERE kind = $2 AND source = $3`,
				db.At(tx.Now.Add(f.after(n))), r.Kind, r.Source); err != nil {
				return err
			}
		}
	}
	return s.told(ctx, tx, r)
}

// told records what a run took in whose process died.
func (s *Service) told(ctx context.Context, tx *db.Tx, r Run) error {
	r.State = Interrupted
	_, err := s.Events.Record(ctx, tx, member.System().By(), r.event())
	return err
}
