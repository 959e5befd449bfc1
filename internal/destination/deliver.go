// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// Purpose is the purpose of tests among deliveries. Their subject is the test.
const Purpose = "reachability"

// Messages renders and follows tests. It implements delivery.Purpose.
type Messages struct {
	Service *Service
	Members *member.Service
}

var _ delivery.Purpose = Messages{}

// Render makes a test. It goes also to a destination that is not live: that is how it becomes so. One that a newer test has
// replaced is not sent any more.
func (p Messages) Render(ctx context.Context, d delivery.Delivery) (m delivery.Message, err error) {
	s := p.Service
	var org member.Org
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, _, err := testByID(ctx, tx, d.Subject, ""); fault.Is(err, fault.NotFound) {
			return delivery.ErrSuperseded
		} else if err != nil {
			return err
		}
		if org, err = p.Members.OrgTx(ctx, tx, d.OrgID); err != nil {
			return err
		}
		m.To = org.Address(tx.Now)
		if d.Destination == "" {
			return nil
		}
		x, err := db.Get(ctx, tx, s.scan, `SELECT `+columns+` FROM destination x WHERE x.id = $1 AND x.org_id = $2`, d.Destination, d.OrgID)
		if fault.Is(err, fault.NotFound) {
			return delivery.ErrSuperseded
		}
		if err == nil {
			m.To = x.address(tx)
		}
		return err
	})
	if err != nil {
		return delivery.Message{}, fmt.Errorf("render test %s: %w", d.Subject, err)
	}
	m.Type, m.Class = "reachability.test", string(Mandatory)
	if d.Channel == delivery.Webhook {
		m.Data = struct {
			Test string `json:"test"`
		}{d.Subject}
		return m, nil
	}
	ps := Speak(org)
	m.Link = s.AnswerURL(d.Subject)
	m.Subject = ps[0].T("destination.test.subject") + " / " + ps[1].T("destination.test.subject")
	m.Short = ps[0].T("destination.test.short")
	var texts []string
	for _, x := range ps {
		texts = append(texts, x.T("destination.test.text", org.Name(x.Lang()))+"\n\n"+m.Link+"\n\n"+x.T("destination.test.why")+"\n")
	}
	m.Text = strings.Join(texts, "\n"+strings.Repeat("—", 24)+"\n\n")
	return m, nil
}

// Ended notes what became of a test: machines and rooms have answered when it was taken; a person still has to.
func (p Messages) Ended(ctx context.Context, tx *db.Tx, d delivery.Delivery) error {
	s := p.Service
	if d.State == delivery.Delivered {
		if d.Channel == delivery.Email || d.Channel == delivery.SMS {
			return nil
		}
		err := s.answered(ctx, tx, member.System().By(), d.Subject)
		if fault.Is(err, fault.NotFound) { // a newer test has replaced it
			return nil
		}
		return err
	}
	if d.State != delivery.Failed {
		return nil
	}
	n, err := tx.Exec(ctx, `UPDATE destination_health SET failed_at = $1 WHERE test = $2`, db.At(tx.Now), d.Subject)
	if err != nil || n == 0 {
		return err
	}
	target := d.Destination
	if target == "" {
		target = d.Channel
	} else if _, err := tx.Exec(ctx, `UPDATE destination SET down_at = $1 WHERE id = $2 AND down_at IS NULL`, db.At(tx.Now), target); err != nil {
		return err
	}
	_, err = s.Events.Record(ctx, tx, member.System().By(), Unreached{tested{d.OrgID, target}})
	return err
}

// Speak are the two languages of a message to an organisation, its own first: Chinese, or English for units abroad.
func Speak(org member.Org) [2]i18n.Printer {
	zh, en := i18n.For(i18n.Chinese), i18n.For(i18n.English)
	if org.Country != "" && org.Country != "CN" {
		return [2]i18n.Printer{en, zh}
	}
	return [2]i18n.Printer{zh, en}
}
