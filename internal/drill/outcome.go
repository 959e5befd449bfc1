// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// Outcome is the after-action report (演练总结): what happened, what was scored, and the rows from which it follows.
type Outcome struct {
	Scenario   string      `json:"scenario"`
	Version    string      `json:"version"`
	Title      Text        `json:"title"`
	From       time.Time   `json:"from"`
	To         time.Time   `json:"to"`    // the exercise's own time when this was asked for
	Moves      []Line      `json:"moves"` // whose time has come
	Goals      []Scored    `json:"goals"`
	Points     int         `json:"points"`
	Of         int         `json:"of"`
	Milestones []Milestone `json:"milestones"`
	Mails      int         `json:"mails"` // that arrived inside the exercise
	Webhooks   int         `json:"webhooks"`
}

// A Line is a move with what is told of it.
type Line struct {
	Done
	Who Text `json:"who"`
	Say Text `json:"say"`
}

// A Milestone is the first event of a kind.
type Milestone struct {
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`
	Event string    `json:"event"`
}

// Scored is a goal with its points and their reason.
type Scored struct {
	ID     string `json:"id"`
	Text   Text   `json:"text"`
	Points int    `json:"points"`
	Of     int    `json:"of"`
	Open   bool   `json:"open,omitempty"` // its time is not over yet

	From, To time.Time     `json:",omitzero"` // of a time: when it began and ended; To is zero when it did not end
	Took     time.Duration `json:"took,omitempty"`
	Within   time.Duration `json:"within,omitempty"`
	Answered int           `json:"answered,omitempty"` // of a share, or of recipients
	Asked    int           `json:"asked,omitempty"`
	Missing  []string      `json:"missing,omitempty"` // organisations that should have been found and were not
	Wrong    []string      `json:"wrong,omitempty"`   // and the other way round
	Duty     duty.State    `json:"duty,omitempty"`
	Rows     []string      `json:"rows"` // what it follows from: "event/…", "warning/…", "duty/…"
}

// Outcome scores the exercise as it stands now.
func (x *Exercise) Outcome(ctx context.Context) (*Outcome, error) {
	s := x.Scenario
	done, err := x.done(ctx)
	if err != nil {
		return nil, err
	}
	o := &Outcome{Scenario: s.ID, Version: s.Version, Title: s.Title, From: s.Start.Time, To: x.clock.Now()}
	o.Mails, o.Webhooks = x.world.Counts()
	for _, d := range done {
		o.Moves = append(o.Moves, s.line(d))
	}
	for _, kind := range scored {
		if e, ok, err := x.first(ctx, kind, s.Start.Time); err != nil {
			return nil, err
		} else if ok {
			o.Milestones = append(o.Milestones, e)
		}
	}
	for _, g := range s.Goals {
		r, err := x.score(ctx, g, done, o.To)
		if err != nil {
			return nil, err
		}
		o.Goals = append(o.Goals, r)
		o.Points, o.Of = o.Points+r.Points, o.Of+r.Of
	}
	return o, nil
}

// line puts words to what was done.
func (s *Scenario) line(d Done) Line {
	m, _ := s.move(d.Move)
	l := Line{Done: d, Say: m.Say}
	if org, p, ok := s.person(m.Who); ok {
		l.Who = Text{org.Name.ZH + " · " + p.Name.ZH, org.Name.EN + " · " + p.Name.EN}
	}
	return l
}

func (x *Exercise) score(ctx context.Context, g Goal, done []Done, now time.Time) (r Scored, err error) {
	r = Scored{ID: g.ID, Text: g.Text, Of: g.Points, Rows: []string{}}
	switch {
	case g.Time != nil:
		err = x.scoreTime(ctx, *g.Time, done, now, &r)
	case g.Share != nil:
		err = x.scoreShare(ctx, *g.Share, now, &r)
	case g.Exact != nil:
		err = x.scoreExact(ctx, *g.Exact, &r)
	case g.Duty != nil:
		err = x.scoreDuty(ctx, *g.Duty, now, &r)
	}
	return r, err
}

func (x *Exercise) scoreTime(ctx context.Context, t Timing, done []Done, now time.Time, r *Scored) error {
	r.Within = t.Within.Duration()
	if i := slices.IndexFunc(done, func(d Done) bool { return d.Move == t.From }); i >= 0 {
		r.From = done[i].DoneAt
		r.Rows = append(r.Rows, "move/"+t.From)
	} else if _, isMove := x.Scenario.move(t.From); !isMove {
		e, ok, err := x.first(ctx, t.From, x.Scenario.Start.Time)
		if err != nil {
			return err
		}
		if ok {
			r.From = e.At
			r.Rows = append(r.Rows, "event/"+e.Event)
		}
	}
	if r.From.IsZero() {
		r.Open = now.Before(x.Scenario.End.Time)
		return nil
	}
	e, ok, err := x.first(ctx, t.To, r.From)
	if err != nil {
		return err
	}
	if !ok {
		r.Open = now.Sub(r.From) < 2*r.Within && now.Before(x.Scenario.End.Time)
		return nil
	}
	r.To, r.Took = e.At, e.At.Sub(r.From)
	r.Rows = append(r.Rows, "event/"+e.Event)
	r.Points = timely(r.Of, r.Took, r.Within)
	return nil
}

// timely is full up to within, nothing from twice that on, and falls evenly between.
func timely(points int, took, within time.Duration) int {
	switch {
	case took <= within:
		return points
	case took >= 2*within:
		return 0
	}
	return int(int64(points) * int64(2*within-took) / int64(within))
}

func (x *Exercise) scoreShare(ctx context.Context, g Share, now time.Time, r *Scored) error {
	e, ok, err := x.first(ctx, warning.Released{}.Kind(), x.Scenario.Start.Time)
	if err != nil || !ok {
		r.Open = !ok && now.Before(x.Scenario.End.Time)
		return err
	}
	r.From, r.To, r.Within = e.At, e.At.Add(g.After.Duration()), g.After.Duration()
	r.Rows = append(r.Rows, "event/"+e.Event)
	err = x.s.DB.View(ctx, func(tx *db.Tx) (err error) {
		id, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM warning WHERE revision > 0 ORDER BY id LIMIT 1`)
		if err != nil {
			return err
		}
		r.Rows = append(r.Rows, "warning/"+id)
		if r.Asked, err = db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM warning_recipient WHERE warning_id = $1 AND revision = 1`, id); err != nil {
			return err
		}
		r.Answered, err = db.Get(ctx, tx, db.Value[int], `SELECT count(DISTINCT e.by_org) FROM event e JOIN event_subject s ON s.event_id = e.id
			WHERE s.subject = $1 AND e.kind = $2 AND e.at <= $3`, "warning/"+id, warning.Answered{}.Kind(), db.At(r.To))
		return err
	})
	if err != nil {
		return err
	}
	if r.Asked > 0 {
		r.Points = min(r.Of, r.Of*r.Answered*100/(r.Asked*g.Percent))
	}
	r.Open = now.Before(r.To) && r.Points < r.Of
	return nil
}

func (x *Exercise) scoreExact(ctx context.Context, g Exact, r *Scored) error {
	var found []string
	err := x.s.DB.View(ctx, func(tx *db.Tx) (err error) {
		found, err = db.List(ctx, tx, db.Value[string], `SELECT DISTINCT o.slug FROM warning_recipient w JOIN org o ON o.id = w.org_id JOIN warning x ON x.id = w.warning_id
			WHERE w.wave = 1 AND w.revision = 1 ORDER BY o.slug`)
		return err
	})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		r.Open, r.Missing = true, g.Orgs
		return nil
	}
	for _, slug := range g.Orgs {
		if !slices.Contains(found, slug) {
			r.Missing = append(r.Missing, slug)
		}
	}
	for _, slug := range found {
		r.Rows = append(r.Rows, "org/"+x.orgs[slug].ID)
		if !slices.Contains(g.Orgs, slug) {
			r.Wrong = append(r.Wrong, slug)
		}
	}
	r.Asked, r.Answered = len(g.Orgs), len(g.Orgs)-len(r.Missing)
	if len(r.Missing)+len(r.Wrong) == 0 {
		r.Points = r.Of
	}
	return nil
}

func (x *Exercise) scoreDuty(ctx context.Context, g Owed, now time.Time, r *Scored) error {
	ds, err := x.s.Duties.Owed(ctx, member.System(), x.orgs[g.Org].ID, false)
	if err != nil {
		return err
	}
	slices.SortFunc(ds, func(a, b duty.Duty) int { return strings.Compare(a.ID, b.ID) })
	for _, d := range ds {
		if d.Rule != g.Rule {
			continue
		}
		r.Duty, r.From, r.To = d.StateAt(now), d.AnchorAt, d.MetAt
		r.Within = d.DueAt.Sub(d.AnchorAt)
		r.Rows = append(r.Rows, "duty/"+d.ID)
		switch r.Duty {
		case duty.Met:
			r.Points, r.Took = r.Of, d.MetAt.Sub(d.AnchorAt)
		case duty.MetLate:
			r.Took = d.MetAt.Sub(d.AnchorAt)
			r.Points = timely(r.Of, r.Took, r.Within) / 2 // late is late: half of what lateness leaves
		case duty.Running, duty.Arguable:
			r.Open = true
		}
		return nil
	}
	return nil // nobody has told the platform of anything that this duty would follow from
}

// first finds the first event of a kind that happened at or after from.
func (x *Exercise) first(ctx context.Context, kind string, from time.Time) (m Milestone, ok bool, err error) {
	err = x.s.DB.View(ctx, func(tx *db.Tx) error {
		m, err = db.Get(ctx, tx, func(r db.Row) (m Milestone, err error) {
			var at db.Time
			err = r.Scan(&m.Event, &at)
			m.Kind, m.At = kind, at.Time
			return m, err
		}, `SELECT id, at FROM event WHERE kind = $1 AND at >= $2 ORDER BY at, id LIMIT 1`, kind, db.At(from))
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return m, false, nil
	}
	return m, err == nil, err
}
