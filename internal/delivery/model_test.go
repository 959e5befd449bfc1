// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
)

// Nodes, a database and a world in which everything breaks at some time: channels and destinations fail, refuse, ask to be
// asked later; nodes are stopped or die, writes and followers-up fail, messages are superseded and sent once more. In the end
// everything works again, and then nothing may be left: every message has arrived, once unless something that broke explains
// a second time, never before its time, and nobody takes anything for silent.
//
// FENGSUI_DELIVERY_SEEDS=7 or 20-400 runs other seeds than the usual few. A seed gives the steps; how nodes interleave it does
// not, so what fails with one may pass the next time.
func TestModel(t *testing.T) {
	seeds := []uint64{1, 4, 6}
	if text := os.Getenv("FENGSUI_DELIVERY_SEEDS"); text != "" {
		a, b, two := strings.Cut(text, "-")
		from, err := strconv.ParseUint(a, 10, 64)
		to := from
		if two && err == nil {
			to, err = strconv.ParseUint(b, 10, 64)
		}
		if err != nil {
			t.Fatal(err)
		}
		for seeds = nil; from <= to; from++ {
			seeds = append(seeds, from)
		}
	}
	for _, seed := range seeds {
		t.Run("seed "+strconv.FormatUint(seed, 10), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
				w := newWorld(t, d, clock, seed)
				for range 60 {
					w.step()
				}
				w.end()
			})
		})
	}
}

// A world is what is outside of the package, and what has been seen there.
type world struct {
	*testing.T
	d      *db.DB
	clock  *calendar.Driven
	random *rand.Rand // of the steps

	mu            sync.Mutex
	chance        *rand.Rand // of what happens meanwhile
	calm          bool       // everything works
	slow          bool       // so much time goes on in this stage that leases end
	stage         int        // one or several nodes drain at once
	down, unready map[string]bool
	hosts         map[string]*far
	letters       map[string]*letter
	gone          map[string]int  // addresses that wanted no more, by the stage in which they said so
	wanted        map[string]bool // that ever did
	broke         map[string]bool // hosts and channels that ever failed
	subjects      []string
	nodes         []*node
	counts        map[string]int // what has happened, so that it is seen that it does
}

// far is a destination.
type far struct {
	mode  string
	after time.Duration // it wants to be asked again
	until time.Time     // it has said so
	said  int           // in this stage
	well  int           // the last stage in which it took or refused something
}

// A letter is what is known of a message.
type letter struct {
	id         string
	excused    bool // something broke: it may come again, and before its time
	overtaken  bool // its purpose has said at some time that it must not go out
	superseded int  // the stage in which it was
	permanent  bool // it was refused for good, or broke the program
	accepted   int
	replayed   int
	sent       []sending // since it was sent once more
	lenient    bool      // it is being sent once more now
	during     []sending
	ended      map[State]int
}

type sending struct {
	at   time.Time
	wait time.Duration // that the destination asked for
}

// A node is one process.
type node struct {
	s        *Sender
	stop     context.CancelFunc
	stage    int
	left     int    // messages until it is stopped or dies; 0: it lives on
	how      string // "stop", "die"
	stopped  bool
	dead     bool
	flaky    bool           // some of its writes fail in this stage
	troubled bool           // one did
	followed bool           // what follows an ending did fail
	sent     map[string]int // with which status it was answered last
	err      error
}

// keeps reports whether what the node hears will be stored in this stage.
func (n *node) keeps() bool { return !n.flaky && !n.dead && (n.left == 0 || n.how != "die") }

type nodeKey struct{}

var modelChannels = []string{"webhook", "email", "dingtalk"}

const (
	modelHosts = 7
	modelOrgs  = 28
)

func newWorld(t *testing.T, d *db.DB, clock *calendar.Driven, seed uint64) *world {
	w := &world{T: t, d: d, clock: clock, random: rand.New(rand.NewPCG(seed, 1)), chance: rand.New(rand.NewPCG(seed, 2)), down: map[string]bool{}, unready: map[string]bool{},
		hosts: map[string]*far{}, letters: map[string]*letter{}, gone: map[string]int{}, wanted: map[string]bool{}, broke: map[string]bool{}, counts: map[string]int{}, stage: 1}
	for _, channel := range modelChannels {
		for i := range modelHosts {
			w.hosts[channel+"/"+modelHost(i)] = &far{mode: "up"}
		}
	}
	d.KeepRows(func(ctx context.Context, _ *db.Tx, _ []db.Pack, _ bool) error {
		n, _ := ctx.Value(nodeKey{}).(*node)
		if n == nil {
			return nil
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if n.dead || n.flaky && !w.calm && w.chance.IntN(3) == 0 {
			n.troubled = true
			w.counts["writes that failed"]++
			return errors.New("the database is away")
		}
		return nil
	})
	for range 1 + w.random.IntN(3) {
		w.nodes = append(w.nodes, w.node())
	}
	return w
}

func modelHost(org int) string { return fmt.Sprintf("h%d.example", org%modelHosts) }

func modelOrg(i int) string { return fmt.Sprintf("org%04d", i) }

func ordinal(org string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(org, "org"))
	return n
}

func (w *world) node() *node {
	n := &node{}
	n.s = &Sender{DB: w.d, Channels: map[string]Channel{}, Purposes: map[string]Purpose{"model": bulk{saying{w, n}}, "single": saying{w, n}},
		Parallel: []int{1, 4, 16, 64, 256}[w.random.IntN(5)], PerLane: []int{0, 1, 3}[w.random.IntN(3)], Rate: []float64{0, 0, 0.5, 5}[w.random.IntN(4)], Grace: []time.Duration{1, time.Minute}[w.random.IntN(2)]}
	for _, name := range modelChannels {
		n.s.Channels[name] = wire{w, n, name}
	}
	return n
}

// pause lets others run, now and then for a while.
func (w *world) pause() {
	w.mu.Lock()
	n := w.chance.IntN(8)
	long := time.Duration(w.chance.IntN(1500)) * time.Microsecond
	w.mu.Unlock()
	switch {
	case n == 0:
		time.Sleep(long)
	case n < 4:
		runtime.Gosched()
	}
}

// A wire is a channel of a node.
type wire struct {
	w    *world
	n    *node
	name string
}

func (c wire) Ready() error {
	c.w.pause() // a claim that has looked at lanes
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if c.w.unready[c.name] {
		return errors.New("it lacks a setting")
	}
	return nil
}

func (c wire) Send(ctx context.Context, id string, _ time.Time, m Message) (int, error) {
	w := c.w
	w.pause()
	defer w.pause()
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.n.dead {
		return 0, errors.New("nobody hears it")
	}
	host := hostOf(Delivery{Channel: c.name}, m)
	h, x := w.hosts[c.name+"/"+host], w.letters[id]
	if h == nil || x == nil {
		w.Errorf("a message that nobody has queued: %s to %s", id, host)
		return 0, errors.New("unknown")
	}
	now := w.clock.Now()
	w.counts["sent"]++
	x.excused = x.excused || w.slow
	w.may(c, h, x, m, now)
	if x.lenient {
		x.during = append(x.during, sending{at: now})
	} else {
		x.sent = append(x.sent, sending{at: now})
	}
	if c.n.left > 0 {
		if c.n.left--; c.n.left == 0 {
			w.counts[c.n.how]++
			if c.n.how == "die" {
				c.n.dead = true
			}
			c.n.stopped = true
			for id, status := range c.n.sent { // what was no answer may be one to the stop
				w.letters[id].excused = w.letters[id].excused || status == 0
			}
			c.n.stop()
		}
	}
	status := 0
	defer func() {
		c.n.sent[id] = status
		x.excused = x.excused || c.n.stopped && status == 0
	}()
	status, err := w.answer(ctx, c, h, x, m)
	if err == nil {
		x.accepted++
	}
	return status, err
}

// may holds that a message may be sent now.
func (w *world) may(c wire, h *far, x *letter, m Message, now time.Time) {
	if x.superseded > 0 && c.n.stage > x.superseded {
		w.Errorf("%s is sent although it was superseded", x.id)
	}
	if said, ok := w.gone[m.To.URL]; ok && c.n.stage > said && m.To.URL != "" {
		w.Errorf("%s is sent although its address wanted no more", x.id)
	}
	if alive := w.broke[c.name+"/"+hostOf(Delivery{Channel: c.name}, m)] && h.well >= h.said; now.Before(h.until) && c.n.stage > h.said && !alive { // where it was silent, any answer ends that
		w.Errorf("%s is sent at %s although its destination wants nothing before %s", x.id, now, h.until)
	}
	if x.excused || x.lenient {
		return
	}
	if x.accepted > 0 {
		w.Errorf("%s is sent although it was accepted", x.id)
	}
	if n := len(x.sent); n >= len(schedule) {
		w.Errorf("%s is sent %d times", x.id, n+1)
	} else if n > 0 {
		if last := x.sent[n-1]; now.Before(last.at.Add(max(schedule[n], last.wait))) {
			w.Errorf("%s is sent at %s, too soon after %s (%d.): %+v", x.id, now, last.at, n, *x)
		}
	}
}

var errFar = errors.New("it failed")

func (w *world) answer(ctx context.Context, c wire, h *far, x *letter, m Message) (int, error) {
	lane := c.name + "/" + hostOf(Delivery{Channel: c.name}, m)
	if ctx.Err() != nil { // it may have got through, and its sender cannot say
		x.excused = true
		if w.chance.IntN(2) == 0 {
			x.accepted++
		}
		if c.name == "email" {
			return 0, Down{Reason{Code: MailServer}}
		}
		return 0, fmt.Errorf("post: %w", ctx.Err())
	}
	if w.calm {
		h.well = w.stage
		return 200, nil
	}
	if w.down[c.name] {
		w.broke[c.name] = true
		return 0, Down{Reason{Code: MailServer}}
	}
	if w.chance.IntN(200) == 0 {
		x.permanent = true
		panic("a message that breaks the program")
	}
	mode := h.mode
	if mode == "odd" {
		mode = []string{"up", "503", "silent", "busy", "mailbox", "up"}[w.chance.IntN(6)]
	}
	switch mode {
	case "503":
		w.broke[lane] = true
		return 503, Reason{Code: Answered}
	case "silent":
		w.broke[lane] = true
		return 0, errFar
	case "busy":
		wait := h.after
		last := &x.sent
		if x.lenient {
			last = &x.during
		}
		(*last)[len(*last)-1].wait = wait
		if until := w.clock.Now().Add(wait); until.After(h.until) && c.n.keeps() {
			h.until, h.said = until, w.stage
		}
		return 429, Later{Err: Reason{Code: Busy}, After: wait}
	case "gone":
		x.permanent = true
		if w.wanted[m.To.URL] = true; c.n.keeps() {
			w.gone[m.To.URL] = w.stage
		}
		h.well = w.stage
		return statusGone, Permanent{Reason{Code: Gone}}
	case "refuses":
		x.permanent = true
		h.well = w.stage
		return 550, Permanent{Reason{Code: MailboxRefuses}}
	case "mailbox":
		h.well = w.stage
		return 450, Reason{Code: MailboxBusy}
	}
	h.well = w.stage
	return 200, nil
}

// saying is a purpose; bulk is one that makes many at once.
type saying struct {
	w *world
	n *node
}

func (p saying) Render(_ context.Context, d Delivery) (Message, error) {
	p.w.pause()
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.render(d)
}

func (p saying) render(d Delivery) (Message, error) {
	if x := p.w.letters[d.ID]; x != nil && !p.w.calm && !p.n.dead {
		switch p.w.chance.IntN(150) {
		case 0:
			x.overtaken = true
			return Message{}, ErrSuperseded
		case 1:
			x.permanent = true
			panic("it cannot be made")
		case 2, 3:
			return Message{}, errors.New("the database is away")
		}
	}
	org := ordinal(d.OrgID)
	m := Message{To: Address{Email: d.OrgID + "@" + modelHost(org), URL: "https://" + modelHost(org) + "/" + d.Channel + "/" + d.OrgID + "/" + d.Destination}}
	if d.Channel == Email {
		m.To.URL = ""
	}
	return m, nil
}

func (p saying) Ended(ctx context.Context, tx *db.Tx, d Delivery) error {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	x := p.w.letters[d.ID]
	if !p.w.calm {
		if chance := p.w.chance.IntN(120); chance < 2 {
			x.excused, p.n.followed = true, true
			p.w.counts["followers-up that failed"]++
			if chance == 0 {
				panic("what follows breaks the program")
			}
			return errors.New("what follows fails")
		}
	}
	tx.OnCommit(func() {
		p.w.mu.Lock()
		defer p.w.mu.Unlock()
		x.ended[d.State]++
	})
	return nil
}

type bulk struct{ saying }

func (p bulk) RenderMany(_ context.Context, ds []Delivery) (out []Rendered) {
	p.w.pause()
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	for _, d := range ds {
		m, err := p.render(d)
		out = append(out, Rendered{m, err})
	}
	return out
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// step does something.
func (w *world) step() {
	switch n := w.random.IntN(24); {
	case n < 4:
		w.queue(w.places(1+w.random.IntN(1+w.random.IntN(15))), true)
	case n < 6:
		w.batches()
	case n < 7:
		if w.random.IntN(2) == 0 {
			w.supersede()
		}
	case n < 9:
		w.turn()
	case n < 11:
		w.clock.Advance([]time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 3 * time.Hour, 20 * time.Hour}[w.random.IntN(7)])
	case n < 12:
		w.replay(10)
	default:
		w.drain()
	}
}

// register makes a message known before anybody can send it.
func (w *world) register(d Delivery) {
	w.letters[d.key()] = &letter{id: d.key(), ended: map[State]int{}}
}

// subject is a new one. Those that begin with "r" are of the purpose that makes each message alone.
func (w *world) subject(kind string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := fmt.Sprintf("%s%03d", kind, len(w.subjects))
	w.subjects = append(w.subjects, s)
	return s
}

func purposeOf(subject string) string {
	if strings.HasPrefix(subject, "r") {
		return "single"
	}
	return "model"
}

func (w *world) places(n int) (out []Place) {
	seen := map[Place]bool{}
	for range n {
		p := Place{OrgID: modelOrg(w.random.IntN(modelOrgs)), Channel: modelChannels[w.random.IntN(3)]}
		if w.random.IntN(5) == 0 {
			p.Destination = p.Channel + "-too"
		}
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

// queue queues rows, some of them for later.
func (w *world) queue(places []Place, later bool) {
	subject := w.subject([]string{"r", "m"}[w.random.IntN(2)])
	var ds []Delivery
	w.mu.Lock()
	for _, p := range places {
		d := Delivery{Purpose: purposeOf(subject), Subject: subject, OrgID: p.OrgID, Channel: p.Channel, Destination: p.Destination}
		if later && w.random.IntN(4) == 0 {
			d.NextAt = w.clock.Now().Add(time.Duration(w.random.IntN(3600)) * time.Second)
		}
		w.register(d)
		ds = append(ds, d)
	}
	w.mu.Unlock()
	w.ok(w.d.Tx(w.Context(), func(tx *db.Tx) error { return Queue(w.Context(), tx, ds...) }))
}

// batches queues messages that wait together: as many as become batches, or fewer that are made one.
func (w *world) batches() {
	subject := w.subject("m")
	var places []Place
	large := w.random.IntN(8) == 0
	if large {
		for i := range few + 20 {
			places = append(places, Place{OrgID: modelOrg(i), Channel: modelChannels[i/modelHosts%3]})
		}
	} else {
		places = w.places(5 + w.random.IntN(50))
	}
	w.mu.Lock()
	for i, p := range places {
		places[i].Due = w.clock.Now()
		w.register(Delivery{Purpose: "model", Subject: subject, OrgID: p.OrgID, Channel: p.Channel, Destination: p.Destination})
	}
	if large {
		w.counts["large sets"]++
	}
	w.mu.Unlock()
	w.ok(w.d.Tx(w.Context(), func(tx *db.Tx) error {
		if large {
			return QueueAll(w.Context(), tx, "model", subject, places)
		}
		return queueBatches(w.Context(), tx, "model", subject, places)
	}))
}

// supersede overtakes what of a subject has not gone out.
func (w *world) supersede() {
	if len(w.subjects) == 0 {
		return
	}
	subject := w.subjects[max(0, len(w.subjects)-1-w.random.IntN(6))]
	var over []string
	w.ok(w.d.Tx(w.Context(), func(tx *db.Tx) error {
		over = nil
		if _, err := Supersede(w.Context(), tx, purposeOf(subject), subject); err != nil {
			return err
		}
		ds, err := Of(w.Context(), tx, purposeOf(subject), subject)
		for _, d := range ds {
			if d.State == Queued {
				w.Errorf("%s waits although it was superseded", d.ID)
			} else if d.State == Superseded {
				over = append(over, d.ID)
			}
		}
		return err
	}))
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range over {
		if x := w.letters[id]; x.superseded == 0 {
			x.superseded = w.stage
			w.counts["superseded"]++
		}
	}
}

// turn lets destinations and channels change their ways.
func (w *world) turn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, channel := range modelChannels {
		w.down[channel], w.unready[channel] = w.random.IntN(6) == 0, w.random.IntN(10) == 0
		for i := range modelHosts {
			h := w.hosts[channel+"/"+modelHost(i)]
			h.mode = []string{"up", "up", "up", "up", "503", "503", "silent", "busy", "gone", "refuses", "odd", "odd"}[w.random.IntN(12)]
			h.after = []time.Duration{time.Second, time.Minute, time.Hour, 6 * time.Hour}[w.random.IntN(4)]
			if h.mode == "gone" && channel == Email {
				h.mode = "mailbox"
			}
		}
	}
}

// replay sends some once more that failed for good, and holds that they had a reason to.
func (w *world) replay(most int) (n int) {
	var ds []Delivery
	w.ok(w.d.View(w.Context(), func(tx *db.Tx) (err error) { ds, err = FailedAfter(w.Context(), tx, "", nil, most); return err }))
	var ids []string
	w.mu.Lock()
	for _, d := range ds {
		x := w.letters[d.ID]
		switch {
		case x.excused || x.permanent || d.Attempts-d.Replayed >= len(schedule):
		case d.Why.Code == GoneBefore && w.wanted[w.address(d)]:
		case d.Why.Code == Silent && d.DoneAt.Sub(later(later(d.CreatedAt, d.ReplayedAt), d.Why.Since)) > giveUp && w.broke[d.Channel+"/"+modelHost(ordinal(d.OrgID))]:
		default:
			w.Errorf("failed for no reason: %+v, sent %v", d, x.sent)
		}
		x.lenient, x.during = true, nil
		delete(w.gone, w.address(d))
		ids = append(ids, d.ID)
	}
	w.mu.Unlock()
	var again []Delivery
	w.ok(w.d.Tx(w.Context(), func(tx *db.Tx) (err error) { again, err = Replay(w.Context(), tx, nil, ids); return err }))
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range again {
		x := w.letters[d.ID]
		x.sent, x.permanent, x.superseded = x.during, false, 0
		x.replayed++
	}
	for _, d := range ds {
		w.letters[d.ID].lenient = false
		delete(w.gone, w.address(d))
	}
	w.counts["sent once more"] += len(again)
	return len(again)
}

func (w *world) address(d Delivery) string {
	return "https://" + modelHost(ordinal(d.OrgID)) + "/" + d.Channel + "/" + d.OrgID + "/" + d.Destination
}

// drain lets one node or several send while other things happen.
func (w *world) drain() {
	nodes := slices.Clone(w.nodes)
	w.random.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	nodes = nodes[:1+w.random.IntN(len(nodes))]
	for _, n := range nodes {
		n.left, n.how, n.flaky = 0, "", w.random.IntN(10) == 0
		if w.random.IntN(3) == 0 {
			n.left, n.how = 1+w.random.IntN(20), []string{"stop", "stop", "die"}[w.random.IntN(3)]
		}
	}
	var meanwhile []func()
	for range w.random.IntN(3) {
		meanwhile = append(meanwhile, []func(){
			func() { w.clock.Advance(time.Duration(1+w.random.IntN(20)) * time.Second) },
			w.supersede, w.turn,
			func() { w.queue(w.places(1+w.random.IntN(10)), false) },
			func() { w.queue(w.places(1+w.random.IntN(10)), false) },
			func() { w.replay(5) },
		}[w.random.IntN(6)])
	}
	if w.slow = w.random.IntN(15) == 0; w.slow {
		meanwhile = append(meanwhile, func() { w.clock.Advance(4 * time.Minute) })
	}
	w.run(nodes, meanwhile)
}

func (w *world) run(nodes []*node, meanwhile []func()) {
	w.Helper()
	w.mu.Lock()
	w.stage++
	for _, n := range nodes {
		n.stage, n.sent, n.troubled, n.followed, n.err = w.stage, map[string]int{}, false, false, nil
	}
	w.mu.Unlock()
	var wg sync.WaitGroup
	for _, n := range nodes {
		ctx, stop := context.WithCancel(context.WithValue(context.Background(), nodeKey{}, n))
		defer stop()
		n.stop = stop
		wg.Go(func() { _, n.err = n.s.Drain(ctx) })
	}
	for _, f := range meanwhile {
		for range w.random.IntN(4) {
			w.pause()
		}
		f()
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(3 * time.Minute):
		all := make([]byte, 1<<20)
		w.Fatalf("Drain does not return:\n%s", all[:runtime.Stack(all, true)])
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range nodes {
		if n.troubled || n.dead { // what it has sent is perhaps not recorded
			for id := range n.sent {
				w.letters[id].excused = true
			}
		} else if n.err != nil && !n.followed {
			w.Errorf("Drain: %v", n.err)
		}
		if n.stopped {
			w.nodes[slices.Index(w.nodes, n)] = w.node()
		}
	}
	w.slow = false
}

// end lets everything work again and holds that nothing is left.
func (w *world) end() {
	w.mu.Lock()
	w.calm, w.slow = true, false
	clear(w.down)
	clear(w.unready)
	for _, n := range w.nodes {
		n.left, n.flaky = 0, false
	}
	w.mu.Unlock()
	var every []Place
	for _, channel := range modelChannels {
		for i := range modelHosts {
			every = append(every, Place{OrgID: modelOrg(i), Channel: channel})
		}
	}
	w.queue(every, false)
	for round := 0; ; round++ {
		if round == 1000 || w.Failed() {
			w.Fatalf("after %d rounds something still waits", round)
		}
		w.run(w.nodes, nil)
		w.nothingDue()
		if w.replay(500) > 0 {
			continue
		}
		var next []db.Time
		w.ok(w.d.View(w.Context(), func(tx *db.Tx) (err error) {
			next, err = db.List(w.Context(), tx, db.Value[db.Time], `SELECT next_at FROM delivery WHERE state = 'queued' UNION SELECT next_at FROM delivery_batch WHERE state = 'queued' ORDER BY 1 LIMIT 1`)
			return err
		}))
		if len(next) == 0 {
			break
		}
		w.clock.Set(later(next[0].Time, w.clock.Now()).Add(5 * time.Minute))
	}
	w.clock.Advance(time.Second)
	w.run(w.nodes, nil)
	w.rest()
	w.memory()
	w.outcomes()
	w.Logf("%d messages: %v", len(w.letters), w.counts)
}

// nothingDue holds that nodes have left nothing that could go out.
func (w *world) nothingDue() {
	w.ok(w.d.View(w.Context(), func(tx *db.Tx) error {
		const due = ` WHERE state = 'queued' AND next_at <= $1 AND channel NOT IN (SELECT name FROM delivery_lane WHERE open_until > $1)`
		left, err := db.List(w.Context(), tx, db.Value[string], `SELECT id FROM delivery`+due+` UNION ALL SELECT id FROM delivery_batch`+due, db.At(tx.Now))
		if len(left) > 0 {
			w.Errorf("Drain returns although this is due: %v", left)
		}
		return err
	}))
}

// rest holds what stands in the database.
func (w *world) rest() {
	w.ok(w.d.View(w.Context(), func(tx *db.Tx) error {
		alone, _, err := Lanes(w.Context(), tx)
		if err != nil {
			return err
		}
		for _, l := range alone {
			w.Errorf("%s is left alone, although it works: %+v", l.Name, l)
		}
		for _, query := range []string{`SELECT name FROM delivery_outage WHERE ended_at IS NULL`, `SELECT name FROM delivery_lane WHERE name NOT LIKE 'gone/%'`} {
			left, err := db.List(w.Context(), tx, db.Value[string], query)
			if err != nil {
				return err
			}
			if len(left) > 0 {
				w.Errorf("%s: %v", query, left)
			}
		}
		were, err := Outages(w.Context(), tx, dbtest.Start, 1000)
		for _, o := range were {
			if !w.broke[o.Name] {
				w.Errorf("an outage of what never failed: %+v", o)
			}
			if o.Ended.Before(o.Since) {
				w.Errorf("an outage that ended before it began: %+v", o)
			}
		}
		w.counts["outages"] = len(were)
		return err
	}))
}

// memory holds what nodes know.
func (w *world) memory() {
	for _, n := range w.nodes {
		for _, l := range n.s.lanes {
			if l.opened > 0 || l.open.After(w.clock.Now()) || l.busy > 0 || len(l.queue) > 0 || len(l.parked) > 0 {
				w.Errorf("a node takes %s for silent: opened %d, until %s, %d under way, %d wait, %d parked", l.name, l.opened, l.open, l.busy, len(l.queue), len(l.parked))
			}
		}
		if len(n.s.changed) > 0 {
			w.Errorf("a node has not stored what it has heard of %d lanes", len(n.s.changed))
		}
	}
}

// outcomes holds what has become of every message.
func (w *world) outcomes() {
	found := 0
	w.ok(w.d.View(w.Context(), func(tx *db.Tx) error {
		for _, subject := range w.subjects {
			ds, err := Of(w.Context(), tx, purposeOf(subject), subject)
			if err != nil {
				return err
			}
			for _, d := range ds {
				found++
				x := w.letters[d.ID]
				switch {
				case x.excused:
					w.counts["excused"]++
				case x.ended[Delivered] != x.accepted || x.ended[Failed] != x.replayed:
					w.Errorf("%s arrived %d times and failed for good %d times; its purpose has heard of %v", d.ID, x.accepted, x.replayed, x.ended)
				}
				switch {
				case d.State == Delivered && (x.accepted == 1 || x.accepted > 1 && x.excused):
				case d.State == Superseded && (x.superseded > 0 || x.overtaken) && (x.accepted == 0 || x.excused):
				default:
					w.Errorf("%s arrived %d times and is %s: %+v", d.ID, x.accepted, d.State, d)
				}
				tries, err := Attempts(w.Context(), tx, d.ID)
				if err != nil {
					return err
				}
				got := 0
				for _, a := range tries {
					if a.Outcome == "delivered" {
						got++
					}
				}
				if got > 1 || got == 0 && d.State == Delivered {
					w.Errorf("%s is %s, and of its attempts %d were accepted", d.ID, d.State, got)
				}
			}
		}
		return nil
	}))
	if found != len(w.letters) {
		w.Errorf("%d messages are recorded of %d", found, len(w.letters))
	}
}
