// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/compliance"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/web/look"
)

// rungs are the steps of the ladder, and where a file stands on them.
func (v *view) rungs(x compliance.File) (current int, steps []string) {
	for _, k := range []string{"question", "notice", "statement", "decision", "appeal", "effect", "over"} {
		steps = append(steps, v.T("web.inquiry.rung."+k))
	}
	switch x.State {
	case compliance.Open:
		return 1, steps
	case compliance.Noticed:
		return 2, steps
	case compliance.Stated, compliance.Proposed:
		return 3, steps
	case compliance.Appealed, compliance.Revising:
		return 4, steps
	}
	switch what, _ := x.Waits(v.Now); {
	case what == "appeal":
		return 4, steps
	case x.InForce(v.Now) || !x.Final(v.Now):
		return 5, steps
	}
	return len(steps), steps
}

// inquiryClocks are the periods of a file as clocks, each with the sentence that explains it.
func (v *view) inquiryClocks(x compliance.File) (out []look.Clock) {
	add := func(what string, from, due, met time.Time, sentence string) {
		if from.IsZero() || due.IsZero() {
			return
		}
		c := look.Clock{Label: v.T("web.inquiry.clock." + what), From: from, Due: due, Latest: due, Met: met, Now: v.Now, Sentence: sentence, FromWord: v.P.DateTime(from), DueWord: v.endOf(due)}
		switch {
		case !met.IsZero():
			c.State, c.Word, c.Hero = look.Met, v.T("web.inquiry.clock.done"), v.P.DateTime(met)
		case v.Now.Before(due):
			c.State, c.Word, c.Hero = look.Running, v.T("web.inquiry.clock.running"), v.P.Left(due, v.Now)
		case what == "answer":
			c.State, c.Word, c.Hero = look.Overdue, v.T("web.inquiry.clock.overdue"), v.P.Left(due, v.Now)
		default: // the period was the organisation's to use
			c.State, c.Word, c.Hero = look.Void, v.T("web.inquiry.clock.over"), v.T("web.inquiry.clock.unused")
		}
		out = append(out, c)
	}
	var stated time.Time
	for _, s := range x.Statements {
		if s.Kind == compliance.Defence && stated.IsZero() {
			stated = s.At
		}
	}
	made := x.Made()
	first := made
	for _, d := range x.Decisions {
		if d.ID == made.Revises {
			first = d
		}
	}
	add("statement", x.Notice.SentAt, x.Notice.DueAt, stated, v.T("web.inquiry.clock.statement-why", compliance.StatementDays))
	add("appeal", first.SignedAt, first.AppealUntil(), x.Appeal.FiledAt, v.T("web.inquiry.clock.appeal-why", compliance.AppealDays))
	add("answer", x.Appeal.FiledAt, x.Appeal.DueAt, x.Appeal.AnsweredAt, v.T("web.inquiry.clock.answer-why", compliance.AnswerDays))
	if from, until := x.Effect(); !from.IsZero() && made.Outcome.Timed() {
		c := look.Clock{Label: v.T("web.inquiry.clock.term"), From: from, Due: until, Latest: until, Now: v.Now, Sentence: v.T("web.inquiry.clock.term-why", made.Months), FromWord: v.P.DateTime(from), DueWord: v.endOf(until)}
		switch {
		case v.Now.Before(from):
			c.State, c.Word, c.Hero = look.Unset, v.T("web.inquiry.clock.ahead"), v.P.Left(from, v.Now)
		case v.Now.Before(until):
			c.State, c.Word, c.Hero = look.Running, v.T("web.inquiry.clock.running"), v.P.Left(until, v.Now)
		default:
			c.State, c.Word, c.Hero, c.Met = look.Met, v.T("web.inquiry.clock.ended"), v.endOf(until), until
		}
		out = append(out, c)
	}
	return out
}

// inquiryLine is what happened to a file, and what is still ahead.
func (v *view) inquiryLine(x inquiryFile) (out []look.Moment) {
	add := func(kind string, at time.Time, title, note string) {
		if !at.IsZero() {
			out = append(out, look.Moment{Kind: kind, At: v.P.DateTime(at), ISO: at.UTC().Format(time.RFC3339), Title: title, Note: note, Ahead: at.After(v.Now)})
		}
	}
	add("person", x.OpenedAt, v.T("compliance.opened"), "")
	add("out", x.Notice.SentAt, v.T("compliance.served"), x.People[x.Notice.By])
	add("", x.Notice.DeliveredAt, v.T("web.inquiry.delivered"), "")
	add("in", x.Notice.OpenedAt, v.T("web.inquiry.read"), x.People[x.Notice.OpenedBy])
	add("out", x.Notice.HandedAt, v.T("web.inquiry.handed"), x.Notice.Handed)
	for _, s := range x.Statements {
		add("in", s.At, v.T("web.inquiry.said."+s.Kind), x.People[s.By])
	}
	for _, o := range x.Objections {
		add("in", o.At, v.T("compliance.objected"), v.about(x.File, o.About))
		add("out", o.AnsweredAt, v.T("compliance.objection-settled"), x.People[o.AnsweredBy])
	}
	for _, d := range x.Decisions {
		add("person", d.ProposedAt, v.T("compliance.decision-proposed"), v.outcome(d)+" · "+x.People[d.ProposedBy])
		add("out", d.SignedAt, v.T("compliance.decision-made"), v.outcome(d)+" · "+x.People[d.SignedBy])
		add("person", d.FellAt, v.T("compliance.decision-fell"), x.People[d.FellBy])
		add("person", d.EndedAt, v.T("compliance.ended-early"), x.People[d.EndedBy])
	}
	add("in", x.Appeal.FiledAt, v.T("compliance.appeal-filed"), x.People[x.Appeal.By])
	add("out", x.Appeal.AnsweredAt, v.T("compliance.appeal-answered"), x.People[x.Appeal.AnsweredBy])
	if from, until := x.Effect(); !from.IsZero() {
		add("due", from, v.T("web.inquiry.from"), "")
		add("due", until, v.T("web.inquiry.to"), "")
	}
	if what, until := x.Waits(v.Now); !until.IsZero() {
		add("due", until, v.T("web.inquiry.waits."+what), "")
	}
	slices.SortStableFunc(out, func(a, b look.Moment) int { return strings.Compare(a.ISO, b.ISO) })
	return out
}

// about names the line of a file that an objection contests.
func (v *view) about(x compliance.File, about string) string {
	kind, rest, _ := strings.Cut(about, "/")
	switch kind {
	case "evidence":
		n, err := strconv.Atoi(rest)
		if err == nil && n < len(x.Evidence) {
			return v.T("web.inquiry.about.evidence", n+1)
		}
	case "duty":
		for _, d := range x.Decisions {
			for _, r := range d.Duties {
				if r.ID == rest {
					return v.T("web.inquiry.about.duty", duty.Label(v.P, r.Rule))
				}
			}
		}
		return v.T("web.inquiry.kind.duty")
	case compliance.AboutDelivery:
		return v.T("web.inquiry.about.delivery")
	}
	return v.T("web.inquiry.about.anchor")
}

// capabilities names what a restriction takes away.
func (v *view) capabilities(cs []member.Capability) string {
	var out []string
	for _, c := range cs {
		out = append(out, v.T("policy.to."+string(c)))
	}
	return strings.Join(out, v.T("web.policy.sep"))
}

// effectWords say from when until when a sanction has effect.
func (v *view) effectWords(x compliance.File) string {
	from, until := x.Effect()
	if from.IsZero() {
		return ""
	}
	return v.T("web.inquiry.period", v.P.DateTime(from), compliance.LastDay(v.P, until))
}

// withoutOptions are what a restriction may take away.
func (v *view) withoutOptions(f *form) (out []look.Option) {
	for _, c := range member.Restrictable() {
		out = append(out, look.Option{Value: string(c), Label: v.T("policy.to." + string(c)), Chosen: f.Has("without", string(c))})
	}
	return out
}

// dutyOptions are the rows of the duty register that can be annexed, each with its sentence; those that are evidence are
// ticked from the beginning.
func (v *view) dutyOptions(x inquiryFile, f *form) (out []look.Option) {
	for _, d := range x.Duties {
		out = append(out, look.Option{Value: d.ID, Label: duty.Label(v.P, d.Rule) + " · " + v.T("duty.state."+string(d.StateAt(v.Now))), Hint: duty.Sentence(v.P, d.Due),
			Chosen: f.Has("duties", d.ID) || f.Err == nil && x.evidenced(d.ID)})
	}
	return out
}
