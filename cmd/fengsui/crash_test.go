// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/warning"
)

const (
	submissions = 200
	releases    = 12 // within an hour: more than a person's mailbox would get
	units       = 15
)

// TestKill kills the server again and again, at random moments, while reports come in and warnings go out. Whoever has
// a receipt finds its report complete; every unit has every warning once; nothing was sent under two names.
func TestKill(t *testing.T) {
	binary := build(t)
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			r := newRig(t, binary, engine, url)
			r.prepare()
			r.suffer(rand.New(rand.NewPCG(seed, 1)))
			r.settle()
			r.audit()
		})
	}
}

func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fengsui")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// rig is a server that can be killed, and the world around it.
type rig struct {
	*testing.T
	binary, addr string
	config       app.Config
	sink         *sink
	letters      *post
	token        string // of the reporter
	officer      string // token of a duty officer
	warnings     []string
	addrs        []string // of all nodes
	units        int
	releases     int
	mailed       bool // units are warned by mail, too

	mu       sync.Mutex
	receipts map[string]evidence.Receipt // by number of the report
	kills    int
}

// sink receives webhooks and remembers under which ids.
type sink struct {
	mu   sync.Mutex
	seen map[string]map[string]int // path → webhook-id → times
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body) //nolint:errcheck // what arrives counts, not what it says
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := s.seen[r.URL.Path]
	if ids == nil {
		ids = map[string]int{}
		s.seen[r.URL.Path] = ids
	}
	ids[r.Header.Get("webhook-id")]++
}

func newRig(t *testing.T, binary string, engine db.Engine, url string) *rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	c := app.Defaults()
	c.Listen, c.Data, c.MetricsListen, c.Webhook.AllowPrivate = addr, t.TempDir(), "", true
	if engine == db.PostgreSQL {
		c.Database = url
	}
	return &rig{T: t, binary: binary, addr: addr, addrs: []string{addr}, units: units, releases: releases, config: c, sink: &sink{seen: map[string]map[string]int{}}, letters: newPost(t), receipts: map[string]evidence.Receipt{}}
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// prepare enters the members and drafts the warnings.
func (r *rig) prepare() {
	r.Helper()
	ctx := context.Background()
	hooks := httptest.NewServer(r.sink)
	r.Cleanup(hooks.Close)
	s, err := app.Assemble(ctx, r.config, calendar.System{}, slog.New(slog.DiscardHandler))
	r.ok(err)
	defer s.Close()
	add := func(slug string, partner bool, hook bool, roles ...member.OrgRole) member.Org {
		in := member.OrgInput{Slug: slug, NameZH: slug, Roles: roles, Partner: partner, Country: "CN", Phone: "010-5555-0100"}
		if hook {
			in.WebhookURL = hooks.URL + "/" + slug
		}
		if r.mailed && partner {
			in.Email = "security@" + slug + ".example"
		}
		o, err := s.Members.AddOrg(ctx, member.System(), in)
		r.ok(err)
		return o
	}
	person := func(o member.Org, name string, role member.Role) member.Actor {
		a, err := s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: o.ID, Email: name + "@kill.example", Name: name, Roles: []member.Role{role}})
		r.ok(err)
		return member.Actor{AccountID: a.ID, OrgID: o.ID, Roles: a.Roles, OrgRoles: o.Roles, Via: "web", Locale: "en"}
	}
	desk := add("desk", false, false, member.Platform)
	add("notification", false, true, member.Authority)
	add("response", false, true, member.Authority)
	for i := range r.units {
		add(fmt.Sprintf("unit-%02d", i), true, true, member.Operator)
	}
	reporter := person(add("reporter", true, true, member.Provider), "reporter", member.Engineer)
	officer, analyst := person(desk, "officer", member.DutyOfficer), person(desk, "analyst", member.Analyst)
	r.token, _, err = s.Members.IssueToken(ctx, reporter, "kill", []string{member.ScopeReport}, 0)
	r.ok(err)
	r.officer, _, err = s.Members.IssueToken(ctx, officer, "kill", []string{member.ScopeCase}, 0)
	r.ok(err)
	r.ok(s.Jobs.Start(ctx))
	evidenceCtx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { s.Evidence.Run(evidenceCtx, time.Second, func(err error) { r.Error(err) }) })
	for i := range r.releases {
		r.warnings = append(r.warnings, r.draft(ctx, s, analyst, officer, i))
	}
	stop()
	wg.Wait()
	r.ok(s.Jobs.Stop(ctx))
}

// draft takes one report through the line up to a warning that one person may release.
func (r *rig) draft(ctx context.Context, s *app.Services, analyst, officer member.Actor, i int) string {
	r.Helper()
	c := report.Content{Product: fmt.Sprintf("Product %d", i), Vendor: "Vendor", Versions: "1.0", Technical: "A flaw.", Harm: "Harm.", Scope: "All.", Exploited: "no", Public: "no",
		Upstream: "no", Relation: duty.Found, LearnedAt: time.Now().Add(-time.Hour), LearnedBy: "test"}
	x, err := s.Reports.Submit(ctx, analyst, report.Input{Content: c})
	r.ok(err)
	r.ok(s.Jobs.Idle(ctx))
	k, err := s.Cases.OfReport(ctx, analyst, x.Report.ID)
	r.ok(err)
	r.ok(s.Cases.Take(ctx, analyst, k.ID))
	r.ok(s.Cases.StartVerifying(ctx, analyst, k.ID))
	_, err = s.Cases.Verify(ctx, analyst, k.ID, casework.VerifyInput{Result: "reproduced", Environment: "lab", Steps: "steps"})
	r.ok(err)
	_, err = s.Cases.AddGrade(ctx, analyst, k.ID, casework.GradeInput{Scheme: "gbt30279-2020", Vector: "AV:L/AC:H/PR:H/UI:R/C:L/I:N/A:N/E:H/RL:L/S:L", Rationale: "low"})
	r.ok(err)
	r.ok(s.Jobs.Idle(ctx))
	w, err := s.Warnings.Draft(ctx, officer, k.ID)
	r.ok(err)
	level := warning.Blue
	if r.mailed { // a blue one comes in the digest
		level = warning.Yellow
	}
	_, err = s.Warnings.Edit(ctx, officer, w.ID, warning.EditInput{Rev: w.Rev, Level: level, TLP: "AMBER", Content: w.Content})
	r.ok(err)
	return w.ID
}

func (r *rig) start() *exec.Cmd { return r.run() }

// run starts the server, with more in its environment, and waits until it answers.
func (r *rig) run(env ...string) *exec.Cmd { r.Helper(); return r.node(r.addr, env...) }

// node starts the server at an address.
func (r *rig) node(addr string, env ...string) *exec.Cmd {
	r.Helper()
	cmd := exec.Command(r.binary, "serve")
	cmd.Env = append(os.Environ(), "FENGSUI_LISTEN="+addr, "FENGSUI_DATA="+r.config.Data, "FENGSUI_DATABASE="+r.config.Database, "FENGSUI_METRICS_LISTEN=127.0.0.1:0",
		"FENGSUI_WEBHOOK_ALLOW_PRIVATE=true", "FENGSUI_MAIL_ADDR="+r.letters.addr, "FENGSUI_MAIL_TLS=none", "FENGSUI_LOG_LEVEL=error", "FENGSUI_JOBS_RESCUE_AFTER=3s")
	cmd.Env = append(cmd.Env, env...)
	cmd.Dir = r.config.Data
	var errs bytes.Buffer
	cmd.Stderr = &errs
	r.ok(cmd.Start())
	r.Cleanup(func() { cmd.Process.Kill() }) //nolint:errcheck // long dead, unless the test has failed
	deadline := time.Now().Add(30 * time.Second)
	for {
		if resp, err := http.Get("http://" + addr + "/readyz"); err == nil {
			resp.Body.Close()
			return cmd
		}
		if time.Now().After(deadline) {
			cmd.Process.Kill() //nolint:errcheck // the test ends here
			cmd.Wait()         //nolint:errcheck // the test ends here
			r.Fatalf("the server does not answer: %s", errs.String())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// post sends a request until it is answered; the server may die at any moment of it.
func (r *rig) post(path, token, key string, body []byte, accept func(status int, body []byte) bool) {
	deadline, last := time.Now().Add(time.Minute), ""
	for time.Now().Before(deadline) {
		req, err := http.NewRequest(http.MethodPost, "http://"+r.addrs[rand.IntN(len(r.addrs))]+"/api/v1"+path, bytes.NewReader(body))
		if err != nil {
			r.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept-Language", "en") // accept reads what refuses
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			b, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err == nil && accept(resp.StatusCode, b) {
				return
			}
			last = fmt.Sprintf("%d %s", resp.StatusCode, b)
		}
		time.Sleep(3 * time.Millisecond)
	}
	r.Errorf("no answer to %s; the last one: %s", path, last)
}

// suffer submits and releases while the server is killed at random moments.
func (r *rig) suffer(random *rand.Rand) {
	r.Helper()
	var done atomic.Bool
	var work sync.WaitGroup
	next := make(chan int)
	for range 2 {
		work.Go(func() {
			for i := range next {
				r.submit(i)
			}
		})
	}
	work.Go(func() {
		for _, id := range r.warnings {
			r.post("/warnings/"+id+"/release", r.officer, "", []byte(`{"rev":2}`), func(status int, body []byte) bool {
				// a conflict says that the release happened although its answer was lost
				return status == http.StatusOK || status == http.StatusConflict && strings.Contains(string(body), "released")
			})
		}
	})
	work.Go(func() {
		for i := range submissions {
			next <- i
		}
		close(next)
	})
	go func() { work.Wait(); done.Store(true) }()
	for !done.Load() {
		cmd := r.start()
		life := time.Duration(random.IntN(150)) * time.Millisecond
		if r.kills < 8 { // a fast machine must not be done before it has been killed a few times
			life = time.Duration(random.IntN(50)) * time.Millisecond
		} else if random.IntN(8) == 0 { // now and then long enough for a slow machine to get something done
			life *= 20
		}
		end := time.Now().Add(life)
		for time.Now().Before(end) && !done.Load() {
			time.Sleep(time.Millisecond)
		}
		r.ok(cmd.Process.Kill())
		cmd.Wait() //nolint:errcheck // it says that it was killed
		r.kills++
	}
	r.Logf("killed %d times", r.kills)
}

func (r *rig) submit(i int) {
	body, err := json.Marshal(map[string]any{"flash": i%2 == 0, "content": map[string]any{"product": fmt.Sprintf("Router %d", i), "vendor": "Vendor", "versions": "1.0", "model": "X",
		"technical": "A flaw in the management page.", "harm": "Full control.", "scope": "All of them.", "exploited": "no", "public": "no", "upstream": "no", "relation": "provider",
		"learned_at": time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "learned_by": "test"}})
	if err != nil {
		r.Error(err)
		return
	}
	r.post("/reports", r.token, fmt.Sprintf("kill-%d", i), body, func(status int, b []byte) bool {
		if status == http.StatusUnprocessableEntity || status == http.StatusForbidden || status == http.StatusUnauthorized {
			r.Errorf("refused: %s", b)
			return true
		}
		var out struct {
			Report  struct{ Number string }
			Receipt evidence.Receipt
		}
		if status != http.StatusCreated || json.Unmarshal(b, &out) != nil || out.Report.Number == "" {
			return false
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.receipts[out.Report.Number] = out.Receipt
		return true
	})
}

// settle lets the server finish what is left.
func (r *rig) settle() {
	r.Helper()
	cmd := r.start()
	defer func() {
		r.ok(cmd.Process.Signal(os.Interrupt))
		r.ok(cmd.Wait())
	}()
	d, err := db.Open(context.Background(), r.config.DatabaseURL(), calendar.System{})
	r.ok(err)
	defer d.Close()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		left := map[string]int64{}
		r.ok(d.View(context.Background(), func(tx *db.Tx) error {
			for what, query := range map[string]string{"deliveries": `SELECT count(*) FROM delivery WHERE state = 'queued'`, "batches": `SELECT count(*) FROM delivery_batch WHERE state = 'queued'`, "evidence": `SELECT count(*) FROM evidence WHERE seq IS NULL`,
				"steps": `SELECT count(*) FROM river_job WHERE state NOT IN ('completed')`} {
				n, err := db.Get(context.Background(), tx, db.Value[int64], query)
				if err != nil {
					return err
				}
				left[what] = n
			}
			return nil
		}))
		if left["deliveries"]+left["batches"]+left["evidence"]+left["steps"] == 0 {
			return
		}
		if time.Now().After(deadline) {
			r.Fatalf("left undone: %v: %s", left, r.waiting(d))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// waiting says which deliveries wait, and for what.
func (r *rig) waiting(d *db.DB) (out []string) {
	r.Helper()
	r.ok(d.View(context.Background(), func(tx *db.Tx) (err error) {
		out, err = db.List(context.Background(), tx, func(row db.Row) (string, error) {
			var purpose, channel, failure string
			var attempts int
			var next db.Time
			err := row.Scan(&purpose, &channel, &attempts, &next, &failure)
			return fmt.Sprintf("%s by %s, %d attempts, next at %s: %s", purpose, channel, attempts, next, failure), err
		}, `SELECT purpose, channel, attempts, next_at, last_error FROM delivery WHERE state = 'queued' ORDER BY id LIMIT 5`)
		return err
	}))
	return out
}

// audit holds the promises to what the database and the sink say.
func (r *rig) audit() {
	r.Helper()
	ctx := context.Background()
	if r.kills < 5 {
		r.Errorf("killed only %d times", r.kills)
	}
	if len(r.receipts) != submissions {
		r.Errorf("%d receipts were handed out for %d submissions: a key gave two numbers", len(r.receipts), submissions)
	}
	s, err := app.Assemble(ctx, r.config, calendar.System{}, slog.New(slog.DiscardHandler))
	r.ok(err)
	defer s.Close()
	key := s.Evidence.PublicKey()
	r.ok(s.DB.View(ctx, func(tx *db.Tx) error {
		get := func(want int64, what, query string, args ...any) {
			n, err := db.Get(ctx, tx, db.Value[int64], query, args...)
			if err != nil || n != want {
				r.Errorf("%s: %d, want %d (%v)", what, n, want, err)
			}
		}
		get(submissions+releases, "reports", `SELECT count(*) FROM report`)
		get(submissions+releases, "cases", `SELECT count(*) FROM casefile`)
		for number, receipt := range r.receipts {
			if _, err := evidence.Verify(receipt.Encode(), key); err != nil {
				r.Errorf("receipt of %s: %v", number, err)
			}
			id, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM report WHERE number = $1`, number)
			if err != nil {
				r.Errorf("report %s: %v", number, err)
				continue
			}
			get(1, number+": versions", `SELECT count(*) FROM report_version WHERE report_id = $1`, id)
			get(1, number+": event", `SELECT count(*) FROM event e JOIN report r ON r.event_id = e.id WHERE r.id = $1`, id)
			get(1, number+": evidence in the tree", `SELECT count(*) FROM evidence e JOIN report r ON r.event_id = e.id WHERE r.id = $1 AND e.seq IS NOT NULL`, id)
			get(2, number+": clocks of the reporter", `SELECT count(*) FROM duty d JOIN report r ON r.id = d.report_id AND r.org_id = d.org_id WHERE d.report_id = $1`, id)
			get(4, number+": clocks of the platform", `SELECT count(*) FROM duty d JOIN report r ON r.id = d.report_id AND r.org_id <> d.org_id WHERE d.report_id = $1`, id)
			get(1, number+": case", `SELECT count(*) FROM case_report WHERE report_id = $1`, id)
			get(2, number+": transfers delivered", `SELECT count(*) FROM delivery WHERE purpose = 'transfer' AND subject LIKE $1 AND state = 'delivered'`, id+"%")
			get(2, number+": transfers", `SELECT count(*) FROM delivery WHERE purpose = 'transfer' AND subject LIKE $1`, id+"%")
		}
		for _, id := range r.warnings {
			get(units+1, "copies of a warning", `SELECT count(*) FROM warning_recipient WHERE warning_id = $1`, id)
			get(units+1, "deliveries of a warning", `SELECT count(*) FROM delivery WHERE purpose = 'warning' AND subject LIKE $1 AND state = 'delivered'`, id+"%")
			get(1, "releases", `SELECT count(*) FROM event_subject s JOIN event e ON e.id = s.event_id WHERE s.subject = $1 AND e.kind = 'warning.released'`, "warning/"+id)
		}
		r.names(ctx, tx)
		return nil
	}))
}

// names holds what came to what the platform says of it: every message that it calls delivered came, under one name, and
// nothing else did but what a node had sent when it died and what was needless afterwards. A slow machine takes long enough
// for reminders to fall due.
func (r *rig) names(ctx context.Context, tx *db.Tx) {
	r.Helper()
	hold := func(what string, names int, where string, args ...any) {
		type row struct{ delivered, perhaps int }
		n, err := db.Get(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.delivered, &x.perhaps) },
			`SELECT coalesce(sum(CASE WHEN d.state = 'delivered' THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN d.state = 'superseded' AND d.attempts > 0 THEN 1 ELSE 0 END), 0)
			FROM delivery d JOIN org o ON o.id = d.org_id WHERE `+where, args...)
		if err != nil || names < n.delivered || names > n.delivered+n.perhaps {
			r.Errorf("%s came under %d names, where %d were delivered and %d tried before they were needless (%v)", what, names, n.delivered, n.perhaps, err)
		}
	}
	hold("mails", len(r.letters.ids()), `d.channel = 'email'`)
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	for path, ids := range r.sink.seen {
		hold("messages to "+path, len(ids), `d.channel = 'webhook' AND o.slug = $1`, strings.TrimPrefix(path, "/"))
	}
	if len(r.sink.seen) != r.units+3 {
		r.Errorf("%d receivers heard something, want %d", len(r.sink.seen), r.units+3)
	}
}
