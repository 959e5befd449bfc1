// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"time"
)

// derive fills in from when the clock runs and when it ends. A missing anchor never yields a date.
func (in Input) derive(o *Owed, known map[string]time.Time, now time.Time) {
	d := o.Duty
	due, anchor := d.Due, d.Anchor
	period := due.Value
	for _, x := range due.Override {
		if ok, _ := x.When.holds(in.Facts); ok {
			if x.Anchor != "" {
				anchor = x.Anchor
			}
			if !x.Value.IsZero() {
				period = x.Value
			}
			break
		}
	}
	o.Anchor, o.AnchorAt, o.Period = anchor, known[anchor], period
	if d.Trigger != "" && known[d.Trigger].IsZero() {
		o.Anchor, o.AnchorAt, o.State = d.Trigger, time.Time{}, NotTriggered
		return
	}
	switch due.Kind {
	case Standing, NoLimit:
		return
	case EarliestOf, LatestOf:
		in.several(o, known, now)
		return
	}
	if o.AnchorAt.IsZero() {
		o.State = NotTriggered
		return
	}
	switch due.Kind {
	case Immediate, UndueDelay, Synchronous:
		if !due.Soft.IsZero() {
			o.Soft = true
			o.Period = due.Soft
			in.ends(o, due.Soft, now)
		}
	case Duration, Retention:
		in.ends(o, period, now)
	case WorkingDays:
		in.workingDays(o, now)
	case StatedInOrder, OnRequest:
		o.instant(known[due.By])
	case Before:
		o.instant(o.AnchorAt)
	case CalendarGate:
		if !in.declared(o.AnchorAt) {
			o.State, o.AnchorAt = NotTriggered, time.Time{}
			return
		}
		o.instant(o.AnchorAt)
	}
}

// instant is a due time that is a fact itself.
func (o *Owed) instant(t time.Time) {
	if !t.IsZero() {
		o.Ends, o.DueAt, o.LatestAt = []Instant{{Elapsed, t}}, t, t
	}
}

// ends counts a period from the anchor in every reading.
func (in Input) ends(o *Owed, p Period, now time.Time) {
	loc, readings := o.Duty.pack.loc, o.Duty.Due.Readings
	if len(readings) == 0 {
		readings = []Reading{Elapsed}
	}
	working := workingCalendar(o.Duty.Due.Calendar)
	for _, r := range readings {
		var end time.Time
		switch r {
		case Elapsed:
			end = p.Elapsed(o.AnchorAt, loc)
		case SameTime:
			end = p.SameTime(o.AnchorAt, loc)
		case WholeDays:
			end = p.WholeDays(o.AnchorAt, loc)
		case CivilDays:
			end = working.Shift(p.WholeDays(o.AnchorAt, loc))
		case NoonAfterRest:
			end = working.Noon(p.Elapsed(o.AnchorAt, loc))
		}
		end = in.stretch(o, end, now)
		if r == CivilDays || r == NoonAfterRest {
			o.Provisional = o.Provisional || !working.Knows(o.AnchorAt, end)
		}
		o.add(Instant{r, end})
	}
}

// add takes one reading in: the earliest is due, the latest is arguable.
func (o *Owed) add(i Instant) {
	o.Ends = append(o.Ends, i)
	if o.DueAt.IsZero() || i.At.Before(o.DueAt) {
		o.DueAt = i.At
	}
	if i.At.After(o.LatestAt) {
		o.LatestAt = i.At
	}
}

// stretch moves an end by the time for which the clock stood still before it.
func (in Input) stretch(o *Owed, end, now time.Time) time.Time {
	for _, p := range in.pauses(o.Duty) {
		from, to := p.From, p.To
		if to.IsZero() || to.After(now) {
			to = now
		}
		if from.Before(o.AnchorAt) {
			from = o.AnchorAt
		}
		if from.Before(end) && to.After(from) {
			end = end.Add(to.Sub(from))
		}
	}
	return end
}

// workingDays counts them; a day on which the clock stood still at any time is not counted.
func (in Input) workingDays(o *Owed, now time.Time) {
	working, pauses := workingCalendar(o.Duty.Due.Calendar), in.pauses(o.Duty)
	end := working.After(o.AnchorAt, o.Duty.Due.Days, func(from, to time.Time) bool {
		for _, p := range pauses {
			until := p.To
			if until.IsZero() || until.After(now) {
				until = now
			}
			if p.From.Before(to) && until.After(from) {
				return true
			}
		}
		return false
	})
	o.Provisional = !working.Knows(o.AnchorAt, end)
	o.add(Instant{WholeDays, end})
}

// several takes the earliest or the latest of the terms whose anchors are known; the latest needs them all. A term
// beside them counts instead when its anchor came only after what they give without it.
func (in Input) several(o *Owed, known map[string]time.Time, now time.Time) {
	due := o.Duty.Due
	best, late := Owed{Duty: o.Duty}, Owed{Duty: o.Duty}
	for _, term := range due.Of {
		at := known[term.Anchor]
		if at.IsZero() {
			if due.Kind == LatestOf {
				o.Anchor, o.State = term.Anchor, NotTriggered
				return
			}
			continue
		}
		one := Owed{Duty: o.Duty, Anchor: term.Anchor, AnchorAt: at, Period: term.Value}
		in.ends(&one, term.Value, now)
		if best.DueAt.IsZero() || one.DueAt.Before(best.DueAt) == (due.Kind == EarliestOf) {
			best = one
		}
		if term.Anchor != due.Late.Anchor && (late.DueAt.IsZero() || one.DueAt.Before(late.DueAt)) {
			late = one
		}
	}
	if best.DueAt.IsZero() {
		o.Anchor, o.State = due.Of[0].Anchor, NotTriggered
		return
	}
	if at := known[due.Late.Anchor]; !at.IsZero() && !late.DueAt.IsZero() && at.After(late.DueAt) {
		best = Owed{Duty: o.Duty, Anchor: due.Late.Anchor, AnchorAt: at, Period: due.Late.Value}
		in.ends(&best, due.Late.Value, now)
	}
	o.Anchor, o.AnchorAt, o.Period, o.Ends = best.Anchor, best.AnchorAt, best.Period, best.Ends
	o.DueAt, o.LatestAt, o.Provisional = best.DueAt, best.LatestAt, best.Provisional
}

// declared reports whether t falls into a declared period.
func (in Input) declared(t time.Time) bool {
	for _, d := range in.Declared {
		if !t.Before(d.From) && (d.To.IsZero() || t.Before(d.To)) {
			return true
		}
	}
	return false
}
