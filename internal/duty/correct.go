// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Correction asserts another time of the fact from which a duty's clock runs.
type Correction struct {
	At   time.Time // zero takes the fact back: it did not happen. For staff alone
	Zone string    // of the tz database, in which the time was given; "" is the platform's
	Why  string    // what shows it
}

// A Change is what a correction made of one duty.
type Change struct{ Was, Is Duty }

// Later reports whether the duty's time ends later than before.
func (c Change) Later() bool { return c.Was.later(c.Is) }

// CorrectAnchor asserts another time of the fact from which a duty's clock runs, and derives the due times of every duty
// of the report that counts from it again, each by the version of the law pack that it was made with. What was asserted
// and derived before stays readable. It is for analysts and duty officers, and for the organisation that asserted the
// fact itself. What the platform recorded in the act, such as when it accepted a report, nobody corrects. A correction
// that moves a due time later waits for the supervisor's eyes (Unseen). Faults: Invalid for a time in the future, one
// after the report that told of it, or none new; Forbidden; Conflict.
func (s *Service) CorrectAnchor(ctx context.Context, by member.Actor, dutyID string, in Correction) (out []Change, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		out, err = s.correct(ctx, tx, by, dutyID, in)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("correct the anchor of a duty: %w", err)
	}
	return out, nil
}

func (s *Service) correct(ctx context.Context, tx *db.Tx, by member.Actor, dutyID string, in Correction) ([]Change, error) {
	d, err := s.readable(ctx, tx, by, dutyID, "")
	if err != nil {
		return nil, err
	}
	ds, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM duty WHERE report_id = $1 AND anchor = $2 ORDER BY id`+tx.ForUpdate(), d.ReportID, d.Anchor)
	if err != nil {
		return nil, err
	}
	as, err := s.anchors(ctx, tx, d.ReportID)
	if err != nil {
		return nil, err
	}
	now := last(as, d.Anchor)
	if err := mayCorrect(by, d, now); err != nil {
		return nil, err
	}
	if in, err = in.checked(by, as, now, tx.Now); err != nil {
		return nil, err
	}
	next := Anchor{ReportID: d.ReportID, Name: d.Anchor, N: now.N + 1, At: in.At, Zone: in.Zone, By: by.By(), Why: in.Why, RecordedAt: tx.Now}
	changes := make([]Change, len(ds))
	var ids []string
	e := AnchorCorrected{Anchor: packName(d.Anchor), N: next.N}
	for i, x := range ds {
		acts, err := s.acts(ctx, tx, x.ID)
		if err != nil {
			return nil, err
		}
		is, err := x.again(append(as, next), acts, tx.Now)
		if err != nil {
			return nil, err
		}
		changes[i] = Change{x, is}
		ids, e.Later = append(ids, x.ID), e.Later || x.later(is)
	}
	e.Duties = ids
	e.on = d.on()
	if next.EventID, err = s.Events.Record(ctx, tx, by.By(), e); err != nil {
		return nil, err
	}
	if err := s.insertAnchors(ctx, tx, []Anchor{next}, ""); err != nil {
		return nil, err
	}
	for _, c := range changes {
		if err := s.noted(ctx, tx, by, c, in.Why, next.EventID); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// noted writes what a correction made of a duty.
func (s *Service) noted(ctx context.Context, tx *db.Tx, by member.Actor, c Change, why, eventID string) error {
	id, err := newID()
	if err != nil {
		return err
	}
	if err := s.insertAct(ctx, tx, Act{ID: id, DutyID: c.Was.ID, Kind: Correcting, Why: why, By: by.AccountID, ByOrg: by.OrgID, At: tx.Now, SignedBy: by.AccountID,
		SignedAt: tx.Now, Later: c.Later()}); err != nil {
		return err
	}
	return s.settle(ctx, tx, c.Was, c.Is, eventID)
}

// mayCorrect: an organisation what it asserted itself, analysts and duty officers what anybody asserted.
func mayCorrect(by member.Actor, d Duty, now Anchor) error {
	switch {
	case by.AccountID == "":
		return fault.Deny("duty.needs-person")
	case now.By.Via == Recorded || d.OwedTo != "":
		return fault.Clash("duty.anchor-recorded")
	case speaks(by, d.OrgID) && now.By.Org == by.OrgID:
		return nil // mayAsk looked at the scope
	case speaks(by, d.OrgID):
		return fault.Deny("duty.anchor-of-others")
	}
	return officer(by, member.Analyst, member.DutyOfficer)
}

func (c Correction) checked(by member.Actor, as []Anchor, now Anchor, at time.Time) (Correction, error) {
	var k fault.Check
	c.At = c.At.UTC().Truncate(time.Microsecond)
	if c.Zone == "" {
		c.Zone = zone
	}
	c.Why = reason(&k, "why", c.Why)
	k.That(known(c.Zone), "zone", "duty.rule.zone", "Asia/Shanghai")
	k.That(!c.At.IsZero() || by.Is(member.Analyst, member.DutyOfficer), "at", "rule.required", "")
	k.That(!c.At.After(at), "at", "duty.rule.future", "")
	k.That(c.At.IsZero() || c.At.Year() >= 1990, "at", "duty.rule.too-early", "2021-11-24T10:00:00+08:00")
	for _, a := range as { // who told of it knew of it
		if a.Name == now.Name && a.N == 1 {
			k.That(!c.At.After(a.RecordedAt), "at", "duty.rule.after-report", "")
		}
	}
	k.That(!c.At.Equal(now.At) || now.N == 0, "at", "duty.rule.same", "")
	return c, k.Err()
}

// startOf are the assertions with which a report's clocks start.
func (b Begin) startOf(at time.Time) (as []Anchor) {
	if b.Facts.OrgID != "" && !b.Facts.LearnedAt.IsZero() {
		as = append(as, Anchor{ReportID: b.ReportID, Name: learned, N: 1, At: b.Facts.LearnedAt, Zone: zone, By: b.By, EventID: b.EventID, RecordedAt: at})
	}
	if b.Service.OrgID != "" {
		as = append(as, Anchor{ReportID: b.ReportID, Name: accepted, N: 1, At: b.Service.AcceptedAt, Zone: zone, By: event.By{Via: Recorded}, EventID: b.EventID, RecordedAt: at})
	}
	return as
}
