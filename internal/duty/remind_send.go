// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// Purpose is the purpose of deliveries that remind. Their subject is the letter.
const Purpose = "reminder"

// together is how long a letter that has not been sent waits for more: what falls due at once for one person is one
// message, also when an outage has left more than one sweep can do.
const together = 15 * time.Minute

// message says that somebody is told of a step.
type message struct {
	to     recipient
	dutyID string
	step   int
}

// write puts messages into letters, one for each recipient, and queues the mails. A letter that waits to be sent takes
// what is new in.
func (s *Service) write(ctx context.Context, tx *db.Tx, ms []message) error {
	var keys []string
	for _, m := range ms {
		keys = append(keys, m.to.key())
	}
	slices.Sort(keys)
	letters, err := waiting(ctx, tx, slices.Compact(keys))
	if err != nil {
		return err
	}
	var fresh []Letter
	items := make([][]any, len(ms))
	for i, m := range ms {
		key := m.to.key()
		if letters[key] == "" {
			l := m.to.letter(tx.Now)
			letters[key] = l.ID
			fresh = append(fresh, l)
		}
		items[i] = []any{m.dutyID, m.step, key, letters[key]}
	}
	if err := s.post(ctx, tx, fresh); err != nil {
		return err
	}
	return db.Bulk(ctx, tx, `duty_letter_item (duty_id, step, recipient, letter_id)`, "", items)
}

// letter is a new letter to the recipient.
func (r recipient) letter(now time.Time) Letter {
	l := Letter{ID: uuid.Must(uuid.NewV7()).String(), Recipient: r.key(), AccountID: r.account.ID, OrgID: r.account.OrgID, At: now}
	if r.account.ID == "" {
		l.OrgID = r.org.ID
	}
	return l
}

// waiting returns the newest letter of each recipient that nobody has tried to send yet, locked, so that nobody does
// before it has what is new.
func waiting(ctx context.Context, tx *db.Tx, keys []string) (map[string]string, error) {
	out := map[string]string{}
	type row struct{ key, id string }
	for part := range slices.Chunk(keys, 400) {
		var a db.Args
		rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.key, &x.id) },
			`SELECT l.recipient, l.id FROM duty_letter l JOIN delivery v ON v.purpose = 'reminder' AND v.subject = l.id
			WHERE l.recipient IN `+db.In(&a, part)+` AND l.at >= `+a.P(db.At(tx.Now.Add(-together)))+` AND l.call_id = '' AND v.state = 'queued' AND v.attempts = 0
			ORDER BY l.at, l.id`+tx.ForUpdate(), a...)
		if err != nil {
			return nil, err
		}
		for _, x := range rows {
			out[x.key] = x.id
		}
	}
	return out, nil
}

// post keeps letters and queues their mails.
func (s *Service) post(ctx context.Context, tx *db.Tx, ls []Letter) error {
	rows, ds := make([][]any, len(ls)), make([]delivery.Delivery, len(ls))
	for i, l := range ls {
		rows[i] = []any{l.ID, l.Recipient, l.AccountID, l.OrgID, l.CallID, db.At(l.At)}
		ds[i] = delivery.Delivery{Purpose: Purpose, Subject: l.ID, OrgID: l.OrgID, Channel: delivery.Email}
	}
	if err := db.Bulk(ctx, tx, `duty_letter (id, recipient, account_id, org_id, call_id, at)`, "", rows); err != nil {
		return err
	}
	if s.Notify != nil && len(ls) > 0 {
		tx.OnCommit(s.Notify)
	}
	return delivery.Queue(ctx, tx, ds...)
}

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

// Messages renders and follows the deliveries of Purpose. It implements delivery.Purpose.
type Messages struct{ Service *Service }

var _ delivery.Purpose = Messages{}

// Render returns the mail. Its subject names numbers and rules alone, its text adds the law, the due time and the
// sentence behind it: nothing of what a report says. What has been met meanwhile is left out, and a letter about
// nothing else is not sent.
func (p Messages) Render(ctx context.Context, d delivery.Delivery) (m delivery.Message, err error) {
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		l, err := p.Service.letter(ctx, tx, d.Subject)
		if err != nil {
			return err
		}
		if l.CallID == "" {
			if l.Items = still(l.Items, tx.Now); len(l.Items) == 0 {
				return delivery.ErrSuperseded
			}
		}
		var call Try
		if l.CallID != "" {
			if call, err = lastTry(ctx, tx, l.CallID); err != nil {
				return err
			}
		}
		to, name, langs, err := addressee(ctx, tx, l)
		if err != nil {
			return err
		}
		m = delivery.Message{Type: "duty.reminder", To: delivery.Address{Email: to}, Thread: "reminder/" + l.ID}
		if l.CallID != "" {
			m.Type = "duty.called"
		}
		var heads, texts []string
		for _, lang := range langs {
			t := i18n.For(lang)
			heads = append(heads, l.subject(t))
			texts = append(texts, l.text(t, name, p.Service.BaseURL, call, tx.Now))
		}
		m.Subject, m.Text = strings.Join(heads, " / "), strings.Join(texts, "\n\n")
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		err = delivery.Permanent{Err: err}
	}
	if err != nil {
		return delivery.Message{}, fmt.Errorf("render reminder: %w", err)
	}
	return m, nil
}

// addressee says where a letter goes and in which languages: a person's own, or both for a contact address.
func addressee(ctx context.Context, tx *db.Tx, l Letter) (email, name string, langs []string, err error) {
	gone := delivery.Permanent{Err: errors.New("the recipient is here no more")}
	if l.AccountID == "" {
		cs, err := member.ContactsTx(ctx, tx, []string{l.OrgID})
		c := cs[l.OrgID]
		if err != nil || !c.Reachable() || c.Org.Email == "" {
			return "", "", nil, errors.Join(err, gone)
		}
		langs = []string{i18n.Chinese, i18n.English}
		if c.Org.Country != "" && c.Org.Country != "CN" {
			slices.Reverse(langs)
		}
		return c.Org.Email, c.Org.Name(langs[0]), langs, nil
	}
	a, err := member.AccountTx(ctx, tx, l.AccountID)
	if err != nil || a.Status != member.AccountActive {
		return "", "", nil, errors.Join(err, gone)
	}
	return a.Email, a.Name, []string{a.Locale}, nil
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

func (l Letter) text(p i18n.Printer, name, base string, call Try, now time.Time) string {
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
	b.WriteString(p.T("reminder.mail.read") + "\n" + base + "/reminders/" + l.ID + "\n")
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

// Unreached: a reminder could not be delivered to its recipient for good.
type Unreached struct {
	LetterID string `json:"letter"`
	To       string `json:"to"`
	OrgID    string `json:"org,omitempty"`
}

// Kind is the stored name.
func (Unreached) Kind() string { return "duty.unreached" }

// About puts it on the time line of the recipient's organisation.
func (u Unreached) About() event.About {
	if u.OrgID == "" {
		return event.About{}
	}
	return event.About{Subjects: []string{"org/" + u.OrgID}}
}

// Ended records that a mail failed for good. Silence climbs: when it was about what the law demands, the desk calls.
func (p Messages) Ended(ctx context.Context, tx *db.Tx, d delivery.Delivery) error {
	if d.State != delivery.Failed {
		return nil
	}
	l, err := p.Service.letter(ctx, tx, d.Subject)
	if err != nil {
		return fmt.Errorf("end reminder: %w", err)
	}
	var calls []reached
	var orgs []string
	for _, i := range still(l.Items, tx.Now) {
		if i.OrgID == l.OrgID && i.Duty.Force == Mandatory {
			calls, orgs = append(calls, reached{Reminder: i.Reminder}), append(orgs, i.OrgID)
		}
	}
	cs, err := member.ContactsTx(ctx, tx, orgs)
	if err != nil {
		return err
	}
	if c := cs[l.OrgID]; !c.Org.Has(member.Platform) {
		if err := openCalls(ctx, tx, calls); err != nil {
			return err
		}
	}
	_, err = p.Service.Events.Record(ctx, tx, member.System().By(), Unreached{LetterID: l.ID, To: l.Recipient, OrgID: l.OrgID})
	return err
}
