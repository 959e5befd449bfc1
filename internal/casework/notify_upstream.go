// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// NoticeInput says whom to tell of a flaw in its product, and what.
type NoticeInput struct {
	OrgID string // the provider, when it is a member; else
	Email string // its address: it gets a link that needs no account
	Text  string
}

func (in NoticeInput) checked() (NoticeInput, error) {
	in.OrgID, in.Email, in.Text = strings.TrimSpace(in.OrgID), strings.TrimSpace(in.Email), tidy(in.Text)
	if in.OrgID != "" {
		in.Email = ""
	}
	var k fault.Check
	k.That(in.OrgID != "" || in.Email != "", "organisation", "case.rule.recipient", "")
	k.That(in.Email == "" || isEmail(in.Email), "email", "rule.email", "psirt@example.org")
	k.That(in.Text != "", "text", "rule.required", "")
	k.That(utf8.RuneCountInString(in.Text) <= maxText, "text", "rule.too-long", "", maxText)
	return in, k.Err()
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}

// NotifyUpstream tells the provider of the flawed product or component (Provisions of 2021, art. 7 (1): at once). A
// member finds the notice in its inbox and is written to by mail and webhook, and where else it wants to be told; anybody
// else gets a mail with a link. No message holds the details. With an organisation given, an address beside it does not count. The duty of the case's
// reporters to tell the provider is met when the notice has arrived. Faults: Conflict when it has a notice of this case.
func (s *Service) NotifyUpstream(ctx context.Context, by member.Actor, id string, in NoticeInput) (n Notice, err error) {
	if err := named(by); err != nil {
		return n, err
	}
	if in, err = in.checked(); err != nil {
		return n, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		c, err := s.byID(ctx, tx, id, tx.ForUpdate())
		if err != nil {
			return err
		}
		if c.State == Duplicate || c.State == Rejected || c.State == Closed {
			return fault.Clash("case.ended", string(c.State))
		}
		n, err = s.notify(ctx, tx, by, c, in)
		return err
	})
	if db.Duplicate(err) {
		err = fault.Clash("case.notice-sent")
	}
	if err != nil {
		return Notice{}, fmt.Errorf("notify upstream provider: %w", err)
	}
	return n, nil
}

func (s *Service) notify(ctx context.Context, tx *db.Tx, by member.Actor, c Case, in NoticeInput) (n Notice, err error) {
	n = Notice{CaseID: c.ID, Number: c.Number, OrgID: in.OrgID, Email: in.Email, Text: in.Text, ByAccount: by.AccountID, SentAt: tx.Now}
	if n.ID, err = newID(); err != nil {
		return n, err
	}
	if n.Reason, err = s.reasonFor(ctx, tx, c, in.OrgID); err != nil {
		return n, err
	}
	ds, err := s.deliveries(ctx, tx, n)
	if err != nil {
		return n, err
	}
	reports, err := reportIDs(ctx, tx, c.ID)
	if err != nil {
		return n, err
	}
	if len(reports) > 0 {
		n.ReportID = reports[0]
	}
	if err := s.insertNotice(ctx, tx, n); err != nil {
		return n, err
	}
	if n.OrgID != "" {
		if err := contact(ctx, tx, n); err != nil {
			return n, err
		}
	}
	if err := delivery.Queue(ctx, tx, ds...); err != nil {
		return n, err
	}
	if n.OrgID != "" {
		if err := destination.QueueOf(ctx, tx, destination.Batch{Purpose: PurposeNotice, Subject: n.ID, Class: destination.Mandatory, Type: noticeType,
			Without: []string{destination.MainEmail, destination.MainWebhook}}, []string{n.OrgID}); err != nil {
			return n, err
		}
	}
	if s.Notify != nil {
		tx.OnCommit(s.Notify)
	}
	_, err = s.Events.Record(ctx, tx, by.By(), UpstreamNotified{on: c.on(), NoticeID: n.ID, OrgID: n.OrgID})
	return n, err
}

// reasonFor is why an organisation is thought to be the provider.
func (s *Service) reasonFor(ctx context.Context, tx *db.Tx, c Case, orgID string) (string, error) {
	if orgID == "" {
		return byPerson, nil
	}
	cs, err := s.candidates(ctx, tx, c)
	for _, x := range cs {
		if x.OrgID == orgID {
			return x.Reason, err
		}
	}
	return byPerson, err
}

// deliveries are the messages that point to a notice. A member without an address is tried by mail, and fails visibly,
// rather than passed over: the notice lies in its inbox all the same.
func (s *Service) deliveries(ctx context.Context, tx *db.Tx, n Notice) ([]delivery.Delivery, error) {
	d := delivery.Delivery{Purpose: PurposeNotice, Subject: n.ID, OrgID: n.OrgID, Channel: delivery.Email, Destination: n.Email}
	if n.OrgID == "" {
		return []delivery.Delivery{d.Named(s.Seal)}, nil
	}
	org, err := s.members().OrgTx(ctx, tx, n.OrgID)
	switch {
	case fault.Is(err, fault.NotFound), err == nil && !org.Status.Keeps(member.ToOwnCases):
		return nil, fault.FieldError("organisation", "report.rule.organisation", "")
	case err != nil:
		return nil, err
	}
	ds := []delivery.Delivery{d}
	if org.WebhookURL != "" {
		d.Channel = delivery.Webhook
		ds = append(ds, d)
		if org.Email == "" {
			ds = ds[1:]
		}
	}
	return ds, nil
}

// contact lets the provider take part. What it said before stands; a reporter stays one.
func contact(ctx context.Context, tx *db.Tx, n Notice) error {
	_, err := tx.Exec(ctx, `INSERT INTO case_party (case_id, org_id, relation, status, since) VALUES ($1,$2,'upstream','contacted',$3)
		ON CONFLICT (case_id, org_id) DO UPDATE SET
		relation = CASE WHEN case_party.relation = 'reporter' THEN case_party.relation ELSE excluded.relation END,
		since = CASE WHEN case_party.status = 'not-contacted' THEN excluded.since ELSE case_party.since END,
		status = CASE WHEN case_party.status = 'not-contacted' THEN excluded.status ELSE case_party.status END`, n.CaseID, n.OrgID, db.At(n.SentAt))
	return err
}

// noticeWords are the sealed part of a notice: the reason names the product.
type noticeWords struct {
	Text   string `json:"text"`
	Reason string `json:"reason"`
}

func placeNotice(id string) string { return "notice/" + id + "/content" }

func (s *Service) insertNotice(ctx context.Context, tx *db.Tx, n Notice) error {
	sealed, err := seal.SealJSON(s.Seal, placeNotice(n.ID), noticeWords{n.Text, n.Reason})
	if err != nil {
		return err
	}
	kind, _, _ := strings.Cut(n.Reason, " ")
	_, err = tx.Exec(ctx, `INSERT INTO notice (id, case_id, report_id, org_id, email, reason, content_sealed, by_account, sent_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
		n.ID, n.CaseID, n.ReportID, n.OrgID, n.Email, kind, sealed, n.ByAccount, db.At(n.SentAt))
	return err
}
