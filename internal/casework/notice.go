// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

const noticeQuery = `SELECT n.id, n.case_id, n.report_id, c.number, n.org_id, n.email, n.content_sealed, n.by_account, n.sent_at, n.delivered_at, n.opened_at, n.acked_at
	FROM notice n JOIN casefile c ON c.id = n.case_id`

func (s *Service) scanNotice(r db.Row) (n Notice, err error) {
	var sealed []byte
	var sent, delivered, opened, acked db.Time
	if err := r.Scan(&n.ID, &n.CaseID, &n.ReportID, &n.Number, &n.OrgID, &n.Email, &sealed, &n.ByAccount, &sent, &delivered, &opened, &acked); err != nil {
		return n, err
	}
	n.SentAt, n.DeliveredAt, n.OpenedAt, n.AckedAt = sent.Time, delivered.Time, opened.Time, acked.Time
	w, err := seal.OpenJSON[noticeWords](s.Seal, placeNotice(n.ID), sealed)
	n.Text, n.Reason = w.Text, w.Reason
	return n, err
}

// noticeByID loads a notice after locking its case, which everything that changes a notice does first.
func (s *Service) noticeByID(ctx context.Context, tx *db.Tx, id string) (n Notice, err error) {
	if !storable(id) {
		return n, fault.Missing()
	}
	if _, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM casefile WHERE id = (SELECT case_id FROM notice WHERE id = $1)`+tx.ForUpdate(), id); err != nil {
		return n, err
	}
	return db.Get(ctx, tx, s.scanNotice, noticeQuery+` WHERE n.id = $1`, id)
}

// Notices returns the notices of a case, oldest first: all to staff and to the reporter, its own to a provider.
func (s *Service) Notices(ctx context.Context, by member.Actor, id string) (out []Notice, err error) {
	err = s.inside(ctx, by, id, func(tx *db.Tx, v view) error {
		ns, err := db.List(ctx, tx, s.scanNotice, noticeQuery+` WHERE n.case_id = $1 ORDER BY n.sent_at, n.id`, v.ID)
		for _, n := range ns {
			if v.insider == ByParty && n.OrgID != by.OrgID {
				continue
			}
			if !byOffice(by) {
				n.ByAccount = ""
			}
			out = append(out, n)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list notices of case: %w", err)
	}
	return out, nil
}

// maxInbox bounds the answer of NoticesOf.
const maxInbox = 200

// NoticesOf returns the notices to the actor's organisation, the newest first, without what they say: that is read by
// OpenNotice, which is on record.
func (s *Service) NoticesOf(ctx context.Context, by member.Actor) (out []Notice, err error) {
	switch {
	case !by.SignedIn():
		return nil, fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return nil, fault.Deny("fault.scope", member.ScopeCase)
	case !forOrg(by):
		return nil, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out, err = db.List(ctx, tx, s.scanNotice, noticeQuery+` WHERE n.org_id = $1 ORDER BY n.sent_at DESC, n.id DESC LIMIT $2`, by.OrgID, maxInbox)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	for i := range out {
		out[i].Text, out[i].Reason, out[i].ByAccount = "", "", ""
	}
	return out, nil
}

// own reports whether a notice is addressed to the actor's organisation. A suspended provider reads it too.
func (n Notice) own(by member.Actor) bool {
	return n.OrgID != "" && by.OrgID == n.OrgID && forOrg(by)
}

// OpenNotice shows a notice to the provider's people and to staff. The provider's first reading is recorded: the notice
// has arrived by then. It goes into the reader ledger.
func (s *Service) OpenNotice(ctx context.Context, by member.Actor, id string) (n Notice, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if n, err = s.noticeFor(ctx, tx, by, id); err != nil {
			return err
		}
		if n.own(by) {
			if n, err = s.opened(ctx, tx, by, n, "inbox"); err != nil {
				return err
			}
		}
		c, err := s.byID(ctx, tx, n.CaseID, "")
		if err != nil {
			return err
		}
		return s.ledger(ctx, tx, by, c)
	})
	if err != nil {
		return Notice{}, fmt.Errorf("open notice: %w", err)
	}
	if !byOffice(by) {
		n.ByAccount = ""
	}
	return n, nil
}

// noticeFor loads a notice for the provider's people or staff.
func (s *Service) noticeFor(ctx context.Context, tx *db.Tx, by member.Actor, id string) (Notice, error) {
	switch {
	case !by.SignedIn():
		return Notice{}, fault.SignIn()
	case !by.Allows(member.ScopeCase):
		return Notice{}, fault.Deny("fault.scope", member.ScopeCase)
	}
	n, err := s.noticeByID(ctx, tx, id)
	if err == nil && !n.own(by) && !byOffice(by) {
		err = fault.Hidden()
	}
	return n, err
}

// AcknowledgeNotice confirms a notice for the provider. The first confirmation counts, a further one changes nothing.
func (s *Service) AcknowledgeNotice(ctx context.Context, by member.Actor, id string) (n Notice, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if n, err = s.noticeFor(ctx, tx, by, id); err != nil {
			return err
		}
		if !n.own(by) {
			return fault.Deny("case.not-party")
		}
		if err := party(by); err != nil {
			return err
		}
		n, err = s.acknowledge(ctx, tx, by, n, "inbox")
		return err
	})
	if err != nil {
		return Notice{}, fmt.Errorf("acknowledge notice: %w", err)
	}
	n.ByAccount = ""
	return n, nil
}

// opened records that a notice was opened, and that it had arrived then.
func (s *Service) opened(ctx context.Context, tx *db.Tx, by member.Actor, n Notice, channel string) (Notice, error) {
	if !n.OpenedAt.IsZero() {
		return n, nil
	}
	n, err := s.arrived(ctx, tx, by, n, channel)
	if err != nil {
		return n, err
	}
	n.OpenedAt = tx.Now
	_, err = tx.Exec(ctx, `UPDATE notice SET opened_at = $1 WHERE id = $2`, db.At(n.OpenedAt), n.ID)
	return n, err
}

// acknowledge records that the provider confirmed a notice.
func (s *Service) acknowledge(ctx context.Context, tx *db.Tx, by member.Actor, n Notice, channel string) (Notice, error) {
	if !n.AckedAt.IsZero() {
		return n, nil
	}
	n, err := s.opened(ctx, tx, by, n, channel)
	if err != nil {
		return n, err
	}
	n.AckedAt = tx.Now
	if _, err := tx.Exec(ctx, `UPDATE notice SET acked_at = $1 WHERE id = $2`, db.At(n.AckedAt), n.ID); err != nil {
		return n, err
	}
	if _, err := tx.Exec(ctx, `UPDATE case_party SET status = 'acknowledged', since = $1 WHERE case_id = $2 AND org_id = $3 AND status IN ('not-contacted','contacted')`,
		db.At(tx.Now), n.CaseID, n.OrgID); err != nil {
		return n, err
	}
	if _, err := delivery.Supersede(ctx, tx, PurposeNotice, n.ID); err != nil {
		return n, err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), UpstreamAcknowledged{on: n.on(), NoticeID: n.ID, OrgID: n.OrgID})
	return n, err
}

func (n Notice) on() on { return on{n.CaseID, n.Number} }

// arrived records that a notice has reached the provider, the first time that something shows it, and meets the duty to
// tell it (art. 7 (1)) of everybody who reported the case.
func (s *Service) arrived(ctx context.Context, tx *db.Tx, by member.Actor, n Notice, channel string) (Notice, error) {
	if !n.DeliveredAt.IsZero() {
		return n, nil
	}
	n.DeliveredAt = tx.Now
	if _, err := tx.Exec(ctx, `UPDATE notice SET delivered_at = $1 WHERE id = $2`, db.At(n.DeliveredAt), n.ID); err != nil {
		return n, err
	}
	eventID, err := s.Events.Record(ctx, tx, by.By(), UpstreamReached{on: n.on(), NoticeID: n.ID, OrgID: n.OrgID, Channel: channel, State: delivery.Delivered})
	if err != nil {
		return n, err
	}
	ids, err := reportIDs(ctx, tx, n.CaseID)
	if err != nil {
		return n, err
	}
	for _, id := range ids {
		if err := s.Duties.Meet(ctx, tx, id, duty.RuleUpstream, tx.Now, eventID); err != nil {
			return n, err
		}
	}
	return n, nil
}
