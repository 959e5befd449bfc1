// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Why a target does not reach anybody.
const (
	NoAddress = "no-address"
	WhyDead   = "failed" // a test, or a message, did not get through
	WhySilent = "silent" // nobody has answered a test
)

// A Trouble is a target of a member at which nobody is reached. It does not say where that is: an address can name a
// person.
type Trouble struct {
	Target, Channel, Why string
	Since                time.Time // zero where there is no address
}

// A Lost is a member with targets at which nobody is reached.
type Lost struct {
	Org      member.Org // id, names and telephone number
	Cut      bool       // no other target that takes what is mandatory works
	Troubles []Trouble
}

// Unreached returns members at whose targets nobody is reached, by id after the given one. For the platform's staff. next
// is the cursor of the page that follows, or "".
func (s *Service) Unreached(ctx context.Context, by member.Actor, after string, limit int) (out []Lost, next string, err error) {
	switch {
	case !by.SignedIn():
		return nil, "", fault.SignIn()
	case !by.Staff():
		return nil, "", fault.Deny("fault.role")
	case !by.Allows(member.ScopeAdmin):
		return nil, "", fault.Deny("fault.scope", member.ScopeAdmin)
	}
	if after != "" && uuid.Validate(after) != nil {
		return nil, "", fault.FieldError("after", "product.rule.cursor", "")
	}
	if limit <= 0 || limit > 200 {
		limit = 100
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		var a db.Args
		orgs, err := db.List(ctx, tx, func(r db.Row) (x member.Org, err error) {
			return x, r.Scan(&x.ID, &x.NameZH, &x.NameEN, &x.Phone, &x.Email, &x.WebhookURL)
		}, `SELECT o.id, o.name_zh, o.name_en, o.phone, o.email, o.webhook_url FROM org o WHERE o.id > `+a.P(after)+` AND `+member.Keeping(member.ToOwnWarnings, "o", "")+`
			AND CAST(o.roles AS TEXT) NOT LIKE '%"authority"%' AND CAST(o.roles AS TEXT) NOT LIKE '%"platform"%' AND (o.email = ''
			OR EXISTS (SELECT 1 FROM destination x WHERE x.org_id = o.id AND x.down_at IS NOT NULL AND x.paused_at IS NULL)
			OR EXISTS (SELECT 1 FROM destination_health h WHERE h.org_id = o.id AND (h.failed_at IS NOT NULL
				OR h.asked_at <= `+a.P(db.At(tx.Now.Add(-Patience)))+` AND (h.answered_at IS NULL OR h.answered_at < h.asked_at))))
			ORDER BY o.id LIMIT `+a.P(limit+1), a...)
		if err != nil {
			return err
		}
		if len(orgs) > limit {
			orgs = orgs[:limit]
			next = orgs[limit-1].ID
		}
		for _, o := range orgs {
			x, err := s.lost(ctx, tx, o)
			if err != nil {
				return err
			}
			if len(x.Troubles) > 0 {
				out = append(out, x)
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("who cannot be reached: %w", err)
	}
	return out, next, nil
}

// lost says which of an organisation's targets reach nobody.
func (s *Service) lost(ctx context.Context, tx *db.Tx, o member.Org) (x Lost, err error) {
	ds, err := s.ofOrg(ctx, tx, o.ID)
	if err != nil {
		return x, err
	}
	hs, err := healths(ctx, tx, o.ID)
	if err != nil {
		return x, err
	}
	cs, err := choices(ctx, tx, o.ID)
	if err != nil {
		return x, err
	}
	x = Lost{Org: member.Org{ID: o.ID, NameZH: o.NameZH, NameEN: o.NameEN, Phone: o.Phone}, Cut: true}
	look := func(target, channel string, down time.Time) {
		t, h := Trouble{Target: target, Channel: channel}, hs[target]
		switch state := h.At(tx.Now); {
		case state == Dead:
			t.Why, t.Since = WhyDead, h.FailedAt
		case !down.IsZero():
			t.Why, t.Since = WhyDead, down
		case state == Silent:
			t.Why, t.Since = WhySilent, h.AskedAt
		default:
			if cs.How(target, channel, Mandatory) != None {
				x.Cut = false
			}
			return
		}
		x.Troubles = append(x.Troubles, t)
	}
	if o.Email == "" {
		x.Troubles = append(x.Troubles, Trouble{Target: MainEmail, Channel: MainEmail, Why: NoAddress})
	} else {
		look(MainEmail, MainEmail, time.Time{})
	}
	if o.WebhookURL != "" {
		look(MainWebhook, MainWebhook, time.Time{})
	}
	for _, d := range ds {
		if d.Live() {
			look(d.ID, d.Channel, d.DownAt)
		}
	}
	return x, nil
}
