// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/member"
)

// sky is the outside world: it takes messages, or is down.
type sky struct {
	mu    sync.Mutex
	clock *calendar.Driven
	down  map[string]bool // channels
	dead  map[string]bool // addresses that refuse for good
	got   map[string][]time.Time
}

type door struct {
	*sky
	channel string
}

func (d door) Send(_ context.Context, id string, _ time.Time, m delivery.Message) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch address := m.To.Email + m.To.URL + m.To.Phone; {
	case d.down[d.channel]:
		return 0, errors.New("down")
	case address == "":
		return 0, delivery.Permanent{Err: errors.New("no address")}
	case d.dead[address]:
		return 410, delivery.Permanent{Err: errors.New("gone")}
	}
	d.got[id] = append(d.got[id], d.clock.Now())
	return 200, nil
}

// letters are warnings and digests as far as routes are concerned: they ask for the address when they are sent.
type letters struct{ w *world }

func (l letters) Render(_ context.Context, d delivery.Delivery) (m delivery.Message, err error) {
	if d.Destination == "" {
		m.To.Email = d.OrgID + "@main"
		return m, nil
	}
	err = l.w.d.View(ctx, func(tx *db.Tx) error {
		m.To, err = l.w.s.AddressTx(ctx, tx, member.Org{}, d)
		return err
	})
	if err != nil {
		err = delivery.Permanent{Err: err}
	}
	return m, err
}

func (l letters) Ended(ctx context.Context, tx *db.Tx, d delivery.Delivery) error {
	return destination.Ended(ctx, tx, d)
}

// claim is what must hold of one subject and one target at the end.
type claim struct {
	org, subject, target string
	how                  destination.How // now or none; hourly stands for every digest
	at                   time.Time
}

// TestNobodyIsSkippedOrToldTwice drives random preferences, quiet hours, budgets, pauses, removals, dead places and
// outages over some days, and asks at the end whether everybody was told of everything by the rules: what is mandatory at
// least at one place and everywhere at most once, the rest where and when it was chosen, and nothing in silence.
func TestNobodyIsSkippedOrToldTwice(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) { promise(newWorld(t, d, clock), seed) })
		})
	}
}

func promise(w *world, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	s := &sky{clock: w.clock, down: map[string]bool{}, dead: map[string]bool{}, got: map[string][]time.Time{}}
	sender := &delivery.Sender{DB: w.d, Channels: map[string]delivery.Channel{}, Purposes: map[string]delivery.Purpose{
		"warning": letters{w}, destination.DigestPurpose: letters{w}, destination.Purpose: w.messages()}}
	for _, c := range destination.Channels {
		sender.Channels[c] = door{s, c}
	}
	w.at("2021-12-10 09:10")
	orgs := []string{"a", "b", "c", "d"}
	for i, o := range orgs {
		hook := ""
		if i%2 == 0 {
			hook = "https://" + o + ".example/main"
		}
		w.org(o, hook)
	}
	work := func() {
		_, err := w.s.MakeDigests(ctx)
		w.ok(err)
		_, err = sender.Drain(ctx)
		w.ok(err)
	}
	var claims []claim
	var subjects []string
	class := map[string]destination.Class{}
	for step := range 60 {
		o := orgs[rnd.IntN(len(orgs))]
		r := w.reach(o)
		pick := func() string {
			if len(r.Destinations) == 0 || rnd.IntN(3) == 0 {
				return "email"
			}
			return r.Destinations[rnd.IntN(len(r.Destinations))].ID
		}
		switch n := rnd.IntN(10); n {
		case 0, 1:
			channel := destination.Channels[rnd.IntN(len(destination.Channels))]
			address := map[string]string{delivery.Email: fmt.Sprintf("x%d@%s.example", step, o), delivery.SMS: fmt.Sprintf("+86138%08d", step)}[channel]
			if address == "" {
				address = fmt.Sprintf("https://%s.example/%d", o, step)
			}
			w.add(o, channel, address)
			s.dead[address] = rnd.IntN(5) == 0
		case 2, 3: // refusals leave everything as it was
			c := destination.Classes[rnd.IntN(3)]
			_ = w.s.Choose(ctx, admin(o), []destination.Choice{{Target: pick(), Class: c, How: c.Ways()[rnd.IntN(len(c.Ways()))]}}, nil)
		case 4:
			p := destination.UsualPace
			p.Quiet, p.PerHour, p.From, p.Until, p.Daily = rnd.IntN(2) == 0, 1+rnd.IntN(3), 30*rnd.IntN(24), 30*(24+rnd.IntN(24)), 30*rnd.IntN(48)
			p.Zone = []string{"Asia/Shanghai", "America/New_York", "Asia/Kolkata"}[rnd.IntN(3)]
			w.ok(w.s.Choose(ctx, admin(o), nil, &p))
		case 5:
			if id := pick(); id != "email" {
				_ = w.s.Remove(ctx, admin(o), id)
			}
		case 6:
			if id := pick(); id != "email" {
				x, err := w.s.Get(ctx, admin(o), id)
				w.ok(err)
				_, _ = w.s.Change(ctx, admin(o), id, destination.Input{Address: x.Address}, rnd.IntN(2) == 0)
			}
		case 7:
			c := destination.Channels[rnd.IntN(len(destination.Channels))]
			s.down[c] = !s.down[c]
		default:
			subject, level := fmt.Sprintf("w%d", step), []string{"red", "orange", "yellow", "blue", "notice"}[rnd.IntN(5)]
			subjects, class[subject] = append(subjects, subject), destination.ClassOf(level, false)
			near := orgs[:rnd.IntN(3)]
			for _, o := range orgs {
				claims = append(claims, w.claims(o, subject, class[subject], slices.Contains(near, o))...)
			}
			w.queue(subject, level, near...)
			if rnd.IntN(3) == 0 {
				w.queue(subject, level, near...)
			}
			w.queuedRight(claims, subject, class[subject])
		}
		if rnd.IntN(4) > 0 {
			work()
		}
		w.clock.Advance(time.Duration(rnd.IntN(120)) * time.Minute)
	}
	s.down = map[string]bool{}
	for range 5 * 24 {
		w.clock.Advance(time.Hour)
		work()
	}
	w.settled(s, claims, subjects, class, orgs)
}

// claims are what the rules say now of one subject to one organisation.
func (w *world) claims(org, subject string, c destination.Class, near bool) (out []claim) {
	w.Helper()
	r := w.reach(org)
	if c == destination.Digest && near {
		c = destination.Prompt
	}
	add := func(target, channel string) {
		how := r.Choices.How(target, channel, c)
		if how == destination.Daily {
			how = destination.Hourly
		}
		out = append(out, claim{org, subject, target, how, w.clock.Now()})
	}
	add("email", "email")
	if r.WebhookURL != "" {
		add("webhook", "webhook")
	}
	for _, d := range r.Destinations {
		if d.Live() {
			add(d.ID, d.Channel)
		}
	}
	return out
}

// queuedRight asks whether a subject is on its way to where the claims say: what is mandatory at once, without digests.
func (w *world) queuedRight(claims []claim, subject string, c destination.Class) {
	w.Helper()
	told := map[string][]string{}
	for _, x := range claims {
		if x.subject != subject {
			continue
		}
		if told[x.org] == nil {
			told[x.org] = w.told(x.org, subject)
		}
		now, later := slices.Contains(told[x.org], x.target), slices.Contains(told[x.org], "later "+x.target)
		switch {
		case now && later:
			w.Errorf("%+v: both", x)
		case c == destination.Mandatory && (later || !now && x.how == destination.Now):
			w.Errorf("%+v: told %v", x, told[x.org])
		case c != destination.Mandatory && x.how == destination.Now && !now && !later:
			w.Errorf("%+v: told %v", x, told[x.org])
		case x.how == destination.Hourly && (now || !later):
			w.Errorf("%+v: told %v", x, told[x.org])
		case x.how == destination.None && (later || now && !(c == destination.Mandatory && x.target == "email")):
			w.Errorf("%+v: told %v", x, told[x.org])
		}
	}
	if c == destination.Mandatory {
		if n := w.number(`SELECT count(*) FROM delivery WHERE subject = $1 AND next_at > $2 AND attempts = 0`, subject, db.At(w.clock.Now())); n > 0 {
			w.Errorf("%s: %d mandatory messages wait", subject, n)
		}
	}
}

// settled asks at the end whether everything has ended, nothing came twice, and nobody was left out.
func (w *world) settled(s *sky, claims []claim, subjects []string, class map[string]destination.Class, orgs []string) {
	w.Helper()
	for id, at := range s.got {
		if len(at) != 1 {
			w.Errorf("%s came %d times", id, len(at))
		}
	}
	if n := w.number(`SELECT count(*) FROM delivery WHERE state = 'queued' AND purpose <> 'reachability'`); n != 0 {
		w.Errorf("%d deliveries are on their way after five calm days", n)
	}
	if n := w.number(`SELECT count(*) FROM digest_item WHERE digest IS NULL`); n != 0 {
		w.Errorf("%d things wait for a digest", n)
	}
	if n := w.number(`SELECT count(*) FROM digest_item i WHERE NOT EXISTS (SELECT 1 FROM digest g WHERE g.id = i.digest)`); n != 0 {
		w.Errorf("%d things stand in digests that there are not", n)
	}
	if n, m := w.number(`SELECT count(*) FROM digest`), w.number(`SELECT count(*) FROM (SELECT DISTINCT org_id, target, period FROM digest) x`); n != m {
		w.Errorf("%d digests in %d periods", n, m)
	}
	came := func(org, subject string) (n int) {
		for id := range s.got {
			if strings.HasPrefix(id, "warning:"+subject+":"+org+":") {
				n++
			}
		}
		return n
	}
	for _, subject := range subjects {
		for _, o := range orgs {
			if class[subject] == destination.Mandatory && came(o, subject) == 0 {
				w.Errorf("%s was never told of %s, which is mandatory", o, subject)
			}
		}
	}
	for _, x := range claims {
		if x.how == destination.Hourly && !w.inDigest(s, x) {
			w.Errorf("%+v: in no digest that came", x)
		}
	}
}

// inDigest asks whether something was in a digest that came to the target or, where that is gone, to the main address.
func (w *world) inDigest(s *sky, x claim) bool {
	w.Helper()
	var ids []string
	w.ok(w.d.View(ctx, func(tx *db.Tx) (err error) {
		ids, err = db.List(ctx, tx, db.Value[string], `SELECT g.sweep FROM digest_item i JOIN digest g ON g.id = i.digest WHERE i.org_id = $1 AND i.subject = $2 AND i.target IN ($3, 'email')`, x.org, x.subject, x.target)
		return err
	}))
	for _, sweep := range ids {
		for _, last := range []string{x.target, "email"} {
			if len(s.got["digest:"+sweep+":"+x.org+":"+last]) == 1 {
				return true
			}
		}
	}
	return false
}
