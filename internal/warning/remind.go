// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Steps at which silence climbs, in percent of the time limit: at 50 the duty officer and the deputy hear of it, at 100
// the head, too, and the platform's desk calls.
var Steps = []int{50, 100}

// promptly is how soon after its time a reminder must be noted; what comes later is marked as late.
const promptly = 5 * time.Minute

// sweepSize bounds the reminders of one transaction.
const sweepSize = 500

// firstReminder is when silence has to be looked at first: never of an exercise, or of what nobody has to answer.
func (w Warning) firstReminder() time.Time {
	switch {
	case w.Exercise || w.Kind.Closes():
		return time.Time{}
	case !w.Significant: // it goes on where the revision before was
		return w.ReleasedAt
	}
	return w.ReleasedAt.Add(w.RespondBy.Sub(w.ReleasedAt) / 2)
}

// remindAgain says that units have joined a released revision, whose time runs from now on.
func (s *Service) remindAgain(ctx context.Context, tx *db.Tx, w Warning) error {
	if w.Exercise {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE warning_revision SET remind_at = $1 WHERE warning_id = $2 AND revision = $3`, db.At(tx.Now), w.ID, w.Revision)
	return err
}

// A Reminder is a step of the time limit that a unit reached without an answer.
type Reminder struct {
	OrgID   string
	Step    int
	FellAt  time.Time
	NotedAt time.Time
	Late    bool // noted later than promptly
}

// Silent: units reached a step of the time limit without an answer, and were reminded.
type Silent struct {
	on
	Revision int          `json:"revision"`
	Items    []SilentItem `json:"items"`
}

// SilentItem is one unit's step.
type SilentItem struct {
	OrgID  string    `json:"org"`
	Step   int       `json:"step"`
	FellAt time.Time `json:"fell_at"`
	To     []string  `json:"to,omitempty"` // accounts, or "org/ID" for the contact address; places are named by their deliveries
}

// Kind is the stored name.
func (Silent) Kind() string { return "warning.silent" }

// About puts it on the warning's time line.
func (e Silent) About() event.About {
	return event.About{Number: e.Number, Subjects: []string{"warning/" + e.WarningID}}
}

// Remind notes every step of a time limit that was reached in silence and was not noted yet, tells those on the unit's
// roster and wherever else the unit wants to be told, and returns how many steps. It catches up on what a time without the
// platform has left: of several steps at once one message goes out. A second run, or another node, sends nothing twice: a
// step and its messages are one transaction. The platform calls it by its schedule.
func (s *Service) Remind(ctx context.Context) (n int, err error) {
	var at swept
	for {
		var noted int
		var next swept
		err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			noted, next, err = s.sweep(ctx, tx, at)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("remind of warnings: %w", err)
		}
		if n += noted; next.id == "" {
			return n, nil
		}
		at = next
	}
}

// swept is how far the sweeps of one run have come: which revision was looked at, and its last unit, or "" when that is done.
type swept struct {
	id       string
	revision int
	last     string
}

// silent is a unit that has not answered.
type silent struct {
	org      string
	at       time.Time // from when its time runs
	reminded int
}

// sweep looks at the revision that waits longest, from where the sweep before has come to.
func (s *Service) sweep(ctx context.Context, tx *db.Tx, from swept) (noted int, to swept, err error) {
	keys, err := db.List(ctx, tx, func(r db.Row) (k swept, err error) { return k, r.Scan(&k.id, &k.revision) },
		`SELECT warning_id, revision FROM warning_revision WHERE remind_at <= $1 ORDER BY remind_at, warning_id LIMIT 1`+tx.ForUpdate(), db.At(tx.Now))
	if err != nil || len(keys) == 0 {
		return 0, to, err
	}
	if to = keys[0]; to.id == from.id && to.revision == from.revision {
		to.last = from.last
	}
	w, err := s.revision(ctx, tx, keys[0].id, keys[0].revision)
	if err != nil {
		return 0, to, err
	}
	start, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT max(released_at) FROM warning_revision WHERE warning_id = $1 AND revision <= $2 AND significant`, w.ID, w.Revision)
	if err != nil {
		return 0, to, err
	}
	span := max(w.RespondBy.Sub(start.Time), 0).Truncate(time.Second)
	us, err := db.List(ctx, tx, func(r db.Row) (x silent, err error) { return x, r.Scan(&x.org, timeInto{&x.at}, &x.reminded) },
		`SELECT org_id, at, reminded FROM warning_recipient WHERE warning_id = $1 AND revision = $2 AND org_id > $3 AND answer = ''
		AND (reminded < 50 AND at <= $4 OR reminded < 100 AND at <= $5) ORDER BY org_id LIMIT $6`,
		w.ID, w.Revision, to.last, db.At(tx.Now.Add(-span/2)), db.At(tx.Now.Add(-span)), sweepSize)
	if err != nil {
		return 0, to, err
	}
	rs := reached(us, span, tx.Now)
	if err := s.note(ctx, tx, w, rs); err != nil {
		return 0, to, err
	}
	if len(us) == sweepSize {
		to.last = us[len(us)-1].org
		return len(rs), to, nil
	}
	to.last = "" // who has become due meanwhile is found from the beginning
	return len(rs), to, remindNext(ctx, tx, w, span)
}

// within is a step's part of the time limit.
func within(span time.Duration, step int) time.Duration {
	if step == 50 {
		return span / 2
	}
	return span
}

// reached are the steps that units have reached by now, each unit's in order.
func reached(us []silent, span time.Duration, now time.Time) (out []Reminder) {
	for _, u := range us {
		for _, step := range Steps {
			fell := u.at.Add(within(span, step))
			if step > u.reminded && !fell.After(now) {
				out = append(out, Reminder{OrgID: u.org, Step: step, FellAt: fell, NotedAt: now, Late: now.Sub(fell) > promptly})
			}
		}
	}
	return out
}

// remindNext writes when silence has to be looked at again: never when everybody has answered or was reminded of all.
func remindNext(ctx context.Context, tx *db.Tx, w Warning, span time.Duration) error {
	var next time.Time
	for i, step := range Steps {
		from := 0
		if i > 0 {
			from = Steps[i-1]
		}
		first, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT min(at) FROM warning_recipient WHERE warning_id = $1 AND revision = $2 AND answer = '' AND reminded >= $3 AND reminded < $4`,
			w.ID, w.Revision, from, step)
		if err != nil {
			return err
		}
		if first.IsZero() {
			continue
		}
		if at := first.Add(within(span, step)); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	_, err := tx.Exec(ctx, `UPDATE warning_revision SET remind_at = $1 WHERE warning_id = $2 AND revision = $3`, db.At(next), w.ID, w.Revision)
	return err
}

// note keeps the steps and tells the people.
func (s *Service) note(ctx context.Context, tx *db.Tx, w Warning, rs []Reminder) error {
	if len(rs) == 0 {
		return nil
	}
	last, rows := map[string]int{}, make([][]any, len(rs))
	e := Silent{on: w.on(), Revision: w.Revision}
	for i, r := range rs {
		rows[i] = []any{w.ID, w.Revision, r.OrgID, r.Step, db.At(r.FellAt), db.At(r.NotedAt), r.Late}
		last[r.OrgID] = r.Step
	}
	if err := db.Bulk(ctx, tx, `warning_reminder (warning_id, revision, org_id, step, fell_at, noted_at, late)`, "", rows); err != nil {
		return err
	}
	by := map[int][]string{}
	for _, r := range rs {
		if last[r.OrgID] == r.Step {
			by[r.Step] = append(by[r.Step], r.OrgID)
		}
	}
	for _, step := range Steps {
		if orgs := by[step]; len(orgs) > 0 { // in the order of the key: between the first and the last nothing else is read
			var a db.Args
			if _, err := tx.Exec(ctx, `UPDATE warning_recipient SET reminded = `+a.P(step)+` WHERE warning_id = `+a.P(w.ID)+` AND revision = `+a.P(w.Revision)+
				` AND org_id >= `+a.P(orgs[0])+` AND org_id <= `+a.P(orgs[len(orgs)-1])+` AND org_id `+db.Among(tx, &a, orgs), a...); err != nil {
				return err
			}
		}
		if err := queuePlaces(ctx, tx, w, strconv.Itoa(step), by[step]); err != nil {
			return err
		}
	}
	contacts, err := member.ContactsTx(ctx, tx, slices.Concat(by[50], by[100]))
	if err != nil {
		return err
	}
	var ds []delivery.Delivery
	for _, r := range rs {
		item := SilentItem{OrgID: r.OrgID, Step: r.Step, FellAt: r.FellAt}
		if last[r.OrgID] == r.Step {
			item.To = climb(contacts[r.OrgID], r.Step)
		}
		for _, to := range item.To {
			ds = append(ds, letterTo(w, r.OrgID, strconv.Itoa(r.Step), to))
		}
		e.Items = append(e.Items, item)
	}
	if err := delivery.Queue(ctx, tx, ds...); err != nil {
		return err
	}
	if s.Notify != nil {
		tx.OnCommit(s.Notify)
	}
	_, err = s.Events.Record(ctx, tx, member.System().By(), e)
	return err
}

// climb says who of a unit hears of its silence.
func climb(c member.Contacts, step int) (to []string) {
	as := slices.Concat(c.On(member.OnDuty), c.On(member.Deputy))
	if step == 100 {
		as = append(as, c.On(member.Head)...)
	}
	if len(as) == 0 {
		as = c.People
	}
	for _, a := range as {
		if !slices.Contains(to, a.ID) {
			to = append(to, a.ID)
		}
	}
	if len(to) == 0 && c.Org.Email != "" && c.Reachable() {
		to = append(to, orgAddress+c.Org.ID)
	}
	return to
}

// orgAddress begins the name of an organisation's contact address among recipients.
const orgAddress = "org/"

// Reminders returns the steps that units of a released revision reached in silence, the newest first: at most 2 000.
func (s *Service) Reminders(ctx context.Context, by member.Actor, id string) (rs []Reminder, err error) {
	if err := watcher(by); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err := outside(ctx, tx, id)
		if fault.Is(err, fault.Conflict) {
			return nil
		}
		if err != nil {
			return err
		}
		rs, err = db.List(ctx, tx, func(r db.Row) (x Reminder, err error) {
			return x, r.Scan(&x.OrgID, &x.Step, timeInto{&x.FellAt}, timeInto{&x.NotedAt}, &x.Late)
		}, `SELECT org_id, step, fell_at, noted_at, late FROM warning_reminder WHERE warning_id = $1 AND revision = $2 ORDER BY fell_at DESC, org_id DESC, step DESC LIMIT $3`, id, n, maxRows)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list reminders of warning %s: %w", id, err)
	}
	return rs, nil
}
