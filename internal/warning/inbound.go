// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
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

// ReplyPurpose is the name of deliveries that confirm answers by mail. Their subject is "warning:revision:outcome".
const ReplyPurpose = "warning-reply"

// ViaMail is the way of such answers.
const ViaMail = "mail"

// early is how far the clock of a mail program may be ahead of ours.
const early = 10 * time.Minute

// AcknowledgeMail answers by a mail to ReplyAddress. Who is named as its sender does not count: the address is the key, as a
// link is. Only a first line that is an answer without doubt is taken, only from a person, and only when it was written
// after the answer that stands; so that a mail sent again changes nothing. why says why it was not taken; "" means that it
// was. What became of it is confirmed to the unit's own address, each outcome once for a revision. The caller is the mail
// gateway.
func (s *Service) AcknowledgeMail(ctx context.Context, raw []byte) (why Untaken, err error) {
	if s.ReplyDomain == "" {
		return "", fault.Missing()
	}
	x, why := readInbound(raw)
	if why == InboundForm || why == InboundAutomatic {
		return why, nil
	}
	var id, org string
	var revision int
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		for _, to := range x.To {
			if id, revision, org, err = s.byReply(ctx, tx, to); !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		return fault.Missing()
	})
	if fault.Is(err, fault.NotFound) {
		return InboundNoAddress, nil
	}
	if err != nil {
		return "", fmt.Errorf("take in mail: %w", err)
	}
	if why == "" {
		if why, err = s.inTime(ctx, id, revision, org, x.Date); err != nil {
			return "", fmt.Errorf("take in mail: %w", err)
		}
	}
	outcome := string(why)
	if why == "" {
		switch _, err = s.answer(ctx, member.Actor{OrgID: org, Via: ViaMail}, id, revision, x.In); {
		case fault.Is(err, fault.Conflict):
			why, outcome, err = InboundReplaced, string(InboundReplaced), nil
		case err != nil:
			return "", fmt.Errorf("take in mail: %w", err)
		default:
			outcome = "taken-" + string(x.In.Answer)
		}
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if s.Notify != nil {
			tx.OnCommit(s.Notify)
		}
		return delivery.Queue(ctx, tx, delivery.Delivery{Purpose: ReplyPurpose, Subject: subject(id, revision) + ":" + outcome, OrgID: org, Channel: delivery.Email})
	})
	if err != nil {
		return why, fmt.Errorf("confirm an answer by mail: %w", err)
	}
	return why, nil
}

// inTime says why a mail of a date cannot answer a revision any more.
func (s *Service) inTime(ctx context.Context, id string, revision int, org string, date time.Time) (why Untaken, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := s.revision(ctx, tx, id, revision)
		if err != nil {
			return err
		}
		last, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT max(e.at) FROM event e JOIN event_subject s ON s.event_id = e.id
			WHERE s.subject = $1 AND e.kind = $2 AND e.payload LIKE $3`, "warning/"+id, Answered{}.Kind(), `%"org":"`+org+`"%`)
		switch {
		case err != nil:
			return err
		case w.Kind.Closes():
			why = InboundClosed
		case w.expired(tx.Now) != nil:
			why = InboundExpired
		case date.After(tx.Now.Add(early)) || date.Before(w.ReleasedAt.Truncate(time.Second)):
			why = InboundNoDate
		case !last.IsZero() && !date.After(last.Time): // dates of mails have whole seconds
			why = InboundOld
		}
		return nil
	})
	return why, err
}

// Replies renders confirmations of answers by mail. It implements delivery.Purpose under ReplyPurpose.
type Replies struct{ *Service }

var _ delivery.Purpose = Replies{}

// Render writes to the unit's own address what became of a mail to its reply address: whoever wrote that, the unit hears of
// it. It names the number, and nothing of what the warning or the mail says.
func (p Replies) Render(ctx context.Context, d delivery.Delivery) (m delivery.Message, err error) {
	parts := strings.SplitN(d.Subject, ":", 3)
	if len(parts) != 3 {
		return m, delivery.Permanent{Err: fmt.Errorf("%q names no answer by mail", d.Subject)}
	}
	revision, err := strconv.Atoi(parts[1])
	if err != nil {
		return m, delivery.Permanent{Err: err}
	}
	err = p.DB.View(ctx, func(tx *db.Tx) error {
		org, err := p.Members.OrgTx(ctx, tx, d.OrgID)
		if err != nil {
			return err
		}
		w, err := p.revision(ctx, tx, parts[0], revision)
		if err != nil {
			return err
		}
		m = delivery.Message{Type: "warning.reply", To: org.Address(tx.Now), Thread: "warning/" + w.ID, TLP: w.TLP, Class: string(destination.Mandatory), Link: p.pageURL(w.ID)}
		var heads, texts []string
		for _, t := range destination.Speak(org) {
			head, text := t.T("warning.reply.refused"), t.T("warning.reply.why."+parts[2])
			if answer, ok := strings.CutPrefix(parts[2], "taken-"); ok {
				head = t.T("warning.reply.taken")
				text = t.T("warning.reply.text", t.T("warning.answer."+answer))
			}
			heads = append(heads, head)
			texts = append(texts, w.Number+" "+head+"\n\n"+text+"\n\n"+replyHow(t)+"\n"+t.T("warning.mail.page")+": "+p.pageURL(w.ID)+"\n")
		}
		m.Subject = "[TLP:" + w.TLP + "] " + w.Number + " " + strings.Join(heads, " / ")
		m.Text = strings.Join(texts, "\n"+strings.Repeat("-", 60)+"\n\n")
		m.Short = m.Subject
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		err = delivery.Permanent{Err: err}
	}
	if err != nil {
		return delivery.Message{}, fmt.Errorf("render confirmation of an answer by mail: %w", err)
	}
	return m, nil
}

// replyHow says how to answer by mail.
func replyHow(p i18n.Printer) string { return p.T("warning.reply.how") }

// Ended has nothing to do: the answer stands, confirmed or not.
func (p Replies) Ended(context.Context, *db.Tx, delivery.Delivery) error { return nil }
