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
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/fault"
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
	sweep, class, err := sweepOf(subject)
	if err != nil {
		return nil, err
	}
	k := placeLetters{sweep: sweep, class: class}
	err = k.loadSweep(ctx, tx, []string{orgID})
	return k.letters[orgID].Items, err
}

// sweepOf takes the subject of what a sweep has for places apart.
func sweepOf(subject string) (sweep string, c destination.Class, err error) {
	parts := strings.Split(subject, "/")
	if len(parts) != 3 || parts[0] != Places || uuid.Validate(parts[1]) != nil {
		return "", "", delivery.Permanent{Err: fmt.Errorf("%q names no sweep", subject)}
	}
	return parts[1], destination.Class(parts[2]), nil
}

// placeLetters is what messages of one subject to places are made of, loaded for all organisations at once: what a sweep has
// noted, or the written follow-up of a call.
type placeLetters struct {
	sweep    string // "" of a call
	class    destination.Class
	call     Try
	letters  map[string]Letter // by organisation, with what is still owed
	orgs     map[string]member.Org
	contacts map[string]member.Contacts
	told     map[string][]writing // what letters to people of an organisation say, where there are mailboxes among the places
}

// placeLetters loads what messages of one subject are made of.
func (p Messages) placeLetters(ctx context.Context, tx *db.Tx, ds []delivery.Delivery) (k *placeLetters, err error) {
	k = &placeLetters{class: destination.Mandatory, letters: map[string]Letter{}}
	orgs := make([]string, len(ds))
	for i, d := range ds {
		orgs[i] = d.OrgID
	}
	slices.Sort(orgs)
	orgs = slices.Compact(orgs)
	if subject := ds[0].Subject; strings.HasPrefix(subject, Places+"/") {
		if k.sweep, k.class, err = sweepOf(subject); err != nil {
			return nil, err
		}
		if err := k.loadSweep(ctx, tx, orgs); err != nil {
			return nil, err
		}
		if ds[0].Channel == delivery.Email {
			if err := k.loadTold(ctx, tx, orgs); err != nil {
				return nil, err
			}
		}
	} else {
		l, err := p.Service.letter(ctx, tx, subject)
		if err != nil {
			return nil, err
		}
		if k.call, err = lastTry(ctx, tx, l.CallID); err != nil {
			return nil, err
		}
		if k.contacts, err = member.ContactsTx(ctx, tx, orgs); err != nil {
			return nil, err
		}
		for _, org := range orgs {
			k.letters[org] = l
		}
	}
	k.orgs, err = p.Members.OrgsTx(ctx, tx, orgs)
	return k, err
}

// loadSweep loads what a sweep has noted about organisations in a class, as it stands now.
func (k *placeLetters) loadSweep(ctx context.Context, tx *db.Tx, orgs []string) (err error) {
	if k.contacts, err = member.ContactsTx(ctx, tx, orgs); err != nil {
		return err
	}
	a := db.Args{k.sweep}
	rs, err := db.List(ctx, tx, scanReminder, `SELECT `+reminderColumns+` FROM duty_reminder r WHERE `+ofSweep+db.Among(tx, &a, orgs), a...)
	if err != nil {
		return err
	}
	slices.SortFunc(rs, func(a, b Reminder) int {
		return cmp.Or(a.FellAt.Compare(b.FellAt), cmp.Compare(a.DutyID, b.DutyID), cmp.Compare(a.Step, b.Step))
	})
	ds, err := dutiesOf(ctx, tx, rs)
	k.letters = make(map[string]Letter, len(orgs))
	for _, r := range rs {
		l, x := k.letters[r.OrgID], ds[r.DutyID]
		if l.OrgID = r.OrgID; classOf(k.contacts[r.OrgID], x.Force, r.Step) == k.class {
			l.Items = append(l.Items, still([]LetterItem{{r, x}}, tx.Now)...)
		}
		k.letters[r.OrgID] = l
	}
	return err
}

// ofSweep begins a condition on reminders r: of a sweep, and of organisations. That there was one is said so that the index
// of sweeps serves it on SQLite, too.
const ofSweep = `r.sweep = $1 AND r.sweep <> '' AND r.org_id `

// loadTold loads what letters to the organisations' people say of what the sweep has noted.
func (k *placeLetters) loadTold(ctx context.Context, tx *db.Tx, orgs []string) error {
	a := db.Args{k.sweep}
	rows, err := db.List(ctx, tx, func(r db.Row) (x writing, err error) { return x, r.Scan(&x.org, &x.duty, &x.step, &x.to) },
		`SELECT r.org_id, i.duty_id, i.step, i.recipient FROM duty_letter_item i JOIN duty_reminder r ON r.duty_id = i.duty_id AND r.step = i.step WHERE `+ofSweep+db.Among(tx, &a, orgs), a...)
	k.told = make(map[string][]writing, len(orgs))
	for _, x := range rows {
		k.told[x.org] = append(k.told[x.org], x)
	}
	return err
}

// toPlace makes the message to a place. What a letter to somebody says in the same mailbox is not said there twice.
func (p Messages) toPlace(ctx context.Context, tx *db.Tx, k *placeLetters, d delivery.Delivery) (m delivery.Message, err error) {
	l, c := k.letters[d.OrgID], k.contacts[d.OrgID]
	if k.sweep != "" && len(l.Items) == 0 {
		return m, delivery.ErrSuperseded
	}
	if !c.Reachable() {
		return m, delivery.Permanent{Err: delivery.Reason{Code: delivery.NoRecipient}}
	}
	org, ok := k.orgs[d.OrgID]
	if !ok {
		return m, fault.Missing()
	}
	to, err := p.Destinations.AddressTx(ctx, tx, org, d)
	if err != nil {
		return m, err
	}
	m = delivery.Message{Type: reminderType, To: to, Class: string(k.class), Link: p.Service.BaseURL + "/duties"}
	if l.CallID != "" {
		m.Type = calledType
	}
	ps := destination.Speak(org)
	m.Short = l.subject(ps[0])
	switch d.Channel {
	case delivery.Webhook:
		m.Data = l.data(m.Link)
	case delivery.Email:
		if l.writtenTo(k.told[d.OrgID], c, to.Email) {
			return delivery.Message{}, delivery.ErrSuperseded
		}
		m.Unsubscribe = p.Destinations.MuteURL(d.OrgID, cmp.Or(d.Destination, d.Channel), k.class)
		m.Subject = m.Short + " / " + l.subject(ps[1])
		texts := make([]string, len(ps))
		for i, t := range ps {
			texts[i] = l.text(t, org.Name(t.Lang()), m.Link, k.call, tx.Now)
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

// writtenTo reports whether letters to somebody say all of it in the same mailbox. told is what letters about the same say.
func (l Letter) writtenTo(told []writing, c member.Contacts, mailbox string) bool {
	same := map[string]bool{orgAddress + c.Org.ID: strings.EqualFold(c.Org.Email, mailbox)}
	for _, a := range c.People {
		same[a.ID] = strings.EqualFold(a.Email, mailbox)
	}
	if l.CallID != "" {
		return same[l.Recipient]
	}
	said := map[noted]bool{}
	for _, x := range told {
		said[x.noted] = said[x.noted] || same[x.to]
	}
	return !slices.ContainsFunc(l.Items, func(i LetterItem) bool { return !said[noted{i.DutyID, i.Step}] })
}

// writing says that somebody was written to about a step of an organisation's duty.
type writing struct {
	noted
	org, to string
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
