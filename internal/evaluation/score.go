// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"cmp"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/member"
)

// A Row is one fact that counts: a duty, a report, a warning with its answer, a decision.
type Row struct {
	Kind    string    `json:"kind" enum:"report,case,duty,warning,product,delivery,inquiry"`
	ID      string    `json:"id"`
	Label   string    `json:"label" doc:"its number, or what it is called"`
	Note    string    `json:"note,omitempty" doc:"the rule of a duty, the channel of a delivery"`
	At      time.Time `json:"at,omitzero" doc:"when it began"`
	Due     time.Time `json:"due,omitzero" doc:"its time limit, with what the platform itself was late added"`
	Done    time.Time `json:"done,omitzero"`
	Outcome string    `json:"outcome"`
	Was     string    `json:"was,omitempty" doc:"the outcome before an objection was accepted"`
	Out     bool      `json:"out,omitempty" doc:"an objection was accepted: the row does not count"`
	Value   Milli     `json:"value_milli" doc:"what the row is worth or costs, in thousandths"`
}

// Ref names the row inside its criterion.
func (r Row) Ref() string { return r.Kind + "/" + r.ID }

// A Line is what a criterion comes to.
type Line struct {
	Criterion string `json:"criterion"`
	Kind      string `json:"kind" enum:"count,share,clean,deduct"`
	Points    Milli  `json:"points_milli" doc:"at most"`
	Applies   bool   `json:"applies" doc:"false: not for this kind of organisation, or nothing to do in the year"`
	Sum       Milli  `json:"sum_milli" doc:"of the rows' values"`
	Earned    Milli  `json:"earned_milli" doc:"points; of a deduction those taken off"`
	Rows      []Row  `json:"rows" nullable:"false"`
}

// A Result is a score with all that it comes from.
type Result struct {
	Score    Milli  `json:"score_milli"`
	Level    int    `json:"level" doc:"1 to 3; 0 for none"`
	Possible Milli  `json:"possible_milli" doc:"points of the criteria that apply: what is earned is scaled from them to 100"`
	Earned   Milli  `json:"earned_milli"`
	Deducted Milli  `json:"deducted_milli"`
	Lines    []Line `json:"lines" nullable:"false"`

	Roles []member.OrgRole `json:"roles" nullable:"false" doc:"of the organisation: they decide which criteria apply"`
}

// Line is the line of a criterion, or nil.
func (r *Result) Line(criterion string) *Line {
	i := slices.IndexFunc(r.Lines, func(l Line) bool { return l.Criterion == criterion })
	if i < 0 {
		return nil
	}
	return &r.Lines[i]
}

// Score sums up rows, by criterion. It depends on nothing else: not on their order, not on the machine.
func (s *Scheme) Score(roles []member.OrgRole, rows map[string][]Row) Result {
	out := Result{Lines: []Line{}, Roles: slices.Clone(roles)}
	for _, c := range s.Criteria {
		l := c.line(roles, rows[c.ID])
		switch {
		case c.Kind == KindDeduct:
			out.Deducted += l.Earned
		case l.Applies:
			out.Possible += l.Points
			out.Earned += l.Earned
		}
		out.Lines = append(out.Lines, l)
	}
	if out.Possible > 0 {
		out.Score = out.Earned * 100_000 / out.Possible
	}
	out.Score = max(0, out.Score-out.Deducted)
	for _, l := range s.Levels {
		if out.Score >= l.From {
			out.Level = l.Level
			break
		}
	}
	return out
}

func (c *Criterion) line(roles []member.OrgRole, rows []Row) Line {
	l := Line{Criterion: c.ID, Kind: c.Kind, Points: c.Points, Applies: c.Applies(roles), Rows: slices.Clone(rows)}
	if l.Rows == nil {
		l.Rows = []Row{}
	}
	slices.SortStableFunc(l.Rows, func(a, b Row) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	n := Milli(0)
	for i := range l.Rows {
		r := &l.Rows[i]
		if r.Value = 0; r.Out {
			continue
		}
		r.Value = c.Values[r.Outcome]
		l.Sum += r.Value
		n++
	}
	if !l.Applies {
		return l
	}
	switch c.Kind {
	case KindCount:
		l.Earned = c.Points * min(l.Sum, c.Target) / c.Target
	case KindShare:
		if l.Applies = n > 0; l.Applies {
			l.Earned = c.Points * l.Sum / (n * 1000)
		}
	case KindClean:
		l.Earned = c.Points * max(0, 1000-l.Sum) / 1000
	case KindDeduct:
		l.Earned = min(l.Sum, c.Points)
	}
	return l
}
