// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

// postbox is a mail server that keeps what it was given.
type postbox struct {
	mu    sync.Mutex
	mails []delivery.Message
	ids   map[string]int // how often a mail was sent under one id
}

// Send implements delivery.Channel.
func (p *postbox) Send(_ context.Context, id string, _ time.Time, m delivery.Message) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.HasPrefix(id, duty.Purpose+":") {
		p.mails, p.ids[id] = append(p.mails, m), p.ids[id]+1
	}
	return 250, nil
}

// outage is a platform that can be switched off, on a clock that goes on.
type outage struct {
	*testing.T
	config   app.Config
	clock    *calendar.Driven
	box      *postbox
	engineer member.Actor
	who      map[string]string // names, by account
	platform string            // id of the organisation that runs it
	numbers  int
	stop     func() // switches the node off
}

// open starts a node.
func (o *outage) open() *app.Services {
	o.Helper()
	s, err := app.Assemble(context.Background(), o.config, o.clock, slog.New(slog.DiscardHandler))
	o.ok(err)
	s.Sender.Channels[delivery.Email] = o.box
	ctx, stop := context.WithCancel(context.Background())
	var loop sync.WaitGroup
	loop.Go(func() { s.Evidence.Run(ctx, 20*time.Millisecond, func(err error) { o.Error(err) }) })
	o.stop = func() {
		stop()
		loop.Wait()
		o.ok(s.Close())
	}
	return s
}

func (o *outage) ok(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

func newOutage(t *testing.T, engine db.Engine, url string) *outage {
	o := &outage{T: t, clock: calendar.NewDriven(dbtest.Start), box: &postbox{ids: map[string]int{}}, who: map[string]string{}}
	o.config = app.Defaults()
	o.config.Data, o.config.MetricsListen, o.config.BaseURL = t.TempDir(), "", "https://fengsui.example"
	if engine == db.PostgreSQL {
		o.config.Database = url
	}
	s, ctx := o.open(), context.Background()
	defer o.stop()
	org := func(slug string, role member.OrgRole) member.Org {
		x, err := s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: slug, NameZH: slug, NameEN: slug, Roles: []member.OrgRole{role}, Partner: role != member.Platform, Country: "CN", Email: "security@" + slug + ".example", Phone: "010-5555-0100"})
		o.ok(err)
		return x
	}
	person := func(x member.Org, name, lang string, role member.Role) member.Actor {
		a, err := s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: x.ID, Email: name + "@" + x.Slug + ".example", Name: name, Roles: []member.Role{role}, Locale: lang})
		o.ok(err)
		o.who[a.ID] = name
		return member.Actor{AccountID: a.ID, OrgID: x.ID, Name: name, Roles: a.Roles, OrgRoles: x.Roles, Via: "web", Locale: lang}
	}
	desk, own := org("desk", member.Platform), org("own", member.Provider)
	o.platform = desk.ID
	person(desk, "watch", "zh-CN", member.DutyOfficer)
	o.engineer = person(own, "reporter", "en", member.Engineer)
	officer, deputy, head := person(own, "officer", "en", member.Engineer), person(own, "deputy", "zh-CN", member.Engineer), person(own, "head", "en", member.OrgAdmin)
	_, err := s.Members.SetRoster(ctx, head, own.ID, []member.Posting{{Post: member.OnDuty, AccountID: officer.AccountID}, {Post: member.Deputy, AccountID: deputy.AccountID}, {Post: member.Head, AccountID: head.AccountID, Phone: "139-5555-0101"}})
	o.ok(err)
	return o
}

// submit reports flaws one after the other, a minute apart, some of which were learned of long before.
func (o *outage) submit(s *app.Services, n int) {
	o.Helper()
	ctx := context.Background()
	for i := range n {
		c := flaw(undisclosed)
		c.Product, c.LearnedAt = fmt.Sprintf("Router %d", o.numbers), o.clock.Now().Add(-time.Duration(i%5)*20*time.Minute)
		o.numbers++
		_, err := s.Reports.Submit(ctx, o.engineer, report.Input{Content: c})
		o.ok(err)
		o.run(s, o.clock.Now().Add(time.Minute))
	}
}

// run lets a node work, minute by minute as far as anything falls due, until the clock stands at until.
func (o *outage) run(s *app.Services, until time.Time) {
	o.Helper()
	ctx := context.Background()
	for {
		next, err := s.Duties.NextReminder(ctx)
		o.ok(err)
		if next.IsZero() || next.After(until) {
			break
		}
		if next.After(o.clock.Now()) {
			o.clock.Set(next)
		}
		_, err = s.Duties.Remind(ctx)
		o.ok(err)
		_, err = s.Sender.Drain(ctx)
		o.ok(err)
	}
	o.clock.Set(until)
	_, err := s.Duties.Remind(ctx)
	o.ok(err)
}

// chainAt says who is to be told of a step, by the names of this world.
var chainAt = map[int][]string{50: {"reporter"}, 75: {"deputy", "officer"}, 90: {"head"}, 100: {"deputy", "head", "officer", "reporter", "watch"}}

// step is a reminder as it must have happened.
type step struct {
	duty   string
	number string
	n      int
	fell   time.Time
	late   bool
	own    bool // a clock of the platform itself
}

// expected works out from the duties alone, with arithmetic of its own, what must have been reminded of by now, when
// the platform was off from down until up.
func (o *outage) expected(s *app.Services, down, up time.Time) (out []step) {
	o.Helper()
	type row struct {
		id, org, number                  string
		anchor, due, created, met, ended db.Time
	}
	var ds []row
	o.ok(s.DB.View(context.Background(), func(tx *db.Tx) (err error) {
		ds, err = db.List(context.Background(), tx, func(r db.Row) (d row, err error) {
			return d, r.Scan(&d.id, &d.org, &d.number, &d.anchor, &d.due, &d.created, &d.met, &d.ended)
		}, `SELECT id, org_id, number, anchor_at, due_at, created_at, met_at, void_at FROM duty`)
		return err
	}))
	for _, d := range ds {
		if d.due.Year() == 9999 { // no clock runs
			continue
		}
		for _, n := range []int{50, 75, 90, 100} {
			at := d.anchor.Add(d.due.Sub(d.anchor.Time) * time.Duration(n) / 100).Truncate(time.Second)
			if at.Before(d.created.Time) { // it had passed when the duty was recorded
				if n < 100 {
					continue
				}
				at = d.created.Time
			}
			closed := d.met.Time
			if closed.IsZero() {
				closed = d.ended.Time
			}
			noted := at // the platform does it then, or as soon as it runs again
			if at.After(down) && at.Before(up) {
				noted = up
			}
			if noted.After(o.clock.Now()) || !closed.IsZero() && closed.Before(noted) {
				continue
			}
			out = append(out, step{d.id, d.number, n, at, noted.Sub(at) > 5*time.Minute, d.org == o.platform})
		}
	}
	return out
}

// audit holds what happened to what must have happened.
func (o *outage) audit(s *app.Services, want []step) {
	o.Helper()
	ctx := context.Background()
	_, err := s.Sender.Drain(ctx)
	o.ok(err)
	type row struct {
		duty string
		step int
	}
	at, told, mails, order := map[row]duty.Reminder{}, map[row][]string{}, map[row]map[string]bool{}, []time.Time{}
	var calls []row
	o.ok(s.DB.View(ctx, func(tx *db.Tx) error {
		_, err := db.List(ctx, tx, func(r db.Row) (x duty.Reminder, err error) {
			var fell, noted db.Time
			err = r.Scan(&x.DutyID, &x.Step, &fell, &noted, &x.Late)
			x.FellAt, x.NotedAt = fell.Time, noted.Time
			at[row{x.DutyID, x.Step}] = x
			return x, err
		}, `SELECT duty_id, step, fell_at, noted_at, late FROM duty_reminder`)
		if err != nil {
			return err
		}
		if _, err = db.List(ctx, tx, func(r db.Row) (x row, err error) {
			var to, letter, state string
			err = r.Scan(&x.duty, &x.step, &to, &letter, &state)
			told[x] = append(told[x], o.who[to])
			if mails[x] == nil {
				mails[x] = map[string]bool{}
			}
			mails[x][letter] = true
			if state != string(delivery.Delivered) {
				o.Errorf("the letter to %s is %s", o.who[to], state)
			}
			return x, err
		}, `SELECT i.duty_id, i.step, i.recipient, i.letter_id, v.state FROM duty_letter_item i JOIN delivery v ON v.purpose = 'reminder' AND v.subject = i.letter_id`); err != nil {
			return err
		}
		if calls, err = db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.duty, &x.step) }, `SELECT duty_id, step FROM duty_call_item`); err != nil {
			return err
		}
		_, err = db.List(ctx, tx, func(r db.Row) (e duty.Reminded, err error) {
			var payload string
			if err = r.Scan(&payload); err == nil {
				err = json.Unmarshal([]byte(payload), &e)
			}
			for _, i := range e.Items {
				order = append(order, i.FellAt)
			}
			return e, err
		}, `SELECT payload FROM event WHERE kind = 'duty.reminded' ORDER BY id`)
		return err
	}))
	seen := map[row]bool{}
	for _, w := range want {
		k := row{w.duty, w.n}
		got, ok := at[k]
		seen[k] = true
		if !ok || !got.FellAt.Equal(w.fell) || got.Late != w.late {
			o.Errorf("%s %d %%: noted %v as %+v, want it to fall at %s, late %v", w.number, w.n, ok, got, w.fell, w.late)
		}
		slices.Sort(told[k])
		who := chainAt[w.n]
		if w.own { // all its posts are held by one person
			who = []string{"watch"}
		}
		if !slices.Equal(told[k], who) {
			o.Errorf("%s %d %%: told %v, want %v", w.number, w.n, told[k], who)
		}
		if want := w.n >= 90 && !w.own; slices.Contains(calls, k) != want {
			o.Errorf("%s %d %%: called %v, want %v", w.number, w.n, !want, want)
		}
	}
	for k := range at {
		if !seen[k] {
			o.Errorf("%s %d %%: reminded of for nothing", k.duty, k.step)
		}
	}
	if len(order) != len(want) || !slices.IsSortedFunc(order, time.Time.Compare) {
		o.Errorf("%d reminders are in evidence, in order: %v; want %d", len(order), slices.IsSortedFunc(order, time.Time.Compare), len(want))
	}
	for id, n := range o.box.ids {
		if n != 1 {
			o.Errorf("mail %s was sent %d times", id, n)
		}
	}
	for _, m := range o.box.mails {
		if strings.Contains(m.Subject+m.Text, undisclosed) || strings.Contains(m.Subject, "Router") || !strings.HasPrefix(m.Subject, "FS-R-2021-") {
			o.Errorf("a mail says too much: %s\n%s", m.Subject, m.Text)
		}
	}
}

// Killed for two days and restarted: every reminder and escalation that fell due happens once, in order, marked late.
func TestAnOutageOfTwoDays(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			o := newOutage(t, engine, url)
			s := o.open()
			o.submit(s, 12)
			o.run(s, dbtest.Start.Add(2*time.Hour+30*time.Minute))
			before := len(o.box.mails)
			down := o.clock.Now()
			o.stop()

			o.clock.Advance(48 * time.Hour)
			up := o.clock.Now()
			s = o.open()
			defer o.stop()
			n, err := s.Duties.Remind(t.Context())
			o.ok(err)
			again, err := s.Duties.Remind(t.Context())
			o.ok(err)
			if n < 20 || again != 0 {
				t.Errorf("%d reminders were caught up on, %d more afterwards", n, again)
			}
			want := o.expected(s, down, up)
			o.audit(s, want)
			after := o.box.mails[before:]
			if len(after) != 5 { // one for each person, whatever fell due
				t.Errorf("%d mails tell five persons of %d steps", len(after), n)
			}
			late := regexp.MustCompile(`(?s)This reminder fell due at .*; the platform was down from .* to |本提醒应于 .* 发出；平台自 .* 至 .* 停止运行`)
			for _, m := range after {
				if !late.MatchString(m.Text) {
					t.Errorf("a late mail does not say so:\n%s", m.Text)
				}
			}

			o.submit(s, 3)
			o.run(s, o.clock.Now().Add(72*time.Hour))
			o.audit(s, o.expected(s, down, up))
		})
	}
}

// Killed again and again while it catches up, on one node or, where nodes share a database, on two at once: nothing is
// repeated and nothing is skipped.
func TestKillsWhileCatchingUp(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			o := newOutage(t, engine, url)
			s := o.open()
			o.submit(s, 4)
			o.many(s, 560)
			down := o.clock.Now()
			_, err := s.Duties.Remind(t.Context())
			o.ok(err)
			o.stop()
			o.clock.Advance(48 * time.Hour)
			up := o.clock.Now()
			nodes := 1
			if engine == db.PostgreSQL {
				nodes = 2
			}
			var wg sync.WaitGroup
			var kills atomic.Int32
			for i := range nodes {
				wg.Go(func() {
					random, killed := rand.New(rand.NewPCG(seed, uint64(i))), 0 // it lives longer each time: a slow machine comes to an end, too
					for {
						s, err := app.Assemble(context.Background(), o.config, o.clock, slog.New(slog.DiscardHandler))
						if err != nil {
							t.Error(err)
							return
						}
						ctx, kill := context.WithTimeout(context.Background(), time.Duration(random.IntN(60+40*killed))*time.Millisecond)
						_, err = s.Duties.Remind(ctx)
						kill()
						s.Close() //nolint:errcheck // it was killed
						if err == nil {
							return
						}
						killed++
						kills.Add(1)
					}
				})
			}
			wg.Wait()
			t.Logf("killed %d times", kills.Load())
			s = o.open()
			defer o.stop()
			_, err = s.Duties.Remind(t.Context())
			o.ok(err)
			o.audit(s, o.expected(s, down, up))
		})
	}
}

// many starts the duties of many reports at once.
func (o *outage) many(s *app.Services, n int) {
	o.Helper()
	o.ok(s.DB.Tx(context.Background(), func(tx *db.Tx) error {
		var bs []duty.Begin
		for range n {
			o.numbers++
			bs = append(bs, duty.Begin{ReportID: fmt.Sprintf("bulk-%d", o.numbers), Number: fmt.Sprintf("FS-R-2021-%06d", 900000+o.numbers), AccountID: o.engineer.AccountID,
				Facts: duty.Facts{OrgID: o.engineer.OrgID, Relation: duty.MakesProduct, LearnedAt: tx.Now.Add(-time.Duration(o.numbers) * time.Second)}})
		}
		_, err := s.Duties.StartAll(context.Background(), tx, bs)
		return err
	}))
}
