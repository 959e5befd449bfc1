// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"cmp"
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
	"github.com/fengsui/fengsui/internal/member"
)

// Places stands for where an organisation wants to be told beside the letters to its people, which stand for its main e-mail
// address.
const Places = "places"

// classOf is how urgently an organisation's places are told that a step was reached: of what the law imposes as soon as the
// desk would call, whatever the organisation has chosen; of what climbs the roster promptly; of the rest in the digest.
func classOf(c member.Contacts, f Force, step int) destination.Class {
	switch {
	case step >= 90 && f == Mandatory:
		return destination.Mandatory
	case climbs(c, f):
		return destination.Prompt
	}
	return destination.Digest
}

// placesSubject names what a sweep has to say in a class among deliveries.
func placesSubject(sweep string, c destination.Class) string {
	return Places + "/" + sweep + "/" + string(c)
}

// tellPlaces tells the places of organisations what a sweep has noted: one message for each organisation, place and class.
func tellPlaces(ctx context.Context, tx *db.Tx, sweep string, rs []reached, contacts map[string]member.Contacts) error {
	orgs := map[destination.Class][]string{}
	for _, r := range rs {
		c := contacts[r.OrgID]
		if class := classOf(c, r.duty.Force, r.Step); c.Reachable() && !slices.Contains(orgs[class], r.OrgID) {
			orgs[class] = append(orgs[class], r.OrgID)
		}
	}
	for _, class := range destination.Classes {
		if err := destination.QueueOf(ctx, tx, placesBatch(placesSubject(sweep, class), class), orgs[class]); err != nil {
			return err
		}
	}
	return nil
}

func placesBatch(subject string, c destination.Class) destination.Batch {
	return destination.Batch{Purpose: Purpose, Subject: subject, Class: c, Type: reminderType, Without: []string{destination.MainEmail}}
}

// The event types of reminders on the wire.
const (
	reminderType = "duty.reminder"
	calledType   = "duty.called"
)

// reminderData is the webhook's "data": rules, numbers and times, nothing of what a report says.
type reminderData struct {
	Step   int        `json:"step"` // the highest of all, in percent
	Duties []owedData `json:"duties"`
	More   int        `json:"more,omitempty"` // duties that are not listed
	URL    string     `json:"url"`
}

type owedData struct {
	ID     string    `json:"id"`
	Number string    `json:"number,omitempty"` // of the report
	Rule   string    `json:"rule"`
	Force  Force     `json:"force"`
	Step   int       `json:"step"`
	DueAt  time.Time `json:"due_at,omitzero"`
}

// ToldLater is what a digest says of a message to places that it has taken in: what it is about that is still owed.
func ToldLater(ctx context.Context, tx *db.Tx, subject, orgID string) ([]LetterItem, error) {
	l, _, err := forPlaces(ctx, tx, subject, orgID)
	return l.Items, err
}

// forPlaces returns what a message to places is about, as it stands now.
func forPlaces(ctx context.Context, tx *db.Tx, subject, orgID string) (l Letter, c member.Contacts, err error) {
	parts := strings.Split(subject, "/")
	if len(parts) != 3 || parts[0] != Places || uuid.Validate(parts[1]) != nil {
		return l, c, delivery.Permanent{Err: fmt.Errorf("%q names no sweep", subject)}
	}
	cs, err := member.ContactsTx(ctx, tx, []string{orgID})
	if err != nil {
		return l, c, err
	}
	c = cs[orgID]
	rs, err := db.List(ctx, tx, scanReminder, `SELECT `+reminderColumns+` FROM duty_reminder r WHERE r.sweep = $1 AND r.org_id = $2 ORDER BY r.fell_at, r.duty_id, r.step`, parts[1], orgID)
	if err != nil {
		return l, c, err
	}
	ds, err := dutiesOf(ctx, tx, rs)
	l.OrgID = orgID
	for _, r := range rs {
		if x := ds[r.DutyID]; classOf(c, x.Force, r.Step) == destination.Class(parts[2]) {
			l.Items = append(l.Items, LetterItem{r, x})
		}
	}
	l.Items = still(l.Items, tx.Now)
	return l, c, err
}

// toPlace makes the message to a place: what a sweep has noted, or the written follow-up of a call. What a letter to somebody
// says in the same mailbox is not said there twice.
func (p Messages) toPlace(ctx context.Context, tx *db.Tx, d delivery.Delivery) (m delivery.Message, err error) {
	var l Letter
	var c member.Contacts
	var call Try
	class := destination.Mandatory
	if strings.HasPrefix(d.Subject, Places+"/") {
		class = destination.Class(d.Subject[strings.LastIndexByte(d.Subject, '/')+1:])
		if l, c, err = forPlaces(ctx, tx, d.Subject, d.OrgID); err == nil && len(l.Items) == 0 {
			err = delivery.ErrSuperseded
		}
	} else if l, err = p.Service.letter(ctx, tx, d.Subject); err == nil {
		if call, err = lastTry(ctx, tx, l.CallID); err == nil {
			var cs map[string]member.Contacts
			cs, err = member.ContactsTx(ctx, tx, []string{d.OrgID})
			c = cs[d.OrgID]
		}
	}
	if err != nil {
		return m, err
	}
	if !c.Reachable() {
		return m, delivery.Permanent{Err: delivery.Reason{Code: delivery.NoRecipient}}
	}
	org, err := p.Members.OrgTx(ctx, tx, d.OrgID)
	if err != nil {
		return m, err
	}
	to, err := p.Destinations.AddressTx(ctx, tx, org, d)
	if err != nil {
		return m, err
	}
	m = delivery.Message{Type: reminderType, To: to, Class: string(class), Link: p.Service.BaseURL + "/duties"}
	if l.CallID != "" {
		m.Type = calledType
	}
	ps := destination.Speak(org)
	m.Short = l.subject(ps[0])
	switch d.Channel {
	case delivery.Webhook:
		m.Data = l.data(m.Link)
	case delivery.Email:
		if twice, err := l.writtenTo(ctx, tx, d, c, to.Email); err != nil || twice {
			return delivery.Message{}, errors.Join(err, delivery.ErrSuperseded)
		}
		m.Unsubscribe = p.Destinations.MuteURL(d.OrgID, cmp.Or(d.Destination, d.Channel), class)
		m.Subject = m.Short + " / " + l.subject(ps[1])
		texts := make([]string, len(ps))
		for i, t := range ps {
			texts[i] = l.text(t, org.Name(t.Lang()), m.Link, call, tx.Now)
		}
		m.Text = strings.Join(texts, "\n\n")
	}
	return m, nil
}

// data is the webhook's.
func (l Letter) data(url string) reminderData {
	out := reminderData{Step: l.highest(), Duties: []owedData{}, URL: url}
	for n, g := range l.Groups() {
		if n >= maxMailed {
			out.More++
			continue
		}
		d := g[0].Duty
		out.Duties = append(out.Duties, owedData{d.ID, d.Number, d.Rule, d.Force, g[len(g)-1].Step, d.DueAt.UTC()})
	}
	return out
}

// writtenTo reports whether letters to somebody say all of it in the same mailbox.
func (l Letter) writtenTo(ctx context.Context, tx *db.Tx, d delivery.Delivery, c member.Contacts, mailbox string) (bool, error) {
	same := map[string]bool{orgAddress + c.Org.ID: strings.EqualFold(c.Org.Email, mailbox)}
	for _, a := range c.People {
		same[a.ID] = strings.EqualFold(a.Email, mailbox)
	}
	if l.CallID != "" {
		return same[l.Recipient], nil
	}
	told, err := db.List(ctx, tx, func(r db.Row) (x writing, err error) { return x, r.Scan(&x.duty, &x.step, &x.to) },
		`SELECT i.duty_id, i.step, i.recipient FROM duty_letter_item i JOIN duty_reminder r ON r.duty_id = i.duty_id AND r.step = i.step WHERE r.sweep = $1 AND r.org_id = $2`,
		strings.Split(d.Subject, "/")[1], d.OrgID)
	if err != nil {
		return false, err
	}
	said := map[noted]bool{}
	for _, x := range told {
		said[x.noted] = said[x.noted] || same[x.to]
	}
	return !slices.ContainsFunc(l.Items, func(i LetterItem) bool { return !said[noted{i.DutyID, i.Step}] }), nil
}

// writing says that somebody was written to about a step.
type writing struct {
	noted
	to string
}

// atPlace reports whether a delivery goes to a place, or to the main e-mail address in its stead: letters to people have
// neither a destination nor a webhook.
func atPlace(d delivery.Delivery) bool {
	return d.Destination != "" || d.Channel != delivery.Email || strings.HasPrefix(d.Subject, Places+"/")
}

// atPlaces adds to receipts how places were told of reminders that an organisation's reader may know of.
func atPlaces(ctx context.Context, tx *db.Tx, rs []Reminder, ds map[string]Duty, to map[noted][]Receipt) error {
	var subjects, orgs []string
	for _, r := range rs {
		if r.sweep == "" {
			continue
		}
		for _, c := range destination.Classes {
			subjects = append(subjects, placesSubject(r.sweep, c))
		}
		orgs = append(orgs, r.OrgID)
	}
	slices.Sort(subjects)
	slices.Sort(orgs)
	subjects, orgs = slices.Compact(subjects), slices.Compact(orgs)
	if len(orgs) == 0 {
		return nil
	}
	cs, err := member.ContactsTx(ctx, tx, orgs)
	if err != nil {
		return err
	}
	sent, err := delivery.To(ctx, tx, Purpose, subjects, orgs)
	for _, r := range rs {
		var x Receipt
		about := placesSubject(r.sweep, classOf(cs[r.OrgID], ds[r.DutyID].Force, r.Step))
		for _, d := range sent {
			if d.OrgID == r.OrgID && d.Subject == about && better(d.State, x.State) {
				x = Receipt{To: Places, State: d.State, EndedAt: d.DoneAt}
			}
		}
		if x.To != "" {
			k := noted{r.DutyID, r.Step}
			to[k] = append(to[k], x)
		}
	}
	return err
}

// better reports whether one of several messages says more of whether somebody was reached than another.
func better(a, b delivery.State) bool {
	order := []delivery.State{"", delivery.Superseded, delivery.Failed, delivery.Queued, delivery.Delivered}
	return slices.Index(order, a) > slices.Index(order, b)
}
