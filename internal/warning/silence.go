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

var _ delivery.Bulk = Silence{}

// Render returns the message: number, level, time limit and links, and nothing of what the warning says. Of what was
// answered meanwhile, or of which a later step has told the same people, nothing is sent.
func (p Silence) Render(ctx context.Context, d delivery.Delivery) (delivery.Message, error) {
	out := p.RenderMany(ctx, []delivery.Delivery{d})
	return out[0].Message, out[0].Err
}

// RenderMany makes the messages of one step to many units. It implements delivery.Bulk.
func (p Silence) RenderMany(ctx context.Context, ds []delivery.Delivery) []delivery.Rendered {
	out := make([]delivery.Rendered, len(ds))
	all := func(err error) []delivery.Rendered {
		for i := range out {
			out[i] = delivery.Rendered{Err: err}
		}
		return out
	}
	id, revision, step, to, err := reminderOf(ds[0].Subject)
	if err != nil {
		return all(delivery.Permanent{Err: err})
	}
	err = p.DB.View(ctx, func(tx *db.Tx) error {
		k := &silences{Silence: p, id: id, from: revision, step: step, to: to, revisions: map[int]Warning{}, replaced: map[int]bool{}}
		if err := k.loadUnits(ctx, tx, ds); err != nil {
			return err
		}
		for i, d := range ds {
			m, err := k.message(ctx, tx, d)
			if err != nil {
				m, err = delivery.Message{}, notRendered(err)
			}
			out[i] = delivery.Rendered{Message: m, Err: err}
		}
		return nil
	})
	if err != nil {
		return all(notRendered(err))
	}
	return out
}

// notRendered says that a reminder could not be made. What is not there does not come back.
func notRendered(err error) error {
	if fault.Is(err, fault.NotFound) {
		err = delivery.Permanent{Err: err}
	}
	return fmt.Errorf("render reminder of warning: %w", err)
}

// message makes the message of a delivery.
func (k *silences) message(ctx context.Context, tx *db.Tx, d delivery.Delivery) (m delivery.Message, err error) {
	r, ok := k.copies[d.OrgID]
	if !ok {
		return m, fault.Missing()
	}
	w, replaced, err := k.warning(ctx, tx, r.Revision)
	if err != nil {
		return m, err
	}
	if r.Answer != Unanswered || w.Kind.Closes() || replaced || k.step == "50" && r.reminded > 50 {
		return m, delivery.ErrSuperseded
	}
	if k.to == places {
		return k.toPlace(ctx, tx, d, w, r.Recipient)
	}
	email, name, langs := addressee(k.contacts[d.OrgID], k.to)
	if email == "" {
		return m, delivery.Permanent{Err: delivery.Reason{Code: delivery.NoRecipient}}
	}
	m = delivery.Message{Type: silenceType, To: delivery.Address{Email: email}, Thread: "warning/" + k.id, TLP: w.TLP, Class: string(destination.Mandatory), Link: k.pageURL(k.id), Urgent: w.Level == Red, ReplyTo: k.ReplyAddress(k.id, r.Revision, d.OrgID)}
	ps := make([]i18n.Printer, len(langs))
	for i, lang := range langs {
		ps[i] = i18n.For(lang)
	}
	m.Subject, m.Text = silenceSubject(w, k.step, ps...), k.silenceText(w, r.Recipient, k.step, name, ps)
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
