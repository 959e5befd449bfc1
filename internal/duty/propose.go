// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// Propose puts a pause, a waiver, a void or the end of a waiver up for the second signature. It changes nothing until
// another person signs. A pause begins when it is proposed. It is for analysts, duty officers and supervisors. Faults:
// Conflict for a duty that is met, for a clock that no law lets stand still, and for a second proposal beside an open one.
func (s *Service) Propose(ctx context.Context, by member.Actor, dutyID string, kind ActKind, why string) (a Act, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		d, err := s.readable(ctx, tx, by, dutyID, tx.ForUpdate())
		if err != nil {
			return err
		}
		if err := officer(by, member.Analyst, member.DutyOfficer, member.Supervisor); err != nil {
			return err
		}
		if err := impartial(by, d); err != nil {
			return err
		}
		var k fault.Check
		k.That(slices.Contains(ProposedKinds, kind), "kind", "rule.one-of", string(Pausing), kinds())
		why = reason(&k, "why", why)
		if err := k.Err(); err != nil {
			return err
		}
		a, err = s.proposed(ctx, tx, by, d, kind, why, tx.Now)
		return err
	})
	if err != nil {
		return Act{}, fmt.Errorf("propose %s of a duty: %w", kind, err)
	}
	return a, nil
}

func kinds() string {
	words := make([]string, len(ProposedKinds))
	for i, k := range ProposedKinds {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}

func (s *Service) proposed(ctx context.Context, tx *db.Tx, by member.Actor, d Duty, kind ActKind, why string, from time.Time) (a Act, err error) {
	acts, err := s.acts(ctx, tx, d.ID)
	if err != nil {
		return a, err
	}
	if slices.ContainsFunc(acts, Act.Open) {
		return a, fault.Clash("duty.proposal-open")
	}
	if err := d.admits(kind, from, tx.Now); err != nil {
		return a, err
	}
	id, err := newID()
	if err != nil {
		return a, err
	}
	a = Act{ID: id, DutyID: d.ID, Kind: kind, Why: why, By: by.AccountID, ByOrg: by.OrgID, At: tx.Now}
	if kind == Pausing {
		a.From = from
	}
	if err := s.insertAct(ctx, tx, a); err != nil {
		return a, err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), ActProposed{d.on(), a.ID, kind})
	return a, err
}

// admits says what stands against an act on the duty as it is.
func (d Duty) admits(kind ActKind, from, now time.Time) error {
	law := lawpack.Lookup(d.Rule, d.Pack)
	state := d.StateAt(now)
	switch {
	case kind == Reviving && d.VoidAt.IsZero():
		return fault.Clash("duty.not-ended")
	case kind == Reviving:
		return nil
	case !d.MetAt.IsZero():
		return fault.Clash("duty.already-met")
	case !d.VoidAt.IsZero():
		return fault.Clash("duty.ended")
	case !d.PausedAt.IsZero():
		return fault.Clash("duty.stands-still")
	case kind != Pausing:
		return nil
	case law == nil || !law.Pausable:
		return fault.Clash("duty.cannot-pause", cite(d))
	case state == NotTriggered:
		return fault.Clash("duty.not-running")
	case from.After(d.LatestAt): // the time was over when the pause began: it cannot mend that
		return fault.Clash("duty.too-late-to-pause")
	}
	return nil
}

// cite names a duty's source in no language: "RMSV 2021 art. 7(2)".
func cite(d Duty) string {
	if d.Article == "" {
		return d.Law
	}
	return d.Law + " " + d.Article
}

// impartial: nobody decides about what the own organisation owes, but the platform's people about the platform's clocks.
func impartial(by member.Actor, d Duty) error {
	if by.OrgID == d.OrgID && d.OwedTo == "" {
		return fault.Deny("duty.own-organisation")
	}
	return nil
}
