// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// Question is what a supervisor asks an organisation, and why.
type Question struct {
	OrgID    string
	Text     string
	Anchor   time.Time // when the organisation may have learnt of the matter; proposed, zero when that is open
	Evidence []Evidence
}

// OpenInquiry opens the file of a question to a member. For supervisors of other organisations. Faults: Invalid with
// the lines of evidence that lead nowhere; NotFound for the organisation; Conflict when it is no member, an authority
// or the platform itself.
func (s *Service) OpenInquiry(ctx context.Context, by member.Actor, in Question) (File, error) {
	if err := supervisor(by); err != nil {
		return File{}, err
	}
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) { return s.ask(ctx, tx, by, in) })
	if err != nil {
		return File{}, fmt.Errorf("open inquiry: %w", err)
	}
	return file, nil
}

// OpenInquiryTx is OpenInquiry in the caller's transaction, and returns the file's id. The platform itself may open one,
// too: a question presumes nothing, and everything after it needs a person.
func (s *Service) OpenInquiryTx(ctx context.Context, tx *db.Tx, by member.Actor, in Question) (id string, err error) {
	if by.Via != member.System().Via {
		if err := supervisor(by); err != nil {
			return "", err
		}
	}
	if id, err = s.ask(ctx, tx, by, in); err != nil {
		return "", fmt.Errorf("open inquiry: %w", err)
	}
	return id, nil
}

// ask checks and opens; the caller has authorised.
func (s *Service) ask(ctx context.Context, tx *db.Tx, by member.Actor, in Question) (string, error) {
	var f form
	in.Text, in.Evidence = f.text("question", in.Text), f.evidence(in.Evidence)
	if err := f.Err(); err != nil {
		return "", err
	}
	o, err := s.Members.OrgTx(ctx, tx, in.OrgID)
	if err != nil {
		return "", err
	}
	if err := impartial(by, o.ID); err != nil {
		return "", err
	}
	switch {
	case o.Has(member.Authority) || o.Has(member.Platform):
		return "", fault.Clash("member.not-suspendable")
	case o.Status != member.Active && o.Status != member.Suspended:
		return "", fault.Clash("member.not-member")
	}
	f.That(!in.Anchor.After(tx.Now), "anchor", "rule.time", tx.Now.AddDate(0, 0, -2).Format(time.RFC3339))
	if err := s.found(ctx, tx, &f, o.ID, in.Evidence); err != nil {
		return "", err
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	return s.opened(ctx, tx, by, in)
}

func (s *Service) opened(ctx context.Context, tx *db.Tx, by member.Actor, in Question) (string, error) {
	id, err := newID()
	if err != nil {
		return "", err
	}
	q := Inquiry{ID: id, OrgID: in.OrgID}
	if q.Number, err = s.number(ctx, tx); err != nil {
		return "", err
	}
	sealed, err := seal.SealJSON(s.Seal, place("question", id), question{in.Text, in.Anchor.UTC().Truncate(time.Microsecond), in.Evidence})
	if err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO inquiry (id, number, org_id, state, state_since, content_sealed, opened_by, opened_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`,
		id, q.Number, q.OrgID, string(Open), db.At(tx.Now), sealed, by.AccountID, db.At(tx.Now)); err != nil {
		return "", err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), Opened{q.on()})
	return id, err
}

// found checks that what evidence names exists; a duty must be the organisation's own.
func (s *Service) found(ctx context.Context, tx *db.Tx, f *form, orgID string, es []Evidence) error {
	for i, e := range es {
		var n int
		var err error
		switch e.Kind {
		case EvidenceDuty:
			n, err = db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM duty WHERE id = $1 AND org_id = $2`, e.Ref, orgID)
		case EvidenceReport:
			n, err = db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM report WHERE number = $1`, e.Ref)
		case EvidenceCase:
			n, err = db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM casefile WHERE number = $1`, e.Ref)
		default:
			continue
		}
		if err != nil {
			return err
		}
		f.That(n > 0, fmt.Sprintf("evidence[%d].ref", i), "compliance.rule.evidence", "")
	}
	return nil
}
