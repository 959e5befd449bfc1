// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// An ending is what is written about an outcome.
type ending struct {
	d    Delivery
	had  int    // attempts that the row must have
	word string // of the attempt, "" when there was none
	o    outcome
}

// ends says what an outcome makes of a delivery.
func (o outcome) ends(now time.Time) ending {
	d := o.d
	var why Reason
	e := ending{had: o.d.Attempts, o: o}
	d.DoneAt, d.NextAt = time.Time{}, time.Time{}
	var permanent Permanent
	var asked Later
	born := later(d.CreatedAt, d.ReplayedAt)
	tries := d.Attempts - d.Replayed
	switch {
	case !o.until.IsZero():
		d.State, d.NextAt, why = Queued, o.until, cmp.Or(o.why, d.Why)
		d.Attempts--
		if !o.silent.IsZero() && now.Sub(later(born, o.silent)) > giveUp {
			d.State, d.DoneAt, d.NextAt = Failed, now, time.Time{}
			why = Reason{Code: Silent, Host: hostOf(d, o.m), Since: o.silent.UTC()}
		}
	case o.err == nil:
		d.State, d.DoneAt, e.word = Delivered, now, "delivered"
	case errors.Is(o.err, ErrSuperseded):
		d.State, d.DoneAt, e.word = Superseded, now, "superseded"
	case errors.As(o.err, &permanent) || tries >= len(schedule):
		d.State, d.DoneAt, e.word, why = Failed, now, "failed", o.reason()
	default:
		wait := schedule[max(tries, 0)]
		wait += time.Duration(rand.Int64N(int64(wait)/10 + 1))
		if errors.As(o.err, &asked) {
			wait = max(wait, min(asked.After, askedMost))
		}
		d.State, d.NextAt, e.word, why = Queued, now.Add(wait), "retry", o.reason()
	}
	d.Why = why
	e.d = d
	return e
}

// A follow error is one of a purpose at an ending: all else could be recorded.
type follow struct{ error }

// Unwrap returns the cause.
func (f follow) Unwrap() error { return f.error }

// unfollowed is an outcome that cannot be recorded as what it is, because what its purpose does then fails: the message is
// tried again by the schedule, and fails for good at its end, without its purpose. Else it would be sent at the end of each
// lease, for ever.
func (o outcome) unfollowed() outcome {
	o.err, o.until = errPoison, time.Time{}
	return o
}

// errorsMost is how many outcomes in a row cannot be recorded alone before the others are left for later, too.
const errorsMost = 3

// record ends or reschedules the deliveries of a group in one transaction, and keeps what has been learned of lanes. When the
// group cannot be recorded as one, each is recorded alone, so that one bad row does not keep the others, and neither the
// lanes. left could not be recorded; saved tells whether lanes are kept.
func (s *Sender) record(ctx context.Context, group []outcome, lanes []lane) (left []outcome, saved bool, err error) {
	if err := s.recordGroup(ctx, group, lanes, true); err == nil || len(group) == 0 {
		return nil, err == nil, err
	}
	var errs []error
	for i, o := range group {
		err := s.recordGroup(ctx, []outcome{o}, nil, true)
		var f follow
		if errors.As(err, &f) {
			errs = append(errs, err)
			err = s.recordGroup(ctx, []outcome{o.unfollowed()}, nil, false)
		}
		if err == nil {
			continue
		}
		errs, left = append(errs, err), append(left, o)
		if n := len(left); n >= errorsMost && i+1 < len(group) && left[n-errorsMost].item == group[i+1-errorsMost].item { // the database is away; the next time, the others are first
			return append(slices.Clone(group[i+1:]), left...), false, errors.Join(errs...)
		}
	}
	saved = true
	if len(lanes) > 0 {
		if err := s.recordGroup(ctx, nil, lanes, true); err != nil {
			saved, errs = false, append(errs, err)
		}
	}
	return left, saved, errors.Join(errs...)
}

func (s *Sender) recordGroup(ctx context.Context, group []outcome, lanes []lane, followed bool) error {
	var settle func()
	err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		var rows, items []ending
		for _, o := range group {
			if e := o.ends(tx.Now); o.b == nil {
				rows = append(rows, e)
			} else {
				items = append(items, e)
			}
		}
		more, done, err := s.recordItems(ctx, tx, items)
		if err != nil {
			return err
		}
		settle = done
		counted, err := s.recordRows(ctx, tx, rows)
		if err != nil {
			return err
		}
		counted = append(counted, more...)
		var attempts [][]any
		for _, e := range counted {
			if e.word != "" {
				attempts = append(attempts, []any{e.d.ID, e.d.Attempts, db.At(e.o.at), e.word, e.o.status, e.d.Why.Stored(), e.o.took.Milliseconds()})
			}
		}
		if err := db.Bulk(ctx, tx, `delivery_attempt (delivery_id, n, at, outcome, status, detail, ms)`, "", attempts); err != nil {
			return err
		}
		for _, e := range counted {
			if followed && (e.d.State == Delivered || e.d.State == Failed) {
				if err := s.ended(ctx, tx, e.d); err != nil {
					return err
				}
			}
		}
		slices.SortFunc(lanes, func(a, b lane) int { return strings.Compare(a.name, b.name) }) // written in one order by everybody
		for i := range lanes {
			if err := saveLane(ctx, tx, &lanes[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record deliveries: %w", err)
	}
	settle()
	return nil
}

// ended tells a purpose how a delivery has ended.
func (s *Sender) ended(ctx context.Context, tx *db.Tx, d Delivery) (err error) {
	p, ok := s.Purposes[d.Purpose]
	if !ok {
		return nil
	}
	defer func() {
		if x := recover(); x != nil {
			s.report(fmt.Errorf("ending %s: panic at %s", d.ID, debug.Stack()))
			err = follow{fmt.Errorf("delivery %s: %w", d.ID, errPoison)}
		}
	}()
	if err := p.Ended(ctx, tx, d); err != nil {
		return follow{fmt.Errorf("delivery %s: %w", d.ID, err)}
	}
	return nil
}

// recordRows writes outcomes of deliveries that have rows, and returns those that counted: where another node took over
// after the lease, its outcome counts. What arrived has arrived, even if it was superseded on its way.
func (s *Sender) recordRows(ctx context.Context, tx *db.Tx, es []ending) (out []ending, err error) {
	when, most := "TEXT", 50
	if tx.Engine == db.PostgreSQL {
		when, most = "TIMESTAMPTZ", 300
	}
	for len(es) > 0 {
		var a db.Args
		var values strings.Builder
		at := make(map[string]int, min(len(es), most))
		for i, e := range es[:min(len(es), most)] {
			if _, twice := at[e.d.ID]; twice { // this node has taken it again after its lease
				break
			}
			at[e.d.ID] = i
			cast := func(v any, kind string) string {
				if i > 0 {
					return a.P(v)
				}
				return "CAST(" + a.P(v) + " AS " + kind + ")"
			}
			if i > 0 {
				values.WriteByte(',')
			}
			values.WriteString("(" + cast(e.d.ID, "TEXT") + "," + cast(e.had, "BIGINT") + "," + cast(e.d.Attempts, "BIGINT") + "," + cast(e.d.State, "TEXT") + "," +
				cast(db.At(e.d.NextAt), when) + "," + cast(e.d.Why.Stored(), "TEXT") + "," + cast(db.At(e.d.DoneAt), when) + ")")
		}
		ids, err := db.List(ctx, tx, db.Value[string], `WITH v (k, had, tries, s, due, why, done) AS (VALUES `+values.String()+`) UPDATE delivery
			SET state = v.s, attempts = v.tries, next_at = v.due, last_error = v.why, done_at = v.done
			FROM v WHERE id = v.k AND (state = 'queued' OR state = 'superseded' AND v.s = 'delivered') AND attempts = v.had RETURNING id`, a...)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			out = append(out, es[at[id]])
		}
		es = es[len(at):]
	}
	return out, nil
}

// recordItems gives deliveries of batches their rows. done is to be called when the transaction has ended well.
func (s *Sender) recordItems(ctx context.Context, tx *db.Tx, es []ending) (out []ending, done func(), err error) {
	of := map[*claimed][]ending{}
	var order []*claimed
	for _, e := range es {
		if of[e.o.b] == nil {
			order = append(order, e.o.b)
		}
		of[e.o.b] = append(of[e.o.b], e)
	}
	slices.SortFunc(order, func(a, b *claimed) int { return strings.Compare(a.id, b.id) }) // locked in one order by everybody
	type count struct {
		c     *claimed
		n     int
		until time.Time
	}
	var counts []count
	var rows [][]any
	for _, c := range order {
		x := count{c: c, n: len(of[c]), until: c.until}
		now, err := db.List(ctx, tx, scanBatch, `SELECT `+batchColumns+` FROM delivery_batch WHERE id = $1`+tx.ForUpdate(), c.id)
		if err != nil {
			return nil, nil, err
		}
		ours := len(now) == 1 && now[0].claims == c.claims
		made := 0
		for _, e := range of[c] {
			if ours && e.d.State == Queued && now[0].state == Superseded {
				e.d.State, e.d.NextAt, e.d.DoneAt = Superseded, time.Time{}, now[0].done
				if e.word == "" { // it stays what the batch is
					continue
				}
			}
			if e.word == "" && e.d.State == Queued && e.d.Why.None() { // with a reason it gets a row, which says so
				if x.until.IsZero() || e.d.NextAt.Before(x.until) {
					x.until = e.d.NextAt
				}
				continue
			}
			if !ours {
				continue
			}
			made++
			out = append(out, e)
			rows = append(rows, []any{e.d.ID, e.d.Purpose, e.d.Subject, e.d.OrgID, e.d.Channel, e.d.Destination, e.d.State, e.d.Attempts, db.At(e.d.NextAt), e.d.Why.Stored(), db.At(e.d.CreatedAt), db.At(e.d.DoneAt)})
		}
		counts = append(counts, x)
		if !ours {
			continue
		}
		waiting := now[0].waiting - made
		switch {
		case waiting <= 0:
			_, err = tx.Exec(ctx, `DELETE FROM delivery_batch WHERE id = $1`, c.id)
		case now[0].state == Queued && c.left == x.n: // all that was claimed is accounted for, and some of it was put off
			_, err = tx.Exec(ctx, `UPDATE delivery_batch SET waiting = $1, next_at = $2 WHERE id = $3`, waiting, db.At(cmp.Or(x.until, tx.Now)), c.id)
		case made > 0:
			_, err = tx.Exec(ctx, `UPDATE delivery_batch SET waiting = $1 WHERE id = $2`, waiting, c.id)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	done = func() {
		for _, x := range counts {
			x.c.left -= x.n
			x.c.until = x.until
		}
	}
	return out, done, db.Bulk(ctx, tx, `delivery (id, purpose, subject, org_id, channel, destination, state, attempts, next_at, last_error, created_at, done_at)`, "", rows)
}
