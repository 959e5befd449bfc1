// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/seal"
)

// A Line says how one channel is doing.
type Line struct {
	Channel  string
	NotReady string    // what it lacks, in words; "" when it can send
	First    int64     // wait for their first attempt
	Again    int64     // wait for a further one
	Failed   int64     // for good
	Oldest   time.Time // when the oldest that waits was made; zero when none does
	Next     time.Time // when the first of them is due
}

// Lines says how each channel is doing: those that the node has and those that something waits for.
func (s *Sender) Lines(ctx context.Context, tx *db.Tx) ([]Line, error) {
	by := map[string]*Line{}
	line := func(channel string) *Line {
		if by[channel] == nil {
			by[channel] = &Line{Channel: channel}
			if _, ok := s.Channels[channel]; !ok {
				by[channel].NotReady = "the platform has no such channel"
			} else if err := s.ready(channel); err != nil {
				by[channel].NotReady = err.Error()
			}
		}
		return by[channel]
	}
	for channel := range s.Channels {
		line(channel)
	}
	type row struct {
		channel, what string
		n             int64
		oldest, next  db.Time
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.channel, &x.what, &x.n, &x.oldest, &x.next) },
		`SELECT channel, CASE WHEN attempts = 0 THEN 'first' ELSE 'again' END, count(*), min(created_at), min(next_at) FROM delivery WHERE state = 'queued' GROUP BY 1, 2
		UNION ALL SELECT channel, 'first', CAST(sum(waiting) AS BIGINT), min(created_at), min(next_at) FROM delivery_batch WHERE state = 'queued' GROUP BY channel
		UNION ALL SELECT channel, 'failed', count(*), max(done_at), max(next_at) FROM delivery WHERE state = 'failed' GROUP BY channel`)
	for _, x := range rows {
		l := line(x.channel)
		switch x.what {
		case "first":
			l.First += x.n
		case "again":
			l.Again += x.n
		default:
			l.Failed += x.n
			continue
		}
		if l.Oldest.IsZero() || x.oldest.Before(l.Oldest) {
			l.Oldest = x.oldest.Time
		}
		if l.Next.IsZero() || x.next.Before(l.Next) {
			l.Next = x.next.Time
		}
	}
	var out []Line
	for _, l := range by {
		out = append(out, *l)
	}
	rank := map[string]int{Email: -3, Webhook: -2, SMS: -1} // those that most have come first
	slices.SortFunc(out, func(a, b Line) int {
		return cmp.Or(rank[a.Channel]-rank[b.Channel], strings.Compare(a.Channel, b.Channel))
	})
	return out, err
}

// A Wait is what waits for one reason.
type Wait struct {
	Channel string
	Why     Reason
	N       int64
	Oldest  time.Time // when the oldest of them was made
	Next    time.Time // when the first of them is tried next
}

// Waits says what waits and why, most first, where a reason is known: of what was tried, or was put off because its
// destination is left alone. At most 500 reasons.
func Waits(ctx context.Context, tx *db.Tx) ([]Wait, error) {
	return db.List(ctx, tx, func(r db.Row) (w Wait, err error) {
		var why string
		var oldest, next db.Time
		err = r.Scan(&w.Channel, &why, &w.N, &oldest, &next)
		w.Why, w.Oldest, w.Next = reasonIn(why), oldest.Time, next.Time
		return w, err
	}, `SELECT channel, last_error, count(*), min(created_at), min(next_at) FROM delivery WHERE state = 'queued' AND last_error <> '' GROUP BY channel, last_error ORDER BY 3 DESC, 1, 2 LIMIT 500`)
}

// Waiting returns deliveries that wait for a reason that is known, the oldest first.
func Waiting(ctx context.Context, tx *db.Tx, limit int) ([]Delivery, error) {
	return db.List(ctx, tx, scan, `SELECT `+columns+` FROM delivery WHERE state = 'queued' AND last_error <> '' ORDER BY created_at, id LIMIT $1`, limit)
}

// FailedAfter returns deliveries that failed for good, the latest first, of one channel or, with "", of all; before is the
// last of the page before, or nil.
func FailedAfter(ctx context.Context, tx *db.Tx, channel string, before *Delivery, limit int) ([]Delivery, error) {
	var a db.Args
	where := `state = 'failed'`
	if channel != "" {
		where += ` AND channel = ` + a.P(channel)
	}
	if before != nil {
		at := a.P(db.At(before.DoneAt))
		where += ` AND (done_at < ` + at + ` OR done_at = ` + at + ` AND id < ` + a.P(before.ID) + `)`
	}
	return db.List(ctx, tx, scan, `SELECT `+columns+` FROM delivery WHERE `+where+` ORDER BY done_at DESC, id DESC LIMIT `+a.P(limit), a...)
}

// Get returns a delivery that has a row, by its ID or Name.
func Get(ctx context.Context, tx *db.Tx, k *seal.Keyring, id string) (Delivery, error) {
	ids, err := resolve(ctx, tx, k, []string{id})
	if err != nil {
		return Delivery{}, err
	}
	d, err := db.Get(ctx, tx, scan, `SELECT `+columns+` FROM delivery WHERE id = $1`, ids[0])
	return d.Named(k), err
}

// Replay sends deliveries once more that failed for good: the schedule begins anew, the attempts before stay on record. What
// an address had refused for good counts no more. It returns those that it queued; others had not failed.
func Replay(ctx context.Context, tx *db.Tx, k *seal.Keyring, ids []string) (out []Delivery, err error) {
	if ids, err = resolve(ctx, tx, k, ids); err != nil {
		return nil, err
	}
	for part := range slices.Chunk(ids, 390) {
		var a db.Args
		now := a.P(db.At(tx.Now))
		ds, err := db.List(ctx, tx, scan, `UPDATE delivery SET state = 'queued', next_at = `+now+`, done_at = NULL, replayed = attempts, replayed_at = `+now+`
			WHERE state = 'failed' AND id IN `+db.In(&a, part)+` RETURNING `+columns, a...)
		if err != nil {
			return nil, err
		}
		out = append(out, ds...)
	}
	gone, err := db.List(ctx, tx, db.Value[string], `SELECT name FROM delivery_lane WHERE name LIKE 'gone/%'`)
	if err != nil || len(gone) == 0 {
		return out, err
	}
	again := map[string]bool{}
	for _, d := range out {
		again[goneOf(d)] = true
	}
	for _, name := range gone {
		if again[name[:strings.LastIndexByte(name, '/')+1]] {
			if _, err := tx.Exec(ctx, `DELETE FROM delivery_lane WHERE name = $1`, name); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// A Health says how the deliveries of an organisation to one address have gone.
type Health struct {
	Channel     string
	Destination string // "" for the main address
	Delivered   time.Time
	Failed      time.Time // the latest failed attempt, for good or not
	Why         Reason    // of that one
	Waiting     int64
}

// Well reports whether the latest attempt arrived.
func (h Health) Well() bool { return h.Delivered.After(h.Failed) }

// HealthOf says how the deliveries of an organisation went since a time, by channel and destination.
func HealthOf(ctx context.Context, tx *db.Tx, orgID string, since time.Time) (out []Health, err error) {
	at := map[[2]string]int{}
	of := func(channel, destination string) *Health {
		k := [2]string{channel, destination}
		if _, ok := at[k]; !ok {
			at[k] = len(out)
			out = append(out, Health{Channel: channel, Destination: destination})
		}
		return &out[at[k]]
	}
	type row struct {
		channel, destination string
		delivered            db.Time
		waiting              int64
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) {
		return x, r.Scan(&x.channel, &x.destination, &x.delivered, &x.waiting)
	}, `SELECT channel, destination, max(CASE WHEN state = 'delivered' THEN done_at END), sum(CASE WHEN state = 'queued' THEN 1 ELSE 0 END) FROM delivery
		WHERE org_id = $1 AND created_at >= $2 GROUP BY channel, destination ORDER BY channel, destination`, orgID, db.At(since))
	if err != nil {
		return nil, err
	}
	for _, x := range rows {
		h := of(x.channel, x.destination)
		h.Delivered, h.Waiting = x.delivered.Time, x.waiting
	}
	type bad struct {
		channel, destination, why string
		at                        db.Time
	}
	// what arrived at the first try has no failure to look for
	bads, err := db.List(ctx, tx, func(r db.Row) (x bad, err error) {
		return x, r.Scan(&x.channel, &x.destination, &x.at, &x.why)
	}, `SELECT channel, destination, at, detail FROM (SELECT d.channel, d.destination, t.at, t.detail, row_number() OVER (PARTITION BY d.channel, d.destination ORDER BY t.at DESC, t.n DESC) AS place
		FROM delivery d JOIN delivery_attempt t ON t.delivery_id = d.id
		WHERE d.org_id = $1 AND d.created_at >= $2 AND (d.attempts > 1 OR d.last_error <> '') AND t.outcome IN ('retry', 'failed')) x WHERE place = 1`, orgID, db.At(since))
	for _, x := range bads {
		h := of(x.channel, x.destination)
		h.Failed, h.Why = x.at.Time, reasonIn(x.why)
	}
	return out, err
}
