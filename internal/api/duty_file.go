// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// DutyFile is everything about a duty.
type DutyFile struct {
	Duty
	Past    []Derivation `json:"past" nullable:"false" doc:"what it came to before, oldest first"`
	Anchors []Assertion  `json:"anchors" nullable:"false" doc:"assertions of the fact from which the clock runs, oldest first; the last one counts"`
	Acts    []DutyAct    `json:"acts" nullable:"false" doc:"what was decided about it, oldest first"`
}

// Derivation is what a duty came to for a time.
type Derivation struct {
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	AnchorAt time.Time `json:"anchor_at,omitzero"`
	DueAt    time.Time `json:"due_at,omitzero"`
	LatestAt time.Time `json:"latest_at,omitzero"`
	Sentence string    `json:"sentence" doc:"the due time in words, as it was then"`
}

// Assertion is what somebody said of when something happened.
type Assertion struct {
	Name       string    `json:"name" example:"discovered_or_learned_at"`
	At         time.Time `json:"at,omitzero" doc:"absent: taken back"`
	Zone       string    `json:"zone" example:"Asia/Shanghai"`
	OrgID      string    `json:"organisation,omitempty"`
	Recorded   bool      `json:"recorded" doc:"the platform recorded it itself when it happened"`
	RecordedAt time.Time `json:"recorded_at"`
	Why        string    `json:"why,omitempty"`
}

// DutyAct is what somebody decided about a duty.
type DutyAct struct {
	ID       string    `json:"id"`
	Duty     string    `json:"duty"`
	Kind     string    `json:"kind" enum:"correct,decide,pause,waive,void,revive"`
	From     time.Time `json:"from,omitzero" doc:"of a pause"`
	To       time.Time `json:"to,omitzero"`
	Why      string    `json:"why"`
	OrgID    string    `json:"organisation,omitempty" doc:"of who proposed or did it"`
	At       time.Time `json:"at"`
	SignedAt time.Time `json:"signed_at,omitzero" doc:"it counts from then on"`
	FellAt   time.Time `json:"fell_at,omitzero"`
	FellWhy  string    `json:"fell_why,omitempty"`
	EndedAt  time.Time `json:"ended_at,omitzero"`
	Later    bool      `json:"later,omitempty" doc:"it gave more time, or ended the duty"`
	SeenAt   time.Time `json:"seen_at,omitzero" doc:"the supervisor looked at it"`
}

func actOf(a duty.Act) DutyAct {
	return DutyAct{ID: a.ID, Duty: a.DutyID, Kind: string(a.Kind), From: a.From, To: a.To, Why: a.Why, OrgID: a.ByOrg, At: a.At, SignedAt: a.SignedAt,
		FellAt: a.FellAt, FellWhy: a.FellWhy, EndedAt: a.EndedAt, Later: a.Later, SeenAt: a.SeenAt}
}

func (s *Server) dutyGet(ctx context.Context, by member.Actor, in *ByID) (*reply[DutyFile], error) {
	f, err := s.Duties.Get(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	p, now := printer(ctx), s.Clock.Now()
	out := DutyFile{Duty: dutyOf(p, f.Duty, now), Acts: each(f.Acts, actOf)}
	out.Past = each(f.Past, func(x duty.Past) Derivation {
		return Derivation{x.Since, x.Until, x.AnchorAt, x.DueAt, x.LatestAt, duty.Tell(p, x.Duty, x.Until)}
	})
	out.Anchors = each(f.Anchors, func(a duty.Anchor) Assertion {
		return Assertion{a.Name, a.At, a.Zone, a.By.Org, a.By.Via == duty.Recorded, a.RecordedAt, a.Why}
	})
	return answer(out, nil)
}

// DutyChange is what an act made of a duty.
type DutyChange struct {
	Was   Duty `json:"was"`
	Is    Duty `json:"is"`
	Later bool `json:"later" doc:"it gives more time, or ended the duty: the supervisor looks at it"`
}

func changeOf(p i18n.Printer, c duty.Change, now time.Time) DutyChange {
	return DutyChange{dutyOf(p, c.Was, now), dutyOf(p, c.Is, now), c.Later()}
}

// DutyCorrection asserts another time.
type DutyCorrection struct {
	At   time.Time `json:"at,omitzero" doc:"when it happened; left out, it did not: for staff alone"`
	Zone string    `json:"zone,omitempty" maxLength:"64" doc:"in which the time was given; Asia/Shanghai when left out" example:"Europe/Berlin"`
	Why  string    `json:"why" maxLength:"5000" doc:"what shows it"`
}

func (s *Server) dutyCorrect(ctx context.Context, by member.Actor, in *withBody[DutyCorrection]) (*reply[list[DutyChange]], error) {
	cs, err := s.Duties.CorrectAnchor(ctx, by, in.ID, duty.Correction(in.Body))
	p, now := printer(ctx), s.Clock.Now()
	return answer(lists(cs, "", func(c duty.Change) DutyChange { return changeOf(p, c, now) }), err)
}

func (s *Server) dutyDecide(ctx context.Context, by member.Actor, in *withBody[Reason]) (*reply[DutyAct], error) {
	a, err := s.Duties.Decide(ctx, by, in.ID, in.Body.Why)
	return answer(actOf(a), err)
}

// ProposedAct waits for its second signature.
type ProposedAct struct {
	Kind duty.ActKind `json:"kind" enum:"pause,waive,void,revive"`
	Why  string       `json:"why" maxLength:"5000"`
}

func (s *Server) dutyPropose(ctx context.Context, by member.Actor, in *withBody[ProposedAct]) (*reply[DutyAct], error) {
	a, err := s.Duties.Propose(ctx, by, in.ID, in.Body.Kind, in.Body.Why)
	return answer(actOf(a), err)
}

func (s *Server) dutyResume(ctx context.Context, by member.Actor, in *ByID) (*reply[DutyChange], error) {
	return s.change(ctx)(s.Duties.Resume(ctx, by, in.ID))
}

type actsInput struct {
	Waiting string `query:"waiting" enum:"signature,supervisor" default:"signature" doc:"for a second signature, or for the supervisor's eyes"`
}

// PendingAct is an act with the duty that it is about.
type PendingAct struct {
	DutyAct
	About Duty `json:"about"`
}

func (s *Server) dutyActs(ctx context.Context, by member.Actor, in *actsInput) (*reply[list[PendingAct]], error) {
	read := s.Duties.Unsigned
	if in.Waiting == "supervisor" {
		read = s.Duties.Unseen
	}
	ps, err := read(ctx, by)
	p, now := printer(ctx), s.Clock.Now()
	return answer(lists(ps, "", func(x duty.Pending) PendingAct { return PendingAct{actOf(x.Act), dutyOf(p, x.Duty, now)} }), err)
}

func (s *Server) dutySign(ctx context.Context, by member.Actor, in *ByID) (*reply[DutyChange], error) {
	return s.change(ctx)(s.Duties.Sign(ctx, by, in.ID))
}

// change answers with what an act made of a duty.
func (s *Server) change(ctx context.Context) func(duty.Change, error) (*reply[DutyChange], error) {
	return func(c duty.Change, err error) (*reply[DutyChange], error) {
		if err != nil {
			return nil, err
		}
		return answer(changeOf(printer(ctx), c, s.Clock.Now()), nil)
	}
}

func (s *Server) dutyRefuse(ctx context.Context, by member.Actor, in *withBody[Reason]) (*struct{}, error) {
	return nil, s.Duties.Refuse(ctx, by, in.ID, in.Body.Why)
}

func (s *Server) dutySee(ctx context.Context, by member.Actor, in *ByID) (*struct{}, error) {
	return nil, s.Duties.See(ctx, by, in.ID)
}

// clocks are what the platform owes to the reporter of a report. The caller authorises.
func (s *Server) clocks(ctx context.Context, reportID string) (out []Duty, err error) {
	p, now := printer(ctx), s.Clock.Now()
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		ds, err := s.Duties.Clocks(ctx, tx, reportID)
		out = each(ds, func(d duty.Duty) Duty { return dutyOf(p, d, now) })
		return err
	})
	return out, err
}

func (s *Server) reportClocks(ctx context.Context, by member.Actor, in *ByID) (*reply[list[Duty]], error) {
	r, err := s.Reports.Get(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	clocks, err := s.clocks(ctx, r.ID)
	return answer(list[Duty]{Items: clocks}, err)
}
