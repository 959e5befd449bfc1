// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// Results lists the results of a verification in the order in which they are shown.
var Results = []string{"reproduced", "partly", "not-reproduced", "not-attempted"}

// VerifyInput is a verification as somebody records it.
type VerifyInput struct {
	Result      string // one of Results
	Environment string // versions, configuration, platform
	Steps       string // what was done and seen, so that it can be done again
	Remark      string // for "not-attempted": why
}

const maxText = 20_000 // characters

func (in VerifyInput) checked(steps bool) (VerifyInput, error) {
	var k fault.Check
	for _, t := range []struct {
		name string
		s    *string
	}{{"environment", &in.Environment}, {"steps", &in.Steps}, {"remark", &in.Remark}} {
		*t.s = tidy(*t.s)
		k.That(utf8.RuneCountInString(*t.s) <= maxText, t.name, "rule.too-long", "", maxText)
	}
	k.That(slices.Contains(Results, in.Result), "result", "rule.one-of", Results[0], strings.Join(Results, ", "))
	k.That(in.Steps != "" || !steps || in.Result != "reproduced" && in.Result != "partly", "steps", "rule.required", "")
	k.That(in.Remark != "" || in.Result != "not-attempted", "remark", "rule.required", "")
	return in, k.Err()
}

// Verify records how the platform checked the flaw. A case in verification is verified by it, unless the flaw could not be
// reproduced: then a person decides how to go on. Faults: Conflict for a case whose verification has not begun or that
// has ended.
func (s *Service) Verify(ctx context.Context, by member.Actor, id string, in VerifyInput) (out Verification, err error) {
	if err := named(by); err != nil {
		return out, err
	}
	if in, err = in.checked(true); err != nil {
		return out, err
	}
	_, err = s.change(ctx, id, func(tx *db.Tx, c *Case) error {
		switch c.State {
		case Triage, NeedsInfo, Closed, Duplicate, Rejected:
			return fault.Clash("case.cannot-move", string(c.State), string(Checked))
		case Verifying:
			if in.Result == "not-reproduced" {
				break
			}
			if err := c.moveTo(tx, Checked); err != nil {
				return err
			}
		}
		if c.Assignee == "" {
			c.Assignee = by.AccountID
		}
		var eventID string
		if out, eventID, err = s.verified(ctx, tx, by, *c, "", in); err != nil || in.Result == "not-reproduced" {
			return err
		}
		reports, err := reportIDs(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		return s.Duties.Verified(ctx, tx, reports, tx.Now, eventID)
	})
	if err != nil {
		return Verification{}, fmt.Errorf("record verification: %w", err)
	}
	return out, nil
}

// ConfirmOwn records what the provider of the flawed product or component found out about its own flaw. It meets its
// duty to verify (Provisions of 2021, art. 7 (1)), where it has one, and moves no case. It is for providers that
// reported the flaw or stand upstream, suspended or not.
func (s *Service) ConfirmOwn(ctx context.Context, by member.Actor, id string, in VerifyInput) (out Verification, err error) {
	if err := party(by); err != nil {
		return out, err
	}
	if in, err = in.checked(false); err != nil {
		return out, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		v, p, err := s.partyOf(ctx, tx, by, id)
		switch {
		case err != nil:
			return err
		case p.Relation != Reporter && p.Relation != Upstream, !slices.Contains(by.OrgRoles, member.Provider):
			return fault.Deny("case.not-provider")
		case v.State == Duplicate || v.State == Rejected:
			return fault.Clash("case.ended", string(v.State))
		}
		var eventID string
		if out, eventID, err = s.verified(ctx, tx, by, v.Case, by.OrgID, in); err != nil {
			return err
		}
		return s.ownConfirmed(ctx, tx, by, p, in.Result, eventID)
	})
	if err != nil {
		return Verification{}, fmt.Errorf("confirm own flaw: %w", err)
	}
	return out, nil
}

// ownConfirmed is what follows from a provider's confirmation: its duty is met, and its status says at least that much.
func (s *Service) ownConfirmed(ctx context.Context, tx *db.Tx, by member.Actor, p Party, result, eventID string) error {
	ids, err := db.List(ctx, tx, db.Value[string], `SELECT r.id FROM case_report cr JOIN report r ON r.id = cr.report_id WHERE cr.case_id = $1 AND r.org_id = $2`, p.CaseID, by.OrgID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.Duties.Meet(ctx, tx, id, duty.RuleVerify, tx.Now, eventID); err != nil {
			return err
		}
	}
	status := Investigating
	if result == "reproduced" || result == "partly" {
		status = Affected
	}
	if p.Status == Fixed || p.Status == status || status == Investigating && (p.Status == Affected || p.Status == NotAffected) {
		return nil
	}
	p.Status, p.Why, p.Since = status, "", tx.Now
	return s.setStatus(ctx, tx, p)
}

// words are the sealed part of a verification.
type verifyWords struct {
	Environment string `json:"environment"`
	Steps       string `json:"steps"`
	Remark      string `json:"remark"`
}

func placeVerification(id string) string { return "verification/" + id + "/content" }

// verified writes the record; orgID is that of a provider which confirms its own flaw.
func (s *Service) verified(ctx context.Context, tx *db.Tx, by member.Actor, c Case, orgID string, in VerifyInput) (v Verification, eventID string, err error) {
	id, err := newID()
	if err != nil {
		return v, "", err
	}
	v = Verification{ID: id, CaseID: c.ID, Result: in.Result, Environment: in.Environment, Steps: in.Steps, Remark: in.Remark, AccountID: by.AccountID, OrgID: orgID, At: tx.Now}
	sealed, err := seal.SealJSON(s.Seal, placeVerification(id), verifyWords{in.Environment, in.Steps, in.Remark})
	if err != nil {
		return v, "", err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO verification (id, case_id, result, content_sealed, account_id, org_id, at) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
		v.ID, v.CaseID, v.Result, sealed, v.AccountID, v.OrgID, db.At(v.At)); err != nil {
		return v, "", err
	}
	eventID, err = s.Events.Record(ctx, tx, by.By(), Verified{on: c.on(), VerificationID: v.ID, Result: v.Result, OrgID: orgID})
	return v, eventID, err
}

// Verifications returns the records of a case, oldest first: all to staff and the reporter, the platform's and their own to other parties,
// none to the public, published or not. They say how to exploit the flaw.
func (s *Service) Verifications(ctx context.Context, by member.Actor, id string) (out []Verification, err error) {
	err = s.inside(ctx, by, id, func(tx *db.Tx, v view) error {
		var a db.Args
		where := `case_id = ` + a.P(id)
		if v.insider == ByParty {
			where += ` AND org_id IN ('', ` + a.P(by.OrgID) + `)`
		}
		out, err = db.List(ctx, tx, s.scanVerification, `SELECT id, case_id, result, content_sealed, account_id, org_id, at FROM verification WHERE `+where+` ORDER BY at, id`, a...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list verifications: %w", err)
	}
	if !byOffice(by) {
		for i := range out {
			if out[i].OrgID != by.OrgID {
				out[i].AccountID = ""
			}
		}
	}
	return out, nil
}

func (s *Service) scanVerification(r db.Row) (v Verification, err error) {
	var at db.Time
	var sealed []byte
	if err := r.Scan(&v.ID, &v.CaseID, &v.Result, &sealed, &v.AccountID, &v.OrgID, &at); err != nil {
		return v, err
	}
	w, err := seal.OpenJSON[verifyWords](s.Seal, placeVerification(v.ID), sealed)
	v.Environment, v.Steps, v.Remark, v.At = w.Environment, w.Steps, w.Remark, at.Time
	return v, err
}
