// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
)

// Steps are the reminders of a duty, in percent of the time between its anchor and its due time. The last one is the
// due time itself.
var Steps = []int{50, 75, 90, 100}

// promptly is how soon after its time a reminder must be noted; what comes later is marked as late.
const promptly = 5 * time.Minute

// sweepSize bounds the duties of one transaction.
const sweepSize = 200

// A Reminder is a step that has been reached while its duty was open. It is noted once, and never taken back.
type Reminder struct {
	DutyID  string
	Step    int       // percent
	FellAt  time.Time // when it fell due
	NotedAt time.Time
	Late    bool // noted later than promptly: the platform was down
}

// stepAt is when a step falls due. What lies before the duty was recorded falls at once, if it is the due time
// itself, and not at all otherwise: ok is false.
func (d Duty) stepAt(percent int) (at time.Time, ok bool) {
	// Whole seconds, so that both databases keep the same instant.
	at = d.AnchorAt.Add(d.DueAt.Sub(d.AnchorAt) / 100 * time.Duration(percent)).Truncate(time.Second)
	if percent == 100 {
		at = d.DueAt
	}
	if at.Before(d.CreatedAt) {
		return d.CreatedAt, percent == 100
	}
	return at, true
}

// after returns the first step above percent that falls at all.
func (d Duty) after(percent int) (step int, at time.Time) {
	for _, s := range Steps {
		if s <= percent {
			continue
		}
		if at, ok := d.stepAt(s); ok {
			return s, at
		}
	}
	return 0, time.Time{}
}

// Remind notes every reminder that has fallen due and was not noted yet, in the order in which they fell due, and
// returns how many. It catches up on what a time without the platform has left, and a second run, or another node,
// notes nothing twice. The platform calls it by its schedule.
func (s *Service) Remind(ctx context.Context) (n int, err error) {
	for {
		var noted, swept int
		err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			noted, swept, err = s.sweep(ctx, tx)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("remind of duties: %w", err)
		}
		if n += noted; swept < sweepSize {
			return n, nil
		}
	}
}

// pending is a duty with the next reminder that it waits for.
type pending struct {
	Duty
	remindAt time.Time
}

func scanPending(r db.Row) (p pending, err error) {
	var anchor, due, created, remind db.Time
	err = r.Scan(&p.ID, &anchor, &due, &created, &remind)
	p.AnchorAt, p.DueAt, p.CreatedAt, p.remindAt = anchor.Time, due.Time, created.Time, remind.Time
	return p, err
}

func (s *Service) sweep(ctx context.Context, tx *db.Tx) (noted, swept int, err error) {
	ds, err := db.List(ctx, tx, scanPending, `SELECT id, anchor_at, due_at, created_at, remind_at FROM duty
		WHERE remind_at <= $1 AND met_at IS NULL AND void_at IS NULL ORDER BY remind_at, id LIMIT $2`+tx.ForUpdate(), db.At(tx.Now), sweepSize)
	if err != nil || len(ds) == 0 {
		return 0, 0, err
	}
	until := tx.Now // of what is noted now: when more duties wait, nothing that falls after their first reminder
	if len(ds) == sweepSize {
		until = ds[len(ds)-1].remindAt
	}
	var out []Reminder
	for _, d := range ds {
		step, at := d.upTo(d.remindAt)
		for step > 0 && !at.After(until) {
			out = append(out, Reminder{d.ID, step, at, tx.Now, tx.Now.Sub(at) > promptly})
			step, at = d.after(step)
		}
		if _, err := tx.Exec(ctx, `UPDATE duty SET remind_at = $1 WHERE id = $2`, db.At(at), d.ID); err != nil {
			return 0, 0, err
		}
	}
	slices.SortStableFunc(out, func(a, b Reminder) int { return cmp.Or(a.FellAt.Compare(b.FellAt), cmp.Compare(a.DutyID, b.DutyID)) })
	rows := make([][]any, len(out))
	for i, r := range out {
		rows[i] = []any{r.DutyID, r.Step, db.At(r.FellAt), db.At(r.NotedAt), r.Late}
	}
	err = db.Bulk(ctx, tx, `duty_reminder (duty_id, step, fell_at, noted_at, late)`, `ON CONFLICT (duty_id, step) DO NOTHING`, rows)
	return len(out), len(ds), err
}

// upTo returns the step that falls at t, which is what remind_at says.
func (d Duty) upTo(t time.Time) (step int, at time.Time) {
	for step, at = d.after(0); step > 0 && at.Before(t); {
		step, at = d.after(step)
	}
	return step, at
}

// Reminders returns what an organisation was reminded of, in the order in which it fell due. It is open to whom its
// duties are.
func (s *Service) Reminders(ctx context.Context, by member.Actor, orgID string) (rs []Reminder, err error) {
	if err := mayAsk(by, orgID); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rs, err = db.List(ctx, tx, scanReminder, `SELECT r.duty_id, r.step, r.fell_at, r.noted_at, r.late FROM duty_reminder r
			JOIN duty d ON d.id = r.duty_id WHERE d.org_id = $1 ORDER BY r.fell_at, r.duty_id, r.step`, orgID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list reminders of %s: %w", orgID, err)
	}
	return rs, nil
}

func scanReminder(r db.Row) (x Reminder, err error) {
	var fell, noted db.Time
	err = r.Scan(&x.DutyID, &x.Step, &fell, &noted, &x.Late)
	x.FellAt, x.NotedAt = fell.Time, noted.Time
	return x, err
}
