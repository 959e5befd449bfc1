// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// places is the recipient of what goes to where a unit wants to be told, beside the letters to its people: these stand for
// its main e-mail address.
const places = "places"

// queuePlaces tells units of a step in silence where they want to be told of the warning itself, as urgently as of that. A
// reminder is as grave as the warning also where the newest revision is an editorial one.
func queuePlaces(ctx context.Context, tx *db.Tx, w Warning, step string, orgs []string) error {
	var a db.Args
	return destination.QueueOf(ctx, tx, destination.Batch{Purpose: SilencePurpose, Subject: subject(w.ID, w.Revision) + ":" + step + ":" + places,
		Class: destination.ClassOf(string(w.Level), false), Near: nearby, Type: silenceType, Also: []string{Released{}.Kind()}, Level: string(w.Level),
		From: `FROM warning_recipient r JOIN org o ON o.id = r.org_id`, Where: `r.warning_id = ` + a.P(w.ID) + ` AND r.revision = ` + a.P(w.Revision), Args: a,
		Without: []string{destination.MainEmail}}, orgs)
}

// nearby is the condition that a copy r concerns its unit's own products.
const nearby = `r.wave = 1`

// silenceType is the event type of reminders on the wire.
const silenceType = "warning.silence"

// silenceData is the webhook's "data". It says nothing of what the warning is about, whatever its label.
type silenceData struct {
	ID        string    `json:"id"`
	Number    string    `json:"number"`
	Revision  int       `json:"revision"`
	Level     Level     `json:"level"`
	TLP       string    `json:"tlp"`
	Step      int       `json:"step"`             // percent of the time limit
	Called    bool      `json:"called,omitempty"` // the desk has called about it
	RespondBy time.Time `json:"respond_by"`
	URL       string    `json:"url"`
}

// toPlace makes the message to a place. What a letter to somebody says in the same mailbox is not said there twice.
func (k *silences) toPlace(ctx context.Context, tx *db.Tx, d delivery.Delivery, w Warning, r Recipient) (m delivery.Message, err error) {
	org, ok := k.orgs[d.OrgID]
	if !ok {
		return m, fault.Missing()
	}
	if !org.Status.Keeps(member.ToOwnWarnings) {
		return m, delivery.Permanent{Err: delivery.Reason{Code: delivery.NoRecipient}}
	}
	to, err := k.Destinations.AddressTx(ctx, tx, org, d)
	if err != nil {
		return m, err
	}
	c := destination.ClassOf(string(w.Level), false)
	if c == destination.Digest && r.Wave == WaveAffected {
		c = destination.Prompt
	}
	m = delivery.Message{Type: silenceType, To: to, Thread: "warning/" + w.ID, TLP: w.TLP, Class: string(c), Link: k.pageURL(w.ID), Urgent: w.Level == Red}
	ps := destination.Speak(org)
	m.Short = silenceSubject(w, k.step, ps[0])
	switch d.Channel {
	case delivery.Webhook:
		x := silenceData{ID: w.ID, Number: w.Number, Revision: r.Revision, Level: w.Level, TLP: w.TLP, Step: 100, RespondBy: w.RespondBy.UTC(), URL: m.Link, Called: k.step == called}
		if !x.Called {
			x.Step, err = strconv.Atoi(k.step)
		}
		m.Data = x
	case delivery.Email:
		if twice, err := writtenTo(ctx, tx, d, k.contacts[d.OrgID], to.Email); err != nil || twice {
			return delivery.Message{}, errors.Join(err, delivery.ErrSuperseded)
		}
		m.ReplyTo = k.ReplyAddress(w.ID, r.Revision, d.OrgID)
		if k.Destinations != nil {
			m.Unsubscribe = k.Destinations.MuteURL(d.OrgID, or(d.Destination, d.Channel), c)
		}
		m.Subject, m.Text = silenceSubject(w, k.step, ps[:]...), k.silenceText(w, r, k.step, org.Name(ps[0].Lang()), ps[:])
	}
	return m, err
}

// writtenTo reports whether a letter about the same step is on its way, or has come, to the same mailbox.
func writtenTo(ctx context.Context, tx *db.Tx, d delivery.Delivery, c member.Contacts, mailbox string) (bool, error) {
	about := strings.TrimSuffix(d.Subject, places)
	var subjects []string
	for _, a := range c.People {
		if strings.EqualFold(a.Email, mailbox) {
			subjects = append(subjects, about+a.ID)
		}
	}
	if strings.EqualFold(c.Org.Email, mailbox) {
		subjects = append(subjects, about+orgAddress+d.OrgID)
	}
	ds, err := delivery.To(ctx, tx, SilencePurpose, subjects, []string{d.OrgID})
	for _, x := range ds {
		if x.State == delivery.Queued || x.State == delivery.Delivered {
			return true, err
		}
	}
	return false, err
}

// silenceSubject is the head of a reminder, in some languages.
func silenceSubject(w Warning, step string, ps ...i18n.Printer) string {
	heads := make([]string, len(ps))
	for i, t := range ps {
		heads[i] = t.T("warning.silence.subject-"+step, t.T("warning.level."+string(w.Level)))
	}
	return "[TLP:" + w.TLP + "] " + w.Number + " " + strings.Join(heads, " / ")
}

// silenceText is the mail: number, level, time limit and links, and nothing of what the warning says.
func (p Silence) silenceText(w Warning, r Recipient, step, name string, ps []i18n.Printer) string {
	texts := make([]string, len(ps))
	for i, t := range ps {
		texts[i] = strings.Join([]string{
			t.T("warning.silence.hello", name), "",
			t.T("warning.silence.text-"+step, t.T("warning.level."+string(w.Level)), w.Number, r.Revision, t.DateTime(w.RespondBy), t.Zone()), "",
			t.T("warning.mail.link") + ": " + p.LinkURL(w.ID, r.Revision, r.OrgID),
			t.T("warning.mail.page") + ": " + p.pageURL(w.ID), "",
			t.T("warning.mail.issuer", w.Content.Issuer, w.Content.Phone)}, "\n")
	}
	return strings.Join(texts, "\n\n"+strings.Repeat("-", 60)+"\n\n") + "\n"
}
