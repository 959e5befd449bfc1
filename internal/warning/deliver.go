// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"errors"
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
	again    bool              // the unit had the revision before it was known to be affected
	to       delivery.Address
}

// Render makes the message of a delivery. When a newer revision has been released to the unit, the older one must not
// go out any more.
func (p Purpose) Render(ctx context.Context, d delivery.Delivery) (delivery.Message, error) {
	id, revision, err := parseSubject(d.Subject)
	if err != nil {
		return delivery.Message{}, delivery.Permanent{Err: err}
	}
	var l letter
	err = p.DB.View(ctx, func(tx *db.Tx) error {
		l, err = p.letter(ctx, tx, id, revision, d.OrgID)
		l.again = strings.HasSuffix(d.Subject, again)
		l.to = delivery.Address{Email: l.org.Email, URL: l.org.WebhookURL, Secret: l.org.WebhookSecret}
		if err == nil && d.Destination != "" {
			l.to, err = p.Destinations.AddressTx(ctx, tx, d.Destination)
		}
		return err
	})
	if fault.Is(err, fault.NotFound) {
		err = delivery.Permanent{Err: err}
	}
	if err != nil {
		return delivery.Message{}, fmt.Errorf("render warning %s: %w", d.Subject, err)
	}
	m := delivery.Message{
		Type:   Released{}.Kind(),
		To:     l.to,
		Thread: "warning/" + id,
		TLP:    l.w.TLP,
	}
	if d.Channel == delivery.Webhook {
		m.Data = p.data(l)
		return m, nil
	}
	m.Subject, m.Text, m.HTML, err = p.mail(l)
	return m, err
}

func (p Purpose) letter(ctx context.Context, tx *db.Tx, id string, revision int, orgID string) (l letter, err error) {
	if l.copy, err = newest(ctx, tx, id, orgID, ""); err != nil {
		return l, err
	}
	if l.copy.Revision > revision {
		return l, delivery.ErrSuperseded
	}
	if l.org, err = p.Members.OrgTx(ctx, tx, orgID); err != nil {
		return l, err
	}
	if !l.org.Status.Keeps(member.ToOwnWarnings) {
		return l, delivery.Permanent{Err: errors.New("the organisation is no member any more")}
	}
	if l.w, err = p.revision(ctx, tx, id, revision); err != nil {
		return l, err
	}
	if l.c.Number, err = db.Get(ctx, tx, db.Value[string], `SELECT number FROM casefile WHERE id = $1`, l.w.CaseID); err != nil {
		return l, err
	}
	if l.copy.Products == 0 {
		return l, nil
	}
	if l.findings, err = p.Matches.OfOrg(ctx, tx, l.w.CaseID, orgID); err != nil {
		return l, err
	}
	l.names, err = productNames(ctx, tx, l.w.CaseID, orgID)
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
