// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// A run is one Drain. Its loop decides everything; making messages, sending and the database work beside it.
type run struct {
	s       *Sender
	ctx     context.Context
	sending context.Context // ends a while after ctx: what is cut off may have arrived, and is sent again
	cut     context.CancelFunc
	ready   lanes
	seq     int64
	held    int // messages that are claimed and not recorded
	busy    int // messages under way
	tried   int

	claiming, keeping bool
	idle              bool     // nothing was due when last asked
	without           []string // channels of which the latest claim was to take nothing
	again             bool     // something may have fallen due since the claim that is under way has looked
	late              bool     // something of the round before is to be recorded first
	done              []outcome
	errs              []error

	made   chan []*item
	sent   chan outcome
	claims chan claim
	kept   chan kept
}

// begin makes the run of a Drain.
func (s *Sender) begin(ctx context.Context) *run {
	if s.lanes == nil {
		s.lanes, s.changed, s.gone = map[string]*lane{}, map[*lane]bool{}, map[string]*lane{}
	}
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	r := &run{s: s, ctx: ctx, sending: sending, cut: cut, made: make(chan []*item, 16), sent: make(chan outcome, s.parallel()), claims: make(chan claim, 1), kept: make(chan kept, 1)}
	for _, o := range s.late {
		r.held++
		r.lane(o.d.Channel).held++
		r.end(o)
	}
	r.late, s.late = len(s.late) > 0, nil
	return r
}

type kept struct {
	n     int
	left  []outcome // of them, could not be recorded
	lanes []*lane
	saved bool // what was known of lanes
	err   error
}

// wants reports whether it is time for a claim.
func (r *run) wants() bool {
	return !r.claiming && !r.idle && !r.late && len(r.errs) == 0 && r.held <= r.s.share()/2
}

func (r *run) loop() error {
	defer r.cut()
	t := time.NewTicker(look)
	defer t.Stop()
	flush := time.NewTimer(time.Hour)
	defer flush.Stop()
	armed := false
	stop := r.ctx.Done()
	var stopped bool
	for {
		if !stopped && r.wants() {
			r.claiming = true
			r.s.claims++
			r.without = r.trying()
			n, number, without := r.s.share()-r.held, r.s.claims, r.without
			go func() {
				c, err := r.s.claim(context.WithoutCancel(r.ctx), n, without)
				c.number, c.err = number, err
				r.claims <- c
			}()
		}
		r.start()
		if !r.keeping && (len(r.done) >= groupFew || r.busy == 0 && (len(r.done) > 0 || len(r.s.changed) > 0 && len(r.errs) == 0)) {
			r.keep()
		}
		if r.held == 0 && !r.claiming && !r.keeping && (r.idle || stopped || len(r.errs) > 0) {
			return errors.Join(r.errs...)
		}
		if len(r.done) > 0 && !r.keeping && !armed {
			flush.Reset(groupWait)
			armed = true
		}
		select {
		case c := <-r.claims:
			r.claiming = false
			r.take(c)
		case items := <-r.made:
			for _, it := range items {
				r.enqueue(it)
			}
		case o := <-r.sent:
			r.heard(o)
		more:
			for {
				select {
				case o := <-r.sent:
					r.heard(o)
				default:
					break more
				}
			}
		case <-flush.C:
			if armed = false; len(r.done) > 0 && !r.keeping {
				r.keep()
			}
		case k := <-r.kept:
			r.stored(k)
			if k.err != nil {
				r.errs = append(r.errs, k.err)
			}
		case <-r.s.kicks():
			r.rouse()
		case <-t.C:
			r.idle = false
			r.spill()
		case <-stop:
			stopped, stop = true, nil
			r.dropQueued()
			defer time.AfterFunc(r.s.grace(), r.cut).Stop()
		}
	}
}

// trying are the channels that one message tries as a whole, or that are left alone, as far as this node knows: claims look
// at what is stored only, and would take one message after the other for nothing.
func (r *run) trying() (names []string) {
	now := r.s.DB.Clock.Now()
	for name := range r.s.Channels {
		if l := r.s.lanes[name]; l != nil && (l.open.After(now) || l.half() && l.held > 0) {
			names = append(names, name)
		}
	}
	return names
}

// rouse asks for a claim that looks from now on.
func (r *run) rouse() { r.idle, r.again = false, r.claiming }

// take makes the messages of what was claimed, by batches of one subject and channel.
func (r *run) take(c claim) {
	again := r.again
	if r.again = false; c.err != nil {
		r.errs = append(r.errs, c.err)
		return
	}
	r.learn(c)
	for _, name := range r.without { // what it knew was older than what others have stored
		again = again || !slices.Contains(r.trying(), name)
	}
	r.idle = len(c.items) == 0 && !again
	if len(c.items) == 0 {
		return
	}
	r.held += len(c.items)
	r.tried += len(c.items)
	for _, it := range c.items {
		r.seq++
		it.seq = r.seq
		r.lane(it.d.Channel).held++
	}
	parts := alike(c.items, r.s.parallel() == 1)
	if r.s.parallel() == 1 { // then the order is kept
		for _, part := range parts {
			r.s.make(r.ctx, part)
			for _, it := range part {
				r.enqueue(it)
			}
		}
		return
	}
	next := make(chan []*item, len(parts))
	for _, part := range parts {
		next <- part
	}
	close(next)
	for range min(4, len(parts)) {
		go func() {
			for part := range next {
				r.s.make(r.ctx, part)
				r.made <- part
			}
		}()
	}
}

// alike parts messages by purpose, subject and channel, for those are made together: also where an organisation's places stand
// between those of another, as they do in the order in which they are claimed, unless that order is to be kept.
func alike(items []*item, ordered bool) (parts [][]*item) {
	type kind struct{ purpose, subject, channel string }
	open := map[kind]int{} // the part that takes in more of a kind
	for _, it := range items {
		k := kind{it.d.Purpose, it.d.Subject, it.d.Channel}
		n, ok := open[k]
		if !ok || len(parts[n]) == batchSize || ordered && n < len(parts)-1 {
			n = len(parts)
			parts, open[k] = append(parts, nil), n
		}
		parts[n] = append(parts[n], it)
	}
	return parts
}

// learn takes what a claim found stored about lanes, by this node and others. Of what this node has heard since, the claim
// knew nothing: a destination that works again would be taken for silent, and stored as such.
func (r *run) learn(c claim) {
	gone, stored := map[string]*lane{}, make(map[string]*lane, len(c.lanes))
	for _, x := range c.lanes {
		if strings.HasPrefix(x.name, "gone/") {
			gone[x.name] = x
			continue
		}
		stored[x.name] = x
		r.lane(x.name)
	}
	for name, l := range r.s.gone {
		if c.number < l.seenBy {
			gone[name] = l
		}
	}
	r.s.gone = gone
	now := r.s.DB.Clock.Now()
	for name, l := range r.s.lanes {
		if c.number >= l.seenBy {
			l.agree(stored[name], now)
		}
		// what nothing is known of is not kept
		if l.seenBy <= c.number && l.busy == 0 && len(l.queue) == 0 && l.gate != nil && l.failures == 0 && l.opened == 0 && !l.open.After(now) && l.took <= slow/4 && l.tat.Before(now) {
			delete(r.s.lanes, name)
		}
	}
}

// lane is that of a name: "channel" or "channel/host".
func (r *run) lane(name string) *lane {
	l := r.s.lanes[name]
	if l == nil {
		l = &lane{name: name, place: -1}
		for i := range name {
			if name[i] == '/' {
				l.gate = r.lane(name[:i])
				break
			}
		}
		r.s.lanes[name] = l
	}
	return l
}

// change notes that what is known of a lane is to be stored. Until it is, what is stored is older.
func (r *run) change(l *lane) {
	r.s.changed[l] = true
	l.seenBy = math.MaxInt64
}

// end notes an outcome to be recorded.
func (r *run) end(o outcome) {
	r.done = append(r.done, o)
	l := r.lane(o.d.Channel)
	if l.held--; l.held == 0 && slices.Contains(r.without, l.name) {
		r.rouse()
	}
}

// keep records a group of outcomes.
func (r *run) keep() {
	n := min(len(r.done), groupMost)
	group := r.done[:n:n]
	r.done = slices.Clone(r.done[n:])
	lanes := slices.Collect(maps.Keys(r.s.changed))
	states := make([]lane, len(lanes))
	for i, l := range lanes {
		states[i] = *l
	}
	r.s.changed = map[*lane]bool{}
	r.keeping = true
	go func() {
		left, saved, err := r.s.record(context.WithoutCancel(r.ctx), group, states)
		r.kept <- kept{n, left, lanes, saved, err}
	}()
}

// stored takes note of what keep has done. Claims that begin from now on see it.
func (r *run) stored(k kept) {
	r.keeping, r.late = false, false
	r.held -= k.n
	now := r.s.DB.Clock.Now()
	for _, o := range k.left {
		if o.lease.After(now) { // else it is sent again
			r.s.late = append(r.s.late, o)
		}
	}
	for _, l := range k.lanes {
		switch {
		case !k.saved:
			r.s.changed[l] = true
		case !r.s.changed[l]: // else something was heard in the meantime
			l.seenBy = r.s.claims + 1
		}
	}
}
