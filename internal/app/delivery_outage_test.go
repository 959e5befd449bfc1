// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/channel/webhook"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning/warningtest"
)

const (
	cutUnits = 700 // each has a mailbox and every second a webhook: enough to stand in line in batches
	cutHooks = cutUnits / 2
	cutDead  = cutHooks / 2 // half of which refuse connections, while the others answer 503
)

// A cut is a platform whose mail server and half of whose webhooks are gone for two days, and what arrives outside.
type cut struct {
	*testing.T
	s       *app.Services
	config  app.Config
	sink    string // where webhooks end
	clock   *calendar.Driven
	http    http.Handler
	officer string // account

	mu       sync.Mutex
	off      bool
	accepted map[string]map[string]int // by way: how often a message was taken under a key
	refused  int
}

// TestTwoDaysWithoutMailAndHalfOfTheWebhooks: everything is tried again by the schedule, nothing is lost, nothing comes
// under two keys, what works is not delayed, and at every stage the operator's page says what waits, how many, for which
// destination, since when, why, and when it is tried next; afterwards it is empty, and says what has been.
func TestTwoDaysWithoutMailAndHalfOfTheWebhooks(t *testing.T) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			c := newCut(t, engine, url)
			first := c.warn()
			c.drain()
			c.arrived(cutUnits, cutHooks)
			c.quiet("")

			began := c.clock.Now().Add(time.Hour)
			c.clock.Set(began)
			c.switched(true)
			second := c.warn()
			c.drain()
			c.arrived(cutUnits, 2*cutHooks-cutDead) // what works is not delayed
			c.waits(stage{mails: cutUnits, hooks: 1, oldest: began})

			third := ""
			for _, after := range []time.Duration{5 * time.Second, 6 * time.Minute, 40 * time.Minute, 3 * time.Hour, 8 * time.Hour, 18 * time.Hour, 24 * time.Hour, 32 * time.Hour, 47*time.Hour + 50*time.Minute} {
				c.until(began.Add(after))
				if after == 18*time.Hour { // what it knows of destinations outlives it
					c.again()
				}
				more := stage{mails: cutUnits, hooks: 1, oldest: began, alone: after > 3*time.Hour}
				if after >= 24*time.Hour {
					if third == "" {
						third = c.warn()
						c.drain()
						c.arrived(cutUnits, 3*cutHooks-2*cutDead)
					}
					more.mails, more.hooks = 2*cutUnits, 2
				}
				c.waits(more)
			}

			c.switched(false)
			c.until(began.Add(48 * time.Hour))
			c.until(began.Add(48*time.Hour + 25*time.Hour)) // the longest wait of the schedule, and a tenth of it for chance
			c.arrived(3*cutUnits, 3*cutHooks)
			c.once(first, second, third)
			c.scheduled(began)
			c.quiet("email")
			c.history(began)
		})
	}
}

func newCut(t *testing.T, engine db.Engine, address string) *cut {
	t.Helper()
	c := &cut{T: t, clock: calendar.NewDriven(dbtest.Start), accepted: map[string]map[string]int{"mail": {}, "webhook": {}}}
	config := app.Defaults()
	config.Data, config.MetricsListen, config.Listen, config.BaseURL = t.TempDir(), "", "127.0.0.1:0", "https://fengsui.example"
	if engine == db.PostgreSQL {
		config.Database = address
	}
	config.Mail.Addr, config.Mail.TLS, config.Webhook.AllowPrivate = c.mailServer(), "none", true
	ctx := context.Background()
	sink := httptest.NewServer(http.HandlerFunc(c.post))
	t.Cleanup(sink.Close)
	c.config, c.sink = config, sink.Listener.Addr().String()
	c.begin()
	t.Cleanup(func() { c.ok(c.s.Close()) })

	c.ok(warningtest.Members(ctx, c.s.DB, cutUnits))
	c.ok(c.s.DB.Tx(ctx, func(tx *db.Tx) error {
		orgs, err := db.List(ctx, tx, db.Value[string], `SELECT id FROM org WHERE webhook_url <> ''`)
		if err != nil {
			return err
		}
		for _, org := range orgs {
			if _, err := tx.Exec(ctx, `UPDATE org SET webhook_url = replace(webhook_url, 'https', 'http'), webhook_secret_sealed = $1 WHERE id = $2`,
				c.s.Seal.Seal("org/"+org+"/webhook_secret", []byte("a secret of sixteen bytes")), org); err != nil {
				return err
			}
		}
		return nil
	}))
	desk, err := c.s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: "desk", NameZH: "值班台", NameEN: "Desk", Roles: []member.OrgRole{member.Platform}, Country: "CN", Email: "desk@desk.example", Phone: "010-5555-0100"})
	c.ok(err)
	officer, err := c.s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: desk.ID, Email: "li@desk.example", Name: "李值班", Roles: []member.Role{member.DutyOfficer}, Locale: "en"})
	c.ok(err)
	c.officer = officer.ID
	return c
}

// begin starts the platform on what it has left, which is its database and its keys.
func (c *cut) begin() {
	c.Helper()
	var err error
	c.s, err = app.Assemble(context.Background(), c.config, c.clock, slog.New(slog.DiscardHandler))
	c.ok(err)
	c.s.Sender.Channels[delivery.Webhook] = &webhook.Channel{AllowPrivate: true, Client: &http.Client{Transport: &http.Transport{DialContext: c.dial(c.sink), DisableKeepAlives: true}}}
	c.http = app.New(c.config, c.s, "test").Handler()
}

// again ends the platform and starts it anew.
func (c *cut) again() {
	c.Helper()
	c.ok(c.s.Close())
	c.begin()
}

func (c *cut) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c *cut) switched(off bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off = off
}

// kind says what becomes of a webhook while the outside is off: "", "refused" or "503".
func kind(host string) string {
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(host, "unit-"), ".example"))
	switch {
	case err != nil || n%4 != 0:
		return ""
	case n%8 == 0:
		return "refused"
	}
	return "503"
}

// dial leads every host to the sink, but those that refuse.
func (c *cut) dial(sink string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.off && kind(host) == "refused" {
			c.refused++
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		return (&net.Dialer{}).DialContext(ctx, network, sink)
	}
}

func (c *cut) post(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.off && kind(r.Host) == "503" {
		c.refused++
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	c.accepted["webhook"][r.Host+" "+r.Header.Get("Webhook-Id")]++
}

// mailServer takes mails, or hangs up on everybody while the outside is off.
func (c *cut) mailServer() (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	c.ok(err)
	c.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.mu.Lock()
			off := c.off
			if off {
				c.refused++
			}
			c.mu.Unlock()
			if off {
				conn.Close()
				continue
			}
			go smtp(conn, func(to string, raw []byte) {
				m, err := mail.ReadMessage(strings.NewReader(string(raw)))
				c.mu.Lock()
				defer c.mu.Unlock()
				if err == nil {
					c.accepted["mail"][strings.Trim(strings.TrimSpace(to), "RCPTO:<> ")+" "+numberOf.FindString(subject(m))+" "+m.Header.Get("Message-Id")]++
				}
			})
		}
	}()
	return l.Addr().String()
}

// warn releases a warning to everybody and returns its id.
func (c *cut) warn() (id string) {
	c.Helper()
	ctx := context.Background()
	theCase, err := warningtest.Case(ctx, c.s.DB, c.s.Seal, 10)
	c.ok(err)
	_, err = warningtest.Release(ctx, c.s.Warnings, theCase)
	c.ok(err)
	c.ok(c.s.DB.View(ctx, func(tx *db.Tx) error {
		id, err = db.Get(ctx, tx, db.Value[string], `SELECT id FROM warning WHERE case_id = $1`, theCase)
		return err
	}))
	return id
}

func (c *cut) drain() {
	c.Helper()
	if closer, ok := c.s.Sender.Channels[delivery.Email].(io.Closer); ok { // a server that is gone takes its connections with it
		c.ok(closer.Close())
	}
	_, err := c.s.Sender.Drain(context.Background())
	c.ok(err)
}

// until lets the platform work until a time, every few minutes.
func (c *cut) until(end time.Time) {
	c.Helper()
	for c.clock.Now().Before(end) {
		step := 20 * time.Minute
		if left := end.Sub(c.clock.Now()); left < step {
			step = left
		}
		c.clock.Advance(step)
		c.drain()
	}
}

// arrived holds how many messages the outside has taken.
func (c *cut) arrived(mails, hooks int) {
	c.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if m, h := len(c.accepted["mail"]), len(c.accepted["webhook"]); m != mails || h != hooks {
		c.Errorf("%s: %d mails and %d webhooks have arrived, want %d and %d", c.clock.Now().Format("02 15:04"), m, h, mails, hooks)
	}
}

// once holds that each message came once, under one key, and that each recipient got each warning on each of its ways.
func (c *cut) once(warnings ...string) {
	c.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	want := map[string]bool{}
	for _, id := range warnings {
		for i := range cutUnits {
			if i%2 == 0 {
				org := fmt.Sprintf("00000000-0000-7000-8000-%012d", i)
				want[fmt.Sprintf("unit-%d.example ", i)+strings.ReplaceAll(delivery.ID("warning", id+":1", org, "webhook"), ":", "_")] = true
			}
		}
	}
	for key, n := range c.accepted["webhook"] {
		if !want[key] || n != 1 {
			c.Errorf("%s came %d times", key, n)
		}
		delete(want, key)
	}
	for key := range want {
		c.Errorf("%s is lost", key)
	}
	ctx := context.Background()
	mails := map[string]bool{}
	c.ok(c.s.DB.View(ctx, func(tx *db.Tx) error {
		for _, id := range warnings {
			number, err := db.Get(ctx, tx, db.Value[string], `SELECT number FROM warning WHERE id = $1`, id)
			if err != nil {
				return err
			}
			boxes, err := db.List(ctx, tx, db.Value[string], `SELECT o.email FROM warning_recipient r JOIN org o ON o.id = r.org_id WHERE r.warning_id = $1`, id)
			if err != nil {
				return err
			}
			for _, to := range boxes {
				mails[to+" "+number] = true
			}
		}
		return nil
	}))
	if len(mails) != len(warnings)*cutUnits {
		c.Errorf("%d mails are owed, want %d", len(mails), len(warnings)*cutUnits)
	}
	for key, n := range c.accepted["mail"] {
		what := key[:strings.LastIndexByte(key, ' ')]
		if !mails[what] || n != 1 { // not owed, or under a second key
			c.Errorf("the mail %s came %d times, or under another key", key, n)
		}
		delete(mails, what)
	}
	for what := range mails {
		c.Errorf("the mail %s is lost", what)
	}
	c.ok(c.s.DB.View(ctx, func(tx *db.Tx) error {
		left, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM delivery WHERE state <> 'delivered'`)
		if left > 0 {
			c.Errorf("%d deliveries have not ended well", left)
		}
		batches, err2 := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM delivery_batch`)
		if batches > 0 || err != nil || err2 != nil {
			c.Errorf("%d batches are left, %v, %v", batches, err, err2)
		}
		worst, err := db.Get(ctx, tx, db.Value[int], `SELECT max(attempts) FROM delivery`)
		if worst > 10 || worst < 8 { // by the schedule: eight attempts fall within two days
			c.Errorf("%d attempts for one message", worst)
		}
		return err
	}))
	if c.refused < cutDead*5 {
		c.Errorf("only %d attempts were refused", c.refused)
	}
}

// page fetches the operator's page in a language.
func (c *cut) page(lang string) string {
	c.Helper()
	session, err := c.s.Members.LoginAs(context.Background(), c.officer, "test") // the one of two days ago has ended
	c.ok(err)
	r := httptest.NewRequest("GET", "/deliveries", nil)
	r.AddCookie(&http.Cookie{Name: "fengsui_session", Value: session.Token})
	r.AddCookie(&http.Cookie{Name: "fengsui_lang", Value: lang})
	rec := httptest.NewRecorder()
	c.http.ServeHTTP(rec, r)
	if rec.Code != http.StatusOK {
		c.Fatalf("/deliveries: %d", rec.Code)
	}
	if strings.Contains(rec.Body.String(), "@member.example") {
		c.Error("the page names a mail address")
	}
	return rec.Body.String()
}

// subject is a mail's, as people read it.
func subject(m *mail.Message) string {
	text, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return ""
	}
	return text
}

var numberOf = regexp.MustCompile(`FS-W-\d{4}-\d+`)

// tries are the waits after each attempt of a message, as docs/channels.md promises them; each may be a tenth longer.
var tries = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// late is how much later than that an attempt may be: the platform looks every twenty minutes here, and leaves a
// destination that does not answer alone for a quarter of an hour.
const late = 20*time.Minute + 15*time.Minute

// scheduled holds each attempt to the schedule: never sooner, and of webhooks, which wait for nobody but their own host,
// never much later. Mail waits for one server, which is tried by one message at a time: that one is not tried more often
// than it is left alone either.
func (c *cut) scheduled(began time.Time) {
	c.Helper()
	ctx := context.Background()
	type attempt struct {
		id, channel, outcome string
		n                    int
		at                   time.Time
	}
	var all []attempt
	c.ok(c.s.DB.View(ctx, func(tx *db.Tx) (err error) {
		all, err = db.List(ctx, tx, func(r db.Row) (a attempt, err error) {
			var at db.Time
			err = r.Scan(&a.id, &a.channel, &a.outcome, &a.n, &at)
			a.at = at.Time
			return a, err
		}, `SELECT d.id, d.channel, a.outcome, a.n, a.at FROM delivery_attempt a JOIN delivery d ON d.id = a.delivery_id ORDER BY d.id, a.n`)
		return err
	}))
	again, tried := 0, map[time.Time]int{} // mails that were tried, by time, while the server was off
	for i, a := range all {
		if a.channel == delivery.Email && a.outcome == "retry" {
			tried[a.at]++
		}
		if i == 0 || all[i-1].id != a.id {
			if a.n != 1 {
				c.Errorf("%s begins with attempt %d", a.id, a.n)
			}
			continue
		}
		last := all[i-1]
		gap, least := a.at.Sub(last.at), tries[last.n-1]
		again++
		if a.n != last.n+1 || last.outcome != "retry" {
			c.Errorf("%s: attempt %d after %d, which was %s", a.id, a.n, last.n, last.outcome)
		}
		if gap < least {
			c.Errorf("%s: attempt %d after %s, want %s at least", a.id, a.n, gap, least)
		}
		if most := least + least/10 + late; a.channel == delivery.Webhook && gap > most {
			c.Errorf("%s: attempt %d after %s, want %s at most", a.id, a.n, gap, most)
		}
	}
	if want := 6 * 2 * cutDead; again < want {
		c.Errorf("only %d attempts were made again, want %d", again, want)
	}
	for at, n := range tried {
		if at.After(began.Add(3*time.Hour)) && n > 1 {
			c.Errorf("%s: the server that is left alone was tried by %d mails", at.Format("02 15:04"), n)
		}
	}
}

var (
	tableOf = regexp.MustCompile(`(?s)<caption class="away">([^<]*)</caption>.*?<tbody>(.*?)</tbody>`)
	rowOf   = regexp.MustCompile(`(?s)<tr>(.*?)</tr>`)
	cellOfs = regexp.MustCompile(`(?s)<td data-head="([^"]*)">(.*?)</td>`)
	markup  = regexp.MustCompile(`<[^>]*>`)
	spaces  = regexp.MustCompile(`\s+`)
)

// rows reads a table of a page, by the heads of its columns.
func rows(page, caption string) (out []map[string]string) {
	for _, t := range tableOf.FindAllStringSubmatch(page, -1) {
		if html.UnescapeString(t[1]) != caption {
			continue
		}
		for _, r := range rowOf.FindAllStringSubmatch(t[2], -1) {
			row := map[string]string{}
			for _, c := range cellOfs.FindAllStringSubmatch(r[1], -1) {
				row[html.UnescapeString(c[1])] = strings.TrimSpace(html.UnescapeString(spaces.ReplaceAllString(markup.ReplaceAllString(c[2], " "), " ")))
			}
			out = append(out, row)
		}
	}
	return out
}

// stage is what the page has to say while the outside is off.
type stage struct {
	mails, hooks int // waiting mails in all, and webhooks for each host
	oldest       time.Time
	alone        bool // destinations have failed often enough to be left alone
}

func (c *cut) waits(want stage) {
	c.Helper()
	for _, lang := range i18n.Languages {
		p := i18n.For(lang)
		page := c.page(lang)
		got := rows(page, p.T("web.outbox.troubles"))
		hosts := 0
		for _, r := range got {
			where, n, why, next := r[p.T("web.outbox.destination")], r[p.T("web.outbox.waits")], r[p.T("web.outbox.why")], r[p.T("web.outbox.next")]
			host, _, _ := strings.Cut(where, " ")
			waiting, reason := want.hooks, p.T("delivery.why.not-listening")
			switch kind(host) {
			case "503":
				reason = p.T("delivery.why.answered", "503")
			case "":
				waiting, reason = want.mails, p.T("delivery.why.mail-server")
				if where != p.T("web.outbox.whole", p.T("web.outbox.channel-email")) {
					c.Errorf("%q is no destination that is off", where)
				}
			}
			if kind(host) != "" {
				hosts++
				if want.alone && !strings.Contains(why, p.DateTime(want.oldest)) { // since the first failure
					c.Errorf("%s is not said to be left alone: %s", host, why)
				}
			}
			if n != p.Number(waiting)+" "+p.T("web.outbox.oldest-of", p.DateTime(want.oldest)) || !strings.HasPrefix(why, reason) {
				c.Errorf("%s %s: %s waits for %q since %q, want %d", c.clock.Now().Format("02 15:04"), where, n, why, next, waiting)
			}
			at, err := time.ParseInLocation("2006-01-02 15:04", next[:min(16, len(next))], calendar.Beijing())
			if now := c.clock.Now(); err != nil || at.Before(now.Add(-time.Minute)) || at.After(now.Add(27*time.Hour)) {
				c.Errorf("%s: next try %q, now it is %s", where, next, p.DateTime(now))
			}
		}
		if hosts != min(cutDead, 99) || len(got) != hosts+1 {
			c.Errorf("%s %s: %d hosts in %d rows, want %d", c.clock.Now().Format("02 15:04"), lang, hosts, len(got), cutDead)
		}
		channels := rows(page, p.T("web.outbox.by-channel"))
		for _, r := range channels {
			first, err := strconv.Atoi(strings.ReplaceAll(r[p.T("web.outbox.first")], ",", ""))
			again, err2 := strconv.Atoi(strings.ReplaceAll(r[p.T("web.outbox.again")], ",", ""))
			n, ok := map[string]int{p.T("web.outbox.channel-email"): want.mails, p.T("web.outbox.channel-webhook"): want.hooks * cutDead}[r[p.T("web.outbox.channel")]]
			if ok && (err != nil || err2 != nil || first+again != n) {
				c.Errorf("%s %v waits, want %d", c.clock.Now().Format("02 15:04"), r, n)
			}
		}
	}
}

// quiet holds that the page says that nothing waits.
func (c *cut) quiet(been string) {
	c.Helper()
	for _, lang := range i18n.Languages {
		p := i18n.For(lang)
		page := c.page(lang)
		if !strings.Contains(page, p.T("web.outbox.none-waits")) || !strings.Contains(page, p.T("web.outbox.none-failed")) || len(rows(page, p.T("web.outbox.troubles")))+len(rows(page, p.T("web.outbox.waiting"))) > 0 {
			c.Errorf("%s: the page does not say that nothing waits", lang)
		}
		if (been != "") != strings.Contains(page, p.T("web.outbox.outages")) {
			c.Errorf("%s: what the page says of the past is not what has been", lang)
		}
	}
}

// history holds that the page tells of the outage, and each message of its attempts.
func (c *cut) history(began time.Time) {
	c.Helper()
	p := i18n.For(i18n.English)
	mails := 0
	for _, r := range rows(c.page(i18n.English), p.T("web.outbox.outages")) {
		if strings.HasPrefix(r[p.T("web.outbox.destination")], p.T("web.outbox.whole-channel")) {
			if mails++; r[p.T("web.outbox.began")] != p.DateTime(began) || !strings.Contains(r[p.T("web.outbox.ended")], "2 days") {
				c.Errorf("the mail server: %v", r)
			}
		}
	}
	if mails != 1 {
		c.Errorf("%d outages of the mail server", mails)
	}
	ctx := context.Background()
	c.ok(c.s.DB.View(ctx, func(tx *db.Tx) error {
		os, err := delivery.Outages(ctx, tx, began, 10*cutUnits)
		hosts := map[string]bool{}
		for _, o := range os {
			if hosts[o.Name] {
				c.Errorf("two outages of %s", o.Name)
			}
			hosts[o.Name] = true
		}
		if len(hosts) != cutDead+1 {
			c.Errorf("%d destinations were off, want %d", len(hosts), cutDead+1)
		}
		return err
	}))
}
