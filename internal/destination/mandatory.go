// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
)

// A Recipient is an organisation that something mandatory goes to, when it is due there, and which main addresses it has.
type Recipient struct {
	OrgID          string
	Due            time.Time
	Email, Webhook bool
}

// MainColumns are the main addresses of a Recipient in a query over o, the organisations.
const MainColumns = `CASE WHEN o.email <> '' THEN 1 ELSE 0 END, CASE WHEN o.webhook_url <> '' THEN 1 ELSE 0 END`

// elsewhere is the condition that another target of o than the main e-mail address takes what is mandatory, and is not
// known to be dead.
const elsewhere = `(o.webhook_url <> '' AND NOT EXISTS (SELECT 1 FROM destination_choice w WHERE w.org_id = o.id AND w.target = 'webhook' AND w.class = 'mandatory' AND w.how = 'none'))
	OR EXISTS (SELECT 1 FROM destination y WHERE y.org_id = o.id AND y.verified_at IS NOT NULL AND y.paused_at IS NULL AND y.down_at IS NULL
	AND NOT EXISTS (SELECT 1 FROM destination_choice w WHERE w.org_id = o.id AND w.target = y.id AND w.class = 'mandatory' AND w.how = 'none'))`

// mandatory makes the deliveries of what is mandatory: they go out at once.
func (q *queuing) mandatory(ctx context.Context) error {
	rs := q.Recipients
	if q.From != "" {
		var err error
		a := q.Args
		rs, err = db.List(ctx, q.tx, func(r db.Row) (x Recipient, err error) {
			var due db.Time
			err = r.Scan(&x.OrgID, &due, &x.Email, &x.Webhook)
			x.Due = due.Time
			return x, err
		}, `SELECT o.id, `+q.Due(&a)+`, `+MainColumns+` `+q.From+` WHERE `+q.Where, a...)
		if err != nil {
			return err
		}
	}
	off, err := q.relieved(ctx, rs)
	if err != nil {
		return err
	}
	email, webhook := !slices.Contains(q.Without, MainEmail), !slices.Contains(q.Without, MainWebhook)
	places := make([]delivery.Place, 0, 2*len(rs))
	for _, r := range rs {
		if r.Email && email && !off[mainAddress{r.OrgID, MainEmail}] {
			places = append(places, delivery.Place{OrgID: r.OrgID, Channel: delivery.Email, Due: r.Due})
		}
		if r.Webhook && webhook && !off[mainAddress{r.OrgID, MainWebhook}] {
			places = append(places, delivery.Place{OrgID: r.OrgID, Channel: delivery.Webhook, Due: r.Due})
		}
	}
	further, err := q.further(ctx, rs)
	if err != nil {
		return err
	}
	return delivery.QueueAll(ctx, q.tx, q.Purpose, q.Subject, append(places, further...))
}

// A mainAddress is MainEmail or MainWebhook of an organisation.
type mainAddress struct{ org, target string }

// relieved are the main addresses of recipients, and perhaps of others, that something mandatory does not go to, because
// another place takes it.
func (q *queuing) relieved(ctx context.Context, rs []Recipient) (map[mainAddress]bool, error) {
	var a db.Args
	query := `SELECT c.org_id, c.target FROM destination_choice c JOIN org o ON o.id = c.org_id
		WHERE c.class = 'mandatory' AND c.how = 'none' AND (c.target = 'webhook' OR c.target = 'email' AND (` + elsewhere + `))`
	if len(rs) <= few {
		query += ` AND c.org_id ` + db.Among(q.tx, &a, ids(rs))
	}
	found, err := db.List(ctx, q.tx, func(r db.Row) (c mainAddress, err error) { return c, r.Scan(&c.org, &c.target) }, query, a...)
	out := make(map[mainAddress]bool, len(found))
	for _, c := range found {
		out[c] = true
	}
	return out, err
}

// further are the places beside the main addresses.
func (q *queuing) further(ctx context.Context, rs []Recipient) ([]delivery.Place, error) {
	var a db.Args
	query := `SELECT x.org_id, x.channel, x.id FROM destination x LEFT JOIN destination_choice c ON c.org_id = x.org_id AND c.target = x.id AND c.class = 'mandatory'
		WHERE x.verified_at IS NOT NULL AND x.paused_at IS NULL AND (c.how IS NULL OR c.how <> 'none')`
	due := make(map[string]time.Time, min(len(rs), few))
	if len(rs) <= few {
		query += ` AND x.org_id ` + db.Among(q.tx, &a, ids(rs))
	}
	found, err := db.List(ctx, q.tx, func(r db.Row) (p delivery.Place, err error) { return p, r.Scan(&p.OrgID, &p.Channel, &p.Destination) }, query, a...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	for _, r := range rs {
		due[r.OrgID] = r.Due
	}
	var out []delivery.Place
	for _, p := range found {
		if t, ok := due[p.OrgID]; ok {
			p.Due = t
			out = append(out, p)
		}
	}
	return out, nil
}

func ids(rs []Recipient) []string {
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = r.OrgID
	}
	return out
}

// few is up to how many recipients their places are asked for by name.
const few = 1000
