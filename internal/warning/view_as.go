// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
)

// A View is a draft as one recipient would get it if it were released now. Its link answers nothing.
type View struct {
	Warning Warning
	Copy    Recipient // its inbox row, with the answer that would stand or be void
	Org     member.Org
	Subject string // of the mail to its main address
	Text    string
	HTML    string
	Hook    json.RawMessage // data of the webhook

	Findings []match.Finding   // of its products: why it is in the first wave
	Products map[string]string // their names
}

// ViewAs renders a draft for one organisation, by the code that renders deliveries, and delivers nothing. It notes that
// the case was read. Faults: NotFound for who would not get it; Conflict for what is released.
func (s *Service) ViewAs(ctx context.Context, by member.Actor, id, orgID string) (v View, err error) {
	if err := watcher(by); err != nil {
		return v, err
	}
	if err := storable(orgID); err != nil {
		return v, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		if w.State == Out {
			return fault.Clash("warning.is-released", w.Number)
		}
		v, err = s.viewAs(ctx, tx, w, orgID)
		return err
	})
	if err == nil {
		err = s.Cases.NoteReading(ctx, by, v.Warning.CaseID)
	}
	if err != nil {
		return View{}, fmt.Errorf("view warning %s as a recipient: %w", id, err)
	}
	return v, nil
}

func (s *Service) viewAs(ctx context.Context, tx *db.Tx, w Warning, orgID string) (v View, err error) {
	old, w, err := s.settled(ctx, tx, w)
	if err != nil {
		return v, err
	}
	w.ReleasedAt, w.State = tx.Now, Out
	l := letter{w: w, preview: true}
	if l.copy, err = s.wouldBe(ctx, tx, old, w, orgID); err != nil {
		return v, err
	}
	if l.org, err = s.Members.OrgTx(ctx, tx, orgID); err != nil {
		return v, err
	}
	if l.c.Number, err = db.Get(ctx, tx, db.Value[string], `SELECT number FROM casefile WHERE id = $1`, w.CaseID); err != nil {
		return v, err
	}
	if l.findings, err = s.Matches.OfOrg(ctx, tx, w.CaseID, orgID); err != nil {
		return v, err
	}
	if l.names, err = productNames(ctx, tx, w.CaseID, orgID); err != nil {
		return v, err
	}
	l.to = l.org.Address(tx.Now)
	l.way = By(delivery.Email, l.to.Seals(tx.Now))
	v.Copy, v.Org, v.Findings, v.Products = l.copy, l.org, l.findings, l.names
	if v.Subject, v.Text, v.HTML, err = s.mail(l); err != nil {
		return v, err
	}
	l.way = By(delivery.Webhook, false)
	if v.Hook, err = json.MarshalIndent(s.data(l), "", "  "); err != nil {
		return v, err
	}
	v.Warning = w
	v.Warning.Known = Snapshot{}
	return v, nil
}

// wouldBe is the copy that an organisation would get.
func (s *Service) wouldBe(ctx context.Context, tx *db.Tx, old, w Warning, orgID string) (r Recipient, err error) {
	var a db.Args
	to := reachOf(&a, w, tx.Now)
	type row struct{ wave, n int }
	x, err := db.Get(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.wave, &x.n) }, `SELECT `+to.wave+`, `+to.n+to.from+to.where+` AND o.id = `+a.P(orgID), a...)
	if err != nil {
		return r, err
	}
	if w.Revision > 1 {
		before, err := db.List(ctx, tx, s.scanRecipient, `SELECT `+recipientColumns+` FROM warning_recipient r WHERE r.warning_id = $1 AND r.revision = $2 AND r.org_id = $3`, w.ID, old.Revision, orgID)
		if err != nil {
			return r, err
		}
		if len(before) > 0 {
			if r, err = s.carry(ctx, tx, old, w, before[0]); err != nil {
				return r, err
			}
		}
	}
	r.WarningID, r.Revision, r.OrgID, r.Wave, r.Products, r.At = w.ID, w.Revision, orgID, x.wave, x.n, tx.Now
	return r, nil
}

// carry is what becomes of a copy in the next revision.
func (s *Service) carry(ctx context.Context, tx *db.Tx, old, w Warning, r Recipient) (Recipient, error) {
	r.ReadAt = time.Time{}
	if r.SaidIn == 0 && r.Answer != Unanswered {
		r.SaidIn = r.Revision
	}
	if r.Carried, r.Was = "", ""; r.Answer != Unanswered {
		r.Carried = Stands
	}
	if !w.Significant || w.Kind.Closes() {
		return r, nil
	}
	own, err := s.Matches.OfOrg(ctx, tx, w.CaseID, r.OrgID)
	if err != nil {
		return r, err
	}
	if reason := turnOf(old, w).void(r.Answer, r.Justification, own, r.Wave == WaveAffected || len(own) > 0); reason != "" {
		r = Recipient{Was: r.Answer, Carried: reason}
	}
	return r, nil
}
