// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// Purpose is the purpose of deliveries that point an organisation to its file. Their subject is the inquiry and what
// there is to read: "ID/notice".
const Purpose = "inquiry"

// What deliveries are about.
const (
	aboutNotice    = "notice"
	aboutDecision  = "decision"
	aboutAnswer    = "answer"
	aboutObjection = "objection"
)

// noticeSubject is the subject of the notice's deliveries: each time it is sent has its own.
func noticeSubject(id string, tries int) string {
	if tries <= 1 {
		return id + "/" + aboutNotice
	}
	return fmt.Sprintf("%s/%s+%d", id, aboutNotice, tries)
}

// subjectOf parts a subject of deliveries.
func subjectOf(subject string) (id, about string) {
	id, about, _ = strings.Cut(subject, "/")
	about, _, _ = strings.Cut(about, "+")
	return id, about
}

// tell queues the messages that point the organisation to what is new in its file: to its main addresses whatever it has
// chosen, because only what comes there is served, and to its other places as something mandatory.
func (s *Service) tell(ctx context.Context, tx *db.Tx, q File, about string) error {
	return s.tellSubject(ctx, tx, q, q.ID+"/"+about)
}

func (s *Service) tellSubject(ctx context.Context, tx *db.Tx, q File, subject string) error {
	o, err := s.Members.OrgTx(ctx, tx, q.OrgID)
	if err != nil {
		return err
	}
	d := delivery.Delivery{Purpose: Purpose, Subject: subject, OrgID: q.OrgID, Channel: delivery.Email}
	ds := []delivery.Delivery{d}
	if o.WebhookURL != "" {
		d.Channel = delivery.Webhook
		ds = append(ds, d)
	}
	if s.Notify != nil {
		tx.OnCommit(s.Notify)
	}
	if err := delivery.Queue(ctx, tx, ds...); err != nil {
		return err
	}
	return destination.QueueOf(ctx, tx, destination.Batch{Purpose: Purpose, Subject: subject, Class: destination.Mandatory,
		Without: []string{destination.MainEmail, destination.MainWebhook}}, []string{q.OrgID})
}

// Messages renders and follows the deliveries of Purpose. It implements delivery.Purpose.
type Messages struct {
	Service      *Service
	Destinations *destination.Service
}

// messageData is the webhook's "data". It is thin: the texts are read by an authenticated call.
type messageData struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	What   string `json:"what"`
	URL    string `json:"url"`
}

// Render returns the message that points to the file; neither its subject nor its text says what the file is about.
func (p Messages) Render(ctx context.Context, d delivery.Delivery) (m delivery.Message, err error) {
	id, about := subjectOf(d.Subject)
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		q, err := db.Get(ctx, tx, p.Service.scan, `SELECT `+columns+` FROM inquiry q WHERE q.id = $1`, id)
		if err != nil {
			return err
		}
		o, err := p.Service.Members.OrgTx(ctx, tx, d.OrgID)
		if err != nil {
			return err
		}
		m = delivery.Message{Type: "compliance." + about, Thread: "inquiry/" + id}
		if m.To, err = p.Destinations.AddressTx(ctx, tx, o, d); err != nil {
			return err
		}
		if d.Channel == delivery.Webhook && m.To.URL == "" || d.Channel == delivery.Email && m.To.Email == "" {
			return errors.New("the organisation has no address on this channel")
		}
		url := p.Service.BaseURL + "/inquiries/" + id
		m.Data = messageData{id, q.Number, about, url}
		m.Subject, m.Text = letter(q.Number, about, url, o)
		m.Short, m.Link, m.Class = m.Subject, url, string(destination.Mandatory)
		return nil
	})
	if err != nil {
		return delivery.Message{}, fmt.Errorf("render message about an inquiry: %w", err)
	}
	return m, nil
}

// letter is a mail in both languages, English first for organisations abroad.
func letter(number, about, url string, o member.Org) (subject, text string) {
	ps := []i18n.Printer{i18n.For(i18n.Chinese), i18n.For(i18n.English)}
	if o.Country != "" && o.Country != "CN" {
		ps[0], ps[1] = ps[1], ps[0]
	}
	var heads []string
	var b strings.Builder
	for _, t := range ps {
		heads = append(heads, t.T("compliance.mail.subject"))
		b.WriteString(t.T("compliance.mail."+about, number) + "\n" + t.T("compliance.mail.read") + "\n" + url + "\n\n")
	}
	return number + " " + strings.Join(heads, " / "), b.String()
}

// Ended records how a message ended: that the notice has arrived, or that a channel failed for good. What comes to a place
// beside the main addresses serves nothing.
func (p Messages) Ended(ctx context.Context, tx *db.Tx, d delivery.Delivery) error {
	if d.Destination != "" {
		return destination.Ended(ctx, tx, d)
	}
	id, about := subjectOf(d.Subject)
	s := p.Service
	if err := lock(ctx, tx, id); err != nil {
		return fmt.Errorf("end message about an inquiry: %w", err)
	}
	q, err := s.byID(ctx, tx, id)
	if err != nil {
		return fmt.Errorf("end message about an inquiry: %w", err)
	}
	if about == aboutNotice && d.State == delivery.Delivered && q.Notice.DeliveredAt.IsZero() {
		if _, err := tx.Exec(ctx, `UPDATE inquiry_notice SET delivered_at = $1 WHERE inquiry_id = $2`, db.At(tx.Now), q.ID); err != nil {
			return fmt.Errorf("end message about an inquiry: %w", err)
		}
	}
	_, err = s.Events.Record(ctx, tx, member.System().By(), Reached{q.on(), about, d.Channel, d.State})
	return err
}
