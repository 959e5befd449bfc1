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
	x, read := readInbound(raw)
	if read == InboundForm || read == InboundAutomatic {
		return read, nil
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		why = read
		a, err := s.addressed(ctx, tx, x.To)
		if fault.Is(err, fault.NotFound) {
			why = InboundNoAddress
			return nil
		}
		if err == nil && why == "" {
			why, err = s.inTime(ctx, tx, a, x.Date)
		}
		outcome := string(why)
		if err == nil && why == "" {
			outcome = "taken-" + string(x.In.Answer)
			if _, err = s.answerTx(ctx, tx, a.by, a.id, a.revision, x.In); fault.Is(err, fault.Conflict) {
				why, outcome, err = InboundReplaced, string(InboundReplaced), nil
			}
		}
		if err != nil {
			return err
		}
		if s.Notify != nil {
			tx.OnCommit(s.Notify)
		}
		return delivery.Queue(ctx, tx, delivery.Delivery{Purpose: ReplyPurpose, Subject: subject(a.id, a.revision) + ":" + outcome, OrgID: a.by.OrgID, Channel: delivery.Email})
	})
	if err != nil {
		return "", fmt.Errorf("take in mail: %w", err)
	}
	return why, nil
}

// An replier is what a reply address stands for.
type replier struct {
	id       string // of the warning
	revision int
	by       member.Actor // the unit
}

// addressed finds what the first reply address among others stands for, and holds the unit's copy until the transaction
// ends: nobody answers between what is compared and what is written.
func (s *Service) addressed(ctx context.Context, tx *db.Tx, to []string) (a replier, err error) {
	for _, address := range to {
		id, revision, org, err := s.byReply(ctx, tx, address)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return a, err
		}
		a = replier{id, revision, member.Actor{OrgID: org, Via: ViaMail}}
		_, err = s.mine(ctx, tx, a.by, id, tx.ForUpdate())
		return a, err
	}
	return a, fault.Missing()
}

// inTime says why a mail of a date cannot answer a revision any more.
func (s *Service) inTime(ctx context.Context, tx *db.Tx, a replier, date time.Time) (Untaken, error) {
	w, err := s.revision(ctx, tx, a.id, a.revision)
	if err != nil {
		return "", err
	}
	last, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT max(e.at) FROM event_subject w JOIN event_subject o ON o.event_id = w.event_id JOIN event e ON e.id = w.event_id
		WHERE w.subject = $1 AND o.subject = $2 AND e.kind = $3`, "warning/"+a.id, "org/"+a.by.OrgID, Answered{}.Kind())
	switch {
	case err != nil:
		return "", err
	case w.Kind.Closes():
		return InboundClosed, nil
	case w.expired(tx.Now) != nil:
		return InboundExpired, nil
	case date.After(tx.Now.Add(early)) || date.Before(w.ReleasedAt.Truncate(time.Second)):
		return InboundNoDate, nil
	case !last.IsZero() && !date.After(last.Time): // dates of mails have whole seconds
		return InboundOld, nil
	}
	return "", nil
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
