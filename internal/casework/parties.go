// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Parties returns the organisations that take part in a case: all to staff and to the reporter, itself to any other party.
func (s *Service) Parties(ctx context.Context, by member.Actor, id string) (out []Party, err error) {
	err = s.inside(ctx, by, id, func(tx *db.Tx, v view) error {
		ps, err := s.parties(ctx, tx, v.ID)
		for _, p := range ps {
			if v.insider != ByParty || p.OrgID == by.OrgID {
				out = append(out, p)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list parties: %w", err)
	}
	return out, nil
}

func (s *Service) parties(ctx context.Context, tx *db.Tx, caseID string) ([]Party, error) {
	return db.List(ctx, tx, s.scanParty, `SELECT case_id, org_id, relation, status, since, why_sealed FROM case_party WHERE case_id = $1 ORDER BY since, org_id`, caseID)
}

// partyOf locks the actor's organisation as a party of a case that it may read.
func (s *Service) partyOf(ctx context.Context, tx *db.Tx, by member.Actor, id string) (view, Party, error) {
	v, err := s.readable(ctx, tx, by, id, tx.ForUpdate())
	if err != nil {
		return v, Party{}, err
	}
	p, err := db.Get(ctx, tx, s.scanParty, `SELECT case_id, org_id, relation, status, since, why_sealed FROM case_party WHERE case_id = $1 AND org_id = $2`, v.ID, by.OrgID)
	if fault.Is(err, fault.NotFound) || err == nil && v.insider == "" {
		return v, p, fault.Deny("case.not-party")
	}
	return v, p, err
}

func (s *Service) scanParty(r db.Row) (p Party, err error) {
	var since db.Time
	var sealed []byte
	if err := r.Scan(&p.CaseID, &p.OrgID, &p.Relation, &p.Status, &since, &sealed); err != nil {
		return p, err
	}
	p.Since = since.Time
	if sealed == nil {
		return p, nil
	}
	why, err := s.Seal.Open(placePartyWhy(p.CaseID, p.OrgID), sealed)
	p.Why = string(why)
	return p, err
}

func placePartyWhy(caseID, orgID string) string { return "case_party/" + caseID + "/" + orgID + "/why" }

// sealWhy is the parameter for why_sealed: NULL when nothing was said.
func (s *Service) sealWhy(caseID, orgID, why string) any {
	if why == "" {
		return nil
	}
	return s.Seal.Seal(placePartyWhy(caseID, orgID), []byte(why))
}

func (s *Service) setStatus(ctx context.Context, tx *db.Tx, p Party) error {
	_, err := tx.Exec(ctx, `UPDATE case_party SET status = $1, since = $2, why_sealed = $3 WHERE case_id = $4 AND org_id = $5`,
		string(p.Status), db.At(p.Since), s.sealWhy(p.CaseID, p.OrgID, p.Why), p.CaseID, p.OrgID)
	return err
}
