// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A File is everything about a duty: what it comes to, what it came to before, from which assertions, and what was
// decided about it.
type File struct {
	Duty
	Past    []Past   // oldest first
	Anchors []Anchor // of the fact from which it runs, oldest first
	Acts    []Act    // oldest first
}

// Get returns the file of a duty, to the organisation that owes it and to staff.
func (s *Service) Get(ctx context.Context, by member.Actor, dutyID string) (f File, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if f.Duty, err = s.readable(ctx, tx, by, dutyID, ""); err != nil {
			return err
		}
		if f.Past, err = pasts(ctx, tx, f.Duty); err != nil {
			return err
		}
		as, err := s.anchors(ctx, tx, f.ReportID)
		if err != nil {
			return err
		}
		for _, a := range as {
			if a.Name == f.Anchor {
				f.Anchors = append(f.Anchors, a)
			}
		}
		f.Acts, err = s.acts(ctx, tx, f.ID)
		return err
	})
	if err != nil {
		return File{}, fmt.Errorf("file of a duty: %w", err)
	}
	return f, nil
}

// MayCorrect reports whether the actor may correct the fact from which the duty runs.
func (f File) MayCorrect(by member.Actor) bool {
	return len(f.Anchors) > 0 && mayCorrect(by, f.Duty, f.Anchors[len(f.Anchors)-1]) == nil
}

// MayDecide reports whether the actor may record a decision about it.
func (f File) MayDecide(by member.Actor) bool {
	return speaks(by, f.OrgID) && f.MetAt.IsZero() && f.VoidAt.IsZero()
}

// MaySign reports whether the actor may sign a proposal.
func (f File) MaySign(by member.Actor, a Act) bool { return a.Open() && maySign(by, f.Duty, a) == nil }

// MayPropose lists what the actor may propose about it now.
func (f File) MayPropose(by member.Actor, now time.Time) (out []ActKind) {
	if officer(by, member.Analyst, member.DutyOfficer, member.Supervisor) != nil || impartial(by, f.Duty) != nil {
		return nil
	}
	for _, a := range f.Acts {
		if a.Open() {
			return nil
		}
	}
	for _, k := range ProposedKinds {
		if f.admits(k, now, now) == nil {
			out = append(out, k)
		}
	}
	return out
}

// A Pending is an act with the duty that it is about.
type Pending struct {
	Act
	Duty Duty
}

// Unsigned returns the proposals that wait for a second signature, oldest first, to staff.
func (s *Service) Unsigned(ctx context.Context, by member.Actor) ([]Pending, error) {
	return s.pending(ctx, by, `a.signed_at IS NULL AND a.fell_at IS NULL ORDER BY a.at, a.id LIMIT 200`, member.Analyst, member.DutyOfficer, member.Supervisor)
}

// Unseen returns what gave more time or ended a duty and no supervisor has looked at yet, oldest first, to supervisors:
// nothing stops being late in silence.
func (s *Service) Unseen(ctx context.Context, by member.Actor) ([]Pending, error) {
	return s.pending(ctx, by, `a.later AND a.seen_at IS NULL ORDER BY a.signed_at, a.id LIMIT 200`, member.Supervisor)
}

func (s *Service) pending(ctx context.Context, by member.Actor, where string, roles ...member.Role) (out []Pending, err error) {
	switch {
	case !by.SignedIn():
		return nil, fault.SignIn()
	case !by.Is(roles...):
		return nil, fault.Deny("fault.role")
	case !by.Allows(member.ScopeCase):
		return nil, fault.Deny("fault.scope", member.ScopeCase)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		acts, err := db.List(ctx, tx, s.scanAct, `SELECT `+actColumns+` FROM duty_act a WHERE `+where)
		if err != nil || len(acts) == 0 {
			return err
		}
		ids := make([]string, len(acts))
		for i, a := range acts {
			ids[i] = a.DutyID
		}
		var args db.Args
		ds, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE id IN `+db.In(&args, ids), args...)
		if err != nil {
			return err
		}
		byID := map[string]Duty{}
		for _, d := range ds {
			byID[d.ID] = d
		}
		for _, a := range acts {
			out = append(out, Pending{a, byID[a.DutyID]})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list acts about duties: %w", err)
	}
	return out, nil
}

// See records that a supervisor looked at what gave more time or ended a duty.
func (s *Service) See(ctx context.Context, by member.Actor, actID string) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		d, _, a, err := s.proposal(ctx, tx, by, actID)
		if err != nil {
			return err
		}
		if err := officer(by, member.Supervisor); err != nil {
			return err
		}
		if !a.Later || !a.SeenAt.IsZero() {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE duty_act SET seen_by = $1, seen_at = $2 WHERE id = $3`, by.AccountID, db.At(tx.Now), a.ID); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Seen{d.on(), a.ID})
		return err
	})
	if err != nil {
		return fmt.Errorf("look at an act about a duty: %w", err)
	}
	return nil
}
