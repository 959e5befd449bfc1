// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// Proposal is what the first person wants to be decided.
type Proposal struct {
	Outcome       Outcome
	Months        int
	EffectiveFrom time.Time // zero: at once
	Deferred      bool      // the effect waits until the decision is final
	Reasons       string
	Duties        []string            // rows of the duty register to annex, by id
	Without       []member.Capability // what a restriction takes away: of member.Restrictable
	Conditions    string              // what is to be rectified; may be empty
	Publish       Publication         // "" is PublishFinal, of a warning PublishNever
	PublicZH      string              // the reasons for the public, without undisclosed details; needed when it is published
	PublicEN      string              // the same in English; may be empty
}

func (p Proposal) check(now time.Time) (Proposal, error) {
	var f form
	names := make([]string, len(Outcomes))
	for i, o := range Outcomes {
		names[i] = string(o)
	}
	f.That(slices.Contains(Outcomes, p.Outcome), "outcome", "rule.one-of", string(Warning), strings.Join(names, ", "))
	if p.Outcome.Timed() {
		f.That(p.Months >= 1 && p.Months <= maxMonths, "months", "compliance.rule.months", "6", maxMonths)
	} else {
		f.That(p.Months == 0, "months", "compliance.rule.no-term", "")
	}
	p.Reasons = f.text("reasons", p.Reasons)
	p.Without = slices.Clone(p.Without)
	slices.Sort(p.Without)
	p.Without = slices.Compact(p.Without)
	f.That((p.Outcome == Restriction) == (len(p.Without) > 0), "without", "compliance.rule.without", string(member.ToWarnings))
	for _, c := range p.Without {
		f.That(slices.Contains(member.Restrictable(), c), "without", "rule.one-of", string(member.ToWarnings), join(member.Restrictable()))
	}
	p.Conditions = f.optional("conditions", p.Conditions)
	p.publication(&f)
	p.EffectiveFrom = p.EffectiveFrom.UTC().Truncate(time.Microsecond)
	if p.EffectiveFrom.IsZero() {
		p.EffectiveFrom = now
	}
	f.That(!p.EffectiveFrom.Before(now) && p.EffectiveFrom.Before(now.AddDate(1, 0, 0)), "effective_from", "compliance.rule.future", now.AddDate(0, 0, 7).Format(time.RFC3339))
	f.That(len(p.Duties) <= maxEvidence, "duties", "member.rule.count", "", maxEvidence)
	return p, f.Err()
}

// publication checks when everybody may know, and what they read.
func (p *Proposal) publication(f *form) {
	if p.Outcome == Dismissed {
		p.Publish, p.PublicZH, p.PublicEN = PublishNever, "", ""
		return
	}
	if p.Publish == "" {
		if p.Publish = PublishFinal; p.Outcome == Warning {
			p.Publish = PublishNever
		}
	}
	f.That(slices.Contains(Publications, p.Publish), "publish", "rule.one-of", string(PublishFinal), join(Publications))
	f.That(p.Publish != PublishNever || p.Outcome == Warning, "publish", "compliance.rule.never", string(PublishFinal))
	p.PublicZH, p.PublicEN = f.optional("public_zh", p.PublicZH), f.optional("public_en", p.PublicEN)
	f.That(p.Publish == PublishNever || p.PublicZH != "", "public_zh", "rule.required", "")
}

func join[T ~string](vs []T) string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}

// Propose puts a decision up for the second signature. Nothing but a dismissal is proposed before the organisation was
// heard: it made a statement, or its period has passed. For supervisors.
func (s *Service) Propose(ctx context.Context, by member.Actor, id string, in Proposal) (File, error) {
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.led(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		p, err := in.check(tx.Now)
		if err != nil {
			return "", err
		}
		if err := q.heard(p.Outcome, tx.Now); err != nil {
			return "", err
		}
		if err := s.moved(ctx, tx, q, Proposed); err != nil {
			return "", err
		}
		rows, err := s.annex(ctx, tx, q.OrgID, p.Duties)
		if err != nil {
			return "", err
		}
		id, err := s.proposed(ctx, tx, by, q, p, rows, "")
		if err != nil {
			return "", err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), DecisionProposed{q.on(), id})
		return q.ID, err
	})
	if err != nil {
		return File{}, fmt.Errorf("propose decision: %w", err)
	}
	return file, nil
}

// heard says what stands against an outcome at a time.
func (f File) heard(o Outcome, t time.Time) error {
	switch {
	case o == Dismissed || f.defended():
		return nil
	case f.Notice.SentAt.IsZero():
		return fault.Clash("compliance.not-served")
	case f.Notice.Lost():
		return fault.Clash("compliance.not-reached")
	case t.Before(f.Notice.DueAt):
		return fault.Clash("compliance.not-heard")
	}
	return nil
}

// proposed stores a proposed decision; revises is the one in whose place it would come.
func (s *Service) proposed(ctx context.Context, tx *db.Tx, by member.Actor, q File, p Proposal, rows []DutyRow, revises string) (string, error) {
	id, err := newID()
	if err != nil {
		return "", err
	}
	sealed, err := seal.SealJSON(s.Seal, place("decision", id), reasons{p.Reasons, rows, p.Without, p.Conditions, p.PublicZH, p.PublicEN})
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO inquiry_decision (id, inquiry_id, outcome, months, effective_from, deferred, content_sealed, proposed_by, proposed_at, revises, publish)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`, id, q.ID, string(p.Outcome), p.Months, db.At(p.EffectiveFrom), p.Deferred, sealed, by.AccountID, db.At(tx.Now), db.Opt(revises), string(p.Publish))
	return id, err
}

// defended reports whether the organisation made its statement.
func (f File) defended() bool {
	return slices.ContainsFunc(f.Statements, func(s Statement) bool { return s.Kind == Defence })
}

// back is where a file goes when its proposed decision falls.
func (f File) back() State {
	switch {
	case f.State == Revising:
		return Appealed
	case f.defended():
		return Stated
	case !f.Notice.SentAt.IsZero():
		return Noticed
	}
	return Open
}

// annex copies rows of the duty register as they stand now; they must be the organisation's.
func (s *Service) annex(ctx context.Context, tx *db.Tx, orgID string, ids []string) ([]DutyRow, error) {
	rows := []DutyRow{}
	for i, id := range ids {
		r, err := dutyRow(ctx, tx, orgID, id)
		if fault.Is(err, fault.NotFound) {
			return nil, fault.FieldError(fmt.Sprintf("duties[%d]", i), "compliance.rule.evidence", "")
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// second loads a file for whoever may give the second signature: another person than the one that proposed.
func (s *Service) second(ctx context.Context, tx *db.Tx, by member.Actor, id string) (File, error) {
	q, err := s.readable(ctx, tx, by, id)
	if err != nil {
		return q, err
	}
	if err := lock(ctx, tx, id); err != nil {
		return q, err
	}
	if q, err = s.byID(ctx, tx, id); err != nil {
		return q, err
	}
	switch {
	case by.AccountID == "":
		return q, fault.Deny("compliance.needs-person")
	case !by.Is(s.seconds()...):
		return q, fault.Deny("fault.role")
	case q.State != Proposed && q.State != Revising:
		return q, fault.Clash("compliance.nothing-to-sign")
	}
	return q, impartial(by, q.OrgID)
}

// Sign makes a proposed decision, by a second person. A suspension that is not deferred begins with it, or at the time
// from which it is to have effect. Faults: Forbidden for the one that proposed it.
func (s *Service) Sign(ctx context.Context, by member.Actor, id, decisionID string) (File, error) {
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.second(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		d := q.Decision()
		switch {
		case d.ID != decisionID: // another than the one that was read
			return "", fault.Clash("fault.stale")
		case d.ProposedBy == by.AccountID:
			return "", fault.Deny("compliance.second-person")
		case q.State == Proposed && q.objected():
			return "", fault.Clash("compliance.objection-open")
		}
		to := Decided
		if q.State == Revising {
			to = Revised
		}
		if err := s.moved(ctx, tx, q, to); err != nil {
			return "", err
		}
		if _, err := tx.Exec(ctx, `UPDATE inquiry_decision SET signed_by = $1, signed_at = $2 WHERE id = $3`, by.AccountID, db.At(tx.Now), d.ID); err != nil {
			return "", err
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), DecisionMade{q.on(), d.ID, d.Outcome, d.Months, d.ProposedBy}); err != nil {
			return "", err
		}
		if to == Revised {
			return q.ID, s.revised(ctx, tx, by, q, d)
		}
		if err := s.tell(ctx, tx, q, aboutDecision); err != nil {
			return "", err
		}
		return q.ID, s.takeEffect(ctx, tx, q.ID)
	})
	if err != nil {
		return File{}, fmt.Errorf("sign decision: %w", err)
	}
	return file, nil
}

// Refuse lets a proposed decision fall, with the reason; the one that proposed it may take it back.
func (s *Service) Refuse(ctx context.Context, by member.Actor, id, why string) (File, error) {
	file, err := s.change(ctx, func(tx *db.Tx) (string, error) {
		q, err := s.second(ctx, tx, by, id)
		if err != nil {
			return "", err
		}
		var f form
		why = f.text("why", why)
		if err := f.Err(); err != nil {
			return "", err
		}
		if err := s.moved(ctx, tx, q, q.back()); err != nil {
			return "", err
		}
		return q.ID, s.fell(ctx, tx, by, q, why)
	})
	if err != nil {
		return File{}, fmt.Errorf("refuse decision: %w", err)
	}
	return file, nil
}

// fell records that the proposed decision is not made.
func (s *Service) fell(ctx context.Context, tx *db.Tx, by member.Actor, q File, why string) error {
	d := q.Decision()
	var sealed any
	if why != "" {
		sealed = s.Seal.Seal(place("fell", d.ID), []byte(why))
	}
	if _, err := tx.Exec(ctx, `UPDATE inquiry_decision SET fell_by = $1, fell_at = $2, fell_sealed = $3 WHERE id = $4`, by.AccountID, db.At(tx.Now), sealed, d.ID); err != nil {
		return err
	}
	_, err := s.Events.Record(ctx, tx, by.By(), DecisionFell{q.on(), d.ID})
	return err
}
