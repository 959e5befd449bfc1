// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

const reminderColumns = `r.duty_id, r.org_id, r.step, r.fell_at, r.noted_at, r.late, r.down_from, r.sweep`

func scanReminder(r db.Row) (x Reminder, err error) {
	var fell, noted, down db.Time
	err = r.Scan(&x.DutyID, &x.OrgID, &x.Step, &fell, &noted, &x.Late, &down, &x.sweep)
	x.FellAt, x.NotedAt, x.DownFrom = fell.Time, noted.Time, down.Time
	return x, err
}

// Told is a reminder with its duty as it stands now, and what became of telling people.
type Told struct {
	Reminder
	Duty Duty
	To   []Receipt
}

// A Receipt says how somebody was told.
type Receipt struct {
	To       string // an account, "org/ID" for a contact address, "places" for where the organisation wants to be told beside, or "desk" for the platform's people, to others
	LetterID string
	State    delivery.State // of the mail; of places that of whichever has got on best
	EndedAt  time.Time
	ReadAt   time.Time // on the page
}

// Desk stands for the platform's people where a reader need not know who they are.
const Desk = "desk"

// A ReminderFilter narrows the reminders; the zero value asks for the newest of all.
type ReminderFilter struct {
	OrgID  string
	DutyID string
	Step   int  // one of Steps; 0 for all
	Late   bool // only those that were sent late
	After  string
	Limit  int // 1 to 200; 0 means 50
}

// Reminders returns a page of what was reminded of, the newest first, with who was told and how. next is the cursor of the
// page that follows, or "". Staff see everything, an organisation's people what they were reminded of themselves.
func (s *Service) Reminders(ctx context.Context, by member.Actor, f ReminderFilter) (out []Told, next string, err error) {
	if f.OrgID == "" && !by.Staff() {
		f.OrgID = by.OrgID
	}
	if err := mayAskAll(by, f.OrgID); err != nil {
		return nil, "", err
	}
	var c fault.Check
	c.That(f.Step == 0 || slices.Contains(Steps, f.Step), "step", "reminder.rule.step", "90")
	if err := c.Err(); err != nil {
		return nil, "", err
	}
	limit, err := pageOf(f.Limit, "")
	if err != nil {
		return nil, "", err
	}
	query, args, err := f.query(limit)
	if err != nil {
		return nil, "", err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rs, err := db.List(ctx, tx, scanReminder, query, args...)
		if err != nil {
			return err
		}
		if len(rs) > limit {
			rs = rs[:limit]
			next = rs[limit-1].cursor()
		}
		out, err = told(ctx, tx, by, rs)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list reminders: %w", err)
	}
	return out, next, nil
}

// mayAskAll is mayAsk, where "" stands for every organisation.
func mayAskAll(by member.Actor, orgID string) error {
	switch {
	case !by.SignedIn():
		return fault.SignIn()
	case orgID == "" && !by.Staff():
		return fault.Hidden()
	case orgID == "" && !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeCase)
	case orgID == "":
		return nil
	}
	return mayAsk(by, orgID)
}

// pageOf checks the limit and an id as the cursor of a page.
func pageOf(limit int, after string) (int, error) {
	var c fault.Check
	c.That(limit >= 0 && limit <= 200, "limit", "reminder.rule.limit", "50")
	c.That(after == "" || uuid.Validate(after) == nil, "after", "reminder.rule.cursor", "")
	if limit == 0 {
		limit = 50
	}
	return limit, c.Err()
}

func (f ReminderFilter) query(limit int) (string, db.Args, error) {
	var a db.Args
	where := []string{`TRUE`}
	if f.OrgID != "" {
		where = append(where, `r.org_id = `+a.P(f.OrgID))
	}
	if f.DutyID != "" {
		where = append(where, `r.duty_id = `+a.P(f.DutyID))
	}
	if f.Step != 0 {
		where = append(where, `r.step = `+a.P(f.Step))
	}
	if f.Late {
		where = append(where, `r.late`)
	}
	if f.After != "" {
		at, duty, step, err := parseCursor(f.After)
		if err != nil {
			return "", nil, err
		}
		where = append(where, `(r.fell_at, r.duty_id, r.step) < (`+a.P(db.At(at))+`,`+a.P(duty)+`,`+a.P(step)+`)`)
	}
	return `SELECT ` + reminderColumns + ` FROM duty_reminder r WHERE ` + strings.Join(where, ` AND `) + ` ORDER BY r.fell_at DESC, r.duty_id DESC, r.step DESC LIMIT ` + a.P(limit+1), a, nil
}

// cursor names a reminder's place in the list.
func (r Reminder) cursor() string {
	return strconv.FormatInt(r.FellAt.UnixMicro(), 10) + "." + r.DutyID + "." + strconv.Itoa(r.Step)
}

func parseCursor(s string) (at time.Time, duty string, step int, err error) {
	parts := strings.Split(s, ".")
	if len(parts) == 3 && uuid.Validate(parts[1]) == nil {
		us, err1 := strconv.ParseInt(parts[0], 10, 64)
		n, err2 := strconv.Atoi(parts[2])
		if err1 == nil && err2 == nil && us > 0 && us < never.UnixMicro() {
			return time.UnixMicro(us).UTC(), parts[1], n, nil
		}
	}
	return at, "", 0, fault.FieldError("after", "reminder.rule.cursor", "")
}

// told adds to reminders what a reader may know of them.
func told(ctx context.Context, tx *db.Tx, by member.Actor, rs []Reminder) ([]Told, error) {
	ds, err := dutiesOf(ctx, tx, rs)
	if err != nil {
		return nil, err
	}
	to, err := receipts(ctx, tx, by, rs)
	if err != nil {
		return nil, err
	}
	err = atPlaces(ctx, tx, rs, ds, to)
	out := make([]Told, len(rs))
	for i, r := range rs {
		out[i] = Told{r, ds[r.DutyID], to[noted{r.DutyID, r.Step}]}
	}
	return out, err
}

func receipts(ctx context.Context, tx *db.Tx, by member.Actor, rs []Reminder) (map[noted][]Receipt, error) {
	type row struct {
		noted
		Receipt
		org, owner string
	}
	var a db.Args
	var ids []string
	for _, r := range rs {
		ids = append(ids, r.DutyID)
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) {
		var ended, read db.Time
		var state string
		err = r.Scan(&x.duty, &x.step, &x.To, &x.LetterID, &x.org, &x.owner, &read, db.Null(&state), &ended)
		x.State, x.EndedAt, x.ReadAt = delivery.State(state), ended.Time, read.Time
		return x, err
	}, `SELECT i.duty_id, i.step, i.recipient, i.letter_id, l.org_id, r.org_id, l.read_at, v.state, v.done_at FROM duty_letter_item i
		JOIN duty_letter l ON l.id = i.letter_id JOIN duty_reminder r ON r.duty_id = i.duty_id AND r.step = i.step
		LEFT JOIN delivery v ON v.purpose = 'reminder' AND v.subject = l.id
		WHERE i.duty_id IN `+db.In(&a, ids)+` ORDER BY i.duty_id, i.step, i.recipient`, a...)
	out := map[noted][]Receipt{}
	desk := map[noted]bool{}
	for _, x := range rows {
		if x.org != x.owner && !by.Staff() { // the platform's people: that they know is enough
			if desk[x.noted] {
				continue
			}
			desk[x.noted] = true
			x.Receipt = Receipt{To: Desk, State: x.State}
		}
		out[x.noted] = append(out[x.noted], x.Receipt)
	}
	return out, err
}

// Inbox returns the letters to the actor, the newest first, before the one with id before ("" for the first page), and how
// many of all are unread. next is the cursor of the page that follows, or "".
func (s *Service) Inbox(ctx context.Context, by member.Actor, before string, limit int) (ls []Letter, unread int, next string, err error) {
	if err := mayReadOwn(by); err != nil {
		return nil, 0, "", err
	}
	if limit, err = pageOf(limit, before); err != nil {
		return nil, 0, "", err
	}
	if before == "" {
		before = "g" // above every hexadecimal id
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if unread, err = db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM duty_letter l WHERE l.recipient = $1 AND l.read_at IS NULL`, by.AccountID); err != nil {
			return err
		}
		ls, err = db.List(ctx, tx, scanLetter, `SELECT `+letterColumns+` FROM duty_letter l WHERE l.recipient = $1 AND l.id < $2 ORDER BY l.id DESC LIMIT $3`, by.AccountID, before, limit+1)
		if err != nil {
			return err
		}
		if len(ls) > limit {
			ls = ls[:limit]
			next = ls[limit-1].ID
		}
		for i := range ls {
			if ls[i], err = s.letter(ctx, tx, ls[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, "", fmt.Errorf("inbox of reminders: %w", err)
	}
	return ls, unread, next, nil
}

func mayReadOwn(by member.Actor) error {
	switch {
	case by.AccountID == "":
		return fault.SignIn()
	case !by.Allows(member.ScopeReport) && !by.Allows(member.ScopeCase):
		return fault.Deny("fault.scope", member.ScopeReport)
	}
	return nil
}

// ReadLetter returns a letter and, to its recipient, notes that it was read. It is open to whoever may ask for all the
// duties that it is about.
func (s *Service) ReadLetter(ctx context.Context, by member.Actor, id string) (l Letter, err error) {
	if !by.SignedIn() {
		return Letter{}, fault.SignIn()
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if l, err = s.letter(ctx, tx, id); err != nil {
			return err
		}
		if len(l.Items) == 0 {
			return fault.Missing()
		}
		for _, i := range l.Items {
			if err := mayAsk(by, i.OrgID); err != nil {
				return err
			}
		}
		if l.AccountID != by.AccountID || l.AccountID == "" || !l.ReadAt.IsZero() {
			return nil
		}
		l.ReadAt = tx.Now
		_, err = tx.Exec(ctx, `UPDATE duty_letter SET read_at = $1 WHERE id = $2`, db.At(l.ReadAt), l.ID)
		return err
	})
	if err != nil {
		return Letter{}, fmt.Errorf("read letter: %w", err)
	}
	return l, nil
}
