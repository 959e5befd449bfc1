// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
)

// Purpose renders warnings for delivery, each for its recipient. It implements delivery.Purpose under the name "warning".
type Purpose struct{ *Service }

var _ delivery.Purpose = Purpose{}

// A letter is all that a message to one recipient is made of.
type letter struct {
	w        Warning
	c        casework.Case // number only
	org      member.Org
	copy     Recipient
	findings []match.Finding
	names    map[string]string // of the products in findings
	preview  bool              // nothing leaves: the link is none
	again    bool              // the unit had the revision before it was known to be affected
	to       delivery.Address
	way      Way // what may go to it, the way it goes
}

// Render makes the message of a delivery. When a newer revision has been released to the unit, the older one must not
// go out any more.
func (p Purpose) Render(ctx context.Context, d delivery.Delivery) (m delivery.Message, err error) {
	id, revision, err := parseSubject(d.Subject)
	if err != nil {
		return delivery.Message{}, delivery.Permanent{Err: err}
	}
	err = p.DB.View(ctx, func(tx *db.Tx) error {
		m, err = p.message(ctx, tx, &stock{}, d, id, revision)
		return err
	})
	return m, err
}

// RenderMany makes the messages of one revision to many units on one channel.
func (p Purpose) RenderMany(ctx context.Context, ds []delivery.Delivery) []delivery.Rendered {
	out := make([]delivery.Rendered, len(ds))
	all := func(err error) []delivery.Rendered {
		for i := range out {
			out[i].Err = err
		}
		return out
	}
	id, revision, err := parseSubject(ds[0].Subject)
	if err != nil {
		return all(delivery.Permanent{Err: err})
	}
	err = p.DB.View(ctx, func(tx *db.Tx) error {
		k, err := p.stock(ctx, tx, id, revision, ds)
		if err != nil {
			return err
		}
		for i, d := range ds {
			out[i].Message, out[i].Err = p.message(ctx, tx, k, d, id, revision)
		}
		return nil
	})
	if err != nil {
		return all(err)
	}
	return out
}

// message makes the message of a delivery from what is in stock, or asks for it.
func (p Purpose) message(ctx context.Context, tx *db.Tx, k *stock, d delivery.Delivery, id string, revision int) (delivery.Message, error) {
	l, err := p.letter(ctx, tx, k, id, revision, d.OrgID)
	if err == nil {
		l.to, err = p.Destinations.AddressTx(ctx, tx, l.org, d)
	}
	if fault.Is(err, fault.NotFound) {
		err = delivery.Permanent{Err: err}
	}
	if err != nil {
		return delivery.Message{}, fmt.Errorf("render warning %s: %w", d.Subject, err)
	}
	l.again = strings.HasSuffix(d.Subject, again)
	sealed := d.Channel == delivery.Email && l.to.Seals(tx.Now)
	l.way = By(d.Channel, sealed)
	m := delivery.Message{
		Type:   l.w.Type(),
		To:     l.to,
		Thread: "warning/" + id,
		TLP:    l.w.TLP,
		Short:  p.headline(l),
		Link:   p.pageURL(id),
		Class:  string(l.w.classFor(l.copy)),
		Urgent: l.w.Level == Red && !l.w.Kind.Closes(),
		Sealed: sealed,
	}
	switch d.Channel {
	case delivery.Webhook:
		m.Data = p.data(l)
	case delivery.Email:
		if !l.w.Kind.Closes() {
			m.ReplyTo = p.ReplyAddress(id, l.w.Revision, d.OrgID)
		}
		if p.Destinations != nil {
			m.Unsubscribe = p.Destinations.MuteURL(d.OrgID, or(d.Destination, d.Channel), l.w.classFor(l.copy))
		}
		for r := 1; r < l.w.Revision; r++ {
			m.After = append(m.After, delivery.ID(purpose, subject(id, r), d.OrgID, or(d.Destination, d.Channel)))
		}
		m.Subject, m.Text, m.HTML, err = p.mail(l)
	}
	return m, err
}

func (p Purpose) letter(ctx context.Context, tx *db.Tx, k *stock, id string, revision int, orgID string) (l letter, err error) {
	if l.copy, err = k.newest(ctx, tx, p.Service, id, orgID); err != nil {
		return l, err
	}
	if l.copy.Revision > revision {
		replaced, err := significantSince(ctx, tx, id, revision, l.copy.Revision)
		if err != nil {
			return l, err
		}
		if replaced {
			return l, delivery.ErrSuperseded
		}
		k, revision = &stock{}, l.copy.Revision // an editorial one came between: the text of today, to whom no other went yet
	}
	if l.org, err = k.org(ctx, tx, p.Service, orgID); err != nil {
		return l, err
	}
	if l.w, l.c.Number, err = k.revision(ctx, tx, p.Service, id, revision); err != nil {
		return l, err
	}
	if !l.org.Status.Keeps(member.ToOwnWarnings) && l.w.Kind != Recall {
		return l, delivery.Permanent{Err: delivery.Reason{Code: delivery.NoRecipient}}
	}
	if l.copy.Products == 0 {
		return l, nil
	}
	if l.findings, err = k.findings(ctx, tx, p.Service, l.w.CaseID, orgID); err != nil {
		return l, err
	}
	l.names, err = k.names(ctx, tx, l.w.CaseID, orgID)
	return l, err
}

func productNames(ctx context.Context, tx *db.Tx, caseID, orgID string) (map[string]string, error) {
	type row struct{ id, name string }
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.id, &x.name) },
		`SELECT p.id, p.name FROM product p WHERE p.id IN (SELECT f.product_id FROM finding f WHERE f.case_id = $1 AND f.org_id = $2)`, caseID, orgID)
	out := map[string]string{}
	for _, x := range rows {
		out[x.id] = x.name
	}
	return out, err
}

func parseSubject(s string) (id string, revision int, err error) {
	id, n, ok := strings.Cut(strings.TrimSuffix(s, again), ":")
	if revision, err = strconv.Atoi(n); !ok || err != nil {
		return "", 0, fmt.Errorf("%q names no revision of a warning", s)
	}
	return id, revision, nil
}

// Ended puts a channel that failed for good on the warning's time line. The copy in the inbox stands whatever happens.
func (p Purpose) Ended(ctx context.Context, tx *db.Tx, d delivery.Delivery) error {
	if err := destination.Ended(ctx, tx, d); err != nil {
		return err
	}
	if d.State != delivery.Failed {
		return nil
	}
	id, revision, err := parseSubject(d.Subject)
	if err != nil {
		return err
	}
	w, err := db.Get(ctx, tx, scanWarning, working+` WHERE w.id = $1`, id)
	if err != nil {
		return err
	}
	_, err = p.Events.Record(ctx, tx, member.System().By(), Undelivered{w.on(), revision, d.OrgID, d.Channel})
	return err
}
