// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
)

// A Target is one organisation that a release would reach.
type Target struct {
	Org      member.Org // names, sector, region, status and addresses only
	Wave     int
	Products int             // of its products that match
	Why      []match.Finding // of the affected
	Channels []string
}

// Preview tells whom a release would reach at this moment and why, affected units first. Release takes the same list.
func (s *Service) Preview(ctx context.Context, by member.Actor, id string) (out []Target, err error) {
	if err := watcher(by); err != nil {
		return nil, err
	}
	var caseID string
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		caseID = w.CaseID
		var a db.Args
		r := reachOf(&a, w, tx.Now)
		out, err = db.List(ctx, tx, scanTarget, `SELECT `+orgColumns+`, `+r.wave+` AS wave, `+r.n+` AS n`+r.from+r.where+` ORDER BY wave, n DESC, o.id`, a...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("preview warning %s: %w", id, err)
	}
	findings, err := s.Matches.Findings(ctx, member.System(), caseID)
	if err != nil {
		return nil, fmt.Errorf("preview warning %s: %w", id, err)
	}
	why := map[string][]match.Finding{}
	for _, f := range findings {
		why[f.OrgID] = append(why[f.OrgID], f)
	}
	for i := range out {
		out[i].Why = why[out[i].Org.ID]
	}
	return out, nil
}

// orgColumns are what staff see of a recipient.
const orgColumns = `o.id, o.slug, o.name_zh, o.name_en, o.roles, o.partner, o.partner_level, o.sector, o.region, o.country, o.status, o.suspended_until,
	o.email, o.phone, o.webhook_url`

// orgInto scans orgColumns; the roles are decoded by done.
func orgInto(o *member.Org) (into []any, done func()) {
	var roles db.JSON[[]member.OrgRole]
	into = []any{&o.ID, &o.Slug, &o.NameZH, &o.NameEN, &roles, &o.Partner, &o.PartnerLevel, &o.Sector, &o.Region, &o.Country, &o.Status,
		timeInto{&o.SuspendedUntil}, &o.Email, &o.Phone, &o.WebhookURL}
	return into, func() { o.Roles = roles.V }
}

func scanTarget(r db.Row) (t Target, err error) {
	into, done := orgInto(&t.Org)
	err = r.Scan(append(into, &t.Wave, &t.Products)...)
	done()
	t.Channels = channels(t.Org)
	return t, err
}

// channels are the ways out to an organisation. The inbox needs none.
func channels(o member.Org) (out []string) {
	if o.Email != "" {
		out = append(out, delivery.Email)
	}
	if o.WebhookURL != "" {
		out = append(out, delivery.Webhook)
	}
	return out
}
