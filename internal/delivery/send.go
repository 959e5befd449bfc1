// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// An item is one message that this node has claimed.
type item struct {
	d     Delivery
	b     *claimed // nil when it has a row
	m     Message
	err   error // of making it
	made  time.Time
	lease time.Time
	lane  *lane
	seq   int64
}

type outcome struct {
	*item
	at     time.Time
	status int
	took   time.Duration
	err    error
	until  time.Time // not tried: put off until then
	why    Reason    // of being put off: that for which the destination is left alone, if it is
	silent time.Time // since when it has been
}

// enqueue puts a message into its lane.
func (r *run) enqueue(it *item) {
	if r.ctx.Err() != nil {
		r.putOff(it, r.s.DB.Clock.Now())
		return
	}
	if it.err != nil {
		r.end(outcome{item: it, at: r.s.DB.Clock.Now(), err: it.err})
		return
	}
	if r.wantsNoMore(it) {
		return
	}
	l := r.lane(laneOf(it.d, it.m))
	it.lane = l
	if most := r.s.share() / 2; l.took == 0 && len(l.queue) >= max(most, slowHolds) || l.took > slow && len(l.queue) >= slowHolds {
		r.putOff(it, r.s.DB.Clock.Now().Add(2*time.Second))
		return
	}
	l.queue = append(l.queue, it)
	if len(l.queue) == 1 {
		r.wake(l)
	}
}

// wantsNoMore ends a message whose address has said so.
func (r *run) wantsNoMore(it *item) bool {
	if len(r.s.gone) == 0 {
		return false
	}
	l, ok := r.s.gone[goneLane(it.d, it.m)]
	if ok {
		r.end(outcome{item: it, at: r.s.DB.Clock.Now(), status: statusGone, err: Permanent{Reason{Code: GoneBefore, Since: l.since.UTC()}}})
	}
	return ok
}

// wake lets a lane send, if it has something to send.
func (r *run) wake(l *lane) {
	if len(l.queue) > 0 && l.place < 0 {
		heap.Push(&r.ready, l)
	}
}

// start sends what may be sent now.
func (r *run) start() {
	for r.busy < r.s.parallel() && len(r.ready) > 0 {
		l := heap.Pop(&r.ready).(*lane)
		now := r.s.DB.Clock.Now()
		if until := later(l.open, l.gate.open); until.After(now) {
			for _, it := range l.queue {
				r.putOff(it, until)
			}
			l.queue = nil
			continue
		}
		if l.gate.half() && l.gate.busy > 0 {
			l.gate.parked = append(l.gate.parked, l)
			continue
		}
		if l.half() && l.busy > 0 || l.busy >= l.limit(r.s.perLane()) {
			continue // its next answer wakes it
		}
		it := l.queue[0]
		l.queue = l.queue[1:]
		switch until, wait := l.tooFast(now, r.s.Rate); {
		case wait:
			r.putOff(it, until)
		case it.lease.Sub(now) < min(patience, r.s.lease()/2): // it would be another node's before it has ended
			r.drop(it)
		case r.wantsNoMore(it):
		default:
			r.send(it, now)
		}
		r.wake(l)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (r *run) send(it *item, now time.Time) {
	l := it.lane
	if l.busy == 0 {
		l.oldest = time.Now()
	}
	l.busy++
	l.gate.busy++
	r.busy++
	go func() {
		if now.Sub(it.made) > stale {
			r.s.make(r.ctx, []*item{it})
		}
		if it.err == nil {
			it.err = r.ctx.Err()
		}
		r.sent <- r.s.try(r.sending, it)
	}()
}

func (s *Sender) try(ctx context.Context, it *item) (o outcome) {
	o = outcome{item: it, at: s.DB.Clock.Now()}
	if it.err != nil {
		o.err = it.err
		return o
	}
	defer func() {
		if x := recover(); x != nil {
			s.report(fmt.Errorf("sending %s: panic at %s", it.d.ID, debug.Stack()))
			o.err = Permanent{errPoison}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	start := time.Now()
	o.status, o.err = s.Channels[it.d.Channel].Send(ctx, it.d.ID, o.at, it.m)
	o.took = max(time.Since(start), 1)
	return o
}

// heard takes the outcome of a try.
func (r *run) heard(o outcome) {
	l := o.lane
	l.busy--
	l.gate.busy--
	r.busy--
	l.oldest = time.Now()
	now := r.s.DB.Clock.Now()
	var asked Later
	var down Down
	var permanent Permanent
	switch {
	case r.ctx.Err() != nil && o.err != nil && o.status == 0: // we are being stopped: that is no answer
		o.until = now
	case errors.As(o.err, &down):
		if l.gate.heard(now, 0, false, o.reason(), downAfter) {
			r.change(l.gate)
		}
	case errors.As(o.err, &asked):
		who := l
		if asked.Whole {
			who = l.gate
		}
		if who.asked(now, now.Add(min(max(asked.After, time.Second), askedMost)), o.reason()) {
			r.change(who)
		}
	case o.took == 0 || errors.As(o.err, &permanent) && o.status == 0: // nothing was heard of anybody
	default:
		ok, why := lives(o.d.Channel, o.status, o.err), Reason{}
		if !ok {
			why = o.reason()
		}
		if l.heard(now, o.took, ok, why, openAfter) {
			r.change(l)
		}
		if l.gate.heard(now, 0, true, Reason{}, downAfter) {
			r.change(l.gate)
		}
		if o.status == statusGone && permanent.Err != nil {
			g := &lane{name: goneLane(o.d, o.m), failures: 1, opened: 1, open: now.Add(goneFor), why: o.reason(), since: now}
			r.s.gone[g.name] = g
			r.change(g)
		}
	}
	r.end(o)
	r.wake(l)
	for _, x := range l.gate.parked {
		r.wake(x)
	}
	l.gate.parked = nil
}

// putOff notes that a message is tried later, without an attempt.
func (r *run) putOff(it *item, until time.Time) {
	r.tried--
	o := outcome{item: it, at: r.s.DB.Clock.Now(), until: until}
	if l := it.lane; l != nil {
		for _, x := range []*lane{l, l.gate} {
			if x.open.After(o.at) || x.half() {
				o.why = x.why
				if x == l {
					o.silent = l.since
				}
			}
		}
	}
	r.end(o)
}

// drop leaves a message to whoever claims it after its lease.
func (r *run) drop(it *item) {
	r.tried--
	r.end(outcome{item: it, until: it.lease})
}

// spill puts off what waits here for destinations that turn out to be slow, so that others have the room.
func (r *run) spill() {
	now := r.s.DB.Clock.Now()
	for _, l := range r.s.lanes {
		if len(l.queue) > slowHolds && l.busy > 0 && (l.took > slow || time.Since(l.oldest) > 2*slow) {
			for _, it := range l.queue[slowHolds:] {
				r.putOff(it, now.Add(5*time.Second))
			}
			l.queue = slices.Clip(l.queue[:slowHolds])
		}
	}
}

// dropQueued gives back what has not been sent when the node stops.
func (r *run) dropQueued() {
	now := r.s.DB.Clock.Now()
	for _, l := range r.s.lanes {
		for _, it := range l.queue {
			r.putOff(it, now)
		}
		if l.queue = nil; l.place >= 0 {
			heap.Remove(&r.ready, l.place)
		}
		l.parked = nil
	}
}

// clip bounds what a remote side may write into our records.
func clip(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}
