// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// judge says what a duty comes to at a time, from the anchors known then.
func (in Input) judge(d *Duty, known map[string]time.Time, now time.Time) Owed {
	o := Owed{Duty: d, Anchor: d.Anchor}
	in.derive(&o, known, now)
	o.MetAt, o.Evidence = in.met(d, now)
	end, ended := in.end(d, now)
	pause, paused := in.paused(d, now)
	switch {
	case d.pack.Status == Proposed:
		o.State, o.DueAt, o.LatestAt = Upcoming, time.Time{}, time.Time{}
	case ended && (o.MetAt.IsZero() || end.At.Before(o.MetAt)):
		o.State, o.Why, o.MetAt, o.Evidence = end.State, end.Why, time.Time{}, ""
	case !o.MetAt.IsZero() && !o.DueAt.IsZero() && o.MetAt.After(o.DueAt):
		o.State = MetLate
	case !o.MetAt.IsZero():
		o.State = Met
	case o.State == NotTriggered:
	case d.Due.Kind == Retention:
		if o.State = Running; !now.Before(o.DueAt) {
			o.State = Void // what was kept long enough need not be kept
		}
	case paused:
		o.State, o.Why, o.DueAt, o.LatestAt = Paused, pause.Why, time.Time{}, time.Time{}
	case o.DueAt.IsZero() || !now.After(o.DueAt):
		o.State = Running
	case !now.After(o.LatestAt):
		o.State = Arguable
	default:
		o.State = Overdue
	}
	return o
}

// met returns when a duty was met: by the first evidence, or, where every recipient must be reached at the same time,
// by the last of the first ones.
func (in Input) met(d *Duty, now time.Time) (at time.Time, evidence string) {
	first := map[string]Done{}
	for _, x := range in.Done {
		if x.Duty != d.Key() || x.At.IsZero() || x.At.After(now) || x.Evidence == "" {
			continue
		}
		to := ""
		if d.Due.Kind == Synchronous {
			to = x.Recipient
		}
		if f, seen := first[to]; !seen || x.At.Before(f.At) {
			first[to] = x
		}
	}
	if d.Due.Kind != Synchronous {
		return first[""].At, first[""].Evidence
	}
	for _, r := range d.Recipients {
		f, reached := first[r]
		if !reached {
			return time.Time{}, ""
		}
		if f.At.After(at) {
			at, evidence = f.At, f.Evidence
		}
	}
	return at, evidence
}

func (in Input) end(d *Duty, now time.Time) (out End, ok bool) {
	for _, e := range in.Ends {
		if e.Duty == d.Key() && e.Valid() && (e.State == Waived || e.State == Void) && !e.At.After(now) && (!ok || e.At.Before(out.At)) {
			out, ok = e, true
		}
	}
	return out, ok
}

// paused returns the pause in which the duty's clock stands at t.
func (in Input) paused(d *Duty, t time.Time) (Pause, bool) {
	for _, p := range in.pauses(d) {
		if !p.From.After(t) && (p.To.IsZero() || p.To.After(t)) {
			return p, true
		}
	}
	return Pause{}, false
}

// pauses are those that count for a duty, joined where they meet, in order.
func (in Input) pauses(d *Duty) (out []Pause) {
	if !d.Pausable {
		return nil
	}
	for _, p := range in.Pauses {
		if p.Duty == d.Key() && p.Valid() && (p.To.IsZero() || p.To.After(p.From)) {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b Pause) int { return a.From.Compare(b.From) })
	joined := out[:0]
	for _, p := range out {
		last := len(joined) - 1
		switch {
		case last < 0 || !joined[last].To.IsZero() && p.From.After(joined[last].To):
			joined = append(joined, p)
		case joined[last].To.IsZero():
		case p.To.IsZero() || p.To.After(joined[last].To):
			joined[last].To = p.To
		}
	}
	return joined
}

// MayPurge reports whether what was recorded at t may be deleted now, by the longest retention floor that binds the
// role, and from when on it may.
func MayPurge(packs []*Pack, in Input, t time.Time) (ok bool, from time.Time) {
	in.Anchors = append(slices.Clone(in.Anchors), Anchor{Name: "recorded_at", At: t})
	for _, o := range Evaluate(packs, in) {
		if o.Duty.Due.Kind == Retention && o.Duty.pack.Status == InForce && o.DueAt.After(from) {
			from = o.DueAt
		}
	}
	return !in.Now.Before(from), from
}

// compareVersions orders 1.10.0 after 1.9.0.
func compareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, _ := strconv.Atoi(x[i]) // a pack's version was checked
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m - n
		}
	}
	return len(x) - len(y)
}
