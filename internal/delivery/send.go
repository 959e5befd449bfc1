// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// schedule is when a delivery is tried: the waits that Standard Webhooks 1.0.0 recommends, about 75 hours in all.
var schedule = []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

const (
	patience  = 20 * time.Second // with one destination
	holds     = 4096             // messages that a node has in memory, at most
	stale     = 5 * time.Second  // a message that has waited here so long is made anew
	groupMost = 512              // outcomes that are recorded in one transaction
	groupFew  = 64
	groupWait = 5 * time.Millisecond
	look      = 250 * time.Millisecond // for what has fallen due while others are under way
)

// A Sender sends what is due. Several nodes may run one each.
type Sender struct {
	DB       *db.DB
	Channels map[string]Channel
	Purposes map[string]Purpose
	Parallel int           // messages under way at once; 0 means 256
	PerLane  int           // to one destination; 0 means 64
	Rate     float64       // messages a second to one destination; 0 means as many as it takes
	Lease    time.Duration // a claimed row belongs to its node for this long, then to whoever comes; 0 means 3 minutes
	Grace    time.Duration // when the node is stopped, what is under way may take this long; 0 means 3 seconds

	kick    chan struct{}
	once    sync.Once
	drain   sync.Mutex
	lanes   map[string]*lane
	changed map[*lane]bool // what has been heard of them is to be stored
	gone    map[string]*lane
	late    []outcome // could not be recorded
	claims  int64     // so far
	trouble func(error)
}

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

// Kick asks for a round soon; it is meant for Tx.OnCommit.
func (s *Sender) Kick() {
	select {
	case s.kicks() <- struct{}{}:
	default:
	}
}

func (s *Sender) kicks() chan struct{} {
	s.once.Do(func() { s.kick = make(chan struct{}, 1) })
	return s.kick
}

// Run sends whenever it is kicked and once per tick, until ctx ends. failed hears of errors.
func (s *Sender) Run(ctx context.Context, tick time.Duration, failed func(error)) {
	s.drain.Lock()
	s.trouble = failed
	s.drain.Unlock()
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		if _, err := s.Drain(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.kicks():
		case <-t.C:
		}
	}
}

// Drain sends until nothing is due and nothing under way, and returns how many messages it tried.
func (s *Sender) Drain(ctx context.Context) (int, error) {
	s.drain.Lock()
	defer s.drain.Unlock()
	r := s.begin(ctx)
	err := r.loop()
	return r.tried, err
}

func (s *Sender) parallel() int {
	if s.Parallel == 0 {
		return 256
	}
	return s.Parallel
}

func (s *Sender) perLane() int {
	if s.PerLane == 0 {
		return min(64, s.parallel())
	}
	return s.PerLane
}

func (s *Sender) lease() time.Duration {
	if s.Lease == 0 {
		return 3 * time.Minute
	}
	return s.Lease
}

func (s *Sender) grace() time.Duration {
	if s.Grace == 0 {
		return 3 * time.Second
	}
	return s.Grace
}

// share is how many messages this node holds at once: no more than it can have tried before their lease ends, even if every
// destination uses up our patience.
func (s *Sender) share() int {
	rounds := int(s.lease()/patience) - 1
	return min(holds, s.parallel()*min(max(rounds, 1), 16))
}

// ready says why a channel cannot send at all, if so.
func (s *Sender) ready(channel string) error {
	if r, ok := s.Channels[channel].(Readier); ok {
		return r.Ready()
	}
	return nil
}

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

// make makes messages. What cannot be made has its error.
func (s *Sender) make(ctx context.Context, part []*item) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	now := s.DB.Clock.Now()
	for _, it := range part {
		it.made, it.err = now, nil
	}
	d := part[0].d
	p, ok := s.Purposes[d.Purpose]
	if _, ok2 := s.Channels[d.Channel]; !ok || !ok2 {
		for _, it := range part {
			it.err = Permanent{Reason{Code: NoChannel, Detail: fmt.Sprintf("purpose %q, channel %q", d.Purpose, d.Channel)}}
		}
		return
	}
	if b, ok := p.(Bulk); ok && len(part) > 1 && s.makeMany(ctx, b, part) {
		return
	}
	for _, it := range part {
		s.makeOne(ctx, p, it)
	}
}

// makeMany makes messages together. It reports false when that broke, so that each is made alone and only the bad one fails.
func (s *Sender) makeMany(ctx context.Context, b Bulk, part []*item) (ok bool) {
	defer func() {
		if x := recover(); x != nil {
			s.report(fmt.Errorf("making messages of %s: panic at %s", part[0].d.Purpose, debug.Stack()))
			ok = false
		}
	}()
	ds := make([]Delivery, len(part))
	for i, it := range part {
		ds[i] = it.d
	}
	out := b.RenderMany(ctx, ds)
	if len(out) != len(part) {
		return false
	}
	for i, it := range part {
		it.m, it.err = out[i].Message, out[i].Err
	}
	return true
}

var errPoison = Reason{Code: Broke}

func (s *Sender) makeOne(ctx context.Context, p Purpose, it *item) {
	defer func() {
		if x := recover(); x != nil {
			s.report(fmt.Errorf("making message %s: panic at %s", it.d.ID, debug.Stack()))
			it.err = Permanent{errPoison}
		}
	}()
	it.m, it.err = p.Render(ctx, it.d)
}

func (s *Sender) report(err error) {
	if s.trouble != nil {
		s.trouble(err)
	}
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
		if l.asked(now, now.Add(min(max(asked.After, time.Second), askedMost)), o.reason()) {
			r.change(l)
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

// clip bounds what a remote side may write into our records.
func clip(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}
