// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package compliance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// Standing of a published decision.
const (
	Appealable = "appealable" // has effect, and the time to appeal runs
	Contested  = "appealed"   // an appeal waits for its answer
	InEffect   = "in-effect"  // final, and has effect
	Expired    = "expired"    // its term is over
	LiftedSoon = "lifted"     // ended early, after rectification
	Overturned = "annulled"   // an appeal has annulled it
)

// A Published is what everybody may know of a decision: names, times and the reasons that were written for the public.
type Published struct {
	Number, OrgID    string
	NameZH, NameEN   string
	Outcome          Outcome
	Months           int
	Without          []member.Capability
	Deferred         bool
	Revised          bool // it came in the place of a harder one after an appeal
	MadeAt, PublicAt time.Time
	From, Until      time.Time // of the effect
	FinalAt          time.Time // zero while it is not final
	ChangedAt        time.Time
	Standing         string     // Appealable …
	Legal            []duty.Due // what was not done: law and article, each once
	ReasonsZH        string
	ReasonsEN        string
}

// Name is the organisation's name in a language, or in the other one.
func (p Published) Name(lang string) string {
	return member.Org{NameZH: p.NameZH, NameEN: p.NameEN}.Name(lang)
}

// PublicAt is from when the decision that counts is for everybody; zero when it is not, or not yet known.
func (f File) PublicAt() time.Time {
	d := f.Made()
	if d.SignedAt.IsZero() || d.Outcome == Dismissed || d.Publish == PublishNever {
		return time.Time{}
	}
	first := f.first(d)
	begin := first.SignedAt
	if first.EffectiveFrom.After(begin) {
		begin = first.EffectiveFrom
	}
	if d.Publish == PublishEffect && !first.Deferred {
		if f.State == Annulled && f.Appeal.AnsweredAt.Before(begin) {
			return time.Time{}
		}
		return begin
	}
	if f.State == Annulled {
		return time.Time{}
	}
	return f.FinalAt()
}

// Public reports whether everybody may read about the decision at t.
func (f File) Public(t time.Time) bool {
	at := f.PublicAt()
	return !at.IsZero() && !t.Before(at)
}

// published is the file for everybody, at a time at which it is public. What an appeal annulled stays, marked, without
// its reasons: a name that was public must be cleared in public.
func (f File) published(o member.Org, t time.Time) Published {
	d := f.Made()
	p := Published{Number: f.Number, OrgID: o.ID, NameZH: o.NameZH, NameEN: o.NameEN, Outcome: d.Outcome, Months: d.Months, Without: d.Without, Deferred: f.first(d).Deferred,
		Revised: d.Revises != "", MadeAt: d.SignedAt, PublicAt: f.PublicAt()}
	p.From, p.Until = f.Effect()
	p.ChangedAt = p.PublicAt
	switch {
	case f.State == Annulled:
		p.Standing, p.ChangedAt = Overturned, f.Appeal.AnsweredAt
		return p
	case f.State == Appealed || f.State == Revising:
		p.Standing, p.ChangedAt = Contested, f.Appeal.FiledAt
	case !f.Final(t):
		p.Standing = Appealable
	case !d.EndedAt.IsZero() && !d.EndedAt.After(t) && p.Until.Equal(d.EndedAt):
		p.Standing, p.FinalAt, p.ChangedAt = LiftedSoon, f.FinalAt(), d.EndedAt
	case !p.Until.IsZero() && !t.Before(p.Until):
		p.Standing, p.FinalAt, p.ChangedAt = Expired, f.FinalAt(), p.Until
	default:
		p.Standing, p.FinalAt, p.ChangedAt = InEffect, f.FinalAt(), later(p.PublicAt, f.FinalAt())
	}
	p.ReasonsZH, p.ReasonsEN = d.PublicZH, d.PublicEN
	for _, r := range d.Duties {
		x := r.Due()
		if !slices.ContainsFunc(p.Legal, func(y duty.Due) bool { return y.Rule == x.Rule }) {
			p.Legal = append(p.Legal, x)
		}
	}
	return p
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Text is the notice for the public in a language, paragraph by paragraph.
func (p Published) Text(say i18n.Printer) []string {
	name := p.Name(say.Lang())
	out := []string{say.T("compliance.public.title", name, p.Number)}
	if p.Standing == Overturned {
		return append(out, say.T("compliance.public.annulled", name, Day(say, p.ChangedAt)))
	}
	switch p.Outcome {
	case Restriction:
		var names []string
		for _, c := range p.Without {
			names = append(names, say.T("policy.to."+string(c)))
		}
		out = append(out, say.T("compliance.public.restriction", name, Day(say, p.From), LastDay(say, p.Until), strings.Join(names, say.T("compliance.public.comma"))))
	case Suspension:
		out = append(out, say.T("compliance.public.suspension", name, Day(say, p.From), LastDay(say, p.Until)))
	default:
		out = append(out, say.T("compliance.public.warning", name, Day(say, p.From)))
	}
	if len(p.Legal) > 0 {
		var laws []string
		for _, x := range p.Legal {
			laws = append(laws, duty.Source(say, x)+say.T("compliance.public.rule", duty.Label(say, x.Rule)))
		}
		out = append(out, say.T("compliance.public.legal", strings.Join(laws, say.T("compliance.public.semicolon"))))
	}
	if reasons := say.Pick(p.ReasonsZH, p.ReasonsEN); reasons != "" {
		out = append(out, say.T("compliance.public.reasons", reasons))
	}
	if p.Outcome == Suspension {
		out = append(out, say.T("compliance.public.duties"))
	}
	switch p.Standing {
	case Appealable:
		out = append(out, say.T("compliance.public.appealable"))
	case Contested:
		out = append(out, say.T("compliance.public.appealed", Day(say, p.ChangedAt)))
	case LiftedSoon:
		out = append(out, say.T("compliance.public.lifted", Day(say, p.ChangedAt)))
	case Expired:
		out = append(out, say.T("compliance.public.expired", LastDay(say, p.Until)))
	default:
		out = append(out, say.T("compliance.public.final", Day(say, p.FinalAt)))
	}
	if p.Revised {
		out = append(out, say.T("compliance.public.revised"))
	}
	return out
}

// Day writes the day of an instant in Beijing.
func Day(say i18n.Printer, t time.Time) string { return say.Date(t) }

// LastDay writes the last day of a term that ends at an instant: what ends at midnight ends with the day before.
func LastDay(say i18n.Printer, until time.Time) string {
	if until.Equal(calendar.Midnight(until, 0, calendar.Beijing())) {
		return say.T("compliance.public.last-day", say.Date(until.Add(-time.Microsecond)))
	}
	return say.DateTime(until)
}

// announce adds the notice for the public to a file, once there is one.
func (s *Service) announce(ctx context.Context, tx *db.Tx, f *File) error {
	if !f.Public(tx.Now) {
		return nil
	}
	o, err := s.Members.OrgTx(ctx, tx, f.OrgID)
	if err != nil {
		return err
	}
	p := f.published(o, tx.Now)
	f.PublicZH = strings.Join(p.Text(i18n.For(i18n.Chinese)), "\n\n")
	f.PublicEN = strings.Join(p.Text(i18n.For(i18n.English)), "\n\n")
	return nil
}

// Register returns the published decisions, the newest inquiry first, and the after of the next page ("" at the end).
// It is open to everybody. after is a number; limit is 1 to 1000, 0 means 100.
func (s *Service) Register(ctx context.Context, after string, limit int) (out []Published, next string, err error) {
	var f form
	f.That(limit >= 0 && limit <= 1000, "limit", "member.rule.limit", "100")
	f.That(storable(after), "after", "member.rule.characters", "")
	if err := f.Err(); err != nil {
		return nil, "", err
	}
	if limit == 0 {
		limit = 100
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		for {
			var a db.Args
			query := `SELECT ` + columns + ` FROM inquiry q WHERE q.id IN (SELECT d.inquiry_id FROM inquiry_decision d WHERE d.signed_at IS NOT NULL AND d.publish <> 'never' AND d.outcome <> 'dismissed')`
			if after != "" {
				query += ` AND q.number < ` + a.P(after)
			}
			qs, err := db.List(ctx, tx, s.scan, query+` ORDER BY q.number DESC LIMIT `+a.P(limit+1), a...)
			if err != nil {
				return err
			}
			for _, q := range qs {
				x, err := s.public(ctx, tx, q)
				if err != nil && !fault.Is(err, fault.NotFound) {
					return err
				}
				if err == nil {
					if len(out) == limit {
						next = out[limit-1].Number
						return nil
					}
					out = append(out, x)
				}
				after = q.Number
			}
			if len(qs) <= limit {
				return nil
			}
		}
	})
	if err != nil {
		return nil, "", fmt.Errorf("list published decisions: %w", err)
	}
	return out, next, nil
}

// Decided returns a published decision by its number. It is open to everybody; what is not published does not exist.
func (s *Service) Decided(ctx context.Context, number string) (p Published, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if !storable(number) {
			return fault.Missing()
		}
		q, err := db.Get(ctx, tx, s.scan, `SELECT `+columns+` FROM inquiry q WHERE q.number = $1`, number)
		if err != nil {
			return err
		}
		p, err = s.public(ctx, tx, q)
		return err
	})
	if err != nil {
		return Published{}, fmt.Errorf("published decision: %w", err)
	}
	return p, nil
}

func (s *Service) public(ctx context.Context, tx *db.Tx, q Inquiry) (Published, error) {
	f, err := s.whole(ctx, tx, q)
	if err != nil {
		return Published{}, err
	}
	if !f.Public(tx.Now) {
		return Published{}, fault.Missing()
	}
	o, err := s.Members.OrgTx(ctx, tx, q.OrgID)
	if err != nil {
		return Published{}, err
	}
	return f.published(o, tx.Now), nil
}
