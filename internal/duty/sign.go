// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// Sign makes a proposal count, by a second person: a duty officer or supervisor for a pause, a supervisor for what ends
// a duty or brings it back. What gives more time or ends a duty waits for the supervisor's eyes (Unseen), unless the
// supervisor signed it. Faults: Forbidden for the one that proposed it; Conflict when the duty was met or ended meanwhile.
func (s *Service) Sign(ctx context.Context, by member.Actor, actID string) (c Change, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		d, acts, a, err := s.proposal(ctx, tx, by, actID)
		if err != nil {
			return err
		}
		if err := maySign(by, d, a); err != nil {
			return err
		}
		if err := d.admits(a.Kind, a.From, tx.Now); err != nil {
			return err
		}
		c, err = s.signed(ctx, tx, by, d, acts, a)
		return err
	})
	if err != nil {
		return Change{}, fmt.Errorf("sign an act about a duty: %w", err)
	}
	return c, nil
}

func maySign(by member.Actor, d Duty, a Act) error {
	roles := []member.Role{member.Supervisor}
	if a.Kind == Pausing {
		roles = append(roles, member.DutyOfficer)
	}
	if err := officer(by, roles...); err != nil {
		return err
	}
	if err := impartial(by, d); err != nil {
		return err
	}
	if by.AccountID == a.By {
		return fault.Deny("duty.second-person")
	}
	return nil
}

// proposal loads an open act with its duty, which is locked.
func (s *Service) proposal(ctx context.Context, tx *db.Tx, by member.Actor, actID string) (d Duty, acts []Act, a Act, err error) {
	if !by.SignedIn() {
		return d, nil, a, fault.SignIn()
	}
	if uuid.Validate(actID) != nil {
		return d, nil, a, fault.Missing()
	}
	dutyID, err := db.Get(ctx, tx, db.Value[string], `SELECT duty_id FROM duty_act WHERE id = $1`, actID)
	if err != nil {
		return d, nil, a, err
	}
	if d, err = s.readable(ctx, tx, by, dutyID, tx.ForUpdate()); err != nil {
		return d, nil, a, err
	}
	if acts, err = s.acts(ctx, tx, d.ID); err != nil {
		return d, nil, a, err
	}
	for _, x := range acts {
		if x.ID == actID {
			a = x
		}
	}
	return d, acts, a, nil
}

func (s *Service) signed(ctx context.Context, tx *db.Tx, by member.Actor, d Duty, acts []Act, a Act) (c Change, err error) {
	if !a.Open() {
		return c, fault.Clash("duty.nothing-to-sign")
	}
	as, err := s.anchors(ctx, tx, d.ReportID)
	if err != nil {
		return c, err
	}
	a.SignedBy, a.SignedAt = by.AccountID, tx.Now
	for i := range acts {
		switch {
		case acts[i].ID == a.ID:
			acts[i] = a
		case a.Kind == Reviving && (acts[i].Kind == Waiving || acts[i].Kind == Voiding) && acts[i].counts(tx.Now):
			acts[i].EndedBy, acts[i].EndedAt = by.AccountID, tx.Now
			if _, err := tx.Exec(ctx, `UPDATE duty_act SET ended_by = $1, ended_at = $2 WHERE id = $3`, by.AccountID, db.At(tx.Now), acts[i].ID); err != nil {
				return c, err
			}
		}
	}
	is, err := d.again(as, acts, tx.Now)
	if err != nil {
		return c, err
	}
	c = Change{d, is}
	var seenBy any
	var seenAt time.Time
	if by.Is(member.Supervisor) {
		seenBy, seenAt = by.AccountID, tx.Now
	}
	if _, err := tx.Exec(ctx, `UPDATE duty_act SET signed_by = $1, signed_at = $2, later = $3, seen_by = $4, seen_at = $5 WHERE id = $6`,
		by.AccountID, db.At(tx.Now), c.Later(), seenBy, db.At(seenAt), a.ID); err != nil {
		return c, err
	}
	eventID, err := s.Events.Record(ctx, tx, by.By(), ActSigned{d.on(), a.ID, a.Kind, a.By, c.Later()})
	if err != nil {
		return c, err
	}
	return c, s.settle(ctx, tx, d, is, eventID)
}

// Refuse lets a proposal fall, with the reason; the one that made it may take it back.
func (s *Service) Refuse(ctx context.Context, by member.Actor, actID, why string) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		d, _, a, err := s.proposal(ctx, tx, by, actID)
		if err != nil {
			return err
		}
		if by.AccountID == "" || by.AccountID != a.By {
			if err := officer(by, member.DutyOfficer, member.Supervisor); err != nil {
				return err
			}
		}
		if !a.Open() {
			return fault.Clash("duty.nothing-to-sign")
		}
		var k fault.Check
		why = reason(&k, "why", why)
		if err := k.Err(); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE duty_act SET fell_by = $1, fell_at = $2, fell_sealed = $3 WHERE id = $4`, by.AccountID, db.At(tx.Now),
			s.Seal.Seal(placeAct(a.ID, "fell"), []byte(why)), a.ID); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), ActRefused{d.on(), a.ID, a.Kind})
		return err
	})
	if err != nil {
		return fmt.Errorf("refuse an act about a duty: %w", err)
	}
	return nil
}

// Resume lets the clock of a duty run again that stands still. It takes nothing from anybody that the pause did not give,
// so one person does it: an analyst, a duty officer or a supervisor. Fault: Conflict when no clock stands still.
func (s *Service) Resume(ctx context.Context, by member.Actor, dutyID string) (c Change, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		d, err := s.readable(ctx, tx, by, dutyID, tx.ForUpdate())
		if err != nil {
			return err
		}
		if err := officer(by, member.Analyst, member.DutyOfficer, member.Supervisor); err != nil {
			return err
		}
		if d.PausedAt.IsZero() {
			return fault.Clash("duty.runs")
		}
		c, err = s.resumed(ctx, tx, by, d)
		return err
	})
	if err != nil {
		return Change{}, fmt.Errorf("let the clock of a duty run: %w", err)
	}
	return c, nil
}

func (s *Service) resumed(ctx context.Context, tx *db.Tx, by member.Actor, d Duty) (c Change, err error) {
	acts, err := s.acts(ctx, tx, d.ID)
	if err != nil {
		return c, err
	}
	as, err := s.anchors(ctx, tx, d.ReportID)
	if err != nil {
		return c, err
	}
	var ended string
	for i := range acts {
		if a := &acts[i]; a.Kind == Pausing && a.counts(tx.Now) && a.EndedAt.IsZero() {
			a.To, a.EndedAt, a.EndedBy, ended = tx.Now, tx.Now, by.AccountID, a.ID
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE duty_act SET to_at = $1, ended_at = $1, ended_by = $2 WHERE id = $3`, db.At(tx.Now), by.AccountID, ended); err != nil {
		return c, err
	}
	is, err := d.again(as, acts, tx.Now)
	if err != nil {
		return c, err
	}
	eventID, err := s.Events.Record(ctx, tx, by.By(), Resumed{d.on(), ended})
	if err != nil {
		return c, err
	}
	return Change{d, is}, s.settle(ctx, tx, d, is, eventID)
}
