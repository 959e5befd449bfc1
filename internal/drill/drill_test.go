// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
)

// each runs a test with the configuration of an empty platform on both engines.
func each(t *testing.T, test func(*testing.T, app.Config)) {
	for engine, url := range dbtest.URLs(t) {
		t.Run(string(engine), func(t *testing.T) {
			c := app.Defaults()
			c.Data, c.MetricsListen, c.Listen = t.TempDir(), "", "127.0.0.1:0"
			if engine == db.PostgreSQL {
				c.Database = url
			}
			test(t, c)
		})
	}
}

func scenario(t testing.TB, id string) *Scenario {
	t.Helper()
	s, err := named(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// open opens a scenario on a driven clock.
func open(t *testing.T, c app.Config, s *Scenario, seats ...string) (*Exercise, *calendar.Driven) {
	t.Helper()
	clock := calendar.NewDriven(s.Start.Time)
	x, err := Open(t.Context(), c, s, Options{Clock: clock, Seats: seats, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x, clock
}

func points(o *Outcome) map[string]int {
	out := map[string]int{}
	for _, g := range o.Goals {
		out[g.ID] = g.Points
	}
	return out
}

// TestLog4j2: the story of 2021 scores what its delays deserve, worked out by hand.
func TestLog4j2(t *testing.T) {
	each(t, func(t *testing.T, c app.Config) {
		x, _ := open(t, c, scenario(t, "log4j2-2021"))
		var told []string
		o, err := x.Play(t.Context(), func(l Line) { told = append(told, l.Move) })
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{
			"reported-in-time":  0,  // no report
			"known-before-leak": 10, // 45 minutes of 60
			"upstream-told":     10, // 70 minutes of 120
			"graded":            15, // 155 minutes of 240
			"warned":            0,  // 495 minutes, more than twice 120
			"exact":             10,
			"answered":          8, // 5 of 12 units are 41.7 percent: 83 percent of the half that was asked for
			"advised":           5,
		}
		if diff := cmp.Diff(want, points(o)); diff != "" {
			t.Errorf("points (-want +got):\n%s", diff)
		}
		if o.Points != 58 || o.Of != 100 {
			t.Errorf("%d of %d points", o.Points, o.Of)
		}
		if len(told) != len(x.Scenario.Moves) || told[0] != "found" || told[len(told)-1] != "grid-again" {
			t.Errorf("told %v", told)
		}
		for _, g := range o.Goals {
			if g.Points > 0 && len(g.Rows) == 0 {
				t.Errorf("%s: points without a record", g.ID)
			}
		}
		if o.Webhooks == 0 || o.Mails == 0 {
			t.Errorf("%d mails and %d webhooks arrived", o.Mails, o.Webhooks)
		}
		if f, err := x.s.Events.Audit(t.Context()); err != nil || f.Count > 0 {
			t.Errorf("the audit of the exercise: %v %v", f, err)
		}
	})
}

// TestWhatIf: a report on the first day warns everybody two weeks before the leak; each later day costs a day, and after
// others have reported nothing changes.
func TestWhatIf(t *testing.T) {
	s := scenario(t, "log4j2-2021")
	var bs Branches
	actual, days, err := bs.Of(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if actual.HeadStart != -24*time.Hour || actual.Duty != "" || actual.Warned != 12 {
		t.Errorf("what happened: %+v", actual)
	}
	for i, d := range days {
		want := 334*time.Hour + 55*time.Minute - time.Duration(i)*24*time.Hour // 14 days less the eleven hours of the platform's own steps
		state := duty.MetLate
		if i <= 1 {
			state = duty.Met
		}
		if i == 15 {
			want = actual.HeadStart
		}
		if d.Day != i || d.HeadStart != want || d.Gained != want-actual.HeadStart || d.Duty != state || d.Warned != 12 {
			t.Errorf("day %d: %+v, want a head start of %s", i, d, want)
		}
	}
	start := time.Now()
	if _, again, err := bs.Of(t.Context(), s); err != nil || !slices.Equal(again, days) {
		t.Errorf("the second answer differs: %v", err)
	}
	t.Logf("the second answer took %s", time.Since(start))
	if _, err := s.Branch(t.Context(), s.WhatIf.Days+1); err == nil {
		t.Error("a day after the last one was played")
	}
}

// live starts an exercise with seats and runs it to the end of its time.
func live(t *testing.T, x *Exercise, clock *calendar.Driven, until time.Time) {
	t.Helper()
	if err := x.App.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopApp(t, x) })
	clock.Set(until)
	runUntilIdle(t, x, until)
}

func stopApp(t *testing.T, x *Exercise) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := x.App.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// runUntilIdle runs the moves that are due; those after until wait for a time that does not come.
func runUntilIdle(t *testing.T, x *Exercise, until time.Time) {
	t.Helper()
	due := 0
	for _, m := range x.moves {
		if !m.when.After(until) {
			due++
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- x.Run(ctx) }()
	deadline := time.After(time.Minute)
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			return
		case <-deadline:
			t.Fatal("the exercise does not go on")
		case <-tick.C:
			done, err := x.done(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(done) == due {
				cancel()
			}
		}
	}
}

// TestSeats: a move whose seat a participant holds is told and not done; what hangs on it is noted as not accepted, and
// the rest goes on. After a restart nothing is played twice.
func TestSeats(t *testing.T) {
	each(t, func(t *testing.T, c app.Config) {
		s := scenario(t, "log4j2-2021")
		x, clock := open(t, c, s, "analyst")
		report := s.momentOf("first-report")
		live(t, x, clock, report.Add(50*time.Minute))
		how := map[string]string{}
		done, err := x.done(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range done {
			how[d.Move] = d.How
		}
		if diff := cmp.Diff(map[string]string{"found": Told, "leak": Told, "first-report": Played, "second-report": Played, "taken": Told, "joined": Told}, how); diff != "" {
			t.Fatalf("moves (-want +got):\n%s", diff)
		}
		stopApp(t, x)

		again, clock := open(t, c, s, "analyst")
		if clock.Now().Before(report) {
			t.Errorf("the clock went back to %s", clock.Now())
		}
		live(t, again, clock, s.momentOf("released"))
		done, err = again.done(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(done, func(d Done) bool { return d.Move == "released" })
		if i < 0 || done[i].How != Failed || done[i].Remark == "" {
			t.Errorf("the release without a warning: %+v", done)
		}
		var reports int
		if err := again.s.DB.View(t.Context(), func(tx *db.Tx) (err error) {
			reports, err = db.Get(t.Context(), tx, db.Value[int], `SELECT count(*) FROM report`)
			return err
		}); err != nil || reports != 2 {
			t.Errorf("%d reports, %v", reports, err)
		}
	})
}

// TestMarked: page, header, number, mail, webhook and documents say that they belong to an exercise; those of a real
// platform do not.
func TestMarked(t *testing.T) {
	each(t, func(t *testing.T, c app.Config) {
		s := scenario(t, "log4j2-2021")
		x, clock := open(t, c, s)
		x.App.Demo, x.App.More = x.Personas(), (&Pages{Exercise: x}).Routes
		live(t, x, clock, s.End.Time)
		base := "http://" + x.App.Addr()
		settled(t, x, clock.Now())
		for path, want := range map[string]string{"/": "演练", "/advisories": "[演练]", "/feeds/advisories.atom": "[演练]", "/drills": "Log4j2"} {
			body, header := get(t, base+path)
			if header.Get("Fengsui-Exercise") != "yes" || !strings.Contains(body, want) {
				t.Errorf("%s does not say that it belongs to an exercise: %.300s", path, body)
			}
		}
		number, err := x.of(t.Context(), `SELECT number FROM advisory LIMIT 1`)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(number, "EX-") {
			t.Errorf("number %s", number)
		}
		for _, path := range []string{"/osv/" + number + ".json", "/csaf/2021/" + strings.ToLower(number) + ".json"} {
			if body, _ := get(t, base+path); !strings.Contains(body, "[演练 EXERCISE] ") {
				t.Errorf("%s: %.300s", path, body)
			}
		}
		mails, hooks := 0, 0
		for _, l := range x.world.Find("") {
			if l.Webhook {
				hooks++
				if !l.Exercise {
					t.Errorf("a webhook does not say so: %+v", l)
				}
				continue
			}
			mails++
			if !strings.HasPrefix(l.Subject, "[演练 EXERCISE] ") || !strings.HasPrefix(l.Text, "本邮件属于演练") {
				t.Errorf("a mail does not say so: %+v", l)
			}
		}
		if mails == 0 || hooks == 0 {
			t.Errorf("%d mails, %d webhooks", mails, hooks)
		}
	})
}

// settled waits until what was due by now has arrived.
func settled(t *testing.T, x *Exercise, now time.Time) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		waiting, err := x.of(t.Context(), `SELECT CAST((SELECT count(*) FROM delivery WHERE state = 'queued' AND next_at <= $1)
			+ (SELECT count(*) FROM delivery_batch WHERE state = 'queued' AND next_at <= $1) AS TEXT)`, db.At(now))
		if err != nil {
			t.Fatal(err)
		}
		if mails, hooks := x.world.Counts(); waiting == "0" && mails > 0 && hooks > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s deliveries wait", waiting)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func get(t *testing.T, url string) (string, http.Header) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v %.300s", url, resp.StatusCode, err, b)
	}
	return string(b), resp.Header
}

// TestApart: an exercise does not start on a real platform's database, nor does a real platform on an exercise's.
func TestApart(t *testing.T) {
	each(t, func(t *testing.T, c app.Config) {
		s := scenario(t, "log4j2-2021")
		real, err := app.Assemble(t.Context(), c, calendar.System{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := Real(t.Context(), real); err != nil {
			t.Errorf("a real platform is refused: %v", err)
		}
		if _, err := real.Members.AddOrg(t.Context(), member.System(), member.OrgInput{Slug: "real", NameZH: "真实单位", Roles: []member.OrgRole{member.Operator}, Country: "CN"}); err != nil {
			t.Fatal(err)
		}
		if err := real.Close(); err != nil {
			t.Fatal(err)
		}
		_, err = Open(t.Context(), c, s, Options{Clock: calendar.NewDriven(s.Start.Time), Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), "of its own") {
			t.Fatalf("an exercise started on a real platform: %v", err)
		}
	})
	each(t, func(t *testing.T, c app.Config) {
		x, _ := open(t, c, scenario(t, "log4j2-2021"))
		if err := Real(t.Context(), x.s); err == nil {
			t.Error("a real platform would start on an exercise")
		}
	})
}

// TestBoard: participants see where the exercise stands, leaders alone what comes next and the clock's handles.
func TestBoard(t *testing.T) {
	s := scenario(t, "log4j2-2021")
	c := app.Defaults()
	c.Data, c.MetricsListen, c.Listen = t.TempDir(), "", "127.0.0.1:0"
	clock := NewPaced(s.Start.Time, 0)
	x, err := Open(t.Context(), c, s, Options{Clock: clock, Seats: []string{"finder"}, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	x.App.Demo, x.App.More = x.Personas(), (&Pages{Exercise: x}).Routes
	if err := x.App.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopApp(t, x) })
	base := "http://" + x.App.Addr()
	secret := s.Moves[0].Say.ZH
	finder, leader := signIn(t, base, x.people["finder"].ID), signIn(t, base, x.people["supervisor"].ID)
	if body := page(t, finder, base+"/drill"); strings.Contains(body, secret) || strings.Contains(body, "/drill/clock") {
		t.Error("a participant sees what comes next")
	}
	if body := page(t, leader, base+"/drill"); !strings.Contains(body, secret) || !strings.Contains(body, "/drill/clock") {
		t.Error("the leader does not see what comes next")
	}
	if status := post(t, finder, base+"/drill/clock", "to=next"); status != http.StatusNotFound {
		t.Errorf("a participant moved the clock: %d", status)
	}
	if status := post(t, leader, base+"/drill/clock", "pace=-1"); status != http.StatusUnprocessableEntity {
		t.Errorf("a clock that runs backwards: %d", status)
	}
	if status := post(t, leader, base+"/drill/clock", "to=next"); status != http.StatusOK || !clock.Now().Equal(s.momentOf("found")) {
		t.Errorf("the leader moved the clock: %d, %s", status, clock.Now())
	}
	var o Outcome
	if err := json.Unmarshal([]byte(page(t, leader, base+"/drill/report.json")), &o); err != nil || o.Of != 100 || o.Scenario != s.ID {
		t.Errorf("the report: %+v %v", o, err)
	}
	if body := page(t, finder, base+"/drill/report"); !strings.Contains(body, "0 / 100") {
		t.Error("the after-action report has no score")
	}
}
