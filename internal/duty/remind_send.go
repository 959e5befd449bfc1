// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// Purpose is the purpose of deliveries that remind. Their subject is the letter, or what a sweep has for places.
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

// Messages renders and follows the deliveries of Purpose. It implements delivery.Purpose.
type Messages struct {
	Service      *Service
	Members      *member.Service
	Destinations *destination.Service
}

var _ delivery.Bulk = Messages{}

// Render returns the message. The subject of a mail names numbers and rules alone, its text adds the law, the due time and
// the sentence behind it: nothing of what a report says. What has been met meanwhile is left out, and a letter about
// nothing else is not sent.
func (p Messages) Render(ctx context.Context, d delivery.Delivery) (delivery.Message, error) {
	out := p.RenderMany(ctx, []delivery.Delivery{d})
	return out[0].Message, out[0].Err
}

// RenderMany makes the messages of one subject, which are many where a sweep tells places. It implements delivery.Bulk.
func (p Messages) RenderMany(ctx context.Context, ds []delivery.Delivery) []delivery.Rendered {
	out := make([]delivery.Rendered, len(ds))
	err := p.Service.DB.View(ctx, func(tx *db.Tx) (err error) {
		var k *placeLetters
		if slices.ContainsFunc(ds, atPlace) {
			if k, err = p.placeLetters(ctx, tx, ds); err != nil {
				return err
			}
		}
		for i, d := range ds {
			var m delivery.Message
			if atPlace(d) {
				m, err = p.toPlace(ctx, tx, k, d)
			} else {
				m, err = p.letter(ctx, tx, d)
			}
			if err != nil {
				m, err = delivery.Message{}, notRendered(err)
			}
			out[i] = delivery.Rendered{Message: m, Err: err}
		}
		return nil
	})
	if err != nil {
		err = notRendered(err)
		for i := range out {
			out[i] = delivery.Rendered{Err: err}
		}
	}
	return out
}

// notRendered says that a reminder could not be made. What is not there does not come back.
func notRendered(err error) error {
	if fault.Is(err, fault.NotFound) {
		err = delivery.Permanent{Err: err}
	}
	return fmt.Errorf("render reminder: %w", err)
}

// letter makes the mail to somebody.
func (p Messages) letter(ctx context.Context, tx *db.Tx, d delivery.Delivery) (m delivery.Message, err error) {
	l, err := p.Service.letter(ctx, tx, d.Subject)
	if err != nil {
		return m, err
	}
	var call Try
	if l.CallID == "" {
		if l.Items = still(l.Items, tx.Now); len(l.Items) == 0 {
			return m, delivery.ErrSuperseded
		}
	} else if call, err = lastTry(ctx, tx, l.CallID); err != nil {
		return m, err
	}
	to, name, langs, err := addressee(ctx, tx, l)
	if err != nil {
		return m, err
	}
	m = delivery.Message{Type: reminderType, To: delivery.Address{Email: to}, Thread: "reminder/" + l.ID}
	if l.CallID != "" {
		m.Type = calledType
	}
	var heads, texts []string
	for _, lang := range langs {
		t := i18n.For(lang)
		heads = append(heads, l.subject(t))
		texts = append(texts, l.text(t, name, p.Service.BaseURL+"/reminders/"+l.ID, call, tx.Now))
	}
	m.Subject, m.Text = strings.Join(heads, " / "), strings.Join(texts, "\n\n")
	m.Short, m.Link, m.Class = m.Subject, p.Service.BaseURL+"/duties", "mandatory"
	return m, nil
}

// addressee says where a letter goes and in which languages: a person's own, or both for a contact address.
func addressee(ctx context.Context, tx *db.Tx, l Letter) (email, name string, langs []string, err error) {
	gone := delivery.Permanent{Err: delivery.Reason{Code: delivery.NoRecipient}}
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
	if atPlace(d) {
		return destination.Ended(ctx, tx, d)
	}
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
