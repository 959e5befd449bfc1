// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// packName is how the packs call an anchor.
func packName(anchor string) string {
	if anchor == learned {
		return packLearned
	}
	return anchor
}

// again derives what a duty comes to at now, from everything that was asserted, done and decided until then, by the
// version of the pack that it was made with. Faults: Conflict when that version is not here.
func (d Duty) again(anchors []Anchor, acts []Act, now time.Time) (Duty, error) {
	law := lawpack.Lookup(d.Rule, d.Pack)
	if law == nil || d.Pack != "" && law.Pack().Ref() != d.Pack {
		return d, fault.Clash("duty.pack-gone", d.Pack)
	}
	in := lawpack.Input{Now: now}
	for _, a := range anchors {
		in.Anchors = append(in.Anchors, lawpack.Anchor{Name: packName(a.Name), At: a.At, RecordedAt: a.RecordedAt})
	}
	for _, a := range acts {
		a.into(&in, d.Rule, now)
	}
	o := in.Again(law)
	d.AnchorAt, d.DueAt, d.LatestAt = o.AnchorAt, o.DueAt, o.LatestAt
	d.VoidAt, d.VoidWhy, d.Waived, d.PausedAt = time.Time{}, "", false, time.Time{}
	for _, a := range acts {
		if !a.counts(now) {
			continue
		}
		switch {
		case a.Kind == Waiving, a.Kind == Voiding:
			if d.VoidAt.IsZero() || a.SignedAt.Before(d.VoidAt) {
				d.VoidAt, d.Waived = a.SignedAt, a.Kind == Waiving
			}
		case a.Kind == Pausing && a.endAt(now).IsZero():
			d.PausedAt, d.DueAt, d.LatestAt = a.From, time.Time{}, time.Time{}
		}
	}
	return d, nil
}

// changed reports whether an act made another thing of the duty.
func (d Duty) changed(is Duty) bool {
	return !d.AnchorAt.Equal(is.AnchorAt) || !d.DueAt.Equal(is.DueAt) || !d.LatestAt.Equal(is.LatestAt) ||
		!d.PausedAt.Equal(is.PausedAt) || !d.VoidAt.Equal(is.VoidAt) || d.Waived != is.Waived
}

// later reports whether an act gave more time or ended the duty: nobody does that without the supervisor's knowing.
func (d Duty) later(is Duty) bool {
	moved := func(was, now time.Time) bool { return orNever(now).After(orNever(was)) }
	return moved(d.DueAt, is.DueAt) || moved(d.LatestAt, is.LatestAt) || d.VoidAt.IsZero() && !is.VoidAt.IsZero()
}

// settle writes what a duty comes to after an act, which eventID records, and keeps what it came to before. Reminders
// that were noted stay noted; the next one is that of the new due time.
func (s *Service) settle(ctx context.Context, tx *db.Tx, was, is Duty, eventID string) error {
	if !was.changed(is) {
		return nil
	}
	at := tx.Now
	for _, from := range []time.Time{was.CreatedAt, was.Since} {
		if at.Before(from) { // another node's clock is ahead
			at = from
		}
	}
	if _, err := tx.Exec(ctx, `INSERT INTO duty_past (duty_id, n, from_at, until_at, anchor, anchor_at, due_at, latest_at, paused_at, ended, void_at, void_why, event_id)
		SELECT id, (SELECT count(*) + 1 FROM duty_past p WHERE p.duty_id = duty.id), COALESCE(since, created_at), $1, anchor, anchor_at, due_at, latest_at,
		paused_at, ended, void_at, void_why, $2 FROM duty WHERE id = $3`, db.At(at), eventID, was.ID); err != nil {
		return fmt.Errorf("keep what duty %s came to: %w", was.ID, err)
	}
	noted, err := db.Get(ctx, tx, db.Value[int], `SELECT COALESCE(MAX(step), 0) FROM duty_reminder WHERE duty_id = $1`, was.ID)
	if err != nil {
		return err
	}
	var remind time.Time // of a clock that stands still, or waits, nobody is reminded
	if !is.DueAt.IsZero() {
		_, remind = is.after(noted)
	}
	ended := ""
	if is.Waived {
		ended = string(Waived)
	}
	a := db.Args{db.At(orNever(is.AnchorAt)), db.At(orNever(is.DueAt)), db.At(orNever(is.LatestAt)), db.At(is.PausedAt), ended,
		db.At(is.VoidAt), db.Opt(is.VoidWhy), db.At(at), db.At(remind), was.ID}
	open := `CASE WHEN met_at IS NULL THEN ` + strconv.Itoa(unbounded) + ` ELSE lasted END`
	if !is.VoidAt.IsZero() {
		open = lasted(&a, latest(is.VoidAt, at))
	}
	if _, err := tx.Exec(ctx, `UPDATE duty SET anchor_at = $1, due_at = $2, latest_at = $3, paused_at = $4, ended = $5, void_at = $6, void_why = $7, since = $8, remind_at = $9,
		lasted = `+open+` WHERE id = $10`, a...); err != nil {
		return fmt.Errorf("settle duty %s: %w", was.ID, err)
	}
	return nil
}

// A Past is what a duty came to from Since until Until, when an event changed it.
type Past struct {
	Duty    // as it stood
	Until   time.Time
	EventID string
}

// pasts returns what a duty came to before, oldest first.
func pasts(ctx context.Context, tx *db.Tx, d Duty) ([]Past, error) {
	return db.List(ctx, tx, func(r db.Row) (p Past, err error) {
		var from, until, anchor, due, latest, paused, void db.Time
		var ended string
		p.Duty = d
		err = r.Scan(&from, &until, &p.Anchor, &anchor, &due, &latest, &paused, &ended, &void, db.Null(&p.VoidWhy), &p.EventID)
		p.Since, p.Until, p.AnchorAt, p.DueAt, p.LatestAt = from.Time, until.Time, unlessNever(anchor.Time), unlessNever(due.Time), unlessNever(latest.Time)
		p.PausedAt, p.VoidAt, p.Waived = paused.Time, void.Time, ended == string(Waived)
		return p, err
	}, `SELECT from_at, until_at, anchor, anchor_at, due_at, latest_at, paused_at, ended, void_at, void_why, event_id FROM duty_past WHERE duty_id = $1 ORDER BY n`, d.ID)
}
