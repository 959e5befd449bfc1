// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"cmp"
	"slices"
	"time"
)

// State of a duty at a time.
type State string

// The states.
const (
	NotTriggered State = "not-triggered" // its event has not happened, as far as known
	Running      State = "running"
	Paused       State = "paused"
	Arguable     State = "arguable" // past the strict reading, before the latest arguable one
	Overdue      State = "overdue"
	Met          State = "met"
	MetLate      State = "met-late"
	Waived       State = "waived"
	Void         State = "void"     // does not apply
	Upcoming     State = "upcoming" // would be owed, were the proposal law
)

// Alarms reports whether the state asks somebody to act: reminders and escalation look at nothing else.
func (s State) Alarms() bool { return s == Running || s == Arguable || s == Overdue }

// Input is everything from which duties follow. Nothing in it is ever changed: a correction is one more anchor.
type Input struct {
	Roles    []Role
	Facts    Facts
	Anchors  []Anchor
	Done     []Done
	Pauses   []Pause
	Ends     []End
	Declared []Declared
	Now      time.Time // as of when is asked; what was recorded or done later does not count
}

// An Anchor asserts when an event happened. The last that was recorded counts; one without a time takes back.
type Anchor struct {
	Name       string
	At         time.Time
	RecordedAt time.Time
	By, Why    string
	Evidence   string
}

// Done says that something was done for one duty of one regime, to one recipient where it matters, and what shows it.
type Done struct {
	Duty      string // Duty.Key
	Recipient string
	At        time.Time
	Evidence  string
}

// Signed is a decision about one duty: it counts with a reason and the signatures of two different people.
type Signed struct{ Why, By, Second string }

// Valid reports whether the decision counts.
func (s Signed) Valid() bool {
	return s.Why != "" && s.By != "" && s.Second != "" && s.By != s.Second
}

// A Pause stops the clock of a duty that may stand still. Without a To it lasts.
type Pause struct {
	Duty     string
	From, To time.Time
	Signed
}

// An End ends a duty without its being met: Waived, or Void because it turned out not to exist.
type End struct {
	Duty  string
	State State
	At    time.Time
	Signed
}

// Declared is a period that an authority declared, such as a major national event.
type Declared struct {
	Name     string
	From, To time.Time
}

// Owed is what a duty comes to.
type Owed struct {
	Duty        *Duty
	State       State
	Anchor      string    // the fact from which the clock runs
	AnchorAt    time.Time // zero while it is not known
	Ends        []Instant // one for each reading
	DueAt       time.Time // the earliest of them; of "at once", this platform's target; zero without a time limit
	LatestAt    time.Time
	Period      Period // the figure that was counted, if there is one
	Soft        bool   // DueAt is a target: the law gives no figure
	Provisional bool   // the days of rest of a year are not known yet, or not of every place
	MetAt       time.Time
	Evidence    string
	Why         string   // of a pause, waiver or void
	Open        []string // unknown facts on which it hangs: it is not owed yet
	History     []Step   // how it changed with its anchor, the first first; one entry when it never did
}

// An Instant is when a period ends in a reading.
type Instant struct {
	Reading Reading
	At      time.Time
}

// A Step is what a duty came to by what was known then.
type Step struct {
	Anchor          Anchor
	DueAt, LatestAt time.Time
	State           State // at the end of that time
}

// Evaluate returns what somebody owes by the packs: first what has a due time, as it falls due. Of several versions of a regime
// the one counts that was in force when the duty's event happened, or is in force now when it has not happened.
func Evaluate(packs []*Pack, in Input) []Owed {
	var out []Owed
	for _, o := range candidates(packs, in) {
		if len(o.Open) == 0 {
			out = append(out, o)
		}
	}
	return out
}

// Hinges returns the duties that would be owed if facts that are not known were so: Owed.Open names them.
func Hinges(packs []*Pack, in Input) []Owed {
	var out []Owed
	for _, o := range candidates(packs, in) {
		if len(o.Open) > 0 {
			out = append(out, o)
		}
	}
	return out
}

func candidates(packs []*Pack, in Input) []Owed {
	var out []Owed
	known := in.known(in.Now)
	for _, p := range packs {
		for _, d := range p.Duties {
			if !in.has(d.Roles) || d.Unless.excludes(in.Facts) || !d.current(packs, known, in.Now) {
				continue
			}
			ok, open := d.When.holds(in.Facts)
			switch {
			case ok:
				out = append(out, in.owed(d))
			case len(open) > 0:
				out = append(out, Owed{Duty: d, State: NotTriggered, Anchor: d.Anchor, Open: open})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Owed) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.DueAt.Compare(b.DueAt))
	})
	return out
}

// rank puts what has a due time first and what is only a hint last.
func rank(o Owed) int {
	switch {
	case o.State == Upcoming:
		return 3
	case !o.DueAt.IsZero():
		return 0
	case o.State == NotTriggered:
		return 2
	}
	return 1
}

func (in Input) has(roles []Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return r == Anybody || slices.Contains(in.Roles, r) })
}

// current reports whether this version of the duty is the one that counts.
func (d *Duty) current(packs []*Pack, known map[string]time.Time, now time.Time) bool {
	at := known[d.trigger()]
	if at.IsZero() {
		at = now
	}
	return d.covers(at) && !d.pack.displaced(packs, at)
}

// displaced reports whether a newer version of the regime takes the pack's place at t: one in force then, or one that
// says that the regime was repealed by then. A proposal takes the place of proposals alone.
func (p *Pack) displaced(packs []*Pack, t time.Time) bool {
	return slices.ContainsFunc(packs, func(o *Pack) bool {
		if o == p || o.Regime != p.Regime || compareVersions(o.Version, p.Version) <= 0 || o.Status == Proposed && p.Status != Proposed {
			return false
		}
		return o.covers(t) || o.Status == Repealed && !t.Before(o.day(o.Effective.To))
	})
}

// trigger is the anchor that makes the duty one.
func (d *Duty) trigger() string { return cmp.Or(d.Trigger, d.Anchor) }

func (d *Duty) covers(t time.Time) bool {
	return d.pack.covers(t) && (d.From.IsZero() || !t.Before(d.pack.day(d.From)))
}

// covers reports whether the pack was in force at t. What is proposed is always shown, as a hint.
func (p *Pack) covers(t time.Time) bool {
	if p.Status == Proposed {
		return true
	}
	return !t.Before(p.day(p.Effective.From)) && (p.Effective.To.IsZero() || t.Before(p.day(p.Effective.To)))
}

// day is the beginning of a day in the pack's zone.
func (p *Pack) day(d Date) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, p.loc)
}

// known are the anchors as they had been recorded at t.
func (in Input) known(t time.Time) map[string]time.Time {
	recorded, out := map[string]time.Time{}, map[string]time.Time{}
	for _, a := range in.Anchors {
		if last, seen := recorded[a.Name]; a.RecordedAt.After(t) || seen && a.RecordedAt.Before(last) {
			continue
		}
		recorded[a.Name] = a.RecordedAt
		out[a.Name] = a.At
	}
	return out
}

// owed judges a duty and tells how it came there.
func (in Input) owed(d *Duty) Owed {
	o := in.judge(d, in.known(in.Now), in.Now)
	var relevant []Anchor
	for _, a := range in.Anchors {
		if a.Name == o.Anchor && !a.RecordedAt.After(in.Now) {
			relevant = append(relevant, a)
		}
	}
	slices.SortStableFunc(relevant, func(a, b Anchor) int { return a.RecordedAt.Compare(b.RecordedAt) })
	for i, a := range relevant {
		until := in.Now
		if i+1 < len(relevant) {
			until = relevant[i+1].RecordedAt.Add(-time.Nanosecond)
		}
		s := in.judge(d, in.known(until), until)
		o.History = append(o.History, Step{a, s.DueAt, s.LatestAt, s.State})
	}
	return o
}
