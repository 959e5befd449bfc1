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
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
)

// A Letter is a message that reminds one recipient of one or several duties: an entry of the inbox, and a mail.
type Letter struct {
	ID, Recipient    string // an account, or "org/ID"
	AccountID, OrgID string // of the recipient
	CallID           string // whose written follow-up it is, or ""
	At               time.Time
	ReadAt           time.Time // by the recipient, here
	Items            []LetterItem
}

// A LetterItem is one of the duties that a letter is about, as it stands now.
type LetterItem struct {
	Reminder
	Duty Duty
}

const letterColumns = `l.id, l.recipient, l.account_id, l.org_id, l.call_id, l.at, l.read_at`

func scanLetter(r db.Row) (l Letter, err error) {
	var at, read db.Time
	err = r.Scan(&l.ID, &l.Recipient, &l.AccountID, &l.OrgID, &l.CallID, &at, &read)
	l.At, l.ReadAt = at.Time, read.Time
	return l, err
}

// letter returns a letter with all it is about, in the order in which it fell due.
func (s *Service) letter(ctx context.Context, tx *db.Tx, id string) (Letter, error) {
	if uuid.Validate(id) != nil {
		return Letter{}, fault.Missing()
	}
	l, err := db.Get(ctx, tx, scanLetter, `SELECT `+letterColumns+` FROM duty_letter l WHERE l.id = $1`, id)
	if err != nil {
		return l, err
	}
	if l.CallID != "" {
		l.Items, err = itemsOf(ctx, tx, `duty_call_item`, `call_id`, l.CallID)
	} else {
		l.Items, err = itemsOf(ctx, tx, `duty_letter_item`, `letter_id`, l.ID)
	}
	return l, err
}

// itemsOf returns the reminders that rows of a table name, with their duties.
func itemsOf(ctx context.Context, tx *db.Tx, table, column, id string) (out []LetterItem, err error) {
	type key struct {
		duty string
		step int
	}
	rs, err := db.List(ctx, tx, scanReminder, `SELECT `+reminderColumns+` FROM `+table+` i JOIN duty_reminder r ON r.duty_id = i.duty_id AND r.step = i.step
		WHERE i.`+column+` = $1 ORDER BY r.fell_at, r.duty_id, r.step`, id)
	if err != nil {
		return nil, err
	}
	ds, err := dutiesOf(ctx, tx, rs)
	seen := map[key]bool{}
	for _, r := range rs {
		if k := (key{r.DutyID, r.Step}); !seen[k] {
			seen[k] = true
			out = append(out, LetterItem{r, ds[r.DutyID]})
		}
	}
	return out, err
}

// dutiesOf returns the duties of reminders, by id.
func dutiesOf(ctx context.Context, tx *db.Tx, rs []Reminder) (map[string]Duty, error) {
	out := map[string]Duty{}
	for part := range slices.Chunk(rs, 400) {
		var a db.Args
		var ids []string
		for _, r := range part {
			ids = append(ids, r.DutyID)
		}
		ds, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE id IN `+db.In(&a, ids), a...)
		if err != nil {
			return nil, err
		}
		for _, d := range ds {
			out[d.ID] = d
		}
	}
	return out, nil
}

// still returns those of the items whose duties are open and whose clocks run.
func still(items []LetterItem, now time.Time) (out []LetterItem) {
	for _, i := range items {
		switch i.Duty.StateAt(now) {
		case Running, Arguable, Overdue:
			out = append(out, i)
		}
	}
	return out
}

// subject names numbers and rules.
func (l Letter) subject(p i18n.Printer) string {
	first := l.Items[0]
	what := Label(p, first.Duty.Rule)
	if n := len(l.Groups()); n > 1 {
		what = p.T("reminder.mail.several", what, n-1)
	}
	if l.CallID != "" {
		return strings.TrimSpace(first.Duty.Number + " " + p.T("reminder.mail.subject-call", what))
	}
	return strings.TrimSpace(first.Duty.Number + " " + p.T("reminder.mail.subject-"+strconv.Itoa(l.highest()), what))
}

// highest is the highest step that the letter is about.
func (l Letter) highest() (step int) {
	for _, i := range l.Items {
		step = max(step, i.Step)
	}
	return step
}

// maxMailed bounds the duties that a mail spells out.
const maxMailed = 50

func (l Letter) text(p i18n.Printer, name, url string, call Try, now time.Time) string {
	var b strings.Builder
	b.WriteString(p.T("reminder.mail.hello", name) + "\n\n")
	if l.CallID != "" {
		b.WriteString(p.T("reminder.mail.called-"+string(call.Outcome), p.DateTime(call.At)) + "\n\n")
	}
	groups := l.Groups()
	for n, g := range groups {
		if n == maxMailed {
			b.WriteString(p.T("reminder.mail.more", len(groups)-n) + "\n\n")
			break
		}
		fmt.Fprintf(&b, "%d. %s\n", n+1, strings.TrimSpace(g[0].Duty.Number+" "+Label(p, g[0].Duty.Rule)))
		for _, line := range lines(p, g, now) {
			b.WriteString("   " + line + "\n")
		}
		b.WriteString("\n")
	}
	b.WriteString(p.T("reminder.mail.read") + "\n" + url + "\n")
	return b.String()
}

// Groups are the items by duty, in the order in which the first step of each fell due.
func (l Letter) Groups() (out [][]LetterItem) {
	at := map[string]int{}
	for _, i := range l.Items {
		n, ok := at[i.DutyID]
		if !ok {
			n = len(out)
			at[i.DutyID], out = n, append(out, nil)
		}
		out[n] = append(out[n], i)
	}
	return out
}

// lines say what a reader must know of a duty: the law, the due time with its sentence, the steps, and what was late.
func lines(p i18n.Printer, steps []LetterItem, now time.Time) []string {
	d := steps[0].Duty
	out := []string{p.T("reminder.mail.law", Source(p, d.Due)), Sentence(p, d.Due)}
	if !d.DueAt.IsZero() {
		out = append(out, p.T("reminder.mail.due", p.DateTime(d.DueAt), p.Left(d.DueAt, now)))
	}
	for _, i := range steps {
		out = append(out, strings.TrimSpace("– "+StepText(p, i.Step)+p.T("reminder.mail.stop")+LateText(p, i.Reminder)))
	}
	return out
}

// StepText says in words what a step is.
func StepText(p i18n.Printer, step int) string { return p.T("reminder.step-" + strconv.Itoa(step)) }

// LateText says of a late reminder when it fell due, and why it was late as far as that is known; "" of one in time.
func LateText(p i18n.Printer, r Reminder) string {
	switch {
	case !r.Late:
		return ""
	case r.DownFrom.IsZero():
		return p.T("reminder.late", p.DateTime(r.FellAt), p.DateTime(r.NotedAt))
	}
	return p.T("reminder.late-down", p.DateTime(r.FellAt), p.DateTime(r.DownFrom), p.DateTime(r.NotedAt))
}
