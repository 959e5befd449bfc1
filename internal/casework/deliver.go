// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// PurposeNotice is the purpose of deliveries that point an upstream provider to its notice.
const PurposeNotice = "notice"

// tlpNotice is the handling label of notices: for the provider's own people who need to know.
const tlpNotice = "AMBER+STRICT"

// noticeType is the event type of notices on the wire.
const noticeType = "case.upstream-notified"

// NoticePurpose renders and follows the deliveries of PurposeNotice. It implements delivery.Purpose.
type NoticePurpose struct {
	Service      *Service
	Members      *member.Service
	Destinations *destination.Service
}

// noticeData is the webhook's "data" (event "case.upstream-notified"). It is thin: what the flaw is, is read by an
// authenticated call, which is on record.
type noticeData struct {
	ID     string    `json:"id"`
	Case   string    `json:"case"`
	SentAt time.Time `json:"sent_at"`
	URL    string    `json:"url"`
}

// Render returns the message that points to the notice; neither its subject nor its text holds undisclosed details. A
// notice that was confirmed, or whose case has ended as rejected, goes out no more.
func (p NoticePurpose) Render(ctx context.Context, d delivery.Delivery) (m delivery.Message, err error) {
	var n Notice
	to := delivery.Address{Email: d.Destination}
	var org member.Org
	err = p.Service.DB.View(ctx, func(tx *db.Tx) error {
		if n, err = db.Get(ctx, tx, p.Service.scanNotice, noticeQuery+` WHERE n.id = $1`, d.Subject); err != nil {
			return err
		}
		c, err := p.Service.byID(ctx, tx, n.CaseID, "")
		if err != nil {
			return err
		}
		if !n.AckedAt.IsZero() || c.State == Rejected {
			return delivery.ErrSuperseded
		}
		if d.OrgID == "" {
			return nil
		}
		if org, err = p.Members.OrgTx(ctx, tx, d.OrgID); err != nil {
			return err
		}
		to, err = p.Destinations.AddressTx(ctx, tx, org, d)
		return err
	})
	if err != nil {
		return m, fmt.Errorf("render notice: %w", err)
	}
	m = delivery.Message{Type: noticeType, To: to, Thread: "notice/" + n.ID, TLP: tlpNotice}
	url := p.Service.BaseURL + "/notices/" + n.ID
	m.Short, _ = p.letter(n, url, org)
	m.Link = url
	switch {
	case d.Channel == delivery.Webhook && to.URL == "", d.Channel == delivery.Email && to.Email == "":
		return delivery.Message{}, errors.New("render notice: the provider has no address on this channel")
	case d.Channel == delivery.Webhook:
		m.Data = noticeData{ID: n.ID, Case: n.Number, SentAt: n.SentAt, URL: url}
	case n.OrgID == "":
		m.Subject, m.Text = p.letter(n, p.Service.LinkURL(n.ID), org)
	default:
		m.Subject, m.Text = p.letter(n, url, org)
	}
	return m, nil
}

// letter is a mail in both languages, English first for providers abroad.
func (p NoticePurpose) letter(n Notice, url string, org member.Org) (subject, text string) {
	ps := []i18n.Printer{i18n.For(i18n.Chinese), i18n.For(i18n.English)}
	if org.Country != "" && org.Country != "CN" {
		ps[0], ps[1] = ps[1], ps[0]
	}
	var heads []string
	var b strings.Builder
	b.WriteString("TLP:" + tlpNotice + "\n\n")
	for _, t := range ps {
		heads = append(heads, t.T("case.notice.subject"))
		b.WriteString(t.T("case.notice.intro", n.Number) + "\n")
		if n.OrgID == "" {
			b.WriteString(t.T("case.notice.by-link", t.DateTime(n.SentAt.Add(linkLife))) + "\n")
		} else {
			b.WriteString(t.T("case.notice.by-account") + "\n")
		}
		b.WriteString(url + "\n\n")
	}
	return "[TLP:" + tlpNotice + "] " + n.Number + " " + strings.Join(heads, " / "), b.String()
}

// Ended records that the notice has arrived, or that a channel failed for good: that shows on the case's time line. What comes
// to a place beside the provider's main addresses is no arrival.
func (p NoticePurpose) Ended(ctx context.Context, tx *db.Tx, d delivery.Delivery) error {
	if d.OrgID != "" && d.Destination != "" {
		return destination.Ended(ctx, tx, d)
	}
	n, err := p.Service.noticeByID(ctx, tx, d.Subject)
	if err != nil {
		return fmt.Errorf("end notice: %w", err)
	}
	if d.State == delivery.Delivered {
		_, err = p.Service.arrived(ctx, tx, member.System(), n, d.Channel)
	} else {
		_, err = p.Service.Events.Record(ctx, tx, member.System().By(), UpstreamReached{on: n.on(), NoticeID: n.ID, OrgID: n.OrgID, Channel: d.Channel, State: d.State})
	}
	if err != nil {
		return fmt.Errorf("end notice: %w", err)
	}
	return nil
}
