// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// air takes what the platform sends of reminders, by where it arrives.
type air struct {
	*world
	sender *delivery.Sender

	mu   sync.Mutex
	dead map[string]bool
	got  map[string][]delivery.Message
}

func newAir(w *world) *air {
	w.s.Destinations = &destination.Service{DB: w.d, Events: w.s.Events, Seal: w.key, BaseURL: w.s.BaseURL, Private: true}
	a := &air{world: w, dead: map[string]bool{}, got: map[string][]delivery.Message{}}
	a.sender = &delivery.Sender{DB: w.d, Channels: map[string]delivery.Channel{}, Purposes: map[string]delivery.Purpose{
		"warning": warning.Purpose{Service: w.s}, warning.SilencePurpose: warning.Silence{Service: w.s}, destination.Purpose: destination.Messages{Service: w.s.Destinations, Members: w.s.Members}}}
	for _, c := range destination.Channels {
		a.sender.Channels[c] = way{a, c}
	}
	return a
}

type way struct {
	*air
	channel string
}

// Send implements delivery.Channel.
func (a way) Send(_ context.Context, _ string, _ time.Time, m delivery.Message) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := m.To.URL
	switch a.channel {
	case delivery.Email:
		at = m.To.Email
	case delivery.SMS:
		at = m.To.Phone
	}
	if a.dead[at] {
		return 410, delivery.Permanent{Err: errors.New("gone")}
	}
	if m.Type == "warning.silence" {
		a.got[at] = append(a.got[at], m)
	}
	return 200, nil
}

// place adds a place that answers.
func (a *air) place(org, channel, address string) string {
	a.Helper()
	d, _, err := a.s.Destinations.Add(ctx, boss(org), destination.Input{Channel: channel, Label: channel, Address: address})
	a.ok(err)
	a.exec(`UPDATE destination SET verified_at = $1 WHERE id = $2`, db.At(a.clock.Now()), d.ID)
	return d.ID
}

func boss(org string) member.Actor {
	return member.Actor{AccountID: "b-" + org, OrgID: org, Roles: []member.Role{member.OrgAdmin}, Via: "web"}
}

// arrived are the addresses at which something has arrived since it was asked last, each as often as it did.
func (a *air) arrived() (out []string) {
	a.Helper()
	for range 2 { // what fails at a place for good goes elsewhere
		_, err := a.sender.Drain(ctx)
		a.ok(err)
	}
	for at, ms := range a.got {
		for range ms {
			out = append(out, at)
		}
	}
	clear(a.got)
	slices.Sort(out)
	return out
}

func eachAir(t *testing.T, test func(a *air)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) { test(newAir(newWorld(t, d, clock))) })
}

// A reminder comes to the people of the roster, and wherever else the unit hears of the warning, once each, and says nothing of
// what the warning is about.
func TestRemindersReachPlaces(t *testing.T) {
	eachAir(t, func(a *air) {
		a.org(member.Org{Slug: "a", Sector: "x", Partner: true, Email: "a@member.example", WebhookURL: "https://a.example/hook"})
		a.partner("b", "x") // has named nobody and nothing
		a.person("a", "on-duty", member.Engineer)
		a.place("a", delivery.DingTalk, "https://a.example/robot")
		a.place("a", delivery.SMS, "+8613800000000")
		a.place("a", delivery.Email, "soc@a.example")
		a.place("a", delivery.Email, "on-duty@person.example") // where the duty officer is written to in any case
		muted := a.place("a", delivery.Slack, "https://a.example/muted")
		paused := a.place("a", delivery.Teams, "https://a.example/paused")
		_, err := a.s.Destinations.Change(ctx, boss("a"), paused, destination.Input{Address: "https://a.example/paused"}, true)
		a.ok(err)
		_, _, err = a.s.Destinations.Add(ctx, boss("a"), destination.Input{Channel: delivery.SMS, Address: "+8613900000000"}) // nobody has answered there
		a.ok(err)
		a.ok(a.s.Destinations.Choose(ctx, boss("a"), []destination.Choice{{Target: muted, Class: destination.Mandatory, How: destination.None}}, nil))
		d := a.draft(map[string]int{"a": 1}) // orange
		a.release(d.ID)
		a.arrived()
		a.clock.Advance(6 * time.Hour)
		a.remind(2)
		a.remind(0)
		_, err = a.sender.Drain(ctx)
		a.ok(err)
		for at, ms := range a.got {
			m := ms[0]
			data, _ := json.Marshal(m.Data)
			if said := m.Subject + m.Text + m.Short + m.Link + string(data); strings.Contains(said, secret) || !strings.Contains(said, d.ID) || m.Unsubscribe != "" || m.Class != "mandatory" || len(ms) != 1 {
				t.Errorf("%s: %+v", at, ms)
			}
			if short := strings.Contains(at, "robot") || strings.HasPrefix(at, "+"); short && m.Short != "[TLP:"+d.TLP+"] "+d.Number+" 橙色预警：尚未答复" {
				t.Errorf("%s: %q", at, m.Short)
			}
		}
		var hook struct {
			Number string `json:"number"`
			Step   int    `json:"step"`
		}
		data, _ := json.Marshal(a.got["https://a.example/hook"][0].Data)
		a.ok(json.Unmarshal(data, &hook))
		if hook.Number != d.Number || hook.Step != 50 {
			t.Errorf("%s", data)
		}
		if m := a.got["soc@a.example"][0]; !strings.Contains(m.Text, a.s.Link(d.ID, 1, "a")) {
			t.Errorf("%s", m.Text)
		}
		places := []string{"+8613800000000", "https://a.example/hook", "https://a.example/robot", "soc@a.example"}
		all := slices.Sorted(slices.Values(append(slices.Clone(places), "b@member.example", "on-duty@person.example")))
		if diff := cmp.Diff(all, a.arrived()); diff != "" {
			t.Error(diff)
		}
		if n := a.number(`SELECT count(*) FROM delivery WHERE purpose = 'warning-silence' AND state = 'superseded'`); n != 1 {
			t.Errorf("%d were needless, want the one in the duty officer's own mailbox", n)
		}
		a.clock.Advance(6 * time.Hour)
		a.remind(2)
		if diff := cmp.Diff(all, a.arrived()); diff != "" {
			t.Error(diff)
		}
		a.ok(a.s.RecordCall(ctx, officer, d.ID, "a", duty.CallInput{To: "org/a", Outcome: duty.Spoken}))
		if diff := cmp.Diff(slices.Sorted(slices.Values(append(places, "a@member.example", "on-duty@person.example"))), a.arrived()); diff != "" {
			t.Error("the written follow-up of a call: " + diff)
		}
		a.remind(0)
		if got := a.arrived(); got != nil {
			t.Errorf("nothing was new, and %v heard of it", got)
		}
	})
}

// What is removed, or does not work any more, while a reminder is on its way there makes no silence, and a place that is new
// hears of the next step.
func TestPlacesThatChangeBetween(t *testing.T) {
	eachAir(t, func(a *air) {
		for _, o := range []string{"gone", "dead", "late"} {
			a.partner(o, "x")
			a.person(o, "p-"+o, member.Engineer)
		}
		robot := a.place("gone", delivery.Feishu, "https://gone.example/robot")
		a.place("dead", delivery.Feishu, "https://dead.example/robot")
		d := a.draft(nil)
		a.release(d.ID)
		a.arrived()
		a.clock.Advance(6 * time.Hour)
		a.remind(3)
		a.ok(a.s.Destinations.Remove(ctx, boss("gone"), robot))
		a.dead["https://dead.example/robot"] = true
		a.place("late", delivery.Feishu, "https://late.example/robot")
		a.remind(0)
		people := []string{"p-dead@person.example", "p-gone@person.example", "p-late@person.example"}
		if diff := cmp.Diff(slices.Sorted(slices.Values(append([]string{"dead@member.example", "gone@member.example"}, people...))), a.arrived()); diff != "" {
			t.Error(diff)
		}
		a.clock.Advance(6 * time.Hour)
		a.remind(3)
		if diff := cmp.Diff(slices.Sorted(slices.Values(append([]string{"dead@member.example", "https://late.example/robot"}, people...))), a.arrived()); diff != "" {
			t.Error(diff)
		}
	})
}

// What is not mandatory keeps to what the unit has chosen: quiet hours, digests, silence; an answer that comes before makes it
// needless.
func TestRemindersKeepToWhatWasChosen(t *testing.T) {
	eachAir(t, func(a *air) {
		a.clock.Set(time.Date(2021, 12, 10, 14, 0, 0, 0, calendar.Beijing()))
		for _, o := range []string{"night", "none", "quick"} {
			a.org(member.Org{Slug: o, Sector: "x", Partner: true, Email: o + "@member.example"})
			a.person(o, "p-"+o, member.Engineer)
		}
		p := destination.UsualPace
		p.Quiet = true
		for _, o := range []string{"night", "quick"} {
			a.place(o, delivery.Slack, "https://"+o+".example/robot")
			a.ok(a.s.Destinations.Choose(ctx, boss(o), nil, &p))
		}
		none := a.place("none", delivery.Slack, "https://none.example/robot")
		a.ok(a.s.Destinations.Choose(ctx, boss("none"), []destination.Choice{{Target: none, Class: destination.Prompt, How: destination.None}}, nil))
		levels := map[warning.Level]string{}
		for _, level := range []warning.Level{warning.Yellow, warning.Blue} {
			d := a.draft(nil)
			in := edit(d)
			in.Level, in.RespondBy = level, a.clock.Now().Add(18*time.Hour) // half of it is in the night
			_, err := a.s.Edit(ctx, analyst, d.ID, in)
			a.ok(err)
			a.release(d.ID)
			levels[level] = d.ID
		}
		a.arrived()
		a.clock.Advance(9 * time.Hour)
		a.remind(6)
		people := []string{"p-night@person.example", "p-night@person.example", "p-none@person.example", "p-none@person.example", "p-quick@person.example", "p-quick@person.example"}
		if diff := cmp.Diff(people, a.arrived()); diff != "" {
			t.Error("at 23:00: " + diff)
		}
		_, err := a.s.Acknowledge(ctx, engineer("quick"), levels[warning.Yellow], says(warning.Checking))
		a.ok(err)
		a.clock.Set(time.Date(2021, 12, 11, 7, 0, 0, 0, calendar.Beijing()))
		if diff := cmp.Diff([]string{"https://night.example/robot"}, a.arrived()); diff != "" {
			t.Error("at 7:00: " + diff)
		}
		var items []string
		a.ok(a.d.View(ctx, func(tx *db.Tx) (err error) {
			items, err = db.List(ctx, tx, db.Value[string], `SELECT org_id || ' ' || subject FROM digest_item WHERE purpose = 'warning-silence' ORDER BY org_id`)
			return err
		}))
		about := levels[warning.Blue] + ":1:50:places"
		if diff := cmp.Diff([]string{"night " + about, "none " + about, "quick " + about}, items); diff != "" {
			t.Error("for digests: " + diff)
		}
	})
}

// Two nodes that sweep at once, many units, a run that was missed: every place hears of a step once.
func TestPlacesOfManyNodes(t *testing.T) {
	eachAir(t, func(a *air) {
		a.sender.Parallel = 1
		want := map[string]int{}
		for i := range 620 { // more than one sweep
			o := fmt.Sprintf("u%03d", i)
			a.org(member.Org{Slug: o, Sector: "x", Partner: true, Email: o + "@member.example", WebhookURL: "https://" + o + ".example/hook"})
			want["https://"+o+".example/hook"], want[o+"@member.example"] = 1, 1
			if i%20 == 0 {
				a.place(o, delivery.WeCom, "https://"+o+".example/robot")
				want["https://"+o+".example/robot"] = 1
			}
		}
		d := a.draft(nil)
		a.release(d.ID)
		a.exec(`UPDATE delivery SET state = 'delivered', next_at = NULL WHERE state = 'queued'`)
		a.exec(`UPDATE delivery_batch SET state = 'delivered', next_at = NULL, waiting = 0 WHERE state = 'queued'`)
		a.clock.Advance(48 * time.Hour) // both steps are over
		var nodes sync.WaitGroup
		for range 3 {
			nodes.Go(func() {
				if _, err := a.s.Remind(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		a.remind(0)
		got := map[string]int{}
		for _, at := range a.arrived() {
			got[at]++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d of %d: %s", len(got), len(want), diff)
		}
		if n := a.number(`SELECT count(*) FROM delivery WHERE purpose = 'warning-silence' AND subject LIKE '%:50:%'`); n != 0 {
			t.Errorf("%d of a step that another had overtaken", n)
		}
		if ids := slices.Collect(maps.Keys(got)); len(ids) != len(want) {
			t.Errorf("%d places", len(ids))
		}
	})
}
