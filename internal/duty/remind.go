// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/member"
)

// Steps are the reminders of a duty, in percent of the time between its anchor and its due time. The last one is the
// due time itself.
var Steps = []int{50, 75, 90, 100}

// promptly is how soon after its time a reminder must be noted; what comes later is marked as late.
const promptly = 5 * time.Minute

// sweepSize bounds the duties of one transaction.
const sweepSize = 500

// A Reminder is a step that has been reached while its duty was open. It is noted once, and never taken back.
type Reminder struct {
	DutyID, OrgID string
	Step          int       // percent
	FellAt        time.Time // when it fell due
	NotedAt       time.Time // and was sent
	Late          bool      // noted later than promptly
	DownFrom      time.Time // of a late one: the platform noted nothing from then until NotedAt; zero when that is not known

	sweep string // that noted it; "" of old ones
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

// Remind notes and sends every reminder that has fallen due and was not noted yet, in the order in which they fell due,
// to people and to the places where their organisations want to be told, and returns how many. It catches up on what a
// time without the platform has left. A second run, or another node, sends nothing twice: a reminder, its messages and the
// calls that it asks for are one transaction. The platform calls it by its schedule.
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
	account  string // who sent the report
	remindAt time.Time
}

func scanPending(r db.Row) (p pending, err error) {
	var anchor, due, created, remind db.Time
	err = r.Scan(&p.ID, &p.OrgID, &p.Force, &p.account, &anchor, &due, &created, &remind)
	p.AnchorAt, p.DueAt, p.CreatedAt, p.remindAt = anchor.Time, due.Time, created.Time, remind.Time
	return p, err
}

// reached is a reminder with the duty that it is about.
type reached struct {
	Reminder
	duty pending
}

// sweep notes what waits longest. Nodes sweep one after the other, which keeps the order.
func (s *Service) sweep(ctx context.Context, tx *db.Tx) (noted, swept int, err error) {
	before, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT swept_at FROM duty_sweep WHERE id = 1`+tx.ForUpdate())
	if err != nil {
		return 0, 0, err
	}
	ds, err := db.List(ctx, tx, scanPending, `SELECT id, org_id, force, account_id, anchor_at, due_at, created_at, remind_at FROM duty
		WHERE remind_at <= $1 AND met_at IS NULL AND void_at IS NULL ORDER BY remind_at, id LIMIT $2`+tx.ForUpdate(), db.At(tx.Now), sweepSize)
	if err != nil {
		return 0, 0, err
	}
	if len(ds) < sweepSize { // nothing is left behind
		if _, err := tx.Exec(ctx, `UPDATE duty_sweep SET swept_at = $1 WHERE id = 1`, db.At(tx.Now)); err != nil {
			return 0, 0, err
		}
	}
	if len(ds) == 0 {
		return 0, 0, nil
	}
	out, err := due(ctx, tx, ds, before.Time)
	if err != nil || len(out) == 0 {
		return 0, len(ds), err
	}
	rows, sweep := make([][]any, len(out)), uuid.Must(uuid.NewV7()).String()
	for i, r := range out {
		rows[i] = []any{r.DutyID, r.OrgID, r.Step, db.At(r.FellAt), db.At(r.NotedAt), r.Late, db.At(r.DownFrom), sweep}
	}
	if err := db.Bulk(ctx, tx, `duty_reminder (duty_id, org_id, step, fell_at, noted_at, late, down_from, sweep)`, "", rows); err != nil {
		return 0, 0, err
	}
	return len(out), len(ds), s.tell(ctx, tx, sweep, out)
}

// due works out which reminders of ds are to be noted now, in the order in which they fell due, and says for each duty
// when its next one falls.
func due(ctx context.Context, tx *db.Tx, ds []pending, before time.Time) (out []reached, err error) {
	until := tx.Now // of what is noted now: when more duties wait, nothing that falls after their first reminder
	if len(ds) == sweepSize {
		until = ds[len(ds)-1].remindAt
	}
	var ids []string
	for _, d := range ds {
		ids = append(ids, d.ID)
	}
	known, err := notedSteps(ctx, tx, ids) // a due time that moved brings no step back
	if err != nil {
		return nil, err
	}
	down := time.Time{}
	if !before.IsZero() && tx.Now.Sub(before) > promptly {
		down = before
	}
	next := make([]time.Time, len(ds))
	for i, d := range ds {
		step, at := d.upTo(d.remindAt)
		for step > 0 && !at.After(until) {
			if !known[noted{d.ID, step}] {
				r := Reminder{DutyID: d.ID, OrgID: d.OrgID, Step: step, FellAt: at, NotedAt: tx.Now, Late: tx.Now.Sub(at) > promptly}
				if r.Late && !at.Before(down) {
					r.DownFrom = down
				}
				out = append(out, reached{r, d})
			}
			step, at = d.after(step)
		}
		next[i] = at
	}
	slices.SortStableFunc(out, func(a, b reached) int { return cmp.Or(a.FellAt.Compare(b.FellAt), cmp.Compare(a.DutyID, b.DutyID)) })
	return out, remindNext(ctx, tx, ids, next)
}

// remindNext writes when the next reminders of duties fall, some hundred at a time.
func remindNext(ctx context.Context, tx *db.Tx, ids []string, next []time.Time) error {
	const some = 100
	for i := 0; i < len(ids); i += some {
		part := ids[i:min(i+some, len(ids))]
		var a db.Args
		var b strings.Builder
		for k, id := range part {
			fmt.Fprintf(&b, " WHEN %s THEN %s", a.P(id), a.P(db.At(next[i+k])))
		}
		if _, err := tx.Exec(ctx, `UPDATE duty SET remind_at = CASE id`+b.String()+` ELSE remind_at END WHERE id IN `+db.In(&a, part), a...); err != nil {
			return err
		}
	}
	return nil
}

type noted struct {
	duty string
	step int
}

func notedSteps(ctx context.Context, tx *db.Tx, ids []string) (map[noted]bool, error) {
	out := map[noted]bool{}
	var a db.Args
	rows, err := db.List(ctx, tx, func(r db.Row) (n noted, err error) { return n, r.Scan(&n.duty, &n.step) },
		`SELECT duty_id, step FROM duty_reminder WHERE duty_id IN `+db.In(&a, ids), a...)
	for _, n := range rows {
		out[n] = true
	}
	return out, err
}

// upTo returns the step that falls at t, which is what remind_at says.
func (d Duty) upTo(t time.Time) (step int, at time.Time) {
	for step, at = d.after(0); step > 0 && at.Before(t); {
		step, at = d.after(step)
	}
	return step, at
}

// Reminded is the event of a sweep: which steps were reached, and who was told. It fixes in the evidence log when
// everybody was reminded.
type Reminded struct {
	Items []RemindedItem `json:"items"`
}

// RemindedItem is one step.
type RemindedItem struct {
	DutyID string    `json:"duty"`
	Step   int       `json:"step"`
	FellAt time.Time `json:"fell_at"`
	To     []string  `json:"to"` // accounts, or "org/ID" for an organisation's contact address
}

// Kind is the stored name.
func (Reminded) Kind() string { return "duty.reminded" }

// About puts it on no time line: it is about many.
func (Reminded) About() event.About { return event.About{} }

// tell sends what a sweep has noted to those whom it concerns, and opens the calls that it asks for.
func (s *Service) tell(ctx context.Context, tx *db.Tx, sweep string, rs []reached) error {
	var orgs []string
	last := false
	for _, r := range rs {
		orgs, last = append(orgs, r.OrgID), last || r.Step == 100
	}
	slices.Sort(orgs)
	contacts, err := member.ContactsTx(ctx, tx, slices.Compact(orgs))
	if err != nil {
		return err
	}
	var desk []member.Account
	if last {
		if desk, err = member.DeskTx(ctx, tx); err != nil {
			return err
		}
	}
	var e Reminded
	var ms []message
	var calls []reached
	for _, r := range rs {
		to := chain(contacts[r.OrgID], r.duty, r.Step, desk)
		item := RemindedItem{DutyID: r.DutyID, Step: r.Step, FellAt: r.FellAt}
		for _, x := range to {
			item.To = append(item.To, x.key())
			ms = append(ms, message{x, r.DutyID, r.Step})
		}
		e.Items = append(e.Items, item)
		if phoneFirst(contacts[r.OrgID], r.duty.Force, r.Step) {
			calls = append(calls, r)
		}
	}
	if err := s.write(ctx, tx, ms); err != nil {
		return err
	}
	if err := tellPlaces(ctx, tx, sweep, rs, contacts); err != nil {
		return err
	}
	if err := openCalls(ctx, tx, calls); err != nil {
		return err
	}
	_, err = s.Events.Record(ctx, tx, member.System().By(), e)
	return err
}

// NextReminder is when the next reminder falls that was not noted yet, or zero when none waits: for whoever drives the
// clock.
func (s *Service) NextReminder(ctx context.Context) (at time.Time, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		ts, err := db.List(ctx, tx, db.Value[db.Time], `SELECT remind_at FROM duty WHERE remind_at IS NOT NULL AND met_at IS NULL AND void_at IS NULL ORDER BY remind_at, id LIMIT 1`)
		if len(ts) > 0 {
			at = ts[0].Time
		}
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("next reminder: %w", err)
	}
	return at, nil
}
