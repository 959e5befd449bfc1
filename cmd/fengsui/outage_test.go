// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
)

// TestKilledForTwoDays kills the real server with duties running and starts it again two days later: every reminder and
// every escalation that fell due happens once, in order, marked late.
func TestKilledForTwoDays(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			o := newOutage(t, engine, url)
			cmd := o.start()
			for i := range 12 { // some were learned of long before
				o.report(i, o.clock.Now().Add(-time.Duration(i%5)*20*time.Minute))
			}
			o.kill(cmd)
			for i := range 4 { // reminders that are sent when they fall due
				if i > 0 {
					o.set(o.next())
				}
				cmd = o.start()
				o.settled()
				o.kill(cmd)
			}
			before := len(o.letters.ids())

			down := o.clock.Now()
			up := o.set(down.Add(48 * time.Hour))
			cmd = o.start()
			o.settled()
			n := o.audit(down, up)
			if n.late < 20 || n.late == n.all {
				t.Errorf("%d of %d reminders are late", n.late, n.all)
			}
			if told := len(o.letters.ids()) - before; told != 5 { // one letter for each person, whatever fell due
				t.Errorf("%d mails tell five persons of %d steps", told, n.late)
			}
			o.kill(cmd)

			cmd = o.start() // once more, at the same time: nothing is left to say
			o.settled()
			if again := o.audit(down, up); again != n {
				t.Errorf("%+v after another start, %+v before", again, n)
			}
			o.ok(cmd.Process.Signal(os.Interrupt))
			o.ok(cmd.Wait())
			o.proven()
		})
	}
}

// outage is a server that is killed, on a clock that goes on.
type outage struct {
	*rig
	clock    *calendar.Driven
	file     string // where the server reads the time
	platform string // id of the organisation that runs it
}

// start starts the program on the driven clock.
func (o *outage) start() *exec.Cmd {
	o.Helper()
	return o.run("FENGSUI_TEST_CLOCK=" + o.file)
}

func (o *outage) kill(cmd *exec.Cmd) {
	o.Helper()
	o.ok(cmd.Process.Kill())
	cmd.Wait() //nolint:errcheck // it says that it was killed
}

// set moves the clock. The file is replaced in one step, for the server reads it at any moment.
func (o *outage) set(t time.Time) time.Time {
	o.Helper()
	o.clock.Set(t)
	o.ok(os.WriteFile(o.file+".new", []byte(t.Format(time.RFC3339Nano)), 0o600))
	o.ok(os.Rename(o.file+".new", o.file))
	return t
}

func newOutage(t *testing.T, engine db.Engine, url string) *outage {
	binary, err := exec.LookPath("fengsui-driven")
	if err != nil {
		t.Fatal(err)
	}
	o := &outage{rig: newRig(t, binary, engine, url), clock: calendar.NewDriven(dbtest.Start), file: filepath.Join(t.TempDir(), "now")}
	o.set(dbtest.Start)
	ctx := context.Background()
	s, err := app.Assemble(ctx, o.config, o.clock, slog.New(slog.DiscardHandler))
	o.ok(err)
	org := func(slug string, role member.OrgRole) member.Org {
		x, err := s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: slug, NameZH: slug, NameEN: slug, Roles: []member.OrgRole{role}, Partner: role != member.Platform, Country: "CN", Email: "security@" + slug + ".example", Phone: "010-5555-0100"})
		o.ok(err)
		return x
	}
	person := func(x member.Org, name string, role member.Role) member.Actor {
		a, err := s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: x.ID, Email: name + "@" + x.Slug + ".example", Name: name, Roles: []member.Role{role}, Locale: "en"})
		o.ok(err)
		return member.Actor{AccountID: a.ID, OrgID: x.ID, Name: name, Roles: a.Roles, OrgRoles: x.Roles, Via: "web", Locale: "en"}
	}
	desk, own := org("desk", member.Platform), org("own", member.Provider)
	o.platform = desk.ID
	person(desk, "watch", member.DutyOfficer)
	engineer, officer, deputy, head := person(own, "reporter", member.Engineer), person(own, "officer", member.Engineer), person(own, "deputy", member.Engineer), person(own, "head", member.OrgAdmin)
	_, err = s.Members.SetRoster(ctx, head, own.ID, []member.Posting{{Post: member.OnDuty, AccountID: officer.AccountID}, {Post: member.Deputy, AccountID: deputy.AccountID}, {Post: member.Head, AccountID: head.AccountID, Phone: "139-5555-0101"}})
	o.ok(err)
	o.token, _, err = s.Members.IssueToken(ctx, engineer, "outage", []string{member.ScopeReport}, 0)
	o.ok(err)
	o.ok(s.Close())
	return o
}

// report reports a flaw of the reporter's own product, over HTTP.
func (o *outage) report(i int, learned time.Time) {
	o.Helper()
	body, err := json.Marshal(map[string]any{"content": map[string]any{"product": fmt.Sprintf("Router %d", i), "vendor": "Vendor", "versions": "1.0", "model": "X", "technical": "A flaw in the management page.",
		"harm": "Full control.", "scope": "All of them.", "exploited": "no", "public": "no", "upstream": "no", "relation": "provider", "learned_at": learned.Format(time.RFC3339), "learned_by": "test"}})
	o.ok(err)
	o.rig.post("/reports", o.token, fmt.Sprintf("outage-%d", i), body, func(status int, b []byte) bool {
		if status != http.StatusCreated {
			o.Fatalf("refused: %d %s", status, b)
		}
		return true
	})
}

// view reads the database beside the server.
func (o *outage) view(do func(ctx context.Context, tx *db.Tx) error) {
	o.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, o.config.DatabaseURL(), o.clock)
	o.ok(err)
	o.ok(d.View(ctx, func(tx *db.Tx) error { return do(ctx, tx) }))
	o.ok(d.Close())
}

// next is when the next reminder falls.
func (o *outage) next() (at time.Time) {
	o.Helper()
	o.view(func(ctx context.Context, tx *db.Tx) error {
		t, err := db.Get(ctx, tx, db.Value[db.Time], `SELECT min(remind_at) FROM duty WHERE met_at IS NULL AND void_at IS NULL`)
		at = t.Time
		return err
	})
	return at
}

// settled waits until nothing that has fallen due is left undone.
func (o *outage) settled() {
	o.Helper()
	for deadline := time.Now().Add(50 * time.Second); ; { // less than the schedule's minute: catching up waits for no tick
		var left [3]int64
		o.view(func(ctx context.Context, tx *db.Tx) (err error) {
			for i, query := range []string{`SELECT count(*) FROM delivery WHERE purpose = 'reminder' AND state = 'queued'`, `SELECT count(*) FROM evidence WHERE seq IS NULL`} {
				if left[i], err = db.Get(ctx, tx, db.Value[int64], query); err != nil {
					return err
				}
			}
			left[2], err = db.Get(ctx, tx, db.Value[int64], `SELECT count(*) FROM duty WHERE remind_at <= $1 AND met_at IS NULL AND void_at IS NULL`, db.At(o.clock.Now()))
			return err
		})
		if left == [3]int64{} {
			return
		}
		if time.Now().After(deadline) {
			o.Fatalf("left undone: %v", left)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// each reads rows one by one.
func each(ctx context.Context, tx *db.Tx, scan func(db.Row) error, query string, args ...any) error {
	_, err := db.List(ctx, tx, func(r db.Row) (struct{}, error) { return struct{}{}, scan(r) }, query, args...)
	return err
}

// counted is how many steps were reminded of, and how many of them late.
type counted struct{ all, late int }

// audit works out from the duties alone what must have been reminded of, when the platform was off from down until up
// and worked at the minute otherwise, and holds what happened to it.
func (o *outage) audit(down, up time.Time) (n counted) {
	o.Helper()
	type step struct {
		duty    string
		percent int
	}
	type note struct {
		fell, noted time.Time
		late        bool
	}
	want, got, told, called := map[step]note{}, map[step]note{}, map[step]int{}, map[step]int{}
	own := map[string]bool{}
	var order []time.Time
	letters := 0
	o.view(func(ctx context.Context, tx *db.Tx) error {
		if err := each(ctx, tx, func(r db.Row) error {
			var id, org string
			var anchor, due, created db.Time
			if err := r.Scan(&id, &org, &anchor, &due, &created); err != nil {
				return err
			}
			own[id] = org == o.platform
			for _, percent := range []int{50, 75, 90, 100} {
				at := anchor.Add(due.Sub(anchor.Time) * time.Duration(percent) / 100).Truncate(time.Second)
				if at.Before(created.Time) { // it had passed when the duty was recorded
					if percent < 100 {
						continue
					}
					at = created.Time
				}
				x := note{fell: at, noted: at}
				if at.After(down) {
					x.noted = up
				}
				x.late = x.noted.Sub(at) > 5*time.Minute
				if !at.After(up) {
					want[step{id, percent}] = x
				}
			}
			return nil
		}, `SELECT id, org_id, anchor_at, due_at, created_at FROM duty WHERE met_at IS NULL AND void_at IS NULL AND due_at < $1`, db.At(up.AddDate(1000, 0, 0))); err != nil {
			return err
		}
		if err := each(ctx, tx, func(r db.Row) error {
			var s step
			var x note
			var fell, noted db.Time
			err := r.Scan(&s.duty, &s.percent, &fell, &noted, &x.late)
			x.fell, x.noted = fell.Time, noted.Time
			got[s] = x
			return err
		}, `SELECT duty_id, step, fell_at, noted_at, late FROM duty_reminder`); err != nil {
			return err
		}
		for table, seen := range map[string]map[step]int{"duty_letter_item": told, "duty_call_item": called} {
			if err := each(ctx, tx, func(r db.Row) error {
				var s step
				err := r.Scan(&s.duty, &s.percent)
				seen[s]++
				return err
			}, `SELECT duty_id, step FROM `+table); err != nil {
				return err
			}
		}
		if err := each(ctx, tx, func(r db.Row) error {
			var payload string
			if err := r.Scan(&payload); err != nil {
				return err
			}
			var e duty.Reminded
			if err := json.Unmarshal([]byte(payload), &e); err != nil {
				return err
			}
			for _, i := range e.Items {
				order = append(order, i.FellAt)
			}
			return nil
		}, `SELECT payload FROM event WHERE kind = 'duty.reminded' ORDER BY id`); err != nil {
			return err
		}
		var err error
		letters, err = db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM duty_letter`)
		return err
	})
	for s, w := range want {
		g, ok := got[s]
		if !ok || !g.fell.Equal(w.fell) || g.late != w.late || w.late && !g.noted.Equal(w.noted) {
			o.Errorf("%s %d %%: noted %v as %+v, want %+v", s.duty, s.percent, ok, g, w)
		}
		persons, calls := map[int]int{50: 1, 75: 2, 90: 1, 100: 5}[s.percent], 0
		switch {
		case own[s.duty]: // one person holds all posts of the platform
			persons = 1
		case s.percent >= 90:
			calls = 1
		}
		if told[s] != persons || called[s] != calls {
			o.Errorf("%s %d %%: %d persons were told and %d calls asked for, want %d and %d", s.duty, s.percent, told[s], called[s], persons, calls)
		}
		if n.all++; w.late {
			n.late++
		}
	}
	if len(got) != len(want) {
		o.Errorf("%d steps were reminded of, want %d", len(got), len(want))
	}
	if len(order) != len(want) || !slices.IsSortedFunc(order, time.Time.Compare) {
		o.Errorf("%d reminders are in evidence, in order: %v; want %d", len(order), slices.IsSortedFunc(order, time.Time.Compare), len(want))
	}
	ids := o.letters.ids()
	for id, times := range ids {
		if times != 1 {
			o.Errorf("mail %s came %d times", id, times)
		}
	}
	if len(ids) != letters {
		o.Errorf("%d mails came of %d letters", len(ids), letters)
	}
	return n
}

// proven holds the whole evidence log to its rows.
func (o *outage) proven() {
	o.Helper()
	s, err := app.Assemble(context.Background(), o.config, o.clock, slog.New(slog.DiscardHandler))
	o.ok(err)
	defer s.Close()
	r, err := s.Events.Audit(context.Background())
	o.ok(err)
	if len(r.Traces) > 0 {
		o.Errorf("the audit found %v", r.Traces)
	}
}

// post is a mail server that counts what comes under which Message-ID.
type post struct {
	addr string
	mu   sync.Mutex
	seen map[string]int
}

func newPost(t *testing.T) *post {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &post{addr: l.Addr().String(), seen: map[string]int{}}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

func (p *post) serve(c net.Conn) {
	defer c.Close()
	r := textproto.NewReader(bufio.NewReader(c))
	fmt.Fprint(c, "220 post.example ESMTP\r\n")
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.ToUpper(line), " "); verb {
		case "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			b, err := r.ReadDotBytes()
			if err != nil {
				return
			}
			if h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(b))).ReadMIMEHeader(); err == nil {
				p.mu.Lock()
				p.seen[h.Get("Message-Id")]++
				p.mu.Unlock()
			}
			fmt.Fprint(c, "250 kept\r\n")
		case "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 fine\r\n")
		}
	}
}

// ids returns how often a mail came, by Message-ID.
func (p *post) ids() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(map[string]int, len(p.seen))
	for id, n := range p.seen {
		out[id] = n
	}
	return out
}
