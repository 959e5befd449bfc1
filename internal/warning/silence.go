// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// SilencePurpose is the name of deliveries that remind a unit's people of a warning. Their subject is
// "warning:revision:step:recipient"; the step after a call is "call", and the recipient "places" stands for wherever else the
// unit wants to be told.
const SilencePurpose = "warning-silence"

// RemindedOf says what a reminder to places is about: the warning, and which step of its time limit in percent. The subject is
// that of a delivery.
func RemindedOf(subject string) (warningID string, step int, err error) {
	id, _, word, _, err := reminderOf(subject)
	if err != nil || word == called {
		return id, Steps[len(Steps)-1], err
	}
	step, err = strconv.Atoi(word)
	return id, step, err
}

// reminderOf takes the subject of a reminder apart.
func reminderOf(subject string) (id string, revision int, step, to string, err error) {
	parts := strings.SplitN(subject, ":", 4)
	if len(parts) != 4 {
		return "", 0, "", "", fmt.Errorf("%q names no reminder", subject)
	}
	revision, err = strconv.Atoi(parts[1])
	return parts[0], revision, parts[2], parts[3], err
}

// called is the step of the written follow-up of a call.
const called = "call"

func letterTo(w Warning, org, step, to string) delivery.Delivery {
	return delivery.Delivery{Purpose: SilencePurpose, Subject: subject(w.ID, w.Revision) + ":" + step + ":" + to, OrgID: org, Channel: delivery.Email}
}

// Silence renders and follows the letters that remind of a warning. It implements delivery.Purpose under SilencePurpose.
type Silence struct{ *Service }

var _ delivery.Purpose = Silence{}

// Render returns the message: number, level, time limit and links, and nothing of what the warning says. Of what was
// answered meanwhile, or of which a later step has told the same people, nothing is sent.
func (p Silence) Render(ctx context.Context, d delivery.Delivery) (m delivery.Message, err error) {
	id, revision, step, to, err := reminderOf(d.Subject)
	if err != nil {
		return m, delivery.Permanent{Err: err}
	}
	err = p.DB.View(ctx, func(tx *db.Tx) error {
		m, err = p.reminder(ctx, tx, d, id, revision, step, to)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		err = delivery.Permanent{Err: err}
	}
	if err != nil {
		return delivery.Message{}, fmt.Errorf("render reminder of warning: %w", err)
	}
	return m, nil
}

func (p Silence) reminder(ctx context.Context, tx *db.Tx, d delivery.Delivery, id string, revision int, step, to string) (m delivery.Message, err error) {
	org := d.OrgID
	r, err := p.newest(ctx, tx, id, org, "")
	if err != nil {
		return m, err
	}
	w, err := p.revision(ctx, tx, id, r.Revision)
	if err != nil {
		return m, err
	}
	reminded, err := db.Get(ctx, tx, db.Value[int], `SELECT reminded FROM warning_recipient WHERE warning_id = $1 AND revision = $2 AND org_id = $3`, id, r.Revision, org)
	if err != nil {
		return m, err
	}
	replaced, err := significantSince(ctx, tx, id, revision, r.Revision)
	if err != nil {
		return m, err
	}
	if r.Answer != Unanswered || w.Kind.Closes() || replaced || step == "50" && reminded > 50 {
		return m, delivery.ErrSuperseded
	}
	if to == places {
		return p.toPlace(ctx, tx, d, w, r, step)
	}
	cs, err := member.ContactsTx(ctx, tx, []string{org})
	if err != nil {
		return m, err
	}
	email, name, langs := addressee(cs[org], to)
	if email == "" {
		return m, delivery.Permanent{Err: delivery.Reason{Code: delivery.NoRecipient}}
	}
	m = delivery.Message{Type: silenceType, To: delivery.Address{Email: email}, Thread: "warning/" + id, TLP: w.TLP, Class: string(destination.Mandatory), Link: p.pageURL(id), Urgent: w.Level == Red, ReplyTo: p.ReplyAddress(id, r.Revision, org)}
	ps := make([]i18n.Printer, len(langs))
	for i, lang := range langs {
		ps[i] = i18n.For(lang)
	}
	m.Subject, m.Text = silenceSubject(w, step, ps...), p.silenceText(w, r, step, name, ps)
	m.Short = m.Subject
	return m, nil
}

// addressee says where a letter goes and in which languages: a person's own, or both for a contact address.
func addressee(c member.Contacts, to string) (email, name string, langs []string) {
	if !strings.HasPrefix(to, orgAddress) {
		a, ok := c.Person(to)
		if !ok {
			return "", "", nil
		}
		return a.Email, a.Name, []string{a.Locale}
	}
	if !c.Reachable() {
		return "", "", nil
	}
	langs = []string{i18n.Chinese, i18n.English}
	if c.Org.Country != "" && c.Org.Country != "CN" {
		slices.Reverse(langs)
	}
	return c.Org.Email, c.Org.Name(langs[0]), langs
}

// Ended records a reminder that failed for good on the unit's time line. The next step, and the desk's call, come anyway.
func (p Silence) Ended(ctx context.Context, tx *db.Tx, d delivery.Delivery) error {
	if err := destination.Ended(ctx, tx, d); err != nil {
		return err
	}
	if d.State != delivery.Failed {
		return nil
	}
	id, _, _ := strings.Cut(d.Subject, ":")
	w, err := db.Get(ctx, tx, scanWarning, working+` WHERE w.id = $1`, id)
	if err != nil {
		return err
	}
	_, err = p.Events.Record(ctx, tx, member.System().By(), Undelivered{w.on(), w.Revision, d.OrgID, d.Channel})
	return err
}
